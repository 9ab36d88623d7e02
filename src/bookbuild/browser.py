"""`browser`: every page of the built site in the system's own Chromium, light and dark, wide and narrow."""

import multiprocessing
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from bookbuild.browser_page import VISITS, Fault, Mode, faults_of, shown
from bookbuild.execute import start_worker
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


def browse(project: Project, *, required: bool = True, jobs: int = 1) -> str:
    """Look at every page in every mode; the summary, or all faults raised at once.

    `jobs` browsers share the pages. Without a browser this is an error if the check is `required`, and
    otherwise a line that says so.
    """
    missing = what_is_missing()
    if missing and required:
        raise BuildError(missing, CURE)
    if missing:
        return f"browser check skipped: {missing} ({CURE})"
    names = documents(project.html)
    if not names:
        raise BuildError("there is no site in _build/html yet", "make book")
    with serving(project.html) as address:
        problems = look_side_by_side(project, address, names, jobs)
    if problems:
        raise BuildErrors(problems)
    modes = "; ".join(str(mode) for visit in VISITS for mode in visit)
    return f"browser: {len(names)} pages without fault, each as {modes}"


def look_side_by_side(project: Project, address: str, names: Sequence[str], jobs: int) -> list[BuildError]:
    """All faults in the order of the pages, whichever browser found them."""
    shares = dealt(project.html, names, jobs)
    pool = ProcessPoolExecutor(
        max_workers=len(shares),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=start_worker,
        initargs=(project,),
    )
    try:
        looks = [pool.submit(look_alone, address, share) for share in shares]
        found = {name: problems for one in as_completed(looks) for name, problems in one.result().items()}
    except BaseException:
        # The pool would wait for the other browsers, which have minutes to go.
        for worker in multiprocessing.active_children():
            worker.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return [problem for name in names for problem in found[name]]


def dealt(html: Path, names: Sequence[str], jobs: int) -> list[list[str]]:
    """The pages in at most `jobs` shares of about the same size, which is what looking at them costs.

    The longest first, each to the share that is the smallest so far.
    """
    sizes = {name: (html / name).stat().st_size for name in names}
    shares: list[list[str]] = [[] for _ in range(min(jobs, len(names)))]
    for name in sorted(names, key=lambda one: -sizes[one]):
        min(shares, key=lambda share: sum(sizes[one] for one in share)).append(name)
    return shares


def look_alone(address: str, names: Sequence[str]) -> dict[str, list[BuildError]]:
    """The faults of each of these pages, in a browser of this process alone."""
    with chromium() as browser:
        return look(browser, address, names)


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
) -> dict[str, list[BuildError]]:
    """The faults of each of these pages, each told once with the modes in which it shows."""
    seen: dict[str, dict[Fault, list[Mode]]] = {name: {} for name in names}
    for visit in visits:
        with shown(browser, visit[0].scheme, address) as context:
            for name in names:
                for mode, fault in faults_of(context, visit, address, name):
                    seen[name].setdefault(fault, []).append(mode)
    return {
        name: [
            BuildError(f"{name} ({'; '.join(map(str, where))}): {what}", f"{cure}, then make book browser")
            for (what, cure), where in faults.items()
        ]
        for name, faults in seen.items()
    }
