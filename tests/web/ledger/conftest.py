"""A database of its own for tests that commit: what is booked there stays, as in the real one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from django.db import connection, connections
from pytest_django import DjangoDbBlocker

TIMEOUT = 120  # [s] a thread of a test waits for its turn on SQLite


@contextmanager
def _instead(name: str) -> Iterator[None]:
    """Let the default connection of every thread be to the database ``name``."""
    options = {**connections.settings["default"].get("OPTIONS", {})}
    if connection.vendor == "sqlite":
        options["timeout"] = TIMEOUT
    changed = {**connections.settings["default"], "NAME": name, "OPTIONS": options, "CONN_MAX_AGE": 0}
    before = connections["default"]
    with patch.dict(connections.settings, default=changed):
        del connections["default"]
        try:
            yield
        finally:
            connections["default"].close()
            connections["default"] = before


@pytest.fixture(scope="session")
def own_database(
    django_db_blocker: DjangoDbBlocker, django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, dict[str, str]]]:
    """Name of the database, and the environment in which another process finds it."""
    var = tmp_path_factory.mktemp("var")
    environment = {**os.environ, "GONGZAO_VAR": str(var), "DJANGO_SETTINGS_MODULE": "tests.web.settings"}
    name = str(var / "gongzao.sqlite3")
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            name = f"gongzao_test_books_{os.getpid()}"
            with connection._nodb_cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {name}")
            environment["DATABASE_URL"] = f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"
        else:
            environment.pop("DATABASE_URL", None)
        root = Path(__file__).resolve().parents[3]
        subprocess.run(
            [sys.executable, "-m", "django", "migrate", "--skip-checks", "-v0"], env=environment, cwd=root, check=True
        )
        yield name, environment
        if connection.vendor == "postgresql":
            with connection._nodb_cursor() as cursor:
                cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def committed(own_database: tuple[str, dict[str, str]], django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, str]]:
    """Use the database of its own in this test; gives the environment for other processes."""
    with django_db_blocker.unblock(), _instead(own_database[0]):
        yield own_database[1]
