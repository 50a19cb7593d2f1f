"""Commands on what is known: documents, findings, coherence, baselines."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from typing import TYPE_CHECKING, final

from icibaseline.cli.base import Command, as_json, dumped, shown
from icibaseline.cli.numbers import number

if TYPE_CHECKING:
    from icibaseline import Findings
    from icibaseline._values import Value

__all__ = ["BaselineShow", "Documents", "EvidenceCheck", "EvidenceList", "EvidenceShow", "load_files", "loaded"]

_FILTERS = ("tumour", "endpoint", "resistance", "statistic", "document", "treatment", "population")


def load_files(parser: ArgumentParser) -> None:
    """The option to add documents of one's own."""
    parser.add_argument(
        "--load", metavar="FILE.toml", action="append", default=[], help="add a document of your own; may be repeated"
    )


def loaded(options: Namespace) -> None:
    """Add the documents that were asked for."""
    if options.load:
        from icibaseline import evidence

        for file in options.load:
            evidence.load(file)


def _listed(items: Iterable[Value]) -> str:
    return dumped([item.to_dict() for item in items])


@final
class Documents(Command):
    """The documents."""

    about = "List the documents of the library, or show one."
    examples = "  icibaseline documents\n  icibaseline documents mcc\n  icibaseline documents --json"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("id", nargs="?", help="show this one only")
        load_files(parser)
        as_json(parser, "print JSON")

    def run(self, options: Namespace) -> str:
        """List or show."""
        from icibaseline import _checks, evidence

        loaded(options)
        known = evidence.documents()
        if options.id is None:
            return _listed(known) if options.json else str(known)
        chosen = _checks.choice("id", options.id.lower(), tuple(d.id for d in known))
        return shown(next(d for d in known if d.id == chosen), options)


def _filters(parser: ArgumentParser) -> None:
    for name in _FILTERS:
        parser.add_argument(f"--{name}", metavar="WORD", help=f"only findings with this {name}")


def _chosen(options: Namespace) -> Findings:
    from icibaseline import evidence

    loaded(options)
    known = evidence.findings()
    given = {name: getattr(options, name) for name in _FILTERS if getattr(options, name) is not None}
    return known.where(**{name: _as_known(word, {getattr(f, name) for f in known}) for name, word in given.items()})


def _as_known(word: str, known: set[str | None]) -> str:
    """A word as the findings write it, whichever case it is typed in."""
    return next((held for held in known if held and held.lower() == word.lower()), word)


@final
class EvidenceList(Command):
    """The findings."""

    about = "List findings: each number that a document prints, with the fragment that carries it."
    examples = (
        "  icibaseline evidence list\n  icibaseline evidence list --tumour MCC --endpoint PFS\n"
        "  icibaseline evidence list --resistance primary --json"
    )

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        _filters(parser)
        load_files(parser)
        as_json(parser, "print JSON")

    def run(self, options: Namespace) -> str:
        """List."""
        found = _chosen(options)
        if options.json:
            return _listed(found)
        return _short(found) if sys.stdout is not None and sys.stdout.isatty() else found.table()


def _short(found: Findings) -> str:
    """What of a table of findings has room on a screen."""
    from icibaseline.evidence.cards import reading
    from icibaseline.evidence.tables import aligned

    rows = [(f.id, f.supports or "refused", f'{reading(f)}: "{f.printed}"') for f in found]
    return aligned([("id", "supports", "reads"), *rows])


@final
class EvidenceShow(Command):
    """One finding, or those behind a prior."""

    about = "Show a finding, or all findings behind a prior."
    examples = "  icibaseline evidence show mcc_pfs_primary"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("id", help="id of a finding or of a prior")
        load_files(parser)
        as_json(parser, "print JSON")

    def run(self, options: Namespace) -> str:
        """Show."""
        from icibaseline import evidence
        from icibaseline.errors import reject

        loaded(options)
        id = options.id.lower()
        found = [f for f in evidence.findings() if id in (f.id, f.supports)]
        if not found:
            from difflib import get_close_matches

            known = [name for f in evidence.findings() for name in (f.id, f.supports) if name]
            close = get_close_matches(id, known, 1)
            hint = f"Did you mean {close[0]!r}?" if close else 'See "icibaseline evidence list".'
            reject("id", "that of a finding or a prior", options.id, hint)
        return _listed(found) if options.json else "\n\n".join(map(str, found))


@final
class EvidenceCheck(Command):
    """Coherence."""

    about = "Recompute what the printed numbers of documents imply for one another, and compare."
    examples = "  icibaseline evidence check\n  icibaseline evidence check --document mcc"

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        _filters(parser)
        load_files(parser)
        as_json(parser)

    def run(self, options: Namespace) -> str:
        """Check."""
        from icibaseline import evidence

        return shown(evidence.check(_chosen(options)), options)


@final
class BaselineShow(Command):
    """A prior."""

    about = (
        "Show the prior of a control arm, for its own cohort and for the next trial. Without an id, list the priors."
    )
    examples = (
        "  icibaseline baseline show\n  icibaseline baseline show mcc_pfs_primary\n"
        "  icibaseline baseline show mcc_pfs_primary --event-free 1\n"
        "  icibaseline baseline show mel_pfs_chemo --family cure"
    )

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("id", nargs="?", help="public id of the prior")
        parser.add_argument("--by", metavar="ROUTE", help="name of another route that the findings admit")
        parser.add_argument("--family", help="family of the curve through a median and a landmark")
        for name, said in (
            ("--shape", "Weibull shape of the curve"),
            ("--assessment-every", "months between two scans of the trial"),
            ("--event-free", "months without the event before a patient can enter the trial"),
        ):
            parser.add_argument(name, type=number, metavar="NUMBER", help=said)
        load_files(parser)
        as_json(parser)

    def run(self, options: Namespace) -> str:
        """Show or list."""
        import icibaseline as ici

        loaded(options)
        if options.id is None:
            return _listed(ici.baselines()) if options.json else str(ici.baselines())
        names = ("by", "family", "shape", "assessment_every", "event_free")
        given = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
        return shown(ici.baseline(options.id.lower(), **given), options)
