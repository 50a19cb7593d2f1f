"""How a value is shown; the report floor registers the layouts, so values need not know them."""

from __future__ import annotations

import html as _html
from functools import singledispatch


@singledispatch
def text(item: object) -> str:
    """Plain text for `str(value)`; a value without a layout shows its repr."""
    return repr(item)


@singledispatch
def html(item: object) -> str:
    """HTML for notebooks; without a layout, the plain text."""
    return f'<pre style="white-space: pre-wrap">{_html.escape(text(item))}</pre>'
