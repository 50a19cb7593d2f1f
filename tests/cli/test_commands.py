"""Every command: its own examples run, its JSON is what the library says, and bad words get one sentence."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import icibaseline as ici
from icibaseline.cli.run import COMMANDS, made
from icibaseline.report.plots import describe

QUOTED = [f'baseline("{id}")' for id in ("mcc_pfs_primary", "mcc_pfs_acquired", "mcc_share_primary")]
SIZE = "size --control mcc_pfs_primary --effect 0.6 --accrual 24"


EXAMPLES = [
    line.strip()
    for name in COMMANDS
    for line in made(name).examples.splitlines()
    if "..." not in line and "completion" not in line
]


@pytest.mark.parametrize("line", EXAMPLES)
def test_law_the_examples_in_the_help_run(run, line, plan_json, files, tmp_path):
    for name in ("plan", "small", "large"):
        (tmp_path / f"{name}.json").write_text(plan_json, encoding="utf-8")
    if " plot " in line:
        pytest.importorskip("matplotlib").use("Agg")
    if ".html" in line:
        line = line.replace(".html", ".md")
    code, out, err = run(line)
    assert code == 0, err
    assert out.strip()


def page(name: str) -> list[str]:
    """The lines of a page that are to be typed."""
    text = (Path(__file__).parents[2] / name).read_text("utf-8")
    return [line.strip() for line in text.splitlines() if re.match(r" *icibaseline \w+ .*[\w\"')]$", line)]


@pytest.mark.parametrize("name", ["README.md", "docs/command_line.rst"])
def test_law_the_lines_of_a_page_run_one_after_the_other(run, files, name):
    (files / "curve.json").unlink()
    lines = page(name)
    assert lines
    for line in lines:
        code, out, err = run(line)
        assert code == 0, f"{line}: {err}"
        assert out.strip() or " > " in line


def test_law_json_is_what_the_library_says(run, plan_json):
    code, out, _ = run(f"{SIZE} --json")
    assert code == 0
    assert json.loads(out) == json.loads(plan_json)
    code, out, _ = run(f"{SIZE} --json | power - --effect 0.7 --json")
    plan = ici.Plan.from_dict(json.loads(plan_json))
    direct = ici.power(plan.design, plan.scenario.with_(effect=ici.HazardRatio(0.7)))
    assert ici.OperatingCharacteristics.from_dict(json.loads(out)) == direct


def test_law_text_is_what_the_library_prints(run):
    _, out, _ = run("baseline show mcc_pfs_primary --event-free 1")
    assert out.strip() == str(ici.baseline("mcc_pfs_primary", event_free=1)).strip()
    _, out, _ = run("evidence check --document mcc")
    assert out.strip() == str(ici.check(ici.findings(document="mcc"))).strip()


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("documents MCC", "documents mcc"),
        ("evidence show MCC_PFS_Primary", "evidence show mcc_pfs_primary"),
        ("evidence list --tumour mcc --endpoint pfs", "evidence list --tumour MCC --endpoint PFS"),
        ("baseline show MCC_PFS_Primary", "baseline show mcc_pfs_primary"),
        (SIZE.replace("mcc_pfs_primary", "MCC_PFS_Primary"), SIZE),
        (SIZE.replace("mcc_pfs_primary", "'baseline(MCC_PFS_Primary)'"), SIZE),
        (
            SIZE.replace("mcc_pfs_primary", "'mix(mcc_pfs_primary, MCC_PFS_acquired, shares=mcc_share_primary)'"),
            SIZE.replace("mcc_pfs_primary", f"'mix({', '.join(QUOTED[:2])}, shares={QUOTED[2]})'"),
        ),
    ],
)
def test_law_ids_are_known_in_any_case_and_without_quotes(run, typed, same):
    assert run(typed) == run(same)
    assert run(same)[0] == 0


def test_law_json_says_which_file_was_written(run, plan_json, tmp_path):
    pytest.importorskip("matplotlib").use("Agg")
    (tmp_path / "plan.json").write_text(plan_json, encoding="utf-8")
    for line, name, more in (
        ("report plan.json plan.md", "plan.md", {"reports": "Plan"}),
        ("plot plan.json power.png", "power.png", {"draws": "Plan"}),
        ("template my.toml", "my.toml", {}),
    ):
        code, out, _ = run(f"{line} --json")
        said = json.loads(out)
        assert code == 0
        assert said.items() >= {"written": name, "kind": name.split(".")[1], **more}.items()
        assert said["bytes"] == (tmp_path / name).stat().st_size
    plan = ici.Plan.from_dict(json.loads(plan_json))
    assert json.loads(run("plot plan.json power.png --json")[1])["says"] == describe(plan)


def test_law_each_command_prints_json():
    without = [name for name in COMMANDS if "--json" not in made(name).parser()._option_string_actions]
    assert without == []


def test_law_the_template_is_printed_as_it_is_written(run, tmp_path):
    text = run("template")[1]
    run("template my.toml")
    assert (tmp_path / "my.toml").read_text("utf-8") == text
    assert json.loads(run("template --json")[1])["text"] == text


def test_law_null_and_typical_change_the_scenario(run, plan_json, tmp_path):
    (tmp_path / "plan.json").write_text(plan_json, encoding="utf-8")
    plan = ici.Plan.from_dict(json.loads(plan_json))
    _, out, _ = run("assurance plan.json --null --typical --json")
    found = ici.OperatingCharacteristics.from_dict(json.loads(out))
    assert found.scenario == plan.scenario.null.typical


OPTIONS = [
    (name, action.option_strings[-1])
    for name in COMMANDS
    for action in made(name).parser()._actions
    if action.option_strings and action.nargs is None and "--load" not in action.option_strings
]
REQUIRED = {
    "evidence show": "mcc_pfs_primary",
    "baseline show": "mcc_pfs_primary",
    "size": "--control 4.7 --effect 0.6 --accrual 24",
    "power": "--control 4.7 --effect 0.6 --accrual 24 --n 100",
    "assurance": "--control 4.7 --effect 0.6 --accrual 24 --n 100",
    "simulate": "--control 4.7 --effect 0.6 --accrual 24 --n 100",
    "compare": "plan.json",
    "admissible": "--control 0.1 --effect 0.3",
    "after trial": "'TwoStage(r1=1, n1=10, r=5, n=29, benchmark=0.1)' 3 8",
    "after follow-up": "curve.json patients.csv",
    "report": "plan.json plan.md",
    "plot": "plan.json plan.png",
}


@pytest.mark.parametrize("word", ["''", "nan", "-1", "no_such_thing", "'Exponential(median=-1)'", "'__import__(1)'"])
@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_law_bad_words_get_one_sentence(run, command, option, word, plan_json, files, tmp_path):
    (tmp_path / "plan.json").write_text(plan_json, encoding="utf-8")
    code, _, err = run(f"{command} {REQUIRED.get(command, '')} {option}={word}")
    assert code == 2, f"{command} accepts {option}={word}"
    (sentence,) = [line for line in err.splitlines() if not line.startswith("note: ")]
    assert sentence.startswith(f"icibaseline {command}: ")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("size", "`--control` must be given"),
        ("size --control 4.7", "`--effect` must be given"),
        ("size --control 4.7 --effect 0.6", "`--accrual` must be given"),
        ("power --control 4.7 --effect 0.6 --accrual 24", "`--n` must be given"),
        (
            "size --control 4.7 --effect 0.6 --accrual 24 --follow-up 12 --looks AfterEnrollment(12)",
            "`--follow-up` must",
        ),
        ("size --design Randomized() --n 12 --control 4.7 --effect 0.6 --accrual 24", "`--n`"),
        ("size --effct 0.6", "did you mean --effect"),
        ("simulate nowhere.json", "`file` must be a file that can be read"),
        ("simulate plan.json --accrual 12", "`--accrual` must be left out beside a plan"),
        ("report plan.json plan.txt", "`path` must be a file name that ends in"),
        ("documents nothing", "`id` must be one of"),
        ("evidence show mcc_pfs_primry", "Did you mean 'mcc_pfs_primary'"),
        ("evidence", "the command must be one of evidence list, evidence show, evidence check"),
        ("sise", "the command must be one of"),
        ("Sise", "; got 'Sise'. Did you mean size?"),
        ("evidence lst", "; got 'evidence lst'. Did you mean evidence list?"),
        ("compare", "`file` must be given, a plan made by size --json, or --design.\n"),
        ("size --acc 24", "did you mean --accrual"),
        ("size --control nan --effect 0.6 --accrual 24", "`--control` must be a positive number; got nan."),
        ("size --control 4.7 --effect -1 --accrual 24", "`--effect` must be a positive number; got -1.0."),
        ("size --control Exponential --effect 0.6 --accrual 24", "`--control` must be a value, with its arguments in"),
        ("power .", "`file` must be a file that can be read; got '.'. Is a directory."),
        ("power -", "`file` must be JSON made by icibaseline; got 'nothing'."),
        ("documents --json | power -", "`file` must be one result made by icibaseline; got 'list'. Make one with"),
        ("report plan.json /proc/nowhere.md", "'/proc/nowhere.md' cannot be read or written: "),
        ("plot plan.json nowhere/x.png", "`path` must be a file that can be written"),
        ("template nowhere/my.toml", "`path` must be in a folder that exists"),
        ("documents --load bytes.toml", "`bytes.toml` must be a text in UTF-8"),
        ("size", "a curve, or --scenario.\n"),
        ("size --control 60% --effect 0.6 --accrual 24", "`--control` must be a number"),
        ("size --control 4,7 --effect 0.6 --accrual 24", "Write 4.7, with a decimal point."),
        ("size --control 4.7 --effect 60% --accrual 24", "got '60%'. Write 0.6."),
        ("size --control 4.7 --effect 0.6 --accrual 2years", "got '2years'. Write 24: times are in months."),
        ("size --control 4.7 --effect 0.6 --accrual 24 --ratio 2:1", "got '2:1'. Write 2: experimental patients"),
        ("size --control 4.7 --effect 0.6 --accrual 24 --dropout 10%", "For 10 % lost in a year write 0.00878."),
        ("size --control 4.7 --effect 0.6 --accrual 24 --power 80%", "`--power` must be above"),
        ("size --control 4.7 --effect 0.6 --accrual 24 --power 80%", "got '80%'. Write 0.8."),
        ("size --control 4.7 --effect 0.6 --accrual -3", "`--accrual` must be a positive number; got -3.0."),
        ("size --control 4.7 --effect 0.6 --accrual 24 --rate 5", "`--rate` must be left out beside --accrual"),
        ("size --control 4.7 --effect 0.6 --accrual 24 --looks AtEvents(200)", "for example AtEvents(200, by=48)"),
        ("simulate plan.json --seed -1", "`--seed` must be"),
        ("size --control mcc_pfs_primry --effect 0.6 --accrual 24", "Did you mean 'mcc_pfs_primary'"),
        ("size --control 'mix(mcc_pfs_primry)' --effect 0.6 --accrual 24", "Did you mean 'mcc_pfs_primary'"),
        ("size --control 'mix(nonsense)' --effect 0.6 --accrual 24", "a class of icibaseline or the id of a baseline."),
        ("size --control 4.7 --effect 0.6 --accrual 24 --ratio 1:0", "`--ratio` must be a number"),
        ("plot mcc_pfs_primary picture", "`path` must be a file name that ends in .png, .svg or .pdf"),
        ("template plan.json", "`path` must be the path of a new file"),
        ("report plan.json plan.md --seed 1", "`--seed` must be left out unless --simulate is given"),
    ],
)
def test_law_each_sentence_names_what_to_change(run, line, said, plan_json, tmp_path):
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "plan.json").write_text(plan_json, encoding="utf-8")
    code, _, err = run(line)
    assert code == 2
    assert said in err


def test_law_what_is_not_a_result_is_refused(run, tmp_path):
    for text in ("", "{", "[1]", '{"type": "Nothing", "schema": 1}'):
        (tmp_path / "x.json").write_text(text, encoding="utf-8")
        code, _, err = run("simulate x.json")
        assert (code, "Traceback" in err) == (2, False)


def test_law_help_can_be_asked_for_in_several_ways(run):
    assert run("help") == run("--help")
    assert run("help size") == run("size --help")
    assert run("-V") == run("--version") == (0, f"icibaseline {ici.__version__}\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{ici} template --json | head -c 10", 0),
        ("{ici} evidence list | true", 0),
        ("{ici} documents >&-", 0),
        ("{ici} power - <&-", 2),
        ("{ici} documents > /dev/full", 2),
        ("PYTHONIOENCODING=ascii {ici} evidence list", 0),
        ("PYTHONIOENCODING=ascii {ici} evidence list --json | grep -c ≥", 0),
    ],
)
def test_regression_streams_that_are_closed_full_or_narrow_leave_no_traceback(line, code):
    if "/dev/full" in line and not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    command = f"set -o pipefail; {line.format(ici=f'{shlex.quote(sys.executable)} -m icibaseline')}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, encoding="utf-8")
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr


def test_law_an_interrupted_command_ends_with_the_code_of_shells(run, monkeypatch):
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ici, "simulate", interrupt)
    assert run("simulate --control 4.7 --effect 0.6 --accrual 24 --n 100")[0] == 130


def test_law_the_program_is_installed():
    done = subprocess.run(
        [sys.executable, "-m", "icibaseline", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == f"icibaseline {ici.__version__}"


def test_law_what_is_not_installed_is_named(run, monkeypatch):
    for name in ("matplotlib", *(n for n in sys.modules if n.startswith("matplotlib."))):
        monkeypatch.setitem(sys.modules, name, None)
    code, _, err = run("plot mcc_pfs_primary prior.png")
    assert code == 2
    assert "needs matplotlib" in err


def test_law_own_documents_are_loaded_for_reports_and_said_to_be_missing_without(run, tmp_path, monkeypatch):
    from icibaseline.evidence import library

    monkeypatch.setattr(library, "_loaded", {})
    ici.template(tmp_path / "my.toml")
    assert run("size --load my.toml --control salvage_trial_pfs --effect 0.6 --accrual 24 --json > own.json")[0] == 0
    library._loaded.clear()
    assert run("report own.json without.md")[0] == 0
    library._loaded.clear()
    assert run("report own.json with.md --load my.toml")[0] == 0
    without, beside = ((tmp_path / f"{name}.md").read_text("utf-8") for name in ("without", "with"))
    assert "(sourced, document not loaded)" in without
    assert "(sourced, own document)" in beside
    citation = next(d.citation for d in ici.documents() if d.id == "salvage_trial")
    assert citation in without
    assert citation in beside
    assert "Finding(" not in without
    assert "# first load(...) the file of the document 'salvage_trial'" in without
    library._loaded.clear()
    code, out, _ = run("compare own.json --load my.toml --effects 0.6")
    assert code == 0
    assert "scenario effect 0.6: as planned\n" in out
    library._gathered.cache_clear()


def test_law_a_report_can_be_told_to_simulate(run, plan_json, tmp_path):
    (tmp_path / "plan.json").write_text(plan_json, encoding="utf-8")
    assert run("report plan.json plan.md --simulate 300 --seed 1")[0] == 0
    text = (tmp_path / "plan.md").read_text("utf-8")
    plan = ici.Plan.from_dict(json.loads(plan_json))
    assert "not simulated" not in text
    for scenario in (plan.scenario.null.typical, plan.scenario.typical):
        found = ici.simulate(plan.design, scenario, replicates=300, rng=1)
        assert f"{found.power:.4f} ({found.error:.4f}; 300 trials)" in text
