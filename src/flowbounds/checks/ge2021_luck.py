"""Checks of Definition 2 of Ge et al. (2021), and of the luck that Section 5.2 asks of it."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from flowbounds.bounds.induction import DeflationConstants, epoch_lengths, theorem1_parameters
from flowbounds.bounds.luck import Classes, classify, thresholds
from flowbounds.bounds.luck_probability import class_probabilities, luck_failure
from flowbounds.checks.ge2021_two_ends import LARGE, Asymptotics
from flowbounds.checks.registry import settles
from flowbounds.evidence import Evidence
from flowbounds.models.tensor_ensembles import uniform_directions
from flowbounds.validation import FloatArray

Z95 = 1.96  # half width of a 95 % interval, in standard deviations


def _literally(squares: FloatArray, pull: FloatArray, small: np.ndarray, c_rho: float) -> Classes:
    """Definition 2 one component and one direction at a time, multiplied by 1/Gamma_i = ``pull``."""
    d, m = squares.shape
    good, potential, bad = np.zeros((d, m), bool), np.zeros((d, m), bool), np.zeros(m, bool)
    for k in range(m):
        for i in range(d):
            rest = [j for j in range(d) if j != i]
            x = squares[:, k] * pull
            good[i, k] = x[i] >= 1 + c_rho and all(x[j] <= 1 - c_rho for j in rest) and small[k]
            potential[i, k] = x[i] >= 1 - c_rho and small[k]
            bad[k] |= small[k] and any(x[i] >= 1 - c_rho and x[j] >= 1 - c_rho for j in rest)
    return Classes(good, potential, bad)


def _violations(sets: Classes, twin: Classes) -> int:
    """Components that differ from the twin's, are good twice, good but not potential, or good and bad."""
    wrong = (sets.good != twin.good).any(axis=0) | (sets.potential != twin.potential).any(axis=0)
    wrong |= (sets.bad != twin.bad) | (sets.good.sum(axis=0) > 1)
    wrong |= (sets.good & ~sets.potential).any(axis=0) | (sets.good.any(axis=0) & sets.bad)
    return int(wrong.sum())


@settles("ge2021.def2", kind="definition")
def classes(
    *,
    dimensions: Sequence[int] = (3, 5, 10, 20),
    m: int = 60,
    draws: int = 5,
    c_rho: float = 0.1,
    rng: Generator,
) -> Evidence:
    """Good, potential and bad components, among those that are small at the start of the epoch.

    Draws of weights, waiting times and columns; in each the first direction is discovered by a large
    column. Margin: 1 - 2 (number of violating columns): the sets differ from a literal twin's, a column is
    good twice, good and not potential, or good and bad. Controls: "good" without its second half;
    thresholds without the margin rho on either side. Printed: the three sets as a partition, all columns.
    """
    counts = {"ok": 0, "half": 0, "sharp": 0, "partition": 0, "large": 0}
    shares = np.zeros(4)
    for d in [d for d in dimensions for _ in range(draws)]:
        r = int(rng.integers(2, d + 1))
        a, u = rng.dirichlet(np.ones(r)), uniform_directions(d, m, rng)
        u[:, 0], small = np.eye(d)[0], np.arange(m) > 0
        lam, waiting = float(a.min()) / 2, float(rng.uniform(0.5, 2.0)) / float(a.max())
        gamma = thresholds(a, d, waiting, lam=lam, discovered=[0])
        pull = 8 * waiting * np.concatenate([[lam], a[1:], np.zeros(d - r)])
        sets, twin = classify(u * u, gamma, small, c_rho=c_rho), _literally(u * u, pull, small, c_rho)
        counts["ok"] += _violations(sets, twin)
        high = (1 + c_rho) * gamma[:, None]
        counts["half"] += _violations(Classes((u * u >= high) & small, sets.potential, sets.bad), twin)
        counts["sharp"] += _violations(classify(u * u, gamma, small, c_rho=0.0), twin)
        as_read = classify(u * u, gamma, np.ones(m, bool), c_rho=c_rho)
        each = np.array([as_read.good.any(0), as_read.potential.any(0), as_read.bad])
        counts["partition"] += int(np.sum(each.sum(axis=0) != 1))
        counts["large"] += int(np.sum(as_read.potential[:, ~small]))
        shares += np.append(each[:, small].mean(axis=1), 1 - each[:, small].any(axis=0).mean())
    cases = len(dimensions) * draws
    names = ("good", "potential", "bad", "none of them")
    return Evidence(
        statement="ge2021.def2",
        margin=1.0 - 2 * counts["ok"],
        error=0.0,
        instances=cases * m,
        sizes={"d": list(dimensions), "m": m, "draws of each": draws, "c_rho": c_rho},
        control=("good without its second half", 1.0 - 2 * counts["half"]),
        controls=[("thresholds without rho", 1.0 - 2 * counts["sharp"])],
        printed=("paper text, two readings: a partition of all columns", 1.0 - 2 * counts["partition"]),
        constants={
            f"share of small columns that are {n}": float(s) / cases
            for n, s in zip(names, shares, strict=True)
        }
        | {"fitted columns that are potential as read": float(counts["large"])},
    )


def practical_gamma(d: int, constants: DeflationConstants) -> float:
    """Kernel: Gamma of a_i = beta in dimension d; the other parameters do not enter."""
    parameters = theorem1_parameters(d, 0.1, 1, constants=constants)
    return 1 / (8 * epoch_lengths(d, 1.0, parameters, constants=constants)[0])


def failure(d: int, r: int, gamma: float, c_rho: float, log_m: float) -> float:
    """Kernel: bound on the probability that luck fails, exact in the bad and a union over the missing."""
    good, bad = class_probabilities(d, r, gamma, c_rho=c_rho)
    return min(1.0, sum(luck_failure(good, bad, r, log_m)))


def _frequency(d: int, m: int, gamma: float, c_rho: float, draws: int, rng: Generator) -> float:
    """Share of draws that are not lucky: r = d equal weights, the sets counted."""
    failed = 0
    for _ in range(draws):
        squares = uniform_directions(d, m, rng) ** 2
        sets = classify(squares, np.full(d, gamma), np.ones(m, bool), c_rho=c_rho)
        failed += bool(sets.bad.any() or not sets.good.any(axis=1).all())
    return failed / draws


@settles("ge2021.def2.lucky", kind="probability")
def lucky(
    *,
    dimensions: Sequence[int] = (10, 20, 50),
    constants: DeflationConstants | None = None,
    draws: int = 200,
    large: Sequence[int] = LARGE,
    asymptotics: Asymptotics | None = None,
    rng: Generator,
) -> Evidence:
    """With probability at least 1 - 1/d every direction has a good component and none is bad.

    Margin: 1 - d * (probability of failure), worst over the practical ``dimensions``: r = d equal weights,
    a_i = beta, the separated constants and 4 d log d columns. The probability is exact up to the union over
    directions; error: its distance from the frequency over ``draws``, plus the 95 % interval of that (rule of
    three at the ends). Holds from: the same margin for x and m = d^power of ``asymptotics``. Controls at the
    largest d: m = d^(power - 1), too few for good ones; m = d^(power + 1), enough for bad ones.
    """
    use, c = asymptotics or Asymptotics(), constants or DeflationConstants.separated()
    margin, error, worst = np.inf, 0.0, 0
    for d in dimensions:
        m, gamma = int(np.ceil(4 * d * np.log(d))), practical_gamma(d, c)
        expected = failure(d, d, gamma, c.c_rho, float(np.log(m)))
        seen = _frequency(d, m, gamma, c.c_rho, draws, rng)
        interval = max(Z95 * np.sqrt(seen * (1 - seen) / draws), 3 / draws)
        if 1 - d * expected < margin:
            margin, error, worst = 1 - d * expected, d * (abs(seen - expected) + interval), d

    def far(d: int, shift: float = 0.0) -> float:
        epoch = use.at(d)
        log_m = (use.power + shift) * float(np.log(d))
        return 1 - d * failure(d, epoch.r, epoch.gamma, epoch.c_rho, log_m)

    top = max(large)
    good, bad = class_probabilities(worst, worst, practical_gamma(worst, c), c_rho=c.c_rho)
    return Evidence(
        statement="ge2021.def2.lucky",
        margin=margin,
        error=error,
        instances=len(dimensions),
        sizes={"d": list(dimensions), "m": "4 d log d", "draws of each": draws},
        where=f"d = {worst}",
        control=(f"m = d^{use.power - 1:g}, d = {top:.0e}", far(top, -1.0)),
        controls=[(f"m = d^{use.power + 1:g}, d = {top:.0e}", far(top, 1.0))],
        holds_from=use.first(large, lambda epoch: far(epoch.d), by="exact law"),
        constants={
            f"share of bad columns, d = {worst}": bad,
            f"share of good ones for one i, d = {worst}": good,
        },
    )
