"""``gongzao schedule``: solve, check, explain, replan, draw and generate scheduling problems."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gongzao import scheduling
from gongzao.kernel import InvalidInput
from gongzao.kernel import Problem as Fault
from gongzao.scheduling import Instance, Objective, Plan, Problem, Progress, Result, Stop

app = typer.Typer(no_args_is_help=True, help="排程 · Scheduling: orders on machines, checked and explained.")


class Form(StrEnum):
    """Formats of problem files."""

    fjs = "fjs"
    fajsp = "fajsp"
    json = "json"


FileArgument = Annotated[Path, typer.Argument(help="问题文件 · problem file (.fjs, .fajsp or .json)")]
PlanArgument = Annotated[Path, typer.Argument(help="计划文件 · plan file that `solve` wrote")]
FormOption = Annotated[
    Form | None, typer.Option("--format", help="格式，缺省按扩展名 · format; by the ending if left out")
]


@app.callback()
def top() -> None:
    """排程 · Scheduling."""


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fault = Fault(str(path), "schedule.unreadable", f"cannot be read: {error}", "文件无法读取")
        raise InvalidInput([fault]) from error


def _read_plan(instance: Instance, path: Path) -> Plan:
    return scheduling.plan_from_json(_text(path), instance.numbers, str(path))


def _write(path: Path, text: str) -> None:
    """Write the whole text or nothing."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _line(news: Progress) -> Text:
    value, bound = news.objective[0], news.lower_bound[0]
    gap = 0.0 if value == bound else 100.0 * (value - bound) / max(1, value)
    return Text(f"{news.seconds:7.1f} s  目标 objective {value}  下界 bound {bound}  差距 gap {gap:.2f} %")


def _with_objective(problem: Problem, names: str) -> Problem:
    from dataclasses import replace

    return replace(problem, objective=Objective.lexicographic(*names.split(",")))


@app.command()
def solve(
    file: FileArgument,
    output: Annotated[Path, typer.Option(help="计划写到 · where to write the plan (JSON)")],
    form: FormOption = None,
    time_limit: Annotated[float, typer.Option(min=0.0, help="秒 · seconds")] = 60.0,
    workers: Annotated[int, typer.Option(min=1, help="线程数 · threads")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="随机种子 · seed")] = 0,
    parts: Annotated[
        int,
        typer.Option(min=0, help="独立部分分别求解，每部分的种子数 · solve independent parts, runs of each; 0: whole"),
    ] = 0,
    ray: Annotated[
        str, typer.Option(help="在 Ray 集群上求解各部分 · solve parts on the Ray cluster at an address (auto)")
    ] = "",
    objective: Annotated[
        str, typer.Option(help="目标，逗号分隔按先后 · measures in order, by comma; left out: the file's (makespan)")
    ] = "",
) -> None:
    """求解 · Find a schedule; Ctrl-C ends the search and keeps the best found."""
    instance = scheduling.read(file, form)
    problem = _with_objective(instance.problem, objective) if objective else instance.problem
    stop = Stop(seconds=time_limit)
    if parts or ray:
        result = _solve_parts(problem, stop, workers, seed, max(1, parts), ray)
    else:
        result = _solve(problem, stop, workers, seed)
    plan = Plan(result.schedule, result.objective, result.lower_bound)
    _write(output, scheduling.plan_to_json(problem, plan, instance.numbers))
    proven = "已证明最优 proven optimal" if result.optimal else f"差距 gap {100 * result.gap:.2f} %"
    values = ", ".join(map(str, result.objective))
    bounds = ", ".join(map(str, result.lower_bound))
    Console(soft_wrap=True).print(f"目标 objective {values} · 下界 bound {bounds} · {proven}", highlight=False)


def _solve(problem: Problem, stop: Stop, workers: int, seed: int) -> Result:
    console = Console(stderr=True)
    with Live(Text("…"), console=console, refresh_per_second=4, transient=not console.is_terminal) as live:
        return scheduling.solve(
            problem, stop=stop, seed=seed, workers=workers, on_progress=lambda news: live.update(_line(news))
        )


def _solve_parts(problem: Problem, stop: Stop, workers: int, seed: int, seeds: int, address: str) -> Result:
    from gongzao.scheduling.parallel import OnRay, Runner, Threads

    runner: Runner = OnRay.join(address) if address else Threads(workers)
    return scheduling.solve_parts(problem, stop=stop, seed=seed, seeds=seeds, runner=runner)


@app.command()
def check(file: FileArgument, plan: PlanArgument, form: FormOption = None) -> None:
    """检查 · Check a plan against its problem by an independent checker; status 1 if a rule is broken."""
    instance = scheduling.read(file, form)
    found = _read_plan(instance, plan)
    console = Console(soft_wrap=True)
    broken = scheduling.check(instance.problem, found.schedule)
    for v in broken:
        console.print(f"{v.rule}: job {v.job} task {v.task}: {v.en} / {v.zh}", markup=False, highlight=False)
    if broken:
        raise typer.Exit(1)
    measures = found.schedule.measures(instance.problem)
    stated = found.objective
    values = " · ".join(f"{m} {v}" for m, v in measures.items())
    if len(stated) == 1 and stated[0] not in measures.values() and stated != found.schedule.value(instance.problem):
        console.print(f"objective stated as {stated[0]}, but the plan has {values} / 目标值与计划不符", highlight=False)
        raise typer.Exit(1)
    console.print(f"可行 feasible · {values}", highlight=False)


@app.command()
def explain(
    file: FileArgument,
    plan: Annotated[Path | None, typer.Argument(help="计划文件 · plan file; left out: why there is no plan")] = None,
    form: FormOption = None,
) -> None:
    """解释 · Say why jobs are late and which resources bind or, with no plan given, what cannot be kept together."""
    instance = scheduling.read(file, form)
    problem = instance.problem
    if plan is None:
        _explain_conflict(problem)
        return
    schedule = _require_feasible(problem, _read_plan(instance, plan))
    told = scheduling.explain(problem, schedule)
    console = Console()
    for late in told.late[:20]:
        console.print(
            f"订单 job {problem.jobs[late.job].name or late.job}: 晚 late {late.minutes} min", highlight=False
        )
        for step in late.chain:
            x = step.task
            closed = f" + 停工 closed {step.closed} min" if step.closed else ""
            where = problem.resources[x.resource].name or x.resource
            console.print(f"  {x.job}-{x.task} @ {where} {x.start}–{x.end} ← {step.reason}{closed}", highlight=False)
    table = Table("资源 resource", "占用 used", "空闲 idle [min]", "卡住 holds")
    names = [r.name or str(i) for i, r in enumerate(problem.resources)]
    for r in told.bottlenecks[:20] or range(min(20, len(names))):
        use = told.use[r]
        table.add_row(names[r], f"{100 * use.share:.1f} %", str(use.idle), str(use.holds))
    console.print(table)


def _explain_conflict(problem: Problem) -> None:
    """Print what cannot be kept together and end with status 1, or say that nothing was found."""
    console = Console(soft_wrap=True)
    found = scheduling.conflict(problem)
    if found is None:
        console.print("没有发现冲突 no conflict found")
        return
    least = "，缺一即可行 (without any one of them there is a plan)" if found.irreducible else ""
    console.print(f"不能同时满足 these cannot be kept together{least}:", highlight=False)
    for zh, en in zip(found.zh, found.en, strict=True):
        console.print(f"  {zh} · {en}", markup=False, highlight=False)
    raise typer.Exit(1)


def _require_feasible(problem: Problem, plan: Plan) -> scheduling.Schedule:
    broken = scheduling.check(problem, plan.schedule)
    if broken:
        raise scheduling.InvalidProblem(
            f"schedule.{broken[0].rule}",
            en=f"the plan is not feasible: job {broken[0].job} task {broken[0].task}: {broken[0].en}",
            zh=f"计划不可行：{broken[0].zh}",
        )
    return plan.schedule


def _pair(text: str, count: int, name: str) -> list[int]:
    parts = text.split(":")
    if len(parts) != count or not all(p.isdigit() for p in parts):
        raise typer.BadParameter(f"{name} needs {count} whole numbers with colons between, not {text!r}")
    return [int(p) for p in parts]


@app.command()
def replan(
    file: FileArgument,
    plan: PlanArgument,
    now: Annotated[int, typer.Option(min=0, help="现在 · present instant [min]")],
    output: Annotated[Path, typer.Option(help="新计划写到 · where to write the new plan")],
    problem_output: Annotated[Path, typer.Option(help="新问题写到 · where to write the problem as it now stands")],
    form: FormOption = None,
    breakdown: Annotated[list[str] | None, typer.Option(help="停机 RESOURCE:START:END")] = None,
    finish: Annotated[list[str] | None, typer.Option(help="提前或推迟完工 JOB:TASK:END")] = None,
    cancel: Annotated[list[int] | None, typer.Option(help="取消订单 · JOB")] = None,
    urgent: Annotated[list[Path] | None, typer.Option(help="急单 · order file (JSON, gongzao.order)")] = None,
    seed: Annotated[int, typer.Option(min=0, help="随机种子 · seed")] = 0,
) -> None:
    """重排 · Replan after events; what has started is frozen and little else moves."""
    instance = scheduling.read(file, form)
    schedule = _require_feasible(instance.problem, _read_plan(instance, plan))
    events: list[Any] = [scheduling.Breakdown(*_pair(t, 3, "--breakdown")) for t in breakdown or []]
    events += [scheduling.Finish(*_pair(t, 3, "--finish")) for t in finish or []]
    events += [scheduling.Cancel(j) for j in cancel or []]
    events += [scheduling.Urgent(scheduling.order_from_json(_text(p), str(p))) for p in urgent or []]
    new = scheduling.replan(instance.problem, schedule, now, events, seed=seed)
    numbers = Instance.of(new.problem).numbers
    zero = tuple(0 for _ in new.objective)
    _write(problem_output, scheduling.problem_to_json(new.problem))
    _write(output, scheduling.plan_to_json(new.problem, Plan(new.schedule, new.objective, zero), numbers))
    text = f"目标 objective {', '.join(map(str, new.objective))} · 移动 moved {new.moved}"
    Console(soft_wrap=True).print(text, highlight=False)


@app.command()
def gantt(plan: PlanArgument, output: Annotated[Path, typer.Option(help="图写到 · .html, .svg or .png")]) -> None:
    """甘特图 · Draw a plan."""
    from gongzao.scheduling.gantt import chart_from_json, write

    write(chart_from_json(_text(plan), str(plan)), output)


@app.command()
def generate(
    firms: Annotated[int, typer.Option(min=1, help="企业数 · firms")],
    orders: Annotated[int, typer.Option(min=1, help="订单数 · orders")],
    output: Annotated[Path, typer.Option(help="问题写到 · where to write the problem (JSON)")],
    seed: Annotated[int, typer.Option(min=0, help="随机种子 · seed")] = 0,
) -> None:
    """生成示例数据 · Make a synthetic cluster: shifts, holidays, setups, transport, due dates, pools."""
    from gongzao.scheduling.generate import Recipe
    from gongzao.scheduling.generate import generate as make

    problem = make(Recipe(firms, orders), seed)
    _write(output, scheduling.problem_to_json(problem))
    size = {"jobs": len(problem.jobs), "tasks": problem.size, "resources": len(problem.resources)}
    Console(soft_wrap=True).print(f"示例数据 {json.dumps(size)}", highlight=False)
