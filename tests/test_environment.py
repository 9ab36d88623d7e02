"""Dependencies are written once: what is asked for, what is locked and what is installed agree."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
ADDRESS_MARKS = ("://", "--index", "--extra-index", "--find-links", "file:")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def requested(text: str) -> dict[str, Requirement]:
    """The requirements of a requirements.in by canonical name."""
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    return {canonicalize_name(one.name): one for one in map(Requirement, filter(None, lines))}


def locked(text: str) -> dict[str, list[tuple[Requirement, list[str]]]]:
    """Pinned requirements with their hashes by canonical name; one name may have a pin per Python."""
    entries: dict[str, list[tuple[Requirement, list[str]]]] = {}
    for block in re.split(r"\n(?=\S)", text.strip()):
        head, *hashes = (line.strip().removesuffix("\\").strip() for line in block.splitlines())
        one = Requirement(head)
        entries.setdefault(canonicalize_name(one.name), []).append((one, hashes))
    return entries


def declared(pyproject: str) -> dict[str, Requirement]:
    """What pyproject.toml asks for, extras included."""
    project = tomllib.loads(pyproject)["project"]
    lists = [project["dependencies"], *project.get("optional-dependencies", {}).values()]
    return {
        canonicalize_name(one.name): one for one in (Requirement(text) for some in lists for text in some)
    }


def not_locked(requirements: str, lock: str) -> list[str]:
    return sorted(set(requested(requirements)) - set(locked(lock)))


def allows(request: Requirement, pinned: str) -> bool:
    return request.specifier.contains(pinned, prereleases=True)


def outside_its_bound(requirements: str, lock: str) -> list[str]:
    """Pins that the bound in requirements.in forbids."""
    asked = requested(requirements)
    return [
        str(pin)
        for name, pins in locked(lock).items()
        for pin, _ in pins
        if name in asked and not allows(asked[name], next(iter(pin.specifier)).version)
    ]


def not_requested(pyproject: str, requirements: str) -> list[str]:
    return sorted(set(declared(pyproject)) - set(requested(requirements)))


def bounds_that_differ(pyproject: str, requirements: str) -> list[str]:
    """Names with a bound in requirements.in that is not the bound of pyproject.toml."""
    wanted = declared(pyproject)
    return sorted(
        name
        for name, one in requested(requirements).items()
        if one.specifier and name in wanted and wanted[name].specifier != one.specifier
    )


def without_hash(lock: str) -> list[str]:
    return [
        str(pin)
        for pins in locked(lock).values()
        for pin, hashes in pins
        if not hashes or not all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", one) for one in hashes)
    ]


def addresses(text: str) -> list[str]:
    return [line for line in text.splitlines() if any(mark in line for mark in ADDRESS_MARKS)]


def repeats_versions(environment: str) -> bool:
    """True unless the conda environment takes everything but Python from the lock, hashes checked."""
    dependencies = yaml.safe_load(environment)["dependencies"]
    (pip,) = (one["pip"] for one in dependencies if isinstance(one, dict))
    plain = [one for one in dependencies if isinstance(one, str)]
    return (
        pip != ["--require-hashes", "-r requirements.lock"]
        or [re.sub(r"=[\d.]+$", "", one) for one in plain] != ["python", "pip"]
        or "==" in environment
    )


def not_installed(lock: str) -> list[str]:
    """Pins for this Python and platform that are not what is installed."""
    wrong = []
    for pins in locked(lock).values():
        for pin, _ in pins:
            if pin.marker is None or pin.marker.evaluate():
                try:
                    found = version(pin.name)
                except PackageNotFoundError:
                    found = "missing"
                if found == "missing" or not allows(pin, found):
                    wrong.append(f"{pin}: {found}")
    return wrong


def test_the_project_agrees_with_itself():
    requirements, lock = text_of("requirements.in"), text_of("requirements.lock")
    pyproject, environment = text_of("pyproject.toml"), text_of("environment.yml")
    assert not_locked(requirements, lock) == []
    assert outside_its_bound(requirements, lock) == []
    assert not_requested(pyproject, requirements) == []
    assert bounds_that_differ(pyproject, requirements) == []
    assert without_hash(lock) == []
    assert not repeats_versions(environment)


def test_no_address_is_written_anywhere():
    files = [*ROOT.glob("requirements*"), ROOT / "environment.yml"]
    assert {path.name: addresses(path.read_text(encoding="utf-8")) for path in files} == {
        path.name: [] for path in files
    }


def test_what_is_installed_is_what_is_locked():
    assert not_installed(text_of("requirements.lock")) == []


HASH = "--hash=sha256:" + "0" * 64
LOCK = "".join(
    f"{pin} \\\n    {HASH}\n"
    for pin in ("numpy==2.0 ; python_full_version < '3.12'", "numpy==2.1", "scipy==1.0")
)
PYPROJECT = (
    '[project]\ndependencies = ["numpy>=2"]\n[project.optional-dependencies]\nbook = ["Jupyter_Book<2"]\n'
)
ENVIRONMENT = text_of("environment.yml")


def test_a_request_that_is_not_locked_is_seen():
    assert not_locked("numpy\nscipy  # science\n", LOCK) == []
    assert not_locked("numpy\nmatplotlib\n", LOCK) == ["matplotlib"]


def test_a_pin_outside_its_bound_is_seen():
    assert outside_its_bound("numpy<2.1\n", LOCK) == ["numpy==2.1"]


def test_a_dependency_that_is_not_requested_is_seen():
    assert not_requested(PYPROJECT, "numpy\njupyter-book\n") == []
    assert not_requested(PYPROJECT, "numpy\n") == ["jupyter-book"]


def test_a_bound_written_in_two_ways_is_seen():
    assert bounds_that_differ(PYPROJECT, "numpy\njupyter-book<2\n") == []
    assert bounds_that_differ(PYPROJECT, "numpy\njupyter-book<3\n") == ["jupyter-book"]


@pytest.mark.parametrize("entry", ["scipy==1.0", "scipy==1.0 \\\n    --hash=sha256:12"])
def test_a_pin_without_a_whole_hash_is_seen(entry):
    assert without_hash(LOCK) == []
    assert without_hash(f"numpy==2.0 \\\n    {HASH}\n{entry}\n") == ["scipy==1.0"]


@pytest.mark.parametrize(
    "line", ["--index-url x", "--find-links y", "a @ file:///b", "# from https" + "://x"]
)
def test_an_address_is_seen(line):
    assert addresses(f"numpy\n{line}\n") == [line]


@pytest.mark.parametrize(
    "change",
    [
        ("      - -r requirements.lock", "      - -r requirements.in"),
        ("      - --require-hashes\n", ""),
        ("  - pip:", "  - numpy=2.0\n  - pip:"),
        ("      - --require-hashes", "      - numpy==2.0\n      - --require-hashes"),
    ],
)
def test_a_repeated_version_is_seen(change):
    assert change[0] in ENVIRONMENT
    assert repeats_versions(ENVIRONMENT.replace(*change))


def test_another_version_than_the_locked_one_is_seen():
    here = version("packaging")
    assert not_installed(f"packaging=={here} \\\n    {HASH}\n") == []
    assert not_installed(f"packaging==0.1 \\\n    {HASH}\n") == [f"packaging==0.1: {here}"]
    assert not_installed(f"no-such-thing==1.0 \\\n    {HASH}\n") == ["no-such-thing==1.0: missing"]
    assert not_installed(f"no-such-thing==1.0 ; python_version < '3' \\\n    {HASH}\n") == []
