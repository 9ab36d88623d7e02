"""`serve`: the published site on this machine only. Needs nothing but the standard library."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from bookbuild.project import BuildError, Project


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
