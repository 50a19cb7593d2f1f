"""What an interim result would do, asked before there is one."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple, final

import attrs
import numpy as np

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import Value, value
from icibaseline.designs import Design, Plan, Randomized
from icibaseline.distributions import NormalMixture
from icibaseline.errors import InvalidInput, reject
from icibaseline.monitoring.checks import law, planned
from icibaseline.monitoring.inference import Ahead, posterior
from icibaseline.monitoring.prior import effect_prior
from icibaseline.monitoring.scale import Scale, scale_of
from icibaseline.rules import Bounds

__all__ = ["Preposterior", "preposterior"]

EFFICACY, MEDIAN = "efficacy bound", "prior-predictive median"
FUTILITY, CONTROL = "futility bound", "bound for control"


class _Result(NamedTuple):
    """An interim result: which look, counted from 0, what it is, and Z."""

    look: int
    name: str
    z: float


def _with_interim_looks(name: str, held: Any) -> Plan | Design:
    found = planned(name, held)
    design = found.design if isinstance(found, Plan) else found
    if design.planned is not None and design.planned.count == 1:
        reject(name, "a plan with an interim look", held, "For example looks=AtInformation((0.6, 1.0), final=...).")
    return found


@final
@value
class Preposterior(Value):
    r"""What `preposterior` returns: interim results that may come, and what each would do.

    Parameters
    ----------
    plan : Plan or Design
        A plan, or a design with its frozen plan, with interim looks.
    prior : NormalMixture
        A law of the hazard ratio, on the log scale.

    Raises
    ------
    InvalidInput
        If the design is not planned or has one look only, or the prior is no law of a hazard ratio.

    Notes
    -----
    Tuples have one entry for each result. The methods are those of `preposterior`.

    Examples
    --------
    >>> import icibaseline as ici
    >>> truth = ici.Scenario(control=ici.Exponential(median=4.7), effect=ici.HazardRatio(0.6),
    ...                      enrollment=ici.Enrollment(duration=24))
    >>> design = ici.Randomized(n=134, looks=ici.AtEvents((60, 120)), boundary=ici.Spending(0.025))
    >>> asked = ici.Preposterior(design.plan_for(truth), prior=ici.NormalMixture.lognormal(0.6, 0.3))
    >>> asked.results
    ('efficacy bound', 'prior-predictive median')
    """

    plan: Plan | Design = attrs.field(converter=as_field(_with_interim_looks))
    prior: NormalMixture = attrs.field(kw_only=True, converter=as_field(law))

    @property
    def design(self) -> Randomized:
        """The design that is asked about."""
        return self.plan.design if isinstance(self.plan, Plan) else self.plan  # type: ignore[return-value]

    @property
    def null(self) -> float:
        """The hazard ratio that is tested."""
        return self.design.statistic.null

    @property
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind what is worked out."""
        return ("spiegelhalter1986",)

    @property
    def _bounds(self) -> Bounds:
        return self.design.planned_boundary.planned_bounds

    @property
    def _scale(self) -> Scale:
        return scale_of(self.design)

    @cached_property
    def _results(self) -> tuple[_Result, ...]:
        bounds, found = self._bounds, []
        below = CONTROL if self.design.boundary.sided == 2 else FUTILITY
        for k in range(len(bounds.information) - 1):
            three = (EFFICACY, bounds.efficacy[k]), (MEDIAN, self._median_z(k)), (below, bounds.futility[k])
            found += [_Result(k, name, float(z)) for name, z in three if np.isfinite(z)]
        return tuple(found)

    def _median_z(self, k: int) -> float:
        """Median of Z at a look, the effect being drawn from the prior."""
        information = self._bounds.information[k]
        spreads = np.sqrt(np.array(self.prior.sds) ** 2 + 1 / information)
        effect = np.log(self.null / self.prior.with_(sds=tuple(spreads)).median)
        return float(self._scale.score(effect, np.array([information]))[0] / np.sqrt(information))

    # ---- what is told of each ----------------------------------------------------------------------------

    @property
    def looks(self) -> tuple[int, ...]:
        """Number of the look, the first being 1."""
        return tuple(r.look + 1 for r in self._results)

    @property
    def results(self) -> tuple[str, ...]:
        """What the result is, in words."""
        return tuple(r.name for r in self._results)

    @property
    def z(self) -> tuple[float, ...]:
        """Z of the result."""
        return tuple(r.z for r in self._results)

    @property
    def hazard_ratios(self) -> tuple[float, ...]:
        """Estimated hazard ratio of the result."""
        return tuple(self.null * float(np.exp(-self._effect(r.z, r.look))) for r in self._results)

    @cached_property
    def posteriors(self) -> tuple[NormalMixture, ...]:
        """The law of the hazard ratio after it."""
        return tuple(self.posterior_at(r.z, r.look + 1) for r in self._results)

    @property
    def probability_better(self) -> tuple[float, ...]:
        """Probability after it that the hazard ratio is below the one tested."""
        return tuple(float(after.cdf(self.null)) for after in self.posteriors)

    @cached_property
    def predictive_power(self) -> tuple[float, ...]:
        """Probability after it that the trial rejects there or later; after futility, if it goes on all the same."""
        return tuple(self.predictive_power_at(r.z, r.look + 1) for r in self._results)

    def posterior_at(self, z: float, look: int = 1) -> NormalMixture:
        """The law of the hazard ratio after an interim result.

        Parameters
        ----------
        z : float
            Z at the look.
        look : int, optional
            Number of the interim look, the first being 1.

        Raises
        ------
        InvalidInput
            If z is no number, or there is no such interim look.
        """
        k = self._interim(look)
        effect = self._effect(_checks.number("z", z), k)
        known = self._scale.known(effect, float(self._bounds.information[k]))
        return posterior(self.prior, float(np.log(self.null)) - effect, known)

    def predictive_power_at(self, z: float, look: int = 1) -> float:
        """Probability that the trial rejects there or later, after an interim result.

        Parameters
        ----------
        z : float
            Z at the look. From the efficacy bound on the trial has rejected, and the answer is 1; at or below that
            of control, in a two-sided design, it is 0. Below a futility bound it is what going on would give.
        look : int, optional
            Number of the interim look, the first being 1.

        Raises
        ------
        InvalidInput
            If z is no number, or there is no such interim look.
        """
        k, bounds, number = self._interim(look), self._bounds, _checks.number("z", z)
        if number >= bounds.efficacy[k]:
            return 1.0
        if self.design.boundary.sided == 2 and number <= bounds.futility[k]:
            return 0.0
        ahead = Ahead.of(bounds, k + 1, number, self._scale)
        return ahead.predictive(self.posterior_at(number, look), self.null)

    def _interim(self, look: int) -> int:
        last = len(self._bounds.information) - 1
        number = _checks.whole("look", look)
        if number > last:
            reject("look", f"the number of an interim look, of which there are {last}", look)
        return number - 1

    def _effect(self, z: float, k: int) -> float:
        return self._scale.effect(z, float(self._bounds.information[k]))

    def to_frame(self) -> Any:
        """One row for each result, as a pandas DataFrame."""
        import pandas as pd

        names = ("looks", "results", "z", "hazard_ratios", "probability_better", "predictive_power")
        columns: dict[str, Any] = {name: getattr(self, name) for name in names}
        columns["posterior_median"] = [after.median for after in self.posteriors]
        columns["posterior_lower"], columns["posterior_upper"] = zip(
            *(x.interval() for x in self.posteriors), strict=True
        )
        return pd.DataFrame(columns)


@_checks.callable_by_name
def preposterior(plan: Plan | Design, *, prior: NormalMixture | None = None) -> Preposterior:
    r"""What interim results would do to the law of the effect, and to the probability of success.

    Parameters
    ----------
    plan : Plan or Design
        What `sample_size` returned, or a design from `plan_for`, with interim looks.
    prior : NormalMixture, optional
        A law of the hazard ratio on the log scale. By default the one that the scenario of the plan has as its effect.

    Returns
    -------
    Preposterior
        For each interim look a result exactly at the efficacy bound, one at the median of what the prior predicts, and
        one at the futility bound: Z and the hazard ratio that would be seen, the posterior, and the probability under
        it that the trial rejects.

    Raises
    ------
    InvalidInput
        If the design is not planned or has one look only, or there is no law of the hazard ratio.

    Notes
    -----
    The looks have the planned events, and I is the information that is in them. What hazard ratio Z stands for is said
    in `monitor`. Under the prior :math:`\sum_j w_j
    N(m_j, s_j^2)` of the log hazard ratio, the estimate at a look has the law :math:`\sum_j w_j N(m_j, s_j^2 + 1/I)`,
    whatever had been decided at earlier looks. The posterior is that of `monitor`, and so is predictive power, the
    planned bounds being those of the later looks [1]_. Averaged over what the prior predicts for the first look it is
    the probability of success before the trial, where the looks wait for their events and the formula is that of
    Schoenfeld; otherwise nearly so [2]_.

    References
    ----------
    .. [1] Spiegelhalter DJ, Freedman LS, Blackburn PR. Monitoring clinical trials: conditional or predictive power?
       Control Clin Trials 1986; 7: 8-17.
    .. [2] Raiffa H, Schlaifer R. Applied statistical decision theory. Harvard University, 1961, chapter 4.

    Examples
    --------
    >>> import icibaseline as ici
    >>> truth = ici.Scenario(control=ici.Exponential(median=4.7),
    ...                      effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.6, 0.3)),
    ...                      enrollment=ici.Enrollment(duration=24))
    >>> design = ici.Randomized(looks=ici.AtInformation((0.6, 1.0), final=ici.AfterEnrollment(12)),
    ...                         boundary=ici.Spending(0.025, futility=ici.HwangShihDeCani(-2)))
    >>> asked = ici.preposterior(ici.sample_size(design, truth, power=0.8))
    >>> asked.results
    ('efficacy bound', 'prior-predictive median', 'futility bound')
    >>> [round(p, 2) for p in asked.predictive_power]
    [1.0, 0.88, 0.17]
    """
    if prior is None and isinstance(plan, Plan):
        prior = effect_prior(plan)
        if prior is None:
            effect = str(getattr(plan.scenario, "effect", None) or plan.scenario).splitlines()[0]
            raise InvalidInput(
                f"`prior` must be given, since the plan's effect, {effect}, is no law of a hazard ratio from the start "
                "on; got None. For example NormalMixture.lognormal(0.7, 0.3)."
            )
    return Preposterior(plan, prior=prior)  # type: ignore[arg-type]
