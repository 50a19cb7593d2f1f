"""A package that loads its public names when the first one is used, so that importing it alone takes no time."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

__all__ = ["install"]


def install(package: str) -> None:
    """Let `package` take the names in its ``__all__`` from its module ``_public`` when one of them is first used.

    Functions named like the submodule that holds them (`baseline`, `report`, `solve`) stay the functions,
    although importing a submodule binds its name in the package.
    """
    sys.modules[package].__class__ = _Package


class _Package(ModuleType):
    def __getattr__(self, name: str) -> Any:
        names = self.__dict__["__all__"]
        if name not in names:
            close = import_module("difflib").get_close_matches(name, names, 1)
            hint = f". Did you mean {close[0]!r}?" if close else ""
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}{hint}")
        public = import_module(f"{self.__name__}._public")
        for each in names:
            super().__setattr__(each, getattr(public, each))
        return getattr(public, name)

    def __setattr__(self, name: str, held: Any) -> None:
        if not (name in self.__dict__["__all__"] and isinstance(held, ModuleType)):
            super().__setattr__(name, held)

    def __dir__(self) -> list[str]:
        hidden = {"TYPE_CHECKING"}
        return sorted({*super().__dir__(), *self.__dict__["__all__"]} - hidden)
