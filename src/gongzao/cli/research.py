"""``gongzao research``: share the cost of one project, allocate a fund over many."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from gongzao.cli import output
from gongzao.kernel import Money
from gongzao.research import LIMITS, Measure, equal_shares, optimum, read_bids, read_pabulib, share_cost, welfare_gap

app = typer.Typer(no_args_is_help=True, help="众筹科研 · Crowd-funded research: share a cost, allocate a fund.")

AsJson = Annotated[bool, typer.Option("--json", help="输出JSON · print JSON, amounts exact")]


@app.callback()
def top() -> None:
    """众筹科研 · Crowd-funded research."""


@app.command()
def shares(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="费用与报价文件 · cost and bids (YAML)")],
    as_json: AsJson = False,
) -> None:
    """按Moulin机制分摊一个项目的费用 · Share the cost of one project; nobody above the bid."""
    asked = read_bids(file)
    found = share_cost(asked.total - asked.support, asked.bids)
    if as_json:
        plain = {
            "cost_fen": found.cost,
            "shares_fen": dict(found.shares),
            "rounds": [{"asked_fen": dict(r.asked), "left": list(r.left)} for r in found.rounds],
        }
        typer.echo(json.dumps(plain, ensure_ascii=False, indent=2))
        return
    console = output.console(wrap=True)
    table = Table(title=f"净费用 Net cost {Money(found.cost)}", title_justify="left")
    for name in ("单位 Party", "最高报价 Bid", "分摊 Share", "退出轮次 Left in round"):
        table.add_column(name, justify="left" if name.startswith("单位") else "right")
    left = {party: str(n) for n, r in enumerate(found.rounds, 1) for party in r.left}
    for bid in asked.bids:
        share = found.shares.get(bid.party)
        table.add_row(
            bid.party, str(Money(bid.amount)), "—" if share is None else str(Money(share)), left.get(bid.party, "")
        )
    console.print(table)
    if not found.shares:
        console.print("没有至少两家愿意共担的组合 · No group of at least two is willing to carry the cost")


@app.command()
def allocate(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Pabulib 文件 · Pabulib file (.pb)")],
    measure: Annotated[Measure, typer.Option(help="一票的效用 · worth of an approval")] = Measure.COST,
    complete: Annotated[bool, typer.Option(help="余额按补充规则分配 · spend the rest by the completion rule")] = True,
    as_json: AsJson = False,
) -> None:
    """按等额分摊法分配匹配资金 · Allocate a fund by the method of equal shares, with the 0/1 optimum beside it."""
    contest = read_pabulib(file, measure)
    found = equal_shares(contest, complete=complete)
    best, gap = optimum(contest), welfare_gap(contest, found.welfare)
    if as_json:
        plain = {
            "funded": [
                {
                    "project": f.candidate,
                    "cost": str(f.cost),
                    "rate": None if f.rate is None else str(f.rate),
                    "payments": {p.voter: str(p.amount) for p in f.payments},
                }
                for f in found.funded
            ],
            "rest": str(found.rest),
            "optimum": list(best),
            "welfare_gap": str(gap),
            "limits": {"zh": LIMITS[0], "en": LIMITS[1]},
        }
        typer.echo(json.dumps(plain, ensure_ascii=False, indent=2))
        return
    console = output.console(wrap=True)
    table = Table(title=f"资金 Fund {float(contest.fund):,.2f}", title_justify="left")
    for name in ("项目 Project", "金额 Cost", "每单位效用 Rate", "支付方 Payers"):
        table.add_column(name, justify="left" if name.startswith("项目") else "right")
    for f in found.funded:
        rate = "余额补充 from the rest" if f.rate is None else f"{float(f.rate):.6g}"
        table.add_row(f.candidate, f"{float(f.cost):,.2f}", rate, str(len(f.payments)) if f.payments else "—")
    console.print(table)
    console.print(f"余额 Rest: {float(found.rest):,.2f}")
    console.print(f"最优解 Optimum: {' '.join(best)}　福利差距 Welfare gap: {float(gap):.2%}")
    for text in LIMITS:
        console.print(text, style="dim")
