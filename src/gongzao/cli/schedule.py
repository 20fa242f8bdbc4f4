"""``gongzao schedule``: solve, check, explain, replan, draw and generate scheduling problems."""

import json
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.live import Live
from rich.text import Text

from gongzao import scheduling
from gongzao.cli.explained import print_conflict, print_explanation
from gongzao.cli.output import console
from gongzao.cli.warm import ready
from gongzao.kernel import read_text, require_writable, write_files
from gongzao.scheduling import Instance, Objective, Plan, Problem, Progress, Result, Stop

app = typer.Typer(no_args_is_help=True, help="排程 · Scheduling: orders on machines, checked and explained.")

SECONDS = 60.0
"""Time limit of a search that is given none [s]."""


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
SeedOption = Annotated[int, typer.Option(min=0, max=2**31 - 1, help="随机种子 · seed")]


@app.callback()
def top() -> None:
    """排程 · Scheduling."""


def _read_plan(instance: Instance, path: Path) -> Plan:
    return scheduling.plan_from_json(read_text(path), instance.numbers, str(path))


def _line(news: Progress) -> Text:
    value, bound = news.objective[0], news.lower_bound[0]
    gap = 0.0 if value == bound else 100.0 * (value - bound) / max(1, value)
    return Text(f"{news.seconds:7.1f} s  目标 objective {value}  下界 bound {bound}  差距 gap {gap:.2f} %")


@app.command()
def solve(
    file: FileArgument,
    output: Annotated[Path, typer.Option(help="计划写到 · where to write the plan (JSON)")],
    form: FormOption = None,
    time_limit: Annotated[
        float | None,
        typer.Option(
            help="搜索秒数，编译与读写不计；与 --iterations 都缺省时为 60 · seconds of search, compiling, reading and "
            "writing not counted; 60 if --iterations is left out too"
        ),
    ] = None,
    iterations: Annotated[
        int | None,
        typer.Option(help="移动次数；不限时间则结果可重复 · moves; with no time limit a run can be repeated"),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=1024, help="线程数 · threads")] = 2,
    seed: SeedOption = 0,
    parts: Annotated[
        int,
        typer.Option(
            min=0,
            max=1000,
            help="独立部分分别求解，每部分的种子数 · solve independent parts, runs of each; 0: whole",
        ),
    ] = 0,
    ray: Annotated[
        str, typer.Option(help="在 Ray 集群上求解各部分 · solve parts on the Ray cluster at an address (auto)")
    ] = "",
    objective: Annotated[
        str, typer.Option(help="目标，逗号分隔按先后 · measures in order, by comma; left out: the file's (makespan)")
    ] = "",
) -> None:
    """求解 · Find a schedule; Ctrl-C ends the search and keeps the best found."""
    stop = Stop(SECONDS if time_limit is None and iterations is None else time_limit, iterations)
    require_writable([output], [file])
    instance = scheduling.read(file, form)
    problem = instance.problem
    if objective:
        problem = replace(problem, objective=Objective.lexicographic(*objective.split(",")))
    ready()
    if parts or ray:
        result = _solve_parts(problem, stop, workers, seed, max(1, parts), ray)
    else:
        result = _solve(problem, stop, workers, seed)
    plan = Plan(result.schedule, result.objective, result.lower_bound)
    write_files({output: scheduling.plan_to_json(problem, plan, instance.numbers)})
    proven = "已证明最优 proven optimal" if result.optimal else f"差距 gap {100 * result.gap:.2f} %"
    values = ", ".join(map(str, result.objective))
    bounds = ", ".join(map(str, result.lower_bound))
    console().print(f"目标 objective {values} · 下界 bound {bounds} · {proven}")


def _solve(problem: Problem, stop: Stop, workers: int, seed: int) -> Result:
    err = console(stderr=True)
    with Live(Text("…"), console=err, refresh_per_second=4, transient=not err.is_terminal) as live:
        return scheduling.solve(
            problem, stop=stop, seed=seed, workers=workers, on_progress=lambda news: live.update(_line(news))
        )


def _solve_parts(problem: Problem, stop: Stop, workers: int, seed: int, seeds: int, address: str) -> Result:
    from gongzao.scheduling.parallel import OnRay, Runner, Threads

    runner: Runner = OnRay.join(address) if address else Threads(workers)
    return scheduling.solve_parts(problem, stop=stop, seed=seed, seeds=seeds, runner=runner)


@app.command()
def check(file: FileArgument, plan: PlanArgument, form: FormOption = None) -> None:
    """检查 · Check a plan, and what it states of itself, by an independent checker; status 1 if a rule is broken."""
    instance = scheduling.read(file, form)
    found = _read_plan(instance, plan)
    out = console()
    broken = scheduling.check(instance.problem, found.schedule)
    for v in broken:
        out.print(f"{v.rule}: job {v.job} task {v.task}: {v.en} / {v.zh}")
    false = () if broken else scheduling.misstated(instance.problem, found, str(plan))
    for fault in false:
        out.print(f"{fault.text('en')} / {fault.text('zh')}")
    if broken or false:
        raise typer.Exit(1)
    measures = found.schedule.measures(instance.problem)
    out.print("可行 feasible · " + " · ".join(f"{m} {v}" for m, v in measures.items()))


@app.command()
def explain(
    file: FileArgument,
    plan: Annotated[Path | None, typer.Argument(help="计划文件 · plan file; left out: why there is no plan")] = None,
    form: FormOption = None,
) -> None:
    """解释 · Say why jobs are late and which resources bind or, with no plan given, what cannot be kept together."""
    instance = scheduling.read(file, form)
    problem = instance.problem
    if plan is not None:
        print_explanation(instance, _require_feasible(problem, _read_plan(instance, plan)))
        return
    ready()
    if print_conflict(problem):
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
    if len(parts) != count or not all(p.isascii() and p.isdigit() and len(p) < 19 for p in parts):
        raise typer.BadParameter(f"{name} needs {count} whole numbers with colons between, not {text!r}")
    return [int(p) for p in parts]


def _counted(instance: Instance, text: str, name: str) -> tuple[int, int, int]:
    """Return indices of job and task, which ``text`` counts as the file does, and the instant behind them."""
    job, task, instant = _pair(text, 3, name)
    return (*instance.place(job, task), instant)


@app.command()
def replan(
    file: FileArgument,
    plan: PlanArgument,
    now: Annotated[int, typer.Option(min=0, help="现在 · present instant [min]")],
    output: Annotated[Path, typer.Option(help="新计划写到 · where to write the new plan")],
    problem_output: Annotated[Path, typer.Option(help="新问题写到 · where to write the problem as it now stands")],
    form: FormOption = None,
    breakdown: Annotated[list[str] | None, typer.Option(help="停机 RESOURCE:START:END")] = None,
    start: Annotated[
        list[str] | None, typer.Option(help="已报开工 JOB:TASK:START · reported start; unreported: as planned")
    ] = None,
    finish: Annotated[
        list[str] | None, typer.Option(help="已报或预计完工，早晚均可 JOB:TASK:END · reported or expected end")
    ] = None,
    cancel: Annotated[list[int] | None, typer.Option(help="取消订单 · JOB")] = None,
    urgent: Annotated[list[Path] | None, typer.Option(help="急单 · order file (JSON, gongzao.order)")] = None,
    seed: SeedOption = 0,
) -> None:
    """重排 · Replan after events; what has happened stays and little else moves.

    Jobs and tasks are numbered as in the problem's file and the plan. A task has started if it is reported, or if the
    plan starts it before now and nothing known stands in its way. Reports that contradict each other are refused.
    """
    require_writable([problem_output, output], [file, plan, *(urgent or [])])
    instance = scheduling.read(file, form)
    schedule = _require_feasible(instance.problem, _read_plan(instance, plan))
    events: list[Any] = [scheduling.Breakdown(*_pair(t, 3, "--breakdown")) for t in breakdown or []]
    events += [scheduling.Start(*_counted(instance, t, "--start")) for t in start or []]
    events += [scheduling.Finish(*_counted(instance, t, "--finish")) for t in finish or []]
    events += [scheduling.Cancel(instance.job(j)) for j in cancel or []]
    events += [scheduling.Urgent(scheduling.order_from_json(read_text(p), str(p))) for p in urgent or []]
    ready()
    new = scheduling.replan(instance.problem, schedule, now, events, seed=seed)
    numbers = Instance.of(new.problem).numbers
    zero = tuple(0 for _ in new.objective)
    text = scheduling.plan_to_json(new.problem, Plan(new.schedule, new.objective, zero), numbers)
    write_files({problem_output: scheduling.problem_to_json(new.problem), output: text})
    console().print(f"目标 objective {', '.join(map(str, new.objective))} · 移动 moved {new.moved}")


@app.command()
def gantt(plan: PlanArgument, output: Annotated[Path, typer.Option(help="图写到 · .html, .svg or .png")]) -> None:
    """甘特图 · Draw a plan."""
    from gongzao.scheduling.gantt import chart_from_json, lacks_font, require_kind, write

    require_kind(output)
    require_writable([output], [plan])
    chart = chart_from_json(read_text(plan), str(plan))
    if lacks_font(output):
        console(stderr=True).print(
            "没有安装中文字体，图中的汉字会显示为方框；请安装 Noto Sans CJK 等字体，或输出 .svg · "
            "no font with Chinese characters is installed, so they come out as boxes; install one such as "
            "Noto Sans CJK, or write .svg"
        )
    write(chart, output)


@app.command()
def generate(
    firms: Annotated[int, typer.Option(min=1, help="企业数 · firms")],
    orders: Annotated[int, typer.Option(min=1, help="订单数 · orders")],
    output: Annotated[Path, typer.Option(help="问题写到 · where to write the problem (JSON)")],
    seed: SeedOption = 0,
) -> None:
    """生成示例数据 · Make a synthetic cluster: shifts, holidays, setups, transport, due dates, pools."""
    from gongzao.scheduling.generate import Recipe
    from gongzao.scheduling.generate import generate as make

    require_writable([output])
    problem = make(Recipe(firms, orders), seed)
    write_files({output: scheduling.problem_to_json(problem)})
    size = {"jobs": len(problem.jobs), "tasks": problem.size, "resources": len(problem.resources)}
    console().print(f"示例数据 {json.dumps(size)}")
