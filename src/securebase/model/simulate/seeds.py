"""The seeds of many generators at once, equal to those that NumPy derives one by one in several times the time."""

from __future__ import annotations

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import NDArray

Words = NDArray[np.uint32]

#: constants of NumPy's SeedSequence, which NumPy keeps (NEP 19) so that seeds keep their draws
_POOL = 4
_INIT_A, _MULT_A = 0x43B0D7E5, 0x931E8875
_INIT_B, _MULT_B = 0x8B51F9DD, 0x58F38DED
_MIX_L, _MIX_R = np.uint32(0xCA01F9DD), np.uint32(0x4973F715)
_HALF = np.uint32(16)


def seed_states(root: int, position: int, n: int) -> NDArray[np.uint64]:
    """Return the states (n, 4) of `SeedSequence((root, position, i))` for i = 0 … n − 1, with 0 ≤ root < 2⁶⁴."""
    words = [root] if root < 2**32 else [root & 0xFFFFFFFF, root >> 32]
    pool = np.zeros((_POOL, n), np.uint32)
    for row, word in enumerate((*words, position)):
        pool[row] = word
    pool[len(words) + 1] = np.arange(n)

    first = _hash_constants(_INIT_A, _MULT_A, _POOL + _POOL * (_POOL - 1) + 1)
    pool = _hash(pool, first[: _POOL + 1])
    for source in range(_POOL):
        start = _POOL + source * (_POOL - 1)
        others = [row for row in range(_POOL) if row != source]
        hashed = _hash(pool[source], first[start : start + _POOL])
        pool[others] = _fold(_MIX_L * pool[others] - _MIX_R * hashed)
    states = _hash(np.vstack([pool, pool]), _hash_constants(_INIT_B, _MULT_B, 2 * _POOL + 1))
    return np.ascontiguousarray(states.T.astype("<u4")).view("<u8").astype(np.uint64)


def _hash_constants(start: int, factor: int, n: int) -> Words:
    """Return the constants (n, 1) of successive hashes."""
    constants = [start]
    while len(constants) < n:
        constants.append(constants[-1] * factor & 0xFFFFFFFF)
    return np.array(constants, np.uint32)[:, None]


def _hash(values: Words, constants: Words) -> Words:
    """Hash each row by its own constant and the next one."""
    return _fold((values ^ constants[:-1]) * constants[1:])


def _fold(values: Words) -> Words:
    return values ^ (values >> _HALF)


class SeedState(ISeedSequence):
    """A seed whose state is known already."""

    def __init__(self, state: NDArray[np.uint64]) -> None:
        self.state = state

    def generate_state(self, n_words: int, dtype: object = np.uint64) -> NDArray[np.uint64]:
        """Return the four words for which PCG64 asks."""
        return self.state
