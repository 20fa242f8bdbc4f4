"""The axis of a calendar in the exact model: minutes worked there, and what the clock shows at each of them."""

from __future__ import annotations

import numpy as np
from ortools.sat.python import cp_model

from gongzao.scheduling.arrays import Arrays
from gongzao.scheduling.frames import worked

OPENING, CLOSING = (0, 0), (1, 1)
EITHER = (0, 1)


def closed(
    model: cp_model.CpModel,
    a: Arrays,
    cal: int,
    at: cp_model.LinearExpr,
    frame: tuple[int, int],
    side: tuple[int, int],
) -> cp_model.LinearExpr:
    """Return the minutes a calendar is closed before the worked minute ``at``, which lies in ``frame`` [min].

    At the minute at which a break comes the break is over for a start (``OPENING``), yet to come for an end
    (``CLOSING``), and what lasts no time may lie before or after it (``EITHER``).
    """
    over, ahead = side
    rows = range(int(a.cal_ptr[cal]), int(a.cal_ptr[cal + 1]))
    before = a.cal_work[rows.start : rows.stop]
    ends = [worked(a, cal, frame[0]) - ahead, worked(a, cal, frame[1]) - over]
    first, last = (max(0, k - 1) for k in np.searchsorted(before, ends, side="right").tolist())
    total = cp_model.LinearExpr.constant(int(a.cal_start[rows[first]] - a.cal_work[rows[first]]))
    for k in rows[first + 1 : last + 1]:
        past, comes = model.new_bool_var(""), int(a.cal_work[k])
        model.add(at >= comes + over).only_enforce_if(past)
        model.add(at < comes + ahead).only_enforce_if(past.negated())
        total = total + int(a.cal_start[k] - a.cal_end[k - 1]) * past
    return total


def keep_unbroken(
    model: cp_model.CpModel,
    a: Arrays,
    cal: int,
    begin: cp_model.LinearExpr,
    length: int,
    frame: tuple[int, int],
    used: cp_model.IntVar,
) -> None:
    """Keep a task of ``length`` [min] within one interval of a calendar, if it is ``used``."""
    rows = slice(int(a.cal_ptr[cal]), int(a.cal_ptr[cal + 1]))
    first, last = np.searchsorted(a.cal_end[rows], frame).tolist()
    fits = [
        [w, w + e - s - length]
        for s, e, w in zip(
            a.cal_start[rows][first : last + 1].tolist(),
            a.cal_end[rows][first : last + 1].tolist(),
            a.cal_work[rows][first : last + 1].tolist(),
            strict=True,
        )
        if e - s >= length
    ]
    model.add_linear_expression_in_domain(begin, cp_model.Domain.from_intervals(fits)).only_enforce_if(used)
