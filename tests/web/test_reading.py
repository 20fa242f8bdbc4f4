"""Whoever only reads waits for nobody who writes."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from gongzao.web.kit.reading import one_state
from gongzao.web.ledger.models import Entry
from tests.web import requests
from tests.web.conftest import instead, make_world
from tests.web.ledger.books import make_books
from tests.web.research.authorisation import furnish
from tests.web.test_authorisation import EXPECTED, ROLES, status_of

pytestmark = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL never lets a reader wait")


@pytest.fixture
def locked(
    own_database: tuple[str, dict[str, str]], django_db_blocker: DjangoDbBlocker, tmp_path: Path
) -> Iterator[tuple[Any, dict[str, Client]]]:
    """The world in a database of its own, in which somebody else holds the write lock, and a browser of each role."""
    path = tmp_path / "gongzao.sqlite3"
    with closing(sqlite3.connect(own_database[0])) as source, closing(sqlite3.connect(path)) as copy:
        source.backup(copy)
    with django_db_blocker.unblock(), instead(str(path)):
        world = make_world()
        furnish(world)
        make_books(world)
        clients = {role: world.client(role) for role in ROLES}
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 0")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield world, clients
            other.execute("ROLLBACK")


def test_the_lock_is_felt_by_who_writes(locked: tuple[Any, dict[str, Client]]) -> None:
    with pytest.raises(OperationalError, match="locked"), transaction.atomic():
        pass


def test_reading_one_state_needs_no_lock_and_leaves_writers_as_they_were(
    locked: tuple[Any, dict[str, Client]],
) -> None:
    with one_state():
        assert Entry.objects.count() == Entry.objects.count() > 0
    with pytest.raises(OperationalError, match="locked"), transaction.atomic():
        pass


def test_no_page_export_or_call_that_reads_needs_the_write_lock(locked: tuple[Any, dict[str, Client]]) -> None:
    world, clients = locked
    for name, cases in EXPECTED.items():
        for arguments, method, _ in cases:
            if method == "get":
                path = reverse(name, args=arguments(world))
                for role, client in clients.items():
                    assert status_of(client.get(path)) < 500, f"{role} {path}"


def test_no_call_that_reads_needs_the_write_lock(locked: tuple[Any, dict[str, Client]]) -> None:
    world, clients = locked
    for operation, good in requests.good(world).items():
        method, _, path = operation.partition(" ")
        if method == "GET":
            answer = clients["superuser"].get(path.format(**good.path), good.query)
            assert answer.status_code == 200, path
