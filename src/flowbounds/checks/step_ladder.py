"""Slack of Lemmas 3 and 8 of Wang et al. (2020) in every step of a run, and at smaller and smaller steps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from flowbounds.checks.watched_descent import Setting, Watched, watched
from flowbounds.validation import FloatArray

SETTINGS = tuple(Setting(order, target) for order in (3, 4) for target in ("orthonormal", "dependent"))
LADDER = (0.05, 0.02, 0.01, 0.005, 0.0025)  # step sizes; the first is the working one
TIME = 2.0  # eta H of the runs on the ladder: what breaks does so before the mode switch
RESOLVED_BOUND = 1e-10  # (eta / l) |G|^2 below which a difference of objectives is rounding
ROUNDING = 1e-15  # of an objective of order one


def at_step(setting: Setting, eta: float) -> Setting:
    """The setting with another step and as many iterations as the same time takes."""
    return replace(setting, eta=eta, iterations=round(TIME / eta), epochs=1)


def decreases(run: Watched) -> FloatArray:
    """Lemma 3: slack of each step in units of its bound; infinite where the bound is below rounding."""
    bound = run.setting.eta / run.setting.order * run.slope
    counted = bound > RESOLVED_BOUND
    return np.where(counted, (-run.change - bound) / np.where(counted, bound, 1.0), np.inf)


def keeps(run: Watched) -> FloatArray:
    """Lemma 8: slack of each step's largest drift, in units of eta delta d."""
    allowed = run.setting.eta * run.setting.delta * run.setting.d
    return np.asarray(1 - run.drift / allowed)


@dataclass(frozen=True)
class Ladder:
    """Least slack of Lemmas 3 and 8 at each step size."""

    steps: tuple[float, ...]
    decrease: tuple[float, ...]
    keep: tuple[float, ...]


def climb(
    settings: Sequence[Setting], runs: int, rng: Generator, *, steps: Sequence[float] = LADDER
) -> Ladder:
    """Both lemmas at the step sizes of the ladder, least over the settings."""
    seen = [[watched(at_step(setting, eta), runs, rng) for setting in settings] for eta in steps]
    return Ladder(
        tuple(steps),
        tuple(min(float(np.min(decreases(run))) for run in row) for row in seen),
        tuple(min(float(np.min(keeps(run))) for run in row) for row in seen),
    )


def holds_from(slack: Sequence[float], ladder: Sequence[float]) -> str | None:
    """The largest step of the ladder from which on every smaller one has positive slack."""
    good = [eta for k, eta in enumerate(ladder) if min(slack[k:]) > 0]  # the ladder goes down
    return f"step {good[0]:g}" if good else None
