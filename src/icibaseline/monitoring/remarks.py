"""What is to be said of looks that came otherwise than planned."""

from __future__ import annotations

from collections.abc import Iterator

from icibaseline.monitoring.course import Course
from icibaseline.rules.bounds import GROWTH

__all__ = ["counted", "remarks"]

_ROUNDING = 1e-9


def counted(events: float) -> str:
    """A number of events, which may be an expected one."""
    return f"{events:.1f}".removesuffix(".0")


def remarks(course: Course) -> tuple[str, ...]:
    """A sentence for everything that was not as planned, in the order of the looks."""
    return tuple(line for k in range(len(course.looks)) for line in _remarks(course, k))


def _remarks(course: Course, k: int) -> Iterator[str]:
    yield from _skipped(course, k)
    if course.numbers[k] == 0:
        yield (
            f"look {k + 1} was not planned: it spends what the boundary gives it at its time, and alpha is kept if it "
            "was not taken because of what had been seen"
        )
    if k and not course.is_final(k) and course.events[k - 1] >= (1 - GROWTH) * course.events[k]:
        yield f"look {k + 1} has next to no new events: it tests nothing, and what it would have spent waits"
    yield from _final(course, k) if course.is_final(k) else _going_on(course, k)


def _skipped(course: Course, k: int) -> Iterator[str]:
    before = course.numbers[:k].max(initial=0)
    missing = [str(number) for number in range(before + 1, course.numbers[k])]
    if missing:
        one = f"planned look {missing[0]} was not taken: what it would have spent goes to the next one"
        all_of = (
            f"planned looks {' and '.join(missing)} were not taken: what they would have spent goes to the next one"
        )
        yield one if len(missing) == 1 else all_of


def _final(course: Course, k: int) -> Iterator[str]:
    """The end with fewer or more events than planned, or after fewer looks."""
    planned, left = counted(course.plan.events[-1]), "it spends all that is left"
    if not _as_planned(course, k):
        yield f"look {k + 1} ends the trial with {counted(course.events[k])} events, {planned} being planned: {left}"
    elif course.numbers[k] != len(course.plan.events):
        yield f"look {k + 1} has all of the {planned} planned events and ends the trial: {left}"


def _going_on(course: Course, k: int) -> Iterator[str]:
    """An interim look by which all of the planned information, or all of the errors' time, has gone by."""
    seen, planned = counted(course.events[k]), counted(course.plan.events[-1])
    over = f"look {k + 1} has {seen} events, {planned} being planned for the end"
    beyond = _as_planned(course, k) or course.events[k] > course.plan.events[-1]
    if course.time[k] >= 1 - _ROUNDING:
        late = over if beyond else f"look {k + 1} is beyond the planned end"
        yield f"{late}, and the trial goes on: all of alpha is spent there, and no later look can reject"
    elif beyond:
        yield f"{over}; it spends what its time of {course.time[k]:.3f} gives, and the trial goes on"


def _as_planned(course: Course, k: int) -> bool:
    planned = course.plan.events[-1]
    return bool(abs(course.events[k] - planned) <= _ROUNDING * planned)
