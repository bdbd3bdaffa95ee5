"""`securebase fit`."""

import json
import os
import runpy
from pathlib import Path

import pytest

from table_files import call, write

COLUMNS = ("--person", "who", "--time", "session", "--outcome", "y", "--process", "x")


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *words: call(monkeypatch, capsys, *words)


def test_json_holds_the_estimates(run, tmp_path):
    said = run("fit", write(tmp_path), *COLUMNS, "--trend", "none", "--json")
    found = json.loads(said.out)
    assert said.code == 0
    assert found["outcome_of_fit"] in {"converged", "boundary"}
    assert found["n_persons"] == 40
    assert found["n_parameters"] == len(found["parameters"]) == 14
    assert set(found["parameters"]["drift[y,x]"]) == {"estimate", "standard_error", "lower", "upper"}
    assert found["import_report"]["file"] == "table.csv"
    assert said.err == ""


def test_the_page_states_data_ending_and_estimates(run, tmp_path):
    said = run("fit", write(tmp_path), *COLUMNS, "--trend", "linear")
    assert said.code == 0
    for part in ("rows used", "Log-likelihood", "per session", "drift[y,x]", "slope[y]"):
        assert part in said.out


def test_too_little_data_is_said_and_ends_well(run, tmp_path):
    said = run("fit", write(tmp_path, n=3, sessions=2), *COLUMNS)
    assert said.code == 0
    assert "NOT ENOUGH DATA" in said.out
    found = json.loads(run("fit", write(tmp_path, n=3, sessions=2), *COLUMNS, "--json").out)
    assert found["outcome_of_fit"] == "not_enough_data"
    assert found["log_likelihood"] is None


def test_json_goes_to_a_file(run, tmp_path):
    out = tmp_path / "fit.json"
    said = run("fit", write(tmp_path), *COLUMNS, "--out", out)
    assert "Estimates" in said.out
    assert json.loads(out.read_text())["n_persons"] == 40


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--person", "nobody", "--time", "session", "--outcome", "y"), "unknown column “nobody”"),
        (("--time", "session", "--outcome", "y"), "--person"),
        ((*COLUMNS, "--before-session", "z"), "“z” is neither the outcome nor a process"),
        ((*COLUMNS, "--before-session", "x", "--after-session", "x"), "both --before-session and --after-session"),
        ((*COLUMNS, "--map", "symptoms"), "NAME=COL"),
        ((*COLUMNS, "--out", "/nowhere/at/all.json"), "cannot write the file"),
    ],
)
def test_bad_input_ends_with_two_and_one_clear_line(run, tmp_path, words, part):
    said = run("fit", write(tmp_path), *words)
    assert said.code == 2
    assert part in said.err
    assert said.err.count("\n") == 1


def test_a_table_that_is_not_there(run, tmp_path):
    said = run("fit", tmp_path / "none.csv", *COLUMNS)
    assert said.code == 2
    assert "none.csv" in said.err


def test_a_column_may_be_read_under_another_name(run, tmp_path):
    words = ("--person", "who", "--time", "session", "--outcome", "symptoms", "--map", "symptoms=y")
    found = json.loads(run("fit", write(tmp_path), *words, "--trend", "none", "--json").out)
    assert "drift[symptoms,symptoms]" in found["parameters"]


@pytest.mark.skipif(
    "SECUREBASE_REFERENCE" not in os.environ, reason="SECUREBASE_REFERENCE is not set: no reference data"
)
@pytest.mark.parametrize(
    ("words", "least"),
    [
        ("cbt_bdi_sessions.csv --person ID --outcome BDI --trend linear --start stationary", -20614.02867),
        (
            "ctsim_p2_N200_T12.csv --person id --outcome Y1 --process Y2 --trend none --time-unit file --start free",
            -5492.16407,
        ),
    ],
)
def test_reaches_what_other_programs_reach(run, words, least):
    name, *options = words.split()
    path = Path(os.environ["SECUREBASE_REFERENCE"]) / "data" / name
    found = json.loads(run("fit", path, "--time", "time", *options, "--json").out)
    assert found["outcome_of_fit"] == "converged"
    assert found["log_likelihood"] >= least


def test_a_model_of_waves_names_its_waves(run, tmp_path):
    said = run("fit", write(tmp_path), *COLUMNS, "--model", "ri-clpm", "--equal", "lags", "--equal", "residuals")
    assert said.code == 0
    for part in (
        "with random intercepts, lags equal, residuals equal, means free",
        "lags[y,x]",
        "mean[x 2]",
        "per wave",
    ):
        assert part in said.out
    assert "drift" not in said.out


def test_json_of_a_model_of_waves(run, tmp_path):
    found = json.loads(run("fit", write(tmp_path), *COLUMNS, "--model", "var", "--json").out)
    assert found["n_parameters"] == len(found["parameters"]) == 12
    assert found["model"]["lags"] == "equal"
    assert found["model"]["start"] == "stationary"
    assert "trend" not in found["model"]
    free = json.loads(run("fit", write(tmp_path), *COLUMNS, "--model", "clpm", "--json").out)
    assert free["model"]["levels"] is False
    assert "level_covariance[y,y]" not in free["parameters"]


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--model", "var", "--trend", "none"), "--trend applies to the continuous-time model only"),
        (("--equal", "lags"), "--equal applies to discrete-time models only"),
        (("--information", "expected"), "--information applies to discrete-time models only"),
        (("--model", "var", "--equal", "lags"), "does not apply to --model var"),
        (("--model", "var", "--information", "expected"), "expected information"),
        (("--model", "clpm", "--time-unit", "week"), "number in every row"),
    ],
)
def test_options_that_do_not_belong_to_the_model_are_refused(run, tmp_path, words, part):
    said = run("fit", write(tmp_path), *COLUMNS, *words)
    assert said.code == 2
    assert part in said.err
    assert said.err.count("\n") == 1


NAMED = ("--person", "who", "--time", "session", "--outcome", "symptoms", "--process", "alliance")
AS_NAMED = ("--map", "symptoms=y", "--map", "alliance=x")


def test_too_little_data_can_be_drawn_towards_a_set_and_is_said(run, tmp_path):
    file = write(tmp_path, n=3, sessions=5)
    said = run("fit", file, *NAMED, *AS_NAMED, "--trend", "apart", "--prior", "literature")
    assert said.code == 0
    for part in ("REGULARISED", "“literature”", "from data", "test nothing"):
        assert part in said.out
    found = json.loads(run("fit", file, *NAMED, *AS_NAMED, "--prior", "literature", "--json").out)
    assert found["outcome_of_fit"] == "regularised"
    assert 0 <= found["parameters"]["drift[symptoms,alliance]"]["from_data"] < 0.5


def test_a_set_that_does_not_know_a_column_is_an_error_that_says_how_to_name_it(run, tmp_path):
    said = run("fit", write(tmp_path), *COLUMNS, "--prior", "literature")
    assert said.code == 2
    assert "says nothing of “y” and “x”" in said.err


def test_reliability_starts_and_robust_errors_are_reachable(run, tmp_path):
    file = write(tmp_path)
    words = ("fit", file, *COLUMNS, "--trend", "none")
    found = json.loads(run(*words, "--reliability", "y=.8", "--starts", "3", "--robust", "--json").out)
    assert found["diagnostics"]["standard_errors"] == "robust"
    assert any("starts" in note for note in found["diagnostics"]["notes"])
    assert any("reliability" in note for note in found["diagnostics"]["notes"])
    assert found["aic"] is None
    assert "robust SE" in run(*words, "--reliability", "y=.8", "--robust").out
    assert "COL=VALUE" in run(*words, "--reliability", "high").err
    assert "no score of this model" in run(*words, "--reliability", "z=.8").err


def test_checks_say_what_the_model_does_not_reproduce(run, tmp_path):
    file = write(tmp_path)
    said = run("fit", file, *COLUMNS, "--trend", "none", "--reliability", "y=.8", "--checks")
    assert said.code == 0
    for part in ("does not reproduce", "simulated tables", "Row-to-row spread of y", "excess kurtosis"):
        assert part in said.out
    found = json.loads(run("fit", file, *COLUMNS, "--trend", "none", "--checks", "--json").out)
    assert found["checks"]["summary"][0]
    assert len(found["checks"]["reproduced"]) > 10


FULL = (
    *("--person", "client", "--time", "session", "--outcome", "symptoms", "--process", "alliance"),
    *("--indicator", "symptoms=phq9,bdi", "--covariate", "gender", "--therapist", "therapist"),
    *("--input", "exposure", "--after-session", "exposure", "--random-slopes", "--trend", "linear"),
)
EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_full_model_of_a_table_is_found_again(run):
    """The table was drawn from `make_full_model.TRUTH`; every estimate is within three and a half errors of it."""
    said = run("fit", EXAMPLES / "full_model.csv", *FULL, "--json")
    found = json.loads(said.out)
    made = runpy.run_path(str(EXAMPLES / "make_full_model.py"))
    truth = made["TRUTH"].named(made["SPECIFICATION"])
    assert found["outcome_of_fit"] == "converged"
    assert list(found["parameters"]) == list(truth)
    off = {
        name: abs(row["estimate"] - truth[name]) / row["standard_error"] for name, row in found["parameters"].items()
    }
    assert max(off.values()) < 3.5
    told = found["parameters"]["input_effect[symptoms,exposure]"]
    assert told["upper"] < 0
    assert found["model"]["indicators"] == [["phq9", "symptoms"], ["bdi", "symptoms"], ["alliance", "alliance"]]
    assert found["model"]["covariates"] == ["gender=man"]


def test_every_part_is_named_in_words(run):
    said = run("fit", EXAMPLES / "full_model.csv", *FULL)
    for part in (
        "Model: trend linear, start stationary, own change, therapists, covariates gender=man, inputs exposure, "
        "symptoms from phq9, bdi",
        "Usual levels between therapists",
        "covariate_effect[symptoms,gender=man]",
        "loading[bdi]",
        "95% from",
    ):
        assert part in said.out


def test_a_model_of_waves_has_no_place_for_what_it_cannot_hold(run, tmp_path):
    for option in (("--random-slopes",), ("--covariate", "x"), ("--input", "x"), ("--therapist", "x")):
        said = run("fit", write(tmp_path), *COLUMNS[:-2], *option, "--model", "clpm")
        assert said.code == 2
        assert f"{option[0]} applies to the continuous-time model only" in said.err
    said = run("fit", write(tmp_path), *COLUMNS, "--indicator", "y=y,z,y")
    assert "the column is used twice" in said.err


def test_a_model_is_tested_against_its_special_case(run, tmp_path):
    file = write(tmp_path)
    words = ("fit", file, "--person", "who", "--time", "session", "--outcome", "y", "--reliability", "y=.8")
    found = json.loads(run(*words, "--trend", "linear", "--compare-with", "none", "--json").out)
    assert found["comparison"]["df"] == 1
    assert 0 <= found["comparison"]["p"] <= 1
    assert "Twice the difference" in run(*words, "--trend", "linear", "--compare-with", "none").out
    apart = run(*words, "--trend", "apart", "--compare-with", "none")
    assert apart.code == 0
    assert "means nothing in the smaller one" in apart.out
    assert "its own special case" in run(*words, "--trend", "none", "--compare-with", "none").err


def test_a_result_is_never_written_over_the_table(run, tmp_path):
    file = write(tmp_path)
    before = Path(file).read_bytes()
    for command in ("fit", "study", "track"):
        more = ("--client", "p1") if command == "track" else ()
        said = run(command, file, *COLUMNS, *more, "--out", file)
        assert "would overwrite the table" in said.err
        assert Path(file).read_bytes() == before


def test_options_without_a_use_are_refused(run, tmp_path):
    file = write(tmp_path)
    assert "--prior-strength needs --prior" in run("fit", file, *COLUMNS, "--prior-strength", "4").err
    assert "--seed needs --starts" in run("fit", file, *COLUMNS, "--seed", "4").err
    asked = ("--prior", "literature", "--compare-with", "none")
    assert "cannot be combined with --prior" in run("fit", file, *COLUMNS, *asked).err


def test_where_a_reliability_has_a_say_there_is_no_aic(run, tmp_path):
    words = ("fit", write(tmp_path), *COLUMNS, "--trend", "none")
    plain = run(*words).out
    drawn = run(*words, "--reliability", "y=.8").out
    assert "AIC " in plain
    assert "BIC " in plain
    assert "there is no AIC and no BIC" in " ".join(drawn.split())
    assert "AIC 1" not in drawn
    found = json.loads(run(*words, "--json").out)
    assert found["bic"] > found["aic"]
