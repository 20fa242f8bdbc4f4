"""Reader of Pabulib files (``.pb``), the exchange format of participatory budgeting."""

import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any

from gongzao.kernel import InvalidInput, InvalidValue, Problem, Problems, parse_number
from gongzao.kernel.numbers import plain
from gongzao.kernel.text import read_text
from gongzao.research.contest import Candidate, Contest, Voter, budgets

MAX_BYTES = 64 * 1024 * 1024
"""Largest file [B]."""

# Both are written in such files: 12,5 by cities that write a decimal comma, 1,234,567 by those that group digits.
_DECIMAL_COMMA = re.compile(r"\d+,\d+", re.ASCII)
_EITHER = re.compile(r"[1-9]\d{0,2},\d{3}", re.ASCII)

Row = tuple[int, dict[str, str]]


class Measure(StrEnum):
    """What an approval is worth to a voter: the project's cost, or 1. Files with points use the points."""

    COST = "cost"
    COUNT = "count"


def read_pabulib(path: Path, measure: Measure = Measure.COST) -> Contest:
    """Read a contest: sections META, PROJECTS and VOTES, fields separated by semicolons.

    Votes may be approvals (``approval``, ``choose-1``) or points (``scoring``, ``cumulative``). The budget of the file
    is divided equally among the voters, or in proportion to a column ``weight`` of the votes. The column is an addition
    to the format: firms and clusters do not all stand for the same part of a fund. A project that one voter approves
    twice counts once, as pabutools has it.

    Raises
    ------
    InvalidInput
        With every fault: file, line, field, rule, value.

    References
    ----------
    P. Faliszewski et al., Participatory budgeting: data, tools and analysis, IJCAI 2023,
    doi:10.24963/ijcai.2023/297.
    """
    return _Reader(path, measure).read()


class _Reader:
    def __init__(self, path: Path, measure: Measure) -> None:
        self.path = path
        self.measure = measure
        self.problems = Problems()

    def fault(self, line: int | None, field: str, code: str, en: str, zh: str, value: str | None = None) -> None:
        self.problems.append(Problem(str(self.path), f"pabulib.{code}", en, zh, line, field, value))

    def read(self) -> Contest:
        meta, projects, votes = self.sections()
        costs = self.projects(projects)
        voters = self.voters(votes, costs, meta.get("vote_type", (0, ""))[1])
        fund = self.amount(meta.get("budget", (None, ""))[0], "budget", meta.get("budget", (None, ""))[1])
        if not self.problems and fund is not None:
            try:
                parts = budgets(fund, [weight for _, weight, _ in voters])
                return Contest(
                    tuple(Candidate(name, cost) for name, cost in costs.items()),
                    tuple(Voter(name, part, wants) for (name, _, wants), part in zip(voters, parts, strict=True)),
                )
            except InvalidValue as error:
                self.problems.append(Problem(str(self.path), error.code, error.en, error.zh))
        raise InvalidInput(self.problems)

    def sections(self) -> tuple[dict[str, tuple[int, str]], list[Row], list[Row]]:
        meta: dict[str, tuple[int, str]] = {}
        tables: dict[str, list[Row]] = {"PROJECTS": [], "VOTES": []}
        try:
            text = read_text(self.path, most=MAX_BYTES, gb18030=False)
        except InvalidInput as error:
            self.problems += error.problems
            text = ""
        rows = csv.reader(text.splitlines(), delimiter=";")
        try:
            self.divide(rows, meta, tables)
        except csv.Error as error:
            self.fault(rows.line_num, "", "row", f"broken CSV: {error}", f"CSV格式有误：{error}")
        for missing in [name for name, rows_found in tables.items() if not rows_found]:
            self.fault(None, missing, "section", "the section is missing or empty", "缺少该部分或内容为空")
        return meta, tables["PROJECTS"], tables["VOTES"]

    def divide(self, rows: Any, meta: dict[str, tuple[int, str]], tables: dict[str, list[Row]]) -> None:
        """Put each row where it belongs."""
        section, header = "", []
        for row in rows:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if cells[0].upper() in ("META", *tables):
                section = cells[0].upper()
                header = [cell.strip() for cell in next(rows, [])]
            elif section == "META" and len(cells) > 1:
                meta[cells[0]] = rows.line_num, cells[1]
            elif section in tables and len(cells) == len(header):
                tables[section].append((rows.line_num, dict(zip(header, cells, strict=True))))
            else:
                self.fault(
                    rows.line_num,
                    section,
                    "row",
                    f"expected {len(header)} fields of a section",
                    f"应为所属部分的{len(header)}个字段",
                    ";".join(row)[:60],
                )

    def projects(self, rows: Sequence[Row]) -> dict[str, Fraction]:
        costs: dict[str, Fraction] = {}
        for line, row in rows:
            name = row.get("project_id", "")
            cost = self.amount(line, "cost", row.get("cost", ""))
            if not name or name in costs:
                self.fault(line, "project_id", "id", "missing or used twice", "缺少或重复", name)
            elif cost is not None and cost <= 0:
                self.fault(line, "cost", "cost", "must be above 0", "须大于0", row["cost"])
            elif cost is not None:
                costs[name] = cost
        return costs

    def voters(
        self, rows: Sequence[Row], costs: Mapping[str, Fraction], vote_type: str
    ) -> list[tuple[str, Fraction, dict[str, Fraction]]]:
        points = vote_type in ("scoring", "cumulative")
        if not points and vote_type not in ("approval", "choose-1"):
            self.fault(
                None,
                "vote_type",
                "vote_type",
                "must be approval, choose-1, scoring or cumulative",
                "不支持的投票类型",
                vote_type,
            )
            return []
        # One object for each worth, shared by all voters: files have hundreds of thousands of approvals.
        one = Fraction(1)
        worth = costs if self.measure is Measure.COST else dict.fromkeys(costs, one)
        found = []
        for line, row in rows:
            names = [name.strip() for name in row.get("vote", "").split(",") if name.strip()]
            wants = {name: worth[name] for name in names if name in worth}
            if unknown := [name for name in names if name not in worth]:
                self.fault(line, "vote", "vote", "names projects that do not exist", "含不存在的项目", _some(unknown))
                continue
            # Approved twice is approved; but which of two scores is meant cannot be told.
            if points and len(wants) < len(names):
                twice = [name for name, count in Counter(names).items() if count > 1]
                self.fault(line, "vote", "twice", "scores a project twice", "同一项目打分两次", _some(twice))
                continue
            if points:
                scored = self.scores(line, row.get("points", ""), names)
                if scored is None:
                    continue
                wants = scored
            weight = self.amount(line, "weight", row["weight"]) if "weight" in row else one
            found.append((row.get("voter_id", ""), weight or Fraction(0), wants))
        return found

    def scores(self, line: int, text: str, names: Sequence[str]) -> dict[str, Fraction] | None:
        given = [self.amount(line, "points", number) for number in text.split(",") if number.strip()]
        if len(given) != len(names):
            self.fault(line, "points", "points", "as many points as projects are needed", "分数与项目个数不符", text)
            return None
        return {name: value for name, value in zip(names, given, strict=True) if value}

    def amount(self, line: int | None, field: str, text: str) -> Fraction | None:
        bare = plain(text)
        if _EITHER.fullmatch(bare):
            en = "a thousand or a decimal comma? write 1000 or 1.000"
            self.fault(line, field, "number", en, "逗号是千分位还是小数点？请写 1000 或 1.000", text)
            return None
        try:
            value = parse_number(bare.replace(",", ".") if _DECIMAL_COMMA.fullmatch(bare) else bare, places=40)
        except InvalidValue:
            value = None
        if value is None or value < 0:
            self.fault(line, field, "number", "must be a number, not negative", "须为非负数", text[:60])
            return None
        return Fraction(value)


def _some(names: Sequence[str]) -> str:
    return ",".join(names)[:60]
