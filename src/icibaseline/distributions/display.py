"""How distributions are printed."""

from __future__ import annotations

from icibaseline import _render
from icibaseline.distributions.base import Distribution
from icibaseline.distributions.beta_mixture import BetaMixture
from icibaseline.distributions.bivariate import BivariateNormal
from icibaseline.distributions.dirichlet import Dirichlet
from icibaseline.distributions.half_normal import HalfNormal
from icibaseline.distributions.links import LINKS
from icibaseline.distributions.normal_mixture import NormalMixture

__all__: list[str] = []

_SHOWN = 6  # components of a mixture; a meta-analysis may have dozens


def _summary(law: Distribution) -> str:
    lower, upper = law.interval()
    return f"median {law.median:.3g}, 95% {lower:.3g} to {upper:.3g}"


def _mixture(name: str, law: Distribution, weights: tuple[float, ...], lines: list[str]) -> str:
    shown = [f"  {weight:.3g}  {line}" for weight, line in zip(weights, lines, strict=False)]
    if len(weights) > len(lines):
        shown.append(f"  and {len(weights) - len(lines)} more")
    return "\n".join([f"{name} mixture of {len(weights)}, {_summary(law)}", *shown])


@_render.text.register
def _normal_mixture(law: NormalMixture) -> str:
    name = LINKS[law.scale].law
    if len(law.weights) == 1:
        return f"{name}, {_summary(law)}"
    parts = list(zip(law.means, law.sds, strict=True))[:_SHOWN]
    lines = [_summary(NormalMixture((1.0,), (mean,), (sd,), scale=law.scale)) for mean, sd in parts]
    return _mixture(name, law, law.weights, lines)


@_render.text.register
def _beta_mixture(law: BetaMixture) -> str:
    parts = list(zip(law.a, law.b, strict=True))[:_SHOWN]
    lines = [f"beta({a:g}, {b:g}), {_summary(BetaMixture((1.0,), (a,), (b,)))}" for a, b in parts]
    return lines[0] if len(law.weights) == 1 else _mixture("beta", law, law.weights, lines)


@_render.text.register
def _half_normal(law: HalfNormal) -> str:
    return f"half-normal({law.scale:g}), {_summary(law)}"


@_render.text.register
def _bivariate_normal(law: BivariateNormal) -> str:
    return f"bivariate normal, correlation {law.correlation:.3g}\n  1  {law.marginal(0)}\n  2  {law.marginal(1)}"


@_render.text.register
def _dirichlet(law: Dirichlet) -> str:
    more = len(law.a) - _SHOWN
    names = (law.names or tuple(str(i + 1) for i in range(len(law.a))))[:_SHOWN]
    lower, upper = law.interval()
    rows = [
        f"  {name:{max(map(len, names))}}  mean {mean:.3g}, 95% {low:.3g} to {high:.3g}"
        for name, mean, low, high in zip(names, law.mean, lower, upper, strict=False)
    ]
    parameters = [f"{a:g}" for a in law.a[:_SHOWN]] + ["..."] * (more > 0)
    return "\n".join([f"Dirichlet({', '.join(parameters)})", *rows] + [f"  and {more} more"] * (more > 0))
