"""Whether two baselines rest on the same patients, which therefore cannot count twice."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations, product

from icibaseline.baseline.cohort import Baseline
from icibaseline.errors import InvalidInput
from icibaseline.evidence import documents, same_patients

__all__ = ["check_alike", "shared_patients"]

_ALIKE = ("endpoint", "tumour", "origin")


def check_alike(name: str, reason: str | None, held: Iterable[Baseline]) -> None:
    """Refuse cohorts that measure different things, unless a reason says why they may stand together."""
    firsts = [b.findings[0] for b in held if b.quantity != "shares"]
    different = [kind for kind in _ALIKE if len({getattr(f, kind) for f in firsts}) > 1]
    if different and reason is None:
        said = "; ".join(
            f"{kind} {' and '.join(sorted({str(getattr(f, kind)) for f in firsts}))}" for kind in different
        )
        rule = f"`{name}` must say why unlike cohorts may be used together"
        raise InvalidInput(f'{rule}; got nothing, and they differ in {said}. For example {name}="no other source".')


def shared_patients(held: Iterable[Baseline], *, pooled: Iterable[Baseline] = ()) -> tuple[Baseline, Baseline] | None:
    """Two baselines of the same patients, if there are such.

    The same baseline twice is one unknown, unless one of the two is in a pool; and how many patients a class has says
    nothing of how they fare.
    """
    outcomes = [(b, False) for b in held if b.quantity != "shares"] + [(b, True) for b in pooled]
    sizes = {document.id: document.n for document in documents()} if len(outcomes) > 1 else {}
    for (a, a_pooled), (b, b_pooled) in combinations(outcomes, 2):
        one_unknown = a == b and not (a_pooled or b_pooled)
        if not one_unknown and any(
            same_patients(f, g, sizes.get(f.document, 0)) for f, g in product(a.findings, b.findings)
        ):
            return a, b
    return None
