"""The integrated flows, under one name: ``from flowbounds.dynamics.flow import linear_flow``."""

from flowbounds.dynamics.linear_flow import LinearTrajectory, linear_flow
from flowbounds.dynamics.solve import IntegrationError
from flowbounds.dynamics.tensor_flow import TensorTrajectory, tensor_flow

__all__ = ["IntegrationError", "LinearTrajectory", "TensorTrajectory", "linear_flow", "tensor_flow"]
