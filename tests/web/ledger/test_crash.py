"""A posting process is killed at random points; what it left must be whole.

``GONGZAO_KILLS=100 python -m pytest tests/web/ledger/test_crash.py`` kills it 100 times.
"""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from uuid import uuid4

from django.db import transaction

from gongzao.ledger import Account, AccountKind
from gongzao.web.ledger import queries, services, store
from gongzao.web.ledger.models import Entry
from gongzao.web.ledger.verify import verify
from tests.web.ledger.poster import ACCOUNTS, request

ROOT = Path(__file__).resolve().parents[3]
KILLS = int(os.environ.get("GONGZAO_KILLS", "15"))


def kill_one(tag: str, first: int, environment: dict[str, str], seconds: float) -> tuple[int, int]:
    """Let a process post, kill it after its first answer and some time, and return what it asked and got last."""
    command = [sys.executable, "-m", "tests.web.ledger.poster", tag, str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=ROOT) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline(), process.stdout.readline()]
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.read().splitlines(keepends=True)
    assert process.returncode == -signal.SIGKILL
    said = [line.split() for line in lines if line.endswith(b"\n")]
    return max(int(i) for word, i in said if word == b"ask"), max(int(i) for word, i in said if word == b"got")


def run_verify(environment: dict[str, str]) -> str:
    """Run ``gongzao ledger verify`` as after a restart."""
    command = [sys.executable, "-c", "from gongzao.cli.main import main; main()", "ledger", "verify"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_killed_while_posting(committed: dict[str, str]) -> None:
    tag, random, now = uuid4().hex, Random(7), datetime.now(UTC)
    for k in range(ACCOUNTS):
        account = Account(f"{tag}:{k}", "project:1", AccountKind.EQUITY, minimum=-500 if k % 2 else None)
        services.open_account(account, now, place=None, by=None)
    first = 0
    for _ in range(KILLS):
        asked, got = kill_one(tag, first, committed, random.uniform(0, 0.25))
        assert asked - got in (0, 1)
        with transaction.atomic():
            store.lock_head()  # the server may still be finishing what the killed process had asked it to commit
        assert verify()[1] == ()
        stored = set(
            Entry.objects.filter(transfer_id__startswith=f"{tag}:{asked}:").values_list("transfer_id", flat=True)
        )
        assert stored in (set(), {t.id for t in request(tag, asked)}), "a batch was booked in part"
        lines, before = Entry.objects.count(), queries.balances()
        # What was not answered is sent again, and what was answered too.
        outcomes = [o for i in range(first, asked + 1) for o in services.submit(request(tag, i), now, by=None)]
        assert all(o.again for o in outcomes if not o.record.transfer.id.startswith(f"{tag}:{asked}:"))
        if stored:
            assert all(o.again for o in outcomes)
            assert (Entry.objects.count(), queries.balances()) == (lines, before)
        first = asked + 1
    assert " 0 findings" in run_verify(committed)
    assert Entry.objects.filter(transfer_id__startswith=f"{tag}:").count() == sum(
        len(request(tag, i)) for i in range(first)
    )
