"""Both ends of a lemma on Algorithm 2: real runs at practical sizes, and one column in large dimension."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from flowbounds.bounds.induction import DeflationConstants
from flowbounds.bounds.luck import Classes, classify, thresholds
from flowbounds.bounds.proposition1 import OUTSIDE
from flowbounds.dynamics.deflation_run import DeflationRun, Epoch
from flowbounds.dynamics.discovery import follow
from flowbounds.dynamics.epochs import modified_flow
from flowbounds.dynamics.lucky_columns import LastEpoch, last_epoch
from flowbounds.models.tensor_ensembles import geometric_weights
from flowbounds.validation import FloatArray

Size = tuple[int, int, int]  # (d, r, m)
PRACTICAL: tuple[Size, ...] = ((5, 5, 40), (10, 10, 100), (20, 5, 60), (50, 5, 80))
LARGE = (*(c * 10**k for k in range(2, 9) for c in (1, 3)), 10**9)
RATIO = 1.2  # of the practical targets' weights
LOOSER = 100.0  # tolerance of the second integration, whose difference is the error
COARSER = 1e4  # its coordinates are held to so many times the share of alpha


@dataclass(frozen=True)
class Asymptotics:
    """Constants for large d: Gamma = x log d / d, m = d^power, accuracy eps whatever d."""

    x: float = 8.0
    power: float = 5.0
    eps: float = 0.1

    @property
    def constants(self) -> DeflationConstants:
        """The fast set, with t1' and t1'' shortened to the threshold x."""
        part = 1 / (8 * self.x)
        return replace(DeflationConstants.fast(), c1=part, c2=part)

    def at(self, d: int, *, eps: float | None = None) -> LastEpoch:
        """The last epoch in dimension d."""
        eps = self.eps if eps is None else eps
        return last_epoch(d, eps, self.power * np.log(d), constants=self.constants)

    def first(
        self, dimensions: Sequence[int], margin: Callable[[LastEpoch], float], *, by: str = "residual frozen"
    ) -> str | None:
        """The smallest d of the grid from which the margin stays positive to its end, known ``by`` what."""
        start = None
        for d in sorted(dimensions, reverse=True):
            if margin(self.at(d)) <= 0:
                break
            start = d
        settings = f"x = {self.x:g}, m = d^{self.power:g}, eps = {self.eps:g}"
        return None if start is None else f"d = {start:.0e} ({settings}, {by})"


@lru_cache(maxsize=32)
def cached_run(size: Size, eps: float, seed: int, tol: float, alpha: float | None) -> DeflationRun:
    """Kernel: what :func:`practical_run` returns; all arguments by position, so that one run is one entry."""
    d, r, m = size
    a, rng = geometric_weights(r, RATIO), np.random.default_rng(seed)
    constants = DeflationConstants.separated() if alpha is None else DeflationConstants.fast()
    return modified_flow(a, d, m, eps, rng=rng, tol=tol, alpha=alpha, constants=constants, max_epochs=6)


def practical_run(size: Size, eps: float, seed: int, tol: float, alpha: float | None = None) -> DeflationRun:
    """Kernel: Algorithm 2 on a geometric target with the separated constants; one run serves all lemmas.

    With ``alpha`` overridden the constants are the fast ones: delta0 close to delta1, alignment in doubt.
    """
    return cached_run(size, eps, seed, tol, alpha)


@dataclass(frozen=True)
class Seen:
    """One epoch of a run with the sets of Definition 2 at its start; ``small`` (m,) are below delta1."""

    run: DeflationRun
    epoch: Epoch
    a: FloatArray
    small: np.ndarray
    classes: Classes

    @classmethod
    def of(cls, run: DeflationRun, epoch: Epoch, a: FloatArray) -> "Seen":
        start = epoch.phase1.state(0)
        found = np.unique(start.owner[start.owner != OUTSIDE]).tolist()
        gamma = thresholds(
            a, start.directions.shape[0], epoch.lengths[0], lam=run.parameters.lam, discovered=found
        )
        small = start.log_norms < run.parameters.log_delta1
        classes = classify(start.directions**2, gamma, small, c_rho=run.constants.c_rho)
        return cls(run, epoch, a, small, classes)

    @property
    def gamma(self) -> float:
        """Threshold of a weight that equals beta, x log d / d."""
        return 1 / (8 * self.epoch.beta * self.epoch.lengths[0])

    def again(self, tol: float, phase: int) -> "Seen":
        """The same epoch with one of its phases integrated again, from the same state and more loosely."""
        p = self.run.parameters
        loose = replace(p, alpha=min(0.1, COARSER * p.alpha))
        state = self.epoch.phases[phase - 1].state(0)
        d = state.directions.shape[0]
        duration = sum(self.epoch.lengths[:3]) if phase == 1 else self.epoch.lengths[3]
        basis, frame = np.eye(d, self.a.size), np.eye(d)
        stretch = follow(state, self.a, basis, frame, duration, loose, tol=LOOSER * tol)
        epoch = replace(self.epoch, phase1=stretch) if phase == 1 else replace(self.epoch, phase2=stretch)
        return replace(self, epoch=epoch)


@dataclass(frozen=True)
class Practical:
    """A lemma at practical sizes: its worst margin and where, its error, instances and empty ones."""

    margin: float
    error: float
    where: str
    instances: int
    vacuous: int

    @classmethod
    def of(
        cls,
        measure: Callable[[Seen], float | None],
        sizes: Sequence[Size],
        eps: float,
        seeds: Sequence[int],
        tol: float,
        alphas: Sequence[float | None] = (None,),
        phase: int = 1,
    ) -> "Practical":
        """Every epoch of every run; ``measure`` reads one ``phase``, and is None where nothing is said."""
        margin, worst, instances, vacuous = np.inf, None, 0, 0
        for size, seed, alpha in [(s, k, x) for s in sizes for k in seeds for x in alphas]:
            run = practical_run(size, eps, seed, tol, alpha)
            for epoch in run.history:
                seen = Seen.of(run, epoch, geometric_weights(size[1], RATIO))
                value, instances = measure(seen), instances + 1
                if value is None:
                    vacuous += 1
                elif value < margin:
                    margin, worst = value, (size, seen)
        if worst is None:
            return cls(margin, 0.0, "", instances, vacuous)
        (d, r, m), seen = worst
        again = measure(seen.again(tol, phase))
        # below the tolerance that was asked for the difference is rounding, not information
        error = max(abs(margin - again), tol) if again is not None else np.inf
        where = f"d = {d}, r = {r}, m = {m}, epoch {seen.epoch.index}"
        return cls(float(margin), float(error), where, instances, vacuous)
