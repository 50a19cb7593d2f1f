#!/usr/bin/env python3
"""Makes the environment on first use, then runs the demonstration or the checks. Standard library only.

    python3 dev.py demo                        size a trial from a published cohort
    python3 dev.py demo plan.html              and write the plan to a file, .html, .md or .json
    python3 dev.py test                        every check, as continuous integration runs them
    python3 dev.py test lint types             only some: lint, types, floors, tests, docs
    python3 dev.py test tests -- -k weibull    what follows -- goes to pytest
    python3 dev.py test --keep-going           do not stop at the first check that fails

On Windows, write ``py -3`` for ``python3``. Every command is printed before it runs.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
DEPS = ROOT / ".deps"  # used where Python comes without ensurepip, as on Debian without python3-venv

CHECKS = {
    "lint": ["-m ruff check .", "-m ruff format --check ."],
    "types": ["-m mypy --strict src"],
    "floors": ["-c __import__('importlinter.cli').cli.lint_imports_command(['--no-logo'])"],
    "tests": ["-m pytest -n auto"],
    "docs": ["-m sphinx -W -n -q docs docs/_build/html"],
}


def run(*command: str) -> int:
    """Print a command, run it from the top of the checkout, return its exit code."""
    print("$ " + subprocess.list2cmdline(command), flush=True)
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def must(*command: str) -> None:
    """Run a command and end with its exit code if it fails."""
    if code := run(*command):
        sys.exit(code)


def environment(extra: str) -> str:
    """The Python that has the package installed, with the named extra; made or renewed only when needed."""
    if importlib.util.find_spec("ensurepip"):
        home, python = VENV, str(VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
        install = ["-e"]
        if not Path(python).exists():
            must(sys.executable, "-m", "venv", str(VENV))
    else:
        home, python = DEPS, sys.executable
        install = ["--upgrade", "--target", str(DEPS)]
        os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), str(DEPS)])
    if not any(fresh(home / f"installed{kind}") for kind in {extra, "[test]"}):
        print("Installing; this takes about a minute the first time.", flush=True)
        must(python, "-m", "pip", "install", "--quiet", *install, f".{extra}")
        (home / f"installed{extra}").write_text(str(ROOT), encoding="utf-8")
    return python


def fresh(stamp: Path) -> bool:
    """Whether an installation is newer than pyproject.toml, and of this checkout rather than a copied one."""
    newer = stamp.exists() and stamp.stat().st_mtime >= (ROOT / "pyproject.toml").stat().st_mtime
    return newer and stamp.read_text(encoding="utf-8") == str(ROOT)


def demo(file: str | None) -> int:
    """Run the demonstration, which writes its plan to `file`, and say how to go on."""
    python = environment("[plot]")
    code = run(python, "examples/mcc_primary.py", *([str(Path(file).resolve())] if file else []))
    if not code:
        path = "" if VENV in Path(python).parents else f"with PYTHONPATH={os.environ['PYTHONPATH']} "
        print(f"\nNext: {path}start {python} and follow {ROOT / 'docs' / 'quickstart.rst'}")
    return code


def test(names: list[str], keep_going: bool, pytest_arguments: list[str]) -> int:
    """Run the checks in order; the exit code of the first that fails, or 0."""
    python, codes = environment("[test]"), {}
    for name in names:
        print(f"\n== {name}", flush=True)
        start, code = time.monotonic(), 0
        for command in CHECKS[name]:
            code = code or run(python, *command.split(), *(pytest_arguments if name == "tests" else ()))
        print(f"== {name} {'FAILED' if code else 'passed'} in {time.monotonic() - start:.1f} s", flush=True)
        codes[name] = code
        if code and not keep_going:
            break
    failed = [name for name, code in codes.items() if code]
    print("\n" + (f"Failed: {', '.join(failed)}" if failed else f"Passed: {', '.join(codes)}"), flush=True)
    return codes[failed[0]] if failed else 0


def main(arguments: list[str]) -> int:
    """Read the command line and do what it says."""
    if sys.version_info < (3, 11):
        print(f"icibaseline needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
        return 2
    os.environ["PYTHONUTF8"] = "1"  # the same output on Windows
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    demonstration = commands.add_parser("demo", help="size a trial from a published cohort")
    demonstration.add_argument("file", nargs="?", help="where to write the plan, .html, .md or .json")
    checks = commands.add_parser("test", help="run the checks")
    checks.add_argument("names", nargs="*", metavar="check", help=", ".join(CHECKS))
    checks.add_argument("--keep-going", action="store_true", help="do not stop at the first check that fails")
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    own, rest = arguments[:cut], arguments[cut + 1 :]
    options = parser.parse_args(own)
    if options.command == "demo":
        return demo(options.file)
    if unknown := [name for name in options.names if name not in CHECKS]:
        parser.error(f"no check is called {unknown[0]!r}; there are {', '.join(CHECKS)}")
    return test(options.names or list(CHECKS), options.keep_going, rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
