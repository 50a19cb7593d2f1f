"""Exact numerics of single-arm trials that count responses."""

from icibaseline._exact.stages import Stages, chances

__all__ = ["Stages", "chances"]
