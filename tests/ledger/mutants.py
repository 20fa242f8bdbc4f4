"""Planted faults: each is a small change of the package that one named test must catch.

``python -m tests.ledger.mutants`` copies the package for every fault, applies the change (which must fit exactly
once) and runs only the named test on the copy. Every test is first run on an unchanged copy. Status 0 if all faults
are caught.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("kernel", "ledger", "cli")  # what the engine's tests need


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: in ``file``, ``old`` (exactly once) becomes ``new``; ``test`` must fail.

    A name without a folder is of the ledger's engine; ``web/…`` is of the site, and its test needs the whole package.
    """

    name: str
    file: str
    old: str
    new: str
    test: str

    @property
    def path(self) -> str:
        """The file below ``src/gongzao``."""
        return self.file if "/" in self.file else f"ledger/{self.file}"

    @property
    def node(self) -> str:
        """The test below the root."""
        return f"tests/{self.test}" if "/" in self.test else f"tests/ledger/{self.test}"


MUTANTS = (
    Mutant(
        "drop idempotency",
        "rules.py",
        "return self.records.get(transfer_id) or self.snapshot.records.get(transfer_id)",
        "return self.records.get(transfer_id)",
        "test_rules.py::test_the_same_transfer_again_gets_the_first_answer",
    ),
    Mutant(
        "an id is looked up only in earlier batches",
        "rules.py",
        "return self.records.get(transfer_id) or self.snapshot.records.get(transfer_id)",
        "return self.snapshot.records.get(transfer_id)",
        "test_rules.py::test_the_same_transfer_twice_in_one_batch_is_booked_once",
    ),
    Mutant(
        "a conflict returns the first answer",
        "rules.py",
        "elif record.transfer != transfer:",
        "elif record.transfer.id != transfer.id:",
        "test_rules.py::test_the_same_id_with_other_content_is_a_conflict",
    ),
    Mutant(
        "a refused id is accepted later",
        "rules.py",
        "known = next((t.id for t in chain if self.record(t.id)), None)",
        "known = next((t.id for t in chain if (r := self.record(t.id)) and not r.refusal), None)",
        "test_rules.py::test_a_refused_id_stays_refused",
    ),
    Mutant(
        "skip a leg",
        "rules.py",
        "        self.put(self.balances, credit, new_credit)\n",
        "",
        "test_rules.py::test_a_posting_moves_both_accounts",
    ),
    Mutant(
        "short cut when payer and payee have one owner",
        "rules.py",
        "        if refusal is None:\n            self.store(",
        "        if refusal is None and debit.owner == credit.owner:\n"
        "            self.put(self.records, t.id, self.line(t, t.debit, t.credit, t.unit, 0, 0, None))\n"
        "        elif refusal is None:\n            self.store(",
        "test_rules.py::test_two_accounts_of_one_owner_are_booked_like_any_other",
    ),
    Mutant(
        "ignore reservations in the minimum",
        "model.py",
        "return booked - self.debits_pending, booked + self.credits_pending",
        "return booked, booked + self.credits_pending",
        "test_rules.py::test_reserved_money_cannot_be_spent",
    ),
    Mutant(
        "ignore reservations in the maximum",
        "model.py",
        "return booked - self.debits_pending, booked + self.credits_pending",
        "return booked - self.debits_pending, booked",
        "test_rules.py::test_what_is_on_its_way_counts_against_the_maximum",
    ),
    Mutant(
        "money on its way can be spent",
        "model.py",
        "return booked - self.debits_pending, booked + self.credits_pending",
        "return booked - self.debits_pending + self.credits_pending, booked + self.credits_pending",
        "test_rules.py::test_reserved_money_is_not_yet_received",
    ),
    Mutant(
        "drained by one fen too much",
        "rules.py",
        ")[0]) < account.minimum:",
        ")[0]) < account.minimum - 1:",
        "test_rules.py::test_an_account_may_be_drained_but_not_overdrawn",
    ),
    Mutant(
        "resolve twice",
        "rules.py",
        "resolver = self.resolved.get(pending_id) or self.snapshot.resolved.get(pending_id)",
        "resolver = self.resolved.get(pending_id)",
        "test_rules.py::test_a_reservation_is_resolved_once",
    ),
    Mutant(
        "resolve twice inside a batch",
        "rules.py",
        "        self.put(self.resolved, pending_id, t.id)\n",
        "",
        "test_rules.py::test_a_reservation_is_resolved_once_inside_a_batch",
    ),
    Mutant(
        "a partial posting loses the rest",
        "rules.py",
        "moved = self.moved(r.debit, r.credit, t.amount, -r.pending)",
        "moved = self.moved(r.debit, r.credit, t.amount, -(t.amount or r.pending))",
        "test_rules.py::test_a_partial_posting_returns_the_rest",
    ),
    Mutant(
        "post more than reserved",
        "rules.py",
        "if t.amount > reservation.pending:",
        "if t.amount > reservation.pending + 1:",
        "test_rules.py::test_not_more_can_be_posted_than_reserved",
    ),
    Mutant(
        "post or void after the end",
        "rules.py",
        "if expired is not (t.kind is Kind.EXPIRE):",
        "if t.kind is Kind.EXPIRE and not expired:",
        "test_rules.py::test_an_expired_reservation_can_only_expire",
    ),
    Mutant(
        "expire before the end",
        "rules.py",
        "if expired is not (t.kind is Kind.EXPIRE):",
        "if expired and t.kind is not Kind.EXPIRE:",
        "test_rules.py::test_a_reservation_without_end_never_expires",
    ),
    Mutant(
        "a linked chain is booked in part",
        "rules.py",
        "                self.roll_back()\n",
        "",
        "test_rules.py::test_linked_transfers_fail_together",
    ),
    Mutant(
        "linked flags are ignored",
        "rules.py",
        "        if not transfer.linked:\n            yield",
        "        if True:\n            yield",
        "test_rules.py::test_linked_transfers_fail_together",
    ),
    Mutant(
        "compensate twice",
        "rules.py",
        "done = self.reversed.get(t.reverses) or self.snapshot.reversed.get(t.reverses, 0)",
        "done = 0",
        "test_rules.py::test_a_compensation_takes_back_at_most_what_was_booked",
    ),
    Mutant(
        "compensate a compensation",
        "rules.py",
        "if original.transfer.reverses:",
        "if original.transfer.reverses == t.id:",
        "test_rules.py::test_a_compensation_cannot_be_compensated",
    ),
    Mutant(
        "the fee goes back to the wrong party",
        "rules.py",
        "if (original.debit, original.credit) != (t.credit, t.debit):",
        "if original.debit != t.credit:",
        "test_rules.py::test_a_compensation_runs_the_other_way_round",
    ),
    Mutant(
        "units mix",
        "rules.py",
        "if not debit.unit == credit.unit == t.unit:",
        "if t.unit not in (debit.unit, credit.unit):",
        "test_rules.py::test_units_never_mix",
    ),
    Mutant(
        "zero is an amount",
        "model.py",
        "_check_amount(self.amount, 1, MAX_FEN)",
        "_check_amount(self.amount, 0, MAX_FEN)",
        "test_model.py::test_a_malformed_transfer_is_an_error",
    ),
    Mutant(
        "time runs backwards",
        "rules.py",
        'max(check_time("now", now), snapshot.head.at)',
        'check_time("now", now)',
        "test_rules.py::test_time_never_runs_backwards",
    ),
    Mutant(
        "refund gross instead of net",
        "split.py",
        "left = sum(weights) - sum(done)",
        "done = [0] * len(done)\n    left = sum(weights)",
        "test_rules.py::test_a_refund_of_a_payment_with_fee_returns_the_net_from_each_receiver",
    ),
    Mutant(
        "round each share separately",
        "split.py",
        "    rest = amount - sum(parts)\n",
        "    parts = [round(amount * w / base) for w in whole]\n    rest = 0\n",
        "test_split_properties.py::test_cumulative_shares_stay_within_one_fen_and_nobody_pays_back",
    ),
    Mutant(
        "split every payment afresh",
        "split.py",
        "got = [0] * len(whole) if paid is None else list(paid)",
        "got = [0] * len(whole)",
        "test_split_properties.py::test_cumulative_shares_stay_within_one_fen_and_nobody_pays_back",
    ),
    Mutant(
        "largest remainder instead of the earliest deadline",
        "split.py",
        "key=lambda i: (Fraction(floors[i] + 1, whole[i]), i)",
        "key=lambda i: (-(total * whole[i] % base), i)",
        "test_split_properties.py::test_the_earliest_deadline_keeps_what_the_largest_remainder_breaks",
    ),
    Mutant(
        "break the hash chain",
        "rules.py",
        "self.head = Head(record.seq, self.at, record.hash)",
        "self.head = Head(record.seq, self.at, record.previous)",
        "test_check.py::test_each_line_carries_the_hash_of_the_line_before",
    ),
    Mutant(
        "a field is left out of the hash",
        "chain.py",
        "                t.memo,\n",
        '                "",\n',
        "test_check.py::test_a_generated_year_has_no_finding_and_is_marked",
    ),
    Mutant(
        "an edited row goes unnoticed",
        "check.py",
        "if _digest(r) != r.hash:",
        "if _digest(r)[0] != r.hash[0] and r.refusal:",
        "test_check.py::test_an_edited_row_breaks_the_chain_at_its_place",
    ),
    Mutant(
        "reservations are rebuilt as bookings",
        "project.py",
        "        debit[2] += r.pending\n",
        "        debit[0] += r.pending\n",
        "test_rules.py::test_balances_can_be_rebuilt",
    ),
    Mutant(
        "the export forgets a sign",
        "export.py",
        'return f"{Decimal(hundredths).scaleb(-2):.2f}"',
        'return f"{Decimal(abs(hundredths)).scaleb(-2):.2f}"',
        "test_export.py::test_bean_check_accepts_the_books_and_every_balance_is_ours",
    ),
    Mutant(
        "a parent's assertion leaves out its children",
        "export.py",
        "for depth in range(len(parts)):",
        "for depth in range(len(parts) - 1, len(parts)):",
        "test_export.py::test_bean_check_accepts_the_books_and_every_balance_is_ours",
    ),
    Mutant(
        "the owner of an account is under no hash",
        "chain.py",
        "a.id, a.owner, a.kind",
        'a.id, "", a.kind',
        "test_check.py::test_sound_books_have_no_finding",
    ),
    Mutant(
        "a changed account goes unnoticed",
        "check.py",
        'elif audit.opened[a.id] != f"open:{digest}":',
        'elif not audit.opened[a.id].startswith("open:"):',
        "test_check.py::test_an_account_that_is_changed_is_found",
    ),
    Mutant(
        "an account that nobody opened goes unnoticed",
        "check.py",
        "        if a.id not in audit.opened:\n            yield",
        "        if a.id not in audit.opened:\n            continue\n            yield",
        "test_check.py::test_an_account_that_nobody_opened_is_found",
    ),
    Mutant(
        "an account is opened as something else",
        "rules.py",
        "if t.id != opening(account).id:",
        "if not t.id:",
        "test_rules.py::test_an_account_is_opened_as_what_it_is",
    ),
    Mutant(
        "accounts of a ledger in memory stay unopened",
        "memory.py",
        "        if new:\n            self._keep(new, now)\n",
        "",
        "test_check.py::test_sound_books_have_no_finding",
    ),
    Mutant(
        "an opening counts as a movement",
        "project.py",
        "if not r.moved:",
        "if r.refusal is not None:",
        "test_rules.py::test_balances_can_be_rebuilt",
    ),
    Mutant(
        "a clock that has jumped is believed",
        "clock.py",
        "if head.seq and now - head.at > rest:",
        "if head.seq and now - head.at > 20 * rest:",
        "test_clock.py::test_a_clock_that_has_jumped_is_refused_and_the_way_out_is_named",
    ),
    Mutant(
        "a clock that is behind counts as a jump",
        "clock.py",
        "now - head.at > rest:",
        "abs(now - head.at) > rest:",
        "test_clock.py::test_a_rest_and_a_clock_that_is_behind_are_no_jump",
    ),
    Mutant(
        "a journal ahead of the clock goes unnoticed",
        "check.py",
        "before.at - now > CLOCKS",
        "now - before.at > CLOCKS * 10**6",
        "test_clock.py::test_a_journal_that_is_ahead_of_the_clock_is_named",
    ),
    Mutant(
        "the day of a head is a day in Greenwich",
        "chain.py",
        "day = record.at.astimezone(CHINA).date()",
        "day = record.at.date()",
        "test_check.py::test_the_daily_head_is_the_last_line_of_a_day_in_china",
    ),
    Mutant(
        "a published head of a day without lines goes unnoticed",
        "check.py",
        "if line is None or (line.seq, line.hash) != (head.seq, head.hash):",
        "if line is not None and (line.seq, line.hash) != (head.seq, head.hash):",
        "test_check.py::test_a_cut_off_tail_does_not_fit_the_published_heads",
    ),
    Mutant(
        "a ledger file cuts the microseconds",
        "journal.py",
        'value = value.isoformat(timespec="microseconds")',
        'value = value.isoformat(timespec="milliseconds")',
        "test_journal.py::test_a_time_keeps_its_microseconds",
    ),
    Mutant(
        "a ledger file leaves out what was refused",
        "journal.py",
        '(("record", _plain(r)) for r in records)',
        '(("record", _plain(r)) for r in records if r.refusal is None)',
        "test_journal.py::test_a_book_comes_back_as_it_was_written",
    ),
    Mutant(
        "a ledger file rounds amounts",
        "journal.py",
        '    _only_integers((value["seq"], value["posted"], value["pending"]))\n',
        "",
        "test_journal.py::test_a_record_with_a_broken_field_is_named",
    ),
    Mutant(
        "heads kept outside are read and left aside",
        "cli/ledger.py",
        "heads=(*found.heads, *kept)",
        "heads=found.heads",
        "test_journal.py::test_heads_kept_outside_are_held_against_the_book",
    ),
    Mutant(
        "a line of heads that is none is skipped",
        "journal.py",
        '            problems.append(_no_head(path, number, ",".join(str(cell) for cell in row.values())[:80]))\n',
        "            continue\n",
        "test_journal.py::test_a_bad_head_is_named",
    ),
    Mutant(
        "the store forgets what was compensated",
        "web/ledger/store.py",
        "dict(pair for chunk in chunks(reverses) for pair in _reversed(chunk)),",
        "{},",
        "web/ledger/test_storage.py::test_repeated_refunds_never_exceed_the_original",
    ),
    Mutant(
        "the store forgets what was resolved",
        "web/ledger/store.py",
        "dict(pair for chunk in chunks(pending) for pair in _resolved(chunk)),",
        "{},",
        "web/ledger/test_storage_properties.py::test_histories",
    ),
    Mutant(
        "the store forgets earlier answers",
        "web/ledger/store.py",
        "records = {r.transfer.id: r for chunk in chunks(answered) for r in _records(chunk)}",
        "records: dict[str, Record] = {}",
        "web/ledger/test_storage.py::test_a_refused_batch_books_nothing_and_says_why",
    ),
    Mutant(
        "the store loses the end of a reservation",
        "web/ledger/store.py",
        "connection.ops.adapt_datetimefield_value(t.expires_at) if t.expires_at else None",
        "None",
        "web/ledger/test_storage.py::test_reservations_expire",
    ),
    Mutant(
        "the store cuts why a transfer was refused",
        "web/ledger/store.py",
        'r.refusal.detail if r.refusal else "",',
        '"",',
        "web/ledger/test_storage.py::test_a_refused_batch_books_nothing_and_says_why",
    ),
    Mutant(
        "the store books without its batch",
        "web/ledger/store.py",
        '            "INSERT INTO ledger_batch (seq, at, hash, by_id) VALUES (%s, %s, %s, %s)",\n'
        "            [head.seq, at, head.hash, by and by.pk],\n",
        '            "SELECT 1",\n            [],\n',
        "web/ledger/test_storage.py::test_who_may_open_and_book",
    ),
    Mutant(
        "an account is opened without a line",
        "web/ledger/services.py",
        "            _book_opening(row, now, by)\n",
        "",
        "web/ledger/test_storage.py::test_who_may_open_and_book",
    ),
    Mutant(
        "anybody books anywhere",
        "web/ledger/services.py",
        "        if by is not None:\n            _permit(snapshot, by)\n",
        "",
        "web/ledger/test_storage.py::test_an_operator_cannot_touch_what_lies_elsewhere",
    ),
    Mutant(
        "the clock is not asked",
        "web/ledger/services.py",
        "        check_clock(snapshot.head, now, settings.LEDGER_REST)\n        if by",
        "        if by",
        "web/ledger/test_storage.py::test_a_clock_that_has_jumped_writes_nothing",
    ),
    Mutant(
        "reading takes the write lock",
        "web/kit/reading.py",
        'connection.transaction_mode = "DEFERRED"',
        'connection.transaction_mode = "IMMEDIATE"',
        "web/test_reading.py::test_reading_one_state_needs_no_lock_and_leaves_writers_as_they_were",
    ),
    Mutant(
        "REPLACE removes a row of the journal",
        "web/project/insert_only.py",
        '"no_replace": ("INSERT", " OR ".join(_taken(table, cursor)), "a row is not replaced"),',
        '"no_replace": ("INSERT", "0", "a row is not replaced"),',
        "web/test_insert_only.py::test_whichever_key_is_given_again_no_row_goes",
    ),
    Mutant(
        "the table takes half a fen",
        "web/project/insert_only.py",
        '"whole": ("INSERT", halves, "a number is whole"),',
        '"whole": ("INSERT", "0", "a number is whole"),',
        "web/test_insert_only.py::test_an_entry_counts_whole_hundredths",
    ),
    Mutant(
        "the book file is for everybody",
        "web/ledger/queries.py",
        "    if not sees_all(visitor):\n        raise PermissionDenied\n",
        "",
        "web/test_authorisation.py::test_each_role_gets_what_it_may[ledger:book_file]",
    ),
    Mutant(
        "the book file ends after its first piece",
        "web/ledger/queries.py",
        "        done = piece[-1].seq\n",
        "        return\n",
        "web/ledger/test_audit.py::test_a_long_journal_is_sent_piece_by_piece",
    ),
)


def _run(source: Path, tests: list[str], *, site: bool) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"}
    environment["GONGZAO_VAR"] = str(source / "var")
    options = ["-q", "-x", "--no-header", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
    options += [] if site else ["-p", "no:django"]
    command = [sys.executable, "-m", "pytest", *options, *tests]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def _copy(folder: str, *, site: bool) -> Path:
    """Copy the packages below ``folder``, as they lie below the root, and return the folder they are imported from."""
    source = Path(folder, "src")
    if site:
        shutil.copytree(ROOT / "src/gongzao", source / "gongzao")
        Path(folder, "node_modules").symlink_to(ROOT / "node_modules")  # where the pages' icons come from
        return source
    for package in PACKAGES:
        shutil.copytree(ROOT / "src/gongzao" / package, source / "gongzao" / package)
    shutil.copy(ROOT / "src/gongzao/__init__.py", source / "gongzao")
    return source


def plant(mutant: Mutant) -> str | None:
    """Return None if the named test catches the fault, else what happened."""
    with tempfile.TemporaryDirectory() as folder:
        site = mutant.path.startswith("web/")
        source = _copy(folder, site=site)
        path = source / "gongzao" / mutant.path
        text = path.read_text(encoding="utf-8")
        if text.count(mutant.old) != 1:
            return f"the change fits {text.count(mutant.old)} times, not once"
        path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
        done = _run(source, [mutant.node], site=site)
    # 1: the test ran and failed; anything else (0 passed, 2 and more not run) catches nothing.
    return None if done.returncode == 1 else f"pytest ended with {done.returncode}\n{done.stdout}{done.stderr}"


def main() -> int:
    """Plant every fault; print one line each."""
    with tempfile.TemporaryDirectory() as folder:
        source = _copy(folder, site=True)
        probe = [sys.executable, "-c", "import gongzao.ledger as g; print(g.__file__)"]
        environment = {**os.environ, "PYTHONPATH": str(source)}
        used = subprocess.run(probe, env=environment, capture_output=True, text=True, check=True, cwd=ROOT).stdout
        tests = {m.node for m in MUTANTS}
        sites = {node for node in tests if node.startswith("tests/web/")}
        clean = [_run(source, sorted(tests - sites), site=False), _run(source, sorted(sites), site=True)]
    if not used.startswith(folder) or any(done.returncode for done in clean):
        told = "".join(done.stdout + done.stderr for done in clean)
        print(f"the unchanged copy fails: {used}{told}")  # noqa: T201 - a command reports
        return 2
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(plant, MUTANTS))
    for mutant, problem in zip(MUTANTS, results, strict=True):
        state = "caught by" if problem is None else "NOT CAUGHT by"
        print(f"{mutant.name}: {state} {mutant.test}{'' if problem is None else f': {problem}'}")  # noqa: T201
    print(f"{results.count(None)} of {len(MUTANTS)} faults caught")  # noqa: T201
    return 0 if set(results) == {None} else 1


if __name__ == "__main__":
    sys.exit(main())
