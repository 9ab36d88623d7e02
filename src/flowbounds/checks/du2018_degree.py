"""Check beyond the text of Du et al.: activations of degree k conserve a weighted difference."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np

from flowbounds.bounds import optimizer_laws as laws
from flowbounds.checks import optimizer_cases as cases
from flowbounds.checks.optimizer_cases import ROUNDING, gap
from flowbounds.checks.registry import settles
from flowbounds.dynamics.descent import Parameters, descend
from flowbounds.evidence import Evidence, identity_error, identity_margin
from flowbounds.models.activations import Name, activations_of
from flowbounds.models.homogeneous_network import value_and_gradients
from flowbounds.models.network_losses import LOSSES
from flowbounds.validation import FloatArray

DEGREES: tuple[tuple[Name, ...], ...] = (
    (("relu_power", 2.0), ("relu_power", 3.0)),
    ("relu", ("relu_power", 2.0)),
    (("relu_power", 1.5), "abs"),
    (("relu_power", 2.0), "tanh"),
)


def off_weighted_law(
    case: cases.Case,
    degrees: Sequence[float],
    eta: float,
    steps: int,
    *,
    loss: str = "squared",
    biases: bool = True,
) -> float:
    """Largest departure, along a run, of the weighted imbalances from what their squared gradients leave.

    Descent on a network with biases, all zero at first, in units of the largest squared norm at the start.
    ``degrees``: the weight for each hidden layer, zero for one to leave out; ``biases``: whether the law
    counts them.
    """
    phis, N = activations_of(case.activations, len(case.start)), len(case.start)

    def value_and_gradient(layers: Parameters, drawn: None) -> tuple[float, Parameters]:
        value, slopes, shifts = value_and_gradients(layers[:N], layers[N:], phis, case.X, case.Y, loss)
        return value, slopes + shifts

    def weighted(layers: Sequence[FloatArray]) -> FloatArray:
        shifts = layers[N:] if biases else None
        each = [
            laws.power_imbalance(layers[:N], h, degree=k, biases=shifts)
            for h, k in enumerate(degrees, start=1)
            if k > 0
        ]
        return np.concatenate(each)

    start = [*case.start, *(np.zeros(layer.shape[0]) for layer in case.start)]
    run = descend(
        start, value_and_gradient, steps, step=eta, record=lambda w, g: np.array([weighted(w), weighted(g)])
    )
    cases.require_settled(run)
    path, kicks = run.observed[:, 0], run.observed[:-1, 1]
    law = laws.decayed_imbalance(path[0], kicks, eta=eta, lam=0.0)
    return gap(path, law, cases.largest(case.start))


@settles("du2018.ext.relu_power", kind="identity")
def relu_power(
    *,
    activations: Sequence[tuple[Name, ...]] = DEGREES,
    eta: float = 0.02,
    steps: int = 60,
    seeds: Sequence[int] = (0, 1, 2),
) -> Evidence:
    """For an activation of degree k the flow conserves |W_h[i,:]|^2 + b_h[i]^2 - k |W_{h+1}[:,i]|^2.

    Residual: along descent, which leaves the squared gradients weighted alike and nothing else; every loss,
    degrees mixed in a network, and one with a layer that is not homogeneous, which is left out. Second route:
    three steps in fractions, k = 3. Controls, the smallest departure of all runs: both layers weighted alike
    although k is not one; k one too large; the bias left out; softplus with a weight of one.
    """
    worst, count = 0.0, 0
    names = ("weighted alike", "k one too large", "without the bias", "softplus")
    controls = dict.fromkeys(names, np.inf)
    for names_of_layers in activations:
        known = [phi.degree or 0.0 for phi in activations_of(names_of_layers, len(names_of_layers) + 1)]
        for seed in seeds:
            rng = np.random.default_rng(seed)
            case = cases.network(rng, names_of_layers, scale=0.25)
            bent = cases.network(rng, ("softplus",) * len(names_of_layers), scale=0.25)
            for loss in LOSSES:
                worst = max(worst, off_weighted_law(case, known, eta, steps, loss=loss))
                count += 1
            alike = [float(k > 0) for k in known]
            larger = [k + 1 if k else k for k in known]
            found = {
                "weighted alike": off_weighted_law(case, alike, eta, steps),
                "k one too large": off_weighted_law(case, larger, eta, steps),
                "without the bias": off_weighted_law(case, known, eta, steps, biases=False),
                "softplus": off_weighted_law(bent, alike, eta, steps),
            }
            controls = {name: min(least, found[name]) for name, least in controls.items()}
    step, k, route = Fraction(1, 100), 3, Fraction(0)
    exact = cases.exact_descent(
        np.random.default_rng(seeds[0]),
        lambda w, _, g: [a - step * b for a, b in zip(w, g, strict=True)],
        3,
        k,
    )
    for (w, g), (after, _) in pairwise(exact):
        left = cases.exact_squares(after, k) - cases.exact_squares(w, k)
        route = max(route, np.max(np.abs(left - step**2 * cases.exact_squares(g, k))))
    first, *rest = [(name, identity_margin(found, ROUNDING)) for name, found in controls.items()]
    return Evidence(
        statement="du2018.ext.relu_power",
        margin=identity_margin(worst, ROUNDING),
        error=identity_error(float(route), ROUNDING),
        instances=count,
        sizes={"activations": [str(one) for one in activations], "losses": list(LOSSES), "steps": steps},
        seeds=list(seeds),
        control=first,
        controls=rest,
    )
