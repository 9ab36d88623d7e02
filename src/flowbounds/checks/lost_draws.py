"""Draws that Algorithm 1 of Wang et al. (2020) loses, with epochs of another length."""

from dataclasses import dataclass

import numpy as np

from flowbounds.checks.component_runs import DELTA, ETA, Setting, working_lam
from flowbounds.dynamics.reinitialized_descent import Run, reinitialized_descent
from flowbounds.models import tensor
from flowbounds.models.low_rank_targets import KINDS, low_rank_target, span_dimension
from flowbounds.models.tensor_ensembles import uniform_directions

POINTS = 40_000  # random unit vectors among which the largest correlation is looked for


@dataclass(frozen=True)
class Repetition:
    """A draw repeated.

    Attributes
    ----------
    run : Run
        Its run.
    correlation : float
        Largest :math:`|R(v^{\\otimes l})|` at the end, over random unit vectors of the span.
    idle : int
        Components below a hundredth of the largest, at the end.
    """

    run: Run
    correlation: float
    idle: int


def repeated(setting: Setting, seed: int, *, epochs: int, iterations: int) -> Repetition:
    """The target and the start of :func:`~flowbounds.checks.component_runs.attempt`, with other epochs.

    The first scalar mode depends on the number of epochs; all else is the same.
    """
    one = setting
    where = [seed, KINDS.index(one.kind), one.order, one.r, one.d]
    U_star, c_star = low_rank_target(one.kind, one.r, one.d, one.order, np.random.default_rng(where))
    run = reinitialized_descent(
        *(U_star, c_star, one.m),
        order=one.order,
        epochs=epochs,
        iterations=iterations,
        eta=ETA,
        lam=working_lam(one.kind, one.r, one.eps),
        delta=DELTA,
        rng=np.random.default_rng([*where, one.m]),
        eps=one.eps,
    )
    end = run.epochs[-1].end
    span = span_dimension(one.kind, one.r)
    points = np.zeros((one.d, POINTS))
    points[:span] = uniform_directions(span, POINTS, np.random.default_rng(0))
    vectors, weights = np.hstack([end.directions, U_star]), np.concatenate([end.weights(one.order), -c_star])
    correlation = float(np.abs(tensor.evaluate(vectors, weights, points, one.order)).max())
    return Repetition(run, correlation, int(np.sum(end.norms < 0.01 * end.norms.max())))


def resolution(setting: Setting, *, epochs: int, iterations: int) -> float:
    r"""Correlation with which a fresh component grows from its switch to norm one within an epoch.

    .. math:: \lambda+\frac{\log\bigl(1/(2\sqrt{m+K}\,\delta)\bigr)}{l\,\eta H},

    since the logarithm of its norm grows at the rate :math:`l(|R(\bar u^{\otimes l})|-\lambda)`.
    """
    lam = working_lam(setting.kind, setting.r, setting.eps)
    growth = np.log(1 / (2 * np.sqrt(setting.m + epochs) * DELTA))
    return float(lam + growth / (setting.order * ETA * iterations))
