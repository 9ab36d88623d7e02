"""`python -m bookbuild COMMAND`: what the Makefile's targets do, where there is no make."""

import argparse
import os
import sys
from pathlib import Path

from bookbuild import environment
from bookbuild.project import BuildError, BuildErrors, Project

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {
    "book": "execute stale pages, verify them, render the site into _build/html",
    "notebooks": "execute, then rewrite the committed pairs and the ledger",
    "run": "execute one page with other values of its parameters into _build/runs",
    "studies": "compute the records of studies that are missing or made by older code",
    "check": "lint, types and the fast tests, without pages",
    "test": "check, book, browser, and the committed notebooks under another arithmetic",
    "browser": "look at every page of _build/html in Chromium: light and dark, wide and narrow",
    "plain": "build the staged book by plain Sphinx, too, and compare it with _build/html",
    "links": "ask every outside address of the staged book whether it is there",
    "lower": "test under the oldest versions that pyproject.toml allows",
    "newest": "test under the newest versions there are",
    "pdf": "print all of _build/html into _build/flowbounds.pdf",
    "bench": "time the fast ways against the plain ones, as ratios in one run",
    "serve": "show _build/html on this machine",
    "lock": "resolve requirements.in into requirements.lock",
    "clean": "remove _build, except the environment",
}


def parser() -> argparse.ArgumentParser:
    """Options take their defaults from variables of make, as in `make book ONLY=05 JOBS=4`."""
    top = argparse.ArgumentParser(prog="bookbuild", description="The press of this book.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    of = {name: commands.add_parser(name, help=text, description=text) for name, text in COMMANDS.items()}
    for name in ("book", "notebooks"):
        of[name].add_argument("--only", metavar="NN", default=os.environ.get("ONLY") or None, help="one page")
    only = os.environ.get("ONLY") or None
    of["run"].add_argument("--only", metavar="NN", default=only, help="the page")
    of["run"].add_argument("--set", metavar="NAME=VALUE", action="append", help="repeatable")
    of["studies"].add_argument("--only", metavar="NAME", default=only, help="one study")
    for name in ("book", "notebooks", "studies", "check", "test", "browser", "lower", "newest"):
        jobs = os.environ.get("JOBS") or "2"
        of[name].add_argument("--jobs", type=positive, default=jobs, metavar="N", help="side by side (2)")
    port = os.environ.get("PORT") or "8000"
    of["serve"].add_argument("--port", type=int, default=port, help="port on 127.0.0.1 (8000)")
    of["lock"].add_argument("--upgrade", action="store_true", help="take the newest versions")
    of["clean"].add_argument("--all", action="store_true", help="the environment, too")
    return top


def positive(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not positive")
    return int(text)


def dispatch(project: Project, options: argparse.Namespace) -> str | None:
    """Run one command; imports are here so that `serve` and `clean` need no installed package."""
    match options.command:
        case "book" | "notebooks":
            from bookbuild import build

            flow = build.book if options.command == "book" else build.notebooks
            return flow(project, only=options.only, jobs=options.jobs)
        case "studies":
            from bookbuild import build, studies

            with build.one_at_a_time(project):
                return studies.compute(project, only=options.only, jobs=options.jobs)
        case "run":
            from bookbuild.run_once import run_once

            given = " ".join(options.set or [os.environ.get("SET", "")])
            return run_once(project, only=options.only, given=given)
        case "check" | "test":
            from bookbuild import verify

            command = verify.check if options.command == "check" else verify.test
            return command(project, jobs=options.jobs)
        case "plain" | "links":
            from bookbuild import staged_book

            return staged_book.plain(project) if options.command == "plain" else staged_book.links(project)
        case "lower" | "newest":
            from bookbuild.other_versions import other_versions

            return other_versions(project, options.command, jobs=options.jobs)
        case "browser":
            from bookbuild.browser import browse

            return browse(project, jobs=options.jobs)
        case "pdf":
            from bookbuild.pdf import pdf

            return pdf(project)
        case "bench":
            from bookbuild.bench import bench

            bench(project)
            return None
        case "lock":
            from bookbuild.lock import lock

            return lock(project, upgrade=options.upgrade)
        case "serve":
            from bookbuild.serve import serve

            serve(project, port=options.port)
            return None
        case _:
            from bookbuild.clean import clean

            return clean(project, everything=options.all)


def tell(problem: BuildError) -> None:
    red, plain = ("\x1b[31m", "\x1b[0m") if sys.stderr.isatty() else ("", "")
    print(f"{red}{problem.message}{plain}\n  cure: {problem.cure}", file=sys.stderr)


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    options = parser().parse_args(arguments)
    project = Project(root)
    environment.enter(project)
    try:
        said = dispatch(project, options)
    except BuildError as problem:
        tell(problem)
        return 1
    except BuildErrors as group:
        for one in group.problems:
            tell(one)
        print(f"problems: {len(group.problems)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted; finished pages are kept", file=sys.stderr)
        return 130
    if said:
        print(said)
    return 0


if __name__ == "__main__":
    sys.exit(main())
