"""Replications on a dask cluster: the extra `[cluster]`."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import joblib

import securebase
from securebase.errors import InputError
from securebase.study.replications import Run

distributed: Any
try:
    distributed = import_module("distributed")
except ImportError:  # the extra is not installed: `on_cluster` raises
    distributed = None

#: in place of an address: a temporary cluster of processes on this machine
LOCAL = "local"
#: seconds to wait for the scheduler and for its first worker
_TIMEOUT = 30


@contextmanager
def on_cluster(address: str, workers: int | None = None) -> Iterator[Run]:
    """Run on the cluster with the scheduler at `address` (tcp://HOST:8786), or on a temporary local one (`local`).

    workers: processes of the local cluster, by default as many as cores. Raises InputError if dask is not
    installed, the scheduler or its workers cannot be reached, or a worker has another version of Securebase, whose
    numbers could differ.
    """
    if distributed is None:
        raise InputError(
            "a cluster requires dask, which is not installed",
            advice="Install the extra: pip install “securebase[cluster]” (on every machine of the cluster).",
        )
    if address == LOCAL:
        count = workers or joblib.cpu_count()
        with _ignore_interrupts():
            cluster = distributed.LocalCluster(n_workers=count, threads_per_worker=1, dashboard_address=None)
        with cluster, distributed.Client(cluster) as client:
            yield _run(client)
        return
    try:
        client = distributed.Client(address, timeout=_TIMEOUT)
    except (OSError, ValueError) as problem:  # TimeoutError is an OSError
        raise InputError(
            f"cannot reach a dask scheduler ({problem})", where=address, advice="Use tcp://HOST:PORT, or “local”."
        ) from None
    with client:
        _check(client, address)
        yield _run(client)


@contextmanager
def _ignore_interrupts() -> Iterator[None]:
    """Make processes started meanwhile ignore Ctrl-C, which only the collecting process handles."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def _check(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_TIMEOUT)
    except TimeoutError:
        raise InputError("the cluster has no worker", where=address, advice="Start one: dask worker ADDRESS.") from None
    try:
        worker_versions = set(client.run(_version).values())
    except ImportError:
        worker_versions = {"none"}
    if worker_versions != {securebase.__version__}:
        raise InputError(
            f"the workers have Securebase {', '.join(sorted(worker_versions))}, this machine {securebase.__version__}",
            where=address,
            advice="Install the same version on every machine.",
        )


def _version() -> str:
    return securebase.__version__


def _run(client: Any) -> Run:
    def run(work: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        # pure=False: run every task, also one with the arguments of another; random numbers come from the task's seed
        futures = [client.submit(work, task, pure=False) for task in tasks]
        positions = {future.key: position for position, future in enumerate(futures)}
        try:
            for future in distributed.as_completed(futures):
                yield positions[future.key], future.result()
                future.release()
        finally:
            client.cancel(futures)

    return run
