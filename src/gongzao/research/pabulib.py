"""Reader of Pabulib files (``.pb``), the exchange format of participatory budgeting."""

import csv
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

from gongzao.kernel import InvalidInput, InvalidValue, Problem
from gongzao.research.contest import Candidate, Contest, Voter, budgets

Row = tuple[int, dict[str, str]]


class Measure(StrEnum):
    """What an approval is worth to a voter: the project's cost, or 1. Files with points use the points."""

    COST = "cost"
    COUNT = "count"


def read_pabulib(path: Path, measure: Measure = Measure.COST) -> Contest:
    """Read a contest: sections META, PROJECTS and VOTES, fields separated by semicolons.

    Votes may be approvals (``approval``, ``choose-1``) or points (``scoring``, ``cumulative``). The budget of the file
    is divided equally among the voters, or in proportion to a column ``weight`` of the votes. The column is an addition
    to the format: firms and clusters do not all stand for the same part of a fund.

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
        self.problems: list[Problem] = []

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
        section, header = "", []
        try:
            text = self.path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            self.fault(None, "", "encoding", "must be UTF-8 text", "须为 UTF-8 文本")
            text = ""
        rows = csv.reader(text.splitlines(), delimiter=";")
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
        for missing in [name for name, rows_found in tables.items() if not rows_found]:
            self.fault(None, missing, "section", "the section is missing or empty", "缺少该部分或内容为空")
        return meta, tables["PROJECTS"], tables["VOTES"]

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
            if len(wants) < len(names):
                unknown = ",".join(name for name in names if name not in worth)
                self.fault(
                    line,
                    "vote",
                    "vote",
                    "names projects that do not exist, or one twice",
                    "含不存在或重复的项目",
                    unknown,
                )
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
        try:
            value = Decimal(text.strip().replace(",", "."))
            if value.is_finite() and value >= 0:
                return Fraction(value)
        except InvalidOperation:
            pass
        self.fault(line, field, "number", "must be a number, not negative", "须为非负数", text)
        return None
