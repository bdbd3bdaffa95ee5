"""`securebase fit`."""

import json
import os
import runpy
from pathlib import Path

import numpy as np
import pytest

from table_files import call, write

COLUMNS = ("--person", "who", "--time", "session", "--outcome", "y", "--process", "x")


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *words: call(monkeypatch, capsys, *words)


def test_json_holds_the_estimates(run, tmp_path):
    result = run("fit", write(tmp_path), *COLUMNS, "--trend", "none", "--json")
    output = json.loads(result.out)
    assert result.code == 0
    assert output["outcome_of_fit"] in {"converged", "boundary"}
    assert output["n_persons"] == 40
    assert output["n_parameters"] == len(output["parameters"]) == 14
    assert set(output["parameters"]["drift[y,x]"]) == {"estimate", "standard_error", "lower", "upper"}
    assert output["import_report"]["file"] == "table.csv"
    assert result.err == ""


def test_text_output_has_data_outcome_and_estimates(run, tmp_path):
    result = run("fit", write(tmp_path), *COLUMNS, "--trend", "linear")
    assert result.code == 0
    for part in ("rows used", "Log-likelihood", "per session", "drift[y,x]", "slope[y]"):
        assert part in result.out


def test_too_little_data_is_refused_with_exit_code_2(run, tmp_path):
    file, out = write(tmp_path, n=3, sessions=2), tmp_path / "fit.json"
    result = run("fit", file, *COLUMNS, "--out", out)
    assert (result.code, result.out, result.err.count("\n"), out.exists()) == (2, "", 1, False)
    assert "table.csv: “y” has three scores or more for 0 persons" in result.err
    as_json = run("fit", file, *COLUMNS, "--json")
    output = json.loads(as_json.out)
    assert (as_json.code, as_json.err) == (2, result.err)
    assert output["outcome_of_fit"] == "not_enough_data"
    assert output["log_likelihood"] is None


def test_a_fit_that_does_not_end_regularly_has_exit_code_3_and_no_numbers(run, tmp_path):
    """Each person's x alternates between two values: the likelihood has no maximum."""
    rng, out = np.random.default_rng(4), tmp_path / "fit.json"
    rows = [f"p{i},{t},{rng.normal():.4f},{(1 + i / 30) * (-1) ** t:.6f}" for i in range(30) for t in range(8)]
    file = tmp_path / "alternating.csv"
    file.write_text("\n".join(["who,session,y,x", *rows]))
    words = ("fit", file, *COLUMNS, "--trend", "carried", "--json", "--out", out)
    result = run(*words)
    assert (result.code, result.err.count("\n"), out.exists()) == (3, 1, False)
    assert "alternating.csv: not converged. The likelihood has no maximum" in result.err
    output = json.loads(result.out)
    assert (output["parameters"], output["log_likelihood"], output["aic"]) == ({}, None, None)
    assert output["outcome_of_fit"] == "not_converged"


def test_an_unstable_drift_is_the_first_thing_a_fit_says(run, tmp_path):
    rng = np.random.default_rng(2)
    file = tmp_path / "growing.csv"
    lines = ["who,session,y"]
    for person in range(60):
        state = rng.normal()
        for t in range(10):
            lines.append(f"p{person},{t},{state + 0.3 * rng.normal():.4f}")
            state = 1.15 * state + 0.4 * rng.normal()
    file.write_text("\n".join(lines))
    words = ("fit", file, *COLUMNS[:-2], "--trend", "none", "--start", "free")
    result = run(*words)
    assert result.code == 0
    first, sentence = result.out.split("\n")[1:3]
    assert first == "Unstable"
    assert sentence.startswith("  Unstable drift: its eigenvalues are 0.1")
    output = json.loads(run(*words, "--json").out)
    assert next(iter(output)) == "instability"
    assert output["instability"].startswith("Unstable drift")
    assert output["outcome_of_fit"] in ("converged", "boundary")


def test_json_goes_to_a_file(run, tmp_path):
    out = tmp_path / "fit.json"
    result = run("fit", write(tmp_path), *COLUMNS, "--out", out)
    assert "Estimates" in result.out
    assert json.loads(out.read_text())["n_persons"] == 40


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--person", "nobody", "--time", "session", "--outcome", "y"), "unknown column “nobody”"),
        (("--time", "session", "--outcome", "y"), "--person"),
        ((*COLUMNS, "--asked-before", "z"), "“z” is neither the outcome nor a process"),
        ((*COLUMNS, "--asked-before", "x", "--asked-after", "x"), "both --asked-before and --asked-after"),
        ((*COLUMNS, "--map", "symptoms"), "NAME=COL"),
        ((*COLUMNS, "--out", "/nowhere/at/all.json"), "cannot write the file"),
    ],
)
def test_bad_input_ends_with_two_and_one_clear_line(run, tmp_path, words, part):
    result = run("fit", write(tmp_path), *words)
    assert result.code == 2
    assert part in result.err
    assert result.err.count("\n") == 1


def test_a_missing_table_is_refused(run, tmp_path):
    result = run("fit", tmp_path / "none.csv", *COLUMNS)
    assert result.code == 2
    assert "none.csv" in result.err


def test_a_column_may_be_read_under_another_name(run, tmp_path):
    words = ("--person", "who", "--time", "session", "--outcome", "symptoms", "--map", "symptoms=y")
    output = json.loads(run("fit", write(tmp_path), *words, "--trend", "none", "--json").out)
    assert "drift[symptoms,symptoms]" in output["parameters"]


@pytest.mark.skipif(
    "SECUREBASE_REFERENCE" not in os.environ, reason="SECUREBASE_REFERENCE is not set: no reference data"
)
@pytest.mark.parametrize(
    ("words", "minimum"),
    [
        ("cbt_bdi_sessions.csv --person ID --outcome BDI --trend linear --start stationary", -20614.02867),
        (
            "ctsim_p2_N200_T12.csv --person id --outcome Y1 --process Y2 --trend none --time-unit file --start free",
            -5492.16407,
        ),
    ],
)
def test_estimates_agree_with_those_of_other_programs(run, words, minimum):
    name, *options = words.split()
    path = Path(os.environ["SECUREBASE_REFERENCE"]) / "data" / name
    output = json.loads(run("fit", path, "--time", "time", *options, "--json").out)
    assert output["outcome_of_fit"] == "converged"
    assert output["log_likelihood"] >= minimum


def test_a_discrete_time_model_names_its_waves(run, tmp_path):
    result = run("fit", write(tmp_path), *COLUMNS, "--model", "ri-clpm", "--equal", "lags", "--equal", "residuals")
    assert result.code == 0
    for part in (
        "with random intercepts, lags equal, residuals equal, means free",
        "lags[y,x]",
        "mean[x 2]",
        "per wave",
    ):
        assert part in result.out
    assert "drift" not in result.out


def test_json_of_a_discrete_time_model(run, tmp_path):
    output = json.loads(run("fit", write(tmp_path), *COLUMNS, "--model", "var", "--json").out)
    assert output["n_parameters"] == len(output["parameters"]) == 12
    assert output["model"]["lags"] == "equal"
    assert output["model"]["start"] == "stationary"
    assert "trend" not in output["model"]
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
def test_options_of_another_model_are_refused(run, tmp_path, words, part):
    result = run("fit", write(tmp_path), *COLUMNS, *words)
    assert result.code == 2
    assert part in result.err
    assert result.err.count("\n") == 1


NAMED = ("--person", "who", "--time", "session", "--outcome", "symptoms", "--process", "alliance")
AS_NAMED = ("--map", "symptoms=y", "--map", "alliance=x")


def test_too_little_data_can_be_fitted_with_a_prior(run, tmp_path):
    file = write(tmp_path, n=3, sessions=5)
    result = run("fit", file, *NAMED, *AS_NAMED, "--trend", "apart", "--prior", "literature")
    assert result.code == 0
    for part in ("REGULARISED", "“literature”", "from data", "do not test hypotheses"):
        assert part in " ".join(result.out.split())
    output = json.loads(run("fit", file, *NAMED, *AS_NAMED, "--prior", "literature", "--json").out)
    assert output["outcome_of_fit"] == "regularised"
    assert 0 <= output["parameters"]["drift[symptoms,alliance]"]["from_data"] < 0.5


def test_a_prior_without_the_columns_is_refused_with_advice(run, tmp_path):
    result = run("fit", write(tmp_path), *COLUMNS, "--prior", "literature")
    assert result.code == 2
    assert "has no values for “y” and “x”" in result.err


def test_reliability_starts_and_robust_errors_are_options(run, tmp_path):
    file = write(tmp_path)
    words = ("fit", file, *COLUMNS, "--trend", "none")
    output = json.loads(run(*words, "--reliability", "y=.8", "--starts", "3", "--robust", "--json").out)
    assert output["diagnostics"]["standard_errors"] == "robust"
    assert any("starts" in note for note in output["diagnostics"]["notes"])
    assert any("reliability" in note for note in output["diagnostics"]["notes"])
    assert output["aic"] is None
    assert "robust SE" in run(*words, "--reliability", "y=.8", "--robust").out
    assert "COL=VALUE" in run(*words, "--reliability", "high").err
    assert "not a score of this model" in run(*words, "--reliability", "z=.8").err


def test_checks_are_printed(run, tmp_path):
    file = write(tmp_path)
    result = run("fit", file, *COLUMNS, "--trend", "none", "--reliability", "y=.8", "--checks")
    assert result.code == 0
    for part in ("does not reproduce", "simulated tables", "Row-to-row SD of y", "excess kurtosis"):
        assert part in result.out
    output = json.loads(run("fit", file, *COLUMNS, "--trend", "none", "--checks", "--json").out)
    assert output["checks"]["summary"][0]
    assert len(output["checks"]["predictive"]) > 10


FULL = (
    *("--person", "client", "--time", "session", "--outcome", "symptoms", "--process", "alliance"),
    *("--indicator", "symptoms=phq9,bdi", "--covariate", "gender", "--therapist", "therapist"),
    *("--input", "exposure", "--asked-after", "exposure", "--random-slopes", "--trend", "linear"),
)
EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_full_model_recovers_the_true_effects(run):
    """Estimates from a table simulated with `make_full_model.TRUTH` lie within 3.5 standard errors of it."""
    result = run("fit", EXAMPLES / "full_model.csv", *FULL, "--json")
    output = json.loads(result.out)
    script = runpy.run_path(str(EXAMPLES / "make_full_model.py"))
    truth = script["TRUTH"].named(script["SPECIFICATION"])
    assert output["outcome_of_fit"] == "converged"
    assert list(output["parameters"]) == list(truth)
    z_values = {
        name: abs(row["estimate"] - truth[name]) / row["standard_error"] for name, row in output["parameters"].items()
    }
    assert max(z_values.values()) < 3.5
    document = output["parameters"]["input_effect[symptoms,exposure]"]
    assert document["upper"] < 0
    assert output["model"]["indicators"] == [["phq9", "symptoms"], ["bdi", "symptoms"], ["alliance", "alliance"]]
    assert output["model"]["covariates"] == ["gender=man"]


def test_every_component_of_the_model_has_a_heading(run):
    result = run("fit", EXAMPLES / "full_model.csv", *FULL)
    for part in (
        "Model: trend linear, start stationary, random slopes, therapists, covariates gender=man, inputs exposure, "
        "symptoms from phq9, bdi",
        "Long-run means between therapists",
        "covariate_effect[symptoms,gender=man]",
        "loading[bdi]",
        "95% from",
    ):
        assert part in result.out


def test_discrete_time_models_refuse_continuous_time_options(run, tmp_path):
    for option in (("--random-slopes",), ("--covariate", "x"), ("--input", "x"), ("--therapist", "x")):
        result = run("fit", write(tmp_path), *COLUMNS[:-2], *option, "--model", "clpm")
        assert result.code == 2
        assert f"{option[0]} applies to the continuous-time model only" in result.err
    result = run("fit", write(tmp_path), *COLUMNS, "--indicator", "y=y,z,y")
    assert "the column is used twice" in result.err


def test_a_model_is_compared_with_a_nested_model(run, tmp_path):
    file = write(tmp_path)
    words = ("fit", file, "--person", "who", "--time", "session", "--outcome", "y", "--reliability", "y=.8")
    output = json.loads(run(*words, "--trend", "linear", "--compare-with", "none", "--json").out)
    assert output["comparison"]["df"] == 1
    assert 0 <= output["comparison"]["p"] <= 1
    assert "Likelihood-ratio statistic" in run(*words, "--trend", "linear", "--compare-with", "none").out
    apart = run(*words, "--trend", "apart", "--compare-with", "none")
    assert apart.code == 0
    assert "undefined in the smaller one" in apart.out
    assert "no nested model to compare" in run(*words, "--trend", "none", "--compare-with", "none").err


def test_out_never_overwrites_the_table(run, tmp_path):
    file = write(tmp_path)
    before = Path(file).read_bytes()
    for command in ("fit", "study", "track"):
        client_options = ("--client", "p1") if command == "track" else ()
        result = run(command, file, *COLUMNS, *client_options, "--out", file)
        assert "would overwrite the table" in result.err
        assert Path(file).read_bytes() == before


def test_options_without_effect_are_refused(run, tmp_path):
    file = write(tmp_path)
    assert "--prior-strength needs --prior" in run("fit", file, *COLUMNS, "--prior-strength", "4").err
    assert "--seed needs --starts" in run("fit", file, *COLUMNS, "--seed", "4").err
    options = ("--prior", "literature", "--compare-with", "none")
    assert "cannot be combined with --prior" in run("fit", file, *COLUMNS, *options).err


def test_with_a_reliability_prior_there_is_no_aic(run, tmp_path):
    words = ("fit", write(tmp_path), *COLUMNS, "--trend", "none")
    plain = run(*words).out
    output_with_prior = run(*words, "--reliability", "y=.8").out
    assert "AIC " in plain
    assert "BIC " in plain
    assert "AIC and BIC are not given" in " ".join(output_with_prior.split())
    assert "AIC 1" not in output_with_prior
    output = json.loads(run(*words, "--json").out)
    assert output["bic"] > output["aic"]
