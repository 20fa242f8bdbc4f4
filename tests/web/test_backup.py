"""A backup taken while money is booked holds everything that was acknowledged before; a restore is whole or nothing."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection

from gongzao.ledger import Account, AccountKind
from gongzao.web.ledger import services
from gongzao.web.ledger.models import Entry
from tests.web.ledger.poster import ACCOUNTS

ROOT = Path(__file__).resolve().parents[2]


def gongzao(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from gongzao.cli.main import main; main()", *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, check=False)


@pytest.fixture
def empty(committed: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """An installation without anything."""
    folder = tmp_path / "other"
    folder.mkdir()
    environment = {**committed, "GONGZAO_VAR": str(folder)}
    environment.pop("DATABASE_URL", None)
    if connection.vendor == "postgresql":
        name = f"restore_{uuid4().hex[:8]}"
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        server = settings.DATABASES["default"]
        user = f"{server['USER']}:{server['PASSWORD']}" if server["PASSWORD"] else server["USER"]
        environment["DATABASE_URL"] = f"postgres://{user}@{server['HOST']}:{server['PORT'] or 5432}/{name}"
    return environment


@pytest.mark.skipif(
    connection.vendor == "postgresql" and not shutil.which("pg_dump"), reason="PostgreSQL's programs are not installed"
)
def test_a_backup_under_load_restores_whole(committed: dict[str, str], empty: dict[str, str], tmp_path: Path) -> None:
    tag = uuid4().hex
    for k in range(ACCOUNTS):
        services.open_account(
            Account(f"{tag}:{k}", "project:1", AccountKind.EQUITY), datetime.now(UTC), place=None, by=None
        )
    archive = tmp_path / "all.tar"
    poster = [sys.executable, "-m", "tests.web.ledger.poster", tag, "0"]
    with subprocess.Popen(poster, stdout=subprocess.PIPE, env=committed, cwd=ROOT) as process:
        assert process.stdout is not None
        while Entry.objects.filter(transfer_id__startswith=f"{tag}:").count() < 50:
            assert process.poll() is None
        before = Entry.objects.count()
        done = gongzao(committed, "backup", str(archive))
        assert done.returncode == 0, done.stderr
        during = Entry.objects.count()
        process.kill()
    assert archive.stat().st_mode & 0o077 == 0
    done = gongzao(empty, "restore", str(archive))
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 findings" in done.stdout
    lines = int(done.stdout.split(" lines")[0].split()[-1])
    assert before <= lines <= during
    assert "holds" in gongzao(empty, "restore", str(archive)).stderr  # what is there is never overwritten
    assert "exists" in gongzao(committed, "backup", str(archive)).stderr


def test_a_damaged_archive_changes_nothing(empty: dict[str, str], tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.tar"
    nonsense.write_bytes(b"nonsense" * 1000)
    hollow = tmp_path / "hollow.tar"
    with tarfile.open(hollow, "w") as tar:
        tar.add(nonsense, "database")
    for archive in (nonsense, hollow):
        done = gongzao(empty, "restore", str(archive))
        assert (done.returncode, "no whole archive" in done.stderr) == (2, True)
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(Path(empty["GONGZAO_VAR"]) / "gongzao.sqlite3")) as database:
            assert database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


def test_the_demonstration_refuses_what_it_did_not_make(empty: dict[str, str]) -> None:
    environment = {**empty, "GONGZAO_PLAIN_HTTP": "1", "DJANGO_SETTINGS_MODULE": "gongzao.web.project.settings"}
    made = (
        "import django; django.setup(); from django.core.management import call_command as c; c('migrate', verbosity=0)"
    )
    made += "; from gongzao.web.accounts.models import User; User.objects.create_user('chief')"
    subprocess.run([sys.executable, "-c", made], env={**os.environ, **environment}, cwd=ROOT, check=True)
    done = gongzao(environment, "demo", "--no-serve")
    assert (done.returncode, "did not make" in done.stderr) == (2, True)
