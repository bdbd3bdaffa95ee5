"""Search the rows of the rotating questions: fourteen rows of four slots, shifted by one slot from client to client.

`python -m benchmarks.rotation_plan [SEED]` prints them as numbers of slots, in about a minute. The search is simulated
annealing with a fixed seed. No slot may wait longer than `LONGEST_GAP` rows, and every two slots should meet in one
row of at least half of the clients, who see thirteen consecutive rows in a course of 16 sessions.
"""

from __future__ import annotations

import math
import random
import sys

import numpy as np
from numpy.typing import NDArray

SLOTS = ROWS = 14
PLACES, LONGEST_GAP, STRIDE = 4, 4, 5
SEED, STEPS = 4, 60_000
#: weights of a row too long between two turns, and of a pair below half of the clients without and with missed rows
LONG_WAIT, WHOLE, SHORTER = 3.0, 5.0, 1.0

Rows = list[list[int]]
_PAIRS = np.triu_indices(SLOTS, 1)
#: client → where the slots of a pair lie in the table before the shift
_SHIFTS = [np.ix_((np.arange(SLOTS) - client) % SLOTS, (np.arange(SLOTS) - client) % SLOTS) for client in range(SLOTS)]


def excess_wait(rows: Rows) -> int:
    """Return by how many rows the gaps between two turns exceed the longest allowed, summed over the slots."""
    turns = [[number for number, row in enumerate(rows) if slot in row] for slot in range(SLOTS)]
    gaps = ((later - earlier) % ROWS or ROWS for t in turns for earlier, later in zip(t, [*t[1:], t[0]], strict=True))
    return sum(max(gap - LONGEST_GAP, 0) for gap in gaps)


def meeting_shares(rows: Rows, unseen: int) -> NDArray[np.float64]:
    """Return the share of clients (pairs,) whose rows have a pair together; they do not see the last `unseen` rows."""
    together = np.zeros((ROWS, SLOTS, SLOTS))
    for number, row in enumerate(rows):
        together[number][np.ix_(row, row)] = 1.0
    everywhere = together.sum(axis=0)
    met = np.zeros((SLOTS, SLOTS))
    for client, shift in enumerate(_SHIFTS):
        last = [(STRIDE * client - n - 1) % ROWS for n in range(unseen)]
        met += ((everywhere - together[last].sum(axis=0)) > 0)[shift]
    shares: NDArray[np.float64] = met[_PAIRS] / SLOTS
    return shares


def energy(rows: Rows) -> float:
    """Return what the search minimises."""
    whole, shorter = (np.maximum(0.5 - meeting_shares(rows, unseen), 0.0).sum() for unseen in (1, 2))
    return LONG_WAIT * excess_wait(rows) + WHOLE * float(whole) + SHORTER * float(shorter)


def begin(rng: random.Random) -> Rows:
    """Return rows in which every slot has four turns, each about as long after the one before."""
    waits = {slot: PLACES * rng.random() for slot in range(SLOTS)}
    turns, rows = dict.fromkeys(waits, 0), []
    for _ in range(ROWS):
        row = sorted(waits, key=lambda slot: (turns[slot] >= PLACES, -waits[slot] + rng.random()))[:PLACES]
        waits = {slot: 0.0 if slot in row else wait + 1.0 for slot, wait in waits.items()}
        for slot in row:
            turns[slot] += 1
        rows.append(row)
    return rows


def search(seed: int, steps: int = STEPS) -> tuple[float, Rows]:
    """Return the lowest energy of one search, with its rows."""
    rng = random.Random(seed)
    rows = begin(rng)
    current = lowest = energy(rows)
    best = [sorted(row) for row in rows]
    for step in range(steps):
        first, second = rng.sample(rows, 2)
        i, j = rng.randrange(PLACES), rng.randrange(PLACES)
        if first[i] in second or second[j] in first:
            continue
        first[i], second[j] = second[j], first[i]
        proposed = energy(rows)
        heat = 0.6 * (1.0 - step / steps) ** 2 + 0.003
        if proposed <= current or rng.random() < math.exp((current - proposed) / heat):
            current = proposed
            if current < lowest:
                lowest, best = current, [sorted(row) for row in rows]
        else:
            first[i], second[j] = second[j], first[i]
    return lowest, best


def main() -> None:
    """Print the rows of the search with this seed, or with the published one."""
    lowest, rows = search(int(sys.argv[1]) if len(sys.argv) > 1 else SEED)
    print("energy", round(lowest, 2), "excess", excess_wait(rows), "least", meeting_shares(rows, 1).min())
    print("rows", rows, flush=True)


if __name__ == "__main__":
    main()
