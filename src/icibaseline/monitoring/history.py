"""The history of a trial that is monitored, and everything that follows from it."""

from __future__ import annotations

from functools import cached_property
from typing import Any, final

import attrs
import numpy as np
from scipy.special import ndtr

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, Value, value
from icibaseline.designs import Design, Plan, Randomized
from icibaseline.distributions import NormalMixture
from icibaseline.errors import reject
from icibaseline.monitoring.checks import (
    check_months,
    check_null,
    check_order,
    law_or_none,
    looks_of,
    planned,
    reject_after,
)
from icibaseline.monitoring.course import CONTINUE, CONTROL, OVERRULED, REJECT, Course
from icibaseline.monitoring.inference import Ahead, Stop, posterior, repeated_interval
from icibaseline.monitoring.look import Look
from icibaseline.monitoring.remarks import remarks
from icibaseline.rules import Bounds
from icibaseline.statistics import LogRank

__all__ = ["Monitoring"]

_NAN = float("nan")
_COLUMNS = (
    "numbers",
    "months",
    "events",
    "information_fractions",
    "spending_times",
    "z",
    "efficacy_bounds",
    "futility_bounds",
    "p_values",
    "nominal_p",
    "hazard_ratios",
    "conditional_power",
    "conditional_power_trend",
    "decisions",
)


@final
@value
class Monitoring(Value):
    r"""What `monitor` returns: the looks of a trial, and what follows from them.

    Parameters
    ----------
    plan : Plan or Design
        A plan, or a design with its frozen plan.
    looks : sequence of Look
        What was seen, in order.
    prior : NormalMixture, optional
        A law of the hazard ratio, on the log scale.

    Raises
    ------
    InvalidInput
        If the design is not planned, or the looks do not fit it or one another.

    Notes
    -----
    Tuples have one number for each look; NaN stands where there is none. The methods are those of `monitor`.

    Examples
    --------
    >>> import icibaseline as ici
    >>> truth = ici.Scenario(control=ici.Exponential(median=4.7), effect=ici.HazardRatio(0.6),
    ...                      enrollment=ici.Enrollment(duration=24))
    >>> design = ici.Randomized(n=134, looks=ici.AtEvents((60, 120)), boundary=ici.Spending(0.025))
    >>> history = ici.Monitoring(design.plan_for(truth), looks=[ici.Look(64, z=1.4), ici.Look(118, z=2.3)])
    >>> history.decisions
    ('continue', 'reject')
    """

    plan: Plan | Design = attrs.field(converter=as_field(planned))
    looks: tuple[Look, ...] = attrs.field(kw_only=True, converter=as_field(looks_of))
    prior: NormalMixture | None = attrs.field(default=None, kw_only=True, converter=as_field(law_or_none))

    def __attrs_post_init__(self) -> None:
        course = self._course
        check_order(self.looks)
        check_null(self.looks, self.null)
        if course.rule.boundary.time.by_month:
            check_months(self.looks)
        for k in range(len(self.looks) - 1):
            if course.is_final(k):
                reject_after(k, course.why_final(k))
            if self.decisions[k] in (REJECT, CONTROL):
                reject_after(k, f"where the decision was to {self.decisions[k]}")
            if course.binding and self.decisions[k] == OVERRULED:
                reject_after(k, "where futility, which is binding, ended the trial")

    @property
    def design(self) -> Randomized:
        """The design that is monitored."""
        return self.plan.design if isinstance(self.plan, Plan) else self.plan  # type: ignore[return-value]

    @cached_property
    def _course(self) -> Course:
        return Course(self.design, self.looks)

    @property
    def null(self) -> float:
        """The hazard ratio that is tested."""
        statistic = self.design.statistic
        return statistic.null if isinstance(statistic, LogRank) else 1.0

    @property
    def level(self) -> float:
        """Confidence level of the intervals: 1 less twice the one-sided alpha."""
        return 1 - 2 * self.design.alpha

    @property
    def planned_looks(self) -> int:
        """How many looks are planned."""
        return len(self._course.plan.events)

    @property
    def planned_events(self) -> float:
        """Events that are planned for the end."""
        return self._course.plan.events[-1]

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind what is worked out."""
        bayes = () if self.prior is None else ("spiegelhalter1986",)
        return ("fairbanks1982", "jennison1989", "lan1988", "tsiatis1984", *bayes)

    # ---- what was seen ---------------------------------------------------------------------------------

    @property
    def events(self) -> tuple[float, ...]:
        """Events at each look."""
        return tuple(look.events for look in self.looks)

    @property
    def months(self) -> tuple[float | None, ...]:
        """Calendar month of each look; None where it is not known."""
        return tuple(look.month for look in self.looks)

    @property
    def numbers(self) -> tuple[int, ...]:
        """Which of the planned looks each is, the first being 1; 0 of none."""
        return tuple(int(number) for number in self._course.numbers)

    @property
    def z(self) -> tuple[float, ...]:
        """Z at each look."""
        return tuple(look.z for look in self.looks)

    @cached_property
    def information(self) -> tuple[float, ...]:
        """Information on the log hazard ratio at each look: events times the shares of the arms."""
        return _floats(self._course.information)

    @property
    def information_fractions(self) -> tuple[float, ...]:
        """Information over that planned for the end; above 1 where the trial ran over."""
        return _floats(self._course.information / self._course.planned[-1])

    @property
    def spending_times(self) -> tuple[float, ...]:
        """Fraction of the errors' time at each look: what the spending functions take; 1 where the trial ends."""
        return tuple(1.0 if self._course.is_final(k) else float(t) for k, t in enumerate(self._course.time))

    @property
    def remarks(self) -> tuple[str, ...]:
        """A sentence for everything that did not come as planned."""
        return remarks(self._course, self.ended)

    @property
    def p_values(self) -> tuple[float, ...]:
        """One-sided p value of Z at each look, as if it were the only one."""
        return tuple(float(ndtr(-z)) for z in self.z)

    @property
    def hazard_ratios(self) -> tuple[float, ...]:
        """Estimated hazard ratio at each look, which takes no account of the other looks."""
        return tuple(self.null * float(np.exp(-effect)) for effect in self._seen)

    @cached_property
    def _seen(self) -> tuple[float, ...]:
        """Effects at which Z at the looks would be what is expected."""
        pairs = zip(self.z, self.information, strict=True)
        return tuple(self._course.scale.effect(z, information) for z, information in pairs)

    # ---- bounds and decisions --------------------------------------------------------------------------

    @cached_property
    def _bounds(self) -> tuple[Bounds, ...]:
        return self._course.bounds(binding=True)

    @property
    def efficacy_bounds(self) -> tuple[float, ...]:
        """Z from which on each look rejects; inf where nothing is tested."""
        return tuple(float(b.efficacy[-1]) for b in self._bounds)

    @property
    def futility_bounds(self) -> tuple[float, ...]:
        """Z up to which each look stops for futility or, two-sided, rejects for control; -inf where it does not."""
        return tuple(float(b.futility[-1]) for b in self._bounds)

    @property
    def nominal_p(self) -> tuple[float, ...]:
        """One-sided p value from which on each look rejects."""
        return tuple(float(ndtr(-bound)) for bound in self.efficacy_bounds)

    @cached_property
    def decisions(self) -> tuple[str, ...]:
        """What each look leads to."""
        return tuple(self._course.decision(k, bounds) for k, bounds in enumerate(self._bounds))

    @property
    def decision(self) -> str:
        """What the last look leads to."""
        return self.decisions[-1]

    @property
    def ended(self) -> bool:
        """Whether the trial ends at the last look."""
        return self.decision not in (CONTINUE, OVERRULED)

    # ---- inference -------------------------------------------------------------------------------------

    @cached_property
    def repeated_intervals(self) -> tuple[tuple[float, float], ...]:
        """Repeated confidence interval of the hazard ratio at each look: they hold at all looks at once."""
        found = self._course.bounds(binding=False) if self._course.binding else self._bounds
        ends = zip(self.information, (b.efficacy[-1] for b in found), self.z, strict=True)
        return tuple(self._ratios(repeated_interval(seen, float(c), z, self._course.scale)) for seen, c, z in ends)

    def _ratios(self, effects: tuple[float, float]) -> tuple[float, float]:
        low, high = effects
        with np.errstate(over="ignore"):
            return self.null * float(np.exp(-high)), self.null * float(np.exp(-low))

    @cached_property
    def _stop(self) -> Stop:
        return self._course.stop(self._bounds[-1])

    @cached_property
    def _effects(self) -> FloatArray:
        return self._stop.effects(np.array([self.design.alpha, 0.5, 1 - self.design.alpha]))

    @property
    def p_value(self) -> float | None:
        """One-sided p value in the stagewise ordering; None until the trial has ended."""
        return float(self._stop.p_value(np.asarray(0.0))) if self.ended else None

    @property
    def hazard_ratio(self) -> float | None:
        """Median unbiased estimate of the hazard ratio, if no futility bound was obeyed that does not bind; or None."""
        return self.null * float(np.exp(-self._effects[1])) if self.ended else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Confidence interval of the hazard ratio in the stagewise ordering; None until the trial has ended."""
        return self._ratios((float(self._effects[0]), float(self._effects[2]))) if self.ended else None

    # ---- what may still come ---------------------------------------------------------------------------

    @cached_property
    def _ahead(self) -> tuple[Ahead | None, ...]:
        """The looks to come after each look; None where the trial is over."""
        over = (REJECT, CONTROL)
        return tuple(None if d in over else self._course.ahead(k) for k, d in enumerate(self.decisions))

    @cached_property
    def conditional_power(self) -> tuple[float, ...]:
        """Probability of rejecting at a later look given Z at each one, if the effect is as planned."""
        power = self._course.planned_power
        return tuple(_NAN if a is None else power(k, a) for k, a in enumerate(self._ahead))

    @cached_property
    def conditional_power_trend(self) -> tuple[float, ...]:
        """The same, if the effect is the hazard ratio that was estimated at the look."""
        pairs = zip(self._ahead, np.array(self._seen), strict=True)
        return tuple(_NAN if a is None else float(a.power_at(effect)) for a, effect in pairs)

    def conditional_power_at(self, hazard_ratio: float, look: int | None = None) -> float:
        """The same at one look, if the effect is a hazard ratio.

        Parameters
        ----------
        hazard_ratio : float
            From the look on.
        look : int, optional
            Number of the look, the first being 1; the last one by default.

        Returns
        -------
        float
            NaN if the trial ended at that look.

        Raises
        ------
        InvalidInput
            If the ratio is not positive, or there is no such look.
        """
        effect = np.log(self.null / _checks.positive("hazard_ratio", hazard_ratio))
        number = len(self.looks) if look is None else _checks.whole("look", look)
        if number > len(self.looks):
            reject("look", f"the number of a look, of which there are {len(self.looks)}", look)
        ahead = self._ahead[number - 1]
        return _NAN if ahead is None else float(ahead.power_at(np.asarray(effect)))

    @cached_property
    def posteriors(self) -> tuple[NormalMixture, ...]:
        """The law of the hazard ratio after each look; empty without a prior."""
        if self.prior is None:
            return ()
        pairs = zip(self._seen, self.information, strict=True)
        known = self._course.scale.known
        return tuple(posterior(self.prior, np.log(self.null) - effect, known(effect, at)) for effect, at in pairs)

    @property
    def posterior(self) -> NormalMixture | None:
        """The law of the hazard ratio after the last look; None without a prior."""
        return self.posteriors[-1] if self.posteriors else None

    @property
    def probability_better(self) -> tuple[float, ...]:
        """Probability after each look that the hazard ratio is below the one tested; empty without a prior."""
        return tuple(float(law.cdf(self.null)) for law in self.posteriors)

    @cached_property
    def predictive_power(self) -> tuple[float, ...]:
        """Probability of rejecting at a later look, averaged over the law after each one; empty without a prior."""
        pairs = zip(self._ahead, self.posteriors, strict=bool(self.prior))
        return tuple(_NAN if a is None else a.predictive(law, self.null) for a, law in pairs)

    def to_frame(self) -> Any:
        """One row for each look, as a pandas DataFrame."""
        import pandas as pd

        names = _COLUMNS if self.prior is None else (*_COLUMNS, "predictive_power", "probability_better")
        columns: dict[str, Any] = {name: getattr(self, name) for name in names}
        columns["repeated_lower"], columns["repeated_upper"] = zip(*self.repeated_intervals, strict=True)
        return pd.DataFrame(columns, index=range(1, len(self.looks) + 1))


def _floats(array: FloatArray) -> tuple[float, ...]:
    return tuple(float(x) for x in array)
