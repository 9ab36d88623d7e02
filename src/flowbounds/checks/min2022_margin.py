"""Checks of Min et al. on the margin, and on the best rate that imbalance and product allow."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product as signs

import numpy as np
from numpy.random import Generator

from flowbounds.bounds.rates import margin, two_layer_rate
from flowbounds.bounds.scalar_rates import scalar_rate_exact, scalar_squares
from flowbounds.checks.min2022_general import random_objective
from flowbounds.checks.registry import settles
from flowbounds.dynamics.linear_flow import LinearTrajectory, linear_flow
from flowbounds.evidence import Evidence
from flowbounds.models import linear_network as network
from flowbounds.models.layer_chain import Weights
from flowbounds.models.objectives import Regression, Sensing, regression
from flowbounds.validation import FloatArray, require_count, require_range


def smallest_singular_values(run: LinearTrajectory) -> FloatArray:
    """sigma_min of the product at every sample of a trajectory."""
    products = (network.product(run.state(k)) for k in range(run.t.size))
    return np.array([np.linalg.svd(W, compute_uv=False)[-1] for W in products])


def start_near(objective: Regression | Sensing, share: float, layers: int, rng: Generator) -> Weights:
    """Layers whose product is off the minimiser by ``share`` of what would leave no margin.

    All but one are Gaussian, the first ones of width n or the last ones of width m, whichever is smaller, and
    the last one drawn makes the product.
    """
    star = objective.minimiser
    step = rng.normal(size=star.shape)
    room = np.linalg.svd(star, compute_uv=False)[-1] * np.sqrt(objective.mu / objective.K)
    W0 = star + share * room * step / np.linalg.norm(step)
    n, m = star.shape
    free = [np.eye(min(n, m)) + 0.5 * rng.normal(size=(min(n, m),) * 2) for _ in range(layers - 1)]
    rest = np.linalg.multi_dot([np.eye(min(n, m)), *free, np.eye(min(n, m))])
    return [*free, np.linalg.solve(rest, W0)] if n <= m else [np.linalg.solve(rest.T, W0.T).T, *free]


def crafted_start(K: float, stretch: float, d: float) -> tuple[Weights, Regression]:
    r"""Two layers whose flow loses much of sigma_min before it gains, and their objective.

    f has the minimiser I and :math:`X^\top X=\mathrm{diag}(1,K)`. :math:`W_1W_1^\top` is ``stretch`` on the
    unit vector a and one across it, so that an error x y^T first moves along a alone, until :math:`a^\top
    X^\top Xx=0`. It starts across a, with norm ``d``; a is the vector whose angle with :math:`X^\top Xa` is
    largest, and y points against where x arrives.
    """
    a = np.array([np.sqrt(K), 1.0]) / np.sqrt(K + 1)
    across = np.array([-a[1], a[0]])
    arrival = np.array([-np.sqrt(K), 1.0]) / np.sqrt(K + 1)
    W0 = np.eye(2) - d * np.outer(across, arrival)
    first = np.sqrt(stretch) * np.outer(a, a) + np.outer(across, across)
    X = np.diag([1.0, np.sqrt(K)])
    return [first, np.linalg.solve(first, W0)], regression(X, X)


def sublevel_ratio(K: float, d: float) -> tuple[float, float]:
    """sigma_min over the margin at the worst point of a sublevel set, and how far from its border that is.

    The objective is that of :func:`crafted_start`, the set that of W* + d e_2 e_2^T, whose worst point is
    W* - sqrt(K) d e_1 e_1^T.
    """
    objective = crafted_start(K, 1.0, d)[1]
    W0, worst = np.diag([1.0, 1.0 + d]), np.diag([1.0 - np.sqrt(K) * d, 1.0])
    bound = margin(objective.minimiser, W0, K=objective.K, mu=objective.mu)
    off = abs(objective.gap(worst) / objective.gap(W0) - 1)
    return float(np.linalg.svd(worst, compute_uv=False)[-1]) / bound, off


@settles("min2022.general.margin", kind="inequality")
def margin_bound(
    *,
    shapes: Sequence[tuple[int, int]] = ((2, 2), (2, 3), (3, 2), (1, 3)),
    layers: Sequence[int] = (2, 3),
    K: float = 20.0,
    stretch: float = 1e4,
    d: float = 0.2,
    tol: float = 1e-11,
    rng: Generator,
) -> Evidence:
    """Along the flow sigma_min(W(t)) stays above the margin of the start.

    Margin: the smallest sigma_min over the bound, minus one, on flows from starts with a margin left, and on
    the crafted one. Second route: a tenth of the tolerance. Controls: the crafted flow without the factor
    sqrt(K/mu), and with half of it. Constants: what the crafted flow loses in
    units of the distance at its start, and sigma_min over the bound at the worst point of the sublevel set.
    """
    require_range("d", d, 0.0, 1 / np.sqrt(K), open_ends=True)
    starts = []
    for n, m in shapes:
        for depth in layers:
            for which in (0, 1, 3):
                f = random_objective((n, m), rng, which)
                if f.mu > 0:
                    starts.append(
                        (start_near(f, rng.uniform(0.3, 0.95), depth, rng), f, f"{depth} layers, {n} x {m}")
                    )
    starts.append((*crafted_start(K, stretch, d), "the crafted flow"))
    worst, error, where = np.inf, 0.0, ""
    for weights, f, name in starts:
        fastest = f.K * float(np.linalg.norm(network.tangent_matrix(weights), 2))
        t_end = 60 / fastest
        times = np.linspace(0, t_end, 200)
        first, again = (
            linear_flow(weights, f, t_end, tol=t, t_eval=times, stop=0.0) for t in (tol, tol / 10)
        )
        bound = margin(f.minimiser, network.product(weights), K=f.K, mu=f.mu)
        found, fine = smallest_singular_values(first), smallest_singular_values(again)
        error = max(error, float(np.max(np.abs(found - fine))) / bound)
        if found.min() / bound - 1 < worst:
            worst, where = float(found.min() / bound - 1), name
    # `found` and `f` are now the crafted ones
    lowest = float(found.min())
    reach = (1 - lowest) / d
    return Evidence(
        statement="min2022.general.margin",
        margin=worst,
        error=error,
        instances=len(starts),
        sizes={"shapes": [str(shape) for shape in shapes], "layers": list(layers), "K / mu, crafted": K},
        where=where,
        control=("without sqrt(K/mu), on the crafted flow", lowest / (1 - d) - 1),
        controls=[
            ("with half of sqrt(K/mu), on the crafted flow", lowest / (1 - float(np.sqrt(K)) / 2 * d) - 1)
        ],
        constants={
            "loss of sigma_min on the crafted flow over |W* - W(0)|": (reach, error / d),
            "its limit, (kappa + 1) / (2 sqrt(kappa))": (K + 1) / (2 * float(np.sqrt(K))),
            "sigma_min over the bound, worst point of the sublevel set": sublevel_ratio(100.0, 0.05),
        },
    )


@dataclass(frozen=True)
class Fibre:
    """All two-layer networks with n = 1, m = 2, h = 3, given eigenvalues of D and given size of W.

    ``a`` > 0 > ``-b2`` >= ``-b1`` are the eigenvalues and ``w`` = |W|. Up to turns of the hidden layer, which
    T does not see, the networks are the points M = W_1 W_1^T of an interval.
    """

    a: float
    b1: float
    b2: float
    w: float

    def end(self, b: float) -> float:
        """Largest root of (M - a)(M + b) = w^2: the value of M where the pair (a, -b) carries all of W."""
        return 0.5 * (self.a - b + float(np.hypot(self.a + b, 2 * self.w)))

    @property
    def interval(self) -> tuple[float, float]:
        """Smallest and largest M."""
        return self.end(self.b1), self.end(self.b2)

    def grams(self, M: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Entries (1, 1), (2, 2) and the square of (1, 2) of W_2^T W_2, in a basis whose first vector is W's.

        The three eigenvalues of D fix trace, second coefficient and determinant of the Gram matrix of
        (W_1; W_2^T) times diag(1, -1, -1), which leaves one of its four free entries.
        """
        trace = self.a - self.b1 - self.b2
        pairs = self.b1 * self.b2 - self.a * (self.b1 + self.b2)
        S = M - trace
        minor = pairs - self.w**2 + M * S
        second = (M * minor - self.a * self.b1 * self.b2) / self.w**2
        return S - second, second, np.maximum((S - second) * second - minor, 0.0)

    def rate(self, M: FloatArray) -> FloatArray:
        """lambda_min(T) = M + lambda_min(W_2^T W_2)."""
        one, two, square = self.grams(M)
        return np.asarray(M + (one + two) / 2 - np.sqrt(((one - two) / 2) ** 2 + square))

    def weights(self, M: float) -> Weights:
        """One of the networks at M, with D = diag(a, -b2, -b1) and W = (w, 0)."""
        one, two, square = (float(entry) for entry in self.grams(np.asarray(M)))
        cross = np.sqrt(square)
        gram = np.array([[M, self.w, 0.0], [self.w, one, cross], [0.0, cross, two]])
        values, vectors = np.linalg.eigh(gram)
        rows = vectors * np.sqrt(np.maximum(values, 0.0))
        turn = np.linalg.eigh(rows.T @ np.diag([1.0, -1.0, -1.0]) @ rows)[1][:, ::-1]
        rows = rows @ turn
        return [rows[:1], rows[1:].T]


def random_fibre(rng: Generator) -> Fibre:
    """The fibre of a Gaussian network."""
    first, second = rng.normal(size=(1, 3)), rng.normal(size=(3, 2))
    a, minus_b2, minus_b1 = np.linalg.eigvalsh(first.T @ first - second @ second.T)[::-1]
    return Fibre(float(a), float(-minus_b1), float(-minus_b2), float(np.linalg.norm(first @ second)))


@settles("min2022.general.optimal", kind="definition")
def optimal(
    *, trials: int = 200, points: int = 101, depths: Sequence[int] = (2, 3, 4), rng: Generator
) -> Evidence:
    """Imbalance and product do not fix lambda_min(T): its minimum over the networks that have them is meant.

    On every fibre of 1 x 2 networks of width three: margin, the largest lambda_min(T) over the smallest, less
    one. Second route: networks built from points of the fibre, their imbalance, product and Jacobian. The
    minimum is compared with Proposition 2. Scalar networks have 2^(L-1) points with one value, so that there
    nothing is lost; their spread enters the error.
    """
    worst, error, lowest = np.inf, 0.0, [np.inf, 0.0]
    for _ in range(require_count("trials", trials, 1)):
        fibre = random_fibre(rng)
        M = np.linspace(*fibre.interval, require_count("points", points, 2))
        rates = fibre.rate(M)
        D, W = np.diag([fibre.a, -fibre.b2, -fibre.b1]), np.array([[fibre.w, 0.0]])
        size = float(np.max(np.abs(D)) + fibre.w)
        for k in (points // 3, points // 2):
            weights = fibre.weights(M[k])
            off = max(
                float(np.max(np.abs(network.imbalances(weights)[0] - D))),
                float(np.max(np.abs(network.product(weights) - W))),
                abs(network.tangent_min_eigenvalue(weights) - float(rates[k])),
            )
            error = max(error, off / size)
        worst = min(worst, float(rates.max() / rates.min() - 1))
        bound = two_layer_rate(D, W)
        ratio = float(rates.min()) / bound
        lowest = [min(lowest[0], ratio), max(lowest[1], ratio)]
    for depth in depths:
        d, w = rng.normal(size=depth - 1), float(rng.normal())
        sizes = np.sqrt(scalar_squares(d, w))
        for pattern in signs((1.0, -1.0), repeat=depth - 1):
            last = np.sign(w) * np.prod(pattern)
            layers = [np.array([[s * x]]) for s, x in zip([*pattern, last], sizes, strict=True)]
            value = network.tangent_min_eigenvalue(layers)
            error = max(error, abs(value / scalar_rate_exact(d, w) - 1))
    return Evidence(
        statement="min2022.general.optimal",
        margin=worst,
        error=error,
        instances=trials,
        sizes={"(n, h, m)": "(1, 3, 2)", "points": points, "scalar layers": list(depths)},
        constants={
            "smallest over Proposition 2, least": (lowest[0], error),
            "smallest over Proposition 2, most": (lowest[1], error),
        },
    )
