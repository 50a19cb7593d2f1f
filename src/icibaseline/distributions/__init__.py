"""Distributions of one unknown number, or of several: the priors."""

from __future__ import annotations

from icibaseline.distributions import display as _display  # noqa: F401 - registers the layouts
from icibaseline.distributions.base import Distribution, Nodes
from icibaseline.distributions.beta_mixture import BetaMixture
from icibaseline.distributions.bivariate import BivariateNormal
from icibaseline.distributions.dirichlet import Dirichlet
from icibaseline.distributions.half_normal import HalfNormal
from icibaseline.distributions.normal_mixture import NormalMixture

__all__ = ["BetaMixture", "BivariateNormal", "Dirichlet", "Distribution", "HalfNormal", "Nodes", "NormalMixture"]
