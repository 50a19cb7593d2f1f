"""Fleming's bounds for several looks at a count of responses."""

from __future__ import annotations

from functools import lru_cache
from typing import final

import attrs
import numpy as np
from scipy.special import bdtrik, ndtri

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._exact import Stages
from icibaseline._exact.fleming import equal_sizes, fleming, within
from icibaseline._values import BoolArray, FloatArray, IntArray, value
from icibaseline.errors import reject
from icibaseline.rules.counts import CountRule, Judged, Reference, at_least, at_most, least_counts

__all__ = ["Fleming"]

_ROUNDING = 1 + 1e-12  # a probability that equals its limit keeps it


@final
@value
class Fleming(CountRule):
    r"""Several looks at a count of responses that may each stop for success or futility, after Fleming.

    Parameters
    ----------
    alpha : float, optional
        One-sided level.
    looks : int, optional
        Number of looks, the last one included, after groups of patients that are as equal as can be.
    exact : bool, optional
        Whether the last bound is the least with which the exact type I error keeps alpha, and an earlier one is raised
        where the formula's alone does not; otherwise all are those of the formula, which rests on the normal
        approximation.

    Raises
    ------
    InvalidInput
        If an argument is not of these kinds; with `n`, if there are fewer patients than looks.

    Notes
    -----
    With :math:`z = z_{1-\alpha}`, N patients at the end, n at a look and [x] the whole number nearest to x, a look
    succeeds with at least :math:`[n p_0 + z \sqrt{N p_0 (1 - p_0)}] + 1` responses and is futile with at most
    :math:`[n p_A - z \sqrt{N p_A (1 - p_A)}]`, where [1]_

    .. math:: p_A = \frac{(\sqrt{N p_0} + z \sqrt{1 - p_0})^2}{N + z^2} .

    Early bounds are so far out that the last one is nearly that of a single look.

    Looks and bounds follow from n and alpha, so that `sample_size` has nothing to choose but n: it finds the least n,
    of all from the number of looks on, at which the power of these bounds reaches the target. It is the least, since
    every smaller n was tried, or is too small even for the most powerful test of the level. That n makes neither the
    expected nor the greatest number of patients least among all designs with so many looks.

    References
    ----------
    .. [1] Fleming TR. One-sample multiple testing procedure for phase II clinical trials. Biometrics 1982; 38: 143-151.

    Examples
    --------
    >>> import icibaseline as ici
    >>> design = ici.SingleArm(n=45, benchmark=0.2, rule=ici.Fleming(alpha=0.05, looks=3))
    >>> result = ici.power(design, ici.ResponseScenario(control=0.2, effect=ici.Rate(0.4)))
    >>> result.efficacy_bounds, result.futility_bounds, round(result.power, 3)
    ((8.0, 11.0, 15.0), (1.0, 7.0, 14.0), 0.867)
    """

    alpha: float = attrs.field(default=0.05, converter=as_field(_checks.open_unit))
    looks: int = attrs.field(default=2, kw_only=True, converter=as_field(_checks.whole))
    exact: bool = attrs.field(default=True, kw_only=True, converter=as_field(_checks.flag))

    def bounds(self, n: int, reference: Reference) -> Stages:
        """The looks of a trial of n patients, and the counts that succeed or stop at them."""
        if n < self.looks:
            reject("looks", f"at most n, which is {n}", self.looks)
        stages = fleming(equal_sizes(n, self.looks), reference.rate, self.alpha)
        return within(stages, reference.rate, self.alpha * _ROUNDING) if self.exact else stages

    def judge(self, responses: IntArray, sizes: IntArray, reference: Reference) -> Judged:
        """The counts against the formulas; at an exact end, the probability of as many or more against alpha."""
        p, z, total = reference.rate, float(ndtri(1 - self.alpha)), float(sizes[-1])
        other = (np.sqrt(total * p) + z * np.sqrt(1 - p)) ** 2 / (total + z**2)
        success = responses > np.rint(sizes * p + z * np.sqrt(total * p * (1 - p)))
        futile = responses <= np.rint(sizes * other - z * np.sqrt(total * other * (1 - other)))
        if self.exact:
            kept = _kept(self, tuple(int(n) for n in sizes), p)
            success[:, -1] = True
            success &= np.stack([may[x] for may, x in zip(kept, responses.T, strict=True)], axis=1)
        futile[:, -1] = ~success[:, -1]
        return Judged(success, futile)

    def bracket(self, sizes: IntArray, reference: Reference, rates: FloatArray) -> tuple[FloatArray, FloatArray]:
        """From above the most powerful test of the level; from below, all that might go wrong added up."""
        p, looks, z = reference.rate, self.looks, float(ndtri(1 - self.alpha))
        many = np.maximum(sizes, looks)
        other = (np.sqrt(many * p) + z * np.sqrt(1 - p)) ** 2 / (many + z**2)
        wrong, spent = np.zeros((len(rates), len(many))), np.zeros(len(many))
        for k in range(1, looks):
            n = np.floor(many * k / looks + 0.5)
            least = np.floor(n * p + z * np.sqrt(many * p * (1 - p)) + 0.5) + 1
            most = np.floor(n * other - z * np.sqrt(many * other * (1 - other)) + 0.5)
            wrong += at_most(most, n, rates[:, None])
            spent += at_least(least, n, p)
        if self.exact:
            last, high = _least(many, p, self.alpha - spent), _most_powerful(many, p, self.alpha, rates)
        else:
            last, high = np.floor(many * p + z * np.sqrt(many * p * (1 - p)) + 0.5) + 1, np.ones_like(wrong)
        low = 1 - wrong - at_most(last - 1, many, rates[:, None])
        return np.where(sizes < looks, 0.0, np.maximum(low, 0.0)), np.where(sizes < looks, 0.0, high)

    def floor(self, reference: Reference) -> float:
        """The rate above which power tends to 1: that of the benchmark."""
        return reference.rate

    def floor_in_words(self, reference: Reference) -> str:
        """What the floor is."""
        return "the benchmark"

    def check(self, reference: Reference) -> None:
        """Any rate will do."""

    @property
    def nominal(self) -> float | None:
        """The level."""
        return self.alpha

    @property
    def sizable(self) -> bool:
        """It suits any number of patients."""
        return True

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the rule."""
        return ("fleming1982",)


@lru_cache(maxsize=64)
def _kept(rule: Fleming, sizes: tuple[int, ...], p: float) -> tuple[BoolArray, ...]:
    """Which counts at each look keep alpha, by carrying the law of the count from patient to patient."""
    going: FloatArray = np.ones(1)
    spent, found = 0.0, []
    for n in range(1, sizes[-1] + 1):
        going = np.convolve(going, [1 - p, p])
        if n in sizes:
            found.append(np.asarray(spent + np.cumsum(going[::-1])[::-1] <= rule.alpha * _ROUNDING))
            counts, size = np.arange(n + 1)[:, None], np.array([n, sizes[-1]])
            first = rule.with_(exact=False).judge(np.repeat(counts, 2, axis=1), size, Reference(p))
            success = first.success[:, 0] & found[-1]
            spent += float(going[success].sum())
            going = np.where(success | first.futile[:, 0], 0.0, going)
    return tuple(found)


def _least(sizes: IntArray, p: float, alpha: FloatArray) -> IntArray:
    """The least counts that are no more likely than a level for each size; above the size where none is."""
    level = dict(zip(sizes.tolist(), alpha.tolist(), strict=True))
    return least_counts(
        lambda x, n: at_least(x, n, p) <= np.array([level[k] for k in n.tolist()]),
        sizes,
        np.asarray(bdtrik(np.clip(1 - alpha, 0.0, 1.0), sizes, p), dtype=float),
    )


def _most_powerful(sizes: IntArray, p: float, alpha: float, rates: FloatArray) -> FloatArray:
    """Power, (B, N), of the randomised test of one look that uses all of alpha; not below alpha."""
    least = _least(sizes, p, np.full(len(sizes), alpha))
    used, next_one = at_least(least, sizes, p), at_least(least - 1, sizes, p)
    part = (alpha - used) / (next_one - used)
    above, at = at_least(least, sizes, rates[:, None]), at_least(least - 1, sizes, rates[:, None])
    return np.maximum(above + part * (at - above), alpha)
