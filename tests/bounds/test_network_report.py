"""The report on a reader's network: what it understands, which law it names, and that its bounds hold."""

from itertools import pairwise

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.bounds.comparison import rate_bound
from flowbounds.bounds.network_report import LARGEST, WIDE, network_report
from flowbounds.bounds.rates import lojasiewicz_gap
from flowbounds.bounds.sharpest_rate import narrow_layers, rebalanced, what_helps
from flowbounds.dynamics.linear_flow import linear_flow
from flowbounds.models.homogeneous_network import matrix_imbalance, neuron_imbalance
from flowbounds.models.linear_network import imbalances, product, tangent_min_eigenvalue
from flowbounds.models.network_ensembles import balanced_layers, random_layers
from flowbounds.models.objectives import regression, sensing
from flowbounds.models.separable_losses import exponential, logistic


class Tensor:
    """A stand-in for a tensor that NumPy cannot read while it has a gradient or is on another device."""

    def __init__(self, array, readable=True):
        self.array, self.readable = array, readable

    def __array__(self, *given, **options):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad.")

    def detach(self):
        return self

    def cpu(self):
        return self

    def numpy(self):
        if not self.readable:
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self.array


class Arrayish:
    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.array, dtype=dtype)


def drawn(chain, seed=1):
    return random_layers(pairwise(chain), np.random.default_rng(seed))


CHAINS = [(2, 3), (1, 1), (1, 1, 1, 1), (2, 5, 3), (2, 2), (2, 5, 5, 2), (1, 4, 4, 2), (2, 4, 4, 4, 2)]
CHAINS += [(1, 3, 3, 3, 3, 1), (2, 3, 3, 3, 3, 3, 2), (3, 2, 3)]


@pytest.mark.parametrize("chain", CHAINS)
def test_the_sharpest_bound_is_the_rate_bound_and_below_the_eigenvalue(chain):
    rng = np.random.default_rng(3)
    for seed in range(8):
        layers = [rng.choice([0.3, 1.0, 3.0]) * layer for layer in drawn(chain, seed)]
        smallest = float(np.linalg.svd(product(layers), compute_uv=False)[-1])
        report = network_report(layers, margin=smallest)
        expected = rate_bound(imbalances(layers), chain[0], chain[-1], smallest)
        values = [bound.value for bound in report.bounds]
        assert max(values, default=0.0) == pytest.approx(expected, rel=1e-12)
        assert values == sorted(values, reverse=True)
        assert report.alpha in (0.0, max(values, default=0.0))
        assert bool(report.why) == (report.alpha == 0)
        assert report.alpha <= tangent_min_eigenvalue(layers) * (1 + 1e-9)
        assert report.tangent.value == pytest.approx(tangent_min_eigenvalue(layers), rel=1e-7, abs=1e-12)


@pytest.mark.parametrize("chain", [(2, 5, 3), (2, 5, 5, 2), (2, 4, 4, 4, 2)])
def test_the_two_conventions_and_every_kind_of_array_say_the_same(chain):
    layers = drawn(chain)
    report = network_report(layers, gamma=1.0)
    for kind in (np.array, np.ndarray.tolist, Tensor, Arrayish, tuple):
        turned = network_report([kind(W.T) for W in layers], convention="torch", gamma=1.0)
        assert turned.alpha == pytest.approx(report.alpha, rel=1e-12)
        assert turned.widths == report.widths == chain
        for one, two in zip(turned.laws, report.laws, strict=True):
            np.testing.assert_allclose(one.imbalance, two.imbalance, atol=1e-12)
            assert (one.law, one.layer) == (two.law, two.layer)
    assert "G_1 G_1^T" in turned.laws[0].drift
    assert "G_1^T G_1" in report.laws[0].drift


def test_which_law_between_which_layers():
    layers = drawn((2, 4, 3, 5, 4, 2))
    turned, bias = [W.T for W in layers], np.arange(4.0)
    names = ["relu", "tanh", ("relu_power", 2), "linear"]
    report = network_report(layers, activations=names, biases=[bias, None, None, None, None])
    laws = ["du2018.footnote8", None, "du2018.ext.relu_power", "du2018.thm2.2"]
    assert [law.law for law in report.laws] == laws
    biases = [bias, np.zeros(3), np.zeros(5), np.zeros(4), np.zeros(2)]
    np.testing.assert_allclose(report.laws[0].imbalance, neuron_imbalance(turned, 1, biases=biases))
    np.testing.assert_allclose(report.laws[1].imbalance, neuron_imbalance(turned, 2))
    np.testing.assert_allclose(report.laws[3].imbalance, matrix_imbalance(turned, 4))
    assert [law.defect > 0 for law in report.laws] == [False, True, False, False]
    assert report.alpha == 0
    assert report.tangent is None
    assert "tanh" in report.why
    assert network_report(layers, activations="relu").laws[2].law == "du2018.thm2.1"
    assert network_report(layers, activations=("leaky", 0.2)).laws[2].law == "du2018.thm2.1"
    linear = network_report(layers, biases=[bias, None, None, None, None])
    np.testing.assert_allclose(linear.laws[0].imbalance, matrix_imbalance(turned, 1) + np.outer(bias, bias))
    assert "biases" in linear.why


@pytest.mark.parametrize("N", [12, 3])
def test_the_flow_stays_below_the_envelope(N):
    rng, layers = np.random.default_rng(4), drawn((2, 6, 2))  # with N = 3 measurements there is no margin
    target = product(layers) + 0.02 * rng.normal(size=(2, 2))
    A = rng.normal(size=(N, 2, 2))
    for objective in (regression(A[:, 0], A[:, 0] @ target), sensing(A, np.sum(A * target, axis=(1, 2)))):
        report = network_report(layers, objective=objective)
        run = linear_flow(layers, objective, 0.5, t_eval=np.linspace(0.0, 0.5, 9))
        bound = report.envelope(run.t)
        assert report.rate > 0
        assert bound[0] == pytest.approx(run.gap[0])
        assert np.all(run.gap <= bound * (1 + 1e-6))
        assert (report.sigma > 0) == (N == 12)


def test_a_bound_doubled_would_be_violated():
    """The control: at rank-one width nothing is lost, and twice the rate is too much."""
    layers = [[[2.0]], [[0.1]]]
    objective = regression([[1.0]], [[0.3]])
    report = network_report(layers, objective=objective)
    run = linear_flow(layers, objective, 1.0, t_eval=[0.0, 1.0])
    assert run.gap[1] <= report.envelope(1.0)
    assert run.gap[1] > report.gap0 * np.exp(-2 * report.rate)


def test_the_losses_of_classification_have_their_own_envelope():
    X, labels = [[2.0, 1.0], [-1.0, 1.0], [1.0, 3.0]], [1, -1, 1]
    layers = [np.eye(2) * 1.5, np.array([[0.3], [-0.1]])]
    for objective in (exponential(X, labels), logistic(X, labels, level=2.5)):
        report = network_report(layers, objective=objective)
        assert report.rate is None
        assert report.exponent == 1.0
        assert report.alpha > 0
        expected = lojasiewicz_gap(report.gap0, objective.gamma, report.alpha, [0.0, 2.0])
        np.testing.assert_array_equal(report.envelope([0.0, 2.0]), expected)
        assert "1 / (1 / gap(0)" in str(report)
    with pytest.raises(HypothesisError, match="level"):
        network_report(layers, objective=logistic(X, labels, level=0.01))


def test_balanced_layers_count_as_balanced_and_others_do_not():
    layers = balanced_layers(2, 2, [4, 4], np.random.default_rng(0))
    sigma = float(np.linalg.svd(product(layers), compute_uv=False)[-1])
    report = network_report(layers, margin=sigma)
    assert report.bounds[0].name.startswith("balanced")
    assert report.alpha == pytest.approx(3 * sigma ** (4 / 3))
    layers[0] = layers[0] + 1e-6
    assert not network_report(layers, margin=sigma).bounds[0].name.startswith("balanced")


def test_where_nothing_applies_it_says_why_and_what_helps():
    layers = [W * s for W, s in zip(drawn((3, 8, 8, 2)), (1.0, 3.0, 1.0), strict=True)]
    report = network_report(layers)
    assert report.alpha == 0
    assert "in no order" in report.why
    assert "dividing W_2 by" in report.why
    layer, doublings, rate = what_helps(layers, 0.0)
    other = rebalanced(layers, layer, doublings)
    np.testing.assert_allclose(product(other), product(layers), rtol=1e-12)
    assert rate > 0
    assert network_report(other).alpha == pytest.approx(rate, rel=1e-12)
    with pytest.raises(HypothesisError, match="in no order"):
        report.envelope([0.0], 1.0)
    deep = network_report(drawn((2, 6, 6, 6, 6, 6, 2)))
    assert "6 layers there is a bound for ordered imbalances only" in deep.why
    assert "balanced" in deep.why


@pytest.mark.parametrize(
    ("chain", "narrow"), [((3, 2, 3), (1, 1)), ((3, 2, 5, 2, 3), (1, 3)), ((3, 5, 2), None)]
)
def test_narrow_layers_make_the_tangent_operator_singular(chain, narrow):
    layers = drawn(chain)
    assert narrow_layers(layers) == narrow
    assert (tangent_min_eigenvalue(layers) < 1e-20) == (narrow is not None)
    if narrow:
        assert "singular whatever the weights" in network_report(layers).why


def test_layers_of_zeros_have_no_bound():
    report = network_report([np.zeros((2, 4)), np.zeros((4, 2))])
    assert report.alpha == 0
    assert report.tangent.value == 0
    assert report.why


def test_messages_name_the_layer_its_shape_and_the_other_convention():
    layers = drawn((2, 5, 3))
    with pytest.raises(HypothesisError, match=r"layers\[1\].*\(3, 5\).*convention='torch'"):
        network_report([W.T for W in layers])
    with pytest.raises(HypothesisError, match=r"layers\[1\].*convention='product'"):
        network_report(layers, convention="torch")
    with pytest.raises(HypothesisError, match=r"layers\[1\].*layer 1 of shape \(2, 5\)") as refusal:
        network_report([layers[0], layers[0]])
    assert "chain with" not in str(refusal.value)
    bad = [layers[0], np.full((5, 3), np.nan)]
    cases = {
        "biases=": [layers[0], np.ones(5)],
        "weight_sharing": [np.ones((2, 3, 3, 3)), layers[1]],
        r"layers\[1\] \(layer 2\) must be finite": bad,
        "float": [layers[0], Tensor(layers[1], readable=False)],
        "at least 1": [],
        "list of matrices": 3,
    }
    for said, given in cases.items():
        with pytest.raises(HypothesisError, match=said):
            network_report(given)
    for said, options in {
        "convention": {"convention": "keras"},
        "activations": {"activations": ["relu", "relu"]},
        r"biases\[0\]": {"biases": [np.ones(4), None]},
        "biases must hold 2": {"biases": [None]},
        "objective must be of the shape": {"objective": regression(np.eye(3), np.ones((3, 2)))},
        "objective must be one of": {"objective": 2.0},
        "gamma must be left out": {"gamma": 1.0, "objective": regression(np.eye(2), np.ones((2, 3)))},
    }.items():
        with pytest.raises(HypothesisError, match=said):
            network_report(layers, **options)
    with pytest.raises(HypothesisError, match="objective must be given"):
        network_report(layers).envelope([0.0])


def test_the_text_is_narrow_and_has_the_numbers():
    layers = drawn((2, 5, 5, 5, 2))
    for report in (
        network_report(layers),
        network_report(layers, activations="tanh", biases=[np.ones(5)] * 3 + [None]),
        network_report(layers[:1] + layers[-1:], gamma=2.0),
    ):
        text = str(report)
        assert max(map(len, text.splitlines())) <= WIDE
        assert " -> ".join(map(str, report.widths)) in text
    assert f"exp(-{report.rate:.4g} t)" in text
    assert f"{report.tangent.value:.4g}" in text
    assert "both conventions" in str(network_report([np.eye(2), 2 * np.eye(2)]))
    assert "both conventions" not in str(network_report(drawn((2, 5, 3))))


def test_large_products_go_without_the_eigenvalue():
    side = int(LARGEST**0.5) + 1
    assert network_report([np.eye(side), 2 * np.eye(side)]).tangent is None
