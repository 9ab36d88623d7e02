"""The surroundings in which everything of the book runs: one thread, fixed hashing, no personal settings."""

import os
from collections.abc import Iterable

from bookbuild.project import Project

# A page uses one thread so that two pages share two cores, and so that sums are added in one order.
THREAD_LIMITS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
# Variables of the caller's shell that would change what a page prints.
REMOVED = ("MPLBACKEND", "PYTHONWARNINGS", "PYTHONSTARTUP", "JUPYTER_PATH", "JUPYTER_CONFIG_PATH")
KERNEL_CONFIG = """\
# Written by the press. Each kernel would announce that it talks to its own machine unencrypted and that it
# was told to end; kernels that run side by side would share one history file. Failures are told by the press.
c.IPKernelApp.log_level = 50
c.HistoryManager.enabled = False
# Memory is written down only where the press asks for it; the user's names stay as they are.
c.InteractiveShellApp.exec_lines = [
    "__import__('bookbuild.kernel_memory').kernel_memory.write_after_cells(get_ipython())"
]
"""


def variables(project: Project) -> dict[str, str]:
    """What is set for each process of the build; every folder a tool writes to is below _build."""
    jupyter = project.build / "jupyter"
    return {
        **dict.fromkeys(THREAD_LIMITS, "1"),
        "PYTHONHASHSEED": "0",
        "PYTHONPYCACHEPREFIX": str(project.build / "pycache"),
        "IPYTHONDIR": str(jupyter / "ipython"),
        "JUPYTER_CONFIG_DIR": str(jupyter / "config"),
        "JUPYTER_DATA_DIR": str(jupyter / "data"),
        "MPLCONFIGDIR": str(project.build / "matplotlib"),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(project.build / "hypothesis"),
        # The kernel's debugger is not used; it would warn of frozen modules.
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def prepare(project: Project) -> None:
    """Write the kernels' configuration; before the workers start, so that they do not race for it."""
    profile = project.build / "jupyter" / "ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.py").write_text(KERNEL_CONFIG, encoding="utf-8")


def enter(project: Project, removed: Iterable[str] = REMOVED) -> None:
    """Put this process, and with it all its children, into those surroundings."""
    for name in removed:
        os.environ.pop(name, None)
    os.environ.update(variables(project))
