"""What is to be said of looks that came otherwise than planned."""

from __future__ import annotations

from collections.abc import Iterator

from icibaseline.monitoring.course import Course
from icibaseline.monitoring.scale import Straight
from icibaseline.rules import AtMonths
from icibaseline.rules.bounds import GROWTH
from icibaseline.statistics import LogRank

__all__ = ["counted", "remarks"]

_ROUNDING = 1e-9
_OFF = 0.1  # of the planned events


def counted(events: float) -> str:
    """A number of events, which may be an expected one."""
    return f"{events:.1f}".removesuffix(".0")


def remarks(course: Course, ended: bool) -> tuple[str, ...]:
    """A sentence for everything that was not as planned, in the order of the looks, and for what does not fit."""
    found = [line for k in range(len(course.looks)) for line in _remarks(course, k)]
    return (*found, *(() if ended else _to_come(course)), *_method(course))


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


def _to_come(course: Course) -> Iterator[str]:
    """Looks to come of which the plan says nothing, or nothing right any more."""
    last = len(course.looks) - 1
    seen, number = course.events[last], int(course.numbers.max())
    if course.time[last] >= 1 - _ROUNDING:
        return
    if not course.is_final(last) and course.bounds_ahead(last) is None:
        yield (
            f"no look is planned for more than the {counted(seen)} events of look {last + 1}: conditional power is not "
            "given, and what the trial may still find is open"
        )
    elif number and isinstance(course.plan.looks, AtMonths):
        planned = course.plan.events[number - 1]
        if abs(seen - planned) > _OFF * planned:
            yield (
                f"the looks wait for months, and look {last + 1} has {counted(seen)} events, {counted(planned)} being "
                "planned: later looks will have others than planned too, and conditional power, which takes the "
                "planned ones, is off"
            )


def _method(course: Course) -> Iterator[str]:
    """Where what is worked out is not quite what the design says."""
    statistic = course.design.statistic
    if isinstance(statistic, LogRank) and statistic.reference == "permutation":
        yield (
            "Z is compared with bounds for a normal statistic, not referred to permutations as the design has it: in "
            "small or very unequal arms the error may be above alpha"
        )
    if isinstance(course.scale, Straight) and course.design.ratio != 1:
        yield (
            "by Schoenfeld's formula Z is taken to be proportional to the log hazard ratio, which is off with unequal "
            'arms: at 2:1 and a hazard ratio of 0.5, 95 % intervals cover 92 %; LogRank(formula="score") does better'
        )


def _as_planned(course: Course, k: int) -> bool:
    planned = course.plan.events[-1]
    return bool(abs(course.events[k] - planned) <= _ROUNDING * planned)
