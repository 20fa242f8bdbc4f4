"""示例数据: invented clusters and firms that add up to published aggregates.

Pure: a seed in, frozen values out. The invented clusters alone meet the published total and the published number of
clusters over each size; real clusters stand beside them with published figures only. A demonstration, no estimate.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from itertools import pairwise

from stdnum.cn import uscc

from gongzao.kernel import InvalidValue, Period, split

_CENT = Decimal("0.01")
_LARGEST = Decimal(1800)  # [亿元] above the published thresholds a cluster grows no larger than this
_SMALLEST = Decimal(20)  # [亿元]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the demonstration has to add up to.

    Parameters
    ----------
    clusters
        Number of clusters in the set.
    year, total
        Year of the calibration and total revenue [亿元].
    at_least
        Size [亿元] → number of clusters at least as large.
    growth_pct
        Growth of the total by period [%]: years up to ``year``, and the first half of the next.
    first_half_share
        Share of a year's revenue that falls into its first half.
    enterprises
        Number of firms, all of them in invented clusters.
    area
        Administrative code in the firms' credit codes; must not be assigned.
    industries
        GB/T 4754 class → product in Chinese and English.
    """

    clusters: int
    year: int
    total: Decimal
    at_least: dict[Decimal, int]
    growth_pct: dict[Period, Decimal]
    first_half_share: Decimal
    enterprises: int
    area: str
    industries: dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Revenue:
    """Revenue of a period [亿元] and its growth on the year before [%]."""

    period: Period
    value: Decimal
    growth_pct: Decimal | None


@dataclass(frozen=True, slots=True)
class Award:
    """A title held from one day to another."""

    title: str
    level: str
    awarded_on: date
    expires_on: date


@dataclass(frozen=True, slots=True)
class Firm:
    """An invented firm; ``revenue`` of the recipe's year [亿元]."""

    uscc: str
    name: str
    leader: bool
    revenue: Decimal
    awards: tuple[Award, ...]


@dataclass(frozen=True, slots=True)
class InventedCluster:
    """An invented cluster with its history and firms. Its firms are those above scale, so they do not make it up."""

    slug: str
    name_zh: str
    name_en: str
    county: str
    industry: str
    product_zh: str
    product_en: str
    history: tuple[Revenue, ...]
    firms: tuple[Firm, ...]

    def revenue(self, period: Period) -> Decimal:
        """Return the revenue of ``period`` [亿元]."""
        return next(item.value for item in self.history if item.period == period)


def generate(recipe: Recipe, seed: int, counties: Sequence[str]) -> tuple[InventedCluster, ...]:
    """Return the invented clusters of the set.

    Parameters
    ----------
    recipe
        The aggregates.
    seed
        The same seed and arguments give the same clusters.
    counties
        GB/T 2260 codes that invented clusters are placed in.

    Raises
    ------
    InvalidValue
        ``demo.recipe`` if the total cannot be met within the bands.
    """
    chance = random.Random(seed)  # noqa: S311 - nothing secret is drawn
    sizes = _sizes(recipe, chance)
    per_cluster = split(recipe.enterprises, [int(size.sqrt() * 100) for size in sizes])
    first = 0
    clusters = []
    for number, (size, firms) in enumerate(zip(sizes, per_cluster, strict=True), 1):
        clusters.append(_cluster(recipe, chance, number, size, chance.choice(counties), range(first, first + firms)))
        first += firms
    return tuple(clusters)


def _sizes(recipe: Recipe, chance: random.Random) -> list[Decimal]:
    """Return sizes [亿元] that fill each band and add up to the total."""
    bounds = [_SMALLEST, *sorted(recipe.at_least), _LARGEST]
    wanted = [recipe.clusters, *(recipe.at_least[bound] for bound in bounds[1:-1]), 0]
    ranges: list[tuple[Decimal, Decimal]] = []
    for band, (here, above) in zip(pairwise(bounds), pairwise(wanted), strict=True):
        ranges += [band] * (here - above)
    draws = [chance.random() for _ in ranges]
    if not sum(low for low, _ in ranges) < recipe.total < sum(high for _, high in ranges):
        raise InvalidValue(
            "demo.recipe",
            en=f"a total of {recipe.total} does not fit the sizes asked for {len(ranges)} clusters",
            zh=f"总量{recipe.total}与{len(ranges)}个集群的规模分布不相容",
        )
    exponent = _exponent(ranges, draws, float(recipe.total))
    sizes = [_between(low, high, draw**exponent) for (low, high), draw in zip(ranges, draws, strict=True)]
    return _exact(sizes, ranges, recipe.total)


def _exponent(ranges: Sequence[tuple[Decimal, Decimal]], draws: Sequence[float], rest: float) -> float:
    """Return the power of the draws at which the sizes add up to ``rest``; the sum falls as the power grows."""
    low, high = 1e-6, 1e6
    for _ in range(200):
        middle = (low * high) ** 0.5
        total = sum(float(a) + float(b - a) * d**middle for (a, b), d in zip(ranges, draws, strict=True))
        low, high = (middle, high) if total > rest else (low, middle)
    return high


def _between(low: Decimal, high: Decimal, part: float) -> Decimal:
    return min(low + _CENT + ((high - low) * Decimal(part)).quantize(_CENT, ROUND_DOWN), high - _CENT)


def _exact(sizes: list[Decimal], ranges: Sequence[tuple[Decimal, Decimal]], rest: Decimal) -> list[Decimal]:
    """Spread the rounding over the clusters so that the total is met to the cent and nobody leaves its band."""
    left = rest - sum(sizes)
    for place, (low, high) in enumerate(ranges):
        step = max(min(left, high - _CENT - sizes[place]), low + _CENT - sizes[place])
        sizes[place] += step
        left -= step
    return sizes


def _cluster(
    recipe: Recipe, chance: random.Random, number: int, size: Decimal, county: str, firms: range
) -> InventedCluster:
    industry = chance.choice(sorted(recipe.industries))
    zh, en = recipe.industries[industry]
    return InventedCluster(
        slug=f"demo-{number:03}",
        name_zh=f"示例集群{number:03}·{zh}",
        name_en=f"Demo cluster {number:03} · {en}",
        county=county,
        industry=industry,
        product_zh=zh,
        product_en=en,
        history=_history(recipe, chance, size),
        firms=_firms(recipe, chance, zh, size, firms),
    )


def _history(recipe: Recipe, chance: random.Random, size: Decimal) -> tuple[Revenue, ...]:
    """Return the years back from the calibration and the first half after it, growing about as the total did."""
    grown = {
        period: (rate + Decimal(chance.gauss(0, 2.5))).quantize(_CENT) for period, rate in recipe.growth_pct.items()
    }
    years = sorted((period for period in grown if period.months == 12), key=lambda period: period.year, reverse=True)
    history, value = [], size
    for period in years:
        history.append(Revenue(period, value, grown[period]))
        value = (value / (1 + grown[period] / 100)).quantize(_CENT)
    history.append(Revenue(years[-1].previous_year, value, None))
    for period, rate in grown.items():
        if period.months != 12:
            half = size * recipe.first_half_share * (1 + rate / 100)
            history.append(Revenue(period, half.quantize(_CENT), rate))
    return tuple(sorted(history, key=lambda item: item.period.end))


def _firms(recipe: Recipe, chance: random.Random, product: str, size: Decimal, numbers: range) -> tuple[Firm, ...]:
    """Return the firms above scale: together 60–85 % of the cluster, very unequal in size, the largest ones lead."""
    weights = sorted((chance.lognormvariate(0, 1.4) for _ in numbers), reverse=True)
    covered = size * Decimal(chance.uniform(0.6, 0.85))
    whole = sum(weights) or 1.0
    leaders = max(1, len(weights) // 100)
    firms = []
    for rank, (number, weight) in enumerate(zip(numbers, weights, strict=True)):
        firms.append(
            Firm(
                uscc=_credit_code(recipe.area, number),
                name=f"示例{number + 1:05}号{product}有限公司",
                leader=rank < leaders,
                revenue=(covered * Decimal(weight / whole)).quantize(Decimal("0.0001"), ROUND_DOWN),
                awards=_awards(chance, rank, len(weights)),
            )
        )
    return tuple(firms)


def _credit_code(area: str, number: int) -> str:
    body = f"91{area}MA{number:07}"
    return body + uscc.calc_check_digit(body)


def _awards(chance: random.Random, rank: int, firms: int) -> tuple[Award, ...]:
    """Return the titles of a firm: the larger it is within its cluster, the likelier."""
    place = rank / max(1, firms)
    odds = (
        ("specialised_sme", "provincial", 0.30 if place < 0.2 else 0.02),
        ("little_giant", "national", 0.10 if place < 0.05 else 0.0),
        ("champion_provincial", "provincial", 0.05 if place < 0.03 else 0.0),
        ("pace_setter", "provincial", 0.9 if rank < 2 else 0.0),
    )
    awards = []
    for title, level, probability in odds:
        if chance.random() < probability:
            day = date(chance.choice((2022, 2023, 2024)), chance.randint(3, 12), chance.randint(1, 28))
            awards.append(Award(title, level, day, day.replace(year=day.year + 3)))
    return tuple(awards)
