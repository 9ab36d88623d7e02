"""`make bench`: how much faster the fast ways are. Never a test: a loaded machine would fail it."""

import os
import sys

from alternate import time
from cases import cases


def main(*, tiny: bool = False, rounds: int = 7) -> None:
    """Print one line a case: plain over fast, and how far the two results lie apart."""
    timings = [time(case, rounds=rounds) for case in cases(tiny=tiny)]
    width = max(len(one.name) for one in timings)
    print(f"{'plain time / fast time':{width}}  median   range over rounds   difference")
    for one in timings:
        spread = f"{one.lowest:.1f} to {one.highest:.1f}"
        print(f"{one.name:{width}}  {one.ratio:6.1f}   {spread:>17}   {one.difference:10.1e}")
    if hasattr(os, "getloadavg"):
        print(f"load of the machine: {os.getloadavg()[0]:.1f}; ratios are steadier on a quiet one")


if __name__ == "__main__":
    main(tiny="--tiny" in sys.argv[1:])
