"""Commands for what a trial of one arm has shown."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any, final

from icibaseline.cli.base import Command, as_json, held_in, read_text, with_results
from icibaseline.cli.known import load_files, loaded
from icibaseline.cli.numbers import number, number_or, whole
from icibaseline.errors import InvalidInput, reject

__all__ = ["AfterFollowUp", "AfterTrial"]

_PLAN = "a plan made by size --json, - for the standard input, or a design as it is written in Python"
_TRUE, _FALSE = ("1", "1.0", "true", "yes"), ("0", "0.0", "false", "no")
_COLUMNS = {"months": ("months", "month"), "events": ("events", "event")}
_TABLE = "The first line names the columns: months,events. Then a line for each patient: 4.7,1."


def _shared(parser: ArgumentParser) -> None:
    parser.add_argument("--level", type=number, metavar="NUMBER", help="confidence level; 1 - 2 alpha if left out")
    load_files(parser)
    as_json(parser, "print JSON: the value with the data, and beside it what they say")


def _planned(text: str) -> Any:
    """A plan from a file, or a design that is typed."""
    if "(" not in text:
        return held_in(text)
    from icibaseline.cli.expressions import read

    return read("plan", text)


@final
class AfterTrial(Command):
    """Responses."""

    about = (
        "Decision, p value, estimates and interval after a trial of one arm that counted responses, its looks taken "
        "into account. Give the counts from the start of the trial up to each look that was taken: 3/10 8/29 is 3 of "
        "10 at the first look and 8 of 29 in all. Patients that are as planned may be left out: 3 8."
    )
    examples = (
        "  icibaseline after trial 'TwoStage(r1=1, n1=10, r=5, n=29, benchmark=0.1)' 3/10 8/29\n"
        "  icibaseline after trial simon.json 3 8 --json\n"
        "  icibaseline after trial simon.json 1/12 --ended"
    )

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("plan", help=_PLAN)
        parser.add_argument("counts", nargs="+", metavar="count", help="responses, or responses/patients, at each look")
        parser.add_argument("--ended", action="store_true", help="the trial ended with them, although the plan goes on")
        _shared(parser)

    def run(self, options: Namespace) -> str:
        """Say."""
        counts = [_count(text) for text in options.counts]
        seen = {patients is None for _, patients in counts}
        if len(seen) > 1:
            reject("count", "given with the patients of each look, or of none", " ".join(options.counts))
        loaded(options)
        import icibaseline as ici

        patients = None if True in seen else tuple(n for _, n in counts)
        found = ici.after_trial(
            _planned(options.plan),
            tuple(r for r, _ in counts),
            patients=patients,
            ended=options.ended,
            level=options.level,
        )
        names = ("decision", "p_value", "estimate", "median_unbiased", "interval", "confidence", "rate", "needed")
        return with_results(found, (*names, "better"), options)


def _count(text: str) -> tuple[Any, Any]:
    """Responses, and patients if they are given."""
    responses, of, patients = text.partition("/")
    return whole(responses), whole(patients) if of else None


@final
class AfterFollowUp(Command):
    """Follow-up."""

    about = (
        "Decision, p value and hazard ratio after a single-arm survival trial, from the months and the event of each "
        "patient: a CSV file with the columns months and events (1 or 0), or a JSON file with a list of each. One file "
        "for each look that was taken, with the follow-up as it was then."
    )
    examples = (
        "  icibaseline after follow-up curve.json patients.csv\n"
        "  icibaseline after follow-up curve.json patients.csv --level 0.95 --json"
    )

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("plan", help=_PLAN)
        parser.add_argument("files", nargs="+", metavar="file", help="the patients, .csv or .json; - for the input")
        _shared(parser)

    def run(self, options: Namespace) -> str:
        """Say."""
        if [options.plan, *options.files].count("-") > 1:
            reject("file", "the standard input once", options.files)
        looks = [_patients(file) for file in options.files]
        loaded(options)
        import icibaseline as ici

        months, events = ([look[name] for look in looks] for name in _COLUMNS)
        found = ici.after_follow_up(_planned(options.plan), months, events, level=options.level)
        names = ("decision", "z", "bound", "futility_bound", "p_value", "honest_p_value", "measured", "estimate")
        return with_results(found, (*names, "confidence", "patients", "observed", "expected"), options)


def _patients(place: str) -> dict[str, list[Any]]:
    """Months and events from a file."""
    text = read_text(place)
    found = _from_json(place, text) if text.lstrip()[:1] in ("{", "[") else _from_csv(place, text)
    for name, held in found.items():
        if not held:
            reject(place, f"a file with {name} of some patients", "none", _TABLE)
    return found


def _from_json(place: str, text: str) -> dict[str, list[Any]]:
    """From ``{"months": [...], "events": [...]}``, or a list of a dictionary for each patient."""
    import json

    rule, hint = "JSON with months and events", 'For example {"months": [4.7, 6], "events": [1, 0]}.'
    try:
        data = json.loads(text)
    except json.JSONDecodeError as failed:
        reject(place, rule, text[:60], f"{failed}.")
    try:
        if isinstance(data, list):
            return {name: [_named(row, names) for row in data] for name, names in _COLUMNS.items()}
        return {name: list(_named(data, names)) for name, names in _COLUMNS.items()}
    except (AttributeError, KeyError, TypeError):
        reject(place, rule, text[:60], hint)


def _named(row: dict[str, Any], names: tuple[str, ...]) -> Any:
    """What is held under one of several names, in any case."""
    lower = {key.strip().lower(): held for key, held in row.items() if isinstance(key, str)}
    known = [name for name in names if name in lower]
    return lower[known[0] if known else names[0]]


def _from_csv(place: str, text: str) -> dict[str, list[Any]]:
    """From a table whose first line names the columns; fields may be separated by commas, semicolons or tabs."""
    import csv

    lines = text.splitlines()
    mark = next((mark for mark in (";", "\t") if lines and mark in lines[0]), ",")
    table = csv.DictReader(lines, delimiter=mark)
    found: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
    for row in table:
        try:
            months, event = (_named(row, names) for names in _COLUMNS.values())
        except KeyError:
            reject(place, "a table with the columns months and events", lines[0][:60], _TABLE)
        found["months"].append(_months(f"{place}, line {table.line_num}", (months or "").strip()))
        found["events"].append(_event(f"{place}, line {table.line_num}", (event or "").strip()))
    return found


def _months(place: str, text: str) -> float:
    found = number_or(text)
    if found is None:
        reject(place, "a number of months", text, "With a decimal point." if "," in text else "")
    return found


def _event(place: str, text: str) -> bool:
    if text.lower() not in (*_TRUE, *_FALSE):
        raise InvalidInput(f"`{place}` must be 1 for an event or 0 for none; got {text!r}.")
    return text.lower() in _TRUE
