"""The test of one exponential rate."""

from __future__ import annotations

from typing import final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import value
from icibaseline.errors import reject
from icibaseline.statistics.one_sample.approximations import Approximation, ClosedForm, Conditional
from icibaseline.statistics.one_sample.contrasts import Contrast, LogRatio
from icibaseline.statistics.one_sample.events import EventsTest
from icibaseline.survival import Curve

__all__ = ["ExponentialTest"]

_FEW = 250  # patients
_FORMULAS: dict[str, Approximation] = {f.name: f for f in (Conditional(), ClosedForm())}
_LEVELS = np.linspace(0.02, 0.98, 25)
_CONSTANT = 1e-9


@final
@value
class ExponentialTest(EventsTest):
    r"""The estimated rate of an exponential law against a benchmark's.

    Parameters
    ----------
    formula : {"conditional", "events"}, optional
        How power is approximated; every result names it.
    follow_up : float, optional
        Months after which a patient's follow-up ends; None follows everybody to the look.
    benchmark_sd : float, optional
        Standard error of the benchmark's log median; 0 takes the benchmark as known.

    Raises
    ------
    InvalidInput
        If a name is unknown, `follow_up` is not positive or `benchmark_sd` negative; in a design, if the benchmark is
        not exponential.

    Notes
    -----
    With D events in a total follow-up of T months the estimated rate is :math:`\hat\lambda = D / T`, its log has a
    standard error of :math:`1 / \sqrt D`, and [1]_

    .. math:: Z = \log(\lambda_0 / \hat\lambda) \sqrt D .

    A trial without any event has Z = 0. The formula "events" takes Z as normal with mean
    :math:`\log(\lambda_0 / \lambda_1) \sqrt{\mathrm E D}` and a standard deviation of 1, where the benchmark has an
    error s of its own both divided by :math:`\sqrt{1 + s^2 \mathrm E D}`; for "conditional" see `OneSampleLogRank`,
    which makes the same comparison without a law of the survival times.

    References
    ----------
    .. [1] Lawless JF. Statistical Models and Methods for Lifetime Data. 2nd ed. Hoboken: Wiley; 2003.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.ExponentialTest().formula
    'conditional'
    """

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
        return LogRatio()

    @property
    def approximation(self) -> Approximation:
        """The formula object of that name."""
        return _FORMULAS[self.formula]

    @property
    def alternative(self) -> str:
        """What the test shows when it rejects."""
        return "the rate is below the benchmark's"

    @property
    def formula_name(self) -> str:
        """The formula as reports name it."""
        return f"exponential test, {self.approximation.title}"

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the test and its formula."""
        return self.contrast.citations

    def cautions(self, n: float, alpha: float, simulated: bool) -> tuple[str, ...]:
        """What a user should know of the test at this size and level."""
        if simulated or self.approximation.near_exact or n >= _FEW:
            return ()
        return (f"With {n:g} patients the closed form can be points away from the power of the test.",)

    def check_benchmark(self, curve: Curve) -> None:
        """Raise `InvalidInput` if the hazard of the curve is not constant."""
        hazard = np.asarray(curve.hazard(np.minimum(np.asarray(curve.quantile(_LEVELS)), 1e6)))
        if hazard.min() <= 0 or np.ptp(hazard) > _CONSTANT * hazard.max():
            reject("benchmark", "an exponential curve for ExponentialTest", curve, "OneSampleLogRank takes any curve.")
