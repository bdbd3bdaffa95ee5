"""Replications that survive an interruption: each result is stored at once and read back by the next run."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import grimp

import securebase
from securebase.study.replications import on_cores

#: not in the repository; a stored result is used only for the same work and source
FOLDER = Path(__file__).parents[1] / "build" / "benchmarks"

Result = dict[str, Any]


def replications(
    name: str,
    work: Callable[[int], Result],
    times: int,
    *,
    depends_on: str,
    modules: Sequence[str] = (),
    workers: int | None = None,
) -> list[Result]:
    """Return the results of `work(0)` to `work(times - 1)` in order.

    Stored results are ignored once `depends_on` has changed, or the source of `modules` and of all that they import; by
    default, the source of the whole package. `workers` defaults to all cores or to the environment variable
    SECUREBASE_BENCH_WORKERS.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    checksum = source_of(tuple(modules)) if modules else source()
    file = FOLDER / f"{name}-{zlib.crc32(depends_on.encode(), checksum):08x}.jsonl"
    results: dict[int, Result] = {}
    if file.exists():
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.endswith("}"):  # an interruption can leave half a line
                entry = json.loads(line)
                results[entry["replication"]] = entry["result"]
    remaining = [i for i in range(times) if i not in results]
    workers = workers or int(os.environ.get("SECUREBASE_BENCH_WORKERS", "0")) or None
    with file.open("a", encoding="utf-8") as stream:
        for position, result in on_cores(workers)(partial(_call, work), remaining):
            results[remaining[position]] = result
            stream.write(json.dumps({"replication": remaining[position], "result": result}) + "\n")
            stream.flush()
    return [results[i] for i in range(times)]


@cache
def source() -> int:
    """Return a checksum of all source and data that can alter a result."""
    checksum = 0
    for path in sorted(Path(securebase.__file__).parent.rglob("*")):
        if path.suffix in (".py", ".c", ".h", ".toml") and "workbench" not in path.parts:
            checksum = zlib.crc32(path.read_bytes(), checksum)
    return checksum


@cache
def source_of(modules: tuple[str, ...]) -> int:
    """Return a checksum of the source of modules and of everything that they import, compiled kernels included."""
    checksum = 0
    for name in sorted(imported_by(modules)):
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"no source of {name}")
        kernels = sorted(Path(spec.origin).parent.glob("*.[ch]")) if name.endswith(".compiled") else []
        for file in (Path(spec.origin), *kernels):
            checksum = zlib.crc32(file.read_bytes(), checksum)
    return checksum


def imported_by(modules: tuple[str, ...]) -> frozenset[str]:
    """Return these modules and all that they import, directly or not."""
    graph = _imports()
    return frozenset(modules).union(*(graph.find_upstream_modules(module) for module in modules))


@cache
def _imports() -> grimp.ImportGraph:
    """Return which module imports which, in the package, the simulator of truths, and the benchmarks."""
    return grimp.build_graph("securebase", "truths", "benchmarks", cache_dir=None)


def _call(work: Callable[[int], Result], i: int) -> Result:
    return work(i)


def as_text(values: Mapping[str, Any]) -> str:
    """Return values as one text that is equal only for equal values."""
    return json.dumps(values, default=lambda v: v.tolist() if hasattr(v, "tolist") else repr(v), sort_keys=True)
