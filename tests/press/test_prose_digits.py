"""Digits in prose: each way to type one is planted and found, and what no run produces is let through."""

import re
from pathlib import Path

import pytest
import yaml

from bookbuild import build, prose, prose_digits
from bookbuild.project import BuildError, BuildErrors, Project

ROOT = Path(__file__).resolve().parents[2]

PLANTED = {
    "We found 17 of them.": 1,
    "a line\nand the next, with 0.217 of them": 2,
    "# A heading with 3.5": 1,
    "| what | much |\n|---|---|\n| runs | 40 |": 3,
    "1. first\n2. the rate is 3": 2,
    "> a *quoted 12* number": 1,
    "[a link with 7](there.md)": 1,
    "{ref}`the 7 of them <label>`": 1,
    "<p>40 runs</p>": 1,
    '<img src="a.png" alt="40 dots">': 1,
    "![40 dots](a.png)": 1,
    "term\n: of 5 kinds": 2,
    # Dollars do not make mathematics of a number.
    "about $0.217$ of them": 1,
    "$17\\,\\%$": 1,
    "$\\approx 10^{-9}$": 1,
    "$3.1\\times10^{-4}$": 1,
    "$\\frac12$": 1,
    "$0.1,\\ 0.2$": 1,
    "$-0.86$": 1,
    "$$0.217$$": 1,
    "{math}`0.217`": 1,
    # Inside directives, their titles and their options.
    "```{dropdown} All 40\nText.\n```": 1,
    "text\n\n```{note}\n:class: c4\n\nOne.\n\nOf 40.\n```": 8,
    "````{dropdown} Title\n```{note}\nOf 40.\n```\n````": 3,
    ":::{note}\nOf 40.\n:::": 2,
    "```{figure} a1.png\n:alt: with 40 dots\n\nA caption.\n```": 1,
    "```{figure} a1.png\n:name: fig-1\n\nA caption\nwith 40.\n```": 5,
    "```{code-cell} python\n:mystnb: {figure: {caption: 'a 40', name: f}}\nx = 3\n```": 2,
    '```{code-cell} python\n:tags: [t1]\n:mystnb: {image: {alt: "a 40"}}\nx = 3\n```': 2,
    "```{code-cell} python\n:mystnb: {code_prompt_show: Show 40}\nx = 3\n```": 2,
    "```{code-cell} python\n---\nmystnb: {image: {alt: a 40}}\n---\nx = 3\n```": 2,
    # Nearly a label.
    "in 2021.5 units, and 2021 of 4000": 1,
    "Figure 2 has 40 dots": 1,
    "with step 0.1": 1,
    "(17)": 1,
}
LET_THROUGH = [
    "Theorem 1, Lemma 4.3, Lemmas 5.1, 5.2 and 6.3, Proposition 1(c), Section\n3.3, Figure 2d",
    "Algorithm 2, page 14, pages 05 and 30, pages 12 to 18, phase 2, layers 1 and 2",
    "equation (5), footnote 11",
    "Yun et al. (2020); CC BY 4.0; Python 3.11; float64; 64-bit; 2-homogeneous; a 95 % interval",
    "$d=20$, $x_1$, $(4,3,5)$, $2\\times3$, $O(1/t^2)$, `0.217`, {ref}`a1`, {doc}`12_page`, {eq}`e1`",
    "between $0$ and $1$, and $-1$",
    "(label-1)=\n# Title\n\n$$x=0.217$$ (eq-1)\n\n\\begin{align}x&=3\\end{align}",
    "[words](page1.md#at-2), <https://example.org/2>, ![words](a1.png)",
    "1. first\n2. second",
    "```python\nx = 3\n```\n\n```{code-cell} python\n:tags: [t1]\nx = 3  # 4\n```",
    "```{statement} ge2021.lemma7\nWords.\n```\n\n```{math}\n:label: e1\n0.217\n```",
    "```{note}\n:class: c4\nWords.\n```",
    "---\nkernelspec: {version: 3}\n---\n\nWords.",
    "It is {glue:text}`01-share` of {glue:text}`01-count:d`.",
    "<!-- 40 --> and <b id='n1'>words</b>",
]


@pytest.fixture
def faults(make_project):
    """Faults of a page 01_toy with the given text, and of an allow-list if there is one."""

    def find(text: str, allowed: object = None) -> list[BuildError]:
        project = make_project(**{"01_toy": ""})
        (project.notebooks / "01_toy.md").write_text(text, encoding="utf-8")
        if allowed is not None:
            path = project.root / prose_digits.FILE
            path.write_text(yaml.safe_dump(allowed), encoding="utf-8")
        return prose_digits.faults(project)

    return find


@pytest.mark.parametrize(("text", "line"), PLANTED.items())
def test_a_planted_number_is_found(faults, text, line):
    found = faults(text)
    assert found, "nothing was found"
    assert found[0].message.startswith(f"notebooks/01_toy.md, line {line}: a number typed in prose: ")
    assert "print it in a cell, or glue it" in found[0].cure
    assert "book/allowed_digits.yml" in found[0].cure


def test_each_number_is_told_among_its_words(faults):
    first, *others = faults("We found 17 of 40, or $17/40$.")
    assert first.message.endswith("'We found 17 of 40, or $17/40$.'")
    assert len(others) == 2


@pytest.mark.parametrize("text", LET_THROUGH)
def test_what_no_run_produces_passes(faults, text):
    assert faults(text) == []


def test_pages_without_code_are_read_too(make_project):
    project = make_project()
    (project.book / "api").mkdir()
    (project.book / "api" / "models.md").write_text("# Models\n\nAll 40.\n", encoding="utf-8")
    (one,) = prose_digits.faults(project)
    assert one.message.startswith("book/api/models.md, line 3: ")
    assert prose_digits.faults(project, {"notebooks/01_toy.md"}) == []


REASON = "a parameter of the page, which the reader sets"
ENTRY = {"texts": ["17 of\n them", "$0.3$"], "reason": REASON}
PAGE = "notebooks/01_toy.md"


def test_an_entry_with_a_reason_is_let_through(faults):
    assert faults("We set 17\nof them to $0.3$.", {PAGE: [ENTRY]}) == []


@pytest.mark.parametrize(
    ("text", "allowed", "told"),
    [
        ("17 of them to $0.3$, and 18", {PAGE: [ENTRY]}, "01_toy.md, line 1: a number"),
        ("117 of them to $0.3$, 17 of them", {PAGE: [ENTRY]}, "'117 of them to"),
        ("17 of them", {PAGE: [ENTRY]}, "notebooks/01_toy.md does not say '$0.3$' any more"),
        ("words", {"notebooks/02_gone.md": []}, "there is no text notebooks/02_gone.md"),
    ],
)
def test_what_an_entry_does_not_cover_is_told(faults, text, allowed, told):
    (one,) = faults(text, allowed)
    assert told in one.message


@pytest.mark.parametrize(
    ("allowed", "told"),
    [
        ({PAGE: [{"texts": ["17"]}]}, "is no entry"),
        ({PAGE: [{"texts": "17", "reason": REASON}]}, "is no entry"),
        ({PAGE: ["17"]}, "is no entry"),
        ({PAGE: [{"texts": ["17"], "reason": ""}]}, "has no reason"),
        ({PAGE: [{"texts": ["17"], "reason": "a parameter"}]}, "has no reason"),
        ({PAGE: [{"texts": ["seventeen"], "reason": REASON}]}, "has no digit"),
        ([PAGE], "no list of entries by file"),
        ("{", "is not valid YAML"),
    ],
)
def test_a_bad_entry_is_refused(make_project, allowed, told):
    project = make_project()
    content = allowed if isinstance(allowed, str) else yaml.safe_dump(allowed)
    (project.root / prose_digits.FILE).write_text(content, encoding="utf-8")
    with pytest.raises(BuildError) as caught:
        prose_digits.faults(project)
    assert told in caught.value.message
    assert prose_digits.FILE in caught.value.message


def test_make_book_refuses_a_typed_number(make_project, monkeypatch):
    project = make_project()
    (project.book / "index.md").write_text("# Toy\n\nAll 40 hold.\n", encoding="utf-8")

    def render(project, base_url):
        raise BuildError("there is no site in this test", "none")

    monkeypatch.setattr(build, "render", render)
    with pytest.raises(BuildErrors) as caught:
        build.book(project, only=None, jobs=1)
    assert "book/index.md, line 3: a number typed in prose: 'All 40 hold.'" in str(caught.value)


def test_the_parser_reads_what_the_site_is_made_with():
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert set(config["parse"]["myst_enable_extensions"]) == prose.EXTENSIONS


def test_every_text_of_the_book_is_clean():
    assert [str(one) for one in prose_digits.faults(Project(ROOT))] == []


def test_no_pattern_lets_a_plain_measurement_through():
    for text in ("0.217", "17 %", "40", "1e-9", "3 of 40", "12,000", "step 3", "$0.3$", "x3"):
        assert [one for one in prose_digits.PATTERNS.values() if re.search(one, text)] == []
