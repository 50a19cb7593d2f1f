"""The gallery of examples: their order, and pictures with words for those who do not see them."""

from __future__ import annotations

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
from sphinx_gallery.scrapers import figure_rst

ORDER = (
    "mcc_primary",
    "melanoma_chemo",
    "nsclc_rechallenge",
    "mixed_population",
    "assurance_ceiling",
    "scan_schedule",
    "accrual",
    "mcc_interim",
    "promit_single_arm",
    "mcc_single_arm",
    "own_document",
)


def order(name: str) -> int:
    """The place of an example; a new one comes last until it is given a place."""
    stem = name.removesuffix(".py")
    return ORDER.index(stem) if stem in ORDER else len(ORDER)


def pictures(block: object, variables: dict, settings: dict) -> str:
    """The open figures as pictures; the label of a figure says what it shows."""
    made = []
    for number in plt.get_fignums():
        figure, path = plt.figure(number), next(variables["image_path_iterator"])
        figure.savefig(path, dpi=150)
        made.append(figure_rst([path], settings["src_dir"], figure.get_label() or "Picture without a description"))
        plt.close(figure)
    return "".join(made)
