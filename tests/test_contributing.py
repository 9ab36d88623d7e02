"""CONTRIBUTING.md's walk "Add a statement", followed to the letter on a copy of the project."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_notebook, new_output

from bookbuild import evidence, ledger, statements
from bookbuild.notebook_text import read_text
from bookbuild.project import Page, Project

ROOT = Path(__file__).resolve().parents[1]
SECTION = "## Add a statement"
STATEMENT, MODULE = "ge2021.monotone", "ge2021_monotone"
FENCE = re.compile(r"^(`{3,})(\w+)\n(.*?)^\1$", re.M | re.S)
MARK = re.compile(r'(?:# |<!-- )(?P<file>[\w./]+)(?:, (?P<side>above|below) "(?P<line>.*)")?(?: -->)?\n')


@dataclass(frozen=True)
class Block:
    """Text that goes into a file: a new one, or beside the one line of it that begins with `line`."""

    file: str
    side: str | None
    line: str | None
    text: str


def read_walk(contributing: str) -> tuple[list[Block], list[str]]:
    """The blocks of the section in order, and the commands of its shell blocks."""
    blocks, commands = [], []
    for _, language, body in FENCE.findall(contributing.split(SECTION)[1]):
        if language == "shell":
            commands += body.splitlines()
            continue
        mark = MARK.match(body)
        assert mark, f"a block does not say where it goes: {body[:60]!r}"
        blocks.append(Block(mark["file"], mark["side"], mark["line"], body[mark.end() :]))
    return blocks, commands


def put(block: Block, root: Path) -> None:
    path = root / block.file
    if block.side is None:
        assert not path.exists(), f"{block.file} exists already"
        path.write_text(block.text, encoding="utf-8")
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    places = [number for number, line in enumerate(lines) if line.startswith(block.line)]
    assert len(places) == 1, f"{block.file} has {len(places)} lines that begin with {block.line!r}"
    lines.insert(places[0] + (block.side == "below"), block.text)
    path.write_text("".join(lines), encoding="utf-8")


def executed(page: Page, published: dict) -> nbformat.NotebookNode:
    """The two new cells of the owner page, with the output that the check has published."""
    cells = read_text(page).cells
    (stated,) = (one for one in cells if f"{{statement}} {STATEMENT}" in one.source)
    (called,) = (one for one in cells if one.cell_type == "code" and MODULE in one.source)
    assert cells.index(stated) < cells.index(called)
    data = {evidence.MIME: published, "text/plain": "a table"}
    called.outputs = [new_output("execute_result", data=data, execution_count=1)]
    return new_notebook(cells=[stated, called])


@pytest.fixture(scope="module")
def walk() -> tuple[list[Block], list[str]]:
    return read_walk((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))


@pytest.mark.press
def test_the_walk_leads_to_a_settled_statement(walk, tmp_path):
    blocks, commands = walk
    if any((ROOT / block.file).exists() for block in blocks if block.side is None):
        pytest.skip("the walk has been followed in this very tree")
    root = tmp_path / "project"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns("_build", ".*", "__pycache__"))
    assert [len(block.text) > 0 for block in blocks] == [True] * 4  # an entry, a check, a block, a test
    for block in blocks:
        put(block, root)
    variables = {**os.environ, "PYTHONPATH": str(root / "src"), "PYTHONDONTWRITEBYTECODE": "1"}

    def run(*arguments: str) -> str:
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=root, env=variables, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    pythons = [shlex.split(command)[1:] for command in commands if command.startswith("python ")]
    check, test = pythons
    assert check == ["-m", "flowbounds", "check", STATEMENT]
    published = json.loads(run(*check, "--json"))
    assert "1 passed" not in run(*test, "-q", "-p", "no:cacheprovider")  # it has more than one test
    run("-m", "ruff", "check", "--no-cache", *(block.file for block in blocks if block.file.endswith(".py")))

    project = Project(root)
    known = statements.load(project)
    (page,) = project.select("01")
    notebook = executed(page, published)
    assert evidence.violations({page: notebook}, known) == []
    before, after = ledger.read(project.ledger), ledger.collect({page: notebook})
    assert after[STATEMENT]["status"] == "holds"
    assert [one.message for one in ledger.changes(before, {**before, **after})] == [
        f"book/ledger.json does not have {STATEMENT}, which a page settles"  # until make notebooks
    ]


def test_the_commands_exist(walk):
    from bookbuild.__main__ import COMMANDS

    _, commands = walk
    made = [command.split()[1] for command in commands if command.startswith("make ")]
    assert made == ["notebooks", "test"]
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`make (\w+)", text)) <= set(COMMANDS)


def test_a_walk_that_leads_nowhere_is_seen(tmp_path):
    (tmp_path / "a.txt").write_text("one\ntwo\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="0 lines that begin with 'three'"):
        put(Block("a.txt", "above", "three", "x\n"), tmp_path)
    with pytest.raises(AssertionError, match=r"a\.txt exists already"):
        put(Block("a.txt", None, None, "x\n"), tmp_path)
    put(Block("a.txt", "above", "two", "x\n"), tmp_path)
    put(Block("a.txt", "below", "two", "y\n"), tmp_path)
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "one\nx\ntwo\ny\n"
    with pytest.raises(AssertionError, match="does not say where it goes"):
        read_walk(f"{SECTION}\n\n```python\nx = 1\n```\n")
