"""Times of the workbench's server and of process start. Only its own server on 127.0.0.1 is contacted.

`python -m benchmarks server` measures this part alone.
"""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import resource
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.page import Part, PerformanceTarget, table

USER_NAME, PASSWORD = "bench", "quiet herons wade"
REQUESTS, A_SECOND = 200, 20
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measurement and its target, both in `unit`."""

    label: str
    value: float
    mark: float
    unit: str
    remark: str = ""

    @property
    def text(self) -> str:
        return f"{self.value:.{2 if self.unit == 's' else 0}f} {self.unit}"

    @property
    def ratio(self) -> float:
        return self.value / self.mark


def measure_server() -> list[Measurement]:
    """Measure start-up, memory, the client page after a check-in, and the caseload under load."""
    results = [
        Measurement("`import securebase`", _processor_seconds("-c", "import securebase"), 0.4, "s"),
        Measurement("`securebase --help`", _processor_seconds("-m", "securebase", "--help"), 0.3, "s"),
    ]
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.mkdir()
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("SECUREBASE_", "DJANGO_"))}
        inside = subprocess.run(
            [sys.executable, "-m", "benchmarks.clinic"],
            env={**environment, "SECUREBASE_DATA_DIR": str(data)},
            stdout=subprocess.PIPE,
            check=True,
        )
        for name, spans in json.loads(inside.stdout).items():
            label = f"client page after a check-in, {name} hypotheses"
            remark = f"processor time, median of {spans['clients']} clients; wall clock {spans['clock_ms']:.0f} ms"
            results.append(Measurement(label, spans["processor_ms"], 50.0, "ms", remark))
        with _run_server(data, environment) as (home, process):
            results += _measure_running_server(home, process)
    return results


def _processor_seconds(*arguments: str) -> float:
    """Return the minimum over five fresh processes, with the start of the interpreter."""
    minimum = float("inf")
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        minimum = min(minimum, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return minimum


def _measure_running_server(home: str, process: int) -> list[Measurement]:
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    results = [Measurement("memory after the start", _megabytes(process), 250.0, "MB", "resident")]
    form = browser.open(home + "/sign-in/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    assert token
    fields = {"csrfmiddlewaretoken": token[1], "user_name": USER_NAME, "password": PASSWORD}
    page = browser.open(home + "/sign-in/", urllib.parse.urlencode(fields).encode()).read().decode()
    clients = re.findall(r'href="(/clients/[0-9a-f-]{36}/)"', page)
    assert len(clients) == 60, f"the caseload must show 60 clients (got {len(clients)})"
    results.append(Measurement("memory after the first page (caseload)", _megabytes(process), 250.0, "MB", "resident"))
    results.append(_time_under_load(browser, home + "/", process))
    page = browser.open(home + clients[0]).read().decode()
    for image in re.findall(r'<img class="chart" src="([^"]+)"', page):
        browser.open(home + image).read()
    results.append(
        Measurement("memory after a client page with its charts", _megabytes(process), 250.0, "MB", "resident")
    )
    return results


def _time_under_load(browser: urllib.request.OpenerDirector, address: str, process: int) -> Measurement:
    """Send 200 requests, 20 a second, and time each from the moment it was due."""
    for _ in range(5):
        browser.open(address).read()
    cookies = "; ".join(f"{c.name}={c.value}" for h in browser.handlers for c in getattr(h, "cookiejar", ()))
    start = time.perf_counter() + 0.2

    def ask(position: int) -> float:
        due_at = start + position / A_SECOND
        time.sleep(max(0.0, due_at - time.perf_counter()))
        with urllib.request.urlopen(urllib.request.Request(address, headers={"Cookie": cookies})) as answer:
            assert "Caseload" in answer.read().decode()
        return time.perf_counter() - due_at

    processor_time, (busy, total) = _process_seconds(process), _machine_ticks()
    with ThreadPoolExecutor(16) as pool:
        response_times = list(pool.map(ask, range(REQUESTS)))
    processor_time, (busy_after, total_after) = _process_seconds(process) - processor_time, _machine_ticks()
    median, tail = (1e3 * float(q) for q in np.quantile(response_times, (0.5, 0.95)))
    share = (busy_after - busy) / (total_after - total)
    remark = (
        f"median {median:.0f} ms; {1e3 * processor_time / REQUESTS:.0f} ms of processor time per request; "
        f"the machine's {os.cpu_count()} cores were {share:.0%} busy"
    )
    return Measurement(
        "caseload of 60 clients in a clinic of 10,000, 95% of requests within", tail, 100.0, "ms", remark
    )


@contextmanager
def _run_server(data: Path, environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "securebase", "serve", "--port", str(port), "--data-dir", str(data)]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            assert server.poll() is None, "the server ended"
            with suppress(OSError):
                urllib.request.urlopen(home + "/healthy/", timeout=5)
                break
            time.sleep(0.1)
        yield home, server.pid
    finally:
        server.terminate()
        server.wait(timeout=20)


def _megabytes(process: int) -> float:
    kilobytes = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert kilobytes
    return int(kilobytes[1]) / 1024


def _process_seconds(process: int) -> float:
    """Return the processor time of a process in seconds."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _machine_ticks() -> tuple[int, int]:
    """Return the ticks of all cores: busy and in total."""
    ticks = [int(n) for n in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def section(results: list[Measurement]) -> list[str]:
    """Return the lines of this part of the page."""
    return [
        "## The server and the start of a process",
        "",
        f"One server process (`securebase serve`), {REQUESTS} requests at {A_SECOND} per second from the same machine. "
        "No page lists a whole clinic, so the target for such a list (10,000 clients within 300 ms) is not measured.",
        "",
        *table(["measurement", "value", "remark"], [(m.label, m.text, m.remark) for m in results], "lrl"),
        "",
    ]


def performance_targets(results: list[Measurement]) -> list[PerformanceTarget]:
    # memory does not depend on the speed of the machine
    return [
        PerformanceTarget(m.label, f"under {m.mark:g} {m.unit}", m.text, m.ratio, timed=m.unit != "MB") for m in results
    ]


PART = Part("server", Measurement, measure_server, section, performance_targets)
