"""Many replications of a simulation over all cores, with the same numbers whatever the number of workers.

Randomness never depends on who computes: every replication draws from a stream of its own, made from the seed and
from what the replication is (`stream`), not from when or where it runs. A cluster is in `securebase.study.cluster`.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import parent_process
from typing import Any

import joblib
import numpy as np

from securebase.errors import InputError

#: (work, tasks) → (position of the task, what work made of it), in whatever order tasks end
Run = Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[tuple[int, Any]]]


def stream(seed: int, *key: int) -> np.random.Generator:
    """The random numbers of one replication: a child of `seed` (at least 0) named by whole numbers (at least 0)."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def on_cores(workers: int | None = None) -> Run:
    """Work in so many processes (default: all cores), each with one thread. With one worker, in this process.

    Work and tasks have to be picklable. Raises InputError for fewer workers than one.
    """
    if workers is not None and workers < 1:
        raise InputError(f"{workers} workers cannot do anything", advice="Give 1 or more, or leave it out.")
    count = workers or joblib.cpu_count()

    def run(work: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        if count == 1:
            for position, task in enumerate(tasks):
                yield position, work(task)
            return
        # one thread each: small products gain nothing from threads and would wait for each other's
        with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
            ended = joblib.Parallel(n_jobs=count, return_as="generator_unordered", batch_size=1)(
                joblib.delayed(_numbered)(work, position, task) for position, task in enumerate(tasks)
            )
        yield from ended

    return run


def _numbered(work: Callable[[Any], Any], position: int, task: Any) -> tuple[int, Any]:
    if parent_process() is not None:
        # Ctrl-C is for the process that gathers; a worker that it hits too would only print its own trace
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return position, work(task)
