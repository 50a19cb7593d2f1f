"""Speed of icibaseline, as ratios measured side by side in one run.

Run with ``python benchmarks/run.py``, or name some of the parts: ``python benchmarks/run.py boundaries formulas``.
Every time is processor time, the least of several repeats, so that other work on the machine disturbs it little. Rows
against rpact appear when R with rpact is installed (Debian: r-cran-rpact). A row with a limit says whether it keeps it.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from functools import cache
from time import process_time

import numpy as np

import icibaseline as ici
from icibaseline.designs.simulation import block

TRIALS, PATIENTS, BLOCK = 10_000, 300, 256
TRUTH = ici.Scenario(
    control=ici.Exponential(median=4.7),
    effect=ici.HazardRatio(0.6),
    enrollment=ici.Enrollment(duration=24),
    dropout=ici.Exponential(rate=0.01),
)
KNOWN = TRUTH.with_(dropout=None)
BELIEF = KNOWN.with_(
    control=ici.NormalMixture.lognormal(4.7, 0.24), effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.6, 0.3))
)
SPENDING = ici.Spending(0.025)
WITH_FUTILITY = ici.Spending(0.025, futility=ici.HwangShihDeCani(-2), beta=0.1)
R_CODE = """
suppressMessages(library(rpact))
size <- function() getSampleSizeSurvival(beta = 0.2, alpha = 0.025, median2 = 4.7, hazardRatio = 0.6,
  accrualTime = c(0, 24), followUpTime = 12)
simulate <- function() getSimulationSurvival(getDesignGroupSequential(kMax = 1, alpha = 0.025), median2 = 4.7,
  hazardRatio = 0.6, accrualTime = c(0, 24), maxNumberOfSubjects = 300, dropoutRate1 = 1 - exp(-0.12),
  dropoutRate2 = 1 - exp(-0.12), plannedEvents = 200, maxNumberOfIterations = 10000, directionUpper = FALSE)
efficacy <- function(k) getDesignGroupSequential(kMax = k, alpha = 0.025, typeOfDesign = "asOF")
futility <- function() getDesignGroupSequential(kMax = 3, alpha = 0.025, beta = 0.1, typeOfDesign = "asOF",
  typeBetaSpending = "bsHSD", gammaB = -2, bindingFutility = FALSE)
used <- function() sum(proc.time()[c("user.self", "sys.self")])
once <- function(f, calls) { start <- used(); for (i in 1:calls) f(); (used() - start) / calls }
least <- function(f, calls, repeats = 5) min(sapply(1:repeats, function(i) once(f, calls)))
n <- size()
cat(sprintf('{"version": "%s", "n": %.6f, "size": %.6f, "simulate": %.6f, "k3": %.7f, "k3c": %.7f, "k20": %.7f,
  "k20c": %.7f, "futility": %.7f}', packageVersion("rpact"), n$maxNumberOfSubjects, least(size, 10),
  least(simulate, 1), least(function() efficacy(3), 20),
  least(function() getDesignCharacteristics(efficacy(3)), 20), least(function() efficacy(20), 2),
  least(function() getDesignCharacteristics(efficacy(20)), 2), least(futility, 10)))
"""

# Programs start with the bytecode that their first run leaves, as users have it.
WITH_BYTECODE = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds(action: Callable[[], object], repeats: int) -> float:
    """Least time of one call."""
    least = np.inf
    for _ in range(repeats):
        start = process_time()
        action()
        least = min(least, process_time() - start)
    return least


def row(name: str, value: float, unit: str, most: float | None = None) -> None:
    """One line of the table, with its limit and whether it is kept."""
    limit = "" if most is None else f"at most {most:g}  {'kept' if value <= most else 'NOT KEPT'}"
    print(f"{name:<80}{value:>10.3g} {unit:<9}{limit}".rstrip(), flush=True)


def processor_time(code: str, repeats: int = 15) -> float:
    """Least processor time of a fresh interpreter that runs `code`."""
    least = np.inf
    for _ in range(repeats):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True, env=WITH_BYTECODE)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        least = min(least, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return least


@cache
def rpact() -> dict[str, float] | None:
    """Times of the same tasks in rpact, when it is installed."""
    if shutil.which("Rscript") is None:
        print("rpact: R is not installed, its rows are left out")
        return None
    done = subprocess.run(["Rscript", "-e", R_CODE], capture_output=True, text=True, check=False)
    if done.returncode:
        print("rpact: R is installed without it, its rows are left out")
        return None
    return json.loads(done.stdout)


def importing() -> None:
    """`import icibaseline`, which loads the library at the first use of a name, against what it stands on."""
    base, own = processor_time("import numpy, scipy.special"), processor_time("import icibaseline")
    row("import icibaseline / import numpy, scipy.special", own / base, "x", 1.3)
    used = processor_time("import icibaseline; icibaseline.power")
    row("the same with the first use of a name", used / base, "x")


def simulation() -> None:
    """A block of trials against NumPy's draws and one row sort."""
    rng = np.random.default_rng(1)
    failure, lost, entry = np.empty((3, BLOCK, PATIENTS))

    def floor() -> None:
        rng.standard_exponential(out=failure)
        rng.standard_exponential(out=lost)
        rng.random(out=entry)
        failure.sort(axis=1)

    least = seconds(floor, 200)
    looks = {
        "one look at 200 events": (ici.AtEvents(200), 2.3),
        "one look in month 30": (ici.AtMonths(30), 2.3),
        "two looks at 100 and 200 events": (ici.AtEvents((100, 200)), 2.3 + 1.3),
        "two looks in months 18 and 30": (ici.AtMonths((18, 30)), 2.3 + 1.3),
    }
    for name, (rule, most) in looks.items():
        design = ici.Randomized(PATIENTS, looks=rule).plan_for(TRUTH)
        time = seconds(lambda design=design: block(design, TRUTH, BLOCK, rng), 200)
        row(f"simulated trials / their draws and one sort: {name}", time / least, "x", most)
    design = ici.Randomized(PATIENTS, looks=ici.AtEvents(200)).plan_for(TRUTH)
    whole = seconds(lambda: ici.simulate(design, TRUTH, replicates=TRIALS, rng=1), 5)
    row(f"simulate(), {TRIALS:,} trials of {PATIENTS}, whole call / the same", whole / (least * TRIALS / BLOCK), "x")
    if found := rpact():
        row(
            f"rpact {found['version']} getSimulationSurvival / simulate(), 10,000 trials",
            found["simulate"] / whole,
            "x",
        )


def peers() -> None:
    """The log-rank test of other Python packages on the same trials, one call a trial."""
    from lifelines.statistics import logrank_test
    from statsmodels.duration.survfunc import survdiff

    rng = np.random.default_rng(2)
    time, event = rng.exponential(7.0, (BLOCK, PATIENTS)), rng.random((BLOCK, PATIENTS)) < 0.7
    arm = np.arange(PATIENTS) >= PATIENTS // 2
    from icibaseline.statistics._kernel import Workspace, logrank

    workspace = Workspace(BLOCK, PATIENTS)
    own = seconds(lambda: logrank(time, event, arm, workspace=workspace), 100) / BLOCK
    for name, call in {
        "lifelines logrank_test": lambda i: logrank_test(time[i, ~arm], time[i, arm], event[i, ~arm], event[i, arm]),
        "statsmodels survdiff": lambda i: survdiff(time[i], event[i].astype(int), arm.astype(int)),
    }.items():
        other = seconds(lambda call=call: [call(i) for i in range(10)], 3) / 10
        row(f"{name} / our log-rank test, per trial", other / own, "x")


def formulas() -> None:
    """A sized plan, and assurance, with one look and with several."""
    size = seconds(lambda: ici.sample_size(ici.Randomized(), KNOWN, power=0.8), 10)
    row("sample_size(), one look", size * 1e3, "ms")
    design = ici.Randomized(134).plan_for(BELIEF)
    averaged = seconds(lambda: ici.assurance(design, BELIEF), 20)
    row("assurance(), one look, priors on control and effect", averaged * 1e3, "ms", 20)
    melanoma = BELIEF.with_(control=ici.baseline("mel_pfs_chemo"))
    design = ici.Randomized(134).plan_for(melanoma)
    averaged = seconds(lambda: ici.assurance(design, melanoma), 5)
    row("assurance(), one look, bivariate prior on control, and effect", averaged * 1e3, "ms")
    for looks in (3, 4):
        rule = ici.AtInformation(tuple(k / looks for k in range(1, looks + 1)), final=ici.AfterEnrollment(12))
        unsized = ici.Randomized(looks=rule, boundary=SPENDING)
        design = unsized.with_(n=200).plan_for(BELIEF)
        averaged = seconds(lambda design=design: ici.assurance(design, BELIEF), 3)
        row(f"assurance(), {looks} looks, two priors", averaged * 1e3, "ms")
        size = seconds(lambda unsized=unsized: ici.sample_size(unsized, BELIEF, assurance=0.7), 3)
        row(f"sample_size() for assurance, {looks} looks, two priors", size, "s", 1.0)
    if found := rpact():
        name = f"rpact {found['version']}"
        size = seconds(lambda: ici.sample_size(ici.Randomized(), KNOWN, power=0.8), 10)
        row(f"{name} getSampleSizeSurvival / sample_size()", found["size"] / size, "x")
        schoenfeld = ici.Randomized(statistic=ici.LogRank(formula="schoenfeld"))
        row(
            f"{name} n - ours, Schoenfeld",
            found["n"] - ici.sample_size(schoenfeld, KNOWN, power=0.8).n_exact,
            "patients",
        )


def boundaries() -> None:
    """Group sequential boundaries: alone, against rpact, and in a batch."""
    three, twenty = np.arange(1, 4) / 3, np.arange(1, 21) / 20
    held, whole = (
        seconds(lambda: SPENDING.bounds(three), 3000),
        seconds(lambda: ici.Spending(0.025).bounds(three), 3000),
    )
    many, both = seconds(lambda: SPENDING.bounds(twenty), 300), seconds(lambda: WITH_FUTILITY.bounds(three), 500)
    row("efficacy bounds, 3 looks", held * 1e6, "us")
    row("the same, with the boundary made anew", whole * 1e6, "us")
    row("efficacy bounds, 20 looks", many * 1e6, "us")
    row("efficacy and non-binding futility, 3 looks, drift found", both * 1e6, "us")
    if found := rpact():
        name = f"rpact {found['version']}"
        row(f"our efficacy bounds / {name} with characteristics, 3 looks", 100 * held / found["k3c"], "%", 0.5)
        row("the same, with the boundary made anew", 100 * whole / found["k3c"], "%", 0.5)
        row("the same / rpact without characteristics", 100 * whole / found["k3"], "%")
        row(f"our efficacy bounds / {name} with characteristics, 20 looks", 100 * many / found["k20c"], "%", 0.5)
        row("the same / rpact without characteristics", 100 * many / found["k20"], "%", 0.5)
        row(
            f"ours with futility and drift / {name} without characteristics, 3 looks",
            100 * both / found["futility"],
            "%",
            3,
        )
    rng = np.random.default_rng(3)
    for looks, boundary in ((3, SPENDING), (20, SPENDING), (3, WITH_FUTILITY)):
        even = np.arange(1, looks + 1) / looks * np.linspace(50, 100, 1000)[:, None]
        uneven = np.cumsum(rng.uniform(0.5, 1.5, (1000, looks)), axis=1)
        for spaced, batch in (("even", even), ("uneven", uneven)):
            each = seconds(lambda batch=batch, boundary=boundary: boundary.bounds(batch), 8) / len(batch)
            what = "with futility and drift" if boundary is WITH_FUTILITY else "efficacy"
            most = 0.1 if spaced == "even" or looks == 3 else None
            row(f"1,000 designs of {looks} {spaced} looks in one call, {what}, each", each * 1e3, "ms", most)


def evidence() -> None:
    """The five documents: checked for coherence and made into baselines, against loading what the library stands on."""
    base = processor_time("import numpy, scipy.special")
    held = ici.findings()
    ici.check(held)  # statsmodels is loaded at the first use
    for name, action in {
        f"check(), {len(held)} findings": lambda: ici.check(held),
        f"baselines(), all {len(ici.baselines())}": ici.baselines,
    }.items():
        row(f"{name} / import numpy, scipy.special", seconds(action, 5) / base, "x")
    first = processor_time("import icibaseline as ici; ici.findings()")
    row("reading the five documents, with the first use of a name", first / base, "x")


def commands() -> None:
    """The command line, up to its own work, against `import icibaseline`: medians of fresh interpreters in turn."""
    from icibaseline.cli.run import COMMANDS

    main = "import sys; from icibaseline.cli import main; sys.exit(main(sys.argv[1:]))"
    read = "import sys; from icibaseline.cli.run import made; made(sys.argv[1]).parser().parse_args(sys.argv[2:])"
    trial = ["--control", "mcc_pfs_primary", "--effect", "0.6", "--accrual", "24"]
    lines: dict[str, tuple[list[str], float | None]] = {
        "icibaseline --help": ([main, "--help"], 1.5),
        "icibaseline --version": ([main, "--version"], 1.5),
        **{f"icibaseline {name} --help": ([main, *name.split(), "--help"], 1.5) for name in COMMANDS},
        "an unknown command": ([main, "sise"], 1.5),
        "an unknown option": ([main, "size", "--effct", "0.6"], 1.5),
        "an option left out": ([main, "size", "--control", "4.7"], 1.5),
        "icibaseline completion bash": ([main, "completion", "bash"], 1.5),
        "size, until its options are read": ([read, "size", *trial], 1.5),
        "simulate, until its options are read": ([read, "simulate", "plan.json", "--seed", "1"], 1.5),
        "icibaseline documents, whole run": ([main, "documents"], None),
        "icibaseline evidence list, whole run": ([main, "evidence", "list"], None),
    }
    taken = in_turn({"": ["import icibaseline"]} | {name: words for name, (words, _) in lines.items()})
    for name, (_, most) in lines.items():
        row(f"{name} / import icibaseline", taken[name] / taken[""], "x", most)


def in_turn(programs: dict[str, list[str]], repeats: int = 31) -> dict[str, float]:
    """Median processor time of each program, run one after the other so that what disturbs one disturbs all."""
    taken: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(repeats + 1):
        for name, words in programs.items():
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([sys.executable, "-c", *words], capture_output=True, check=False, env=WITH_BYTECODE)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            taken[name].append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return {name: float(np.median(times[1:])) for name, times in taken.items()}  # the first run may compile


PARTS = {part.__name__: part for part in (importing, commands, boundaries, formulas, simulation, peers, evidence)}


def main(names: list[str]) -> None:
    """Print the table, or some of its parts."""
    if unknown := [name for name in names if name not in PARTS]:
        sys.exit(f"no part is called {', '.join(unknown)}; there are {', '.join(PARTS)}")
    print(f"Python {sys.version.split()[0]}, NumPy {np.__version__}, icibaseline; least of several repeats")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ici.ApproximationWarning)
        for name in names or PARTS:
            print(f"\n{name}: {str(PARTS[name].__doc__).rstrip('.')}")
            PARTS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
