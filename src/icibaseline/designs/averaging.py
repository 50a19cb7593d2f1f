"""Assurance: operating characteristics averaged over the priors of a scenario, by quadrature.

Every prior is a mixture of smooth images of standard normal numbers, so each combination of mixture
components is an integral over a few standard normals z. The number of nodes follows from how steeply the
drift depends on each z (kappa): Gauss-Hermite where it hardly does, Gauss-Legendre on 8 standard
deviations either side where it does. The distribution of power comes from the same nodes: along the
steepest z it is interpolated from the nearest ones.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from icibaseline._values import FloatArray, Uncertain, replace, walk
from icibaseline.designs.base import Design, Evaluation, FormulaDesign
from icibaseline.designs.spread import (
    QUANTILES,
    Averaging,
    Sample,
    as_quantile,
    dense,
    probability_above,
    quantiles_of_power,
)
from icibaseline.designs.turns import finest, movement, split, turning
from icibaseline.distributions import Distribution, NormalMixture
from icibaseline.distributions.base import standard_nodes
from icibaseline.scenario import BaseScenario
from icibaseline.solve import root
from icibaseline.survival import HazardRatio

__all__ = ["assurance_only", "average", "effect_sensitivity", "fixed_events", "grid", "sampled"]

_CHUNK = 1024  # scenarios evaluated at once, few enough for the cache
_MOST_TENSOR = 3  # uncertain numbers integrated by tensor quadrature
_HERMITE = ((0.15, 8), (0.35, 12), (0.7, 16), (1.0, 24))  # kappa up to which so many nodes are exact to 1e-12
_FINE = 20_001
_FLAT, _KINKED = 0.15, 128
_MOST_ROOT_EVENTS = 1e5
_LATTICES, _LATTICE = 8, 4096


class Piece(NamedTuple):
    """One combination of mixture components: its weight, evaluation and node weights."""

    share: float
    evaluation: Evaluation
    weights: FloatArray
    sample: Sample


def average(design: Design, scenario: BaseScenario, target: float) -> tuple[Evaluation, FloatArray, Averaging]:
    """The formula of a planned design over the priors: a batch, its weights, and the distribution of power."""
    if sum(prior.dimension for prior in scenario.unknowns) > _MOST_TENSOR:
        return _lattice(design, scenario, target)
    pieces = list(_pieces(design, scenario, fine=True))
    evaluation = Evaluation(
        *(np.concatenate(parts) for parts in zip(*(_wide(p.evaluation) for p in pieces), strict=True))
    )
    weights = np.concatenate([p.share * p.weights for p in pieces])
    samples = [(p.share, p.sample) for p in pieces]
    power = dense(samples, "power")
    extra = Averaging(
        probability_above(dense(samples, "drift"), 0.0),
        power_quantiles=quantiles_of_power(power),  # type: ignore[arg-type]
        target=target,
        power_at_least=probability_above(power, float(ndtri(target))),
    )
    return evaluation, weights, extra


def assurance_only(design: Design, scenario: BaseScenario) -> tuple[float, float]:
    """(average power, ceiling), without the distribution of power, which takes more nodes; for searches."""
    if sum(prior.dimension for prior in scenario.unknowns) > _MOST_TENSOR:
        evaluation, weights, extra = average(design, scenario, 0.5)
        return float(weights @ evaluation.power), extra.ceiling
    pieces = list(_pieces(design, scenario, fine=False))
    power = sum(p.share * float(p.weights @ p.evaluation.power) for p in pieces)
    return power, probability_above(dense([(p.share, p.sample) for p in pieces], "drift"), 0.0)


def grid(design: Design, scenario: BaseScenario) -> Iterator[tuple[FloatArray, BaseScenario]]:
    """Batches of scenarios with their weights, dense enough for the power of a planned design."""
    if sum(prior.dimension for prior in scenario.unknowns) > _MOST_TENSOR:
        kinds = [prior for prior in scenario.unknowns if isinstance(prior, Distribution)]
        for u in _scrambled(len(kinds) + sum(prior.dimension for prior in kinds)):
            yield np.full(len(u), 1 / len(u) / _LATTICES), scenario.at(_lattice_nodes(kinds, u))
        return
    for share, parts in _combinations(scenario):
        z, weights, _ = _places(design, scenario, parts, fine=True)
        yield share * weights, _at(scenario, parts, z)


def fixed_events(design: FormulaDesign, scenario: BaseScenario, target: float) -> float | None:
    """Events at which power, averaged over the priors, is `target` when the number of events is fixed.

    None where the formula takes the calendar too.
    """
    share, drift = [], []
    for weight, parts in _combinations(scenario):
        z, weights = _events_nodes(design, scenario, parts)
        found = design.drift_per_root_event(_at(scenario, parts, z))
        if found is None:
            return None
        share.append(weight * weights)
        drift.append(np.broadcast_to(found, (len(z),)))
    weights, slopes = np.concatenate(share), np.concatenate(drift)
    bound = float(ndtri(1 - design.alpha))

    def short(root_events: FloatArray) -> FloatArray:
        return np.array([weights @ ndtr(slopes * root_events[0] - bound) - target])

    high = np.array([16.0])
    while short(high)[0] < 0:
        high = 2 * high
        if high[0] > _MOST_ROOT_EVENTS:  # beyond the ceiling
            return None
    return float(root(short, np.zeros(1), high)[0] ** 2)


def _events_nodes(
    design: FormulaDesign, scenario: BaseScenario, parts: list[Distribution]
) -> tuple[FloatArray, FloatArray]:
    """Nodes along the priors on which the drift for each event depends."""
    count = sum(part.dimension for part in parts)
    probes = _probes(count)
    found = design.drift_per_root_event(_at(scenario, parts, probes))
    moves = np.zeros(count) if found is None else _kappa(np.broadcast_to(found, (len(probes),)))
    nothing = np.zeros(1), np.ones(1)
    return _tensor([_fine() if move > 0 else nothing for move in moves])


def _fine() -> tuple[FloatArray, FloatArray]:
    """The trapezoidal rule, exact for smooth integrands that are not steeper than its step however many the events."""
    z = np.linspace(-8.5, 8.5, _FINE)
    weights = np.exp(-(z**2) / 2)
    return z, weights / weights.sum()


def effect_sensitivity(design: Design, scenario: BaseScenario) -> tuple[tuple[float, float, float], ...]:
    """(sd, assurance, ceiling) with the spread of every uncertain hazard ratio set to 0.2, 0.3 and 0.4."""
    effects = (part for _, part in walk(scenario.resolved) if isinstance(part, HazardRatio))
    uncertain = [effect for effect in effects if _is_prior(effect.value)]
    if len({effect.value for effect in uncertain}) != 1:  # none, or several that must not become one unknown
        return ()
    rows = []
    for sd in (0.2, 0.3, 0.4):

        def spread(effect: HazardRatio, sd: float = sd) -> HazardRatio:
            held: Any = effect.value
            return effect.with_(value=NormalMixture.lognormal(held.median, sd)) if _is_prior(held) else effect

        rows.append((sd, *assurance_only(design, replace(scenario.resolved, HazardRatio, spread))))
    return tuple(rows)


def _is_prior(held: object) -> bool:
    return isinstance(held, Uncertain)


# ---- nodes -----------------------------------------------------------------------------------------


def _combinations(scenario: BaseScenario) -> Iterator[tuple[float, list[Distribution]]]:
    """Weight and components of every combination of the priors' mixture components."""
    priors = [prior for prior in scenario.unknowns if isinstance(prior, Distribution)]
    for combination in itertools.product(*(prior.components() for prior in priors)):
        weight = math.prod(share for share, _ in combination)
        if weight > 0:
            yield weight, [part for _, part in combination]


def _pieces(design: Design, scenario: BaseScenario, fine: bool) -> Iterator[Piece]:
    for weight, parts in _combinations(scenario):
        yield _piece(design, scenario, weight, parts, fine)


def _piece(design: Design, scenario: BaseScenario, share: float, parts: list[Distribution], fine: bool) -> Piece:
    z, weights, outer = _places(design, scenario, parts, fine)
    evaluation = _evaluate(design, scenario, parts, z)
    rows = len(outer)
    sample = Sample(outer, as_quantile(evaluation.power).reshape(rows, -1), evaluation.drift.reshape(rows, -1))
    if turning(evaluation.turns, weights):
        z, weights = _split(design, scenario, parts)
        evaluation = _evaluate(design, scenario, parts, z)
        if rows == 1 and fine:  # with more unknowns the others smooth the jumps
            power = finest(as_quantile(evaluation.power), z[:, 0], evaluation.turns)
            sample = sample._replace(power=power[None])
    return Piece(share, evaluation, weights, sample)


def _split(design: Design, scenario: BaseScenario, parts: list[Distribution]) -> tuple[FloatArray, FloatArray]:
    """Standard normal numbers (J, axes) and their weights, split where the trial changes its looks."""
    count = sum(part.dimension for part in parts)
    found = _evaluate(design, scenario, parts, _probes(count))
    kappa = _kappa(found.drift)
    usual = [_rule(k, force=False, fine=False) for k in kappa]
    moves = movement(found.turns, [len(x) for x, _ in usual])
    rules = [
        rule if points <= len(rule[0]) else standard_nodes(points, "hermite")
        for rule, points in zip(usual, moves.points, strict=True)
    ]
    rules[moves.axis] = np.zeros(1), np.ones(1)
    outer, weights = _tensor(rules)

    def turns(z: FloatArray) -> FloatArray:
        return _evaluate(design, scenario, parts, z).turns

    return split(turns, outer, weights, moves.axis, float(kappa[moves.axis]))


def _places(
    design: Design, scenario: BaseScenario, parts: list[Distribution], fine: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Standard normal numbers (J, axes), their weights, and the weights of all axes but the steepest, the fastest."""
    count = sum(part.dimension for part in parts)
    kappa = _kappa(_evaluate(design, scenario, parts, _probes(count)).drift)
    steepest = int(np.argmax(kappa)) if count else 0
    rules = [_rule(kappa[i], force=i == steepest, fine=fine and count <= 2) for i in range(count)]
    order = [i for i in range(count) if i != steepest] + ([steepest] if count else [])
    z_ordered, weights = _tensor([rules[i] for i in order])
    z = np.empty_like(z_ordered)
    z[:, order] = z_ordered
    return z, weights, _tensor([rules[i] for i in order[:-1]])[1]


def _tensor(rules: Sequence[tuple[FloatArray, FloatArray]]) -> tuple[FloatArray, FloatArray]:
    """Nodes (J, axes), the last axis varying fastest, and weights (J,) of a product of rules."""
    if not rules:
        return np.empty((1, 0)), np.ones(1)
    mesh = np.meshgrid(*(rule[0] for rule in rules), indexing="ij")
    weights = np.ones(1)
    for rule in rules:
        weights = np.outer(weights, rule[1]).ravel()
    return np.stack([axis.ravel() for axis in mesh], axis=1), weights


def _probes(count: int) -> FloatArray:
    """The centre, and one standard deviation either side along each axis."""
    return np.concatenate([np.zeros((1, count)), np.eye(count), -np.eye(count)])


def _kappa(drift: FloatArray) -> FloatArray:
    """Change of the drift within a standard deviation along each axis, and its curvature on top."""
    count = (len(drift) - 1) // 2
    up, down = drift[1 : 1 + count] - drift[0], drift[1 + count :] - drift[0]
    return np.asarray(np.maximum(np.abs(up), np.abs(down)) + 2 * np.abs(up + down))


def _rule(kappa: float, force: bool, fine: bool) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of a standard normal for a drift that changes by kappa per standard deviation."""
    if fine and not force and kappa > _FLAT:  # where power saturates along a prior, its distribution has a kink
        return standard_nodes(_KINKED if kappa <= 2 * _FLAT else 2 * _KINKED, "legendre")
    enough = [points for limit, points in _HERMITE if kappa <= limit]
    if force or not enough:
        needed = max(64.0, 24 * kappa)
        points = 8 * math.ceil(needed / 8) if needed <= 256 else 2 ** math.ceil(math.log2(needed))  # few large rules
        return standard_nodes(points, "legendre")
    return standard_nodes(enough[0], "hermite")


def _evaluate(design: Design, scenario: BaseScenario, parts: list[Distribution], z: FloatArray) -> Evaluation:
    """The formula at standard normal numbers z (B, axes), in chunks."""
    chunks = [z[start : start + _CHUNK] for start in range(0, len(z), _CHUNK)]
    found = [_wide(design.evaluate(_at(scenario, parts, rows)), len(rows)) for rows in chunks]
    return Evaluation(*(np.concatenate(x) for x in zip(*found, strict=True)))


def _at(scenario: BaseScenario, parts: list[Distribution], z: FloatArray) -> BaseScenario:
    """The batch of scenarios at standard normal numbers z (B, axes)."""
    if not parts:
        return scenario.resolved
    ends = np.cumsum([part.dimension for part in parts])
    return scenario.at(
        [part.from_normal(z[:, end - part.dimension : end]) for part, end in zip(parts, ends, strict=True)]
    )


def _wide(evaluation: Evaluation, rows: int | None = None) -> Evaluation:
    """Every field with the full batch axis."""
    rows = len(evaluation.reject) if rows is None else rows
    fields: Any = (np.broadcast_to(x, (rows, *x.shape[1:])) for x in evaluation)
    return Evaluation(*fields)


# ---- many unknowns ---------------------------------------------------------------------------------


def sampled(design: Design, scenario: BaseScenario, size: int = _LATTICE, scramble: int = 0) -> Evaluation:
    """The formula of a planned design at equally likely values of the priors, from a scrambled Sobol sequence.

    `size` is a power of 2: 512 values average to 1e-3, in two or three dimensions mostly to 1e-4.
    """
    from scipy.stats import qmc

    priors = [prior for prior in scenario.unknowns if isinstance(prior, Distribution)]
    wide = sum(prior.dimension for prior in priors) + len(priors)  # one more for each mixture's choice of component
    u = qmc.Sobol(wide, rng=np.random.default_rng(scramble)).random(size)
    return _evaluate_lattice(design, scenario, priors, np.clip(u, 1e-15, 1 - 1e-15))


def _lattice(design: Design, scenario: BaseScenario, target: float) -> tuple[Evaluation, FloatArray, Averaging]:
    """Averages over a scrambled Sobol sequence, with the standard error over independent scramblings."""
    evaluations = [sampled(design, scenario, scramble=scramble) for scramble in range(_LATTICES)]
    evaluation = Evaluation(*(np.concatenate(x) for x in zip(*evaluations, strict=True)))
    spread = float(np.std([e.power.mean() for e in evaluations], ddof=1) / np.sqrt(_LATTICES))
    power = evaluation.power
    extra = Averaging(
        float(np.mean(evaluation.drift > 0)),
        power_quantiles=tuple(float(q) for q in np.quantile(power, QUANTILES)),  # type: ignore[arg-type]
        target=target,
        power_at_least=float(np.mean(power >= target)),
        integration_error=spread,
    )
    weights = np.full(len(power), 1 / len(power))
    return evaluation, weights, extra


def _scrambled(dimensions: int) -> Iterator[FloatArray]:
    """Independent scramblings of a Sobol sequence, each (_LATTICE, dimensions)."""
    from scipy.stats import qmc

    for scramble in range(_LATTICES):
        u = qmc.Sobol(dimensions, rng=np.random.default_rng(scramble)).random(_LATTICE)
        yield np.clip(u, 1e-15, 1 - 1e-15)


def _lattice_nodes(priors: list[Distribution], u: FloatArray) -> list[FloatArray]:
    """Values of the priors at points of the sequence (B, dimensions)."""
    nodes, column = [], 0
    for prior in priors:
        nodes.append(_draws(prior, u[:, column], ndtri(u[:, column + 1 : column + 1 + prior.dimension])))
        column += 1 + prior.dimension
    return nodes


def _evaluate_lattice(design: Design, scenario: BaseScenario, priors: list[Distribution], u: FloatArray) -> Evaluation:
    found = []
    for start in range(0, len(u), _CHUNK):
        rows = u[start : start + _CHUNK]
        found.append(_wide(design.evaluate(scenario.at(_lattice_nodes(priors, rows))), len(rows)))
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
