"""What the bank says about the supervised accounts that the books mirror, and what of it is settled.

The platform holds no client money: escrow is a bank account outside. Rows are only ever inserted.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gongzao.ledger import BankLine as BankLineValue
from gongzao.ledger import Hint, MatchedBy, Span
from gongzao.ledger.bank import MAX_REFERENCE
from gongzao.ledger.model import MAX_TEXT
from gongzao.web.accounts.models import User
from gongzao.web.accounts.scope import SeenBy
from gongzao.web.ledger.models import Account, Entry
from gongzao.web.project.insert_only import InsertOnly


def _through(path: str) -> SeenBy:
    return SeenBy(
        region=(f"{path}__region__path", f"{path}__cluster__county__path", f"{path}__enterprise__county__path"),
        cluster=(f"{path}__cluster", f"{path}__enterprise__memberships__cluster"),
        enterprise=(f"{path}__enterprise",),
    )


class BankAccount(InsertOnly):
    """A supervised account at a bank, mirrored by an asset account of the books."""

    account = models.OneToOneField(
        Account, models.PROTECT, primary_key=True, related_name="bank_account", verbose_name=_("账本账户")
    )
    bank = models.CharField(_("开户银行"), max_length=120)
    number = models.CharField(_("银行账号"), max_length=40, unique=True)

    seen_by: ClassVar = _through("account")

    class Meta:
        verbose_name = _("监管账户")
        verbose_name_plural = _("监管账户")
        ordering: ClassVar = ["account"]

    def __str__(self) -> str:
        return f"{self.bank} {self.number}"


class BankStatement(InsertOnly):
    """A statement that adds up, as it was uploaded."""

    bank_account = models.ForeignKey(BankAccount, models.PROTECT, related_name="statements", verbose_name=_("监管账户"))
    number = models.CharField(_("对账单编号"), max_length=40, blank=True)
    first = models.DateField(_("起始日期"))
    last = models.DateField(_("截止日期"))
    opening = models.BigIntegerField(_("期初余额"))
    closing = models.BigIntegerField(_("期末余额"))
    file = models.CharField(_("文件名"), max_length=MAX_TEXT)
    sha256 = models.CharField("SHA-256", max_length=64)
    place = models.PositiveSmallIntegerField(_("文件内序号"))
    uploaded_at = models.DateTimeField(_("上传时间"))
    uploaded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("上传人"))

    seen_by: ClassVar = _through("bank_account__account")
    hints: tuple[Hint, ...] = ()

    class Meta:
        verbose_name = _("银行对账单")
        verbose_name_plural = _("银行对账单")
        ordering: ClassVar = ["first", "last", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bank_account", "sha256", "place"], name="bank_statement_once"),
            models.CheckConstraint(name="bank_statement_runs_forward", condition=Q(first__lte=F("last"))),
        ]

    def __str__(self) -> str:
        return f"{self.first} — {self.last}"

    @property
    def span(self) -> Span:
        """What it covers."""
        return Span(self.first, self.last, self.opening, self.closing)


class BankLine(InsertOnly):
    """One booked line of a statement; see :class:`gongzao.ledger.BankLine`."""

    statement = models.ForeignKey(
        BankStatement, models.PROTECT, related_name="lines", db_index=False, verbose_name=_("银行对账单")
    )
    number = models.PositiveIntegerField(_("序号"))
    booked_on = models.DateField(_("记账日期"))
    amount = models.BigIntegerField(_("金额"))
    reference = models.CharField(_("银行流水号"), max_length=MAX_REFERENCE, blank=True)
    end_to_end_id = models.CharField(_("端到端标识"), max_length=MAX_REFERENCE, blank=True)
    counterparty = models.CharField(_("对方户名"), max_length=MAX_TEXT, blank=True)
    text = models.CharField(_("摘要"), max_length=MAX_TEXT, blank=True)

    seen_by: ClassVar = _through("statement__bank_account__account")

    class Meta:
        verbose_name = _("银行明细")
        verbose_name_plural = _("银行明细")
        ordering: ClassVar = ["statement", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["statement", "number"], name="bank_line_once"),
            models.CheckConstraint(name="bank_line_moves", condition=~Q(amount=0)),
        ]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.amount}"

    @property
    def value(self) -> BankLineValue:
        """The line as the rules know it, under its key here."""
        texts = (self.reference, self.end_to_end_id, self.counterparty, self.text)
        return BankLineValue(self.pk, self.booked_on, self.amount, *texts)


class BankMatch(InsertOnly):
    """A line of the bank and an entry of the books that are the same movement, with equal amounts.

    A match that a person made can be taken back by a :class:`BankUnmatch`. ``line_turn`` and ``entry_turn`` count the
    matches of the line and of the entry that were taken back before, so that the table itself lets neither stand in
    two matches at a time.
    """

    class By(models.TextChoices):
        """Why they are taken for the same."""

        END_TO_END_ID = MatchedBy.END_TO_END_ID.value, _("端到端标识一致")
        REFERENCE = MatchedBy.REFERENCE.value, _("流水号一致")
        AMOUNT_AND_DATE = MatchedBy.AMOUNT_AND_DATE.value, _("金额与日期相符")
        HAND = MatchedBy.HAND.value, _("人工核对")

    line = models.ForeignKey(
        BankLine, models.PROTECT, related_name="matches", db_index=False, verbose_name=_("银行明细")
    )
    line_turn = models.PositiveSmallIntegerField(default=0)
    bank_account = models.ForeignKey(
        BankAccount, models.PROTECT, related_name="+", db_index=False, verbose_name=_("监管账户")
    )
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="bank_matches", verbose_name=_("分录"))
    entry_turn = models.PositiveSmallIntegerField(default=0)
    by = models.CharField(_("依据"), max_length=15, choices=By)
    note = models.CharField(_("说明"), max_length=MAX_TEXT, blank=True)
    settled_at = models.DateTimeField(_("核对时间"))
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("核对人"))

    seen_by: ClassVar = _through("bank_account__account")

    class Meta:
        verbose_name = _("核对")
        verbose_name_plural = _("核对")
        ordering: ClassVar = ["line", "line_turn"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["line", "line_turn"], name="bank_match_of_a_line"),
            models.UniqueConstraint(fields=["bank_account", "entry", "entry_turn"], name="bank_match_of_an_entry"),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} = {self.entry_id}"

    @classmethod
    def in_force(cls) -> "models.QuerySet[BankMatch]":
        """Return the matches that were not taken back."""
        rows: models.QuerySet[BankMatch] = cls.objects.filter(unmatch__isnull=True)
        return rows


class BankUnmatch(InsertOnly):
    """A match that was taken back."""

    match = models.OneToOneField(
        BankMatch, models.PROTECT, primary_key=True, related_name="unmatch", verbose_name=_("核对")
    )
    note = models.CharField(_("说明"), max_length=MAX_TEXT)
    at = models.DateTimeField(_("时间"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("办理人"))

    seen_by: ClassVar = _through("match__bank_account__account")

    class Meta:
        verbose_name = _("撤销核对")
        verbose_name_plural = _("撤销核对")

    def __str__(self) -> str:
        return f"{self.match_id}: {self.note}"


class BankRemark(InsertOnly):
    """What somebody said of an open item, or whom it was given to; the newest with a person says who has it."""

    bank_account = models.ForeignKey(
        BankAccount, models.PROTECT, related_name="remarks", db_index=False, verbose_name=_("监管账户")
    )
    line = models.ForeignKey(BankLine, models.PROTECT, null=True, related_name="remarks", verbose_name=_("银行明细"))
    entry = models.ForeignKey(Entry, models.PROTECT, null=True, related_name="bank_remarks", verbose_name=_("分录"))
    text = models.CharField(_("备注"), max_length=MAX_TEXT)
    given_to = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("交办给"))
    at = models.DateTimeField(_("时间"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("办理人"))

    seen_by: ClassVar = _through("bank_account__account")

    class Meta:
        verbose_name = _("差异备注")
        verbose_name_plural = _("差异备注")
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [models.Index(fields=["bank_account", "id"], name="bank_remark_of_an_account")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="bank_remark_on_one_side",
                condition=Q(line__isnull=True, entry__isnull=False) | Q(line__isnull=False, entry__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.text


class BankHeading(InsertOnly):
    """What a heading in the files of one account means, as a person said it; the newest counts."""

    bank_account = models.ForeignKey(BankAccount, models.PROTECT, related_name="headings", verbose_name=_("监管账户"))
    heading = models.CharField(_("列名"), max_length=MAX_TEXT)
    meaning = models.CharField(_("含义"), max_length=15)
    told_at = models.DateTimeField(_("时间"))
    told_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("办理人"))

    seen_by: ClassVar = _through("bank_account__account")

    class Meta:
        verbose_name = _("列名含义")
        verbose_name_plural = _("列名含义")
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.heading} = {self.meaning}"
