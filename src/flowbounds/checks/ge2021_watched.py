"""The runs on which Definition 1 and Proposition 1 of Ge et al. (2021) are checked, and planted states.

The theorem's own alpha is so small that (a) and (b) hold with room to spare that no integrator resolves;
here alpha is set to ordinary values, delta1 and delta0 follow, and the bounds mean something.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from flowbounds.bounds.induction import DeflationConstants, Theorem1Parameters, theorem1_parameters
from flowbounds.bounds.proposition1 import groups
from flowbounds.checks.ge2021_staircase import SOLVER_ALLOWANCE
from flowbounds.dynamics.deflation_run import DeflationRun
from flowbounds.dynamics.discovery import State, Stretch, follow
from flowbounds.dynamics.epochs import modified_flow
from flowbounds.evidence_table import decade_above
from flowbounds.models.target_weights import target_weights
from flowbounds.validation import FloatArray

TOL = 1e-9
CONSTANTS = DeflationConstants.fast()
SIZES = ((5, 5, 40), (10, 5, 100), (20, 5, 120))  # d, r, m
ALPHAS = (0.3, 0.1, 0.03)


def error_of(difference: float, lam: float) -> float:
    """Error of a slack in units of lam: 100 tol or the difference of two runs, up to a power of ten.

    The difference itself is noise of the integrator, another number on another machine.
    """
    return decade_above(max(difference, SOLVER_ALLOWANCE * TOL / lam))


@dataclass(frozen=True)
class Watched:
    """One run of Algorithm 2 with alpha overridden."""

    alpha: float
    d: int
    a: FloatArray
    m: int
    seed: int
    run: DeflationRun


def watched(
    *,
    alphas: Sequence[float] = ALPHAS,
    sizes: Sequence[tuple[int, int, int]] = SIZES,
    seeds: Sequence[int] = (0, 1, 2),
    eps: float = 0.03,
    family: str = "steep",
    tol: float = TOL,
    constants: DeflationConstants = CONSTANTS,
    change: Callable[[Theorem1Parameters], Theorem1Parameters] | None = None,
) -> list[Watched]:
    """Runs over alpha, size and seed; ``change`` alters the parameters, for controls.

    The family is steep (ratio 2), so that late epochs exist and the upper half of (c) claims something.
    Raises HypothesisError as :func:`~flowbounds.dynamics.epochs.modified_flow` does.
    """
    runs = []
    for d, r, m in sizes:
        for alpha in alphas:
            p = theorem1_parameters(d, eps, m, constants=constants, alpha=alpha)
            given: dict[str, Any] = {"constants": constants, "alpha": alpha, "tol": tol}
            given |= {"parameters": change(p)} if change else {}
            for seed in seeds:
                a = target_weights(family, r, d, eps, np.random.default_rng(seed))
                run = modified_flow(a, d, m, eps, rng=np.random.default_rng(seed), **given)
                runs.append(Watched(alpha, d, a, m, seed, run))
    return runs


def planted(masses: tuple[float, float], misalignments: tuple[float, float], *, tol: float = TOL) -> Stretch:
    """Two members of S_0 on opposite sides of e_0 in the plane, target e_0^4, lam = 0, for a time 60."""
    angles = np.arcsin(np.sqrt(misalignments)) * np.array([1.0, -1.0])
    state = State(np.log(masses) / 2, np.array([np.cos(angles), np.sin(angles)]), np.zeros(2, dtype=int))
    p = Theorem1Parameters(0.0, 0.5, -200.0, -300.0)  # nothing passes delta1 here
    frame = np.eye(2)
    return follow(state, np.array([1.0]), frame[:, :1], frame, 60.0, p, tol=tol)


def largest_misalignment(path: Stretch, column: int | None = None) -> float:
    """Largest 1 - w_0^2 along a planted path, of one column or of the average."""
    found = [groups(state.log_norms, state.directions, state.owner) for state in path.states()]
    return float(max(one.average[0] if column is None else one.individual[column] for one in found))
