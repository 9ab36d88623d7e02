"""Kernel questions about an epoch of Algorithm 2: what is found, how much of it, when, and since when.

The target's directions are the first unit vectors, as in the paper.
"""

from dataclasses import fields

import numpy as np

from flowbounds.bounds.proposition1 import OUTSIDE, Ratios
from flowbounds.dynamics.deflation_run import DeflationRun, Epoch
from flowbounds.dynamics.discovery import Stretch
from flowbounds.validation import FloatArray

LOWEST_GAP = 1 / 6  # Proposition 1(c), in units of lam


def found(phase: Stretch, sample: int) -> set[int]:
    """The directions k whose S_k is not empty at one sample."""
    return {int(k) for k in phase.owner[:, sample]} - {OUTSIDE}


def fitted(phase: Stretch, r: int) -> FloatArray:
    """The masses ahat_k at every sample, (r, n)."""
    mass = np.exp(2 * phase.log_norms)
    return np.stack([np.sum(np.where(phase.owner == k, mass, 0.0), axis=0) for k in range(r)])


def at(ratios: Ratios, sample: int) -> Ratios:
    """Proposition 1 at one sample."""
    return Ratios(**{one.name: getattr(ratios, one.name)[sample] for one in fields(Ratios)})


def proposition1_holds(ratios: Ratios, sample: int) -> bool:
    """All parts of Proposition 1 at one sample: the hypothesis of Lemmas 4 and 6."""
    one = at(ratios, sample)
    low, high = one.gap_low >= LOWEST_GAP, one.gap_high <= 1
    return bool(one.individual <= 1 and one.average <= 1 and low and high and one.outside <= 0)


def first_passage(run: DeflationRun, k: int, epoch: Epoch) -> float:
    """When S_k first receives a member after the start of ``epoch``; the end of the run if it never does."""
    start = epoch.phase1.t[0]
    times = [one.time for one in run.crossings if one.discovers and one.target == k and one.time >= start]
    return float(min(times, default=run.history[-1].phase2.t[-1]))


def fresh_share(run: DeflationRun, s: int) -> float:
    """Largest squared coordinate among the components that phase 1 of epoch s may bring up.

    They were drawn at the last re-initialisation, in the middle of the epoch before, or at the start.
    """
    if s == 0:
        drawn = run.history[0].phase1.directions[:, :, 0]
    else:
        before = run.history[s - 1]
        drawn = before.phase2.directions[:, before.fresh, 0]
    return float(np.max(drawn * drawn, initial=0.0))
