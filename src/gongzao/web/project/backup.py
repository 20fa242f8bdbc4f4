"""``gongzao backup`` and ``gongzao restore``: an installation in one file, taken while it is in use.

The file is a tar archive with the database (SQLite: a consistent copy by its own backup; PostgreSQL: what ``pg_dump``
writes), the key, and the plans and policies laid into ``var``. Pages are served and money is booked meanwhile.
"""

import json
import os
import sqlite3
import subprocess
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from gongzao.kernel import InvalidValue
from gongzao.web.project.commands import SETTINGS

FORMAT = 1
"""Version of the archive; it changes when an older program could not restore it."""

KEPT = ("secret.key", "plans", "policies")
"""What of ``var`` belongs to an installation besides its database."""


def backup(target: Annotated[Path, typer.Argument(help="归档文件（.tar）· archive to write")]) -> None:
    """备份：数据库、密钥、规划和政策，使用中即可进行 · Write the installation into one file, while it is in use."""
    settings = _settings()
    if target.exists():
        raise _refused("backup.exists", f"{target} exists; nothing was written", f"{target} 已存在，没有写入")
    if not target.parent.is_dir():
        raise _refused("backup.folder", f"there is no folder {target.parent}", f"没有文件夹 {target.parent}")
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        inside = Path(folder)
        kind = _dump(settings.DATABASES["default"], inside / "database")
        about = {"format": FORMAT, "database": kind, "made_at": datetime.now(UTC).isoformat(timespec="seconds")}
        (inside / "about.json").write_text(json.dumps(about), encoding="utf-8")
        archive = inside / "archive"
        with os.fdopen(os.open(archive, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as tar:
                for name in ("about.json", "database"):
                    tar.add(inside / name, name)
                for name in KEPT:
                    if (settings.VAR / name).exists():
                        tar.add(settings.VAR / name, f"var/{name}")
            file.flush()
            os.fsync(file.fileno())
        archive.rename(target)
    size = f"{target.stat().st_size:,} B"
    Console(highlight=False).print(f"已备份 written: {target} ({kind}, {size})", markup=False)


def restore(source: Annotated[Path, typer.Argument(help="归档文件 · archive to read", exists=True)]) -> None:
    """恢复到一个空的安装，然后核对账本 · Restore into an empty installation, then verify its books."""
    settings = _settings()
    database = settings.DATABASES["default"]
    _require_empty()
    try:
        with tarfile.open(source, "r:") as tar, tempfile.TemporaryDirectory() as folder:
            about = json.loads(_content(tar, "about.json"))
            kind = "sqlite" if _is_sqlite(database) else "postgresql"
            if (about["format"], about["database"]) != (FORMAT, kind):
                raise _refused(
                    "backup.other",
                    f"{source} holds {about['database']} (format {about['format']}), this installation uses {kind}",
                    f"{source} 中是 {about['database']}（格式{about['format']}），本安装使用 {kind}",
                )
            tar.extractall(folder, filter="data")
            _require_whole(database, Path(folder) / "database")
            _load(database, Path(folder) / "database")
            for name in KEPT:
                kept = Path(folder) / "var" / name
                if kept.exists():
                    _put(kept, settings.VAR / name)
    except (tarfile.TarError, KeyError, ValueError) as error:
        raise _refused(
            "backup.damaged", f"{source} is no whole archive: {error}", f"{source} 不完整：{error}"
        ) from None
    from django.core.management import call_command

    from gongzao.web.ledger.commands import verify

    call_command("migrate", verbosity=0)
    verify()


def _settings() -> Any:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    import django
    from django.conf import settings

    django.setup()
    return settings


def _refused(code: str, en: str, zh: str) -> InvalidValue:
    return InvalidValue(code, en=en, zh=zh)


def _is_sqlite(database: dict[str, Any]) -> bool:
    return str(database["ENGINE"]).endswith("sqlite3")


def _require_empty() -> None:
    from django.db import connection

    tables = connection.introspection.table_names()
    connection.close()
    if tables:
        raise _refused(
            "backup.not_empty",
            f"the database holds {len(tables)} tables already; restore into an empty one",
            f"数据库里已有{len(tables)}张表；请恢复到空的数据库",
        )


def _dump(database: dict[str, Any], target: Path) -> str:
    """Write a consistent copy of the database; return its kind."""
    if _is_sqlite(database):
        source, copy = sqlite3.connect(database["NAME"]), sqlite3.connect(target)
        try:
            source.backup(copy)
        finally:
            source.close()
            copy.close()
        return "sqlite"
    _run(database, ["pg_dump", "--format=custom", "--no-owner", "--file", str(target)])
    return "postgresql"


def _require_whole(database: dict[str, Any], source: Path) -> None:
    if not _is_sqlite(database):
        return  # pg_restore loads all or nothing
    copy = sqlite3.connect(source)
    try:
        (answer,) = copy.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.DatabaseError as error:
        answer = str(error)
    finally:
        copy.close()
    if answer != "ok":
        raise ValueError(answer)


def _load(database: dict[str, Any], source: Path) -> None:
    if _is_sqlite(database):
        copy, target = sqlite3.connect(source), sqlite3.connect(database["NAME"])
        try:
            copy.backup(target)
        finally:
            copy.close()
            target.close()
        return
    name = str(database["NAME"])
    _run(
        database, ["pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", "--dbname", name, str(source)]
    )


def _run(database: dict[str, Any], command: list[str]) -> None:
    """Run one of PostgreSQL's own programs against the database of the settings."""
    given = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    known = {variable: str(database[key]) for variable, key in given.items() if database.get(key)}
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program; names come from the settings, and no shell reads them
            command, env={**os.environ, **known}, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise _refused(
            "backup.program", f"the program {command[0]} is not installed", f"没有安装程序 {command[0]}"
        ) from None
    if done.returncode:
        raise _refused("backup.failed", f"{command[0]}: {done.stderr}", f"{command[0]} 失败：{done.stderr}")


def _content(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    if file is None:
        raise KeyError(name)
    return file.read()


def _put(source: Path, target: Path) -> None:
    """Put a file or folder of the archive in place of what a first start has made."""
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            if path.is_file():
                _put(path, target / path.relative_to(source))
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(source.read_bytes())
    Path(name).replace(target)
