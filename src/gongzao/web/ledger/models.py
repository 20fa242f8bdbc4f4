"""The ledger's tables: accounts, the journal, its batches, and the balances that follow from it.

The database itself guards them, on SQLite and PostgreSQL alike (migrations ``0002_guards`` and ``0004_openings``):
journal, batches and accounts only ever gain rows, the hash chain has no gap, every account has its opening in the
journal, and no balance is anything but the sum of its entries. Guards hold against whoever writes through the database;
whoever may drop them, or write the file, can write another history, which only the daily heads kept outside show.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gongzao.ledger import MAX_ID, MAX_TEXT, UNITS, Reason, Record, Refusal, Transfer
from gongzao.ledger import Account as AccountValue
from gongzao.ledger import AccountKind as AccountKindValue
from gongzao.ledger import Balance as BalanceValue
from gongzao.ledger import Kind as KindValue
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import SeenBy
from gongzao.web.clusters.models import Cluster, Enterprise, Region
from gongzao.web.project.insert_only import InsertOnly


class Unit(models.TextChoices):
    """What is counted, in whole hundredths."""

    CNY = "CNY", _("人民币")
    WORKHOUR = "WORKHOUR", _("工时")
    MACHINEHOUR = "MACHINEHOUR", _("机时")
    MATERIAL = "MATERIAL", _("材料折价")


class AccountKind(models.TextChoices):
    """The five kinds of double entry."""

    ASSET = "asset", _("资产")
    LIABILITY = "liability", _("负债")
    EQUITY = "equity", _("权益")
    INCOME = "income", _("收入")
    EXPENSE = "expense", _("费用")


class Kind(models.TextChoices):
    """What a transfer asks for."""

    POST = "post", _("入账")
    PENDING = "pending", _("冻结")
    POST_PENDING = "post_pending", _("冻结入账")
    VOID_PENDING = "void_pending", _("撤销冻结")
    EXPIRE = "expire", _("冻结到期")
    OPEN = "open", _("开户")


class Account(InsertOnly):
    """One account of one party in one unit; see :class:`gongzao.ledger.Account`.

    ``owner`` is the party: ``firm:<统一社会信用代码>``, ``project:…``, ``fund:…`` or ``platform``. The place says who
    may see it: a firm's account belongs to the firm, any other to a cluster, a region or, without a place, only to
    those who see everything.
    """

    id = models.CharField(_("账户编号"), max_length=MAX_ID, primary_key=True)
    owner = models.CharField(_("所属主体"), max_length=MAX_ID, db_index=True)
    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, null=True, blank=True, related_name="accounts", verbose_name=_("企业")
    )
    cluster = models.ForeignKey(
        Cluster, models.PROTECT, null=True, blank=True, related_name="accounts", verbose_name=_("集群")
    )
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="accounts", verbose_name=_("地区")
    )
    kind = models.CharField(_("类别"), max_length=9, choices=AccountKind)
    unit = models.CharField(_("单位"), max_length=11, choices=Unit)
    minimum = models.BigIntegerField(_("余额下限"), null=True, blank=True)
    maximum = models.BigIntegerField(_("余额上限"), null=True, blank=True)
    name = models.CharField(_("账户名称"), max_length=MAX_TEXT, blank=True)
    opened_at = models.DateTimeField(_("开户时间"))

    seen_by: ClassVar = SeenBy(
        region=("region__path", "cluster__county__path", "enterprise__county__path"),
        cluster=("cluster", "enterprise__memberships__cluster"),
        enterprise=("enterprise",),
    )

    class Meta:
        verbose_name = _("账户")
        verbose_name_plural = _("账户")
        ordering: ClassVar = ["owner", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="account_has_at_most_one_place",
                condition=Q(cluster__isnull=True, region__isnull=True)
                | Q(enterprise__isnull=True, region__isnull=True)
                | Q(enterprise__isnull=True, cluster__isnull=True),
            ),
            models.CheckConstraint(name="account_kind_is_known", condition=Q(kind__in=AccountKind.values)),
            models.CheckConstraint(name="account_unit_is_known", condition=Q(unit__in=sorted(UNITS))),
            models.CheckConstraint(
                name="account_limits_admit_zero",
                condition=(Q(minimum__isnull=True) | Q(minimum__lte=0)) & (Q(maximum__isnull=True) | Q(maximum__gte=0)),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.id

    @property
    def value(self) -> AccountValue:
        """The account as the rules know it."""
        kind = AccountKindValue(self.kind)
        return AccountValue(self.id, self.owner, kind, self.unit, self.minimum, self.maximum, self.name)

    @property
    def place(self) -> Enterprise | Cluster | Region | None:
        """Where it belongs."""
        return self.enterprise or self.cluster or self.region


class Batch(InsertOnly):
    """One accepted call: who made it, and the head of the journal after it."""

    seq = models.BigIntegerField(_("末行序号"), primary_key=True)
    at = models.DateTimeField(_("时间"), db_index=True)
    hash = models.CharField(_("哈希"), max_length=64)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("提交人"))

    seen_by: ClassVar = SeenBy(signed_in=Q())

    class Meta:
        verbose_name = _("批次")
        verbose_name_plural = _("批次")
        ordering: ClassVar = ["seq"]

    def __str__(self) -> str:
        return f"{self.seq} {self.hash}"


class Audit(InsertOnly):
    """One time that the books were gone through line by line, and what was found."""

    at = models.DateTimeField(_("时间"))
    lines = models.BigIntegerField(_("行数"))
    hash = models.CharField(_("链头哈希"), max_length=64)
    findings = models.TextField(_("问题"), blank=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("核对人"))

    seen_by: ClassVar = SeenBy(signed_in=Q())

    class Meta:
        verbose_name = _("核对")
        verbose_name_plural = _("核对")
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.at} {self.lines}"


class Entry(InsertOnly):
    """One line of the journal: a transfer with its only answer; see :class:`gongzao.ledger.Record`.

    ``asked_debit``, ``asked_credit`` and ``asked_unit`` are what the request named; ``debit``, ``credit`` and ``unit``
    are where it was booked (for a resolution: taken from the reservation), NULL and empty if it was refused and for the
    opening of an account. The two
    need no foreign keys of their own: the guards let no entry stand that is missing in the balance of an account.
    """

    seq = models.BigIntegerField(_("序号"), primary_key=True)
    batch = models.ForeignKey(
        Batch, models.PROTECT, related_name="entries", db_index=False, editable=False, verbose_name=_("批次")
    )
    at = models.DateTimeField(_("时间"), db_index=True)
    transfer_id = models.CharField(_("转账编号"), max_length=MAX_ID)
    kind = models.CharField(_("类型"), max_length=12, choices=Kind)
    asked_debit = models.CharField(_("请求借方"), max_length=MAX_ID, blank=True)
    asked_credit = models.CharField(_("请求贷方"), max_length=MAX_ID, blank=True)
    amount = models.BigIntegerField(_("请求金额"))
    asked_unit = models.CharField(_("请求单位"), max_length=11, blank=True)
    pending_id = models.CharField(_("冻结编号"), max_length=MAX_ID, blank=True)
    expires_at = models.DateTimeField(_("到期时间"), null=True, blank=True)
    linked = models.BooleanField(_("与下一笔关联"))
    reverses = models.CharField(_("冲正对象"), max_length=MAX_ID, blank=True)
    purpose = models.CharField(_("用途"), max_length=MAX_TEXT, blank=True)
    reference = models.CharField(_("参考号"), max_length=MAX_TEXT, blank=True)
    memo = models.CharField(_("备注"), max_length=MAX_TEXT, blank=True)
    debit = models.ForeignKey(
        Account,
        models.PROTECT,
        null=True,
        related_name="debited",
        db_index=False,
        db_constraint=False,
        verbose_name=_("借方账户"),
    )
    credit = models.ForeignKey(
        Account,
        models.PROTECT,
        null=True,
        related_name="credited",
        db_index=False,
        db_constraint=False,
        verbose_name=_("贷方账户"),
    )
    unit = models.CharField(_("单位"), max_length=11, choices=Unit, blank=True)
    posted = models.BigIntegerField(_("入账金额"))
    pending = models.BigIntegerField(_("冻结变动"))
    reason = models.CharField(_("拒绝原因"), max_length=30, blank=True)
    detail = models.CharField(_("拒绝说明"), max_length=400, blank=True)
    previous = models.CharField(_("上一行哈希"), max_length=64)
    hash = models.CharField(_("哈希"), max_length=64)

    seen_by: ClassVar = SeenBy(
        region=tuple(
            f"{side}__{lookup}"
            for side in ("debit", "credit")
            for lookup in ("region__path", "cluster__county__path", "enterprise__county__path")
        ),
        cluster=tuple(
            f"{side}__{lookup}"
            for side in ("debit", "credit")
            for lookup in ("cluster", "enterprise__memberships__cluster")
        ),
        enterprise=("debit__enterprise", "credit__enterprise"),
    )

    class Meta:
        verbose_name = _("分录")
        verbose_name_plural = _("分录")
        ordering: ClassVar = ["seq"]
        indexes: ClassVar = [
            models.Index(fields=["debit", "seq"], name="entry_debit_seq"),
            models.Index(fields=["credit", "seq"], name="entry_credit_seq"),
            models.Index(fields=["reverses"], name="entry_reverses", condition=~Q(reverses="")),
            models.Index(
                fields=["expires_at"], name="entry_expires_at", condition=Q(expires_at__isnull=False, reason="")
            ),
        ]
        constraints: ClassVar = [
            # No entry joins a batch that is closed: its place would be taken.
            models.CheckConstraint(name="entry_is_of_its_batch", condition=Q(seq__lte=F("batch"))),
            models.UniqueConstraint(fields=["transfer_id"], name="entry_transfer_once"),
            models.UniqueConstraint(
                fields=["asked_debit"], name="entry_opens_once", condition=Q(kind="open", reason="")
            ),
            models.UniqueConstraint(
                fields=["pending_id"], name="entry_resolves_once", condition=Q(reason="") & ~Q(pending_id="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.transfer_id}"

    @property
    def record(self) -> Record:
        """The line as the rules know it.

        Raises
        ------
        InvalidValue
            If the row was changed past all guards into something that is no transfer.
        """
        return Record(
            self.seq,
            self.at,
            Transfer(
                self.transfer_id,
                KindValue(self.kind),
                self.asked_debit,
                self.asked_credit,
                self.amount,
                self.asked_unit,
                self.pending_id,
                self.expires_at,
                self.linked,
                self.reverses,
                self.purpose,
                self.reference,
                self.memo,
            ),
            self.debit_id or "",
            self.credit_id or "",
            self.unit,
            self.posted,
            self.pending,
            self.refusal,
            self.previous,
            self.hash,
        )

    @property
    def refusal(self) -> Refusal | None:
        """Why it was refused, in both languages; None if it was booked."""
        return Refusal(Reason(self.reason), self.detail) if self.reason else None


class Balance(models.Model):
    """What went over an account up to an entry: a projection of the journal that can be rebuilt at any time."""

    account = models.OneToOneField(Account, models.PROTECT, primary_key=True, verbose_name=_("账户"))
    debits = models.BigIntegerField(_("借方发生额"), default=0)
    credits = models.BigIntegerField(_("贷方发生额"), default=0)
    debits_pending = models.BigIntegerField(_("借方冻结"), default=0)
    credits_pending = models.BigIntegerField(_("贷方冻结"), default=0)
    seq = models.BigIntegerField(_("计至序号"), default=0)

    seen_by: ClassVar = SeenBy(
        region=("account__region__path", "account__cluster__county__path", "account__enterprise__county__path"),
        cluster=("account__cluster", "account__enterprise__memberships__cluster"),
        enterprise=("account__enterprise",),
    )

    class Meta:
        verbose_name = _("余额")
        verbose_name_plural = _("余额")

    def __str__(self) -> str:
        return f"{self.account_id}: {self.value}"

    @property
    def value(self) -> BalanceValue:
        """The balance as the rules know it."""
        return BalanceValue(self.debits, self.credits, self.debits_pending, self.credits_pending)


from gongzao.web.ledger.models_bank import (  # noqa: E402, F401 - tables of this app that refer to the ones above
    BankAccount,
    BankHeading,
    BankLine,
    BankMatch,
    BankRemark,
    BankStatement,
    BankUnmatch,
)
