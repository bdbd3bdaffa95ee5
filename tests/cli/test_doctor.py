"""`securebase doctor` reports the installation and fails if a check fails."""

from __future__ import annotations

import json
import re
import tomllib
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
    document = json.loads(result.output)
    assert document["passed"] is (code == 0)
    return {f["subject"]: f for f in document["checks"]}


def test_a_working_installation_passes_and_names_the_kernel() -> None:
    output = findings()
    name = "compiled" if compiled.AVAILABLE else "readable"
    assert f"The {name} kernel is in use" in str(output["Kernel"]["sentence"])
    assert output["Likelihood"]["passed"] is True
    assert "numpy" in str(output["Packages"]["sentence"])


def test_the_variable_that_forces_a_kernel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECUREBASE_KERNEL", "readable")
    assert findings()["Kernel"]["sentence"] == "The readable kernel is in use: asked for by SECUREBASE_KERNEL."
    monkeypatch.setenv("SECUREBASE_KERNEL", "abacus")
    assert "abacus" in str(findings(code=1)["Kernel"]["sentence"])


def test_a_wrong_likelihood_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "log_likelihood", lambda *_: -1.0)
    assert findings(code=1)["Likelihood"]["passed"] is False


def test_every_required_package_is_checked() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.split(r"[<>=]", requirement)[0] for requirement in project["dependencies"]]
    assert sorted(doctor.CORE) == sorted(names)


def test_a_missing_package_fails_but_a_missing_extra_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "find_spec", lambda _: None)
    output = findings()
    assert output["Workbench"]["passed"] is None
    assert "Not installed" in str(output["Workbench"]["sentence"])
    monkeypatch.setattr(doctor, "CORE", ("numpy", "no-such-package"))
    assert "no-such-package" in str(findings(code=1)["Packages"]["sentence"])


def test_the_data_directory_is_reported_but_not_created(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "clinic"
    monkeypatch.setenv("SECUREBASE_DATA_DIR", str(folder))
    assert "does not exist yet" in str(findings()["Data"]["sentence"])
    assert not folder.exists()
    folder.mkdir()
    (folder / "securebase.db").write_bytes(b"x" * 2_500_000)
    assert "a database of 2.5 MB" in str(findings()["Data"]["sentence"])
    monkeypatch.setenv("SECUREBASE_DATA_DIR", str(folder / "securebase.db"))
    assert findings(code=1)["Data"]["passed"] is False


def test_text_output_has_one_line_per_check() -> None:
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
