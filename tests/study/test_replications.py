"""Replications give the same numbers in one process, in several, and on a cluster."""

from __future__ import annotations

import math
import os
import sys

import pytest

from securebase.errors import InputError
from securebase.study import cluster
from securebase.study.cluster import on_cluster
from securebase.study.replications import on_cores, stream


def run_in_order(run, work, tasks):
    results = dict(run(work, tasks))
    assert sorted(results) == list(range(len(tasks)))
    return [results[i] for i in range(len(tasks))]


def test_one_and_two_workers_give_the_same_results():
    tasks = [1.0, 4.0, 9.0, 16.0, 25.0]
    assert run_in_order(on_cores(1), math.sqrt, tasks) == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert run_in_order(on_cores(2), math.sqrt, tasks) == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_two_workers_are_separate_processes_with_one_thread_each():
    assert run_in_order(on_cores(1), eval, ["__import__('os').getpid()"]) == [os.getpid()]
    work = "(__import__('os').getpid(), __import__('os').environ.get('OPENBLAS_NUM_THREADS'))"
    for pid, threads in run_in_order(on_cores(2), eval, [work, work]):
        assert pid != os.getpid()
        assert threads == "1"


def test_streams_depend_on_seed_and_key_only():
    first = stream(3, 1, 2).standard_normal(4)
    assert (stream(3, 1, 2).standard_normal(4) == first).all()
    for second in (stream(4, 1, 2), stream(3, 2, 1), stream(3, 1), stream(3, 1, 2, 0)):
        assert (second.standard_normal(4) != first).all()


def test_zero_workers_raise():
    for workers in (0, "2"):
        with pytest.raises(InputError, match=f"got {workers}"):
            on_cores(workers)


def test_without_dask_the_error_names_the_extra(monkeypatch):
    monkeypatch.setattr(cluster, "distributed", None)
    with pytest.raises(InputError, match=r"dask, which is not installed.*pip install “securebase\[cluster\]”"):  # noqa: SIM117
        with on_cluster("local"):
            pass


def test_dask_is_imported_only_by_the_cluster_module():
    # the tests above import it, so this inspects the module instead of sys.modules
    assert "distributed" not in vars(sys.modules["securebase.study.replications"])


@pytest.mark.slow
def test_a_local_cluster_of_two_workers_gives_the_same_results():
    pytest.importorskip("distributed", reason="dask is not installed: pip install “securebase[cluster]”")
    with on_cluster("local", workers=2) as run:
        assert run_in_order(run, math.sqrt, [1.0, 4.0, 9.0]) == [1.0, 2.0, 3.0]
        pids = run_in_order(run, eval, ["__import__('os').getpid()"] * 8)
    assert os.getpid() not in pids


@pytest.mark.slow
def test_a_cluster_is_reached_by_its_address_and_a_wrong_address_raises(monkeypatch):
    distributed = pytest.importorskip("distributed", reason="dask is not installed: pip install “securebase[cluster]”")
    monkeypatch.setattr(cluster, "_TIMEOUT", 2)
    with pytest.raises(InputError, match=r"tcp://127\.0\.0\.1:9: cannot reach a dask scheduler"):  # noqa: SIM117
        with on_cluster("tcp://127.0.0.1:9"):
            pass
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as local_cluster:
        with on_cluster(local_cluster.scheduler_address) as run:
            assert run_in_order(run, math.sqrt, [4.0]) == [2.0]
        monkeypatch.setattr("securebase.__version__", "9.9")
        with pytest.raises(InputError, match=r"the workers have Securebase 0\.\d+\.\d+, this machine 9\.9"):  # noqa: SIM117
            with on_cluster(local_cluster.scheduler_address):
                pass
