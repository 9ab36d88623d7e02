"""States that Proposition 1 of Ge et al. (2021) allows, drawn to be adverse, in batches; S_k is first axis's.

In every state the first columns are members of the first set, the last of them a probe: distance exactly
alpha, mass next to nothing. The fitted masses need no more than a_j; so the states serve every regulariser.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from flowbounds.bounds.local_stability import StabilityRates, rates
from flowbounds.dynamics.tensor_flow import TensorTrajectory, tensor_flow
from flowbounds.models import tensor_fit
from flowbounds.validation import FloatArray, require_range

PROBE_SHARE = 1e-12  # of the fitted mass: far below any alpha
GROUP = 4  # members of a discovered set, the probe not counted


@dataclass(frozen=True)
class States:
    """``count`` states: (count, m), (count, d, m), (count, r), and which columns are in the first set."""

    log_norms: FloatArray
    u: FloatArray
    a: FloatArray
    members: FloatArray

    def rates(self, lam: float = 0.0) -> StabilityRates:
        return rates(self.log_norms, self.u, self.a, self.members, 0, lam)

    def only(self, which: NDArray[np.intp]) -> "States":
        """The states at the indices ``which``."""
        return States(self.log_norms[which], self.u[which], self.a[which], self.members[which])


def _group(
    axis: int, d: int, mass: FloatArray, alpha: float, rng: Generator, loss_of: str
) -> tuple[FloatArray, FloatArray]:
    """Members of one set: (count, GROUP + 1) masses and (count, d, GROUP + 1) directions, the probe last."""
    count = mass.size
    q = alpha * 10.0 ** -rng.uniform(0, 4, size=(count, GROUP))
    q[rng.uniform(size=q.shape) < 0.3] = alpha
    share = rng.exponential(size=q.shape) * np.minimum(1.0, alpha**2 / q)
    share[:, 0], q[:, 0] = 1.0, np.minimum(q[:, 0], alpha**2)
    share /= share.sum(axis=1, keepdims=True)
    if loss_of == "average":  # control: every member at alpha
        q[:] = alpha
    else:
        allowed = (alpha**2 - PROBE_SHARE * alpha) / (1 - PROBE_SHARE)
        q *= np.minimum(1.0, allowed / np.sum(share * q, axis=1, keepdims=True))
    q = np.column_stack([q, np.full(count, alpha)])
    tails = rng.normal(size=(count, d - 1, GROUP + 1)) ** 3
    tails[:, :, -1] = np.where(rng.uniform(size=(count, 1)) < 0.5, -tails[:, :, 0], tails[:, :, -1])
    tails *= np.sqrt(q)[:, None] / np.linalg.norm(tails, axis=1, keepdims=True)
    shares = np.column_stack([share * (1 - PROBE_SHARE), np.full(count, PROBE_SHARE)])
    return mass[:, None] * shares, np.insert(tails, axis, np.sqrt(1 - q), axis=1)


def random_states(
    count: int, alpha: float, rng: Generator, *, d: int = 5, least_gap: float = 0.0, loss_of: str = ""
) -> States:
    r"""Adverse random states within Proposition 1.

    Two directions are discovered, a third is not; the weights add up to one, the first of them is the
    largest. Rare members at distance alpha, spiky tails, two free columns of total mass alpha^3. The first
    gap is ``least_gap`` or up to the whole weight. ``loss_of = "average"`` drops Proposition 1(b).
    """
    alpha = require_range("alpha", alpha, 0.0, 0.25, open_ends=True)
    a = -np.sort(-rng.dirichlet(np.ones(3), size=count), axis=1)
    reach = rng.uniform(size=(count, 2)) ** rng.choice([0.0, 1.0, 6.0], size=(count, 2))
    fitted = reach * np.column_stack([a[:, 0] - least_gap, a[:, 1]])
    free = rng.normal(size=(count, d, 2))
    free /= np.linalg.norm(free, axis=1, keepdims=True)
    parts = [_group(axis, d, fitted[:, axis], alpha, rng, loss_of) for axis in (0, 1)]
    parts.append((np.full((count, 2), alpha**3 / 2), free))
    mass = np.concatenate([part[0] for part in parts], axis=1)
    members = np.zeros(mass.shape)
    members[:, : GROUP + 1] = 1.0
    return States(0.5 * np.log(mass), np.concatenate([part[1] for part in parts], axis=2), a, members)


def small_state(
    q: FloatArray, mass: FloatArray, a: FloatArray, side: FloatArray, *, axis: int = 1, d: int = 3
) -> States:
    """One state, all columns members, with distances q, masses, and tails along one axis (sides +-1)."""
    u = np.zeros((d, len(q)))
    u[0], u[axis] = np.sqrt(1 - np.asarray(q)), np.asarray(side) * np.sqrt(q)
    mass = np.asarray(mass, dtype=float)
    return States(0.5 * np.log(mass)[None], u[None], np.asarray(a, dtype=float)[None], np.ones((1, len(q))))


def opposite_pair(alpha: float, gap: float, *, bulk: float | None = None) -> States:
    """A probe at distance alpha; nearly all of the mass on the other side, at alpha^2 (or ``bulk``)."""
    q = np.array([alpha**2 if bulk is None else bulk, alpha])
    return small_state(q, (1 - gap) * np.array([1.0, PROBE_SHARE]), np.ones(1), np.array([1, -1]))


def rare_member(alpha: float, *, fitted: float = 1e-9, far: float | None = None) -> States:
    """Little mass, the share alpha of it at distance alpha, the rest aligned; or that average at ``far``."""
    q = alpha if far is None else far
    share = alpha**2 / q
    mass = fitted * np.array([1 - share, share])
    return small_state(np.array([0.0, q]), mass, np.ones(1), np.array([1, 1]), axis=2)


def probe_path(
    alpha: float, lam: float, times: FloatArray, *, tol: float = 1e-11
) -> tuple[TensorTrajectory, FloatArray]:
    """The flow from :func:`opposite_pair` at the least gap of Proposition 1(c), and the probe's q / alpha."""
    state = opposite_pair(alpha, lam / 6)
    run = tensor_flow(state.u[0], state.log_norms[0], [1.0], float(times[-1]), lam=lam, tol=tol, t_eval=times)
    return run, np.sum(run.directions[1:, 1] ** 2, axis=0) / alpha


def rates_from_gradient(states: States, lam: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The three rates by the second route: the gradient in W, and sums of squares of its entries.

    ``(individual, average, fitted_rate)``; uses that the average of q is |W_rest|^2 / |W|^2 over the set.
    """
    individual, average, fitted = [], [], []
    for rho, u, a, member in zip(states.log_norms, states.u, states.a, states.members, strict=True):
        W = np.exp(rho) * u
        V = -tensor_fit.gradient(W, a, lam=lam)
        rest, move, whole = np.sum(W[1:] ** 2, 0), np.sum(W[1:] * V[1:], 0), np.sum(W * W, 0)
        individual.append(2 * W[0] * (V[0] * rest - W[0] * move) / whole**2)
        held = member > 0
        total = whole[held].sum()
        fitted.append(2 * np.sum((W * V)[:, held]))
        average.append((fitted[-1] * rest[held].sum() / total - 2 * move[held].sum()) / total)
    return np.array(individual), np.array(average), np.array(fitted)
