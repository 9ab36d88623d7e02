"""The floors: who may import whom, and what the science core may need."""

import ast
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
FLOORS = ("models", "bounds", "dynamics", "checks")  # a room imports from its own floor or below
ROOMS = {"studies": "checks"}  # rooms that stand on a floor of another name
GROUND = {"validation", "evidence", "evidence_table", "__init__"}  # below every floor
ROOF = {"__main__"}  # above every floor
ALLOWED = {"numpy", "scipy"}
EXTRA = {
    "figures": {"matplotlib", "cycler", "PIL"},  # PIL writes matplotlib's PNGs
    "figure_artists": {"matplotlib"},
    "figure_data": {"matplotlib"},
    "figure_rules": {"matplotlib"},
    "dynamics.sweep": {"joblib"},
}
LONGEST = 250


def imports(tree):
    """Dotted names of everything imported, at any depth of the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def floor(module):
    """Height of ``flowbounds.<module>``; the ground is 0, the roof above all."""
    room = module.split(".")[0]
    if room in ROOF:
        return len(FLOORS) + 1
    room = ROOMS.get(room, room)
    return FLOORS.index(room) + 1 if room in FLOORS else 0


def violations(module, text):
    """What ``flowbounds.<module>`` imports that it may not."""
    found = []
    for name in imports(ast.parse(text)):
        top, _, rest = name.partition(".")
        if top == "flowbounds":
            if floor(rest) > floor(module):
                found.append(f"{module} imports {name}: an arrow up")
        elif name.startswith("."):
            found.append(f"{module} imports {name}: write the full name")
        elif top == "bookbuild" or (
            top not in sys.stdlib_module_names and top not in ALLOWED | EXTRA.get(module, set())
        ):
            found.append(f"{module} imports {name}: not part of the science core")
    return found


def modules():
    for path in sorted((SOURCE / "flowbounds").rglob("*.py")):
        yield ".".join(path.relative_to(SOURCE / "flowbounds").with_suffix("").parts), path


@pytest.mark.parametrize(("module", "path"), list(modules()), ids=[name for name, _ in modules()])
def test_arrows_point_down_and_the_core_is_numpy_and_scipy(module, path):
    assert violations(module, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("models.tensor", "from flowbounds.dynamics import flow"),
        ("models.tensor", "import flowbounds.checks.registry"),
        ("dynamics.flow", "def f():\n    from flowbounds.checks import registry"),
        ("validation", "from flowbounds.models import tensor"),
        ("checks.a", "import flowbounds.__main__"),
        ("dynamics.sweep", "from flowbounds.studies import all_studies"),
        ("models.tensor", "from . import tensor_fit"),
        ("models.tensor", "import matplotlib"),
        ("models.tensor", "import yaml"),
        ("checks.a", "import IPython.display"),
        ("dynamics.flow", "import joblib"),
        ("figures", "import pandas"),
        ("models.tensor", "from bookbuild import project"),
    ],
)
def test_planted_arrows_are_seen(module, text):
    assert violations(module, text)


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: path.stem)
def test_rooms_are_small(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST
    assert path.stem not in {"utils", "helpers", "common"}
