"""``python -m icibaseline`` is the command line."""

from icibaseline.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
