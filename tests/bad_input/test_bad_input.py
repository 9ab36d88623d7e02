"""Every public function refuses what its statement does not cover, and never changes what it is given.

The tables hold one valid call of each; every argument is corrupted in every way, one at a time. A public
function without a row turns a test red.
"""

import importlib
import inspect
import pkgutil

import balance_calls
import deflation_calls
import lazy_calls
import numpy as np
import pytest
import rate_calls

import flowbounds
from flowbounds import HypothesisError

TABLES = (deflation_calls.CALLS, rate_calls.CALLS, balance_calls.CALLS, lazy_calls.CALLS)
CALLS = {call: row for table in TABLES for call, row in table.items()}
GENERATED = {  # take a generator and sizes only; their own tests cover them
    "models.network_ensembles.random_layers",
    "models.homogeneous_ensembles.random_network",
    "models.initial_schemes.initial_layers",
    "models.network_ensembles.balanced_layers",
    "models.target_weights.target_weights",
    "models.low_rank_targets.low_rank_target",
    "models.tensor_ensembles.uniform_directions",
    "models.tensor_ensembles.directions_towards_each",
}
NOT_FOR_READERS = {  # kernels and machinery behind the public functions
    "dynamics.sweep",
    "dynamics.solve",
    "dynamics.flow",
    "dynamics.frozen_path",
    "dynamics.frozen_order",
    "dynamics.discovery",
    "dynamics.epoch_view",
    "dynamics.deflation_run",
    "dynamics.deflation",
    "models.tensor",
}

NEGATIVE_FORBIDDEN = {"a", "lam", "p0", "t", "t_end", "ratio", "degrees", "tol"}
NEGATIVE_FORBIDDEN |= {"gap0", "mu", "weight"}
NEGATIVE_FORBIDDEN |= {"sigma", "imbalance", "residual", "target", "noise", "loss", "fourth_powers"}
NEGATIVE_FORBIDDEN |= {"eps", "beta", "shares", "floor"}
NEGATIVE_FORBIDDEN |= {"step", "loss_drop", "curvature"}
NEGATIVE_FORBIDDEN |= {"share", "gap", "mass", "average", "free", "level", "stop"}
OPTIONAL = {  # scalars for which None means the default
    ("bounds.induction.theorem1_parameters", "alpha"),
    ("dynamics.epochs.modified_flow", "alpha"),
    ("bounds.network_report.network_report", "gamma"),
}


def wrong_arrays(value):
    """Corrupted copies of a valid array."""
    spoilt = value.copy()
    spoilt.flat[0] = np.nan
    infinite = value.copy()
    infinite.flat[-1] = np.inf
    return {
        "nan": spoilt,
        "inf": infinite,
        "one axis more": value[None],
        "one axis less": value[0] if value.ndim > 1 else 1.0,
        "empty": value[..., :0],
        "complex": value + 1j,
        "text": np.full(value.shape, "x"),
        "objects": np.full(value.shape, None),
        "ragged": [[1.0], [1.0, 2.0]],
    }


WRONG_SCALARS = {"nan": np.nan, "inf": np.inf, "text": "x", "nothing": None, "list": [1.0, 2.0]}


def corruptions(call):
    """(argument, name of the corruption, corrupted value) for every argument of a call."""
    for name, value in CALLS[call][1].items():
        wrong = dict(wrong_arrays(value)) if isinstance(value, np.ndarray) else dict(WRONG_SCALARS)
        if name in NEGATIVE_FORBIDDEN and not isinstance(value, str):
            wrong["negative"] = -np.asarray(value) if isinstance(value, np.ndarray) else -value
        if (call, name) in OPTIONAL:
            del wrong["nothing"]
        for kind, corrupted in wrong.items():
            yield name, kind, corrupted


@pytest.mark.parametrize("call", CALLS)
def test_corrupted_arguments_are_refused_by_name(call):
    function, arguments = CALLS[call]
    for name, kind, corrupted in corruptions(call):
        with pytest.raises(HypothesisError) as refusal:
            function(**{**arguments, name: corrupted})
        said = str(refusal.value)
        assert name in said, f"{kind} {name} is refused without naming it: {said}"


@pytest.mark.parametrize("call", CALLS)
def test_valid_arguments_are_accepted_and_not_modified(call):
    function, arguments = CALLS[call]
    frozen = {}
    for name, value in arguments.items():
        frozen[name] = value.copy() if isinstance(value, np.ndarray) else value
        if isinstance(value, np.ndarray):
            frozen[name].setflags(write=False)
    function(**frozen)
    for name, value in arguments.items():
        np.testing.assert_array_equal(frozen[name], value)


@pytest.mark.parametrize("call", CALLS)
def test_lists_and_integers_serve_as_well(call):
    function, arguments = CALLS[call]
    as_lists = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in arguments.items()}
    first, second = function(**arguments), function(**as_lists)
    if isinstance(first, np.ndarray | float):
        np.testing.assert_array_equal(first, second)


def public_functions():
    """Functions of models, bounds and dynamics that a reader may call; kernels say so in their first word."""
    for package in ("models", "bounds", "dynamics"):
        if not (importlib.util.find_spec(f"flowbounds.{package}")):
            continue
        path = importlib.import_module(f"flowbounds.{package}").__path__
        for found in pkgutil.iter_modules(path):
            module = importlib.import_module(f"flowbounds.{package}.{found.name}")
            if f"{package}.{found.name}" in NOT_FOR_READERS:
                continue
            for name, function in inspect.getmembers(module, inspect.isfunction):
                kernel = (inspect.getdoc(function) or "").startswith("Kernel:")
                own = function.__module__ == module.__name__
                if own and not kernel and not name.startswith("_"):
                    yield f"{package}.{found.name}.{name}"


def test_every_public_function_has_a_row():
    assert set(public_functions()) - GENERATED - set(CALLS) == set()
    assert flowbounds.HypothesisError is HypothesisError
