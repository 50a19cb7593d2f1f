"""Few nodes in the place of many."""

from __future__ import annotations

import numpy as np

from icibaseline._values import FloatArray

__all__ = ["condensed"]


def condensed(x: FloatArray, weights: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """At most so many nodes with the same averages of polynomials of degree 2 count - 1; weights are not negative.

    Gauss's rule of the discrete measure, by the recurrence of its orthogonal polynomials (Lanczos).
    """
    places, found = np.unique(x, return_inverse=True)
    mass = np.bincount(found.ravel(), weights, len(places)).astype(float)
    places, mass = places[mass > 0], mass[mass > 0]
    if len(places) <= count:
        return places, mass
    basis = np.zeros((count, len(places)))
    basis[0] = np.sqrt(mass / mass.sum())
    diagonal, beside = np.zeros(count), np.zeros(count - 1)
    for k in range(count):
        following = places * basis[k]
        diagonal[k] = following @ basis[k]
        for _ in range(2):  # twice is enough to stay orthogonal
            following = following - basis[: k + 1].T @ (basis[: k + 1] @ following)
        if k + 1 < count:
            beside[k] = np.linalg.norm(following)
            basis[k + 1] = following / beside[k]
    nodes, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1))
    return nodes, mass.sum() * vectors[0] ** 2
