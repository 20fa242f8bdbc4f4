"""Why the ledger refuses: one reason per rule, in Chinese and English."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """The rule that refused a transfer; the value is stored and never changes its meaning."""

    UNKNOWN_ACCOUNT = "unknown_account"
    OTHER_OPENING = "other_opening"
    OTHER_UNIT = "other_unit"
    BELOW_MINIMUM = "below_minimum"
    ABOVE_MAXIMUM = "above_maximum"
    TOTAL_TOO_LARGE = "total_too_large"
    EXPIRES_IN_PAST = "expires_in_past"
    PENDING_UNKNOWN = "pending_unknown"
    PENDING_RESOLVED = "pending_resolved"
    PENDING_EXPIRED = "pending_expired"
    NOT_YET_EXPIRED = "not_yet_expired"
    EXCEEDS_PENDING = "exceeds_pending"
    REVERSES_UNKNOWN = "reverses_unknown"
    REVERSES_REVERSAL = "reverses_reversal"
    REVERSES_OTHER_ACCOUNTS = "reverses_other_accounts"
    OVER_REVERSED = "over_reversed"
    LINKED_FAILED = "linked_failed"
    CHAIN_OPEN = "chain_open"
    CHAIN_REPEATS = "chain_repeats"


_TEXTS: dict[Reason, tuple[str, str]] = {
    Reason.OTHER_OPENING: ("the account is not what its opening says: {}", "账户与开户内容不符：{}"),
    Reason.UNKNOWN_ACCOUNT: ("there is no account {}", "账户不存在：{}"),
    Reason.OTHER_UNIT: ("both accounts and the transfer must have one unit, found {}", "借贷账户与转账单位须一致：{}"),
    Reason.BELOW_MINIMUM: (
        "the balance would fall below the minimum, reservations counted: {}",
        "余额（含冻结）将低于账户下限：{}",
    ),
    Reason.ABOVE_MAXIMUM: (
        "the balance would rise above the maximum, reservations counted: {}",
        "余额（含在途）将高于账户上限：{}",
    ),
    Reason.TOTAL_TOO_LARGE: ("the turnover of account {} would pass the declared maximum", "账户累计发生额将超限：{}"),
    Reason.EXPIRES_IN_PAST: ("a reservation must expire later than now, got {}", "冻结到期时间须晚于当前时间：{}"),
    Reason.PENDING_UNKNOWN: ("there is no reservation {}", "冻结不存在：{}"),
    Reason.PENDING_RESOLVED: ("the reservation was already resolved by {}", "该冻结已由 {} 处理"),
    Reason.PENDING_EXPIRED: (
        "the reservation expired at {}; it can only be expired now",
        "该冻结已于 {} 到期，只能作到期处理",
    ),
    Reason.NOT_YET_EXPIRED: ("the reservation has not expired: {}", "该冻结尚未到期：{}"),
    Reason.EXCEEDS_PENDING: ("more than the reserved amount: {}", "金额超过冻结金额：{}"),
    Reason.REVERSES_UNKNOWN: ("there is no booked transfer {} to compensate", "没有可冲正的已入账转账：{}"),
    Reason.REVERSES_REVERSAL: (
        "{} is itself a compensation; book a new transfer instead",
        "{} 本身是冲正，请另作新的转账",
    ),
    Reason.REVERSES_OTHER_ACCOUNTS: (
        "a compensation runs between the same two accounts, the other way round: {}",
        "冲正须在原借贷账户之间反向进行：{}",
    ),
    Reason.OVER_REVERSED: ("more than what is left to compensate: {}", "超过可冲正余额：{}"),
    Reason.LINKED_FAILED: ("a transfer linked with it failed: {}", "与其关联的转账未成功：{}"),
    Reason.CHAIN_REPEATS: ("an id stands twice among linked transfers: {}", "关联转账中编号重复：{}"),
    Reason.CHAIN_OPEN: ("the last transfer of the batch is linked with nothing: {}", "批次末尾的关联链未闭合：{}"),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """The recorded answer to a transfer that was not booked.

    Parameters
    ----------
    reason
        The rule.
    detail
        The value that broke it, as short text without language.

    Examples
    --------
    >>> Refusal(Reason.UNKNOWN_ACCOUNT, "firm:9").zh
    '账户不存在：firm:9'
    """

    reason: Reason
    detail: str

    @property
    def en(self) -> str:
        """The rule and the value in English."""
        return _TEXTS[self.reason][0].format(self.detail)

    @property
    def zh(self) -> str:
        """The rule and the value in Chinese."""
        return _TEXTS[self.reason][1].format(self.detail)
