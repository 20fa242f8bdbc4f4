"""A small country: one province, two cities, two clusters, three firms, and a user for every role.

And a database of its own for tests that commit: what is booked there stays, as in the real one.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections
from django.db.backends.base.operations import BaseDatabaseOperations
from django.test import Client
from pytest_django import DjangoDbBlocker

from gongzao.kernel import Period
from gongzao.web.accounts.models import Post, Role, User
from gongzao.web.clusters.models import (
    Cluster,
    Enterprise,
    Indicator,
    Industry,
    Membership,
    Observation,
    Region,
    Source,
    Title,
    TitleAward,
)
from gongzao.web.clusters.services import record_observations

ROLES = ("anonymous", "idle", *Role.values, "superuser")
TIMEOUT = 120  # [s] a thread of a test waits for its turn on SQLite


@pytest.fixture(autouse=True, scope="session")
def flush_past_the_guards() -> Iterator[None]:
    """Tests that commit end with every table emptied, which insert-only tables refuse: lift the guards then."""
    operations = type(connection.ops)
    original = operations.sql_flush

    def sql_flush(self: BaseDatabaseOperations, *args: Any, **kwargs: Any) -> list[str]:
        statements = original(self, *args, **kwargs)
        if connection.vendor == "postgresql":
            return ["SET session_replication_role = replica", *statements, "SET session_replication_role = DEFAULT"]
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            guards = cursor.fetchall()
        return [*(f'DROP TRIGGER "{name}"' for name, _ in guards), *statements, *(sql for _, sql in guards)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "sql_flush", sql_flush)
        yield


@dataclass(frozen=True)
class World:
    """What the tests refer to by name."""

    users: dict[str, User]
    here: Cluster
    there: Cluster
    firm_here: Enterprise
    firm_there: Enterprise
    figure: Observation

    def client(self, role: str) -> Client:
        """Return a browser signed in as ``role``; ``anonymous`` is not."""
        client = Client(HTTP_ACCEPT_LANGUAGE="zh-hans")
        if role != "anonymous":
            client.force_login(self.users[role], backend="django.contrib.auth.backends.ModelBackend")
        return client


def _region(code: str, name: str, level: str, parent: Region | None) -> Region:
    return Region.objects.create(code=code, name_zh=name, name_en=f"Region {code}", level=level, parent=parent)


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def make_world() -> World:
    """Store the country and return it."""
    province = _region("130000", "河北省", "province", None)
    city, other = _region("130500", "邢台市", "city", province), _region("131100", "衡水市", "city", province)
    county, elsewhere = _region("130528", "宁晋县", "county", city), _region("131125", "安平县", "county", other)
    industry = Industry.objects.create(code="38", name_zh="电气机械和器材制造业", name_en="Electrical machinery")
    revenue = Indicator.objects.create(code="revenue", name_zh="营业收入", name_en="Operating revenue", unit="亿元")
    printed = Source.objects.create(code="S5", title="2024年数据", publisher="省工信厅", published_on="2025-03")
    made_up = Source.objects.create(code="DEMO", title="示例数据", synthetic=True)
    here = Cluster.objects.create(
        slug="ningjin-cable", name_zh="宁晋电线电缆", county=county, industry=industry, synthetic=False
    )
    there = Cluster.objects.create(
        slug="demo-mesh", name_zh="示例丝网集群", county=elsewhere, industry=industry, synthetic=True
    )
    codes = ("91139900MA0000001T", "91139900MA0000002X", "91139900MA00000031")
    firms = [
        Enterprise.objects.create(uscc=code, name=f"示例{n}号有限公司", county=place, industry=industry, synthetic=True)
        for n, (code, place) in enumerate(zip(codes, (county, county, elsewhere), strict=True))
    ]
    for firm, cluster in zip(firms, (here, here, there), strict=True):
        Membership.objects.create(enterprise=firm, cluster=cluster)
    title = Title.objects.create(code="little_giant", name_zh="专精特新“小巨人”", name_en="Little giant")
    TitleAward.objects.create(
        title=title, level="national", enterprise=firms[0], awarded_on=date(2024, 9, 1), source=made_up
    )
    (figure, *_) = record_observations(
        [
            Observation(
                **subject,
                indicator=revenue,
                period=Period.parse("2024"),
                value=Decimal(value),
                unit="亿元",
                scope=scope,
                source=source,
            )
            for subject, value, scope, source in (
                ({"cluster": here}, "330.51", "cluster", printed),
                ({"cluster": there}, "1010", "demo107", made_up),
                ({"enterprise": firms[0]}, "1.2", "firm", made_up),
                ({"region": province}, "36000", "key107", printed),
            )
        ],
        by=None,
    )
    users = {"idle": User.objects.create_user("idle"), "superuser": User.objects.create_superuser("superuser")}
    places: dict[str, dict[str, object]] = {
        Role.PROVINCE: {"region": province},
        Role.CITY: {"region": city},
        Role.COUNTY: {"region": county},
        Role.OPERATOR: {"cluster": here},
        Role.MEMBER: {"enterprise": firms[0]},
        Role.AUDITOR: {},
    }
    for role, place in places.items():
        users[role] = User.objects.create_user(role)
        Post.objects.create(user=users[role], role=role, **place)
    return World(users, here, there, firms[0], firms[2], figure)


@contextmanager
def instead(name: str) -> Iterator[None]:
    """Let the default connection of every thread be to the database ``name``."""
    options = {**connections.settings["default"].get("OPTIONS", {})}
    if connection.vendor == "sqlite":
        options["timeout"] = TIMEOUT
    changed = {**connections.settings["default"], "NAME": name, "OPTIONS": options, "CONN_MAX_AGE": 0}
    before = connections["default"]
    with patch.dict(connections.settings, default=changed):
        del connections["default"]
        ContentType.objects.clear_cache()  # numbers of types differ from database to database
        try:
            yield
        finally:
            connections["default"].close()
            connections["default"] = before
            ContentType.objects.clear_cache()


@pytest.fixture(scope="module")
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
        root = Path(__file__).resolve().parents[2]
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
    with django_db_blocker.unblock(), instead(own_database[0]):
        yield own_database[1]
