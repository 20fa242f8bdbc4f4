from datetime import UTC, datetime
from typing import Any

import pytest

from gongzao.kernel import MAX_FEN, InvalidValue
from gongzao.ledger import Account, AccountKind, Kind, Reason, Refusal, Transfer

GOOD: dict[str, Any] = {"id": "t", "kind": Kind.POST, "debit": "a", "credit": "b", "amount": 1, "unit": "CNY"}
RESOLVE: dict[str, Any] = {"id": "t", "kind": Kind.POST_PENDING, "pending_id": "h", "amount": 1}
TIME = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({**GOOD, "amount": 0}, "ledger.amount"),
        ({**GOOD, "amount": -5}, "ledger.amount"),
        ({**GOOD, "amount": MAX_FEN + 1}, "ledger.amount"),
        ({**GOOD, "amount": 1.0}, "ledger.amount"),
        ({**GOOD, "amount": True}, "ledger.amount"),
        ({**GOOD, "unit": "USD"}, "ledger.unit"),
        ({**GOOD, "unit": ""}, "ledger.unit"),
        ({**GOOD, "credit": "a"}, "ledger.same_account"),
        ({**GOOD, "credit": ""}, "ledger.id"),
        ({**GOOD, "id": ""}, "ledger.id"),
        ({**GOOD, "id": "x" * 101}, "ledger.id"),
        ({**GOOD, "id": "编号"}, "ledger.id"),
        ({**GOOD, "memo": "x" * 201}, "ledger.text"),
        ({**GOOD, "memo": "a\x00b"}, "ledger.text"),
        ({**GOOD, "purpose": "a\nb"}, "ledger.text"),
        ({**GOOD, "reference": "\ud800"}, "ledger.text"),
        ({**GOOD, "pending_id": "h"}, "ledger.fields"),
        ({**GOOD, "expires_at": TIME}, "ledger.fields"),
        ({**GOOD, "kind": Kind.PENDING, "reverses": "x"}, "ledger.fields"),
        ({**GOOD, "kind": Kind.PENDING, "expires_at": TIME.replace(tzinfo=None)}, "ledger.time"),
        ({**RESOLVE, "pending_id": ""}, "ledger.id"),
        ({**RESOLVE, "amount": 0}, "ledger.amount"),
        ({**RESOLVE, "debit": "a"}, "ledger.fields"),
        ({**RESOLVE, "kind": Kind.VOID_PENDING}, "ledger.amount"),
        ({**RESOLVE, "kind": Kind.EXPIRE}, "ledger.amount"),
    ],
)
def test_a_malformed_transfer_is_an_error(fields: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Transfer(**fields)
    assert caught.value.code == code
    assert caught.value.zh


def test_wide_spaces_and_times_of_any_zone_are_fine() -> None:
    until = datetime.fromisoformat("2026-01-01T08:00:00+08:00")
    t = Transfer(**{**GOOD, "kind": Kind.PENDING, "expires_at": until, "memo": "第一笔\u3000货款"})
    assert t.expires_at is not None
    assert t.expires_at.isoformat() == "2026-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"minimum": 1}, "ledger.limits"),
        ({"maximum": -1}, "ledger.limits"),
        ({"minimum": -MAX_FEN - 1}, "ledger.limits"),
        ({"maximum": 5.0}, "ledger.limits"),
        ({"unit": "HOURS"}, "ledger.unit"),
        ({"owner": ""}, "ledger.id"),
        ({"name": "\t"}, "ledger.text"),
    ],
)
def test_a_malformed_account_is_an_error(fields: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Account(**{"id": "a", "owner": "firm:1", "kind": AccountKind.ASSET, **fields})
    assert caught.value.code == code


@pytest.mark.parametrize("reason", list(Reason))
def test_every_refusal_speaks_both_languages(reason: Reason) -> None:
    refusal = Refusal(reason, "DETAIL")
    assert "DETAIL" in refusal.en
    assert "DETAIL" in refusal.zh
    assert refusal.en != refusal.zh
