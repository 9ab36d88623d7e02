"""The two algorithms of Ge et al. (2021), for readers: greedy deflation and the modified flow."""

from flowbounds.dynamics.deflation_run import DeflationRun
from flowbounds.dynamics.epochs import modified_flow
from flowbounds.dynamics.greedy import Deflation, deflate

__all__ = ["Deflation", "DeflationRun", "deflate", "modified_flow"]
