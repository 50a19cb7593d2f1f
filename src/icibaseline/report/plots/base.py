"""What a kind of picture is, and the list of all of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, final

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["VIEWS", "Several", "View", "view", "views_of"]


@final
class Several(tuple[Any, ...]):
    """Values that one picture shows beside one another; `plot` makes one of a list or a tuple."""


class View(ABC):
    """One kind of picture of one kind of value.

    A leaf says its `name` in words, the class `of` values that it draws, or classes, `draw`s on given axes, and `says`
    in a sentence what the picture shows, with its main numbers, for those who do not see it.
    """

    name: ClassVar[str]
    of: ClassVar[type | tuple[type, ...]]
    size: ClassVar[tuple[float, float]] = (6.4, 4.0)  # inches, width and height
    last: ClassVar[bool] = False  # whether it stands behind the other pictures of a value
    row: ClassVar[float] = 0.0  # inches of further height for each of `rows`

    def suits(self, item: Any) -> bool:
        """Whether the value has what the picture shows; `item` is of the class `of`."""
        return True

    def rows(self, item: Any) -> float:
        """How many rows a picture made of rows has; each adds `row` to its height."""
        return 0.0

    @abstractmethod
    def draw(self, item: Any, axes: Axes) -> None:
        """Draw on axes; the frame, the source line and the size are seen to by the verb."""

    @abstractmethod
    def says(self, item: Any) -> str:
        """What the picture shows, in a sentence with its main numbers."""


VIEWS: list[View] = []  # in the order of their modules; the first that suits a value is its default


def view(cls: type[View]) -> type[View]:
    """Enter a kind of picture in the list."""
    VIEWS.append(cls())
    return cls


def views_of(item: Any) -> dict[str, View]:
    """The pictures that there are of a value, by name, the default first."""
    there = (v for v in VIEWS if isinstance(item, v.of) and v.suits(item))
    return {v.name: v for v in sorted(there, key=lambda v: v.last)}
