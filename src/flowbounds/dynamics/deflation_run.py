"""What a run of Algorithm 2 leaves behind: its epochs, the passages of delta1, and Proposition 1 along it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from flowbounds.bounds.induction import DeflationConstants, Theorem1Parameters
from flowbounds.bounds.proposition1 import Ratios, groups, ratios, stack, worst
from flowbounds.dynamics.discovery import Passage, State, Stretch
from flowbounds.validation import FloatArray


@dataclass(frozen=True)
class Epoch:
    """One epoch: ``error`` is |T - T*| at its start, ``fresh`` (m,) marks what was re-initialised at t1.

    ``lengths`` are (t1', t1'', t1''', t2 - t1); ``ratios1``, ``ratios2`` are Proposition 1 at every sample
    of ``phase1`` and ``phase2``. The end of phase 1 is before, the start of phase 2 after re-initialisation.
    """

    index: int
    beta: float
    error: float
    lengths: tuple[float, float, float, float]
    phase1: Stretch
    phase2: Stretch
    fresh: np.ndarray
    ratios1: Ratios
    ratios2: Ratios

    @property
    def phases(self) -> tuple[Stretch, Stretch]:
        """Phase 1 and phase 2."""
        return self.phase1, self.phase2


@dataclass(frozen=True)
class DeflationRun:
    """What :func:`~flowbounds.dynamics.epochs.modified_flow` did.

    Attributes
    ----------
    epochs : int
        Epochs that were run.
    final_error : float
        |T - T*|_F at the end.
    proposition1 : Ratios
        The worst of each part over all samples; nothing was run: zeros and infinities of an empty claim.
    discoveries : tuple of Passage
        The first component of each S_k that was empty before, in order of time.
    crossings : tuple of Passage
        Every passage of delta1.
    exhausted : bool
        No component is left outside the sets while a target above lam is undiscovered: no further epoch
        could find it.
    epoch_limit : bool
        ``max_epochs`` were run and the error is still above eps.
    history : tuple of Epoch
    state : State
        The last one.
    parameters, constants, small_weights
        What was used, and how many a_k are below eps / sqrt(d), which the paper assumes away.
    nfev : int
        Right-hand sides evaluated.
    """

    epochs: int
    final_error: float
    proposition1: Ratios
    discoveries: tuple[Passage, ...]
    crossings: tuple[Passage, ...]
    exhausted: bool
    epoch_limit: bool
    history: tuple[Epoch, ...]
    state: State
    parameters: Theorem1Parameters
    constants: DeflationConstants
    small_weights: int
    nfev: int

    @property
    def misaligned(self) -> tuple[Passage, ...]:
        """Upward passages of delta1 that discover nothing, which Proposition 1(d) and Lemma 5.3 exclude."""
        return tuple(one for one in self.crossings if one.rising and not one.discovers)


def watch(
    phase: Stretch,
    a: FloatArray,
    frame: FloatArray,
    parameters: Theorem1Parameters,
    *,
    unit: float,
    epoch: int,
    threshold: float,
) -> Ratios:
    """Kernel: Proposition 1 at every sample; see :func:`~flowbounds.bounds.proposition1.ratios`."""
    samples = []
    for state in phase.states():
        found = groups(state.log_norms, frame.T @ state.directions, state.owner)
        samples.append(
            ratios(
                found,
                state.log_norms,
                state.owner,
                a,
                alpha=parameters.alpha,
                log_delta1=parameters.log_delta1,
                unit=unit,
                epoch=epoch,
                threshold=threshold,
            )
        )
    return stack(samples)


def passages(history: Sequence[Epoch]) -> Iterator[Passage]:
    """Every passage of delta1 in order of time."""
    for epoch in history:
        for phase in epoch.phases:
            yield from phase.passages


def discoveries(history: Sequence[Epoch]) -> Iterator[Passage]:
    """The passages that found a target whose set was empty."""
    for epoch in history:
        for phase in epoch.phases:
            found = set(phase.owner[:, 0])
            for passage in phase.passages:
                if passage.discovers and passage.target not in found:
                    found.add(passage.target)
                    yield passage


def worst_ratios(history: Sequence[Epoch], alpha: float) -> Ratios:
    """The worst of each part of Proposition 1; of no epochs: an empty claim.

    A component is least aligned when it joins its set, between two samples: its passage counts too.
    """
    nothing = Ratios(*map(np.array, (0.0, 0.0, np.inf, -np.inf, -np.inf)))
    found = worst([nothing] + [one for epoch in history for one in (epoch.ratios1, epoch.ratios2)])
    joined = [passage.misalignment / alpha for passage in passages(history) if passage.discovers]
    return replace(found, individual=np.max(joined, initial=float(found.individual)))
