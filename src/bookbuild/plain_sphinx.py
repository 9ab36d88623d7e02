"""A conf.py made from _config.yml: Sphinx and MyST-NB build the book without Jupyter Book.

Jupyter Book 1 reads _config.yml and then calls Sphinx; this does its reading, for the keys that the book
uses. A key that it does not know is an error, and a test compares what it makes with what Jupyter Book makes:
should Jupyter Book 1 cease to install, one word changes in `render`, and nothing on the pages.
"""

from collections.abc import Callable, Mapping
from pprint import pformat

import yaml

from bookbuild.project import BuildError, Project

CONF = "conf.py"
# Jupyter Book's own list without its PDF, comment and Thebe parts, of which the book uses none.
EXTENSIONS = (
    *("sphinx_togglebutton", "sphinx_copybutton", "myst_nb"),
    *("sphinx_external_toc", "sphinx.ext.intersphinx", "sphinx_design", "sphinx_book_theme"),
)
# What Jupyter Book sets whatever _config.yml says.
DEFAULTS: dict[str, object] = {
    "exclude_patterns": ["**.ipynb_checkpoints", ".DS_Store", "Thumbs.db", "_build"],
    "external_toc_path": "_toc.yml",
    "html_sourcelink_suffix": "",
    "html_theme": "sphinx_book_theme",
    "myst_url_schemes": ["mailto", "http", "https"],
    "numfig": True,
    "pygments_style": "sphinx",
    "suppress_warnings": ["myst.domains"],
}
# Seconds for one address, and how often a silent one is asked again: other people's servers have bad moments.
# Here, because from its command line older Sphinx takes a number for a text.
LINKS = {"linkcheck_timeout": 30, "linkcheck_retries": 2}
# Key of _config.yml: name in conf.py; below html_theme_options where there is a dot.
NAMES = {
    "title": "html_title",
    "author": "author",
    "copyright": "copyright",
    "only_build_toc_files": "external_toc_exclude_missing",
    "bibtex_bibfiles": "bibtex_bibfiles",
    "execute.execute_notebooks": "nb_execution_mode",
    "parse.myst_enable_extensions": "myst_enable_extensions",
    "html.baseurl": "html_baseurl",
    "html.home_page_in_navbar": "options.home_page_in_toc",
    "html.use_edit_page_button": "options.use_edit_page_button",
    "html.use_repository_button": "options.use_repository_button",
    "html.use_issues_button": "options.use_issues_button",
    "repository.url": "options.repository_url",
    "repository.branch": "options.repository_branch",
    "repository.path_to_book": "options.path_to_docs",
    "launch_buttons.notebook_interface": "options.launch_buttons.notebook_interface",
    "launch_buttons.binderhub_url": "options.launch_buttons.binderhub_url",
    "launch_buttons.colab_url": "options.launch_buttons.colab_url",
}
SPHINX_KEYS = frozenset({"recursive_update", "extra_extensions", "local_extensions", "config"})
HEADER = """\
# Written by the press from _config.yml; change that file.
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent / folder) for folder in {folders!r}]

"""


def write_conf(project: Project) -> None:
    """Put conf.py beside the staged _config.yml; then `sphinx-build _build/stage OUT` is all it takes."""
    config = yaml.safe_load((project.stage / "_config.yml").read_text(encoding="utf-8"))
    (project.stage / CONF).write_text(conf_text(config), encoding="utf-8")


def conf_text(config: Mapping[str, object]) -> str:
    """The text of conf.py."""
    folders = sorted(set(section(config, "sphinx", "local_extensions").values()))
    named = sorted((settings(config) | LINKS).items())
    lines = [f"{name} = {pformat(value, width=100)}\n" for name, value in named]
    return HEADER.format(folders=folders) + "".join(lines)


def settings(config: Mapping[str, object]) -> dict[str, object]:
    """The variables of conf.py for the given _config.yml."""
    sphinx = section(config, "sphinx")
    given = flat({key: value for key, value in config.items() if key != "sphinx"}, lambda key: key in NAMES)
    if unknown := sorted({*given} - {*NAMES} | {f"sphinx.{key}" for key in {*sphinx} - SPHINX_KEYS}):
        raise BuildError(
            f"_config.yml: plain Sphinx would not know what is meant by {', '.join(unknown)}",
            "add the key to bookbuild/plain_sphinx.py, or set Sphinx's own name below sphinx.config",
        )
    made = {**DEFAULTS, "extensions": extensions(config), "html_theme_options": {}}
    for key, value in given.items():
        *above, name = NAMES[key].replace("options.", "html_theme_options.", 1).split(".")
        place = made
        for step in above:
            place = place.setdefault(step, {})
        place[name] = value
    own = section(config, "sphinx", "config")
    return merged(made, own) if sphinx.get("recursive_update") else {**made, **own}


def extensions(config: Mapping[str, object]) -> list[str]:
    """All of them in the order in which Jupyter Book loads them."""
    sphinx = section(config, "sphinx")
    bibtex = ["sphinxcontrib.bibtex"] if "bibtex_bibfiles" in config else []
    return [
        *EXTENSIONS,
        *(sphinx.get("extra_extensions") or []),
        *section(config, "sphinx", "local_extensions"),
        *bibtex,
    ]


def section(config: Mapping[str, object], *path: str) -> dict:
    """A part of the configuration; empty where it is absent or has nothing in it."""
    for name in path:
        config = config.get(name) or {}
    return dict(config)


def flat(tree: Mapping, known: Callable[[str], bool], above: str = "") -> dict[str, object]:
    """Values by dotted key; a mapping that is itself a known key stays whole."""
    result = {}
    for name, value in tree.items():
        key = f"{above}{name}"
        if isinstance(value, Mapping) and not known(key):
            result |= flat(value, known, f"{key}.")
        else:
            result[key] = value
    return result


def merged(first: Mapping, second: Mapping) -> dict:
    """Both, mappings within mappings included; `second` wins."""
    result = dict(first)
    for name, value in second.items():
        both = isinstance(value, Mapping) and isinstance(result.get(name), Mapping)
        result[name] = merged(result[name], value) if both else value
    return result
