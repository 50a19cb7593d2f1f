"""The (stratified) log-rank test."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from fractions import Fraction
from functools import cached_property
from typing import final

import attrs
import numpy as np
from scipy.special import ndtr, ndtri

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, Floats, value
from icibaseline.errors import reject
from icibaseline.scenario import Scenario
from icibaseline.statistics import _kernel
from icibaseline.statistics._permutation import permutation_pvalues
from icibaseline.statistics.base import Course, Moments, Observed, Statistic, Trial, TrialData
from icibaseline.statistics.formulas import FORMULAS, Formula, SecondOrder
from icibaseline.statistics.process import Comparison, covariance, second_order
from icibaseline.statistics.risk import RiskSets
from icibaseline.survival import HazardRatio

__all__ = ["LogRank", "LogRankMoments"]

_PERMUTATIONS = 999
_LOCAL = threading.local()
_SMALL = 100  # patients
_LITTLE = 0.05  # of the level


@final
@value
class LogRank(Statistic):
    r"""The log-rank test, stratified when the scenario has strata.

    Parameters
    ----------
    formula : {"score", "schoenfeld", "freedman", "lachin-foulkes", "second-order"}, optional
        How power is approximated; every result names it.
    null : float, optional
        Hazard ratio under the null; above 1 it is a non-inferiority margin.
    stratified : bool, optional
        False pools the strata into one comparison.
    reference : {"normal", "permutation"}, optional
        Null distribution to which a simulated trial's Z is referred.
    permutations : int, optional
        Random permutations of the arms in each simulated trial, at least 99.

    Raises
    ------
    InvalidInput
        If a name is unknown, `null` is not positive, or a permutation test is asked for ``null != 1``.

    Notes
    -----
    With at-risk probabilities :math:`y_a(t)` (allocation x survival x follow-up), hazards
    :math:`\lambda_a(t)`, null ratio :math:`\theta_0` and :math:`A` the fraction enrolled, the score by
    month :math:`T` has expectation and null variance [1]_ [2]_

    .. math::

        U = n \int_0^T A(T-t) \frac{y_0 y_1 (\theta_0 \lambda_0 - \lambda_1)}{y_0 + \theta_0 y_1} dt, \qquad
        V = n \int_0^T A(T-t) \frac{\theta_0 y_0 y_1 (y_0 \lambda_0 + y_1 \lambda_1)}{(y_0 + \theta_0 y_1)^2} dt.

    Strata add. Power by the formula "score" is :math:`\Phi(U/\sqrt V - z_{1-\alpha})`. The other formulas
    are described in the documentation. The permutation test permutes arms within strata; dropout must not
    depend on the arm for it to be exact.

    References
    ----------
    .. [1] Schoenfeld D. The asymptotic properties of nonparametric tests for comparing survival distributions.
       Biometrika 1981; 68: 316-319.
    .. [2] Lin DY, Wei LJ. The robust inference for the Cox proportional hazards model. JASA 1989; 84: 1074-1078.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.LogRank(null=1.3).formula
    'score'
    """

    formula: str = attrs.field(
        default="score", kw_only=True, converter=as_field(lambda n, v: _checks.choice(n, v, FORMULAS))
    )
    null: float = attrs.field(default=1.0, kw_only=True, converter=as_field(_checks.positive))
    stratified: bool = attrs.field(default=True, kw_only=True, converter=as_field(_checks.flag))
    reference: str = attrs.field(
        default="normal", kw_only=True, converter=as_field(lambda n, v: _checks.choice(n, v, ("normal", "permutation")))
    )
    permutations: int = attrs.field(
        default=_PERMUTATIONS, kw_only=True, converter=as_field(lambda n, v: _checks.whole(n, v, 99))
    )

    def __attrs_post_init__(self) -> None:
        if self.reference == "permutation" and self.null != 1:
            reject("null", "1 for a permutation test", self.null, "Arms are exchangeable only under equality.")
        if self.reference != "permutation" and self.permutations != _PERMUTATIONS:
            rule = f"left at {_PERMUTATIONS} unless `reference` is 'permutation'"
            reject("permutations", rule, self.permutations, "Nothing is permuted otherwise.")

    @property
    def approximation(self) -> Formula:
        """The formula object of that name."""
        return FORMULAS[self.formula]

    @property
    def formula_name(self) -> str:
        """The formula as reports name it."""
        normal = self.reference == "normal"
        return f"{self.approximation.title} log-rank formula" + ("" if normal else " of the asymptotic test")

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the test and its formula."""
        extra = ("permutation",) if self.reference == "permutation" else ()
        return (*self.approximation.citations, *extra)

    # ---- theory face -----------------------------------------------------------------------------------

    def moments(self, trial: Trial) -> LogRankMoments:
        """Moments of the score under a scenario."""
        return LogRankMoments(self, trial)

    def course(self, trial: Trial) -> Course:
        """Months, patients and events by arm."""
        return RiskSets(trial).course

    def remaining(self, trial: Trial) -> FloatArray:
        """Patients still to come or under observation at the looks, (B, K)."""
        return RiskSets(trial).remaining

    @property
    def alternative(self) -> str:
        """What the test shows when it rejects."""
        return "the experimental arm is better" if self.null == 1 else f"the hazard ratio is below {self.null:g}"

    def level(self, trial: Trial, alpha: float) -> float:
        """Probability of rejecting at the last look of a trial without an effect, to second order and with skewness."""
        return float(SecondOrder().skewed(self.moments(trial), -1, float(-ndtri(alpha)))[0])

    def cautions(
        self, trial: Callable[[], Trial], size: tuple[float, float], alpha: float, simulated: bool
    ) -> tuple[str, ...]:
        """What a user should know of the test at a level, in a `trial` without an effect; size is (n, ratio)."""
        n, ratio = size
        if n >= _SMALL and ratio <= 1:
            return ()
        level = self.level(trial(), alpha)
        excess = level / alpha - 1
        if abs(excess) <= _LITTLE or (excess < 0 and n >= _SMALL):
            return ()
        parts = Fraction(ratio).limit_denominator(20)
        shape = f"With {n:g} patients at {parts.numerator}:{parts.denominator}"
        if self.reference == "permutation":
            if simulated:
                return ()
            return (
                f"{shape} the formula, which is of the asymptotic test, can be points away from the power of the "
                "permutation test; look at simulate().",
            )
        null = "scenario.null" if self.null == 1 else f"scenario.with_(effect=HazardRatio({self.null:g}))"
        other = ', or use LogRank(reference="permutation")' if self.null == 1 else ""
        trials = "trials without an effect" if self.null == 1 else f"trials with a hazard ratio of {self.null:g}"
        holds = f"rejects in about {100 * level:.2g} % of {trials}, not in {100 * alpha:.2g} %"
        if not 0 < level < 1:  # beyond what an expansion can say
            holds = "need not hold its level"
        return (f"{shape} the asymptotic log-rank test {holds}; look at simulate(design, {null}){other}.",)

    def check_level(self, alpha: float) -> None:
        """Raise `InvalidInput` if the test cannot reject at a level."""
        least = math.ceil(1 / alpha - 1e-9) - 1
        if self.reference == "permutation" and self.permutations < least:
            reject(
                "permutations", f"at least {least}, or no p value is as small as alpha = {alpha:g}", self.permutations
            )

    def is_null(self, scenario: Scenario) -> bool:
        """Whether every stratum has the null hazard ratio."""
        parts = scenario.resolved.parts
        return all(isinstance(p.effect, HazardRatio) and p.effect == HazardRatio(self.null) for p in parts)

    def resolution(self, trial: Trial) -> int:
        """Nodes for each panel that integrate this trial well enough."""
        return RiskSets(trial).points

    def drift_per_root_event(self, trial: Trial) -> FloatArray | None:
        """Mean of Z over the root of the number of events, (B,); None where the formula takes the calendar too."""
        return self.approximation.per_root_event(self.moments(trial))

    # ---- data face -------------------------------------------------------------------------------------

    @np.errstate(invalid="ignore")  # an infinite bound where nothing has happened
    def observe(self, data: TrialData, bound: Floats, rng: np.random.Generator) -> Observed:
        """Score (positive favours experimental), its hypergeometric variance, and the test."""
        stratum = data.stratum if self.stratified else None
        workspace = _workspace(data.time.shape[1])
        score, variance = _kernel.logrank(
            data.time, data.event, data.experimental, workspace=workspace, stratum=stratum, null=self.null
        )
        if not np.any(np.isfinite(bound)):
            return Observed(score, variance, np.zeros(score.shape, dtype=bool))
        if self.reference == "permutation":
            p = permutation_pvalues(
                data.time, data.event, data.experimental, permutations=self.permutations, rng=rng, stratum=stratum
            )
            return Observed(score, variance, p <= ndtr(-bound) + 1e-12)
        return Observed(score, variance, (score >= bound * np.sqrt(variance)) & (variance > 0))


def _workspace(patients: int) -> _kernel.Workspace:
    """Memory for the kernel, one for each thread."""
    held: _kernel.Workspace | None = getattr(_LOCAL, "workspace", None)
    if held is None or held.patients < patients:
        held = _kernel.Workspace(256, patients)
        _LOCAL.workspace = held
    return held


class LogRankMoments(Moments):
    """Moments of the log-rank score; the costly ones are worked out when asked for."""

    def __init__(self, statistic: LogRank, trial: Trial) -> None:
        self.statistic = statistic
        self.trial = trial

    @cached_property
    def risk(self) -> RiskSets:
        """Risk sets under the scenario."""
        return RiskSets(self.trial)

    @cached_property
    def comparisons(self) -> tuple[Comparison, ...]:
        """One comparison of the arms for each stratum, or one for all."""
        null, strata = self.statistic.null, self.risk.strata
        groups = [(s,) for s in strata] if self.statistic.stratified else [strata]
        return tuple(Comparison(g, null) for g in groups)

    @property
    def course(self) -> Course:
        """Months, patients and events by arm at the looks."""
        return self.risk.course

    @cached_property
    def score(self) -> FloatArray:
        """Expected score to first order, (B, K)."""
        return sum(self.risk.total(c.score) for c in self.comparisons)  # type: ignore[return-value]

    @cached_property
    def information(self) -> FloatArray:
        """Expected variance estimate of the score to first order, (B, K)."""
        return sum(self.risk.total(c.variance) for c in self.comparisons)  # type: ignore[return-value]

    @cached_property
    def corrections(self) -> tuple[FloatArray, FloatArray]:
        """What the randomness of small risk sets adds to the expected score and variance, each (B, K)."""
        return second_order(self.risk, self.comparisons)

    @property
    def mean(self) -> FloatArray:
        """Mean of the score to second order, (B, K)."""
        return self.score + self.corrections[0]

    @cached_property
    def covariance(self) -> FloatArray:
        """Covariance of the score over the looks, (B, K, K), under the scenario itself.

        Under the null it is the expected variance estimate at the earlier look, so what small risk sets take
        from that is taken here too; away from the null this is the leading part of the correction.
        """
        looks = np.arange(self.trial.months.shape[1])
        correction = self.corrections[1][:, np.minimum.outer(looks, looks)]
        return covariance(self.risk, self.comparisons, "score", "score") + correction

    @property
    def drift(self) -> FloatArray:
        """Mean of Z by the named formula, (B, K)."""
        return self.statistic.approximation.drift(self)

    @property
    def spread(self) -> FloatArray:
        """Standard deviation of Z by the named formula, (B, K)."""
        return self.statistic.approximation.spread(self)
