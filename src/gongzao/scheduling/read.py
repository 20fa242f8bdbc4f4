"""Readers of problem files: the text formats .fjs and .fajsp, and the project's own JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gongzao.kernel import InvalidInput, read_text
from gongzao.kernel import Problem as Fault
from gongzao.scheduling.document import problem_from_json
from gongzao.scheduling.errors import InvalidProblem
from gongzao.scheduling.model import Job, Link, Mode, Problem, Resource, Task

FORMATS = ("fjs", "fajsp", "json")
MAX_MACHINES = 100_000
_WHOLE = re.compile(r"-?[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Instance:
    """A problem as read, with the numbers its file gives to each task.

    Parameters
    ----------
    problem
        The problem.
    numbers
        ``numbers[job][task]`` is the pair (job, task) by which the file knows the task.
    """

    problem: Problem
    numbers: tuple[tuple[tuple[int, int], ...], ...]

    @classmethod
    def of(cls, problem: Problem) -> Instance:
        """Return the instance of a file that counts as the problem does."""
        return cls(problem, tuple(tuple((j, t) for t in range(len(job.tasks))) for j, job in enumerate(problem.jobs)))

    def job(self, number: int) -> int:
        """Return the index of the job that the file knows by a number.

        Raises
        ------
        InvalidProblem
            If it knows none.
        """
        for j, row in enumerate(self.numbers):
            if row[0][0] == number:
                return j
        raise InvalidProblem("schedule.no_job", en=f"the file has no job {number}", zh=f"文件中没有订单 {number}")

    def place(self, job: int, task: int) -> tuple[int, int]:
        """Return the indices of the task that the file knows by a pair of numbers.

        Raises
        ------
        InvalidProblem
            If it knows none.
        """
        j = self.job(job)
        if (job, task) in self.numbers[j]:
            return j, self.numbers[j].index((job, task))
        raise InvalidProblem(
            "schedule.no_task", en=f"the file has no task {task} in job {job}", zh=f"文件的订单 {job} 中没有任务 {task}"
        )


def read(path: str | Path, form: str | None = None) -> Instance:
    """Read a problem file.

    Parameters
    ----------
    path
        The file, UTF-8.
    form
        ``"fjs"``, ``"fajsp"`` or ``"json"``; ``None`` goes by the ending, with .txt taken as .fjs.

    Raises
    ------
    InvalidInput
        Naming line or entry, rule and value.
    """
    path = Path(path)
    form = form or {".fajsp": "fajsp", ".json": "json"}.get(path.suffix.lower(), "fjs")
    if form not in FORMATS:
        raise InvalidInput(
            [Fault(str(path), "schedule.format", f"known formats: {', '.join(FORMATS)}", "未知格式", value=form)]
        )
    text = read_text(path)
    if form == "json":
        return Instance.of(problem_from_json(text, str(path)))
    return (read_fjs if form == "fjs" else read_fajsp)(text, str(path))


class _Row:
    """A line of whole numbers, taken from the left; faults name the line."""

    def __init__(self, source: str, number: int, text: str) -> None:
        self.source, self.number = source, number
        self.tokens = text.split()
        self.at = 0

    def fault(self, code: str, en: str, zh: str, *, value: str | None = None) -> InvalidInput:
        return InvalidInput([Fault(self.source, f"schedule.{code}", en, zh, line=self.number, value=value)])

    def take(self, what: str, low: int, high: int | None = None) -> int:
        if self.at == len(self.tokens):
            raise self.fault("line_short", f"the line ends where {what} should stand", "该行数据不全")
        token = self.tokens[self.at]
        self.at += 1
        if not _WHOLE.fullmatch(token):
            raise self.fault("not_integer", f"{what} must be a whole number", "必须是整数", value=token[:80])
        value = int(token)
        if value < low or (high is not None and value > high):
            rule = f"at least {low}" if high is None else f"{low} to {high}"
            raise self.fault("range", f"{what} must be {rule}", f"超出范围（{rule}）", value=token)
        return value

    def done(self) -> None:
        if self.at < len(self.tokens):
            raise self.fault("line_long", "numbers too many on the line", "该行数据过多", value=self.tokens[self.at])

    def modes(self, machines: int, first: int) -> tuple[Mode, ...]:
        """Take ``k`` and k pairs machine, duration; of a machine named twice the shorter counts."""
        best: dict[int, int] = {}
        for _ in range(self.take("number of alternatives", 1)):
            machine = self.take("machine", first, machines + first - 1) - first
            duration = self.take("duration", 0)
            best[machine] = min(duration, best.get(machine, duration))
        try:
            return tuple(Mode(m, d) for m, d in best.items())
        except InvalidProblem as error:
            raise InvalidInput([Fault(self.source, error.code, error.en, error.zh, line=self.number)]) from error


def _rows(text: str, source: str) -> list[_Row]:
    rows = [_Row(source, n, line.split("#")[0]) for n, line in enumerate(text.splitlines(), 1)]
    rows = [r for r in rows if r.tokens]
    if not rows:
        raise InvalidInput([Fault(source, "schedule.empty_file", "the file holds no numbers", "文件为空")])
    return rows


def _finish(jobs: list[Job], machines: int, source: str) -> Problem:
    try:
        resources = tuple(Resource(f"M{m + 1}") for m in range(machines))
        return Problem(tuple(jobs), resources, name=Path(source).stem)
    except InvalidProblem as error:
        raise InvalidInput([Fault(source, error.code, error.en, error.zh)]) from error


def _count(rows: list[_Row], need: int, source: str) -> None:
    if len(rows) != need:
        last = rows[-1].number
        text = f"{need} lines of numbers expected by the header, {len(rows)} found"
        zh = f"按首行应有 {need} 行数据，实有 {len(rows)} 行"
        raise InvalidInput([Fault(source, "schedule.lines", text, zh, line=last)])


def read_fjs(text: str, source: str = "<text>") -> Instance:
    r"""Read the .fjs format: ``jobs machines [flexibility]``, then a line per job.

    A job's line is its number of operations and for each ``k machine duration …`` with machines from 1.

    >>> read_fjs("1 2\n2  2 1 5 2 4  1 2 3").problem.jobs[0].tasks[1].modes
    (Mode(resource=1, duration=3, cost=0),)
    """
    rows = _rows(text, source)
    jobs_count, machines = rows[0].take("number of jobs", 1), rows[0].take("number of machines", 1, MAX_MACHINES)
    _count(rows, jobs_count + 1, source)
    jobs = []
    for j, row in enumerate(rows[1:], 1):
        count = row.take("number of operations", 1)
        jobs.append(Job(tuple(Task(row.modes(machines, 1), name=f"{j}-{t}") for t in range(1, count + 1)), name=str(j)))
        row.done()
    return Instance.of(_finish(jobs, machines, source))


def read_fajsp(text: str, source: str = "<text>") -> Instance:
    r"""Read the .fajsp format: ``operations precedences machines``, lines ``before after [job]``, a line per operation.

    Machines count from 0; ``#`` starts a comment. Where the lines name no job, jobs are the connected parts of the
    precedence graph, numbered by their first operations. An operation without a precedence is a job of its own,
    numbered after the others where lines name jobs.

    >>> read_fajsp("3 1 1\n1 2\n1 0 5\n1 0 6\n1 0 7").numbers
    (((0, 0),), ((1, 1), (1, 2)))
    """
    rows = _rows(text, source)
    head = rows[0]
    count, arcs, machines = (
        head.take("operations", 1),
        head.take("precedences", 0),
        head.take("machines", 1, MAX_MACHINES),
    )
    head.done()
    _count(rows, 1 + arcs + count, source)
    named = arcs > 0 and len(rows[1].tokens) > 2
    links: dict[tuple[int, int], None] = {}
    owner: dict[int, int] = {}
    for row in rows[1 : 1 + arcs]:
        before, after = row.take("operation", 0, count - 1), row.take("operation", 0, count - 1)
        links[before, after] = None
        if named:
            job = row.take("job", 0)
            for operation in (before, after):
                if owner.setdefault(operation, job) != job:
                    text = f"operation {operation} is in jobs {owner[operation]} and {job}"
                    raise row.fault("two_jobs", text, "工序属于两个订单")
        row.done()
    tasks: list[Task] = []
    for operation, row in enumerate(rows[1 + arcs :]):
        tasks.append(Task(row.modes(machines, 0), name=str(operation)))
        row.done()
    members = _named_jobs(owner, count) if named else _connected_parts(links, count)
    numbers = tuple(tuple((job, o) for o in operations) for job, operations in members.items())
    jobs = [_job(job, operations, tasks, links, source) for job, operations in members.items()]
    return Instance(_finish(jobs, machines, source), numbers)


def _named_jobs(owner: dict[int, int], count: int) -> dict[int, list[int]]:
    """Return the operations of each job as the file names them, then those of none."""
    alone = max(owner.values()) + 1
    members: dict[int, list[int]] = {job: [] for job in sorted(set(owner.values()))}
    for operation in range(count):
        job = owner.get(operation)
        if job is None:
            job, alone = alone, alone + 1
        members.setdefault(job, []).append(operation)
    return members


def _connected_parts(links: Iterable[tuple[int, int]], count: int) -> dict[int, list[int]]:
    """Return the operations of each connected part of the precedence graph."""
    near: list[list[int]] = [[] for _ in range(count)]
    for before, after in links:
        near[before].append(after)
        near[after].append(before)
    members: dict[int, list[int]] = {}
    seen: set[int] = set()
    for first in range(count):
        if first in seen:
            continue
        seen.add(first)
        part = [first]
        for operation in part:
            fresh = [o for o in dict.fromkeys(near[operation]) if o not in seen]
            seen.update(fresh)
            part += fresh
        members[len(members)] = sorted(part)
    return members


def _job(job: int, operations: list[int], tasks: list[Task], links: Iterable[tuple[int, int]], source: str) -> Job:
    place = {o: i for i, o in enumerate(operations)}
    arcs = tuple(Link(place[b], place[c]) for b, c in links if b in place)
    try:
        return Job(tuple(tasks[o] for o in operations), arcs, name=str(job))
    except InvalidProblem as error:
        raise InvalidInput([Fault(source, error.code, error.en, error.zh)]) from error
