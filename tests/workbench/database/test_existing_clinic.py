"""The data of a clinic filled by an earlier version opens with this one without loss."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
FIXTURE = HERE.parents[1] / "fixtures" / "clinic_2026_11"
EXPECTED = json.loads((FIXTURE / "expected.json").read_text(encoding="utf-8"))


def open_copy(folder: Path) -> dict[str, Any]:
    """Open a copy of the clinic in a separate process and return its report."""
    shutil.copytree(FIXTURE, folder)
    path = os.pathsep.join([str(HERE.parents[1]), *(p for p in sys.path if p)])
    environment = os.environ | {"PYTHONPATH": path, "SECUREBASE_TIME_ZONE": "Europe/Amsterdam"}
    run = subprocess.run(
        [sys.executable, str(HERE / "open_existing.py"), str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert "broken" not in run.stderr
    return dict(json.loads(run.stdout.splitlines()[-1]))


@pytest.mark.slow
def test_an_existing_clinic_opens_without_loss(tmp_path: Path) -> None:
    """Check everything in one test, because each worker would open the clinic again."""
    report = open_copy(tmp_path / "data")
    for table, content in EXPECTED["tables"].items():
        assert report["tables"][table] == content, table
    for client, work in EXPECTED["clients"].items():
        assert report["clients"][client] == work, client
    assert report["clinic"] == EXPECTED["clinic"]
    assert report["audit"]["whole"]
    assert report["audit"]["rows"] >= EXPECTED["audit"]["rows"]
    # every version of every worksheet is read unchanged
    assert report["versions"] == EXPECTED["tables"]["worksheets_artefactversion"]["rows"]
    assert report["lost"] == []
    # pages open and show the texts
    assert report["texts"] == EXPECTED["texts"]
    assert report["visited"] > 100
    assert report["refused"] == []
    assert report["unseen"] == []
    # pictures rest on the clinic's own parameter set
    assert report["parameter_set"] == EXPECTED["parameter_set"]
    assert report["pictures"] == dict.fromkeys(EXPECTED["clients"], EXPECTED["parameter_set"])
    # the earlier download can be read, and a new one lacks nothing of it
    assert report["differences"] == []
