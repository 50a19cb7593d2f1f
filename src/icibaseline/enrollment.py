"""How patients enter the trial."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple, final

import attrs
import numpy as np
from scipy.special import (
    betainc,
    betaincinv,
    betaln,
    gammainc,
    gammaincc,
    gammainccinv,
    gammaincinv,
    gammaln,
    xlog1py,
    xlogy,
)

from icibaseline import _checks
from icibaseline._checks import as_field
from icibaseline._values import FloatArray, Floats, IntArray, Uncertain, Value, value
from icibaseline.errors import InvalidInput, reject

__all__ = ["Accrual", "Enrollment"]

_TAIL, _POINTS = 1e-14, 96  # of a law that is left out; places on each piece of an integral
_PARAMETER = as_field(_checks.optional(_checks.parameter(_checks.positive)))


def _rates(name: str, held: object) -> tuple[float, ...]:
    return _checks.sequence(name, held, _checks.nonnegative, least=0)


def _knots(name: str, held: object) -> tuple[float, ...]:
    return _checks.increasing(name, held, _checks.positive, least=0)


@final
@value
class Enrollment(Value):
    """How patients enter: over a known duration, or at a known rate.

    Parameters
    ----------
    duration : float, optional
        Months over which all patients enter; entries are independent and, without `relative_rates`, uniform.
    rate : float, optional
        Patients per month over both arms; the duration becomes n / rate, entries form a Poisson process.
        Given with `duration`, the number of patients is fixed at rate x duration.
    rates : sequence of float, optional
        Patients per month in consecutive periods that change at `knots`; the last one lasts until all are in.
    relative_rates : sequence of float, optional
        Shape of accrual within `duration`, in any unit, changing at `knots`.
    knots : sequence of float, optional
        Months at which `rates` or `relative_rates` change, one fewer than them.

    Raises
    ------
    InvalidInput
        If the combination does not determine enrolment.

    Notes
    -----
    The formula uses the expected fraction enrolled by each month; simulation draws entries.

    Examples
    --------
    >>> import icibaseline as ici
    >>> ici.Enrollment(rate=4).accrual(96).duration
    24.0
    >>> ici.Enrollment(rates=(2, 5), knots=(6,)).accrual(112).duration
    26.0
    """

    duration: float | Uncertain | FloatArray | None = attrs.field(default=None, kw_only=True, converter=_PARAMETER)
    rate: float | Uncertain | FloatArray | None = attrs.field(default=None, kw_only=True, converter=_PARAMETER)
    rates: tuple[float, ...] = attrs.field(default=(), kw_only=True, converter=as_field(_rates))
    relative_rates: tuple[float, ...] = attrs.field(default=(), kw_only=True, converter=as_field(_rates))
    knots: tuple[float, ...] = attrs.field(default=(), kw_only=True, converter=as_field(_knots))

    def __attrs_post_init__(self) -> None:
        if self.duration is None and self.rate is None and not self.rates:
            reject(
                "duration", "given, or `rate`, or `rates` with `knots`", None, "For example Enrollment(duration=24)."
            )
        if self.rates and (self.duration is not None or self.rate is not None or self.relative_rates):
            reject("rates", "given alone with `knots`", self.rates, "Use relative_rates= with a duration.")
        if self.relative_rates and (self.duration is None or self.rate is not None):
            reject("relative_rates", "given with `duration` and `knots` only", self.relative_rates)
        steps, name = (self.rates, "rates") if self.rates else (self.relative_rates, "relative_rates")
        if self.knots and not steps:
            reject("knots", "left out without `rates` or `relative_rates`", self.knots)
        if steps and len(self.knots) != len(steps) - 1:
            reject("knots", f"one fewer than the `{name}`, of which there are {len(steps)}", self.knots)
        if steps and (sum(steps) == 0 or steps[-1] == 0):
            reject(name, "positive in the last period", steps)
        if self.relative_rates and isinstance(self.duration, float) and self.knots and self.knots[-1] >= self.duration:
            reject("knots", f"below the duration of {self.duration:g} months", self.knots)
        if self.relative_rates and not isinstance(self.duration, float):
            reject("relative_rates", "given with a `duration` that is a number", self.duration)

    @property
    def fixed_n(self) -> float | None:
        """Number of patients that a rate and a duration together fix; None if they leave it open."""
        if self.rate is None or self.duration is None:
            return None
        if isinstance(self.rate, float) and isinstance(self.duration, float):
            return self.rate * self.duration
        raise InvalidInput("`rate` must be a number when `duration` is given too; got a prior. Give one of the two.")

    def accrual(self, n: float) -> Accrual:
        """When `n` patients enter, in expectation."""
        n = _checks.positive("n", n)
        if self.duration is not None:
            return self._within_duration
        if self.rate is not None:
            return Accrual.uniform(n / _numbers("rate", self.rate))
        counts = np.concatenate([[0.0], np.cumsum(np.array(self.rates[:-1]) * np.diff([0.0, *self.knots]))])
        last = int(np.searchsorted(counts, n))  # pieces that start before patient n
        starts = np.array([0.0, *self.knots])[:last]
        end = starts[-1] + (n - counts[last - 1]) / self.rates[last - 1]
        return Accrual(np.append(starts, end), np.append(counts[:last], n) / n)

    @cached_property
    def _within_duration(self) -> Accrual:
        duration = _numbers("duration", self.duration)
        if not self.relative_rates:
            return Accrual.uniform(duration)
        times = np.array([0.0, *self.knots, float(duration)])
        counts = np.concatenate([[0.0], np.cumsum(np.array(self.relative_rates) * np.diff(times))])
        return Accrual(times, counts / counts[-1])

    def expected_entry(self, n: float, ranks: IntArray) -> FloatArray:
        """Expected month in which the patient of each rank, of n who enter, comes in; (B or 1, ranks)."""
        if self.duration is not None:
            return np.atleast_2d(self._within_duration.expected_entry(n, ranks))
        if self.rate is not None:
            return np.asarray(ranks / np.reshape(_numbers("rate", self.rate), (-1, 1)))
        ends, rates = np.append(self.knots, np.inf), np.array(self.rates)
        waiting, start, count = np.zeros(len(ranks)), 0.0, 0.0
        for end, rate in zip(ends, rates, strict=True):  # the rank is still to come with probability Q(rank, count)
            if rate == 0:
                waiting += (end - start) * gammaincc(ranks, count)
            else:
                after = count + rate * (end - start)
                waiting += (_poisson_area(ranks, after) - _poisson_area(ranks, count)) / rate
                count = after
            start = end
        return waiting[None]

    def expected_entered(self, n: float, ranks: IntArray, after: float) -> FloatArray:
        """Expected patients, of n, who are in so many months after the one of each rank came; (B or 1, ranks)."""
        if self.duration is not None:
            return np.atleast_2d(self._within_duration.expected_entered(n, ranks, after))
        if self.rate is not None:
            coming = np.reshape(_numbers("rate", self.rate), (-1, 1)) * after
            return np.asarray(ranks + _poisson_area(n - ranks, coming), dtype=float)
        return np.array([[k + self._poisson_entered(n - k, k, after) for k in ranks.tolist()]])

    def _poisson_entered(self, left: float, rank: int, after: float) -> float:
        """Of those left, how many come in the months after a patient of a rank: Poisson, given when that one came."""
        times = np.array([0.0, *self.knots, sum(self.knots) + 1.0])  # the last rate holds beyond
        counts = np.concatenate([[0.0], np.cumsum(np.array(self.rates) * np.diff(times))])

        def in_all(months: FloatArray) -> FloatArray:
            beyond = np.maximum(months - times[-1], 0.0)
            return np.asarray(np.interp(months, times, counts) + self.rates[-1] * beyond)

        def coming(count: FloatArray) -> FloatArray:
            entry = np.interp(count, counts, times) + np.maximum(count - counts[-1], 0.0) / self.rates[-1]
            return _poisson_area(left, np.maximum(in_all(entry + after) - count, 0.0))

        bends = np.concatenate([counts, in_all(times - after)])
        ends = gammaincinv(rank, _TAIL), gammainccinv(rank, _TAIL)
        return _mean(coming, bends, ends, lambda v: np.exp(xlogy(rank - 1, v) - v - gammaln(rank)))

    def entries(self, shape: tuple[int, int], rng: np.random.Generator, out: FloatArray | None = None) -> FloatArray:
        """Entry months of simulated patients, shape (replicates, patients), exchangeable within a row.

        With a rate, the first n points of a Poisson process: given the point after the last one they are
        uniform before it in operational time.
        """
        u = rng.random(shape, out=out) if out is not None else rng.random(shape)
        if self.duration is not None:
            return self._within_duration.entry(u)
        u *= rng.gamma(shape[1] + 1.0, size=(shape[0], 1))  # operational time of the point after the last
        if self.rate is not None:
            u /= np.reshape(_numbers("rate", self.rate), (-1, 1))
            return u
        counts = np.concatenate([[0.0], np.cumsum(np.array(self.rates[:-1]) * np.diff([0.0, *self.knots]))])
        piece = np.maximum(np.searchsorted(counts, u, side="left") - 1, 0)
        starts, rates = np.array([0.0, *self.knots]), np.array(self.rates)
        return np.asarray(starts[piece] + (u - counts[piece]) / rates[piece])


def _poisson_area(rank: Any, count: Any) -> FloatArray:
    """Integral of Q(rank, x), the probability of fewer than `rank` points, over expected counts x up to `count`."""
    if np.all(np.isinf(count)):
        return np.asarray(rank, dtype=float)
    with np.errstate(invalid="ignore"):
        area = count * gammaincc(rank, count) + rank * gammainc(rank + 1, count)
    return np.asarray(np.where(np.asarray(rank) == 0, 0.0, area))


def _mean(
    of: Callable[[FloatArray], FloatArray],
    bends: FloatArray,
    ends: tuple[Any, Any],
    density: Callable[[FloatArray], FloatArray],
) -> float:
    """Mean of a function that is smooth between bends, by Gauss-Legendre on each piece between the ends of a law."""
    cuts = np.unique([*ends, *(b for b in bends if ends[0] < b < ends[1])])
    x, weights = np.polynomial.legendre.leggauss(_POINTS)
    half, middle = np.diff(cuts)[:, None] / 2, (cuts[1:] + cuts[:-1])[:, None] / 2
    v = middle + half * x
    return float(np.sum(half * weights * of(v) * density(v)))


def _numbers(name: str, held: object) -> Floats:
    if isinstance(held, (float, np.ndarray)):
        return held
    raise InvalidInput(f"`{name}` must be a number to work out enrolment; got a prior on it. Use scenario.typical.")


class Accrual(NamedTuple):
    """Expected fraction enrolled, linear between `times`; times may differ by batch element."""

    times: FloatArray  # (J + 1,) or (B, J + 1), first 0, last the duration
    fractions: FloatArray  # (J + 1,), first 0, last 1

    @classmethod
    def uniform(cls, duration: Floats) -> Accrual:
        """All patients enter at a constant rate over `duration` months."""
        end = np.asarray(duration, dtype=float)
        return cls(np.stack([np.zeros_like(end), end], axis=-1), np.array([0.0, 1.0]))

    @property
    def duration(self) -> Floats:
        """Month in which the last patient enters."""
        last = self.times[..., -1]
        return float(last) if last.ndim == 0 else last

    def expected_entry(self, n: float, ranks: IntArray) -> FloatArray:
        """Expected month in which the patient of each rank, of n, comes in; (ranks,) or (B, ranks).

        The fraction enrolled when one of rank k enters is the k-th of n ordered uniform numbers, which follows
        Beta(k, n - k + 1).
        """
        a, b, u = ranks, n - ranks + 1, self.fractions[:, None]
        area = u * betainc(a, b, u) - a / (a + b) * betainc(a + 1, b, u)  # integral of its distribution function
        rise = np.diff(self.fractions)[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            come = np.where(rise > 0, np.diff(area, axis=0) / rise, betainc(a, b, u[:-1]))
        entered: FloatArray = np.diff(self.times, axis=-1) @ (1 - come)
        return entered

    def expected_entered(self, n: float, ranks: IntArray, after: float) -> FloatArray:
        """Expected patients, of n, who are in so many months after the one of each rank came; (ranks,) or (B, ranks).

        Those after the one of rank k are independent. With V of the law Beta(k, n - k) they add n times the mean of
        what enters in the months after the fraction V has.
        """
        if len(self.fractions) == 2:
            part = np.minimum(after / np.asarray(self.duration), 1.0)[..., None]
            last = ranks == n
            left, seen = np.where(last, 1, n - ranks), np.where(last, n, ranks)  # of the last one nobody is left
            short = part * betainc(seen, left, 1 - part) + left / n * betainc(left + 1, seen, part)
            return np.asarray(np.where(last, n, seen + n * short))
        return np.array([k if k == n else k + n * self._entered_after(n - k, k, after) for k in ranks.tolist()])

    def _entered_after(self, left: float, rank: int, after: float) -> float:
        times, fractions = self.times, self.fractions

        def coming(v: FloatArray) -> FloatArray:
            return np.asarray(np.interp(np.interp(v, fractions, times) + after, times, fractions) - v)

        bends = np.concatenate([fractions, np.interp(times - after, times, fractions)])
        ends = betaincinv(rank, left, _TAIL), 1 - betaincinv(left, rank, _TAIL)
        constant = betaln(rank, left)
        return _mean(coming, bends, ends, lambda v: np.exp(xlogy(rank - 1, v) + xlog1py(left - 1, -v) - constant))

    def fraction(self, months: FloatArray) -> FloatArray:
        """Fraction enrolled by `months`, shape (B, ...)."""
        total = np.zeros(1)
        for j, rise in enumerate(np.diff(self.fractions)):
            start, end = self._column(j, months.ndim), self._column(j + 1, months.ndim)
            part = np.asarray(months - start)  # in place from here on: there can be many
            part /= end - start
            np.clip(part, 0.0, 1.0, out=part)
            part *= rise
            total = part if j == 0 else total + part
        return total

    def density(self, months: FloatArray) -> FloatArray:
        """Fraction of patients that enters per month at `months`, shape (B, ...)."""
        out = np.zeros(np.broadcast_shapes(months.shape, self._column(0, months.ndim).shape))
        for j, rise in enumerate(np.diff(self.fractions)):
            start, end = self._column(j, months.ndim), self._column(j + 1, months.ndim)
            out += np.where((months > start) & (months < end), rise / (end - start), 0.0)
        return out

    def entry(self, u: FloatArray) -> FloatArray:
        """Month by which a fraction `u` (B, n) is enrolled; overwrites `u` when enrolment is uniform."""
        if len(self.fractions) == 2:
            u *= self._column(1, u.ndim)
            return u
        return np.interp(u, self.fractions, self.times)

    def _column(self, j: int, ndim: int) -> FloatArray:
        column: FloatArray = self.times[..., j]
        return column if column.ndim == 0 else column.reshape(-1, *(1,) * (ndim - 1))
