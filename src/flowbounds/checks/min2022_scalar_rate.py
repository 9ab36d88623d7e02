"""Checks of the scalar rate of Min et al.: where the product cannot go, and how fast the gap must fall."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from flowbounds.bounds.rates import margin as margin_of
from flowbounds.bounds.two_numbers import margin_from_loss
from flowbounds.checks.registry import settles
from flowbounds.checks.scalar_flows import Bowl, Kink, nearest_to_zero, passage_time
from flowbounds.dynamics.linear_flow import linear_flow
from flowbounds.evidence import Evidence
from flowbounds.validation import FloatArray, require_array, require_count, require_range

ROOT = 1e-13  # relative, of the root finder that locates the end of a sublevel set


def _random_f(rng: Generator) -> tuple[Kink, Bowl, float]:
    """A kinked and a smooth f with the same constants, and a start on the far side of w* or the near one."""
    star, K = float(10 ** rng.uniform(-1, 1)), float(10 ** rng.uniform(0, 2))
    w0 = star * (1 + float(rng.choice([-1.0, 1.0])) * float(10 ** rng.uniform(-2, 0.3)))
    return Kink(star, 1.0, K), Bowl(star, 1.0, K), w0


@settles("min2022.scalar.margin", kind="inequality")
def margin(*, draws: int = 1000, flows: int = 20, tol: float = 1e-11, rng: Generator) -> Evidence:
    """|w| >= [|w*| - sqrt(K/mu) |w* - w0|]_+ wherever f(w) <= f(w0).

    Kinked and smooth f with constants K/mu from 1 to 100. Margin: the smallest distance of a sublevel set
    from zero less the claim, in units of |w*|; zero for the kinked f from its steep side. Error: that end by
    its closed form against root finding. Control: the factor sqrt(K/mu) left out. Tried: the same along
    ``flows`` flows, where w is monotone, so that the factor is not needed there.
    """
    require_count("draws", draws, 1)
    least, without, error, vacuous, sharper = np.inf, np.inf, ROOT, 0, 0
    for _ in range(draws):
        kink, bowl, w0 = _random_f(rng)
        claim = margin_of(kink.star, w0, K=kink.K, mu=kink.mu)
        plain = max(0.0, kink.star - abs(kink.star - w0))
        for f in (kink, bowl):
            near = nearest_to_zero(f, w0)
            least = min(least, (near - claim) / f.star)
            without = min(without, (near - plain) / f.star)
            gap0 = f.gap(np.array([[w0]]))
            if isinstance(f, Kink):  # flat side of the kink: mu/2 x^2 = gap
                end = max(0.0, f.star - np.sqrt(2 * gap0 / f.mu))
                error = max(error, abs(near - end) / f.star)
            from_loss = margin_from_loss(f.star, gap0, mu=f.mu)
            least = min(least, (near - from_loss) / f.star)
            sharper += from_loss > 0
            vacuous += claim == 0
    along = np.inf
    for _ in range(require_count("flows", flows, 1)):
        _, bowl, w0 = _random_f(rng)
        v = float(rng.uniform(0.3, 1.5))
        t_end = 1 / (bowl.K * bowl.star)
        run = linear_flow([[[w0 / v]], [[v]]], bowl, t_end, tol=tol, t_eval=[0.1 * t_end, t_end], stop=0.0)
        w = run.weights[0][0, 0] * run.weights[1][0, 0]
        plain = max(0.0, bowl.star - abs(bowl.star - w0))
        along = min(along, float(np.min(np.abs(w) - plain)) / bowl.star)
    return Evidence(
        statement="min2022.scalar.margin",
        margin=least,
        error=error,
        instances=2 * draws,
        vacuous=vacuous,
        sizes={"draws": draws, "K/mu": [1, 100], "flows": flows},
        where="kinked f, from its steep side",
        control=("the factor sqrt(K/mu) left out, on the sublevel set", without),
        tried=[("the factor left out, along flows, where w is monotone", along)],
        constants={
            "share of starts with a positive margin": 1 - vacuous / (2 * draws),
            "share with one from the loss": sharper / (2 * draws),
        },
        printed=("slides", least),
        sharp=True,
    )


@dataclass(frozen=True)
class Run:
    """One flow, its two rate bounds, and the exact times at which log(gap) has fallen to given levels.

    ``mu`` is what is known of f: zero where strong convexity is not assumed, and the margin vanishes.
    """

    f: Bowl
    u: float
    v: float
    mu: float
    times: FloatArray
    falls: FloatArray  # -log(gap/gap0)

    @property
    def d(self) -> float:
        """Imbalance."""
        return (self.u - self.v) * (self.u + self.v)

    @property
    def margin(self) -> float:
        """Of the slides."""
        return margin_of(self.f.star, self.u * self.v, K=self.f.K, mu=self.mu)

    @property
    def sharper(self) -> float:
        """Margin from the loss."""
        gap0 = self.f.gap(np.array([[self.u * self.v]]))
        return margin_from_loss(self.f.star, gap0, mu=self.mu)

    def slack(self, rate: float) -> float:
        """Smallest measured rate over the claimed one, less one; ``rate`` is without gamma."""
        return float(np.min(self.falls / (self.f.gamma * rate * self.times))) - 1

    def integrated(self, tol: float) -> FloatArray:
        """The falls at the same times, by the integrator."""
        t = np.append(0.0, self.times)
        run = linear_flow([[[self.u]], [[self.v]]], self.f, t[-1], tol=tol, t_eval=t, stop=0.0)
        return np.asarray(-np.log(run.gap[1:] / run.gap[0]))


def timed(f: Bowl, u: float, v: float, mu: float, distances: Sequence[float]) -> Run:
    """The flow from (u, v), timed by quadrature where |w - w*| has fallen by exp(-distance)."""
    X = require_array("distances", distances, ("n",))
    w0, d = u * v, (u - v) * (u + v)
    times = [passage_time(f, d, w0, float(x)) for x in X]
    start = f.gap(np.array([[w0]]))
    ends = [f.gap(np.array([[f.star + (w0 - f.star) * np.exp(-x)]])) for x in X]
    return Run(f, u, v, mu, np.array(times), -np.log(np.array(ends) / start))


def random_runs(count: int, distances: Sequence[float], rng: Generator) -> list[Run]:
    """Squared distance, a bowl of K/mu up to ten, and the squared distance with mu unknown, in turn.

    A third of the starts is balanced; u = -v would never arrive at a positive w* and is left out.
    """
    runs: list[Run] = []
    while len(runs) < count:
        kind = len(runs) % 3
        K = float(10 ** rng.uniform(0, 1)) if kind == 1 else 1.0
        f = Bowl(float(rng.uniform(0.5, 2.0)), 1.0, K)
        w0 = f.star * (1 + float(rng.choice([-1.0, 1.0])) * float(10 ** rng.uniform(-1.5, 0.5)))
        tilt = 1.0 if rng.uniform() < 1 / 3 else float(10 ** rng.uniform(-0.5, 0.5))
        u, v = float(np.sqrt(abs(w0))), float(np.sign(w0) * np.sqrt(abs(w0)))  # d = 0 exactly
        u, v = tilt * u, v / tilt
        if u != -v:
            runs.append(timed(f, u, v, 0.0 if kind == 2 else 1.0, distances))
    return runs


@settles("min2022.scalar.rate", kind="inequality")
def rate(
    *,
    count: int = 60,
    distances: Sequence[float] = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0),
    tol: float = 1e-12,
    rng: Generator,
) -> Evidence:
    """gap(t) <= exp(-gamma sqrt(d^2 + 4 margin^2) t) gap(0) along the flow of f(uv).

    Three kinds of f (``random_runs``). Margin: the smallest measured rate, -log(gap(t)/gap(0))/t, over
    the claimed one, less one, at times that are known by quadrature. Error: the integrated flow's rate there.
    Vacuous: d = 0 without margin. Controls: |w*| in place of the margin; |d| + 2 margin in place of the root.
    Tried: sqrt(K/mu) left out of the margin.
    """
    require_count("count", count, 3)
    require_range("distances", min(distances, default=0.0), 0.0, np.inf, open_ends=True)
    least, sharper, error, vacuous, where = np.inf, np.inf, 0.0, 0, ""
    star, added, without = np.inf, np.inf, np.inf
    only_d, gain = 0, []
    for run in random_runs(count, distances, rng):
        claim = float(np.hypot(run.d, 2 * run.margin))
        better = float(np.hypot(run.d, 2 * run.sharper))
        if better > 0:
            sharper = min(sharper, run.slack(better))
        star = min(star, run.slack(float(np.hypot(run.d, 2 * run.f.star))))
        if claim == 0:
            vacuous += 1
            continue
        only_d += run.margin == 0
        gain.append(better / claim)
        error = max(
            error, float(np.max(np.abs(run.integrated(tol) - run.falls) / run.times)) / (run.f.gamma * claim)
        )
        added = min(added, run.slack(abs(run.d) + 2 * run.margin))
        plain = max(0.0, run.f.star - abs(run.f.star - run.u * run.v))
        without = min(without, run.slack(float(np.hypot(run.d, 2 * plain))))
        if run.slack(claim) < least:
            least = run.slack(claim)
            where = f"d = {run.d:.2g}, margin = {run.margin:.2g}, w* = {run.f.star:.2g}"
    return Evidence(
        statement="min2022.scalar.rate",
        margin=min(least, sharper),
        error=error,
        instances=count,
        vacuous=vacuous,
        sizes={"flows": count, "samples of each": len(distances)},
        where=where,
        control=("|w*| in place of the margin", star),
        controls=[("|d| + 2 margin in place of the root", added)],
        tried=[("sqrt(K/mu) left out: not needed along a flow of two numbers", without)],
        constants={
            "flows with a rate from imbalance alone": only_d,
            "least slack with the margin from the loss": sharper,
            "largest relative gain in the rate from it": float(max(gain)) - 1,
        },
        printed=("slides", least),
    )
