"""The commands and addresses with which a page is run again, as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from shlex import quote
from typing import Any

import yaml

from bookbuild.given_values import parse_values

SCALARS = (bool, int, float, str)


def make_book(number: str) -> str:
    return f"make book ONLY={number}"


def make_run(number: str, values: str) -> str:
    """The values as the shell hands them on; a text among them has quotes of its own."""
    return f"make run ONLY={number} SET=" + (quote(values) if set('"$`\\') & set(values) else f'"{values}"')


def by_papermill(docname: str, values: str = "") -> str:
    """The same without the press. It takes one value after -p, and other things as YAML after -y."""
    name = docname.rsplit("/", 1)[-1]
    command = [f"papermill {docname}.ipynb {name[:2]}_again.ipynb --cwd notebooks"]
    for parameter, value in parse_values(values).items():
        if isinstance(value, SCALARS):
            command.append(f"-p {parameter} {quote(str(value))}")
        else:
            command.append(f"-y {quote(as_yaml(parameter, value))}")
    return " ".join(command)


def as_yaml(parameter: str, value: object) -> str:
    text = yaml.safe_dump({parameter: listed(value)}, default_flow_style=True, width=10_000)
    return text.strip()


def listed(value: object) -> object:
    """Tuples as lists; YAML knows no other sequence."""
    return [listed(one) for one in value] if isinstance(value, tuple | list) else value


@dataclass(frozen=True)
class Launches:
    """Where a page can be run in a browser; each is empty where that is not known."""

    binder: str = ""
    colab: str = ""
    repository: str = ""


def launches(options: Mapping[str, Any], docname: str) -> Launches:
    """From the theme's own options, so that the links lead where its buttons lead."""
    repository = str(options.get("repository_url") or "").rstrip("/")
    buttons = options.get("launch_buttons") or {}
    host, _, project = repository.removeprefix("https://").partition("/")
    branch = options.get("repository_branch") or "main"
    binder, colab = (str(buttons.get(name) or "").rstrip("/") for name in ("binderhub_url", "colab_url"))
    place = {"github.com": f"gh/{project}", "gitlab.com": f"gl/{project.replace('/', '%2F')}"}.get(host)
    path = f"{docname}.ipynb"
    return Launches(
        binder=f"{binder}/v2/{place}/{branch}?urlpath=lab/tree/{path}" if binder and place else "",
        colab=f"{colab}/github/{project}/blob/{branch}/{path}" if colab and host == "github.com" else "",
        repository=repository,
    )


def colab_cell(repository: str) -> str:
    """What Colab's machine lacks; its cells know the commands behind ! and %."""
    name = repository.rsplit("/", 1)[-1]
    return f"!git clone --depth 1 {repository}\n%pip install -q ./{name}\n%cd {name}/notebooks"
