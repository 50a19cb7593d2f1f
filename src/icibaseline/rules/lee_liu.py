"""The rule that looks at responses again and again, and stops by the predictive probability of success."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, final

import attrs
import numpy as np
from scipy.special import betaln, comb

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._exact.beliefs import predictive
from icibaseline._values import FloatArray, IntArray, value
from icibaseline.distributions import BetaMixture, Distribution
from icibaseline.errors import reject
from icibaseline.rates import rate
from icibaseline.rules.counts import Judged, Reference
from icibaseline.rules.hurdle import belief_of, law_after
from icibaseline.rules.monitored import COUNT, LOOKS, OPTIONAL, PROBABILITY, MonitoredRule, check_rule, jeffreys
from icibaseline.rules.responses import analysis_prior, margin

__all__ = ["LeeLiu"]


@final
@value
class LeeLiu(MonitoredRule):
    r"""Monitoring by the predictive probability of success at the end, after Lee and Liu.

    Parameters
    ----------
    c : float
        At the end, success when ``P(experimental rate > control rate + delta | data) >= c``.
    stop : float
        A look stops for futility when the predictive probability of success at the end is below this.
    early : float, optional
        A look before the end succeeds when the predictive probability is above this; None: none does.
    delta : float, optional
        By how much the rate must be better.
    prior : BetaMixture, optional
        Prior of the experimental rate in the analysis; Jeffreys' Beta(0.5, 0.5) by default.
    first, every : int, optional
        Looks after so many patients, 10 by default, and after each group of so many more, 1 by default.
    looks : sequence of int, optional
        Instead of these: patients at each look before the end; those that are not fewer than n are left out.

    Raises
    ------
    InvalidInput
        If an argument is not of these kinds, looks are given twice, `stop` is not below `early`, or `c` is below 0.5
        without a margin.

    Notes
    -----
    After x responses of m among n patients, the number of responses to come has a beta-binomial law [1]_,

    .. math:: PP = \sum_y P(Y = y \mid x) \, 1[P(p > p_0 + \delta \mid x + y \text{ of } n) \ge c],
        \quad Y \mid x \sim \mathrm{BetaBin}(n - m, a + x, b + m - x).

    Where the benchmark has a law, the probability at the end is taken over that of :math:`p_0` too.

    References
    ----------
    .. [1] Lee JJ, Liu DD. A predictive probability design for phase II cancer clinical trials. Clinical Trials 2008; 5:
       93-106.

    Examples
    --------
    >>> import icibaseline as ici
    >>> rule = ici.LeeLiu(0.9, stop=0.001, prior=ici.BetaMixture(1, 0.2, 0.8), first=10)
    >>> design = ici.SingleArm(n=36, benchmark=0.2, rule=rule)
    >>> truth = ici.ResponseScenario(control=0.2, effect=ici.Rate(0.4))
    >>> round(ici.power(design, truth).power, 3), round(ici.power(design, truth.null).expected_n, 1)
    (0.906, 27.7)
    """

    c: float = attrs.field(default=0.9, converter=PROBABILITY)
    stop: float = attrs.field(default=0.05, converter=PROBABILITY)
    early: float | None = attrs.field(default=None, kw_only=True, converter=OPTIONAL)
    delta: float = attrs.field(default=0.0, kw_only=True, converter=as_field(margin))
    prior: BetaMixture = attrs.field(factory=jeffreys, kw_only=True, converter=as_field(analysis_prior))
    first: int | None = attrs.field(default=None, kw_only=True, converter=COUNT)
    every: int | None = attrs.field(default=None, kw_only=True, converter=COUNT)
    looks: tuple[int, ...] | None = attrs.field(default=None, kw_only=True, converter=LOOKS)

    def __attrs_post_init__(self) -> None:
        check_rule(self)

    def predictive_probability(
        self, responses: int, patients: int, *, n: int, benchmark: float | Distribution
    ) -> float:
        """Predictive probability of success at the end of a trial of n patients.

        Parameters
        ----------
        responses, patients : int
            What was seen so far.
        n : int
            Patients at the end.
        benchmark : float or Distribution
            The rate that the arm is held against, or its law.

        Raises
        ------
        InvalidInput
            If the counts do not fit one another, or the benchmark is no rate.

        Examples
        --------
        >>> import icibaseline as ici
        >>> rule = ici.LeeLiu(0.9, prior=ici.BetaMixture(1, 0.6, 0.4))
        >>> round(rule.predictive_probability(16, 23, n=40, benchmark=0.6), 7)
        0.5655589
        """
        total = _checks.whole("n", n)
        seen = _checks.whole("patients", patients, 0)
        if seen > total:
            reject("patients", f"at most `n`, which is {total}", patients)
        count = _checks.whole("responses", responses, 0)
        if count > seen:
            reject("responses", f"at most `patients`, which is {seen}", responses)
        if isinstance(benchmark, Distribution):
            reference = Reference(rate("benchmark", benchmark).typical, benchmark)
        else:
            reference = Reference(_checks.open_unit("benchmark", benchmark))
        least = int(self._end.least(np.array([total]), reference)[0])
        return float(predictive(belief_of(self.prior), np.array([seen, total]), least)[0][count])

    def _interim(self, sizes: IntArray, n: int, reference: Reference) -> tuple[FloatArray, FloatArray]:
        """Counts at which the predictive probability passes the thresholds."""
        least = int(self._end.least(np.array([n]), reference)[0])
        tables = predictive(belief_of(self.prior), np.append(sizes, n), least)[:-1]
        futility = np.array([np.count_nonzero(table < self.stop) - 1.0 for table in tables])
        efficacy = np.full(len(sizes), np.inf)
        if self.early is not None:
            first = np.array([np.count_nonzero(table <= self.early) for table in tables])
            efficacy = np.where(first > sizes, np.inf, first)
        return efficacy, np.where(futility < 0, -np.inf, futility)

    def _judge_interim(self, size: int, n: int, reference: Reference) -> Judged:
        """The predictive probability of each count, a sum over the responses to come, against the thresholds."""
        chance = _predicted(self, size, n, reference)
        success = np.zeros(size + 1, dtype=bool) if self.early is None else chance > self.early
        return Judged(success, chance < self.stop)

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the rule."""
        return ("lee2008",)


@lru_cache(maxsize=512)
def _predicted(rule: LeeLiu, size: int, n: int, reference: Reference) -> FloatArray:
    """Predictive probabilities of success, (size + 1,), by summing the beta-binomial law."""
    passed, to_come = rule._end.passed(n, reference), np.arange(n - size + 1)
    ways, found = comb(n - size, to_come), np.zeros(size + 1)
    for x in range(size + 1):
        law = law_after(rule.prior, x, size)
        parts: Any = zip(law.weights, law.a, law.b, strict=True)
        chance = sum(w * ways * np.exp(betaln(a + to_come, b + n - size - to_come) - betaln(a, b)) for w, a, b in parts)
        found[x] = chance @ passed[x + to_come]
    return found
