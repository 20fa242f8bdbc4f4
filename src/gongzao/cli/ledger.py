"""``gongzao ledger``: check and export a ledger file."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gongzao.cli.output import console
from gongzao.kernel import require_writable, write_files
from gongzao.ledger import check, example_year, read_book, to_beancount, to_hledger, write_book

app = typer.Typer(no_args_is_help=True, help="Check and export a ledger file. 核对和导出账本文件。")

BookFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Ledger file (JSON Lines). 账本文件。")]
Target = Annotated[Path | None, typer.Option("--out", dir_okay=False, help="File to write. 输出文件。")]


class Format(StrEnum):
    """The programs that can read the export."""

    BEANCOUNT = "beancount"
    HLEDGER = "hledger"


@app.command("check")
def check_file(book: BookFile) -> None:
    """Go through the books line by line; status 1 if any rule is broken. 逐行核对账本."""
    found = read_book(book)
    findings = check(found)
    report = console()
    for finding in findings:
        report.print(str(finding))
    lines = len(found.records)
    report.print(f"{lines} lines, {len(findings)} findings / 共 {lines} 行，问题 {len(findings)} 项")
    if findings:
        raise typer.Exit(1)


@app.command()
def export(
    book: BookFile,
    form: Annotated[Format, typer.Option("--format", help="Program to read it. 目标程序。")] = Format.BEANCOUNT,
    out: Target = None,
) -> None:
    """Write the books as text for Beancount or hledger. 导出为 Beancount 或 hledger 文本."""
    require_writable([out] if out else [], [book])
    text = (to_beancount if form is Format.BEANCOUNT else to_hledger)(read_book(book))
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
