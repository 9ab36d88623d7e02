"""flowbounds: gradient flow in overparametrized models, its bounds, and checks of every statement.

Floors: models (what is optimised), bounds (what theorems claim), dynamics (how it moves), checks
(statement by statement). The modules are the public namespace. All quantities are dimensionless.
"""

from flowbounds.evidence import Evidence
from flowbounds.validation import HypothesisError

__all__ = ["Evidence", "HypothesisError"]
