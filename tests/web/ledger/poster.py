"""A process that posts until it is killed: ``python -m tests.web.ledger.poster TAG FIRST`` .

Request ``i`` is a batch that follows from ``TAG`` and ``i`` alone. Before it is sent its number goes to standard
output, and again when it is answered.
"""

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random

from gongzao.ledger import Kind, Transfer

ACCOUNTS = 6


def request(tag: str, i: int) -> list[Transfer]:
    """Return a batch of 1 to 40 transfers: postings, reservations and their resolutions, in part linked."""
    random = Random(f"{tag}:{i}")
    batch = []
    for n in range(random.choice((1, 1, 3, 40))):
        debit, credit = (f"{tag}:{k}" for k in random.sample(range(ACCOUNTS), 2))
        linked = random.random() < 0.4
        kind = random.choice((Kind.POST, Kind.POST, Kind.PENDING, Kind.POST_PENDING))
        if kind is Kind.POST_PENDING:
            pending = f"{tag}:{random.randrange(i + 1)}:0"
            batch.append(Transfer(f"{tag}:{i}:{n}", kind, pending_id=pending, amount=1, linked=linked))
        else:
            batch.append(Transfer(f"{tag}:{i}:{n}", kind, debit, credit, random.randint(1, 90), "CNY", linked=linked))
    return batch


def main(arguments: Sequence[str]) -> None:
    import django

    django.setup()
    from gongzao.web.ledger import services

    tag, i = arguments[0], int(arguments[1])
    while True:
        os.write(1, f"ask {i}\n".encode())
        services.submit(request(tag, i), datetime.now(UTC), by=None)
        os.write(1, f"got {i}\n".encode())
        i += 1


if __name__ == "__main__":
    main(sys.argv[1:])
