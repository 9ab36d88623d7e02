"""The checks on greedy deflation at small sizes: they hold, controls violate, planted slips are seen."""

import dataclasses
import json

import numpy as np
import pytest

from flowbounds import HypothesisError
from flowbounds.checks import ge2021_greedy as check
from flowbounds.models import tensor
from flowbounds.models.tensor_ensembles import equiangular_basis


def algorithm1(**changed):
    given = {
        "cases": ((3, 3, 1.2),),
        "draws": 1,
        "log_norm": -40.0,
        "rng": np.random.default_rng(1),
    } | changed
    return check.algorithm1(**given)


def limitation(**changed):
    given = {"degrees": (58.0, 62.0), "m": 5, "tol": 1e-8, "t_end": 60.0, "log_norm": -120.0} | changed
    return check.limitation(**given)


@pytest.mark.parametrize("name", ["algorithm1", "limitation"])
def test_holds_and_its_controls_do_not(name):
    evidence = {"algorithm1": algorithm1, "limitation": limitation}[name]()
    assert evidence.status in {"holds", "consistent on the grid"}
    assert evidence.margin > 10 * evidence.error
    assert evidence.all_controls
    for control, result in evidence.all_controls:
        assert evidence.violates(result), control
    json.dumps(evidence.published(), allow_nan=False)


@pytest.mark.parametrize("degrees", [10.0, 50.0, 59.9, 60.1, 65.0, 80.0, 90.0])
def test_peak_against_a_fine_grid(degrees):
    basis = equiangular_basis(2, 2, degrees)
    middle = np.radians(degrees / 2)
    angles = middle + np.radians(np.linspace(-50, 50, 20001))
    values = tensor.evaluate(basis, np.array([0.5, 0.5]), np.array([np.cos(angles), np.sin(angles)]))
    found = np.degrees(abs(angles[np.argmax(values)] - middle))
    # quartic at sixty degrees: a grid step of 0.005 degrees places the peak to about its root
    assert check.peak_angle(degrees) == pytest.approx(found, abs=0.1)
    at_bisector = tensor.evaluate(basis, np.array([0.5, 0.5]), np.array([[np.cos(middle)], [np.sin(middle)]]))
    assert check.bisector_value(degrees) == pytest.approx(at_bisector[0], rel=1e-13)


def planted(monkeypatch, name, change):
    true = getattr(check, name)
    monkeypatch.setattr(check, name, lambda *args, **more: change(true(*args, **more)))


@pytest.mark.parametrize(
    "slip",
    [
        lambda found: dataclasses.replace(found, coefficients=found.coefficients * (1 + 1e-11)),
        lambda found: dataclasses.replace(found, residual_norms=found.residual_norms + 1e-11),
        lambda found: dataclasses.replace(found, coefficients=found.coefficients[::-1]),
        lambda found: dataclasses.replace(found, directions=found.directions[:, ::-1]),
        lambda found: dataclasses.replace(
            found, coefficients=found.coefficients[:-1], residual_norms=found.residual_norms[:-1]
        ),
    ],
    ids=["coefficient", "residual", "order of coefficients", "order of directions", "one missing"],
)
def test_a_slip_in_deflation_is_seen(monkeypatch, slip):
    planted(monkeypatch, "deflate", slip)
    assert algorithm1().status == "fails"


def test_a_flow_in_another_order_is_seen(monkeypatch):
    planted(
        monkeypatch,
        "tensor_flow",
        lambda run: dataclasses.replace(run, fitting_times=run.fitting_times[::-1]),
    )
    evidence = algorithm1()
    assert evidence.margin == -1.0
    assert evidence.status in {"fails", "inconclusive"}  # the prediction disagrees too


def test_wrong_predictions_leave_the_order_unresolved(monkeypatch):
    planted(monkeypatch, "predicted_fitting_times", lambda times: times**1.1)
    assert algorithm1().status == "inconclusive"


def test_a_wrong_angle_of_the_peak_is_seen(monkeypatch):
    planted(monkeypatch, "peak_angle", lambda degrees: degrees / 2)
    assert limitation().status == "fails"


def test_directions_farther_apart_than_said_are_seen(monkeypatch):
    """Sixty-one degrees where fifty-eight are claimed: the mass does not merge."""
    true = check.equiangular_basis
    monkeypatch.setattr(check, "equiangular_basis", lambda d, r, degrees: true(d, r, min(degrees + 3, 90)))
    assert limitation().status == "fails"


def test_a_run_that_ends_on_the_plateau_has_not_split():
    assert limitation(degrees=(45.0,), t_end=22.0).status == "fails"


def test_a_greedy_run_that_is_not_stuck_is_seen(monkeypatch):
    planted(
        monkeypatch,
        "deflate",
        lambda found: dataclasses.replace(found, residual_norms=found.residual_norms * 1e-3),
    )
    evidence = limitation(degrees=(45.0,))
    assert evidence.where == "below the greedy residual"
    assert evidence.status == "fails"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: algorithm1(log_norm=1.0), "log_norm must be finite and in"),
        (lambda: limitation(delta0=2.0), "delta0 must be finite and in"),
        (lambda: limitation(degrees=(120.0,)), "degrees must be finite and in"),
    ],
)
def test_bad_settings_name_the_argument(call, message):
    with pytest.raises(HypothesisError, match=message):
        call()
