r"""Figure 2 of Du et al. (2018) at its size: ReLU layers 1000-100-100-10, 1000 samples, all of them at once.

The text gives the sizes and the start but neither the data nor the step. Data here are normal: inputs of
variance one, labels of standard deviation ``SIGMA``, so that the layers end about as large as in the text.
The smaller step of each start is the working one; a larger one shows what becomes of the differences near
and beyond the edge of stability. Double precision, because there a run magnifies its rounding errors by
several powers of ten: a record in single precision could not be repeated on another machine.
"""

from itertools import pairwise
from typing import Any

import numpy as np

from flowbounds.dynamics.descent import Descent
from flowbounds.dynamics.sample_gram import gram_descent
from flowbounds.dynamics.sweep import Study
from flowbounds.models.layer_chain import Weights
from flowbounds.validation import FloatArray

WIDTHS = (1000, 100, 100, 10)
SAMPLES = 1000
SIGMA = 3.44
DEVIATIONS = {"balanced": (1e-3, 10**-2.5, 1e-2), "unbalanced": (1e-2, 1e-2, 1e-2)}
EVERY = 25  # steps from one entry of a history to the next
DIGITS = 7  # of squared norms of about 44, whose differences are about 0.1
DROP = 0.01  # share of the loss whose loss marks the escape from the start
NEAR = 0.05  # relative distance of a ratio from its last value at which it counts as settled
FLOOR = 1e-4  # of the first loss: nothing is read off what is left below
NO_RISE = 1e-6  # of the first loss: rises below it are not told apart


def problem(
    start: str,
    seed: int,
    *,
    widths: tuple[int, int, int, int] = WIDTHS,
    samples: int = SAMPLES,
    sigma: float = SIGMA,
) -> tuple[Weights, FloatArray, FloatArray]:
    """Layers, inputs and labels of a run; ``start`` is a key of ``DEVIATIONS``."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(widths[0], samples))
    Y = sigma * rng.normal(size=(widths[-1], samples))
    shapes = [(out, into) for into, out in pairwise(widths)]
    layers = zip(DEVIATIONS[start], shapes, strict=True)
    return [deviation * rng.normal(size=shape) for deviation, shape in layers], X, Y


def settled(ratio: FloatArray) -> int:
    """First index from which on a history stays within ``NEAR`` of its last value."""
    away = np.flatnonzero(np.abs(ratio / ratio[-1] - 1) > NEAR)
    return int(away[-1]) + 1 if away.size else 0


def summary(run: Descent, every: int) -> dict[str, Any]:
    """The record of a run of three layers that kept its squared norms at every step."""
    squares, losses = run.observed, run.losses / run.losses[0]
    differences = squares[:, :-1] - squares[:, 1:]
    return {
        "first_loss": float(run.losses[0]),
        "t": run.t[::every],
        "loss": rounded(np.maximum(losses[::every], FLOOR)),
        "squares": rounded(squares[::every]),
        "largest": rounded(np.max(np.abs(differences), axis=0)),
        "drift": rounded(np.max(np.abs(differences - differences[0]), axis=0)),
        "settled": [settled(squares[:, h] / squares[:, h + 1]) for h in (0, 1)],
        "drop": int(np.argmax(losses < 1 - DROP)),
        "rise": max(float(np.max(np.diff(losses))), NO_RISE),
    }


def rounded(numbers: FloatArray, digits: int = DIGITS) -> FloatArray:
    """The numbers with so many significant digits."""
    return np.array([float(f"{x:.{digits}g}") for x in numbers.ravel()]).reshape(numbers.shape)


def cell(*, start: str, eta: float, seed: int, steps: int) -> dict[str, Any]:
    """One run: every ``EVERY``-th loss (over the first) and squared norms, and what is read off all steps.

    ``largest`` and ``drift`` are, for each pair of neighbouring layers, the largest difference of squared
    norms and its largest departure from the start; ``settled`` the steps at which the two ratios are
    settled, ``drop`` the step at which one per cent of the loss is gone, ``rise`` the largest increase of
    the loss in one step, over the first loss and not below ``NO_RISE``.
    """
    weights, X, Y = problem(start, seed)
    return summary(gram_descent(weights, X, Y, steps, step=eta), EVERY)


GRID = (
    ("balanced", 0.007, 0),
    ("unbalanced", 0.006, 0),
    ("unbalanced", 0.006, 1),
    ("balanced", 0.008, 1),
    ("balanced", 0.010, 0),
    ("unbalanced", 0.010, 0),
)
STEPS = 3000  # the loss is then below 1e-3 of the first one in every run

STUDY = Study(
    name="figure2",
    cell=cell,
    grid=[{"start": start, "eta": eta, "seed": seed, "steps": STEPS} for start, eta, seed in GRID],
    rtol=1e-5,
)
