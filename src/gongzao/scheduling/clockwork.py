"""Working time on calendars, as kernels."""

from __future__ import annotations

from gongzao.scheduling._jit import leaf
from gongzao.scheduling.arrays import FAR, Arrays


@leaf
def interval_at(a: Arrays, cal: int, t: int) -> int:
    """Return the first interval of a calendar that ends after ``t`` (or the end of its row)."""
    slot = min(a.cal_slot_ptr[cal] + (t >> a.cal_shift[cal]), a.cal_slot_ptr[cal + 1] - 2)
    low, high = a.cal_ptr[cal] + a.cal_slot[slot], a.cal_ptr[cal] + a.cal_slot[slot + 1]
    while low < high:
        middle = (low + high) // 2
        if a.cal_end[middle] > t:
            high = middle
        else:
            low = middle + 1
    return int(low)


@leaf
def work_from(a: Arrays, cal: int, k: int, t: int, work: int) -> int:
    """Return like :func:`work_done`, given the first interval that ends after ``t``."""
    goal = a.cal_work[k] + max(t - a.cal_start[k], 0) + work
    last = a.cal_ptr[cal + 1]
    low, high, step = k, k + 1, 1
    while high < last and a.cal_work[high] < goal:
        low, high, step = high, high + step, 2 * step
    high = min(high, last)
    while high - low > 1:
        middle = (low + high) // 2
        if a.cal_work[middle] < goal:
            low = middle
        else:
            high = middle
    end = a.cal_start[low] + goal - a.cal_work[low]
    return int(end) if end <= a.cal_end[low] else FAR


@leaf
def work_done(a: Arrays, res: int, t: int, work: int) -> int:
    """Return the earliest instant by which ``work`` minutes have been worked from ``t`` on."""
    cal = a.calendar[res]
    if work == 0 or t >= FAR:
        return t
    if cal < 0:
        return t + work
    k = interval_at(a, cal, t)
    return FAR if k == a.cal_ptr[cal + 1] else work_from(a, cal, k, t, work)


@leaf
def place(a: Arrays, res: int, t: int, duration: int, resumable: int) -> tuple[int, int]:
    """Return the earliest (start, end) at or after ``t`` of ``duration`` working minutes; FAR if there is none.

    No minutes may also lie at the end of an interval.
    """
    cal = a.calendar[res]
    if cal < 0 or t >= FAR:
        return t, t + duration
    k = interval_at(a, cal, t)
    if duration == 0 and k > a.cal_ptr[cal] and a.cal_end[k - 1] == t:
        return t, t
    last = a.cal_ptr[cal + 1]
    if resumable == 0:
        while k < last and a.cal_end[k] - max(t, a.cal_start[k]) < duration:
            k += 1
    if k == last:
        return FAR, FAR
    start = max(t, a.cal_start[k])
    return start, work_from(a, cal, k, start, duration)
