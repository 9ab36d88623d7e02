"""`browser`: every page of the built site in the system's own Chromium, light and dark, wide and narrow."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from bookbuild.browser_page import VISITS, Fault, Mode, faults_of, shown
from bookbuild.project import BuildError, BuildErrors, Project
from bookbuild.serve import serving
from bookbuild.site_check import documents

if TYPE_CHECKING:
    from playwright.sync_api import Browser

VARIABLE = "CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome")
# A browser of its own accord asks for updates and lists; here it may ask for nothing.
ARGUMENTS = (
    *("--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),  # root has none to use
)
CURE = f"apt-get install chromium, or set {VARIABLE} to the path of a Chromium; then make browser"


def browse(project: Project, *, required: bool = True) -> str:
    """Look at every page in every mode; the summary, or all faults raised at once.

    Without a browser this is an error if the check is `required`, and otherwise a line that says so.
    """
    missing = what_is_missing()
    if missing and required:
        raise BuildError(missing, CURE)
    if missing:
        return f"browser check skipped: {missing} ({CURE})"
    names = documents(project.html)
    if not names:
        raise BuildError("there is no site in _build/html yet", "make book")
    with serving(project.html) as address, chromium() as browser:
        problems = look(browser, address, names)
    if problems:
        raise BuildErrors(problems)
    modes = "; ".join(str(mode) for visit in VISITS for mode in visit)
    return f"browser: {len(names)} pages without fault, each as {modes}"


def find_chromium() -> str | None:
    """The browser's path: what the variable says, or the first of the usual names on the path."""
    wanted = os.environ.get(VARIABLE)
    return next((path for name in ([wanted] if wanted else NAMES) if (path := shutil.which(name))), None)


def what_is_missing() -> str | None:
    for needed in ("playwright", "axe_playwright_python"):
        if find_spec(needed) is None:
            return f"{needed} is not installed"
    if find_chromium() is None:
        return "there is no Chromium on this machine"
    return None


@contextmanager
def chromium() -> Iterator["Browser"]:
    """The system's browser without a window; none is ever downloaded."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        except Error as error:
            said = "\n".join(f"    {line}" for line in error.message.splitlines()[:8])
            raise BuildError(f"{find_chromium()} does not start:\n{said}", CURE) from None
        try:
            yield browser
        finally:
            browser.close()


def look(
    browser: "Browser", address: str, names: Sequence[str], visits: Sequence[Sequence[Mode]] = VISITS
) -> list[BuildError]:
    """All faults of these pages, each told once with the modes in which it shows."""
    seen: dict[tuple[str, Fault], list[Mode]] = {}
    for visit in visits:
        with shown(browser, visit[0].scheme, address) as context:
            for name in names:
                for mode, fault in faults_of(context, visit, address, name):
                    seen.setdefault((name, fault), []).append(mode)
    return [
        BuildError(f"{name} ({'; '.join(map(str, where))}): {what}", f"{cure}, then make book browser")
        for (name, (what, cure)), where in sorted(seen.items(), key=lambda one: names.index(one[0][0]))
    ]
