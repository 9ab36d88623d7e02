"""Values as somebody types them: what they mean, and what is said of those that mean nothing."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from bookbuild.given_values import ValuesError, faults, parse_values, read_values, short_name, with_values
from bookbuild.notebook_text import read_text
from bookbuild.project import BuildError

PAGE = """\
# Page

```{code-cell} python
:tags: [parameters]
draws = 24   # of every shape
sizes = ((5, 1),)
```
"""


@pytest.fixture
def page(make_project):
    return make_project(**{"14_toy": PAGE}).pages()[0]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("draws=8 seed=7", {"draws": 8, "seed": 7}),
        ("draws=8, seed=7", {"draws": 8, "seed": 7}),
        ("sizes=((20, 5, 120),) eps = -1e-3", {"sizes": ((20, 5, 120),), "eps": -1e-3}),
        ("name='a b=3' on=True\nlevels=[1, 2]", {"name": "a b=3", "on": True, "levels": [1, 2]}),
        ("", {}),
    ],
)
def test_values_are_literals_with_spaces_where_they_like(text, values):
    assert parse_values(text) == values


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("draws 8", "'draws 8' does not begin with name=value"),
        ("draws", "'draws' does not begin with name=value"),
        ("8 draws=3", "'8 draws=3' does not begin with name=value"),
        ("draws=", "draws: '' is no Python literal"),
        ("draws=8 seed", "draws: '8 seed' is no Python literal"),
        ("kind=relu", "kind: 'relu' is no Python literal"),
        ("n=open('x')", "n: \"open\\('x'\\)\" is no Python literal"),
        ("n=1 n=2", "n is given twice"),
        ("n=(1", "cannot be read"),
    ],
)
def test_what_means_nothing_is_told(text, told):
    with pytest.raises(ValuesError, match=told):
        parse_values(text)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("draws 8", "SET: 'draws 8' does not begin with name=value"),
        ("nope=1", "has no parameter nope; it has: draws, sizes"),
        ("", "no other values are given"),
    ],
)
def test_a_fault_comes_with_the_parameters_and_a_cure(page, given, told):
    with pytest.raises(BuildError) as caught:
        read_values(page, read_text(page), given)
    assert told in caught.value.message
    assert "draws = 24          of every shape\n    sizes = ((5, 1),)" in caught.value.message
    assert caught.value.cure == 'make run ONLY=14 SET="draws=12"'


def test_a_page_without_parameters_says_so(make_project):
    (page,) = make_project(**{"14_toy": "# Page\n"}).pages()
    with pytest.raises(BuildError, match="has no parameters") as caught:
        read_values(page, read_text(page), "")
    assert "make book ONLY=14" in caught.value.cure


def test_a_tuple_stays_a_tuple():
    tagged = new_code_cell("sizes = ()", metadata={"tags": ["parameters"]})
    page = new_notebook(cells=[tagged, new_code_cell("sizes")])
    made = with_values(page, {"sizes": ((20, 5),), "name": "a b"})
    assert made.cells[1].source.splitlines()[1:] == ["sizes = ((20, 5),)", "name = 'a b'"]
    assert made.cells[1].metadata.tags == ["injected-parameters"]
    assert len(page.cells) == 2
    assert with_values(page, {}).cells == page.cells


def test_names_of_files_are_short_and_do_not_meet():
    assert short_name({"draws": 8, "seed": 7}) == "draws-8_seed-7"
    given = [{"s": (1, 2)}, {"s": ((1, 2),)}, {"s": [1, 2]}, {"s": tuple(range(99))}, {"s": "../x y"}]
    names = [short_name(one) for one in given]
    assert len({*names}) == len(names)
    assert all(len(name) < 70 and not set(name) & set("/ ()'") for name in names)


@pytest.mark.parametrize(
    ("offered", "told"), [("draws=12", []), ("nope=1", ["no parameter nope"]), ("draws", ["does not begin"])]
)
def test_what_the_front_matter_offers_must_be_possible(page, offered, told):
    text = page.text.read_text(encoding="utf-8")
    page.text.write_text(
        text.replace("---\n", f"---\nflowbounds: {{other_values: '{offered}'}}\n", 1), "utf-8"
    )
    found = faults(page)
    assert len(found) == len(told)
    for problem, words in zip(found, told, strict=True):
        assert problem.message.startswith("notebooks/14_toy.md, flowbounds.other_values in its front matter")
        assert words in problem.message
