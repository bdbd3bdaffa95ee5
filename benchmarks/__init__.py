"""Measurements of speed and of statistical soundness: `python -m benchmarks` writes docs/benchmarks.md."""

import os
import sys
from pathlib import Path

# one core: set before NumPy is first imported, since small products gain nothing from threads and wait for them
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# the simulator of known truths shares nothing with the package and lies beside its tests, which import it likewise
sys.path.append(str(Path(__file__).parents[1] / "tests"))
