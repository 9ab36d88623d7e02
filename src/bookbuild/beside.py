"""A command that runs beside other work, so that no core is idle, and tells its output when it is asked."""

import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

STOP_SECONDS = 20  # for a command that is no longer wanted to end its own workers


@contextmanager
def beside(
    command: list[str], folder: Path, environment: Mapping[str, str]
) -> Iterator[Callable[[], tuple[int, str]]]:
    """Run the command in the folder while the block runs; what is yielded waits for its code and its output.

    A block that fails, or that does not wait, ends the command.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )

        def wait() -> tuple[int, str]:
            code = process.wait()
            said.seek(0)
            return code, said.read()

        try:
            yield wait
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
