"""`serve`: the published site on this machine only. Needs nothing but the standard library."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bookbuild.project import BuildError, Project

POLL_SECONDS = 0.05  # how soon a server that is told to stop does so


def serve(project: Project, *, port: int) -> None:
    """Serve `_build/html` until interrupted; only this machine can reach it."""
    if not (project.html / "index.html").exists():
        raise BuildError("there is no site in _build/html yet", "make book")
    handler = partial(SimpleHTTPRequestHandler, directory=str(project.html))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise BuildError(f"port {port}: {error.strerror}", f"make serve PORT={port + 1}") from None
    with server:
        print(f"http://127.0.0.1:{server.server_port}/ (Ctrl-C ends)", flush=True)
        server.serve_forever()


class Silent(SimpleHTTPRequestHandler):
    """Says nothing of each request."""

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder at a free port while the block runs; the value is its address, without a slash."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(folder)))
    with server:
        threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
