"""The one-sample log-rank test."""

from __future__ import annotations

from typing import final

import attrs

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import value
from icibaseline.errors import reject
from icibaseline.statistics.one_sample.approximations import (
    Approximation,
    Conditional,
    ExactVariance,
    TwoStageProgram,
)
from icibaseline.statistics.one_sample.contrasts import CONTRASTS, Contrast
from icibaseline.statistics.one_sample.events import EventsTest
from icibaseline.survival import Curve

__all__ = ["OneSampleLogRank"]

_FEW = 250  # patients
_RARE = 0.01  # fraction with the event
_FORMULAS: dict[str, Approximation] = {f.name: f for f in (Conditional(), ExactVariance(), TwoStageProgram())}


@final
@value
class OneSampleLogRank(EventsTest):
    r"""The one-sample log-rank test: events observed in one arm against those that a benchmark curve expects.

    Parameters
    ----------
    variance : {"average", "expected", "poisson"}, optional
        How O, the observed events, is held against E, the expected ones: (E - O) over the root of (E + O) / 2, over the
        root of E, or by the Poisson law.
    formula : {"conditional", "wu", "wu2020"}, optional
        How power is approximated; every result names it.
    follow_up : float, optional
        Months after which a patient's follow-up ends; None follows everybody to the look.
    benchmark_sd : float, optional
        Standard error of the log of the benchmark's cumulative hazard. For an exponential benchmark that is the
        standard error of its log median, for a Weibull one that times the shape. 0 takes the benchmark as known.

    Raises
    ------
    InvalidInput
        If a name is unknown, `follow_up` is not positive or `benchmark_sd` negative.

    Notes
    -----
    With :math:`\Lambda_0` the benchmark's cumulative hazard and :math:`X_i` the follow-up of patient i,
    :math:`E = \sum_i \Lambda_0(X_i)`. The classical statistic [1]_ is "expected". It rejects a true null hypothesis
    too rarely; "average" [2]_ comes close to its level. "poisson" takes the normal quantile of the probability of at
    most O events when E are expected; it keeps its level, and costs power.

    The formula "wu" [3]_ takes Z as normal, with the exact variance of E - O under the scenario. In trials of less
    than 100 patients its power is off by 0.01 to 0.03. The formula "conditional" uses that given O the test is a
    threshold on E: O is binomial, E given O a sum of independent values with known cumulants, whose tail is an
    Edgeworth series. It agrees with simulation to about 0.001, under the null hypothesis too. At an interim look "wu"
    is the same normal law; "wu2020" is that of the program OneArm2stage [5]_, which puts the number of patients
    enrolled by the look in the place of all in its mean. It understates the mean, and asks for patients too many.

    A published benchmark is not known but estimated. With s its standard error on the log scale the variance of
    :math:`\log(E/O)` is that of the test plus :math:`s^2` [4]_:

    .. math:: \frac{1}{Z^2} = \frac{1}{Z_0^2} + \frac{s^2}{\log^2(E/O)} .

    Ignored, it makes the true one-sided error :math:`1 - \Phi(z_{1-\alpha} / \sqrt{1 + D s^2})` with D events.
    However many patients, a hazard ratio above :math:`\exp(-z_{1-\alpha} s)` cannot be shown.

    References
    ----------
    .. [1] Finkelstein DM, Muzikansky A, Schoenfeld DA. Comparing survival of a sample to that of a standard population.
       Journal of the National Cancer Institute 2003; 95: 1434-1439.
    .. [2] Wu J. A new one-sample log-rank test. Journal of Biometrics and Biostatistics 2014; 5: 210.
    .. [3] Wu J. Sample size calculation for the one-sample log-rank test. Pharmaceutical Statistics 2015; 14: 26-33.
    .. [4] Danzer MF, Feld J, Faldum A, Schmidt R. Reference curve sampling variability in one-sample log-rank tests.
       PLoS ONE 2022; 17: e0271094.
    .. [5] Wu J, Chen L, Wei J, Weiss H, Chauhan A. Two-stage phase II survival trial design. Pharmaceutical Statistics
       2020; 19: 214-229.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.OneSampleLogRank().variance
    'average'
    """

    variance: str = attrs.field(
        default="average", kw_only=True, converter=as_field(lambda n, v: _checks.choice(n, v, CONTRASTS))
    )
    formula: str = attrs.field(
        default="conditional", kw_only=True, converter=as_field(lambda n, v: _checks.choice(n, v, _FORMULAS))
    )
    follow_up: float | None = attrs.field(
        default=None, kw_only=True, converter=as_field(_checks.optional(_checks.positive))
    )
    benchmark_sd: float = attrs.field(default=0.0, kw_only=True, converter=as_field(_checks.nonnegative))

    @property
    def plain(self) -> Contrast:
        """How O is held against E where the benchmark is known."""
        return CONTRASTS[self.variance]

    @property
    def approximation(self) -> Approximation:
        """The formula object of that name."""
        return _FORMULAS[self.formula]

    @property
    def alternative(self) -> str:
        """What the test shows when it rejects."""
        return "fewer events happen than the benchmark expects"

    @property
    def formula_name(self) -> str:
        """The formula as reports name it."""
        return f"one-sample log-rank, {self.approximation.title}"

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the test and its formula."""
        return tuple(dict.fromkeys((*self.contrast.citations, "wu2015")))

    def cautions(self, n: float, alpha: float, simulated: bool) -> tuple[str, ...]:
        """What a user should know of the test at this size and level."""
        if simulated or self.approximation.near_exact or n >= _FEW:
            return ()
        return (
            f"With {n:g} patients Wu's formula can be points away from the power of the test; "
            'OneSampleLogRank(formula="conditional") is not.',
        )

    def check_benchmark(self, curve: Curve) -> None:
        """Raise `InvalidInput` if nobody ever has the event on the curve."""
        if not float(curve.quantile(_RARE)) < float("inf"):
            reject("benchmark", "a curve on which events happen", curve)
