r"""Many single epochs of Algorithm 1 at once, from states in which part of the target is found.

The target is :math:`r^{-1/2}\sum_{j\le r}e_j^{\otimes l}`; k of its terms are found, each by one or more
components, with the mass that the regulariser leaves. This is a stationary point: nothing happens until a
component is drawn afresh.

The components found lie in S, so there is one vector with a part in its complement B. Descent keeps that
part on its line, and rotations of B change nothing: d dimensions are r + 1 of them, exactly.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from flowbounds.dynamics.scalar_mode_step import Rule, Step, iterate, working_rule
from flowbounds.models.scaled_components import Components, objective, residual_contraction
from flowbounds.validation import FloatArray


@dataclass(frozen=True)
class Start:
    """Where an epoch begins: order, rank, terms found; and the setting of the algorithm."""

    order: int
    r: int
    found: int
    d: int = 20
    eps: float = 0.1
    eta: float = 0.05
    iterations: int = 300
    delta: float = 1e-6
    epochs: int = 40
    scaling: str = "working"  # lam = eps / (2 sqrt r); "theorem": eps / (2 r^(l/2))

    @property
    def m(self) -> int:
        """Two components more than terms."""
        return self.r + 2

    @property
    def lam(self) -> float:
        """Coefficient of the regulariser."""
        return float(self.eps / (2 * self.r ** (0.5 if self.scaling == "working" else self.order / 2)))

    @property
    def rule(self) -> Rule:
        """Step, first mode, threshold."""
        size = {"order": self.order, "eta": self.eta, "lam": self.lam, "delta": self.delta}
        return working_rule(self.d, self.m, self.epochs, **size)  # type: ignore[arg-type]

    @property
    def target(self) -> tuple[FloatArray, FloatArray]:
        """Directions (r + 1, r) and coefficients (r,)."""
        return np.eye(self.r + 1, self.r), np.full(self.r, self.r**-0.5)

    @property
    def name(self) -> str:
        """As the tables write it."""
        return f"l = {self.order}, {self.found} of {self.r} found"


@dataclass(frozen=True)
class Trials:
    """What the trials gave.

    Attributes
    ----------
    values : (3, trials)
        Objective before the component is drawn, after it, and at the end.
    first : (trials,)
        Correlation of the drawn component at the opening, as the next.
    correlation : (iterations, trials)
        Minus the correlation of the drawn component's part in S with the residual, before each step; empty
        when the steps were not watched, as the next two.
    growth : (iterations, trials)
        Logarithm of ||P_S u_t||^2 / ||P_S u_0||^2 after each step.
    modes : (iterations, trials)
        Scalar mode after each step.
    enters : (trials,)
        One where ||P_S u_0|| >= delta / sqrt d.
    """

    values: FloatArray
    first: FloatArray
    correlation: FloatArray
    growth: FloatArray
    modes: FloatArray
    enters: FloatArray


def stationary(start: Start, trials: int) -> Components:
    """The state in which the first terms are found, as a batch; the first component has the least mass."""
    who = np.arange(start.m)[::-1] % start.found
    shared = np.bincount(who, minlength=start.found)[who]
    norms = np.sqrt((start.target[1][0] - start.lam) / shared)
    order = np.argsort(norms, kind="stable")
    directions = np.zeros((start.r + 1, start.m))
    directions[who[order], np.arange(start.m)] = 1.0
    batch = (trials, start.m)
    return Components(
        np.broadcast_to(norms[order], batch).copy(),
        np.broadcast_to(directions, (trials, *directions.shape)).copy(),
        np.ones(batch),
        np.ones(batch),
    )


def opened(x: Components, start: Start, rule: Rule, rng: Generator) -> Components:
    """The state with its first component drawn afresh: uniform in R^d, rotated into S and one axis of B."""
    trials = x.norms.shape[0]
    fresh = np.empty((trials, start.r + 1))
    fresh[:, : start.r] = rng.normal(size=(trials, start.r))
    fresh[:, start.r] = np.sqrt(rng.chisquare(start.d - start.r, size=trials))
    norms, directions, modes, signs = x.norms.copy(), x.directions.copy(), x.modes.copy(), x.signs.copy()
    norms[:, 0], modes[:, 0] = rule.delta, rule.s0
    directions[:, :, 0] = fresh / np.linalg.norm(fresh, axis=1)[:, None]
    signs[:, 0] = rng.choice([-1.0, 1.0], size=trials)
    return Components(norms, directions, modes, signs)


def correlation(x: Components, start: Start, residual: Components | None = None) -> FloatArray:
    """Minus the correlation of the first component's part in S with the residual of a state, (trials,)."""
    inside = x.directions[:, :, :1].copy()
    inside[:, start.r] = 0.0
    inside /= np.sqrt(np.sum(inside**2, axis=1, keepdims=True))
    F = residual_contraction(residual or x, *start.target, start.order, along=inside)
    return np.asarray(-x.signs[:, 0] * np.sum(F * inside, axis=1)[:, 0])


def whole(y: Components, start: Start, k: int, rng: Generator) -> tuple[Components, FloatArray]:
    """Trial k in all d dimensions, turned by a random rotation, and the directions of its target (d, r)."""
    turn = np.linalg.qr(rng.normal(size=(start.d, start.d)))[0][:, : start.r + 1]
    x = Components(y.norms[k], turn @ y.directions[k], y.modes[k], y.signs[k])
    return x, np.asarray(turn[:, : start.r])


def inside_square(x: Components, start: Start) -> FloatArray:
    """Squared length of the first component's part in S, (trials,)."""
    return np.asarray(x.norms[:, 0] ** 2 * np.sum(x.directions[:, : start.r, 0] ** 2, axis=1))


def epoch_trials(
    start: Start,
    trials: int,
    rng: Generator,
    *,
    draw: bool = True,
    rule: Rule | None = None,
    watch: bool = False,
) -> Trials:
    """``trials`` epochs from one state; without ``draw`` no component is drawn afresh (a control)."""
    rule = rule or start.rule
    x = stationary(start, trials)
    y = opened(x, start, rule, rng) if draw else x
    first = np.log(inside_square(y, start))
    found: list[list[FloatArray]] = [[], [], []]

    def record(taken: Step) -> None:
        found[0].append(correlation(taken.before, start))
        found[1].append(np.log(inside_square(taken.after, start)) - first)
        found[2].append(taken.after.modes[:, 0])

    end = iterate(y, *start.target, rule, start.iterations, record if watch else None)
    values = [objective(z, *start.target, start.order, start.lam) for z in (x, y, end)]
    enters = np.asarray(np.exp(first) >= rule.delta**2 / start.d, dtype=float)
    rows = [np.array(kept) for kept in found]
    return Trials(np.array(values), correlation(y, start), rows[0], rows[1], rows[2], enters)
