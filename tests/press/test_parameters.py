"""A page's parameters as its own cell tells them."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from bookbuild.parameters import Parameter, example, names_of, parameters_of, read_parameters

SOURCE = """\
# how many
draws = 24                # of every shape
sizes = (                 # d and r
    (5, 1),  # small
    (10, 2),
)
# at the margin: heads the next one
tol: float = 1e-15
d, m = 10, 50             # dimension and
                          # components
steps = [10 * 2**k for k in range(8)]
"""


def test_names_defaults_and_meanings():
    assert read_parameters(SOURCE) == [
        Parameter(("draws",), "24", "of every shape"),
        Parameter(("sizes",), "((5, 1), (10, 2))", "d and r small"),
        Parameter(("tol",), "1e-15", "at the margin: heads the next one"),
        Parameter(("d", "m"), "10, 50", "dimension and components"),
        Parameter(("steps",), "[10 * 2**k for k in range(8)]", ""),
    ]
    assert names_of(read_parameters(SOURCE)) == ["draws", "sizes", "tol", "d", "m", "steps"]


def test_only_the_tagged_cell_counts():
    tagged = new_code_cell("n = 3", metadata={"tags": ["parameters"]})
    assert parameters_of(new_notebook(cells=[new_code_cell("k = 1"), tagged])) == [Parameter(("n",), "3", "")]
    assert parameters_of(new_notebook(cells=[new_code_cell("k = 1")])) == []


@pytest.mark.parametrize(
    ("source", "other"),
    [
        ("n = 60", "n=30"),
        ("n = 1", "n=2"),
        ("x = 1e-15", "x=5e-16"),
        ("on = True", "on=False"),
        ("a, b = 1, 2\nsizes = (1, 2)\nk = 2 * 3\nn = 8", "n=4"),
        ("sizes = (1, 2)", ""),
        ("", ""),
    ],
)
def test_the_example_is_another_value_of_the_first_that_is_one_number(source, other):
    assert example(read_parameters(source)) == other
