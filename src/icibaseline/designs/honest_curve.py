"""What the error of a benchmark curve does to a trial that is held against it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any, final

import attrs
import numpy as np
from scipy.special import ndtri

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import Value, unknowns, value
from icibaseline.baseline import Population
from icibaseline.designs.averaging import grid
from icibaseline.designs.base import Design, Planned
from icibaseline.designs.goals import Power
from icibaseline.designs.references import held_apart
from icibaseline.designs.results import OperatingCharacteristics, averaged, formula
from icibaseline.distributions import Distribution
from icibaseline.errors import NoSolution, reject
from icibaseline.rules import GivenBounds
from icibaseline.scenario import Scenario
from icibaseline.statistics.one_sample import OneSample
from icibaseline.statistics.one_sample.events import EventsTest
from icibaseline.survival import Exponential, HazardRatio

__all__ = ["HonestCurve"]

_QUANTILES = np.linspace(0.05, 0.95, 19)  # of the benchmark, at which hazards are compared
_SAME = 1e-9  # relative


def _design(name: str, held: object) -> Any:
    rule, hint = "a planned design that holds survival of one arm against a curve", "For example plan.design."
    tests = isinstance(getattr(held, "statistic", None), OneSample)
    if not (isinstance(held, Design) and tests and isinstance(held.planned, Planned)):
        reject(name, rule, held, hint)
    return held


def _as_curve(held: Any) -> Any:
    """A prior on a median is one on an exponential curve."""
    return Exponential(median=held) if isinstance(held, Distribution) else held


def _scenario(name: str, held: object) -> Any:
    return _checks.instance(name, held, Scenario, "a Scenario")


@final
@value
class HonestCurve(Value):
    r"""A single-arm trial of survival in the light of its benchmark's own error.

    Every number is worked out when it is asked for.

    Parameters
    ----------
    design : Design
        A planned `SingleArm` with a one-sample test.
    scenario : Scenario
        What nature does.
    target : float
        The power for which sizes are given.

    Raises
    ------
    InvalidInput
        If an argument is not of these kinds.

    Notes
    -----
    The naive test takes the benchmark's curve as a law of nature. With s the standard error of the log of its
    cumulative hazard and D events, the true one-sided error is about
    :math:`1 - \Phi(z_{1-\alpha} / \sqrt{1 + D s^2})` [1]_. The honest test adds :math:`s^2`
    to the variance. However many patients, a log-rank or exponential test shows no hazard ratio above
    :math:`\exp(-z_{1-\alpha} s)`; a test of the curve has a limit of its own.

    Resampled, the history varies too, and with a hazard ratio h against the benchmark the events are those of two
    samples, one of which cannot grow: :math:`(\log h)^2 / (z_\alpha + z_\beta)^2 = 1 / D + s^2`.

    References
    ----------
    .. [1] Danzer MF, Feld J, Faldum A, Schmidt R. Reference curve sampling variability in one-sample log-rank tests.
       PLoS ONE 2022; 17: e0271094.

    Examples
    --------
    >>> import icibaseline as ici
    >>> truth = ici.Scenario(control=ici.baseline("mcc_pfs_primary"), effect=ici.HazardRatio(0.5),
    ...                      enrollment=ici.Enrollment(duration=24))
    >>> design = ici.SingleArm(statistic=ici.OneSampleLogRank(), rule=ici.Fixed(0.05))
    >>> plan = ici.sample_size(design, truth, power=0.8)
    >>> plan.n, round(plan.honest.average_error, 2), round(plan.honest.sd, 3), plan.honest.size
    (14, 0.11, 0.241, 27)
    """

    design: Any = attrs.field(converter=as_field(_design))
    scenario: Scenario = attrs.field(converter=as_field(_scenario))
    target: float = attrs.field(default=0.8, kw_only=True, converter=as_field(_checks.open_unit))

    # ---- the benchmark -----------------------------------------------------------------------------------

    @cached_property
    def null(self) -> Scenario:
        """The scenario in which the arm does as the benchmark, whatever that is."""
        control = self.design.benchmark
        if isinstance(control, Population) and control.at_median:
            control = control.typical
        return self.scenario.with_(
            strata=(), control=control, effect=HazardRatio(1.0), experimental=None, mismatch=None
        )

    @property
    def known(self) -> bool:
        """Whether the benchmark has an error that is known."""
        return bool(unknowns(self.null.resolved.control))

    @cached_property
    def sd(self) -> float | None:
        """Standard error of the log of the benchmark's cumulative hazard at its median; None where not known."""
        if not self.known:
            return None
        outcome = self.null.with_(enrollment=self.null.typical.enrollment, dropout=self.null.typical.dropout)
        month = float(self.null.typical.resolved.parts[0].control.median)
        found, weights = [], []
        for share, world in grid(self.design, outcome):
            hazard = np.asarray(world.parts[0].control.cumulative_hazard(month))  # type: ignore[attr-defined]
            found.append(np.broadcast_to(np.log(hazard), len(share)))
            weights.append(share)
        logs, shares = np.concatenate(found), np.concatenate(weights)
        mean = shares @ logs
        return float(np.sqrt(shares @ (logs - mean) ** 2))

    # ---- type I error ------------------------------------------------------------------------------------

    @property
    def error(self) -> float:
        """Type I error if the control curve is the benchmark's plug-in curve."""
        return self._typical.power

    @property
    def error_overruled(self) -> float | None:
        """The same if bounds for futility are overruled; None where there are none before the end."""
        return self._typical.power_overruled

    @cached_property
    def _typical(self) -> OperatingCharacteristics:
        return formula(self.design, self.null)

    @cached_property
    def apart(self) -> bool:
        """Whether the scenario's control is something else than the benchmark."""
        return held_apart(*map(_as_curve, (self.design.benchmark, self.scenario.control)))

    @cached_property
    def scenario_error(self) -> float:
        """Type I error in the scenario, in the typical case of its control."""
        return formula(self.design, self.scenario.null).power

    @cached_property
    def scenario_average_error(self) -> float | None:
        """Type I error averaged over the priors of the scenario without an effect; None where it has none."""
        null = self.scenario.null
        return averaged(self.design, null, self.target).power if null.unknowns else None

    @cached_property
    def _averaged(self) -> OperatingCharacteristics:
        return averaged(self.design, self.null, self.target)

    @property
    def average_error(self) -> float | None:
        """Type I error averaged over what the control curve may be; None where that is not known."""
        return self._averaged.power if self.known else None

    @property
    def error_quantiles(self) -> tuple[float, ...] | None:
        """10, 50 and 90 % quantiles of the type I error over what the control curve may be."""
        return self._averaged.power_quantiles if self.known else None

    # ---- the honest test ---------------------------------------------------------------------------------

    @property
    def counted(self) -> bool:
        """Whether the design's own test counts the error of its benchmark."""
        return bool(getattr(self.design.statistic, "benchmark_sd", 0.0))

    @cached_property
    def _honest(self) -> Any:
        """The design with the benchmark's error in its test, without n; None if the test does not know it.

        Given bounds were made for one size, and no other is looked for.
        """
        if isinstance(getattr(self.design, "rule", None), GivenBounds):
            return None
        if self.counted or self.sd is None or not hasattr(self.design.statistic, "benchmark_sd"):
            return self.design.unsized() if self.counted else None
        return self.design.unsized().with_(statistic=self.design.statistic.with_(benchmark_sd=self.sd))

    @cached_property
    def size(self) -> int | None:
        """Patients that the honest test needs for the target; None if no number reaches it, or none is looked for."""
        return None if self._honest is None or self.reason is not None else int(np.ceil(self._found.n_exact - 1e-9))

    @cached_property
    def reason(self) -> str | None:
        """Why no number of patients reaches the target; None if one does, or none is looked for."""
        if self._honest is None:
            return None
        try:
            self._found  # noqa: B018  the search
        except NoSolution as error:
            return str(error)
        return None

    @cached_property
    def _found(self) -> Any:
        return self._honest.find(self.scenario, Power(self.target))

    def power(self, n: Any) -> Any:
        """Power of the honest test with so many patients, a number or a sequence of them; None if it is not known.

        Of two stages it is that without the interim look, which no design with as many patients exceeds.

        Raises
        ------
        InvalidInput
            If they are not whole numbers.
        """
        several = isinstance(n, Iterable) and not isinstance(n, str) and getattr(n, "ndim", 1) > 0
        sizes = _checks.sequence("n", n, _checks.whole) if several else (_checks.whole("n", n),)
        if self._honest is None:
            return None
        one_look = self._honest.one_look
        found = np.array([formula(one_look.with_(n=size), self.scenario).power for size in sizes])
        return found if several else float(found[0])

    @property
    def largest_ratio(self) -> float | None:
        """The largest hazard ratio that the honest test can ever show; 0 if none, None where the error is not known.

        It is where the mean of Z tends to the test's quantile as n grows.
        """
        test: OneSample = self.design.statistic
        sd = test.benchmark_sd or self.sd
        if sd is None:
            return None
        curve = self.null.typical.resolved.parts[0].control
        return test.with_(benchmark_sd=sd).largest_ratio(self._level, curve)

    @property
    def resampled_events(self) -> float | None:
        """Events for the target if the history is drawn anew too; inf if none suffice.

        None where the arm has no constant hazard ratio against the benchmark, or the test does not compare events with
        those expected.
        """
        if not isinstance(self.design.statistic, EventsTest) or self.sd is None:
            return None
        ratio = self._ratio
        if ratio is None:
            return None
        left = (np.log(min(ratio, 1.0)) / (self._level + float(ndtri(self.target)))) ** 2 - self.sd**2
        return float(1 / left) if left > 0 else float("inf")

    @cached_property
    def _ratio(self) -> float | None:
        """Hazard ratio of the arm against the benchmark in the typical case; None if it is not constant."""
        parts = self.scenario.typical.resolved.parts
        benchmark = self.null.typical.resolved.parts[0].control
        times = np.asarray(benchmark.quantile(_QUANTILES))
        times = times[np.isfinite(times)]
        expected = np.asarray(benchmark.cumulative_hazard(times))
        ratios = np.concatenate([np.asarray(p.experimental.cumulative_hazard(times)) / expected for p in parts])
        return float(ratios[0]) if np.ptp(ratios) <= _SAME * ratios[0] else None

    @property
    def _level(self) -> float:
        return float(-ndtri(self.design.alpha))

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind it."""
        return ("danzer2022",) if self.known else ()
