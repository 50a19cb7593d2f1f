"""What the error of a benchmark does to a trial that is held against it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any, NamedTuple, final

import attrs
import numpy as np
from scipy.special import betaln, expit, gammaln, logit

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._exact import Stages
from icibaseline._values import FloatArray, Value, value
from icibaseline.baseline import Baseline
from icibaseline.designs.base import Design
from icibaseline.designs.count_power import Truth, average_power, sure_size
from icibaseline.designs.references import held_apart, reference_of
from icibaseline.designs.resampled import Resampled
from icibaseline.designs.stage_plan import StagePlan
from icibaseline.distributions import BetaMixture, Distribution, HalfNormal, NormalMixture
from icibaseline.errors import reject
from icibaseline.rules import Exact, OneLookRule, Posterior, Reference
from icibaseline.rules.monitored import MonitoredRule
from icibaseline.scenario import ResponseScenario

__all__ = ["HonestBenchmark", "Sizes", "average_success"]

_QUANTILES = (0.1, 0.5, 0.9)
_NODES, _BETWEEN = 128, 40
_MOST = 5000  # patients that are tried
_ALMOST = 1 - 1e-12


class Sizes(NamedTuple):
    """Patients that a target needs."""

    smallest: int  # that reach it
    lasting: int  # after which no larger number misses it


def average_success(stages: Stages, law: Distribution) -> float:
    """Probability of success averaged over a law of the rate: beta-binomial for beta laws, else by quadrature."""
    if not isinstance(law, BetaMixture):
        nodes = law.nodes(_NODES)
        return float(nodes.weights @ stages.chances(nodes.x)[0].sum(axis=1))
    total = 0.0
    for k, (share, _) in enumerate(stages.shares()):
        n = int(stages.sizes[k])
        seen = sum(w * _beta_binomial(n, part.a[0], part.b[0]) for w, part in law.components())
        total += float((seen * share) @ stages.succeeds(k))
    return total


def _beta_binomial(n: int, a: float, b: float) -> FloatArray:
    """Probabilities of 0 to n responses among n patients whose rate follows Beta(a, b)."""
    x = np.arange(n + 1.0)
    ways = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
    return np.asarray(np.exp(ways + betaln(a + x, b + n - x) - betaln(a, b)))


def _fraction(name: str, held: object) -> float:
    rule = "a number between 0 and 1"
    clean = _checks.number(name, held, rule)
    if not 0 <= clean <= 1:
        reject(name, rule, held, _checks.fraction_hint(clean))
    return clean


def _design(name: str, held: object) -> Any:
    rule, hint = "a planned design that counts the responses of one arm", "For example plan.design of a SingleArm."
    if not isinstance(held, Design) or not isinstance(held.planned, StagePlan):
        reject(name, rule, held, hint)
    return held


def _scenario(name: str, held: object) -> Any:
    return _checks.instance(name, held, ResponseScenario, "a ResponseScenario")


@final
@value
class HonestBenchmark(Value):
    r"""A single-arm trial of responses in the light of its benchmark's own error.

    Every number is worked out when it is asked for.

    Parameters
    ----------
    design : Design
        A planned design that counts responses, such as a `SingleArm`.
    scenario : ResponseScenario
        What nature does; experimental rates are those of its typical case.
    target : float
        The power for which sizes are given.

    Raises
    ------
    InvalidInput
        If an argument is not of these kinds.

    Notes
    -----
    The naive trial takes the printed rate as a law of nature. Given the history, the control rate has a law; averaged
    over it, with experimental = control, the probability of success is a multiple of the nominal error [1]_. The honest
    trial takes that law into its rule (`Posterior`), with the history as it was observed. Below the rule's `floor`
    no number of patients helps.

    Resampled, the history itself varies: another cohort of as many patients, drawn at the plug-in rate, would have
    printed another count, and power is averaged over all that it could have printed. As n grows it tends to the
    probability of a count whose floor lies below the experimental rate, which may be less than the target. By the
    normal approximation (``resampled_size_normal``) the number of patients is that of two samples, one of which cannot
    grow:

    .. math:: \frac{(p_1 - p_0)^2}{(z_\alpha + z_\beta)^2} = \frac{p_1 (1 - p_1)}{n} + \frac{p_0 (1 - p_0)}{n_0} .

    A count of 0 of n or n of n gives no rate to draw another cohort at: nothing is resampled then, and the plug-in
    rate is the median of the control law.

    References
    ----------
    .. [1] Tang H, Foster NR, Grothey A, Ansell SM, Goldberg RM, Sargent DJ. Comparison of error rates in single-arm
       versus randomized phase II cancer clinical trials. J Clin Oncol 2010; 28: 1936-1941.

    Examples
    --------
    >>> import icibaseline as ici
    >>> truth = ici.ResponseScenario(control=ici.baseline("promit_orr"), effect=ici.Rate(0.35))
    >>> plan = ici.sample_size(ici.SingleArm(rule=ici.Exact(0.05)), truth, power=0.8)
    >>> plan.n, round(plan.honest.average_error, 3), plan.honest.sizes
    (44, 0.145, Sizes(smallest=135, lasting=156))
    """

    design: Any = attrs.field(converter=as_field(_design))
    scenario: ResponseScenario = attrs.field(converter=as_field(_scenario))
    target: float = attrs.field(default=0.8, kw_only=True, converter=as_field(_checks.open_unit))

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind it."""
        return ("tang2010", "thall1994") if self.known else ()

    # ---- the benchmark -----------------------------------------------------------------------------------

    @cached_property
    def reference(self) -> Reference:
        """The benchmark's rate, its law and the count behind it; of a bare rate, those of the scenario's control."""
        found: Reference = self.design.reference
        if found.law is not None or not isinstance(self.scenario.control, (Baseline, Distribution)):
            return found
        control = reference_of(self.scenario.control)
        same = bool(np.isclose(control.rate, found.rate, rtol=5e-3, atol=0))  # as printed, perhaps
        return Reference(found.rate, control.law, control.history if same else None)

    @property
    def borrowed(self) -> bool:
        """Whether the error of the benchmark is that of the scenario's control, as the benchmark is a bare rate."""
        return self.known and self.design.reference.law is None

    @property
    def known(self) -> bool:
        """Whether the benchmark has an error that is known."""
        return self.reference.law is not None

    @property
    def rate(self) -> float:
        """Experimental rate of the typical case."""
        return float(self.scenario.typical.resolved.rates.experimental)

    @property
    def _stages(self) -> Stages:
        found: Stages = self.design.planned.stages
        return found

    def success(self, rate: float) -> float:
        """Probability of success at an experimental rate."""
        return float(self._stages.chances(np.array([_fraction("rate", rate)]))[0].sum())

    # ---- type I error ------------------------------------------------------------------------------------

    @property
    def error(self) -> float:
        """Type I error if the control rate is the benchmark's plug-in rate."""
        return self.success(self.reference.rate)

    @property
    def error_overruled(self) -> float | None:
        """The same if bounds for futility are overruled; None where there are none before the end."""
        if not self.design.planned.overrulable:
            return None
        sizes, efficacy, futility = self._stages
        kept = Stages(sizes, efficacy, np.append(np.full(len(sizes) - 1, -np.inf), futility[-1]))
        return float(kept.chances(np.array([self.reference.rate]))[0].sum())

    @cached_property
    def apart(self) -> bool:
        """Whether the scenario's control is something else than the benchmark."""
        return held_apart(self.design.benchmark, self.scenario.control)

    @cached_property
    def scenario_error(self) -> float:
        """Type I error in the scenario, at the typical value of its control rate."""
        return self.success(float(self.scenario.typical.resolved.rates.control))

    @cached_property
    def scenario_average_error(self) -> float | None:
        """Type I error averaged over what the scenario's control rate may be; None where it is a number."""
        law = None if isinstance(self.scenario.control, float) else reference_of(self.scenario.control).law
        return None if law is None else average_success(self._stages, law)

    @cached_property
    def average_error(self) -> float | None:
        """Type I error averaged over what the control rate may be; None where that is not known."""
        law = self.reference.law
        return None if law is None else average_success(self._stages, law)

    @cached_property
    def error_quantiles(self) -> tuple[float, ...] | None:
        """10, 50 and 90 % quantiles of the type I error over what the control rate may be."""
        law = self.reference.law
        return None if law is None else tuple(self.success(float(law.quantile(p))) for p in _QUANTILES)

    def error_between_studies(self, heterogeneity: HalfNormal | None = None) -> float:
        """Type I error averaged also over how the next study's rate differs from that of the source.

        Parameters
        ----------
        heterogeneity : HalfNormal, optional
            Prior of the standard deviation tau of log odds between studies; ``HalfNormal(0.25)`` by default. Source and
            trial differ from their common mean by tau each.

        Raises
        ------
        InvalidInput
            If `heterogeneity` is no HalfNormal, or the benchmark's error is not known.
        """
        between = HalfNormal(0.25) if heterogeneity is None else heterogeneity
        _checks.instance("heterogeneity", between, HalfNormal, "a HalfNormal", "For example HalfNormal(0.25).")
        self.posterior.check(self.reference)
        assert self.reference.law is not None
        law, tau, z = (held.nodes(_BETWEEN) for held in (self.reference.law, between, NormalMixture.normal(0, 1)))
        odds = logit(law.x)[:, None, None] + np.sqrt(2) * tau.x[:, None] * z.x
        weights = np.einsum("i,j,k->ijk", law.weights, tau.weights, z.weights)
        return float(weights.ravel() @ self._stages.chances(expit(odds).ravel())[0].sum(axis=1))

    @cached_property
    def resampled_error(self) -> float | None:
        """Type I error at the plug-in rate if the history is drawn anew with the trial.

        None without a count of some responders and some others, and where the counts of the design are given whatever
        the history is.
        """
        if self._again is None:
            return None
        p, stages = self.reference.rate, [self.design.stages(other) for other in self._again.others]
        own = self.design.stages(self.reference)
        if all(np.array_equal(a, b) for each in stages for a, b in zip(each, own, strict=True)):
            return None
        errors = np.array([float(each.chances(np.array([p]))[0].sum()) for each in stages])
        return float(self._again.weights @ errors)

    @cached_property
    def _again(self) -> Resampled | None:
        """What another history would do; None without a count, or where none or all responded, which gives no rate."""
        history = self.reference.history
        if history is None or not history.mixed:
            return None
        return Resampled(self.posterior, self.reference, self.rate, self.target)

    # ---- the honest rule ---------------------------------------------------------------------------------

    @property
    def posterior(self) -> Posterior:
        """The rule that takes the benchmark's error in, at the level of the design, and with its margin and prior.

        A count that was typed has no level, but whatever error it happens to have: the rule's is then 0.95.
        """
        own = getattr(self.design, "rule", None)
        if isinstance(own, MonitoredRule):
            return own.one_look
        if isinstance(own, Posterior):
            return own
        return Posterior() if self.typed else Posterior(min(1 - self.design.alpha, _ALMOST))

    @property
    def typed(self) -> bool:
        """Whether the design's rule is a count that was typed, which was not built for a level."""
        own = getattr(self.design, "rule", None)
        return isinstance(own, Exact) and own.r is not None

    @cached_property
    def floor(self) -> float | None:
        """The least experimental rate that the honest rule can ever show; None where the error is not known."""
        return self.posterior.floor(self.reference) if self.known else None

    @property
    def detectable(self) -> float | None:
        """The least difference from the plug-in rate that the honest rule can ever show."""
        return None if self.floor is None else self.floor - self.reference.rate

    @property
    def reachable(self) -> bool | None:
        """Whether some number of patients reaches the target: the limit of power is 1 above the floor, 0 below it."""
        return None if self.floor is None else self.rate > self.floor

    @cached_property
    def sizes(self) -> Sizes | None:
        """Patients that the honest rule needs for the target; None if no number reaches it, or thousands are needed."""
        return self._sizes(self.posterior, self.reference) if self.reachable else None

    @cached_property
    def naive_sizes(self) -> Sizes | None:
        """Patients that the exact test against the plug-in rate, plus the margin, needs."""
        least = self._least
        return self._sizes(Exact(1 - self.posterior.c), Reference(least)) if self.rate > least > 0 else None

    @property
    def _least(self) -> float:
        """The plug-in rate, plus what the experimental rate must be better by."""
        return self.reference.rate + self.posterior.delta

    def _sizes(self, rule: OneLookRule, reference: Reference) -> Sizes | None:
        truth = Truth.of(self.rate)
        sure = sure_size(rule, reference, truth, self.target)
        if sure is None or sure > _MOST:
            return None
        enough = average_power(rule, np.arange(1, sure + 1), reference, truth) >= self.target
        return Sizes(int(np.argmax(enough)) + 1, sure - int(np.argmin(enough[::-1])) + 1 if not enough.all() else 1)

    def power(self, n: Any) -> Any:
        """Power of the honest rule with so many patients, a number or a sequence of them.

        Raises
        ------
        InvalidInput
            If they are not whole numbers, or the benchmark's error is not known.
        """
        several = isinstance(n, Iterable) and not isinstance(n, str) and getattr(n, "ndim", 1) > 0
        sizes = _checks.sequence("n", n, _checks.whole) if several else (_checks.whole("n", n),)
        self.posterior.check(self.reference)
        found = average_power(self.posterior, np.array(sizes), self.reference, Truth.of(self.rate))
        return found if several else float(found[0])

    # ---- history resampled -------------------------------------------------------------------------------

    @cached_property
    def resampled_size(self) -> float | None:
        """Patients for the target if the history is drawn anew too; inf if no number of them reaches it.

        None where the history cannot be drawn, or thousands are needed.
        """
        return None if self._again is None else self._again.size(_MOST)

    @property
    def resampled_size_normal(self) -> float | None:
        """Patients for the target by the normal approximation alone, if the history is drawn anew; inf if none do.

        It knows nothing of the few counts that a history can have: `resampled_limit` may be below the target for all
        that, and with small histories it is far off. `resampled_size` is exact.
        """
        return None if self._again is None or self.rate <= self._least else self._again.size_normal

    @property
    def resampled_detectable(self) -> float | None:
        """The least difference that reaches the target with ever more patients, if the history is drawn anew.

        By the normal approximation; `resampled_floor` is exact.
        """
        return None if self._again is None else self._again.detectable_normal

    @property
    def resampled_floor(self) -> float | None:
        """The least experimental rate above which power reaches the target in the end, if the history is drawn anew."""
        return None if self._again is None else self._again.floor

    @property
    def resampled_limit(self) -> float | None:
        """Exact power of the honest rule with ever more patients, if the history is drawn anew at the plug-in rate."""
        return None if self._again is None else self._again.limit

    def resampled_power(self, n: int) -> float:
        """Exact power of the honest rule with n patients, if the history is drawn anew at the plug-in rate.

        Raises
        ------
        InvalidInput
            If n is no whole number, or there is no count of some responders and some others behind the benchmark.
        """
        size = _checks.whole("n", n)
        if self._again is None:
            rule = "a Baseline of a printed count of some responders and some others, to draw it anew"
            reject("benchmark", rule, self.design.benchmark)
        return self._again.power(size)
