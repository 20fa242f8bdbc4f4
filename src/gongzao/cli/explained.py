"""Explanations of plans and conflicts, as the terminal shows them."""

from rich.table import Table

from gongzao import scheduling
from gongzao.cli.output import console
from gongzao.scheduling import Instance, Problem, Schedule

MOST = 20
"""Late orders and resources that are listed."""
REASONS = {
    "release": "可开工时间 release",
    "material": "等物料 material",
    "precedence": "等前序 predecessor",
    "transport": "等运输 transport",
    "resource": "设备占用 machine busy",
    "frozen": "已冻结 frozen",
    "nothing": "无需等待 nothing",
}
LOST = {
    "setup": "换型 setup",
    "closed": "停工 closed",
    "short": "班次余时不足 shift too short",
    "idle": "空闲 idle",
}


def print_explanation(instance: Instance, schedule: Schedule) -> None:
    """Print what late jobs wait for and how resources spend their time; tasks are numbered as in the problem's file."""
    problem = instance.problem
    told = scheduling.explain(problem, schedule)
    out = console()
    for late in told.late[:MOST]:
        out.print(f"订单 job {problem.jobs[late.job].name or late.job}: 晚 late {late.minutes} min")
        for step in late.chain:
            x = step.task
            job, task = instance.numbers[x.job][x.task]
            where = problem.resources[x.resource].name or x.resource
            why = [f"{text} {minutes} min" for key, text in LOST.items() if (minutes := getattr(step, key))]
            why = why if step.setup else [REASONS[step.reason], *why]
            out.print(f"  {job}-{task} @ {where} {x.start}–{x.end} ← {' + '.join(why)}")
    table = Table(title="分钟 minutes", title_justify="left")
    table.add_column("资源 resource", overflow="fold")
    for text in ("占用 used", "换型 setup", "空闲 idle", "停工 closed", "卡住 holds"):
        table.add_column(text, justify="right", no_wrap=True)
    names = [r.name or str(i) for i, r in enumerate(problem.resources)]
    for r in told.bottlenecks[:MOST] or range(min(MOST, len(names))):
        use = told.use[r]
        table.add_row(names[r], f"{100 * use.share:.1f} %", *map(str, (use.setup, use.idle, use.closed, use.holds)))
    console(wrap=True).print(table)


def print_conflict(problem: Problem) -> bool:
    """Print what cannot be kept together and return whether anything was found."""
    out = console()
    found = scheduling.conflict(problem)
    if found is None:
        out.print("没有发现冲突 no conflict found")
        return False
    least = "，缺一即可行 (without any one of them there is a plan)" if found.irreducible else ""
    out.print(f"不能同时满足 these cannot be kept together{least}:")
    for zh, en in zip(found.zh, found.en, strict=True):
        out.print(f"  {zh} · {en}")
    return True
