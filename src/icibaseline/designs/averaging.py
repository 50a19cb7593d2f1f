"""Assurance: operating characteristics averaged over the priors of a scenario, by quadrature.

Every prior is a mixture of smooth images of standard normal numbers, so each combination of mixture
components is an integral over a few standard normals z. The number of nodes follows from how steeply the
drift depends on each z (kappa): Gauss-Hermite where it hardly does, Gauss-Legendre on 8 standard
deviations either side where it does. The distribution of power comes from the same nodes: along the
steepest z it is interpolated by its Legendre series.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple, final

import attrs
import numpy as np
from scipy.special import ndtr, ndtri

from icibaseline._quadrature import legendre
from icibaseline._values import FloatArray, Uncertain, Value, replace, value
from icibaseline.designs.base import Design, Evaluation
from icibaseline.distributions import Distribution, NormalMixture
from icibaseline.distributions.base import standard_nodes
from icibaseline.scenario import Scenario
from icibaseline.solve import root
from icibaseline.survival import HazardRatio

__all__ = ["Averaging", "assurance_only", "average", "effect_sensitivity"]

_REACH = 8.0  # standard deviations
_CHUNK = 4096  # scenarios evaluated at once
_MOST_TENSOR = 3  # uncertain numbers integrated by tensor quadrature
_HERMITE = ((0.15, 8), (0.35, 12), (0.7, 16), (1.0, 24))  # kappa up to which so many nodes are exact to 1e-12
_LATTICES, _LATTICE = 8, 4096
_DENSE = 801
_QUANTILES = (0.1, 0.5, 0.9)


@final
@value
class Averaging(Value):
    """What averaging over the priors adds to the operating characteristics.

    Parameters
    ----------
    ceiling : float
        Probability under the priors that the experimental arm is better (drift above 0): no size exceeds it.
    power_quantiles : (float, float, float)
        10, 50 and 90 % quantiles of the power that the true parameters give.
    target : float
        The power of `power_at_least`.
    power_at_least : float
        Probability under the priors that the power reaches `target`.
    integration_error : float
        Standard error of the integration rule; 0 where quadrature is exact to 1e-8.
    """

    ceiling: float
    power_quantiles: tuple[float, float, float] = attrs.field(kw_only=True)
    target: float = attrs.field(kw_only=True)
    power_at_least: float = attrs.field(kw_only=True)
    integration_error: float = attrs.field(default=0.0, kw_only=True)


class Sample(NamedTuple):
    """Drift and margin of power over the priors, arranged for their distributions."""

    weights: FloatArray  # (outer,)
    power: FloatArray  # (outer, J) as a normal quantile
    drift: FloatArray  # (outer, J)


class Piece(NamedTuple):
    """One combination of mixture components: its weight, evaluation and node weights."""

    share: float
    evaluation: Evaluation
    weights: FloatArray
    sample: Sample


def average(design: Design, scenario: Scenario, target: float) -> tuple[Evaluation, FloatArray, Averaging]:
    """The formula of a planned design over the priors: a batch, its weights, and the distribution of power."""
    dimensions = sum(prior.dimension for prior in scenario.unknowns)
    if dimensions > _MOST_TENSOR:
        return _lattice(design, scenario, target, dimensions)
    pieces = list(_pieces(design, scenario))
    evaluation = Evaluation(
        *(np.concatenate(parts) for parts in zip(*(_wide(p.evaluation) for p in pieces), strict=True))
    )
    weights = np.concatenate([p.share * p.weights for p in pieces])
    samples = [(p.share, p.sample) for p in pieces]
    power = _dense(samples, "power")
    extra = Averaging(
        _probability(_dense(samples, "drift"), 0.0),
        power_quantiles=_quantiles(power),  # type: ignore[arg-type]
        target=target,
        power_at_least=_probability(power, float(ndtri(target))),
    )
    return evaluation, weights, extra


def assurance_only(design: Design, scenario: Scenario) -> tuple[float, float]:
    """(average power, ceiling), without the distribution of power; for searches."""
    if sum(prior.dimension for prior in scenario.unknowns) > _MOST_TENSOR:
        evaluation, weights, extra = average(design, scenario, 0.5)
        return float(weights @ evaluation.power), extra.ceiling
    pieces = list(_pieces(design, scenario))
    power = sum(p.share * float(p.weights @ p.evaluation.power) for p in pieces)
    return power, _probability(_dense([(p.share, p.sample) for p in pieces], "drift"), 0.0)


def effect_sensitivity(design: Design, scenario: Scenario) -> tuple[tuple[float, float, float], ...]:
    """(sd, assurance, ceiling) with the spread of every uncertain hazard ratio set to 0.2, 0.3 and 0.4."""
    uncertain = [
        part.effect
        for part in scenario.resolved.parts
        if isinstance(part.effect, HazardRatio) and _is_prior(part.effect.value)
    ]
    if not uncertain:
        return ()
    rows = []
    for sd in (0.2, 0.3, 0.4):

        def spread(effect: HazardRatio, sd: float = sd) -> HazardRatio:
            held: Any = effect.value
            return effect.with_(value=NormalMixture.lognormal(held.median, sd)) if _is_prior(held) else effect

        rows.append((sd, *assurance_only(design, replace(scenario, HazardRatio, spread))))
    return tuple(rows)


def _is_prior(held: object) -> bool:
    return isinstance(held, Uncertain)


# ---- nodes -----------------------------------------------------------------------------------------


def _pieces(design: Design, scenario: Scenario) -> Iterator[Piece]:
    priors = [prior for prior in scenario.unknowns if isinstance(prior, Distribution)]
    for combination in itertools.product(*(prior.components() for prior in priors)):
        share = math.prod(weight for weight, _ in combination)
        if share > 0:
            yield _piece(design, scenario, share, [part for _, part in combination])


def _piece(design: Design, scenario: Scenario, share: float, parts: list[Distribution]) -> Piece:
    count = sum(part.dimension for part in parts)

    def evaluate(z: FloatArray) -> Evaluation:
        return _evaluate(design, scenario, parts, z)

    kappa = _kappa(evaluate(_probes(count)).drift)
    steepest = int(np.argmax(kappa)) if count else 0
    rules = [_rule(kappa[i], force=i == steepest) for i in range(count)]
    order = [i for i in range(count) if i != steepest] + ([steepest] if count else [])
    mesh = np.meshgrid(*(rules[i][0] for i in order), indexing="ij")
    z = np.empty((mesh[0].size if count else 1, count))
    for axis, i in enumerate(order):
        z[:, i] = mesh[axis].ravel()
    weights = np.ones(1)
    for i in order:
        weights = np.outer(weights, rules[i][1]).ravel()
    evaluation = evaluate(z)
    last = len(rules[steepest][0]) if count else 1
    outer = np.ones(1)
    for i in order[:-1]:
        outer = np.outer(outer, rules[i][1]).ravel()
    sample = Sample(outer, _as_quantile(evaluation.power).reshape(-1, last), evaluation.drift.reshape(-1, last))
    return Piece(share, evaluation, weights, sample)


def _probes(count: int) -> FloatArray:
    """The centre, and one standard deviation either side along each axis."""
    return np.concatenate([np.zeros((1, count)), np.eye(count), -np.eye(count)])


def _kappa(drift: FloatArray) -> FloatArray:
    """Change of the drift within a standard deviation along each axis, and its curvature on top."""
    count = (len(drift) - 1) // 2
    up, down = drift[1 : 1 + count] - drift[0], drift[1 + count :] - drift[0]
    return np.asarray(np.maximum(np.abs(up), np.abs(down)) + 2 * np.abs(up + down))


def _rule(kappa: float, force: bool) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of a standard normal for a drift that changes by kappa per standard deviation."""
    enough = [points for limit, points in _HERMITE if kappa <= limit]
    if force or not enough:
        return standard_nodes(8 * math.ceil(max(64.0, 20 * kappa) / 8), "legendre")
    return standard_nodes(enough[0], "hermite")


def _evaluate(design: Design, scenario: Scenario, parts: list[Distribution], z: FloatArray) -> Evaluation:
    """The formula at standard normal numbers z (B, dimensions), in chunks."""
    if not parts:
        return _wide(design.evaluate(scenario.resolved))
    found = []
    for start in range(0, len(z), _CHUNK):
        rows, nodes, column = z[start : start + _CHUNK], [], 0
        for part in parts:
            nodes.append(part.from_normal(rows[:, column : column + part.dimension]))
            column += part.dimension
        found.append(_wide(design.evaluate(scenario.at(nodes)), len(rows)))
    return Evaluation(*(np.concatenate(x) for x in zip(*found, strict=True)))


def _wide(evaluation: Evaluation, rows: int | None = None) -> Evaluation:
    """Every field with the full batch axis."""
    rows = len(evaluation.reject) if rows is None else rows
    return Evaluation(*(np.broadcast_to(x, (rows, *x.shape[1:])) for x in evaluation))


def _as_quantile(power: FloatArray) -> FloatArray:
    return np.asarray(ndtri(np.clip(power, 1e-300, 1 - 1e-16)))


# ---- distribution of power -------------------------------------------------------------------------


def _dense(samples: list[tuple[float, Sample]], field: str) -> list[tuple[FloatArray, FloatArray]]:
    """(weights, values) of a field for each sample, interpolated along the steepest z to (outer, dense)."""
    found = []
    for share, sample in samples:
        values = np.clip(getattr(sample, field), -12, 40)
        points = values.shape[1]
        found.append((share * sample.weights, values if points == 1 else values @ _interpolation(points)))
    return found


def _probability(dense: list[tuple[FloatArray, FloatArray]], level: float) -> float:
    """Probability that the interpolated values lie above a level."""
    return float(sum(weights @ _above(values, level) for weights, values in dense))


@cache
def _interpolation(points: int) -> FloatArray:
    """From values at Legendre nodes to values on the dense grid, (J, dense)."""
    to_dense = np.polynomial.legendre.legvander(np.linspace(-1, 1, _DENSE), points - 1)
    return np.asarray((to_dense @ legendre(points).coefficients).T)


def _above(dense: FloatArray, level: float) -> FloatArray:
    """Probability, for each row, that values on the dense grid of z exceed a level."""
    if dense.shape[1] == 1:
        return (dense[:, 0] > level).astype(float)
    z = _REACH * np.linspace(-1, 1, _DENSE)
    gap = dense - level
    left, right = gap[:, :-1], gap[:, 1:]
    above = np.where(left > 0, 1.0, 0.0) @ np.diff(ndtr(z))
    row, cell = np.nonzero((left > 0) != (right > 0))
    rising = right[row, cell] > 0
    crossing = z[cell] + (z[1] - z[0]) * left[row, cell] / (left[row, cell] - right[row, cell])
    missed = np.where(rising, 1.0, -1.0) * (ndtr(z[cell + 1]) - ndtr(crossing))
    np.add.at(above, row, missed)
    return above


def _quantiles(dense: list[tuple[FloatArray, FloatArray]]) -> tuple[float, ...]:
    """The reported quantiles of power."""

    def excess(levels: FloatArray) -> FloatArray:
        return np.asarray(1 - np.array(_QUANTILES) - [_probability(dense, float(x)) for x in levels])

    low, high = np.full(3, -11.0), np.full(3, 8.0)
    at_low, at_high = excess(low), excess(high)
    inside = (at_low < 0) & (at_high > 0)
    if not inside.any():
        return tuple(np.where(at_low >= 0, 0.0, 1.0).tolist())
    ends = np.where(inside, at_low, -1.0), np.where(inside, at_high, 1.0)
    found = ndtr(root(lambda x: np.where(inside, excess(x), x), low, high, tolerance=1e-7, ends=ends))
    return tuple(np.where(inside, found, np.where(at_low >= 0, 0.0, 1.0)).tolist())


# ---- many unknowns ---------------------------------------------------------------------------------


def _lattice(
    design: Design, scenario: Scenario, target: float, dimensions: int
) -> tuple[Evaluation, FloatArray, Averaging]:
    """Averages over a scrambled Sobol sequence, with the standard error over independent scramblings."""
    from scipy.stats import qmc

    priors = [prior for prior in scenario.unknowns if isinstance(prior, Distribution)]
    wide = dimensions + len(priors)  # one more number for each mixture's choice of component
    evaluations = []
    for scramble in range(_LATTICES):
        u = qmc.Sobol(wide, rng=np.random.default_rng(scramble)).random(_LATTICE)
        u = np.clip(u, 1e-15, 1 - 1e-15)
        evaluations.append(_evaluate_lattice(design, scenario, priors, u))
    evaluation = Evaluation(*(np.concatenate(x) for x in zip(*evaluations, strict=True)))
    spread = float(np.std([e.power.mean() for e in evaluations], ddof=1) / np.sqrt(_LATTICES))
    power = evaluation.power
    extra = Averaging(
        float(np.mean(evaluation.drift > 0)),
        power_quantiles=tuple(float(q) for q in np.quantile(power, _QUANTILES)),  # type: ignore[arg-type]
        target=target,
        power_at_least=float(np.mean(power >= target)),
        integration_error=spread,
    )
    weights = np.full(len(power), 1 / len(power))
    return evaluation, weights, extra


def _evaluate_lattice(design: Design, scenario: Scenario, priors: list[Distribution], u: FloatArray) -> Evaluation:
    found = []
    for start in range(0, len(u), _CHUNK):
        rows, nodes, column = u[start : start + _CHUNK], [], 0
        for prior in priors:
            nodes.append(_draws(prior, rows[:, column], ndtri(rows[:, column + 1 : column + 1 + prior.dimension])))
            column += 1 + prior.dimension
        found.append(_wide(design.evaluate(scenario.at(nodes)), len(rows)))
    return Evaluation(*(np.concatenate(x) for x in zip(*found, strict=True)))


def _draws(prior: Distribution, chooser: FloatArray, z: FloatArray) -> FloatArray:
    """Values of a prior from one uniform, which chooses the component, and standard normals."""
    components = prior.components()
    limits = np.cumsum([weight for weight, _ in components])[:-1]
    which = np.searchsorted(limits, chooser, side="right")
    values = [part.from_normal(z) for _, part in components]
    out = np.array(values[0], copy=True)
    for k in range(1, len(values)):
        out[which == k] = values[k][which == k]
    return out
