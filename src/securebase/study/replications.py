"""Replications of a simulation on all cores, with results that do not depend on the number of workers.

Every replication draws from its own random stream, derived from the seed and the identity of the replication
(`stream`), not from when or where it runs. For a cluster see `securebase.study.cluster`.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import parent_process
from typing import Any

import joblib
import numpy as np

from securebase.errors import InputError

#: (work, tasks) → (position of the task, its result), in the order in which tasks complete
Run = Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[tuple[int, Any]]]


def stream(seed: int, *key: int) -> np.random.Generator:
    """Return the generator of one replication: a child of `seed` identified by `key`; all integers at least 0."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def on_cores(workers: int | None = None) -> Run:
    """Run tasks in `workers` processes (default: all cores) of one thread each; with one worker in this process.

    Work and tasks must be picklable. Raises InputError for fewer workers than one.
    """
    if workers is not None and (not isinstance(workers, int) or workers < 1):
        raise InputError(f"workers must be at least 1 (got {workers})", advice="Leave it out to use all cores.")
    count = workers or joblib.cpu_count()

    def run(work: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        if count == 1:
            for position, task in enumerate(tasks):
                yield position, work(task)
            return
        # one thread each: small matrix products gain nothing from threads, and those of several workers would compete
        with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
            completed = joblib.Parallel(n_jobs=count, return_as="generator_unordered", batch_size=1)(
                joblib.delayed(_run_numbered)(work, position, task) for position, task in enumerate(tasks)
            )
        yield from completed

    return run


def _run_numbered(work: Callable[[Any], Any], position: int, task: Any) -> tuple[int, Any]:
    if parent_process() is not None:
        # only the collecting process handles Ctrl-C; in a worker it would merely print a traceback
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return position, work(task)
