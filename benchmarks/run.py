"""Speed of icibaseline, as ratios measured side by side in one run.

Run with ``python benchmarks/run.py``. Each row is the least of several repeats, so that other work on the
machine disturbs it little. Rows against rpact appear when R with rpact is installed (Debian: r-cran-rpact).
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from time import perf_counter

import numpy as np

import icibaseline as ici
from icibaseline.designs.simulation import block
from icibaseline.rules import HwangShihDeCani, Spending

TRIALS, PATIENTS, EVENTS, BLOCK = 10_000, 300, 200, 256
TRUTH = ici.Scenario(
    control=ici.Exponential(median=4.7),
    effect=ici.HazardRatio(0.6),
    enrollment=ici.Enrollment(duration=24),
    dropout=ici.Exponential(rate=0.01),
)
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
least <- function(f, k) min(replicate(k, system.time(f())[["elapsed"]]))
mean_of <- function(f, n) least(function() for (i in 1:n) f(), 3) / n
n <- size()
cat(sprintf('{"version": "%s", "n": %.6f, "size": %.6f, "simulate": %.6f, "k3": %.7f, "k3c": %.7f, "k20": %.7f,
  "k20c": %.7f, "futility": %.7f}', packageVersion("rpact"), n$maxNumberOfSubjects, mean_of(size, 20),
  least(simulate, 3), mean_of(function() efficacy(3), 20),
  mean_of(function() getDesignCharacteristics(efficacy(3)), 10), mean_of(function() efficacy(20), 2),
  mean_of(function() getDesignCharacteristics(efficacy(20)), 2), mean_of(futility, 5)))
"""


def seconds(action: Callable[[], object], repeats: int) -> float:
    """Least time of one call."""
    least = np.inf
    for _ in range(repeats):
        start = perf_counter()
        action()
        least = min(least, perf_counter() - start)
    return least


def row(name: str, value: float, unit: str, wanted: str = "") -> None:
    """One line of the table."""
    print(f"{name:<58}{value:>10.3g} {unit:<10}{wanted}", flush=True)


def processor_time(code: str, repeats: int = 15) -> float:
    """Least processor time of a fresh interpreter that runs `code`."""
    least = np.inf
    for _ in range(repeats):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        least = min(least, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return least


def importing() -> None:
    """`import icibaseline`, which loads the library at the first use of a name, against what it stands on."""
    base, own = processor_time("import numpy, scipy.special"), processor_time("import icibaseline")
    row("import icibaseline / import numpy, scipy.special", own / base, "x", "at most 1.3")
    used = processor_time("import icibaseline; icibaseline.power")
    row("the same with the first use of a name", used / base, "x")


def simulation() -> float:
    """A block of trials against NumPy's draws and one row sort; returns seconds for 10,000 trials."""
    rng = np.random.default_rng(1)
    failure, lost, entry = np.empty((3, BLOCK, PATIENTS))

    def floor() -> None:
        rng.standard_exponential(out=failure)
        rng.standard_exponential(out=lost)
        rng.random(out=entry)
        failure.sort(axis=1)

    least = seconds(floor, 200)
    looks = {
        "one look at 200 events": (ici.AtEvents(200), "at most 2.3"),
        "one look in month 30": (ici.AtMonths(30), "at most 2.3"),
        "two looks at 100 and 200 events": (ici.AtEvents((100, 200)), "at most 2.3 + 1.3"),
        "two looks in months 18 and 30": (ici.AtMonths((18, 30)), "at most 2.3 + 1.3"),
    }
    for name, (rule, wanted) in looks.items():
        design = ici.Randomized(PATIENTS, looks=rule).plan_for(TRUTH)
        time = seconds(lambda design=design: block(design, TRUTH, BLOCK, rng), 200)
        row(f"simulated trials / floor: {name}", time / least, "x", wanted)
    design = ici.Randomized(PATIENTS, looks=ici.AtEvents(200)).plan_for(TRUTH)
    whole = seconds(lambda: ici.simulate(design, TRUTH, replicates=TRIALS, rng=1), 5)
    row(f"simulate(), {TRIALS:,} trials of {PATIENTS}, whole call / floor", whole / (least * TRIALS / BLOCK), "x")
    return whole


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


def formulas() -> float:
    """Milliseconds of a sized plan and of assurance."""
    known = TRUTH.with_(dropout=None)
    size = seconds(lambda: ici.sample_size(ici.Randomized(), known, power=0.8), 10)
    row("sample_size()", size * 1e3, "ms")
    both = known.with_(
        control=ici.NormalMixture.lognormal(4.7, 0.24), effect=ici.HazardRatio(ici.NormalMixture.lognormal(0.6, 0.3))
    )
    design = ici.Randomized(134).plan_for(both)
    averaged = seconds(lambda: ici.assurance(design, both), 20)
    row("assurance(), priors on control and effect", averaged * 1e3, "ms", "under 20")
    melanoma = both.with_(control=ici.baseline("mel_pfs_chemo"))
    design = ici.Randomized(134).plan_for(melanoma)
    averaged = seconds(lambda: ici.assurance(design, melanoma), 5)
    row("assurance(), bivariate control prior and effect", averaged * 1e3, "ms")
    return size


def boundaries() -> dict[str, float]:
    """Seconds of group sequential boundaries, alone and in a batch."""
    three, twenty = np.arange(1, 4) / 3, np.arange(1, 21) / 20
    spending = Spending(0.025)
    both = Spending(0.025, futility=HwangShihDeCani(-2), beta=0.1)
    found = {
        "k3": seconds(lambda: spending.bounds(three), 2000),
        "k20": seconds(lambda: spending.bounds(twenty), 200),
        "futility": seconds(lambda: both.bounds(three), 300),
    }
    row("efficacy bounds, 3 looks", found["k3"] * 1e6, "us")
    row("efficacy bounds, 20 looks", found["k20"] * 1e6, "us")
    row("efficacy and non-binding futility, 3 looks, drift found", found["futility"] * 1e6, "us")
    for looks, boundary in ((3, spending), (5, spending), (3, both)):
        batch = np.arange(1, looks + 1) / looks * np.linspace(50, 100, 1000)[:, None]
        each = seconds(lambda batch=batch, boundary=boundary: boundary.bounds(batch), 5) / len(batch)
        name = "with futility, drift found" if boundary is both else "efficacy"
        row(f"1,000 designs of {looks} looks in one call, {name}, each", each * 1e3, "ms", "under 0.1")
    return found


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


def against_rpact(size: float, simulated: float, bounds: dict[str, float]) -> None:
    """The same tasks in rpact, when it is installed."""
    if shutil.which("Rscript") is None:
        print("rpact: R is not installed, rows left out")
        return
    done = subprocess.run(["Rscript", "-e", R_CODE], capture_output=True, text=True, check=False)
    if done.returncode:
        print("rpact: not installed, rows left out")
        return
    found = json.loads(done.stdout)
    name = f"rpact {found['version']}"
    row(f"{name} getSampleSizeSurvival / sample_size()", found["size"] / size, "x")
    row(f"{name} getSimulationSurvival / simulate(), 10,000 trials", found["simulate"] / simulated, "x")
    row(f"our efficacy bounds / {name}, 3 looks", 100 * bounds["k3"] / found["k3"], "%")
    row("the same with rpact's characteristics", 100 * bounds["k3"] / found["k3c"], "%", "under 0.5")
    row(f"our efficacy bounds / {name}, 20 looks", 100 * bounds["k20"] / found["k20"], "%", "under 0.5")
    row("the same with rpact's characteristics", 100 * bounds["k20"] / found["k20c"], "%", "under 0.5")
    row(f"ours with futility / {name}, 3 looks", 100 * bounds["futility"] / found["futility"], "%", "under 3")
    ours = ici.sample_size(
        ici.Randomized(statistic=ici.LogRank(formula="schoenfeld")), TRUTH.with_(dropout=None), power=0.8
    ).n_exact
    row(f"{name} n - ours, Schoenfeld", found["n"] - ours, "patients")


def main() -> None:
    """Print the table."""
    print(f"Python {sys.version.split()[0]}, NumPy {np.__version__}, icibaseline; least of several repeats")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ici.ApproximationWarning)
        importing()
        simulated = simulation()
        peers()
        evidence()
        against_rpact(formulas(), simulated, boundaries())


if __name__ == "__main__":
    main()
