"""The status rule, case by case, and how evidence is written down."""

import json
import math

import numpy as np
import pytest

from flowbounds import evidence_table as table
from flowbounds.evidence import GRID_ONLY, KINDS, Evidence, identity_error, identity_margin, status


def make(**changes):
    fields = {"statement": "demo.one", "margin": 0.5, "error": 0.01, "instances": 10, "kind": "inequality"}
    return Evidence(**{**fields, **changes})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "holds"),
        ({"margin": 0.09}, "inconclusive"),
        ({"margin": -0.09}, "inconclusive"),
        ({"margin": -0.2}, "fails"),
        ({"margin": -0.2, "holds_from": "d = 1e5"}, "fails at these sizes"),
        ({"margin": math.nan}, "inconclusive"),
        ({"margin": math.inf, "vacuous": 10}, "vacuous here"),
        ({"margin": math.inf, "vacuous": 9}, "holds"),
        ({"margin": 0.01, "sharp": True}, "tight"),
        ({"margin": -0.01, "sharp": True}, "tight"),
        ({"margin": 0.5, "sharp": True}, "holds"),
        ({"margin": -0.5, "sharp": True}, "fails"),
        ({"printed": ("slides", -0.5)}, "corrected"),
        ({"printed": ("slides", 0.5)}, "holds"),
        ({"printed": ("slides", -0.05)}, "holds"),
        ({"printed": ("slides", -0.5), "margin": -0.5}, "fails"),
        ({"printed": ("slides", -0.5), "margin": 0.05}, "fails"),
        ({"printed": ("slides", -0.5), "margin": -0.5, "holds_from": "d = 200"}, "fails at these sizes"),
        ({"required": 60.0, "reachable": 9.0, "margin": -5.0}, "out of reach"),
        ({"required": 6.0, "reachable": 9.0, "margin": -5.0}, "fails"),
        ({"kind": "probability", "margin": 0.02}, "holds"),
        ({"kind": "probability", "margin": 0.005}, "inconclusive"),
        ({"kind": "probability", "margin": -0.02}, "fails"),
        ({"margin": 0.0, "error": 0.0}, "inconclusive"),
    ],
)
def test_status(changes, expected):
    assert status(make(**changes)) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_finite_grid_cannot_establish_never_holds(kind):
    expected = "consistent on the grid" if kind in GRID_ONLY else "holds"
    assert make(kind=kind).status == expected
    assert make(kind=kind, margin=-1.0).status == "fails"
    assert make(kind=kind, margin=0.0).status == "inconclusive"


def test_status_needs_a_kind():
    with pytest.raises(ValueError, match=r"demo\.one: status needs a kind"):
        status(make(kind=""))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "theorem"}, "kind must be one of"),
        ({"instances": 0}, "need 0 <= vacuous <= instances"),
        ({"vacuous": 11}, "need 0 <= vacuous <= instances"),
        ({"error": -1.0}, "error must be non-negative"),
        ({"error": math.nan}, "error must be non-negative"),
        ({"required": 1.0}, "required and reachable come together"),
    ],
)
def test_evidence_that_makes_no_sense_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        make(**changes)


def test_a_control_violates_only_clearly():
    evidence = make(control=("a", -0.5), controls=[("b", -0.05), ("c", 0.3)])
    assert [evidence.violates(result) for _, result in evidence.all_controls] == [True, False, False]


def test_numbers_from_numpy_are_published_as_json():
    evidence = make(margin=np.float64(0.5), control=("hypothesis dropped", np.float64(-1.0)))
    assert evidence.violates(np.float64(-1.0)) is True
    json.dumps(evidence.published(), allow_nan=False)


def test_identity_margin_counts_digits_up_to_one():
    assert identity_margin(1e-3, 1e-2) == pytest.approx(1.0)
    assert identity_margin(5e-3, 1e-2) == pytest.approx(math.log10(2))
    assert identity_margin(1e-30, 1e-2) == identity_margin(0.0, 1e-2) == 1.0
    assert identity_margin(1.0, 1e-2) == pytest.approx(-2.0)
    assert identity_margin(math.inf, 1e-2) == -math.inf
    assert math.isnan(identity_margin(math.nan, 1e-2))
    assert identity_error(0.0, 1e-2) == 0.0
    with pytest.raises(ValueError, match="rounding model must be positive"):
        identity_margin(1.0, 0.0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.8249, "0.82"),
        (3.0, "3.0"),
        (14.6, "15"),
        (0.999, "1.0"),
        (9.96, "10"),
        (1234.0, "1200"),
        (-0.31, "-0.31"),
        (1.23e-5, "1.2e-05"),
        (-4.8e10, "-4.8e+10"),
        (0.0, "0.0"),
        (math.inf, "inf"),
        (0.0012, "0.0012"),
    ],
)
def test_two_digits(value, expected):
    assert table.two_digits(value) == expected


def test_values_within_ten_errors_are_published_as_below():
    assert table.published_value(0.5, 0.01) == "0.50"
    assert table.published_value(3e-9, 1e-9) == "< 1e-08"
    assert table.published_value(-0.05, 0.01) == "< 1e-01"
    assert table.published_value(0.0, 0.0) == "0.0"
    assert table.published_error(3.2e-5) == "3e-05"
    assert table.published_error(3e-16) == "< 1e-12"


def test_published_form_is_json_with_every_key():
    evidence = make(
        control=("nothing left", -2.0),
        tried=[("weak", 0.2)],
        printed=("slides", -0.5),
        constants={"C": 1.234, "noise": (5e-8, 1e-7)},
        sizes={"d": (2, 3), "mass": 1e-24, "shape": {"odd": 1}},
        seeds=range(3),
        required=1.0,
        reachable=2.0,
    )
    form = evidence.published()
    assert list(form) == sorted(form)
    assert form == json.loads(json.dumps(form))
    assert form["controls"] == [{"name": "nothing left", "result": "-2.0", "violates": True}]
    assert form["printed"] == {"source": "slides", "result": "-0.50", "fails": True}
    assert form["constants"] == {"C": "1.2", "noise": "< 1e-06"}
    assert evidence.raw()["constants"] == {"C": 1.234, "noise": 5e-8}
    assert set(make().published()) == set(form), "keys do not depend on what was measured"


def test_rich_display_carries_tables_published_and_raw_form():
    data, metadata = make(margin=math.inf, control=("x < y & z", -2.0))._repr_mimebundle_()
    assert set(data) == {"text/plain", "text/html", table.MIME}
    assert "x &lt; y &amp; z" in data["text/html"]
    assert "violated, as it must be" in data["text/plain"]
    assert metadata[table.MIME]["margin"] == "inf"
    json.dumps(metadata, allow_nan=False)


def test_table_shouts_when_a_control_does_not_violate():
    assert "NOT VIOLATED" in table.text(make(control=("weak", 0.2)).published())
