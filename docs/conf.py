"""The documentation: ``python3 dev.py test docs`` builds it into docs/_build/html, warnings being errors."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

project = "icibaseline"
author = "the icibaseline developers"
project_copyright = f"2026, {author}"
version = release = importlib.metadata.version(project)

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "mathml",  # in _ext
    "catalogue",  # in _ext
    "pictures",  # in _ext
    "commands",  # in _ext
    "validation",  # in _ext
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "generated/commands"]
default_role = "code"  # error sentences and docstrings write names in single backticks

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "generated/examples",
    "filename_pattern": r"\.py$",  # every example is run
    "within_subsection_order": "gallery.order",  # in _ext
    "image_scrapers": ("gallery.pictures",),  # in _ext
    "abort_on_example_error": True,
    "capture_repr": (),
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 1e9,
}
# The links to NumPy and SciPy need the network; without it they would be warnings, hence failures.
if os.environ.get("ICIBASELINE_INTERSPHINX"):
    extensions.append("sphinx.ext.intersphinx")
    intersphinx_mapping = {
        "python": ("https://docs.python.org/3", None),
        "numpy": ("https://numpy.org/doc/stable", None),
        "scipy": ("https://docs.scipy.org/doc/scipy", None),
    }

autodoc_typehints = "none"  # types and units stand in the docstrings
autodoc_member_order = "bysource"
numpydoc_show_class_members = False  # the class template shows them in full
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

nitpick_ignore_regex = [
    ("py:.*", r"(numpy|scipy|pandas|concurrent)\..*"),  # resolved only when intersphinx is on
    ("py:.*", r"(?!icibaseline).*(Error|Warning|Exception)"),  # built-in exceptions, likewise
]

html_math_renderer = "mathml"
html_theme = "pydata_sphinx_theme"
html_theme_options = {"navigation_with_keys": False, "show_toc_level": 2, "secondary_sidebar_items": ["page-toc"]}
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["pages.css"]
# Pages without sub-pages.
html_sidebars = {
    page: []
    for page in (
        "index",
        "quickstart",
        "sizing",
        "reading_a_plan",
        "glossary",
        "command_line",
        "plots",
        "coming_from",
        "validation",
        "event_driven",
        "group_sequential",
        "monitoring",
        "architecture",
        "changelog",
    )
}

# Pages of names that no longer exist would stay behind and be warned about.
shutil.rmtree(HERE / "api" / "generated", ignore_errors=True)


def changelog(app: object, page: str, source: list[str]) -> None:
    """Append CHANGELOG.md to the page of that name; its headings, lists and code are all the Markdown it uses."""
    if page != "changelog":
        return
    text = (HERE.parent / "CHANGELOG.md").read_text(encoding="utf-8").split("\n", 1)[1]
    text = re.sub(r"(?<!`)`([^`\n]+)`(?!`)", r"``\1``", text)
    for marks, underline in (("## ", "-"), ("### ", "~")):
        heading = re.compile(rf"^{marks}\[?(.+?)\]?( - .*)?$", flags=re.MULTILINE)
        text = heading.sub(lambda m, u=underline: (t := m[1] + (m[2] or "")) + "\n" + u * len(t), text)
    source[0] += text


def setup(app) -> None:
    """Register the reader of the changelog."""
    app.connect("source-read", changelog)
