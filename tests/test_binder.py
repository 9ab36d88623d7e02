"""postBuild: on Binder the library comes from the folder, and everything else from the lock."""

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "postBuild").read_text(encoding="utf-8")
WANTED = ["--no-deps", "--no-build-isolation", "--editable", "."]


def faults(text: str) -> list[str]:
    """What would make it stop late, fetch something, or name a place."""
    first, *lines = text.splitlines()
    commands = [line for line in lines if line and not line.startswith("#")]
    installs = [line.split() for line in commands if "install" in line]
    return [
        told
        for told, wrong in {
            "no shell is named": first != "#!/usr/bin/env bash",
            "an error does not end it": commands[:1] != ["set -eu"],
            "more than one command": len(commands) != 2,
            "not the folder alone": len(installs) != 1 or [w for w in installs[0] if w in WANTED] != WANTED,
            "an address or a version": bool(re.search(r"://|==|--index|--find-links", text)),
        }.items()
        if wrong
    ]


def test_postbuild_installs_the_folder_alone():
    assert faults(TEXT) == []
    assert os.name == "nt" or os.access(ROOT / "postBuild", os.X_OK)
    # Binder reads one of these folders instead of the root, where environment.yml is.
    assert [name for name in ("binder", ".binder") if (ROOT / name).exists()] == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("#!/usr/bin/env bash", "#!python"), "no shell is named"),
        (("set -eu\n", ""), "an error does not end it"),
        ((" --no-deps", ""), "not the folder alone"),
        ((" --no-build-isolation", ""), "not the folder alone"),
        (("--editable .", "flowbounds"), "not the folder alone"),
        (("set -eu\n", "set -eu\npython -m bookbuild book\n"), "more than one command"),
        (("--quiet", "--index-url x"), "an address or a version"),
    ],
)
def test_a_planted_fault_is_seen(change, told):
    assert change[0] in TEXT
    assert told in faults(TEXT.replace(*change))
