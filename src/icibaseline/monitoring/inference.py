"""What a trial that was looked at several times says about the effect, and what it may still find.

The effect is the log of the tested hazard ratio over the true one, above 0 where the experimental arm is better than
tested; a `Scale` says what mean and variance Z has then. Arrays are over looks, (K,).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from icibaseline._crossing import search
from icibaseline._values import FloatArray
from icibaseline.distributions import NormalMixture
from icibaseline.monitoring.scale import STRAIGHT, Scale
from icibaseline.rules import Bounds

__all__ = ["Ahead", "Stop", "planned_score", "posterior", "repeated_interval"]

_TAILS = 1e-300, 1 - 1e-16
_FEWEST, _PER_STEEPNESS = 96, 32  # nodes over the effect; 64 and 20 would leave 2e-9


class Stop(NamedTuple):
    r"""Where a trial stopped: the looks up to then, and what was seen at the last one.

    Results are ordered by stage: rejecting earlier is more extreme than later, and at one look a higher Z is [1].
    With c the efficacy bounds, k the last look and z what was seen there, the p value for an effect is

        P(Z_j >= c_j for some j < k, or Z_k >= z),

    paths ending at earlier bounds. It rises with the effect; where it is 1/2 lies the median unbiased estimate, and
    where it is a and 1 - a the limits of an exact interval of level 1 - 2a [2].

    [1] Armitage P. Restricted sequential procedures. Biometrika 1957; 44: 9-26. Fairbanks K, Madsen R. P values for
        tests using a repeated significance test design. Biometrika 1982; 69: 69-74.
    [2] Tsiatis AA, Rosner GL, Mehta CR. Exact confidence intervals following a group sequential test. Biometrics
        1984; 40: 797-803.
    """

    information: FloatArray
    efficacy: FloatArray
    lower: FloatArray  # bounds below which paths end; -inf where they need not
    z: float
    scale: Scale = STRAIGHT

    def p_value(self, effect: FloatArray) -> FloatArray:
        """Probability of a result at least as extreme, for effects (...)."""
        upper, lower = self.efficacy.copy(), self.lower.copy()
        upper[-1], lower[-1] = self.z, -np.inf
        mean = self.scale.score(effect, self.information) / np.sqrt(self.information)
        spread = self.scale.spread(effect, self.information)
        return Bounds.of(self.information, (upper - mean) / spread, (lower - mean) / spread, np.zeros(mean.shape)).power

    def effects(self, p: FloatArray) -> FloatArray:
        """The effects at which the p value is p, each (...)."""
        root = np.sqrt(self.information[-1])

        def excess(drift: FloatArray) -> FloatArray:
            found = np.clip(self.p_value(drift / root), *_TAILS)  # a search needs finite numbers
            return np.asarray(ndtri(found) - ndtri(p))

        return np.asarray(search(excess, np.asarray(self.z + ndtri(p))) / root)


def repeated_interval(information: float, bound: float, z: float, scale: Scale = STRAIGHT) -> tuple[float, float]:
    r"""The effects under which Z is within c standard deviations of its mean, c the efficacy bound [1].

    [1] Jennison C, Turnbull BW. Interim analyses: the repeated confidence interval approach. JRSS B 1989; 51: 305-361.
    """
    return scale.effect(z, information, bound), scale.effect(z, information, -bound)


class Ahead(NamedTuple):
    r"""The looks to come, seen from a look with Z = z at information I.

    Given that, the increments of the score :math:`S_j = Z_j \sqrt{I_j}` are again a Brownian motion in what is gained,
    so that bounds c become :math:`(c_j \sqrt{I_j} - z \sqrt I) / \sqrt{I_j - I}` [1]. Without an effect its variance
    is I, and with one :math:`\sigma^2 I`, :math:`\sigma` being the standard deviation of Z.

    [1] Lan KKG, Simon R, Halperin M. Stochastically curtailed tests in long-term clinical trials. Commun Stat C 1982;
        1: 207-219. Jennison C, Turnbull BW. Group sequential methods. Chapman and Hall, 2000, chapter 10.
    """

    gained: FloatArray
    efficacy: FloatArray
    futility: FloatArray
    now: float = 0.0  # information at the look
    scale: Scale = STRAIGHT

    @classmethod
    def of(cls, bounds: Bounds, seen: int, z: float, scale: Scale = STRAIGHT) -> Ahead:
        """The looks after the first `seen`, the last of which had Z = z."""
        information = bounds.information
        now, later = information[seen - 1], information[seen:]
        gained = later - now

        def from_here(bounds: FloatArray) -> FloatArray:
            return np.asarray((bounds[seen:] * np.sqrt(later) - z * np.sqrt(now)) / np.sqrt(gained))

        return cls(gained, from_here(bounds.efficacy), from_here(bounds.futility), float(now), scale)

    @property
    def _information(self) -> FloatArray:
        """Information now and at the looks to come."""
        return self.now + np.concatenate([[0.0], self.gained])

    def power(self, increments: FloatArray, effect: FloatArray) -> FloatArray:
        """Probability of rejecting, (...), for means of the increments of the score, (..., J), by effects (...)."""
        variance = np.cumsum(self.scale.gains(effect, self._information), axis=-1)
        wider = np.sqrt(self.gained / variance)
        return Bounds.of(variance, self.efficacy * wider, self.futility * wider, increments / np.sqrt(variance)).power

    def power_at(self, effect: FloatArray) -> FloatArray:
        """Probability of rejecting for constant effects (...)."""
        score = self.scale.score(effect, self._information)
        return self.power(score[..., 1:] - score[..., :1], effect)

    def predictive(self, law: NormalMixture, null: float) -> float:
        r"""Probability of rejecting, averaged over a law of the hazard ratio [1].

        [1] Spiegelhalter DJ, Freedman LS, Blackburn PR. Monitoring clinical trials: conditional or predictive power?
            Control Clin Trials 1986; 7: 8-17.
        """
        steepness = max(law.sds) * float(np.sqrt(self.gained[-1]))
        nodes = law.nodes(max(_FEWEST, int(np.ceil(_PER_STEEPNESS * steepness))), rule="legendre")
        return float(nodes.weights @ self.power_at(np.log(null / nodes.x)))


def planned_score(at: FloatArray, information: FloatArray, drift: FloatArray) -> FloatArray:
    """Planned mean of the score at information `at`: lines from 0 through the planned looks, and on."""
    knots = np.concatenate([[0.0], information])
    score = np.concatenate([[0.0], drift * np.sqrt(information)])
    slope = (score[-1] - score[-2]) / (knots[-1] - knots[-2])
    return np.asarray(np.interp(at, knots, score) + slope * np.maximum(at - knots[-1], 0.0))


def posterior(prior: NormalMixture, estimate: float, information: float) -> NormalMixture:
    r"""The law of the hazard ratio after its log was estimated with variance 1 over the information.

    A component N(m, s^2) with weight w becomes normal with precision :math:`s^{-2} + I` and mean
    :math:`(m s^{-2} + y I) / (s^{-2} + I)`, and its weight in proportion to :math:`w\, \phi(y; m, s^2 + 1/I)` [1].

    [1] Spiegelhalter DJ, Abrams KR, Myles JP. Bayesian approaches to clinical trials and health-care evaluation.
        Wiley, 2004, chapters 3 and 5.
    """
    weights, means, sds = (np.array(x) for x in (prior.weights, prior.means, prior.sds))
    precision = sds**-2 + information
    updated = (means * sds**-2 + estimate * information) / precision
    spread = sds**2 + 1 / information
    with np.errstate(divide="ignore"):
        log = np.log(weights) - ((estimate - means) ** 2 / spread + np.log(spread)) / 2
    share = np.exp(log - log.max())
    return prior.with_(weights=tuple(share / share.sum()), means=tuple(updated), sds=tuple(precision**-0.5))
