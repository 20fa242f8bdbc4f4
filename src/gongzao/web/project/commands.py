"""Commands of the site: ``gongzao demo`` and ``gongzao-manage``."""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import django
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from gongzao.kernel import InvalidValue

SETTINGS = "gongzao.web.project.settings"


def manage() -> None:
    """Run Django's management commands with the settings of the site."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


def demo(
    *,
    serve: Annotated[bool, typer.Option(help="Serve the site after the tables are printed.")] = True,
    port: Annotated[int, typer.Option(envvar="GONGZAO_PORT", min=1, max=65535, help="Port to serve at.")] = 8000,
) -> None:
    """Show the platform: load plan and demonstration data, print the targets, serve the site on this machine."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    os.environ["GONGZAO_PLAIN_HTTP"] = "1"
    os.environ.setdefault("GONGZAO_LEDGER_REST_DAYS", "36500")  # a demonstration may lie in a drawer for years

    django.setup()
    console = Console()
    with one_at_a_time():
        require_own_database()
        _prepare(console)
    _print_targets(console)
    _print_users(console)
    if serve:
        console.print(f"\n[bold]http://127.0.0.1:{port}[/bold]  （Ctrl-C 结束 / Ctrl-C ends it）")
        _serve(port)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Have a second demonstration on the same folder wait until the first has loaded its data."""
    from django.conf import settings

    with (settings.VAR / "demo.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def require_own_database() -> None:
    """Refuse a database that holds users or firms and was not made by the demonstration: made-up figures stay for good.

    Raises
    ------
    InvalidValue
        ``demo.foreign_database``.
    """
    from django.db import connection

    from gongzao.web.accounts.models import User
    from gongzao.web.clusters.models import Enterprise, Source

    tables = set(connection.introspection.table_names())
    if not {model._meta.db_table for model in (User, Enterprise, Source)} <= tables:
        return
    if (User.objects.exists() or Enterprise.objects.exists()) and not Source.objects.filter(synthetic=True).exists():
        raise InvalidValue(
            "demo.foreign_database",
            en="this database holds users or firms that the demonstration did not make; nothing was changed. Give the "
            "demonstration a folder of its own with GONGZAO_VAR, and no DATABASE_URL",
            zh="这个数据库里已有并非演示所建的用户或企业，没有作任何改动。"
            "请用 GONGZAO_VAR 为演示另设文件夹，且不要设置 DATABASE_URL",
        )


def _prepare(console: Console) -> None:
    from django.core.management import call_command

    from gongzao.web.clusters.demo import load_demo
    from gongzao.web.ledger.demo import load_demo_ledger
    from gongzao.web.research.demo import load_demo_research

    with Progress(console=console, transient=True) as progress:
        step = progress.add_task("数据库 database …", total=None)
        call_command("migrate", verbosity=0)
        progress.update(step, description="页面文件 static files …")
        call_command("collectstatic", verbosity=0, interactive=False)

        def show(done: int, total: int, what: str) -> None:
            progress.update(step, completed=done, total=total, description=what)

        load_demo(progress=show)
        load_demo_ledger(progress=show)
        load_demo_research(progress=show)


def _print_targets(console: Console) -> None:
    from django.utils import timezone

    from gongzao.targets import status_table
    from gongzao.web.targets.queries import dossiers, status

    for dossier in dossiers().values():
        found = status(dossier.plan, timezone.localdate())
        console.print(status_table(dossier.plan, found.attainments, "zh"))


def _print_users(console: Console) -> None:
    from gongzao.web.clusters.demo import demo_users

    table = Table(title="演示用户 demo users")
    for heading in ("用户名 user", "密码 password", "角色 role", "管辖 place"):
        table.add_column(heading)
    for user in demo_users():
        table.add_row(user.username, user.password, user.role, user.place)
    console.print(table)
    console.print(
        "名称带“示例”的107个集群和全部企业都是示例数据，合计与公布的总量一致，并非真实；真实集群另列，只显示公布数据及来源。\n"
        "The 107 clusters and all firms named 示例 are synthetic and add up to the published totals; "
        "real clusters stand beside them with published figures and their sources only."
    )


def _serve(port: int) -> None:
    from gunicorn.app.base import BaseApplication

    from gongzao.web.project.wsgi import application

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
        def load_config(self) -> None:
            self.cfg.set("bind", f"127.0.0.1:{port}")
            self.cfg.set("workers", 2)
            self.cfg.set("threads", 4)
            self.cfg.set("keepalive", 75)

        def load(self) -> Any:
            return application

    Server().run()
