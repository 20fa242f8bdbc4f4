from typing import Any

import pytest

from gongzao.kernel import InvalidValue
from gongzao.ledger import check
from gongzao.web.clusters.models import Enterprise, Membership
from gongzao.web.ledger.demo import BANK, load_demo_ledger
from gongzao.web.ledger.models import Account, Entry
from gongzao.web.ledger.models_bank import BankStatement
from gongzao.web.ledger.positions import position
from gongzao.web.ledger.queries import balance_differences, book

CODES = ("91139900MA00000448", "91139900MA0000055C", "91139900MA0000066G", "91139900MA0000077L")


@pytest.fixture
def firms(world: Any) -> None:
    like = world.firm_there
    for code in CODES:
        firm = Enterprise(
            uscc=code, name=f"示例{code[-4:]}", county=like.county, industry=like.industry, synthetic=True
        )
        firm.save()
        Membership.objects.create(enterprise=firm, cluster=world.there)


def test_without_firms_nothing_is_loaded(world: Any) -> None:
    with pytest.raises(InvalidValue, match="at least 4"):
        load_demo_ledger()
    assert not Account.objects.exists()


def test_the_year_is_sound_marked_and_loaded_once(world: Any, firms: None) -> None:
    assert load_demo_ledger() > 1000
    assert check(book()) == ()
    assert balance_differences() == ()
    assert not Account.objects.exclude(name__contains="示例数据").exists()
    assert not Entry.objects.exclude(memo="示例数据").exists()
    newest = BankStatement.objects.latest("last")
    found = position(newest).reconciliation
    assert (newest.bank_account_id, BankStatement.objects.count()) == (BANK, 12)
    assert (len(found.bank_only), len(found.books_only), len(found.differing)) == (12, 1, 1)
    assert found.unexplained == 0
    assert load_demo_ledger() == 0
    assert BankStatement.objects.count() == 12
