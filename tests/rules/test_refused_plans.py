"""Plans that a boundary refuses, with what to do about it, and what is left when all have stopped."""

from __future__ import annotations

import numpy as np
import pytest

from icibaseline import InvalidInput
from icibaseline.rules import FutilityZ, HwangShihDeCani, Pocock, Spending


def test_law_bounds_that_meet_are_told_what_to_do():
    with pytest.raises(InvalidInput, match="Lower the bound there, or plan fewer looks"):
        Spending(0.025, futility=FutilityZ(3)).bounds((0.5, 1))


@pytest.mark.parametrize("final", [False, True])
def test_law_after_all_have_stopped_nothing_is_tested(final):
    """Binding bounds met at the first look: the second has no bound of either kind."""
    rule = Spending(0.025, Pocock(), futility=HwangShihDeCani(-2), beta=0.2, binding=True)
    found = rule.at((38.56, 39.0), (4.03, 18.5, 19.1, 40.0), final=final, numbers=(0, 0))
    assert found.futility[0] == found.efficacy[0]
    assert (found.futility[1], found.efficacy[1]) == (-np.inf, np.inf)


@pytest.mark.parametrize("binding", [False, True])
@pytest.mark.parametrize("drift", [-1.0, 0.0, (0.3, 0.0)])
def test_law_no_beta_is_spent_without_an_effect(binding, drift):
    with pytest.raises(InvalidInput, match=r"^`drift`.*below 1 - alpha, 0.975; .*Plan for the alternative first"):
        Spending(0.025, futility=Pocock(), binding=binding).bounds((0.5, 1), drift=drift)
    with pytest.raises(InvalidInput, match=r"^`drift`"):  # above 0, and still less often right than wrong
        Spending(0.025, futility=Pocock()).bounds((0.5, 1), drift=0.01)
