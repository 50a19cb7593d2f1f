"""Rules that look at responses again and again, and stop by posterior probability."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._exact import Stages
from icibaseline._values import FloatArray, IntArray, value
from icibaseline.distributions import BetaMixture
from icibaseline.errors import reject
from icibaseline.rules.counts import CountRule, Judged, Reference, at_least
from icibaseline.rules.hurdle import Hurdle
from icibaseline.rules.responses import Posterior, analysis_prior, margin

__all__ = ["COUNT", "LOOKS", "OPTIONAL", "PROBABILITY", "MonitoredRule", "ThallSimon", "check_rule", "jeffreys"]

_FIRST = 10
_EVEN = 0.5


# ---- looks -------------------------------------------------------------------------------------------


def _after(name: str, held: object) -> tuple[int, ...]:
    return _checks.increasing(name, held, _checks.whole)


PROBABILITY = as_field(_checks.open_unit)
OPTIONAL = as_field(_checks.optional(_checks.open_unit))
COUNT = as_field(_checks.optional(_checks.whole))
LOOKS = as_field(_checks.optional(_after))


class MonitoredRule(CountRule):
    """Abstract rule with looks after given numbers of patients, at which a probability is compared with thresholds."""

    c: float
    prior: BetaMixture
    delta: float
    early: float | None
    first: int | None
    every: int | None
    looks: tuple[int, ...] | None

    @abstractmethod
    def _interim(self, sizes: IntArray, n: int, reference: Reference) -> tuple[FloatArray, FloatArray]:
        """Least counts that succeed, and greatest that stop, (K,) each, at looks before the last."""

    @abstractmethod
    def _judge_interim(self, size: int, n: int, reference: Reference) -> Judged:
        """What a look after so many of n patients says of 0, 1, ... responses, by the rule's own definition."""

    @property
    def _end(self) -> Hurdle:
        """What is asked at the last look."""
        return Hurdle(self.c, self.prior, self.delta)

    def _sizes(self, n: int) -> IntArray:
        """Patients at each look of a trial of n.

        Raises
        ------
        InvalidInput
            If no look comes before the last one.
        """
        first = _FIRST if self.first is None else self.first
        early = (
            np.arange(first, n, self.every or 1) if self.looks is None else np.array([k for k in self.looks if k < n])
        )
        if not early.size:
            name, held = ("first", first) if self.looks is None else ("looks", self.looks)
            reject(name, f"before the end, after {n} patients", held, "Without interim looks the rule is Posterior.")
        return np.append(early, n).astype(int)

    def bounds(self, n: int, reference: Reference) -> Stages:
        """The looks of a trial of n patients, and the counts that succeed or stop at them."""
        sizes = self._sizes(n)
        efficacy, futility = self._interim(sizes[:-1], n, reference)
        end = self.end(n, reference)
        return Stages(sizes, np.append(efficacy, end.efficacy), np.append(futility, end.futility))

    def end(self, n: int, reference: Reference) -> Stages:
        """The last look alone, after n patients."""
        least = self._end.least(np.array([n]), reference).astype(float)
        return Stages(np.array([n]), np.where(least > n, np.inf, least), least - 1)

    def bracket(self, sizes: IntArray, reference: Reference, rates: FloatArray) -> tuple[FloatArray, FloatArray]:
        """From above the power of the last look alone, unless an earlier one may succeed; nothing from below."""
        least = self._end.least(sizes, reference)
        high = at_least(least, sizes, rates[:, None])
        return np.zeros_like(high), high if self.early is None else np.ones_like(high)

    def judge(self, responses: IntArray, sizes: IntArray, reference: Reference) -> Judged:
        """What the rule says of data, by its own definition."""
        n = int(sizes[-1])
        passed = self._end.passed(n, reference)
        tables = [*(self._judge_interim(int(k), n, reference) for k in sizes[:-1]), Judged(passed, ~passed)]
        success, futile = (
            np.stack([table[i][x] for table, x in zip(tables, responses.T, strict=True)], axis=1) for i in range(2)
        )
        return Judged(success, futile)

    def floor(self, reference: Reference) -> float:
        """The rate above which the last look succeeds in the long run."""
        return reference.rate + self.delta if reference.law is None else self.one_look.floor(reference)

    def floor_in_words(self, reference: Reference) -> str:
        """What the floor is."""
        if reference.law is not None:
            return self.one_look.floor_in_words(reference)
        return f"the benchmark plus {self.delta:g}" if self.delta else "the benchmark"

    @property
    def one_look(self) -> Posterior:
        """The last look alone."""
        return Posterior(self.c, prior=self.prior, delta=self.delta)

    def check(self, reference: Reference) -> None:
        """A number will do, or a law."""

    @property
    def nominal(self) -> float | None:
        """That of the last look alone, nearly: 1 - c."""
        return 1 - self.c

    @property
    def sizable(self) -> bool:
        """It suits any number of patients."""
        return True


def check_rule(rule: Any) -> None:
    """Refuse looks that are given twice, and thresholds that contradict one another."""
    if rule.looks is not None and (rule.first, rule.every) != (None, None):
        reject("looks", "left out when `first` or `every` is given", rule.looks, "Give the one or the others.")
    if rule.early is not None and rule.stop >= rule.early:
        hint = "A look stops for futility below the one and for success above the other."
        reject("stop", f"below `early`, which is {rule.early:g}", rule.stop, hint)
    if rule.c < _EVEN and rule.delta <= 0:
        hint = "Below it a success would be one that is more likely to be no better."
        reject("c", "at least 0.5, unless the rate must be better by `delta`", rule.c, hint)


def jeffreys() -> BetaMixture:
    """The prior where none is given."""
    return BetaMixture((1.0,), (0.5,), (0.5,))


# ---- the rules ---------------------------------------------------------------------------------------


@final
@value
class ThallSimon(MonitoredRule):
    r"""Monitoring by the posterior probability that the experimental rate is better, after Thall and Simon.

    Parameters
    ----------
    c : float
        At the end, success when ``P(experimental rate > control rate + delta | data) >= c``.
    stop : float
        A look stops for futility when ``P(experimental rate > control rate + stop_delta | data) < stop``.
    early : float, optional
        A look before the end succeeds when the probability that is asked at the end is at least this; None: none does.
    delta, stop_delta : float, optional
        By how much the rate must be better at the end, and for going on; the latter is `delta` unless given.
    prior : BetaMixture, optional
        Prior of the experimental rate in the analysis; Jeffreys' Beta(0.5, 0.5) by default.
    first, every : int, optional
        Looks after so many patients, 10 by default, and after each group of so many more, 1 by default.
    looks : sequence of int, optional
        Instead of these: patients at each look before the end; those that are not fewer than n are left out.

    Raises
    ------
    InvalidInput
        If an argument is not of these kinds, looks are given twice, `stop` is not below `early`, or not below `c` with
        the same margin, or `c` is below 0.5 without a margin.

    Notes
    -----
    After x responses of n,

    .. math:: \int P(\mathrm{Beta}(a + x, b + n - x) > p + \delta) \, \pi(p) \, dp

    is compared with the thresholds [1]_. The law :math:`\pi` of the control rate is that of the benchmark: its error is
    part of the rule. A benchmark that is a bare number is taken for the rate itself. Operating characteristics follow
    exactly from the counts at which the probability passes the thresholds.

    References
    ----------
    .. [1] Thall PF, Simon R. Practical Bayesian guidelines for phase IIB clinical trials. Biometrics 1994; 50: 337-349.

    Examples
    --------
    >>> import icibaseline as ici
    >>> rule = ici.ThallSimon(0.95, stop=0.05, first=10, every=10)
    >>> design = ici.SingleArm(n=40, benchmark=0.2, rule=rule)
    >>> truth = ici.ResponseScenario(control=0.2, effect=ici.Rate(0.4))
    >>> ici.power(design, truth).futility_bounds
    (0.0, 1.0, 2.0, 12.0)
    """

    c: float = attrs.field(default=0.95, converter=PROBABILITY)
    stop: float = attrs.field(default=0.05, converter=PROBABILITY)
    early: float | None = attrs.field(default=None, kw_only=True, converter=OPTIONAL)
    delta: float = attrs.field(default=0.0, kw_only=True, converter=as_field(margin))
    stop_delta: float | None = attrs.field(default=None, kw_only=True, converter=as_field(_checks.optional(margin)))
    prior: BetaMixture = attrs.field(factory=jeffreys, kw_only=True, converter=as_field(analysis_prior))
    first: int | None = attrs.field(default=None, kw_only=True, converter=COUNT)
    every: int | None = attrs.field(default=None, kw_only=True, converter=COUNT)
    looks: tuple[int, ...] | None = attrs.field(default=None, kw_only=True, converter=LOOKS)

    def __attrs_post_init__(self) -> None:
        check_rule(self)
        if self.stop >= self.c and (self.stop_delta is None or self.stop_delta >= self.delta):
            hint = "A look would stop for futility with what is a success at the end."
            reject("stop", f"below `c`, which is {self.c:g}", self.stop, hint)

    @property
    def _going_on(self) -> Hurdle:
        return Hurdle(self.stop, self.prior, self.delta if self.stop_delta is None else self.stop_delta)

    def _interim(self, sizes: IntArray, n: int, reference: Reference) -> tuple[FloatArray, FloatArray]:
        """Counts at which the posterior probability passes the thresholds."""
        futility = self._going_on.least(sizes, reference) - 1
        efficacy = np.full(len(sizes), np.inf)
        if self.early is not None:
            least = Hurdle(self.early, self.prior, self.delta).least(sizes, reference)
            efficacy = np.where(least > sizes, np.inf, least)
        return efficacy, np.where(futility < 0, -np.inf, futility)

    def _judge_interim(self, size: int, n: int, reference: Reference) -> Judged:
        """The posterior probability of each count, against the thresholds."""
        futile = ~self._going_on.passed(size, reference)
        if self.early is None:
            return Judged(np.zeros(size + 1, dtype=bool), futile)
        return Judged(Hurdle(self.early, self.prior, self.delta).passed(size, reference), futile)

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the rule."""
        return ("thall1994",)
