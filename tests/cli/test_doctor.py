"""`securebase doctor` says what is there, and does not call a core well that is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from securebase.cli import doctor
from securebase.model.kernel import compiled


@pytest.fixture(autouse=True)
def no_kernel_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECUREBASE_KERNEL", raising=False)


def findings(*, code: int = 0) -> dict[str, dict[str, object]]:
    result = CliRunner().invoke(doctor.command, ["--json"])
    assert result.exit_code == code
    told = json.loads(result.output)
    assert told["passed"] is (code == 0)
    return {f["subject"]: f for f in told["checks"]}


def test_a_well_core_ends_with_zero_and_says_which_kernel_runs() -> None:
    found = findings()
    name = "compiled" if compiled.AVAILABLE else "readable"
    assert f"The {name} kernel is in use" in str(found["Kernel"]["sentence"])
    assert found["Likelihood"]["passed"] is True
    assert "numpy" in str(found["Packages"]["sentence"])


def test_the_variable_that_forces_a_kernel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECUREBASE_KERNEL", "readable")
    assert findings()["Kernel"]["sentence"] == "The readable kernel is in use: asked for by SECUREBASE_KERNEL."
    monkeypatch.setenv("SECUREBASE_KERNEL", "abacus")
    assert "abacus" in str(findings(code=1)["Kernel"]["sentence"])


def test_a_wrong_sum_is_not_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "log_likelihood", lambda *_: -1.0)
    assert findings(code=1)["Likelihood"]["passed"] is False


def test_a_missing_package_is_named_and_a_missing_extra_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "find_spec", lambda _: None)
    found = findings()
    assert found["Workbench"]["passed"] is None
    assert "Not installed" in str(found["Workbench"]["sentence"])
    monkeypatch.setattr(doctor, "CORE", ("numpy", "no-such-package"))
    assert "no-such-package" in str(findings(code=1)["Packages"]["sentence"])


def test_the_data_folder_is_told_and_not_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "clinic"
    monkeypatch.setenv("SECUREBASE_DATA_DIR", str(folder))
    assert "does not exist yet" in str(findings()["Data"]["sentence"])
    assert not folder.exists()
    folder.mkdir()
    (folder / "securebase.db").write_bytes(b"x" * 2_500_000)
    assert "a database of 2.5 MB" in str(findings()["Data"]["sentence"])
    monkeypatch.setenv("SECUREBASE_DATA_DIR", str(folder / "securebase.db"))
    assert findings(code=1)["Data"]["passed"] is False


def test_for_people_it_is_one_line_a_thing() -> None:
    result = CliRunner().invoke(doctor.command, [])
    assert result.exit_code == 0
    assert [line.split(" [", maxsplit=1)[0] for line in result.output.splitlines() if not line.startswith(" ")] == [
        "Securebase",
        "Packages",
        "Kernel",
        "Likelihood",
        "Workbench",
        "Data",
        "Chromium",
    ]
