"""Processor time, and the peak rate of floating-point operations of one core."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np


def minimum_seconds(work: Callable[[], object], repeats: int) -> float:
    """Return the minimum processor time of several runs, in seconds."""
    seconds_by_run = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        seconds_by_run.append(time.process_time() - start)
    return min(seconds_by_run)


def load_average() -> float:
    """Return the load average over one minute."""
    return os.getloadavg()[0]


def processor_name() -> str:
    """Return the name of the processor and its number of cores."""
    name = ""
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        name = names[0] if names else ""
    return f"{name or 'unnamed processor'}, {os.cpu_count()} cores"


_PRODUCTS = """
typedef double lane __attribute__((vector_size(LANES * 8)));
#define STEP(k) { lane u = A[k], v = A[6 + k]; const lane *B = b + 6*k; \\
  p0 += u*B[0]; p1 += u*B[1]; p2 += u*B[2]; p3 += u*B[3]; p4 += u*B[4]; p5 += u*B[5]; \\
  q0 += v*B[0]; q1 += v*B[1]; q2 += v*B[2]; q3 += v*B[3]; q4 += v*B[4]; q5 += v*B[5]; }
/* c += a b, repeatedly: 6x6 products of several problems side by side, two rows of c at a time in registers */
void products(const lane *restrict a, const lane *restrict b, lane *restrict c, long times) {
  for (long n = 0; n < times; n++)
    for (int i = 0; i < 6; i += 2) {
      const lane *A = a + 6*i; lane *C = c + 6*i;
      lane p0 = C[0], p1 = C[1], p2 = C[2], p3 = C[3], p4 = C[4], p5 = C[5];
      lane q0 = C[6], q1 = C[7], q2 = C[8], q3 = C[9], q4 = C[10], q5 = C[11];
      STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5)
      C[0] = p0; C[1] = p1; C[2] = p2; C[3] = p3; C[4] = p4; C[5] = p5;
      C[6] = q0; C[7] = q1; C[8] = q2; C[9] = q3; C[10] = q4; C[11] = q5;
    }
}
"""


@cache
def peak_rate() -> tuple[float, str]:
    """Return floating-point operations per second on one core, and the method of measurement.

    With a C compiler: products of four or eight 6×6 matrices side by side, the faster of the two. Without one: NumPy
    products of large matrices.
    """
    compiler = shutil.which("gcc") or shutil.which("clang")
    rates = [] if compiler is None else [(_rate_of_products(compiler, lanes), lanes) for lanes in (4, 8)]
    if rates and max(rates)[0] > 0:
        return max(rates)[0], f"products of {max(rates)[1]} 6×6 matrices side by side, compiled for this processor"
    a = np.random.default_rng(1).normal(size=(400, 400))
    return 2.0 * 400**3 / minimum_seconds(lambda: a @ a, 20), "NumPy products of 400×400 matrices, without a C compiler"


def _rate_of_products(compiler: str, lanes: int) -> float:
    """Return operations per second, 0 if the source does not compile."""
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder) / "products.c", Path(folder) / "products.so"
        source.write_text(_PRODUCTS)
        command = [
            compiler,
            f"-DLANES={lanes}",
            "-O3",
            "-march=native",
            "-shared",
            "-fPIC",
            str(source),
            "-o",
            str(library),
        ]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            return 0.0
        functions = ctypes.CDLL(str(library))
        a, b, c = (_aligned_buffer(36 * lanes) for _ in range(3))
        pointers, repeats = [ctypes.c_void_p(x.ctypes.data) for x in (a, b, c)], 50_000
        seconds_per_run = minimum_seconds(lambda: functions.products(*pointers, ctypes.c_long(repeats)), 20)
        # the sums prove that the compiler did not drop the products: each adds at most 6 times 1e-6
        assert 1e-3 < c[0] < 1e-3 + 21 * repeats * 6e-6
        return repeats * 2.0 * lanes * 6**3 / seconds_per_run


def _aligned_buffer(size: int) -> Any:
    buffer = np.zeros(size + 8)
    offset = (-buffer.ctypes.data % 64) // 8
    aligned = buffer[offset : offset + size]
    aligned[:] = 1e-3
    return aligned


def count_operations(p: int) -> int:
    """Return the minimum number of operations for one fully observed row of p constructs, forward and backward pass.

    The filter carries D = 1 + p columns: the mean and the person's own level. Forward, for each indicator
    2D + 3p + 2pD + 2p² + D + D(D + 1), and 2p³ + p²(p + 1) + 2p²D to the next row; back 2D² + 4D + 4pD + 2p² + 8p and
    4p³ + p²(p + 1) + 4p²D.
    """
    D = 1 + p
    forward = p * (2 * D + 3 * p + 2 * p * D + 2 * p**2 + D + D * (D + 1)) + 2 * p**3 + p**2 * (p + 1) + 2 * p**2 * D
    back = p * (2 * D**2 + 4 * D + 4 * p * D + 2 * p**2 + 8 * p) + 4 * p**3 + p**2 * (p + 1) + 4 * p**2 * D
    return forward + back
