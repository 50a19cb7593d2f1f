"""The verb: what the looks of a trial lead to."""

from __future__ import annotations

from collections.abc import Sequence

from icibaseline import _checks
from icibaseline.designs import Design, Plan
from icibaseline.distributions import NormalMixture
from icibaseline.monitoring.history import Monitoring
from icibaseline.monitoring.look import Look
from icibaseline.monitoring.prior import effect_prior

__all__ = ["monitor"]


@_checks.callable_by_name
def monitor(plan: Plan | Design, looks: Look | Sequence[Look], *, prior: NormalMixture | None = None) -> Monitoring:
    r"""What the looks of a trial lead to: bounds at the information that there was, decision and inference.

    Parameters
    ----------
    plan : Plan or Design
        What `sample_size` returned, or a design from `plan_for`.
    looks : Look or sequence of Look
        All looks so far, in order. A skipped one is left out, and the next one gets its `number`.
    prior : NormalMixture, optional
        A law of the hazard ratio on the log scale, for the posterior and predictive power. By default the one that
        the scenario of the plan has as its effect, if any.

    Returns
    -------
    Monitoring
        For each look bounds, decision, estimate, repeated confidence interval, conditional and predictive power; once
        the trial has ended, the p value, estimate and interval that take account of all looks.

    Raises
    ------
    InvalidInput
        If the design is not planned, events fall from look to look, there are more looks than planned, a look
        comes after the end of the trial, or a month is missing that the boundary needs.

    Notes
    -----
    Information I is the number of events times the shares of the arms, and a look is at the fraction of what is planned
    for the end; a boundary that spends in calendar time takes its month over the last planned month. The boundary is
    solved again for these fractions [1]_. The last planned look, one at which all may be spent, or one that is marked
    final, spends all that is left, whether the trial runs under or over; ``final=False`` goes on. A look without new
    events tests nothing. What did not come as planned is said in `remarks`.

    Under a hazard ratio :math:`\theta` Z has the mean and variance that the risk sets give which it would leave, all
    patients having entered [7]_. With ``LogRank(formula="schoenfeld")`` they are :math:`\log(\theta_0/\theta) \sqrt I`
    and 1, :math:`\theta_0` being the ratio tested, as in other programs: at 2:1 and a hazard ratio of 0.5, 95 %
    intervals then cover 92 %, and at 3:1 89 %. A look estimates the ratio at which Z is the mean, and its repeated
    confidence interval has those from whose mean Z is at most c of its standard deviations away, c the efficacy bound
    [2]_; the bounds for it take no advantage of binding futility, which holds under one hazard ratio only. In the end,
    results are ordered by stage [3]_, and an interval and a median unbiased estimate follow [4]_; non-binding futility
    bounds are left out of the ordering. The p value then holds whether they are obeyed or not, but interval and
    estimate only if they are not: obeying them, an estimate may be too high in 58 % of trials without an effect, or
    with harsh bounds in 73 %.

    Given Z at a look, later scores are a Brownian motion with the drift and variance of the effect that is supposed
    [5]_. Conditional power sums over all looks to come as planned, futility obeyed. Predictive power averages it over
    the posterior, to which the estimate contributes as normal [6]_.

    References
    ----------
    .. [1] Lan KKG, DeMets DL. Discrete sequential boundaries for clinical trials. Biometrika 1983; 70: 659-663.
    .. [2] Jennison C, Turnbull BW. Interim analyses: the repeated confidence interval approach. JRSS B 1989; 51:
       305-361.
    .. [3] Fairbanks K, Madsen R. P values for tests using a repeated significance test design. Biometrika 1982; 69:
       69-74.
    .. [4] Tsiatis AA, Rosner GL, Mehta CR. Exact confidence intervals following a group sequential test. Biometrics
       1984; 40: 797-803.
    .. [5] Lan KKG, Wittes J. The B-value: a tool for monitoring data. Biometrics 1988; 44: 579-585.
    .. [6] Spiegelhalter DJ, Freedman LS, Blackburn PR. Monitoring clinical trials: conditional or predictive power?
       Control Clin Trials 1986; 7: 8-17.
    .. [7] Kurtz TG. Strong approximation theorems for density dependent Markov chains. Stochastic Process Appl 1978; 6:
       223-240.

    Examples
    --------
    >>> import icibaseline as ici
    >>> truth = ici.Scenario(control=ici.Exponential(median=4.7), effect=ici.HazardRatio(0.6),
    ...                      enrollment=ici.Enrollment(duration=24))
    >>> looks = ici.AtInformation((0.5, 1.0), final=ici.AfterEnrollment(12))
    >>> plan = ici.sample_size(ici.Randomized(looks=looks, boundary=ici.Spending(0.025)), truth, power=0.8)
    >>> first = ici.Look(64, z=1.4)
    >>> ici.monitor(plan, first).decision
    'continue'
    >>> history = ici.monitor(plan, [first, ici.Look(118, z=2.3)])
    >>> history.decision, round(history.p_value, 4), round(history.hazard_ratio, 3)
    ('reject', 0.0116, 0.656)
    """
    if prior is None and isinstance(plan, Plan):
        prior = effect_prior(plan)
    return Monitoring(plan, looks=looks, prior=prior)  # type: ignore[arg-type]
