"""Transfers per second of the stored ledger on SQLite and PostgreSQL, beside django-hordak on the same PostgreSQL.

``python -m benchmarks.ledger --postgres postgres://postgres@127.0.0.1/postgres --hordak PYTHON`` where PYTHON is an
interpreter in which ``django-hordak==2.0.0`` and ``psycopg[binary]`` are installed. Two databases are created on the
server and dropped at the end. The systems take turns in every round, so that all see the same machine.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

HORDAK = "django-hordak, PostgreSQL"
ROOT = Path(__file__).resolve().parents[1]
ACCOUNTS = 100
BATCH = 1000
TURNS, SINGLES = 10, 25  # one by one: short turns, so that a disturbance meets all sides


def work() -> None:
    """Be one side: read ``one N`` or ``linked N`` from standard input and answer with the seconds it took."""
    import django

    django.setup()
    from django.core.management import call_command

    from gongzao.ledger import Account, AccountKind, Kind, Status, Transfer
    from gongzao.web.ledger import services
    from gongzao.web.ledger.verify import verify

    call_command("migrate", verbosity=0, skip_checks=True)
    pick, made = random.Random(1), 0
    names = [f"account:{i}" for i in range(ACCOUNTS)]
    for name in names:
        account = Account(name, "project:1", AccountKind.LIABILITY, minimum=-(10**15))
        services.open_account(account, datetime.now(UTC), place=None, by=None)
    print("ready", flush=True)
    for line in sys.stdin:
        job, count = line.split()[0], int(line.split()[1])
        start = time.perf_counter()
        batch = []
        for i in range(count):
            made += 1
            debit, credit = pick.sample(names, 2)
            linked = job == "linked" and i < count - 1
            batch.append(Transfer(f"transfer:{made}", Kind.POST, debit, credit, 100, "CNY", linked=linked))
        for part in [batch] if job == "linked" else [[transfer] for transfer in batch]:
            outcomes = services.submit(part, datetime.now(UTC), by=None)
            assert all(outcome.status is Status.APPLIED for outcome in outcomes)
        print(time.perf_counter() - start, flush=True)
    findings = verify()[1]
    assert findings == (), findings[:3]


class Side:
    """A process that books on request."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command, env=environment, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.read()

    def read(self) -> str:
        """Return its next line."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args!r} ended early")
        return line

    def rate(self, job: str, count: int) -> float:
        """Return transfers per second."""
        assert self.process.stdin is not None
        print(job, count, file=self.process.stdin, flush=True)
        return count / float(self.read())

    def end(self) -> None:
        """Let it check its books and stop."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        if self.process.wait():
            raise SystemExit("the books are not sound after the benchmark")


def sides(stack: ExitStack, server: str, hordak: str) -> dict[str, Side]:
    import psycopg

    place = urlsplit(server)
    var = stack.enter_context(tempfile.TemporaryDirectory())
    command = [sys.executable, "-m", "benchmarks.ledger", "--work"]
    ours = {**os.environ, "GONGZAO_VAR": var, "DJANGO_SETTINGS_MODULE": "gongzao.web.project.settings"}
    ours.pop("DATABASE_URL", None)
    with psycopg.connect(server, autocommit=True) as admin:
        for name in ("gongzao_bench", "hordak_bench"):
            admin.execute(f"DROP DATABASE IF EXISTS {name}".encode())
            admin.execute(f"CREATE DATABASE {name}".encode())
    theirs = {
        **os.environ,
        "BENCH_NAME": "hordak_bench",
        "BENCH_HOST": place.hostname or "",
        "BENCH_PORT": str(place.port or 5432),
        "BENCH_USER": place.username or "",
        "BENCH_PASSWORD": place.password or "",
    }
    return {
        "Gongzao, SQLite": Side(command, ours),
        "Gongzao, PostgreSQL": Side(command, {**ours, "DATABASE_URL": f"{server.rpartition('/')[0]}/gongzao_bench"}),
        HORDAK: Side([hordak, str(ROOT / "benchmarks/ledger_hordak.py")], theirs),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--postgres", help="server, with a database to connect to")
    parser.add_argument("--hordak", help="interpreter with django-hordak")
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    if arguments.work:
        work()
        return
    rates: dict[tuple[str, str], list[float]] = {}
    with ExitStack() as stack:
        running = sides(stack, arguments.postgres, arguments.hordak)
        for round_ in range(arguments.rounds + 1):
            for job, turns, count in (("one", TURNS, SINGLES), ("linked", 1, BATCH), ("bulk", 1, BATCH)):
                for name, side in turns * [*running.items()]:
                    if job == "bulk" and "hordak" not in name:
                        continue
                    rate = side.rate(job, count)
                    if round_:  # the first warms up
                        rates.setdefault((name, job), []).append(rate)
        for side in running.values():
            side.end()
    for (name, job), found in sorted(rates.items()):
        low, high = min(found), max(found)
        print(f"{name:28} {job:7} median {statistics.median(found):8.0f}/s  ({low:.0f} to {high:.0f})")
    for job, name in (("one", "one by one"), ("linked", "linked batches")):
        ours, theirs = (statistics.median(rates[side, job]) for side in ("Gongzao, PostgreSQL", HORDAK))
        print(f"{name}: {ours / theirs:.2f} times as many on PostgreSQL")


if __name__ == "__main__":
    main()
