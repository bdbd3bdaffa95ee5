"""Saved fits are read back as the same model, with any optional parts."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from oracles import small_problems
from securebase.cli.fit_json import _model
from securebase.cli.output import write_json
from securebase.errors import InputError
from securebase.model.likelihood import log_likelihood
from securebase.model.parameters import Parameters
from securebase.model.specification import Specification, Start, Trend
from securebase.schema import to_plain
from securebase.study.saved_fit import _specification, check_same, read_fit
from table_files import call

EXAMPLE = Path(__file__).parents[2] / "examples" / "full_model.csv"
TABLE = (
    *("--person", "client", "--time", "session", "--outcome", "symptoms", "--process", "alliance"),
    *("--indicator", "symptoms=phq9,bdi", "--covariate", "gender", "--therapist", "therapist"),
    *("--input", "exposure", "--asked-after", "exposure"),
)


@pytest.mark.parametrize("trend", list(Trend))
@pytest.mark.parametrize("start", list(Start))
@pytest.mark.parametrize("part", ["", *small_problems.PARTS])
def test_parameters_are_restored_from_their_names(trend: Trend, start: Start, part: str) -> None:
    specification = small_problems.specification_with(2, trend, start, part)
    parameters = small_problems.parameters(specification, np.random.default_rng(3))
    back = Parameters.from_named(parameters.named(specification), specification)
    for field in fields(Parameters):
        original, restored = getattr(parameters, field.name), getattr(back, field.name)
        assert (original is None) == (restored is None), field.name
        if original is not None:
            np.testing.assert_array_equal(restored, original, err_msg=field.name)


def test_missing_and_additional_names_raise() -> None:
    specification = small_problems.specification_with(2, Trend.LINEAR, Start.STATIONARY, "inputs")
    named = small_problems.parameters(specification, np.random.default_rng(3)).named(specification)
    with pytest.raises(InputError, match=r"parameter “input_effect\[c0,technique\]” is missing"):
        Parameters.from_named({k: v for k, v in named.items() if k != "input_effect[c0,technique]"}, specification)
    with pytest.raises(InputError, match=r"this model has no parameter “input_effect\[c0,technique\]”"):
        Parameters.from_named(named, replace(specification, inputs=()))


def test_a_saved_fit_tracks_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "fit.json"
    call(monkeypatch, capsys, "fit", EXAMPLE, *TABLE, "--trend", "linear", "--random-slopes", "--out", file)
    back, plain = read_fit(file), json.loads(file.read_text())
    assert (back.specification.time_unit, back.specification.days_per_unit) == ("session", 7.0)
    assert back.specification.random_slopes
    assert {name: e.value for name, e in back.estimates.items()} == {
        name: row["estimate"] for name, row in plain["parameters"].items()
    }
    earlier = tmp_path / "earlier.json"
    text = file.read_text().replace('"random_slopes"', '"own_change"').replace('"free_start_mean"', '"start_deviation"')
    earlier.write_text(text)
    assert "own_change" in text
    assert read_fit(earlier).specification == back.specification
    words = ("--client", "C003", "--json")
    saved = json.loads(call(monkeypatch, capsys, "track", EXAMPLE, *TABLE, *words, "--from-fit", file).out)
    anew = json.loads(
        call(monkeypatch, capsys, "track", EXAMPLE, *TABLE, *words, "--trend", "linear", "--random-slopes").out
    )
    assert saved["forecast"] == anew["forecast"]
    assert saved["levels"] == anew["levels"]
    assert saved["model"] == anew["model"]

    for words, message in (
        ((*TABLE, "--time-unit", "day"), "the fit has the unit of time session, and the table day"),
        (TABLE[:8], "the fit has the columns of scores phq9, bdi, alliance, and the table symptoms, alliance"),
        ((*TABLE, "--trend", "none"), "--trend cannot be combined with --from-fit"),
    ):
        mapping = ("--map", "symptoms=phq9") if words == TABLE[:8] else ()
        result = call(monkeypatch, capsys, "track", EXAMPLE, *words, *mapping, "--client", "C003", "--from-fit", file)
        assert result.code == 2
        assert message in result.err


@pytest.mark.parametrize("effects", [None, (), (("a", "b"), ("b", "c"))])
def test_the_effects_of_a_specification_are_stored(effects: tuple[tuple[str, str], ...] | None) -> None:
    specification = Specification(("a", "b", "c"), effects=effects)
    stored = json.dumps(to_plain(_model(SimpleNamespace(specification=specification))))
    assert _specification(json.loads(stored)) == specification
    # files of earlier versions do not have the key
    without = {key: value for key, value in json.loads(stored).items() if key != "effects"}
    assert _specification(without) == Specification(("a", "b", "c"))


def test_a_saved_fit_keeps_its_likelihood(tmp_path: Path) -> None:
    """JSON preserves floats to the last digit."""
    rng = np.random.default_rng(5)
    specification = small_problems.specification_with(2, Trend.CARRIED, Start.FREE, "all")
    parameters = small_problems.parameters(specification, rng)
    rows = small_problems.panel_for(specification, rng)
    write_json({"named": parameters.named(specification)}, tmp_path / "one.json")
    named = json.loads((tmp_path / "one.json").read_text())["named"]
    back = Parameters.from_named(named, specification)
    assert log_likelihood(rows, specification, back) == log_likelihood(rows, specification, parameters)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not a saved continuous-time fit"),
        (
            '{"model": {"waves": 4}, "parameters": {"lags[a 2,b 1]": {"estimate": 1}}}',
            "not a saved continuous-time fit",
        ),
    ],
)
def test_a_file_without_fit_raises(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "other.json"
    file.write_text(text)
    with pytest.raises(InputError, match=message):
        read_fit(file)
    with pytest.raises(InputError, match="cannot read"):
        read_fit(tmp_path / "none.json")


def test_a_table_without_the_inputs_raises() -> None:
    specification = small_problems.specification_with(2, Trend.NONE, Start.FREE, "inputs")
    rows = small_problems.panel_for(
        small_problems.specification_with(2, Trend.NONE, Start.FREE, ""), np.random.default_rng(1)
    )
    complete = replace(rows, time_unit=specification.time_unit)
    with pytest.raises(InputError, match="the fit has the inputs technique, phase, and the table none"):
        check_same(complete, specification)
