"""One page of the site in a real browser, in one mode: what it complains of, asks for and fails to show."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from bookbuild import axe

if TYPE_CHECKING:  # playwright is needed for this check alone, which is skipped where it is missing
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, Route

PROBE = resources.files("bookbuild").joinpath("page_probe.js").read_text(encoding="utf-8")
WAIT_MS = 60_000  # a page with many formulas takes a second or two; busy machines are slow
HEIGHT = 900
OWN = ("about:", "blob:", "data:")  # schemes that ask nobody for anything

Fault = tuple[str, str]  # what is wrong and what cures it


@dataclass(frozen=True)
class Mode:
    """How a page is shown."""

    scheme: str
    width: int

    def __str__(self) -> str:
        return f"{self.scheme}, {self.width} px"


NARROW = 390
WIDE = 1280
# A page is loaded once in each scheme and then resized: half of the loads, and one of them on a small screen.
VISITS = (
    (Mode("light", WIDE), Mode("light", NARROW)),
    (Mode("dark", NARROW), Mode("dark", WIDE)),
)


@contextmanager
def shown(browser: "Browser", scheme: str, address: str) -> Iterator["BrowserContext"]:
    """A fresh reader's browser with this scheme, which reaches the site at `address` and nothing else."""
    context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
    context.set_default_timeout(WAIT_MS)

    def keep_inside(route: "Route") -> None:
        if is_inside(route.request.url, address):
            route.continue_()
        else:
            route.abort()

    context.route("**/*", keep_inside)
    try:
        yield context
    finally:
        context.close()


def is_inside(url: str, address: str) -> bool:
    return url.startswith((f"{address}/", *OWN))


def faults_of(
    context: "BrowserContext", visit: Sequence[Mode], address: str, name: str
) -> list[tuple[Mode, Fault]]:
    """Load the page `name` in the first mode of the visit, and look at it in each."""
    from playwright.sync_api import Error

    page = context.new_page()
    heard: list[Fault] = []
    found: list[tuple[Mode, Fault]] = []
    listen(page, address, heard)
    try:
        for mode in visit:
            page.set_viewport_size({"width": mode.width, "height": HEIGHT})
            if mode is visit[0]:
                page.goto(f"{address}/{name}", wait_until="load")
            given = {"dark": mode.scheme == "dark", "narrow": mode.width <= NARROW}
            found += [(mode, (fault, cure)) for fault, cure in page.evaluate(PROBE, given)]
            # Axe takes seconds. What it judges follows from the scheme (colours) or from the width (what is
            # shown, what scrolls), not from their pair: two modes of four have each scheme and width.
            if mode is visit[0]:
                found += [(mode, fault) for fault in axe.faults_of(page)]
    except Error as error:
        said = error.message.splitlines()[0]
        heard.append((f"it cannot be looked at: {said}", "see what else is told of it"))
    finally:
        page.close()
    return list(dict.fromkeys([*((visit[0], fault) for fault in heard), *found]))


def listen(page: "Page", address: str, heard: list[Fault]) -> None:
    """Note what the browser says while the page is open."""

    def say(what: str, cure: str) -> None:
        heard.append((what, cure))

    def asked(url: str) -> None:
        if not is_inside(url, address):
            say(f"it asks for {url}", "serve it from the site, or leave it out")

    def said(message: "ConsoleMessage") -> None:
        # What could not be loaded is told by the request, with its address.
        if "Content Security Policy" in message.text:
            say(
                f"it breaks its policy: {message.text[:300]}",
                "keep all that it loads in book/_static",
            )
        elif message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            say(f"the console says ({message.type}): {message.text[:300]}", "correct the script")

    def failed(request: "Request") -> None:
        if is_inside(request.url, address):
            say(f"{path_of(request.url)} could not be loaded ({request.failure})", "correct the address")

    def answered(response: "Response") -> None:
        if response.status >= 400:
            say(f"{path_of(response.url)} could not be loaded ({response.status})", "correct the address")

    def path_of(url: str) -> str:
        return url.removeprefix(address)[:100]

    page.on("request", lambda request: asked(request.url))
    page.on("websocket", lambda socket: asked(socket.url))
    page.on("console", said)
    page.on("pageerror", lambda error: say(f"a script failed: {error.message[:300]}", "correct the script"))
    page.on("requestfailed", failed)
    page.on("response", answered)
