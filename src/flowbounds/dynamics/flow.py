"""The flows of the book, under one name: ``from flowbounds.dynamics.flow import tensor_flow``."""

from flowbounds.dynamics.solve import IntegrationError
from flowbounds.dynamics.tensor_flow import TensorTrajectory, tensor_flow

__all__ = ["IntegrationError", "TensorTrajectory", "tensor_flow"]
