"""The key of a page: code counts, words about code do not."""

import pytest

from bookbuild.key import page_key, shared_key
from bookbuild.project import BuildError


@pytest.fixture
def project(make_project):
    made = make_project(**{"01_toy": "# One\n\nReads `decay.json`.\n", "02_other": "# Two\n"})
    made.studies.mkdir()
    (made.studies / "decay.json").write_text("[1]", encoding="utf-8")
    return made


def keys(project, parameters=None):
    shared = shared_key(project)
    return [page_key(project, page, shared, parameters) for page in project.pages()]


def write(path, text):
    path.write_text(text, encoding="utf-8")


def test_docstrings_comments_and_layout_keep_the_key(project):
    before = keys(project)
    write(project.library / "law.py", '"""Another docstring."""\n# a comment\nG =  9.81  # why\n')
    assert keys(project) == before


def test_code_changes_the_key_of_every_page(project):
    before = keys(project)
    write(project.library / "law.py", '"""A law."""\n\nG = 9.82\n')
    assert all(new != old for new, old in zip(keys(project), before, strict=True))


def test_a_function_docstring_is_no_code_but_other_strings_are(project):
    write(project.library / "law.py", 'def f():\n    "one"\n    return "a"\n')
    before = keys(project)
    write(project.library / "law.py", 'def f():\n    "two"\n    return "a"\n')
    assert keys(project) == before
    write(project.library / "law.py", 'def f():\n    "two"\n    return "b"\n')
    assert keys(project) != before


def test_a_text_changes_its_own_key_alone(project):
    before = keys(project)
    write(project.notebooks / "02_other.md", "# Two, again\n")
    after = keys(project)
    assert [new != old for new, old in zip(after, before, strict=True)] == [False, True]


def test_a_record_changes_the_key_of_the_page_that_names_it(project):
    before = keys(project)
    write(project.studies / "decay.json", "[2]")
    after = keys(project)
    assert [new != old for new, old in zip(after, before, strict=True)] == [True, False]


def test_lock_and_parameters_change_the_key(project):
    before = keys(project)
    assert keys(project, {"n": 4}) != before
    write(project.lock, "numpy==2.0\n")
    assert keys(project) != before


def test_a_new_data_file_of_the_library_counts(project):
    before = keys(project)
    write(project.library / "book.mplstyle", "axes.grid: True\n")
    assert keys(project) != before


def test_code_that_cannot_be_parsed_is_told(project):
    write(project.library / "law.py", "G = = 1\n")
    with pytest.raises(BuildError, match=r"src/flowbounds/law\.py, line 1"):
        keys(project)
