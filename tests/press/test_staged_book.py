"""The commands on a staged book: plain Sphinx beside Jupyter Book, and the outside links."""

import json
import subprocess
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from bookbuild import render, staged_book
from bookbuild.project import BuildError, BuildErrors


@pytest.fixture
def project(make_project):
    """A staged book without pages; its published site is whatever the test puts there."""
    project = make_project()
    (project.stage / "book").mkdir(parents=True)
    (project.stage / "book" / "index.md").write_text("# Toy\n", encoding="utf-8")
    for name in ("_config.yml", "_toc.yml"):
        (project.stage / name).write_text((project.root / name).read_text(encoding="utf-8"), encoding="utf-8")
    return project


def publish(project, folder, text):
    (project.build / folder).mkdir(exist_ok=True)
    (project.build / folder / "page.html").write_text(text, encoding="utf-8")


@pytest.fixture
def rendered(project, monkeypatch):
    """Rendering is replaced: plain Sphinx makes a page of the given text."""
    text = ["<p>One.</p>"]

    def render_text(project, engine):
        publish(project, engine.published, *text)

    monkeypatch.setattr(staged_book, "render", render_text)
    publish(project, "html", *text)
    (project.html / render.STAMP).write_text(render.fingerprint(project), encoding="utf-8")
    return text


def test_the_same_site_by_plain_sphinx(project, rendered):
    assert staged_book.plain(project).startswith("pages: 1, the same by plain Sphinx\n")


def test_another_text_by_plain_sphinx_is_told(project, rendered):
    rendered[0] = "<p>Two.</p>"
    with pytest.raises(BuildErrors, match=r"plain Sphinx: page\.html: other lines"):
        staged_book.plain(project)


def test_plain_sphinx_needs_the_site_of_the_stage(project, rendered):
    (project.stage / "book" / "index.md").write_text("# Changed\n", encoding="utf-8")
    with pytest.raises(BuildError, match="make book, then make plain"):
        staged_book.plain(project)


@pytest.fixture
def server(tmp_path):
    """Somebody else's site, on this machine: `there.html` exists."""

    class Silent(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "there.html").write_text("<p>Here.</p>", encoding="utf-8")
    handler = partial(Silent, directory=str(tmp_path / "served"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.mark.press
def test_a_lost_address_is_told_with_its_place(project, server):
    text = f"# Toy\n\n[there]({server}/there.html)\n\n[lost]({server}/lost.html)\n"
    (project.stage / "book" / "index.md").write_text(text, encoding="utf-8")
    with pytest.raises(BuildErrors) as caught:
        staged_book.links(project)
    (problem,) = caught.value.problems
    assert problem.message.startswith(f"book/index.md:5: {server}/lost.html: 404")


def line(uri="u", status="working", lineno=1, info=""):
    return json.dumps({"filename": "a.md", "lineno": lineno, "status": status, "uri": uri, "info": info})


def test_the_verdict_on_links():
    report = [line(), line(lineno=9), line("v", "redirected"), line("#here", "unchecked")]
    assert staged_book.verdict("\n".join(report)) == "outside links: 2, none broken"
    assert staged_book.verdict("") == "outside links: 0, none broken"
    for lost in ("broken", "timeout"):
        with pytest.raises(BuildErrors, match=r"a\.md:1: v: gone"):
            staged_book.verdict("\n".join([*report, line("v", lost, info="gone")]))


def test_links_need_a_staged_book(make_project):
    with pytest.raises(BuildError, match="no staged book"):
        staged_book.links(make_project())


def test_a_book_that_cannot_be_read_is_no_verdict(project, monkeypatch):
    done = subprocess.CompletedProcess([], 2, stdout="Configuration error:\nno conf\n")
    monkeypatch.setattr(staged_book.subprocess, "run", lambda *_, **__: done)
    with pytest.raises(BuildError, match=r"could not be checked:\n.*Configuration error"):
        staged_book.links(project)
