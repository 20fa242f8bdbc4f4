"""``gongzao ledger``: check and export the books, from a ledger file or from the database of this installation."""

from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer

from gongzao.cli.output import console
from gongzao.kernel import InvalidValue, require_writable, write_files
from gongzao.ledger import (
    Book,
    DailyHead,
    book_lines,
    check,
    example_year,
    read_book,
    read_heads,
    to_beancount,
    to_hledger,
    write_book,
)

app = typer.Typer(no_args_is_help=True, help="Check and export the books. 核对和导出账本。")

BookFile = Annotated[
    Path | None,
    typer.Argument(
        exists=True,
        dir_okay=False,
        help="Ledger file (JSON Lines); without it the database. 账本文件；不给则取数据库。",
    ),
]
HeadsFile = Annotated[
    Path | None,
    typer.Option("--heads", exists=True, dir_okay=False, help="Daily heads kept outside (CSV). 另行保存的日末哈希。"),
]
Target = Annotated[Path | None, typer.Option("--out", dir_okay=False, help="File to write. 输出文件。")]


class Format(StrEnum):
    """What the books are written as."""

    BOOK = "book"
    BEANCOUNT = "beancount"
    HLEDGER = "hledger"


def _book(path: Path | None) -> Book:
    """Return the books of a file, or those of the site if it is installed."""
    if path is not None:
        return read_book(path)
    for point in entry_points(group="gongzao.books"):
        found: Book = point.load()()
        return found
    raise InvalidValue(
        "ledger.no_database",
        en="name a ledger file: the site (extra web) is not installed here, so there is no database",
        zh="请给出账本文件：本机未安装站点（web），没有数据库",
    )


@app.command("check")
def check_book(book: BookFile = None, heads: HeadsFile = None) -> None:
    """Go through the books line by line; status 1 if any rule is broken. 逐行核对账本."""
    found = _book(book)
    kept: tuple[DailyHead, ...] = read_heads(heads) if heads else ()
    findings = check(replace(found, heads=(*found.heads, *kept)), datetime.now(UTC))
    report = console()
    for finding in findings:
        report.print(str(finding))
    lines = len(found.records)
    if heads:
        report.print(f"{len(kept)} heads held against the books / 对照日末哈希 {len(kept)} 个")
    report.print(f"{lines} lines, {len(findings)} findings / 共 {lines} 行，问题 {len(findings)} 项")
    if findings:
        raise typer.Exit(1)


@app.command()
def export(
    book: BookFile = None,
    form: Annotated[
        Format, typer.Option("--format", help="The whole book, or text for that program. 完整账本，或目标程序的文本。")
    ] = Format.BOOK,
    out: Target = None,
) -> None:
    """Write the books as a ledger file, or as text for Beancount or hledger. 导出账本."""
    require_writable([out] if out else [], [book] if book else [])
    found = _book(book)
    match form:
        case Format.BOOK:
            lines = book_lines(found.accounts, found.balances, found.records, found.heads)
        case Format.BEANCOUNT:
            lines = iter([to_beancount(found)])
        case Format.HLEDGER:
            lines = iter([to_hledger(found)])
    text = "".join(lines)
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_files({out: text})


@app.command()
def example(
    out: Annotated[Path, typer.Argument(dir_okay=False, help="File to write. 输出文件。")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same file. 随机种子。")] = 1,
) -> None:
    """Write a made-up year (示例数据). 生成示例年度账本."""
    write_book(out, example_year(seed))
