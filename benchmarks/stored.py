"""Many replications that may be cut off: each is written down when it ends, and read back the next time."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import securebase
from securebase.study.replications import on_cores

#: not in the repository; what lies there is only believed for the very same work
FOLDER = Path(__file__).parents[1] / "build" / "benchmarks"

Found = dict[str, Any]


def replications(
    name: str, work: Callable[[int], Found], times: int, *, depends_on: str, workers: int | None = None
) -> list[Found]:
    """What `work(0)` to `work(times - 1)` find, in order. `depends_on`: what is asked; where it, or a line of the
    product’s own source, has changed, what was written down is not read. `workers`: all cores, less where the variable
    SECUREBASE_BENCH_WORKERS says so."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / f"{name}-{zlib.crc32(depends_on.encode(), source()):08x}.jsonl"
    done: dict[int, Found] = {}
    if file.exists():
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.endswith("}"):  # a cut can leave half a line
                read = json.loads(line)
                done[read["replication"]] = read["found"]
    left = [i for i in range(times) if i not in done]
    workers = workers or int(os.environ.get("SECUREBASE_BENCH_WORKERS", "0")) or None
    with file.open("a", encoding="utf-8") as out:
        for position, found in on_cores(workers)(partial(_called, work), left):
            done[left[position]] = found
            out.write(json.dumps({"replication": left[position], "found": found}) + "\n")
            out.flush()
    return [done[i] for i in range(times)]


@cache
def source() -> int:
    """A fingerprint of everything that could alter a result."""
    found = 0
    for path in sorted(Path(securebase.__file__).parent.rglob("*")):
        if path.suffix in (".py", ".c", ".h", ".toml") and "workbench" not in path.parts:
            found = zlib.crc32(path.read_bytes(), found)
    return found


def _called(work: Callable[[int], Found], i: int) -> Found:
    return work(i)


def plainly(values: Mapping[str, Any]) -> str:
    """Values in one text, to see whether they are the same."""
    return json.dumps(values, default=lambda v: v.tolist() if hasattr(v, "tolist") else repr(v), sort_keys=True)
