"""Definition 1 and Proposition 1 of Ge et al. (2021) at one state, in units of the bounds."""

from dataclasses import dataclass

import numpy as np

from flowbounds.validation import FloatArray

OUTSIDE = -1  # owner of a component that belongs to no S_k


@dataclass(frozen=True)
class Groups:
    r"""The sets :math:`S_k` of one state: masses and averages, one entry a direction (d,).

    Attributes
    ----------
    mass : (d,)
        :math:`\hat a_k`, the squared norms of the members added up.
    count : (d,)
        Number of members.
    average : (d,)
        :math:`1-\mathbb E_k\bar w_k^2`, weighted by squared norms; 0 where there is no member.
    individual : (m,)
        :math:`1-\bar w_k^2` of each member, as the sum of the other squares; 0 for the rest.
    """

    mass: FloatArray
    count: FloatArray
    average: FloatArray
    individual: FloatArray


def groups(log_norms: FloatArray, coordinates: FloatArray, owner: np.ndarray) -> Groups:
    """Kernel: the sets of a state (m,), (d, m), with ``owner`` (m,) the set of each component or ``OUTSIDE``.

    ``coordinates`` are those of the directions in the target's frame.
    """
    d, m = coordinates.shape
    members = owner != OUTSIDE
    own = owner[members]
    others = coordinates[:, members].copy()
    others[own, np.arange(own.size)] = 0.0
    individual = np.zeros(m)
    individual[members] = np.sum(others * others, axis=0)
    weight = np.exp(2 * log_norms[members])
    mass = np.bincount(own, weights=weight, minlength=d).astype(np.float64)
    moment = np.bincount(own, weights=weight * individual[members], minlength=d)
    return Groups(
        mass=mass,
        count=np.bincount(own, minlength=d).astype(float),
        average=np.divide(moment, mass, out=np.zeros(d), where=mass > 0),
        individual=individual,
    )


@dataclass(frozen=True)
class Ratios:
    """Proposition 1 in units of its own bounds, one number or one array over samples for each part.

    Attributes
    ----------
    individual : at most 1
        (a): the largest of (1 - w_k^2) / alpha; 0 while nothing is discovered.
    average : at most 1
        (b): the largest of (1 - E w_k^2) / (alpha^2 + 4 s m delta1^2); 0 while nothing is discovered.
    gap_low : at least 1/6
        (c): the smallest of (a_k - ahat_k + s m delta1^2) / lam over the r targets.
    gap_high : at most 1
        (c): the largest of (a_k - ahat_k - s m delta1^2) / lam over a_k >= beta / (1 - gamma); -inf where
        no k is that large, so that nothing is claimed.
    outside : at most 0
        (d): the largest log norm outside the sets, less log delta1; -inf where every component has a set.
    """

    individual: FloatArray
    average: FloatArray
    gap_low: FloatArray
    gap_high: FloatArray
    outside: FloatArray


def ratios(
    found: Groups,
    log_norms: FloatArray,
    owner: np.ndarray,
    a: FloatArray,
    *,
    alpha: float,
    log_delta1: float,
    unit: float,
    epoch: int,
    threshold: float,
) -> Ratios:
    """Kernel: Proposition 1 at one state. ``unit`` is lam, ``threshold`` beta / (1 - gamma), ``a`` (r,)."""
    drift = epoch * owner.size * np.exp(2 * log_delta1)  # s m delta1^2
    gaps = a - found.mass[: a.size]
    large = a >= threshold
    free = log_norms[owner == OUTSIDE]
    return Ratios(
        individual=np.asarray(np.max(found.individual, initial=0.0) / alpha),
        average=np.max(found.average, initial=0.0) / (alpha**2 + 4 * drift),
        gap_low=(np.min(gaps) + drift) / unit,
        gap_high=(np.max(gaps[large], initial=-np.inf) - drift) / unit,
        outside=np.max(free, initial=-np.inf) - log_delta1,
    )


def stack(samples: list[Ratios]) -> Ratios:
    """Kernel: one :class:`Ratios` of arrays from those of single states."""
    return Ratios(
        **{name: np.array([getattr(one, name) for one in samples]) for name in Ratios.__dataclass_fields__}
    )


def worst(samples: list[Ratios]) -> Ratios:
    """Kernel: the worst of each part over arrays of samples."""
    joined = {
        name: np.concatenate([np.atleast_1d(getattr(one, name)) for one in samples])
        for name in Ratios.__dataclass_fields__
    }
    lowest = {"gap_low"}
    return Ratios(**{name: np.min(all_) if name in lowest else np.max(all_) for name, all_ in joined.items()})
