"""The other side of :mod:`benchmarks.ledger`: django-hordak in an interpreter of its own.

Reads ``one N``, ``linked N`` or ``bulk N`` from standard input and answers with the seconds it took.
"""

import os
import random
import sys
import time

import django
from django.conf import settings

NAME = os.environ["BENCH_NAME"]
HOST, PORT = os.environ["BENCH_HOST"], os.environ["BENCH_PORT"]

settings.configure(
    SECRET_KEY="benchmark",
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "hordak"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": NAME,
            "USER": os.environ["BENCH_USER"],
            "PASSWORD": os.environ["BENCH_PASSWORD"],
            "HOST": HOST,
            "PORT": PORT,
            "CONN_MAX_AGE": None,
        }
    },
    DEFAULT_CURRENCY="CNY",
    CURRENCIES=["CNY"],
)
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402
from hordak.models import (  # type: ignore[import-not-found]  # noqa: E402 - only in its own interpreter
    Account,
    AccountType,
    Leg,
    Transaction,
)
from moneyed import Money  # type: ignore[import-not-found]  # noqa: E402

ACCOUNTS = 100


def one(accounts: list[Account], pick: random.Random, count: int) -> None:
    """Book transfers one by one, each in a database transaction of its own, as hordak's ``transfer_to`` does."""
    for _ in range(count):
        debit, credit = pick.sample(accounts, 2)
        credit.transfer_to(debit, Money(1, "CNY"))


def linked(accounts: list[Account], pick: random.Random, count: int) -> None:
    """Book all or none: hordak's ``transfer_to`` in one database transaction."""
    with transaction.atomic():
        one(accounts, pick, count)


def bulk(accounts: list[Account], pick: random.Random, count: int) -> None:
    """Book all or none by ``bulk_create``, past hordak's own interface but not past its triggers."""
    with transaction.atomic():
        legs = []
        for booked in Transaction.objects.bulk_create([Transaction() for _ in range(count)]):
            debit, credit = pick.sample(accounts, 2)
            legs.append(Leg(transaction=booked, account=credit, credit=Money(1, "CNY")))
            legs.append(Leg(transaction=booked, account=debit, debit=Money(1, "CNY")))
        Leg.objects.bulk_create(legs)


def main() -> None:
    call_command("migrate", verbosity=0)
    accounts = [
        Account.objects.create(name=f"account {i}", code=str(i), type=AccountType.liability, currencies=["CNY"])
        for i in range(ACCOUNTS)
    ]
    pick = random.Random(1)
    jobs = {"one": one, "linked": linked, "bulk": bulk}
    print("ready", flush=True)
    for line in sys.stdin:
        job, count = line.split()
        start = time.perf_counter()
        jobs[job](accounts, pick, int(count))
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
