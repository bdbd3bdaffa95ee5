"""`securebase instruments check` and `securebase worksheets check`: one line a problem, exit code 2."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from securebase.cli.main import cli

PHQ2 = (resources.files("securebase.measurement") / "instruments" / "phq2.toml").read_text("utf-8")
INCIDENT = (resources.files("securebase.ipt") / "worksheets" / "incident" / "worksheet.toml").read_text("utf-8")


def check(shelf: str, tmp_path: Path, files: dict[str, str]) -> Result:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return CliRunner().invoke(cli, [shelf, "check", *(str(tmp_path / name) for name in files)])


def test_files_of_the_shelf_are_valid(tmp_path: Path) -> None:
    result = check("instruments", tmp_path, {"phq2.toml": PHQ2})
    assert (result.exit_code, result.stdout) == (0, "phq2.toml: valid.\n")
    result = check("worksheets", tmp_path, {"incident.toml": INCIDENT})
    assert (result.exit_code, result.stdout) == (0, "incident.toml: valid.\n")


def test_a_typed_error_names_file_key_and_value(tmp_path: Path) -> None:
    result = check("instruments", tmp_path, {"phq2.toml": PHQ2.replace('method = "sum"', 'method = "product"')})
    assert result.exit_code == 2
    assert result.stderr == "phq2.toml, scales[1].method: unknown method “product”. Known: sum, mean.\n"


def test_worked_examples_are_run(tmp_path: Path) -> None:
    wrong = PHQ2.replace("scores = { total = 3 }", "scores = { total = 4 }")
    assert wrong != PHQ2
    result = check("instruments", tmp_path, {"phq2.toml": wrong, "other.toml": PHQ2})
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert any("scores.total: the responses give 3 (stated: 4)." in line for line in lines)
    assert "other.toml, id: must be the name of the file (got “phq2”)." in lines


def test_a_response_that_an_example_must_not_have_is_found(tmp_path: Path) -> None:
    result = check("instruments", tmp_path, {"phq2.toml": PHQ2.replace("{ 1 = 2, 2 = 1 }", "{ 1 = 9, 2 = 1 }")})
    assert result.exit_code == 2
    assert result.stderr.startswith("phq2.toml, examples[1].responses: phq2, item 1: response 9 is not allowed.")


def test_a_claim_that_a_scale_names_is_of_the_theory(tmp_path: Path) -> None:
    result = check("instruments", tmp_path, {"phq2.toml": PHQ2.replace('claims = ["S3"]', 'claims = ["S3", "S9999"]')})
    assert result.exit_code == 2
    assert result.stderr == "phq2.toml, scales[1].claims: unknown key “S9999”.\n"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('id = "incident"', 'id = "Incident"', "id: must be lower-case letters, digits and _ (got 'Incident')"),
        ("sources = [", 'sources = ["HEARSAY", ', "sources: unknown key “HEARSAY”"),
        ("claims = [", 'claims = ["S999", ', "claims: unknown key “S999”"),
    ],
)
def test_a_worksheet_is_checked_with_what_it_names(old: str, new: str, message: str, tmp_path: Path) -> None:
    assert old in INCIDENT
    result = check("worksheets", tmp_path, {"incident.toml": INCIDENT.replace(old, new, 1)})
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_folder_is_checked_with_its_behaviour(tmp_path: Path) -> None:
    folder = tmp_path / "incident"
    folder.mkdir()
    (folder / "worksheet.toml").write_text(INCIDENT, encoding="utf-8")
    for path in (folder, folder / "worksheet.toml"):
        result = CliRunner().invoke(cli, ["worksheets", "check", str(path)])
        assert (result.exit_code, result.stderr) == (0, "")
    (folder / "behaviour.py").write_text("", encoding="utf-8")
    result = CliRunner().invoke(cli, ["worksheets", "check", str(folder)])
    assert result.exit_code == 2
    assert "incident/behaviour.py: must define BEHAVIOUR, a Behaviour" in result.stderr
    (folder / "behaviour.py").write_text("import no_such_module", encoding="utf-8")
    result = CliRunner().invoke(cli, ["worksheets", "check", str(folder)])
    assert result.exit_code == 2
    problem = "cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'."
    assert result.stderr == f"incident/behaviour.py: {problem}\n"


def test_check_needs_files() -> None:
    result = CliRunner().invoke(cli, ["instruments", "check"])
    assert result.exit_code == 2
    assert "check needs at least one file" in result.stderr
    result = CliRunner().invoke(cli, ["instruments", "phq9", __file__])
    assert result.exit_code == 2
    assert "files are accepted only after check (got “phq9”" in result.stderr


def test_the_worksheets_are_listed() -> None:
    result = CliRunner().invoke(cli, ["worksheets"])
    assert result.exit_code == 0
    assert "incident" in result.stdout
