"""A process killed while it saves check-ins loses none that it acknowledged."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

HERE = Path(__file__).parent
REPORT_SCRIPT = """
import django; django.setup()
from securebase.workbench.audit.queries import verify_chain
from securebase.workbench.check_ins.models import CheckIn
from securebase.workbench.measures.models import Administration
scope = dict(reason="a test reads all rows")
for a in Administration.objects.unscoped(**scope):
    print(a.id, a.responses.count(), a.scores.count(), a.safety_alerts.count(), a.check_in.state)
print("answered", CheckIn.objects.unscoped(**scope).filter(state="answered").count())
print("trail", verify_chain().intact)
"""


def environment(folder: Path) -> dict[str, str]:
    path = os.pathsep.join([str(HERE.parents[1]), *(p for p in sys.path if p)])
    settings = {"DJANGO_SETTINGS_MODULE": "securebase.workbench.settings"}
    return os.environ | settings | {"SECUREBASE_DATA_DIR": str(folder), "PYTHONPATH": path}


def acknowledged_until_killed(folder: Path, seed: int) -> list[str]:
    """Run the script, kill it at a random moment of a random save and return the ids that it acknowledged."""
    rng = random.Random(seed)
    with subprocess.Popen(
        [sys.executable, str(HERE / "kill_me.py")], env=environment(folder), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        began = time.monotonic()
        count = rng.randint(5, 30)
        lines = [process.stdout.readline() for _ in range(count)]
        time.sleep(rng.random() * (time.monotonic() - began) / count)  # less than a save takes
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.read().splitlines(keepends=True)
        process.wait()
    assert process.returncode == -signal.SIGKILL
    return [line.strip() for line in lines if line.endswith("\n")]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_nothing_acknowledged_is_lost(tmp_path: Path, seed: int) -> None:
    acknowledged = acknowledged_until_killed(tmp_path, seed)
    report = subprocess.run(
        [sys.executable, "-c", REPORT_SCRIPT], env=environment(tmp_path), capture_output=True, text=True, check=True
    )
    lines = report.stdout.splitlines()
    stored = dict(line.split(" ", 1) for line in lines[:-2])
    # all acknowledged check-ins are stored, and stored ones are complete: 11 answers, 6 scores, the alert, the state
    assert set(acknowledged) <= set(stored)
    assert set(stored.values()) == {"11 6 1 answered"}
    assert len(stored) <= len(acknowledged) + 1
    assert lines[-2:] == [f"answered {len(stored)}", "trail True"]
