"""The command line: each command reads words, calls the library, and prints."""

from icibaseline.cli.run import main

__all__ = ["main"]
