"""Reports as files: HTML and Markdown to read, JSON to keep."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import final

from icibaseline import _checks
from icibaseline.errors import reject
from icibaseline.report.contents import REPORTABLE, Reportable, contents
from icibaseline.report.markdown import markdown

__all__ = ["report"]


@_checks.callable_by_name
def report(result: Reportable, path: str | Path) -> Path:
    """Write a result to a file.

    Parameters
    ----------
    result : Plan, OperatingCharacteristics, Comparison, Monitoring, AfterTrial, AfterFollowUp or
        TwoStageDesigns
        What to report.
    path : str or Path
        Where; the suffix chooses the kind, ``.html`` (with pictures; needs matplotlib), ``.md`` or ``.json``. An
        existing file is replaced.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    InvalidInput
        If the value cannot be reported, the suffix is unknown, or the folder does not exist.
    MissingOptional
        If an ``.html`` file is wanted and matplotlib is not installed.

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
    rule = (
        "a plan, operating characteristics, a comparison, a monitoring history, what `after_trial` or "
        "`after_follow_up` found, or two-stage designs"
    )
    _checks.instance("result", result, REPORTABLE, rule)
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
        """Every section, one after another."""
        return markdown(contents(result))


@final
class _Html(_Writer):
    def write(self, result: Reportable) -> str:
        """Every section, with its pictures, in a file that needs no other."""
        from icibaseline.report.html import html_page

        return html_page(contents(result))


_WRITERS: dict[str, _Writer] = {".html": _Html(), ".json": _Json(), ".md": _Markdown()}
