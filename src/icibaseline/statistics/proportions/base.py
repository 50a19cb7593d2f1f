"""What every test of two rates gives: its rejection region, p-values of data, and a normal approximation."""

from __future__ import annotations

from abc import abstractmethod
from functools import lru_cache

import numpy as np

from icibaseline import _checks
from icibaseline._values import BoolArray, FloatArray, Value
from icibaseline.errors import reject
from icibaseline.rates import OddsRatio, RateEffect, RiskDifference, RiskRatio
from icibaseline.statistics.proportions.measures import Counts2, Difference, Odds, Ratio
from icibaseline.statistics.proportions.regions import Region, Worst

__all__ = ["NO_DIFFERENCE", "ProportionTest", "a_margin", "measure_of", "seen_counts"]

NO_DIFFERENCE = Difference(0.0)
_HINT = "For example RiskDifference(-0.1), RiskRatio(0.8) or OddsRatio(0.7); RiskDifference(0) is no difference."
_MEASURES: dict[type[RateEffect], type[Difference] | type[Ratio] | type[Odds]] = {
    RiskDifference: Difference,
    RiskRatio: Ratio,
    OddsRatio: Odds,
}


def a_margin(name: str, held: object) -> RateEffect:
    """A difference or ratio of rates that stands as a null hypothesis."""
    if not isinstance(held, RateEffect) or type(held) not in _MEASURES or not isinstance(held.value, float):
        reject(name, "a RiskDifference, RiskRatio or OddsRatio of a number", held, _HINT)
    return held


def measure_of(margin: RateEffect) -> Difference | Ratio | Odds:
    """The null hypothesis that a margin states."""
    made, value = _MEASURES[type(margin)], margin.value
    assert isinstance(value, float)  # `a_margin` has seen to it
    return made(value)


def seen_counts(control: object, experimental: object) -> Counts2:
    """The data of one trial, two pairs (responses, patients), as one table."""
    y, m = _arm("control", control)
    x, n = _arm("experimental", experimental)
    return Counts2(np.array([float(x)]), n, np.array([float(y)]), m)


def _arm(name: str, held: object) -> tuple[int, int]:
    rule = "a pair (responses, patients) of whole numbers"
    events, n = _checks.pair(name, held, lambda place, count: _checks.whole(place, count, 0), rule)
    if n < 1 or events > n:
        reject(name, "a pair with at most as many responses as patients", held, "The order is (responses, patients).")
    return events, n


class ProportionTest(Value):
    """Abstract test of two response rates.

    The theory face is a rejection region, whose probability gives size and power exactly; the data face is a p-value.
    """

    @property
    @abstractmethod
    def measure(self) -> Difference | Ratio | Odds:
        """The null hypothesis."""

    @abstractmethod
    def find_region(self, n_experimental: int, n_control: int, alpha: float) -> Region:
        """The tables on which the test rejects."""

    @abstractmethod
    def p_values(self, seen: Counts2) -> FloatArray:
        """One-sided p-values of tables; responses (R,)."""

    @abstractmethod
    def moments(self, true: Counts2) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of Z by the normal approximation; the counts are the expected ones."""

    @property
    @abstractmethod
    def normal(self) -> bool:
        """Whether power is taken from the normal approximation, not from the exact distribution."""

    @property
    @abstractmethod
    def exact(self) -> bool:
        """Whether the type I error is at most alpha whatever the rates are."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What the test is called."""

    @property
    @abstractmethod
    def approximation(self) -> ProportionTest:
        """A test with a normal approximation that tells about how many patients are needed."""

    @property
    @abstractmethod
    def quicker(self) -> tuple[ProportionTest, ...]:
        """Tests that reject on fewer tables, and take less time."""

    @abstractmethod
    def surely(self, seen: Counts2, alpha: float) -> BoolArray:
        """Whether it is known that tables reject.

        Where it is, so do all with a higher experimental and a lower control rate, and those of larger trials with the
        same allocation. Responses need not be whole.
        """

    @property
    @abstractmethod
    def citations(self) -> tuple[str, ...]:
        """Keys of the papers behind the test."""

    # ---- what follows ------------------------------------------------------------------------------------

    @property
    def formula_name(self) -> str:
        """How power is computed, as reports name it."""
        return f"{'normal approximation' if self.normal else 'exact distribution'} of {self.name}"

    @property
    def alternative(self) -> str:
        """What the test shows when it rejects, in words."""
        if self.measure.experimental(0.5) == 0.5:  # no difference on any scale
            return "the experimental response rate is higher"
        return f"the {self.measure.kind} is above {self.measure.margin:g}"

    def region(self, n_experimental: int, n_control: int, alpha: float) -> Region:
        """The tables on which the test rejects.

        Parameters
        ----------
        n_experimental, n_control : int
            Patients.
        alpha : float
            One-sided level.

        Returns
        -------
        Region
            With `least`, for each number of control responses the least experimental ones that reject, and
            ``probability(experimental, control)`` at pairs of rates.
        """
        n = _checks.whole("n_experimental", n_experimental)
        m = _checks.whole("n_control", n_control)
        return _region(self, n, m, _checks.open_unit("alpha", alpha))

    def worst(self, n_experimental: int, n_control: int, alpha: float) -> Worst:
        """The largest type I error over all control rates, its error, and the control rate at which it is reached."""
        self.region(n_experimental, n_control, alpha)  # checks
        return _worst(self, int(n_experimental), int(n_control), float(alpha))

    def p_value(self, *, control: tuple[int, int], experimental: tuple[int, int]) -> float:
        """One-sided p-value of a finished trial.

        Parameters
        ----------
        control, experimental : (int, int)
            Responses and patients.

        Returns
        -------
        float
            Small if the experimental arm does better than the null hypothesis allows.

        Raises
        ------
        InvalidInput
            If an arm is not such a pair.
        """
        return float(self.p_values(seen_counts(control, experimental))[0])

    def p_values_of(self, seen: Counts2) -> FloatArray:
        """P-values of many tables (R,), each worked out once."""
        pairs, back = np.unique(np.stack([seen.experimental, seen.control], axis=1), axis=0, return_inverse=True)
        found = self.p_values(seen._replace(experimental=pairs[:, 0], control=pairs[:, 1]))
        return np.asarray(found[back.ravel()])


@lru_cache(maxsize=4096)
def _region(test: ProportionTest, n: int, m: int, alpha: float) -> Region:
    return test.find_region(n, m, alpha)


@lru_cache(maxsize=4096)
def _worst(test: ProportionTest, n: int, m: int, alpha: float) -> Worst:
    return _region(test, n, m, alpha).worst(test.measure)
