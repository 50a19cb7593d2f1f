"""When responses of one arm are a success: the exact binomial test, and the posterior probability of being better."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, final

import attrs
import numpy as np
from scipy.special import betainc, betaln, expit, gammaln, log_expit, ndtri, xlog1py, xlogy

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import BoolArray, FloatArray, IntArray, value
from icibaseline.distributions import BetaMixture, Distribution
from icibaseline.distributions.base import Nodes, standard_nodes
from icibaseline.errors import InvalidInput, reject
from icibaseline.rules.counts import Certainty, Judged, OneLookRule, Reference, at_least, least_counts

__all__ = ["Exact", "Posterior"]

_ROUNDING = 1 + 1e-12  # a probability that equals its limit keeps it
_STRIDE = 12
_PLACES = 1001
_LOG_ODDS = np.linspace(-60.0, 60.0, 8001)


def _level(name: str, held: object) -> float:
    rule = "a number strictly between 0 and 1"
    clean = _checks.number(name, held, rule)
    if not 0 < clean < 1:
        count = f"Exact(r={clean:g}) is the rule of at least {clean:g} responses. " if clean.is_integer() else ""
        reject(name, rule, held, (count if clean >= 1 else "") + _checks.fraction_hint(clean))
    return clean


@final
@value
class Exact(OneLookRule):
    """The exact binomial test: success with at least r responses.

    Parameters
    ----------
    alpha : float, optional
        One-sided level, 0.05 by default: r is the least count with P(X >= r) at most alpha at the benchmark's rate.
    r : int, optional
        Instead of `alpha`: the count itself.

    Raises
    ------
    InvalidInput
        If both are given, `alpha` is no probability or `r` no positive whole number.

    Notes
    -----
    Responses are discrete, so that the type I error at the benchmark's rate is below alpha, and power falls whenever
    one patient more asks for one response more [1]_.

    References
    ----------
    .. [1] Chernick MR, Liu CY. The saw-toothed behavior of power versus sample size and software solutions: single
       binomial proportion using exact methods. The American Statistician 2002; 56: 149-155.

    Examples
    --------
    >>> import icibaseline as ici
    >>> design = ici.SingleArm(n=44, benchmark=7 / 38, rule=ici.Exact(alpha=0.05))
    >>> design.responses
    13
    """

    alpha: float | None = attrs.field(default=None, converter=as_field(_checks.optional(_level)))
    r: int | None = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(_checks.whole)))

    def __attrs_post_init__(self) -> None:
        if self.alpha is not None and self.r is not None:
            reject("r", "left out when `alpha` is given", self.r, "Give one of the two.")

    @property
    def nominal(self) -> float | None:
        """The level; None where a count was given."""
        return None if self.r is not None else self._level

    @property
    def _level(self) -> float:
        return 0.05 if self.alpha is None else self.alpha

    @property
    def sizable(self) -> bool:
        """A given count belongs to one number of patients."""
        return self.r is None

    def least(self, sizes: IntArray, reference: Reference) -> IntArray:
        """The least number of responses that succeeds among so many patients; above that number where none does."""
        if self.r is not None:
            if np.any(sizes < self.r):
                reject("r", f"at most n, which is {int(np.min(sizes))}", self.r)
            return np.full(len(sizes), self.r)
        p, alpha = reference.rate, self._level * _ROUNDING
        guess = sizes * p - ndtri(self._level) * np.sqrt(sizes * p * (1 - p)) + 0.5
        return least_counts(lambda x, n: at_least(x, n, p) <= alpha, sizes, guess)

    def judge(self, responses: IntArray, sizes: IntArray, reference: Reference) -> Judged:
        """Whether the p-value, a sum of binomial probabilities, is at most alpha, or the count at least r."""
        if self.r is not None:
            success = responses >= self.r
        else:
            success = np.stack([self._significant(responses[:, k], int(n), reference) for k, n in enumerate(sizes)], 1)
        return Judged(success, ~success)

    def _significant(self, responses: IntArray, n: int, reference: Reference) -> BoolArray:
        x, p = np.arange(n + 1.0), reference.rate
        chance = np.exp(gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1) + xlogy(x, p) + xlog1py(n - x, -p))
        p_values = np.cumsum(chance[::-1])[::-1]
        return np.asarray(p_values[responses] <= self._level * _ROUNDING)

    def floor(self, reference: Reference) -> float:
        """The rate above which power tends to 1: that of the benchmark."""
        return reference.rate

    def floor_in_words(self, reference: Reference) -> str:
        """What the floor is."""
        return "the benchmark"

    def certainty(self, reference: Reference, highest: float) -> Certainty:
        """The test itself."""
        return Certainty(np.array([reference.rate]), np.ones(1), 1 - self._level)

    def check(self, reference: Reference) -> None:
        """Any rate will do."""

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the rule."""
        return ("chernick2002", "clopper1934")


def analysis_prior(name: str, held: object) -> BetaMixture:
    hint = "For example BetaMixture(1, 1, 1), the flat one."
    return _checks.instance(name, held, BetaMixture, "a BetaMixture", hint)  # type: ignore[no-any-return]


def margin(name: str, held: object) -> float:
    rule = "a number strictly between -1 and 1"
    clean = _checks.number(name, held, rule)
    if not -1 < clean < 1:
        reject(name, rule, held, _checks.fraction_hint(abs(clean)))
    return clean


@final
@value
class Posterior(OneLookRule):
    r"""Success when the experimental rate is better with a high posterior probability.

    Parameters
    ----------
    c : float
        Success when ``P(experimental rate > control rate + delta | data) >= c``.
    prior : BetaMixture, optional
        Prior of the experimental rate in the analysis; Jeffreys' Beta(0.5, 0.5) by default.
    delta : float, optional
        By how much it must be better.

    Raises
    ------
    InvalidInput
        If an argument is not of these kinds.

    Notes
    -----
    The control rate has the law that the benchmark's history gives: its error is part of the rule, which is that of
    Thall and Simon [1]_. After x responses of n,

    .. math:: \int P(\mathrm{Beta}(a + x, b + n - x) > p + \delta) \, \pi(p) \, dp \ge c.

    As n grows, x / n is the experimental rate itself, and success is that it lies above the c-quantile of the control
    law plus delta: no number of patients shows a smaller one to be better.

    Averaged over the control law, with experimental = control and a flat prior, the probability of success is 1 - c
    for normal data whatever n is; for counts it tends to that as n grows.

    References
    ----------
    .. [1] Thall PF, Simon R. Practical Bayesian guidelines for phase IIB clinical trials. Biometrics 1994; 50: 337-349.

    Examples
    --------
    >>> import icibaseline as ici
    >>> design = ici.SingleArm(n=156, benchmark=ici.baseline("promit_orr"), rule=ici.Posterior(0.95))
    >>> design.responses
    50
    """

    c: float = attrs.field(default=0.95, converter=as_field(_checks.open_unit))
    prior: BetaMixture = attrs.field(
        factory=lambda: BetaMixture((1.0,), (0.5,), (0.5,)), kw_only=True, converter=as_field(analysis_prior)
    )
    delta: float = attrs.field(default=0.0, kw_only=True, converter=as_field(margin))

    @property
    def nominal(self) -> float | None:
        """1 - c."""
        return 1 - self.c

    @property
    def sizable(self) -> bool:
        """It suits any number of patients."""
        return True

    def floor(self, reference: Reference) -> float:
        """The rate above which power tends to 1: the c-quantile of the control law, plus delta."""
        return float(_law(reference).quantile(self.c)) + self.delta

    def floor_in_words(self, reference: Reference) -> str:
        """What the floor is."""
        more = f" plus {self.delta:g}" if self.delta else ""
        return f"the {self.c:g} quantile of what the benchmark's rate may be{more}"

    # ---- theory ------------------------------------------------------------------------------------------

    def least(self, sizes: IntArray, reference: Reference) -> IntArray:
        """The least number of responses that succeeds among so many patients; above that number where none does."""
        coarse = sizes[::_STRIDE]
        if len(coarse) > 1:  # a line through a few makes good guesses for the others
            guess = np.interp(sizes, coarse, self.least(coarse, reference))
        else:
            law, floor = _law(reference), min(max(self.floor(reference), 1e-6), 1 - 1e-6)
            aim = ndtri(self.c) * np.sqrt(floor * (1 - floor) / sizes)
            centre = law.mean + self.delta
            guess = sizes * (centre + np.sign(aim) * np.hypot(floor - centre, aim))
        return least_counts(lambda x, n: self.better(x, n, reference) >= self.c, sizes, guess)

    def better(self, responses: IntArray, sizes: IntArray, reference: Reference) -> FloatArray:
        """Posterior probability of being better by more than delta, after responses among so many patients.

        The tail of the experimental law at nodes of the control law, which are as dense as it is steep there.
        """
        law = _law(reference)
        spread = float(np.max(law.sd * np.sqrt(np.max(sizes) + 2.0) / 0.5))
        nodes = _nodes(law, 2 ** int(np.ceil(np.log2(max(64.0, 40 * spread)))))
        beyond = 1 - np.clip(nodes.x + self.delta, 0.0, 1.0)
        weights, a, b = _posterior(self.prior, responses, sizes)
        parts = zip(weights, a, b, strict=True)
        return np.asarray(sum(w * (betainc(d[..., None], c[..., None], beyond) @ nodes.weights) for w, c, d in parts))

    def certainty(self, reference: Reference, highest: float) -> Certainty:
        """P(better) is at least the sum over intervals of the control rate of mass times P(experimental > end)."""
        law, places = _law(reference), np.linspace(0, min(highest, 1.0), _PLACES)[1:]
        below = np.asarray(law.cdf(np.clip(places - self.delta, 0.0, 1.0)))
        return Certainty(places, np.diff(below, prepend=0.0), self.c, int(np.ceil(max(self.prior.b))) - 1)

    # ---- data --------------------------------------------------------------------------------------------

    def judge(self, responses: IntArray, sizes: IntArray, reference: Reference) -> Judged:
        """Whether the posterior probability is high, from the control law's distribution function."""
        enough = [_chances(self, int(n), reference) >= self.c for n in sizes]
        success = np.stack([table[responses[:, k]] for k, table in enumerate(enough)], axis=1)
        return Judged(success, ~success)

    # ---- what reports say --------------------------------------------------------------------------------

    def check(self, reference: Reference) -> None:
        """The benchmark must have an error that is known."""
        if reference.law is None:
            raise InvalidInput(
                f"`benchmark` must be a Baseline or a prior for a posterior rule; got the number {reference.rate:.4g}. "
                'Its error is not known. Give a Baseline such as baseline("promit_orr"), or '
                "BetaMixture.from_counts(responses, patients)."
            )

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the rule."""
        return ("thall1994",)


@lru_cache(maxsize=64)
def _nodes(law: Distribution, points: int) -> Nodes:
    """Nodes of a law along the normal numbers that it is an image of: many are cheap, unlike those of its own rule."""
    z, weights = standard_nodes(points, "legendre")
    parts = [(share, part.from_normal(z[:, None])) for share, part in law.components()]
    return Nodes(np.concatenate([x for _, x in parts]), np.concatenate([share * weights for share, _ in parts]))


@lru_cache(maxsize=64)
def _chances(rule: Posterior, n: int, reference: Reference) -> FloatArray:
    """E of P(control + delta < p) over the experimental posterior, for 0 to n responses: trapezoids in the log odds."""
    x, p = np.arange(n + 1.0), expit(_LOG_ODDS)
    weights, a, b = _posterior(rule.prior, x, np.full(n + 1, float(n)))
    better = np.asarray(_law(reference).cdf(p - rule.delta))
    found = np.zeros(n + 1)
    for w, first, second in zip(weights, a, b, strict=True):
        log = first[:, None] * log_expit(_LOG_ODDS) + second[:, None] * log_expit(-_LOG_ODDS)
        found += w * (np.exp(log - betaln(first, second)[:, None]) @ better) * (_LOG_ODDS[1] - _LOG_ODDS[0])
    return found


def _law(reference: Reference) -> Distribution:
    assert reference.law is not None  # `check` has seen to it
    return reference.law


def _posterior(prior: BetaMixture, responses: Any, sizes: Any) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Weights and parameters of the posterior, (components, ...) each."""
    x, n = np.asarray(responses, dtype=float), np.asarray(sizes, dtype=float)
    column = (-1, *(1,) * x.ndim)
    before_a, before_b = np.reshape(prior.a, column), np.reshape(prior.b, column)
    a, b = before_a + x, before_b + n - x
    with np.errstate(divide="ignore"):
        log = np.log(np.reshape(prior.weights, column)) + betaln(a, b) - betaln(before_a, before_b)
    share = np.exp(log - log.max(axis=0))
    return share / share.sum(axis=0), a, b
