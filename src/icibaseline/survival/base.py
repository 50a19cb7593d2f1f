"""What every survival curve can do, and the rule for the batch axis."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np

from icibaseline import _checks
from icibaseline._values import FloatArray, Floats, Uncertain, Value
from icibaseline.errors import reject

Parameter: TypeAlias = "Floats | Uncertain"

_TIMES = "0 or positive numbers of months"
_NUMBERS_HINT = "Put a number in its place, such as the prior's `typical`, or take the curve from `scenario.typical`."


def numeric(name: str, held: Parameter) -> Floats:
    """`held`, which must not be a prior."""
    if isinstance(held, Uncertain):
        reject(name, "a number to evaluate the curve", held, _NUMBERS_HINT)
    return held


def along(parameter: Floats, ndim: int) -> Floats:
    """A parameter that broadcasts with times of `ndim` axes.

    A number stays as it is. A batch of shape (B,) meets times without axes as (B,), times (Q,), which the batch
    shares, as (B, 1), and times whose first axis is the batch as (B, 1, ..., 1) of `ndim` axes.
    """
    if np.ndim(parameter) == 0:
        return parameter
    batch = np.asarray(parameter)
    return batch.reshape(batch.shape + (1,) * (ndim if ndim <= 1 else ndim - 1))


def shared_batch(kind: str, parts: tuple[Any, ...]) -> int | None:
    """The length of the batch that parameters and curves share; None if none of them is a batch."""
    sizes = {len(part) for part in parts if isinstance(part, np.ndarray)}
    sizes |= {part.batch for part in parts if isinstance(part, Curve) and part.batch is not None}
    if len(sizes) > 1:
        reject(kind, "given batched parameters of one length", tuple(sorted(sizes)))
    return sizes.pop() if sizes else None


def roughest(powers: Iterable[float]) -> float:
    """The one of several powers of t that quadrature must take into account.

    A whole power is smooth, so it is the smallest that is not whole, if there is one.
    """
    ordered = sorted(powers)
    return next((power for power in ordered if power != int(power)), ordered[0])


def plain(result: Any) -> Floats:
    """A Python float instead of an array without axes."""
    return result if np.ndim(result) else float(result)


def shown(held: Any, unit: str = "") -> str:
    """A parameter in a sentence: a number, the range of a batch, or the prior."""
    if isinstance(held, Uncertain):
        return f"uncertain: {held}"
    if isinstance(held, np.ndarray):
        return f"{held.min():.4g} to {held.max():.4g}{unit} (batch of {len(held)})"
    return f"{held:.4g}{unit}"


def a_curve(name: str, held: object) -> Curve:
    """`held`, which must be a curve."""
    clean: Curve = _checks.instance(name, held, Curve, "a survival curve", "For example Exponential(median=4.7).")
    return clean


class Curve(Value):
    """Abstract survival curve of the time to an event, in months.

    Every method is vectorised. A curve of plain numbers answers in the shape of its argument. Inside a batch of B
    curves an argument without axes gives (B,), one of shape (Q,) is shared by the batch and gives (B, Q), and one of
    more axes carries the batch (B or 1) first.
    """

    # ---- what a curve must know --------------------------------------------------------------------

    @property
    @abstractmethod
    def batch(self) -> int | None:
        """Number of curves in the batch; None for a single curve."""

    @property
    @abstractmethod
    def median(self) -> Floats:
        """Median survival time in months; inf if fewer than half ever have the event."""

    @property
    @abstractmethod
    def knots(self) -> tuple[float, ...]:
        """Months at which the hazard jumps, increasing, in every curve of the batch."""

    @property
    @abstractmethod
    def moving_knots(self) -> FloatArray | None:
        """Months (B, m) at which the hazard jumps where they differ within the batch; None if nowhere."""

    @property
    @abstractmethod
    def origin_power(self) -> float:
        """The k of a hazard that behaves like ``t^(k-1)`` near 0; where there are several, the roughest."""

    @abstractmethod
    def _hazard(self, t: FloatArray) -> Floats: ...

    @abstractmethod
    def _cumulative_hazard(self, t: FloatArray) -> Floats: ...

    @abstractmethod
    def _inverse(self, h: FloatArray, out: FloatArray | None) -> Floats: ...

    @abstractmethod
    def _restricted_mean(self, horizon: FloatArray) -> Floats: ...

    # ---- what every curve can do -------------------------------------------------------------------

    def hazard(self, t: Any) -> Floats:
        """Hazard per month at `t` months; at a knot, the hazard after it."""
        with np.errstate(over="ignore", divide="ignore"):
            return plain(self._hazard(self._clean("t", t, _TIMES)))

    def cumulative_hazard(self, t: Any) -> Floats:
        """Hazard accumulated from 0 to `t` months."""
        with np.errstate(over="ignore"):
            return plain(self._cumulative_hazard(self._clean("t", t, _TIMES)))

    def survival(self, t: Any) -> Floats:
        """Probability of no event by `t` months, accurate however small."""
        return plain(np.exp(-np.asarray(self.cumulative_hazard(t))))

    def density(self, t: Any) -> Floats:
        """Probability density of the event at `t` months, per month."""
        alive = np.asarray(self.survival(t))
        return plain(np.multiply(self.hazard(t), alive, out=np.zeros_like(alive), where=alive > 0))

    def quantile(self, p: Any) -> Floats:
        """Months by which a fraction `p` has had the event; inf where that many never have it."""
        fraction = self._clean("p", p, "probabilities from 0 to 1", most=1.0)
        with np.errstate(divide="ignore"):
            return self.inverse_cumulative_hazard(-np.log1p(-fraction))

    def inverse_cumulative_hazard(self, h: Any, out: FloatArray | None = None) -> Floats:
        """Months at which the cumulative hazard first reaches `h`; inf if it never does.

        Parameters
        ----------
        h : array_like
            Cumulative hazards, 0 or above.
        out : ndarray, optional
            Where to write the answer; it may be `h` itself. Then `h` is trusted and not checked, for speed.
        """
        if out is not None:
            if not isinstance(out, np.ndarray) or out.dtype != float:
                reject("out", "an array of floats to write into", out)
            return self._inverse(h, out)
        with np.errstate(over="ignore"):
            return plain(self._inverse(self._clean("h", h, "0 or positive numbers"), None))

    def restricted_mean(self, horizon: Any) -> Floats:
        """Mean number of months without the event up to `horizon` months; the mean where that is inf."""
        rule = "a positive number of months"
        months = self._clean("horizon", horizon, rule)
        if months.size and not months.min() > 0:
            reject("horizon", rule, horizon)
        with np.errstate(over="ignore"):
            return plain(self._restricted_mean(months))

    def rvs(self, size: int | tuple[int, ...] | None = None, *, rng: Any = None) -> Floats:
        """Random event times in months.

        Parameters
        ----------
        size : int or tuple of int, optional
            Shape of the draws, after the batch axis if there is one.
        rng : int, numpy.random.Generator or None
            Seed or generator, as `numpy.random.default_rng` takes it.
        """
        shape, generator = _checks.shape("size", size), _checks.generator("rng", rng)
        lead = (1,) if self.batch is None else (self.batch,)
        h = generator.standard_exponential((*lead, *(shape or (1,))))
        self.inverse_cumulative_hazard(h, out=h)
        return plain(h.reshape((*lead, *shape) if self.batch else shape))

    def scaled(self, ratio: Parameter, delay: Parameter = 0.0) -> Curve:
        """The curve whose hazard is `ratio` times this one from `delay` months on."""
        from icibaseline.survival.scaled import ScaledHazard

        made = ScaledHazard(self, ratio, delay=delay)
        return self if isinstance(made.ratio, float) and made.ratio == 1 else made

    def after(self, months: Parameter) -> Curve:
        """The curve of those without the event at `months`, in months from then on."""
        from icibaseline.survival.conditional import Conditional

        made = Conditional(self, months)
        return self if isinstance(made.months, float) and made.months == 0 else made

    # ---- checks ------------------------------------------------------------------------------------

    def _clean(self, name: str, given: Any, rule: str, most: float = np.inf) -> FloatArray:
        """`given` as an array of numbers from 0 to `most`."""
        try:
            x = np.asarray(given)
        except ValueError:  # ragged
            reject(name, rule, given)
        if x.dtype.kind not in "fiu" or (x.size and not (x.min() >= 0 and x.max() <= most)):  # NaN fails too
            reject(name, rule, given)
        if self.batch is not None and x.ndim > 1 and x.shape[0] not in (1, self.batch):
            reject(name, f"of shape ({self.batch}, ...), ({self.batch} curves are in the batch)", x.shape)
        return x.astype(float, copy=False)
