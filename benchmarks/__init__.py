"""Measurements of speed and of statistical soundness: `python -m benchmarks` writes docs/benchmarks.md."""

import os

# one core: set before NumPy is first imported, since small products gain nothing from threads and wait for them
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
