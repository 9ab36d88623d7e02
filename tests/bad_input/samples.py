"""Valid arguments that several tables of calls use."""

import numpy as np

from flowbounds.models import tensor_ensembles as ensembles

RNG = np.random.default_rng(3)
U = ensembles.uniform_directions(4, 3, RNG)
W = 0.5 * U
A = np.array([0.5, 0.3])
BASIS = ensembles.uniform_directions(4, 2, RNG)
TURN = np.linalg.qr(RNG.normal(size=(4, 4)))[0]
CHAIN = {"weights[0]": np.ones((2, 3)), "weights[1]": np.ones((3, 1))}


def layered(function, names=CHAIN):
    """A function of a list of layers and more, as one of single layers under the names of its messages."""
    return lambda **given: function([given.pop(name) for name in names], **given)
