"""Reports as files: Markdown to read, JSON to keep."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from importlib.metadata import version
from pathlib import Path
from typing import final

from icibaseline import _checks
from icibaseline.baseline import Baseline
from icibaseline.designs import Comparison, OperatingCharacteristics, Plan
from icibaseline.errors import reject
from icibaseline.evidence import loaded_from
from icibaseline.report.families import family_tables
from icibaseline.report.looks import look_tables
from icibaseline.report.provenance import baselines, references, sources
from icibaseline.report.summary import (
    averaging_lines,
    comparison_key,
    comparison_table,
    plan_lines,
    result_headline,
    source_rows,
)
from icibaseline.report.tables import Table, as_markdown
from icibaseline.report.wording import headline

__all__ = ["report"]

Reportable = Plan | OperatingCharacteristics | Comparison


def report(result: Reportable, path: str | Path) -> Path:
    """Write a result to a file.

    Parameters
    ----------
    result : Plan, OperatingCharacteristics or Comparison
        What to report.
    path : str or Path
        Where; the suffix chooses the kind, ``.md`` or ``.json``. An existing file is replaced.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    InvalidInput
        If the value cannot be reported, the suffix is unknown, or the folder does not exist.

    Examples
    --------
    >>> import icibaseline as ici, tempfile, pathlib
    >>> truth = ici.Scenario(control=ici.baseline("mcc_pfs_primary"), effect=ici.HazardRatio(0.6),
    ...                      enrollment=ici.Enrollment(duration=24))
    >>> plan = ici.sample_size(ici.Randomized(), truth, power=0.8)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ici.report(plan, pathlib.Path(folder) / "plan.md").read_text(encoding="utf-8").splitlines()[0]
    '# Plan: 136 patients'
    """
    _checks.instance(
        "result",
        result,
        (Plan, OperatingCharacteristics, Comparison),
        "a plan, operating characteristics or a comparison",
    )
    if not isinstance(path, (str, Path)) or "\0" in str(path):
        reject("path", "a file name", path, 'For example "plan.md".')
    target = Path(path)
    if target.suffix not in _WRITERS:
        reject("path", "a file name that ends in " + " or ".join(sorted(_WRITERS)), str(path), 'For example "plan.md".')
    if target.is_dir():
        reject("path", "a file name, not that of a folder", str(path))
    if not target.parent.is_dir():
        reject("path", "in a folder that exists", str(path))
    target.write_text(_WRITERS[target.suffix].write(result), encoding="utf-8")
    return target


class _Writer(ABC):
    """One kind of file."""

    @abstractmethod
    def write(self, result: Reportable) -> str:
        """The content of the file."""


@final
class _Json(_Writer):
    def write(self, result: Reportable) -> str:
        """The exact dictionary; `from_dict` reads it back."""
        return json.dumps(result.to_dict(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


@final
class _Markdown(_Writer):
    def write(self, result: Reportable) -> str:
        """Question, answer, looks, sources, choices not made, references and the code that rebuilds it."""
        return "\n\n".join([*_opening(result), *_origins(result), *_closing(result)]) + "\n"


_WRITERS: dict[str, _Writer] = {".json": _Json(), ".md": _Markdown()}


def _bullets(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _opening(result: Reportable) -> list[str]:
    if isinstance(result, Comparison):
        return ["# Comparison", as_markdown(*comparison_table(result)), _bullets(comparison_key(result))]
    if isinstance(result, Plan):
        families = _tables(family_tables(result))
        return [
            f"# Plan: {result.n} patients",
            headline(result.design) + ".",
            _bullets(plan_lines(result)),
            "## Looks",
            *_tables(look_tables(result.characteristics)),
            *(["## Other control curves", *families] if families else []),
        ]
    lines = [headline(result.design) + ".", _bullets([result_headline(result), *averaging_lines(result)])]
    return ["# Operating characteristics", *lines, "## Looks", *_tables(look_tables(result))]


def _tables(tables: list[Table]) -> list[str]:
    """Tables, each under its title if it has one."""
    titled = (([f"*{t.title}*"] if t.title else []) + [as_markdown(t.head, t.rows)] for t in tables)
    return [part for parts in titled for part in parts]


def _origins(result: Reportable) -> list[str]:
    parts = ["## Where the numbers come from"]
    if not isinstance(result, Comparison):
        parts.append(as_markdown(*source_rows(result)))
    for source in sources(result):
        if source.baseline is not None:
            quoted = [f"printed: “{fragment}”" for fragment in source.printed]
            parts += [f"**{source.role}: {source.baseline}** ({source.status})", _bullets([*source.documents, *quoted])]
    notes = [part for b in _baselines(result) for part in (f"**{b.id}**", _bullets(_notes(b)))]
    return [*parts, "## What to know about the evidence", *notes] if notes else parts


def _notes(item: Baseline) -> list[str]:
    taken, *others = item.route.splitlines()
    return [taken, *(f"else: {other.strip()}" for other in others), *item.flags]


def _baselines(result: Reportable) -> tuple[Baseline, ...]:
    scenarios = result.scenarios if isinstance(result, Comparison) else (result.scenario,)
    return tuple(dict.fromkeys(b for scenario in scenarios for b in baselines(scenario)))


def _closing(result: Reportable) -> list[str]:
    own = [f"load({path.name!r})" for path in loaded_from(b.documents for b in _baselines(result))]
    code = "\n".join(["from icibaseline import *", "", *own, f"result = {_code(result)}"])
    papers = [f"{i}. {entry}" for i, entry in enumerate(references(result), 1)]
    conventions = "Times in months; hazard ratio = experimental / control; alpha is one-sided."
    made = f"icibaseline {version('icibaseline')}. {conventions}"
    return ["## References", "\n".join(papers), "## Code", f"```python\n{code}\n```", made]


def _code(result: Reportable) -> str:
    if isinstance(result, Plan):
        kind, target = result.target
        design = result.design.with_(n=None, planned=None)
        return f"sample_size(\n    {design!r},\n    {result.scenario!r},\n    {kind}={target!r},\n)"
    if isinstance(result, Comparison):
        return f"compare(\n    {list(result.designs)!r},\n    {list(result.scenarios)!r},\n)"
    verb = {"formula": "power", "assurance": "assurance", "simulation": "simulate"}[result.method]
    options = "" if result.method != "simulation" else f"    replicates={result.replicates},\n"
    if result.seed is not None:
        options += f"    rng={result.seed},\n"
    return f"{verb}(\n    {result.design!r},\n    {result.scenario!r},\n{options})"
