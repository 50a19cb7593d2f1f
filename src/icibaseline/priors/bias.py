"""What a source may be off by, beyond its sampling error."""

from __future__ import annotations

import math
from typing import final

import attrs

from icibaseline import _checks, _render
from icibaseline._checks import as_field
from icibaseline._values import Value, value
from icibaseline.distributions import BivariateNormal, Distribution, NormalMixture
from icibaseline.errors import reject

__all__ = ["Bias", "biased"]

_ALLOWED = ("median", "hazard ratio")  # what a bias on the log scale is one of


@final
@value
class Bias(Value):
    """An allowance for what a published number may be off by: ``N(mean, sd^2)``, added on the log scale.

    Parameters
    ----------
    sd : float
        Standard deviation on the log scale; 0 for a shift that is known.
    mean : float
        What is added to the log of the number. A source that is too favourable for a hazard ratio needs a positive one.
    reason : str
        Why, and why so much.

    Raises
    ------
    InvalidInput
        If `sd` is negative, `mean` not finite, or `reason` empty.

    Notes
    -----
    If the source measured theta + b in place of theta, with b independent of its error, a prior N(m, s^2) becomes
    N(m + mean, s^2 + sd^2). Normally distributed, this is a power prior with exponent s^2 / (s^2 + sd^2), and a
    commensurate prior with the between-study standard deviation sd [1]_ [2]_.

    References
    ----------
    .. [1] Pocock SJ. The combination of randomized and historical controls in clinical trials. J Chronic Dis
       1976;29:175-188.
    .. [2] Neuenschwander B, Schmidli H. Use of historical data. In: Lesaffre E, Baio G, Boulanger B, editors. Bayesian
       Methods in Pharmaceutical Research. Boca Raton: CRC Press; 2020.

    Examples
    --------
    >>> import icibaseline as ici
    >>> bias = ici.Bias(0.2, reason="treatment was chosen for each patient")
    >>> print(bias.apply(ici.NormalMixture.lognormal(0.35, 0.478)))
    lognormal, median 0.35, 95% 0.127 to 0.966
    """

    sd: float = attrs.field(converter=as_field(_checks.nonnegative))
    mean: float = attrs.field(default=0.0, converter=as_field(_checks.number))
    reason: str = attrs.field(kw_only=True, converter=as_field(_checks.text))

    def apply(self, prior: Distribution) -> NormalMixture | BivariateNormal:
        """The prior with this bias allowed for.

        Parameters
        ----------
        prior : NormalMixture or BivariateNormal
            On the log scale; of a joint prior, the first coordinate. The second stays as it is, and so does the
            covariance of the two.

        Returns
        -------
        NormalMixture or BivariateNormal
            Of the same kind.

        Raises
        ------
        InvalidInput
            If the prior is of another kind or scale.
        """
        if isinstance(prior, NormalMixture) and prior.scale == "log":
            return prior.with_(means=tuple(mean + self.mean for mean in prior.means)).inflate(self.sd)
        if isinstance(prior, BivariateNormal) and prior.scales[0] == "log":
            (mean, other_mean), (sd, other_sd) = prior.means, prior.sds
            wider = math.hypot(sd, self.sd)
            return prior.with_(
                means=(mean + self.mean, other_mean),
                sds=(wider, other_sd),
                correlation=prior.correlation * (sd / wider),
            )
        reject("prior", "a NormalMixture or the first coordinate of a BivariateNormal on the log scale", prior)


def biased(prior: Distribution, bias: Bias | None, parameter: str) -> Distribution:
    """The prior on a parameter, with the bias, if there is one, allowed for."""
    if bias is None:
        return prior
    if parameter not in _ALLOWED:
        hint = "It is added to the log of a median or of a hazard ratio."
        reject("bias", f"left out for a prior on the {parameter}", bias, hint)
    return bias.apply(prior)


@_render.text.register
def _bias(item: Bias) -> str:
    return f"bias N({item.mean:g}, {item.sd:g}^2) on the log scale: {item.reason}"
