"""Formulas as MathML, which browsers show without a script from the network."""

from __future__ import annotations

import html
import re

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util.math import get_node_equation_number, wrap_displaymath
from sphinx.writers.html5 import HTML5Translator

# The converter sets "log S" without a space between the two.
TIGHT = re.compile(r"(<mi>(?:log|exp|ln)</mi>)(?=<m(?:i|n|over|sub|sup|frac)\b)")


def shown(formula: str, **how: str) -> str:
    """A formula as MathML."""
    return TIGHT.sub(r'\1<mspace width="0.17em"></mspace>', convert(formula, **how))


def inline(translator: HTML5Translator, node: nodes.math) -> None:
    """Write a formula in the text."""
    translator.body.append(shown(node.astext()))
    raise nodes.SkipNode


def block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula of its own."""
    source = node.astext() if node.get("no-wrap") else wrap_displaymath(node.astext(), None, False)
    source = source.strip().removeprefix(r"\[").removesuffix(r"\]")
    label = get_node_equation_number(translator, node) if node["number"] else ""
    number = f'<span class="eqno">({html.escape(label)})</span>' if label else ""
    translator.body.append(f'<div class="math">{number}{shown(source, display="block")}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the writers."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True}
