"""Runs of Algorithm 1 side by side, and at every step what Lemmas 2 to 5, 8 and 9 of Wang et al. speak of."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from flowbounds.dynamics.scalar_mode_step import Rule, Step, fresh, iterate, reinitialized, working_rule
from flowbounds.models.scaled_components import (
    Components,
    objective,
    residual_contraction,
    squared_error,
)
from flowbounds.models.tensor_ensembles import uniform_directions
from flowbounds.validation import FloatArray


@dataclass(frozen=True)
class Setting:
    """A target in the span S of the first axes, and the numbers of the algorithm."""

    order: int
    target: str = (
        "orthonormal"  # or "dependent": r directions in r - 1 dimensions, coefficients of both signs
    )
    d: int = 20
    r: int = 3
    m: int = 5
    eps: float = 0.1
    eta: float = 0.05
    iterations: int = 300
    epochs: int = 4
    delta: float = 1e-6
    seed: int = 0  # of the dependent target
    lam: float | None = None  # eps / (2 sqrt r)

    @property
    def span(self) -> int:
        """Dimension of S."""
        return self.r if self.target == "orthonormal" else self.r - 1

    @property
    def regulariser(self) -> float:
        """The coefficient in use."""
        return self.eps / (2 * float(np.sqrt(self.r))) if self.lam is None else self.lam

    @property
    def rule(self) -> Rule:
        """Step, first mode, threshold."""
        return working_rule(
            self.d,
            self.m,
            self.epochs,
            order=self.order,
            eta=self.eta,
            lam=self.regulariser,
            delta=self.delta,
        )

    @property
    def name(self) -> str:
        """As the tables write it."""
        return f"l = {self.order}, {self.target}"


def directions(setting: Setting) -> tuple[FloatArray, FloatArray]:
    """Target of norm one: directions (d, r), coefficients (r,)."""
    U_star, c = np.eye(setting.d, setting.r), np.ones(setting.r)
    if setting.target != "orthonormal":
        draw = np.random.default_rng(setting.seed)
        U_star = np.zeros((setting.d, setting.r))
        U_star[: setting.span] = uniform_directions(setting.span, setting.r, draw)
        c = draw.uniform(0.5, 1.0, size=setting.r) * draw.choice([-1.0, 1.0], size=setting.r)
    gram = (U_star.T @ U_star) ** setting.order
    return U_star, c / np.sqrt(float(c @ gram @ c))


@dataclass(frozen=True)
class Watched:
    """Arrays over (steps, runs) or (epochs, runs), and the setting they come from.

    Attributes
    ----------
    change, slope : (steps, runs)
        Change of the objective in a step before the mode switch, and squared gradient.
    outside : (steps + 1 per epoch, runs)
        Squared length of P_B U at the start of an epoch and after each step.
    safe : (steps, runs)
        eta times l max(sum s^(2l-4) |u|^2, lam): at most one where Lemma 5's condition is met.
    drift : (steps, runs)
        Largest increase of a component's signed correlation with the residual of the step's start.
    split : (steps, runs)
        How far a correlation has changed in the epoch beyond its two terms: the drifts and the path so far.
    values : (epochs, 3, runs)
        Objective before the re-initialisation, after it, at the end.
    path : (epochs, runs)
        Sum of ||T' - T|| over the steps.
    """

    setting: Setting
    change: FloatArray
    slope: FloatArray
    outside: FloatArray
    safe: FloatArray
    drift: FloatArray
    split: FloatArray
    values: FloatArray
    path: FloatArray


def difference(x: Components, y: Components, order: int) -> FloatArray:
    """Norm of the difference of two tensors, over a batch, to 1e-8."""
    both = Components(
        np.concatenate([x.norms, y.norms], axis=-1),
        np.concatenate([x.directions, y.directions], axis=-1),
        np.concatenate([x.modes, y.modes], axis=-1),
        np.concatenate([x.signs, -y.signs], axis=-1),
    )
    nothing = np.zeros((x.directions.shape[-2], 1))
    return np.asarray(np.sqrt(squared_error(both, nothing, np.zeros(1), order)))


def outside_square(x: Components, span: int) -> FloatArray:
    """Squared length of P_B U, over a batch."""
    return np.asarray(np.sum((x.norms[..., None, :] * x.directions[..., span:, :]) ** 2, axis=(-1, -2)))


def step_load(x: Components, rule: Rule) -> FloatArray:
    """eta times l max(sum s^(2l-4) |u|^2, lam), over a batch: the safe step is eta over it."""
    mass = np.sum(x.modes ** (2 * rule.order - 4) * x.norms**2, axis=-1)
    return np.asarray(rule.eta * rule.order * np.maximum(mass, rule.lam))


def _into(x: Components, span: int) -> FloatArray:
    inside = x.directions.copy()
    inside[..., span:, :] = 0.0
    return np.asarray(inside / np.sqrt(np.sum(inside**2, axis=-2, keepdims=True)))


def correlations(
    residual: Components, x: Components, U_star: FloatArray, c_star: FloatArray, order: int, span: int
) -> FloatArray:
    """a_i R_S(u^l) along the unit parts in S of x's components, with the residual of another state."""
    inside = _into(x, span)
    F = residual_contraction(residual, U_star, c_star, order, along=inside)
    return np.asarray(x.signs * np.sum(F * inside, axis=-2))


def watched(
    setting: Setting, runs: int, rng: Generator, *, choice: str = "smallest", **changes: bool
) -> Watched:
    """``runs`` runs of the algorithm, none of which stops early; ``changes`` go to the rule."""
    U_star, c_star = directions(setting)
    rule = replace(setting.rule, **changes)
    order, lam, span = setting.order, rule.lam, setting.span
    found: dict[str, list[FloatArray]] = {name: [] for name in ("change", "slope", "safe", "drift", "split")}
    outside, values, path = [], [], []
    length, turned = np.zeros(runs), np.zeros((runs, setting.m))
    opening: FloatArray | None = None

    def record(taken: Step) -> None:
        nonlocal length, turned, opening
        x, moved = taken.before, taken.moved
        size = x.norms[..., None, :] * taken.gradient
        found["change"].append(
            objective(moved, U_star, c_star, order, lam) - objective(x, U_star, c_star, order, lam)
        )
        found["slope"].append(np.sum(size**2, axis=(-1, -2)))
        found["safe"].append(step_load(x, rule))
        own = correlations(x, x, U_star, c_star, order, span)
        if opening is None:
            opening = own
        found["split"].append(np.max(own - opening - turned - length[:, None], axis=-1))
        rise = correlations(x, moved, U_star, c_star, order, span) - own
        turned = turned + rise
        inside = np.sum((x.norms[..., None, :] * x.directions[..., :span, :]) ** 2, axis=-2)
        counted = inside >= rule.delta**2 / setting.d
        found["drift"].append(np.max(np.where(counted, rise, -np.inf), axis=-1))
        outside.append(outside_square(moved, span))
        length = length + difference(taken.after, x, order)

    x = fresh((runs, setting.d, setting.m), rule, rng)
    for _ in range(setting.epochs):
        y = reinitialized(x, choice, rule, rng)
        outside.append(outside_square(y, span))
        length, turned, opening = np.zeros(runs), np.zeros((runs, setting.m)), None
        end = iterate(y, U_star, c_star, rule, setting.iterations, record)
        values.append(np.array([objective(z, U_star, c_star, order, lam) for z in (x, y, end)]))
        path.append(length)
        x = end
    arrays = {name: np.array(rows) for name, rows in found.items()}
    return Watched(setting, outside=np.array(outside), values=np.array(values), path=np.array(path), **arrays)


def survey(settings: Sequence[Setting], runs: int, rng: Generator) -> list[Watched]:
    """The runs that the checks of the lemmas share."""
    return [watched(setting, runs, rng) for setting in settings]
