"""The public door: its names are there, cost nothing until used, and type checkers are told the same."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from importlib import import_module, resources

import numpy as np
import pandas as pd
import pytest

import securebase
from securebase.cli.fit import command
from securebase.errors import InputError
from securebase.model.parameters import Trend

NAMES = sorted(set(securebase.__all__) - {"__version__"})


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_the_object_of_its_module(name: str) -> None:
    module, attribute = securebase._DOOR[name]
    assert getattr(securebase, name) is getattr(import_module(module), attribute)
    assert name in dir(securebase)


def test_the_door_is_small() -> None:
    assert 12 <= len(NAMES) <= 64


def test_no_name_hides_a_room() -> None:
    """`securebase.study` must stay the room, whichever was imported first."""
    rooms = {f.name.removesuffix(".py") for f in resources.files("securebase").iterdir()}
    assert not rooms & set(NAMES)


def test_a_name_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'predict'.*parameter_set, panel, track, simulate"):
        _ = securebase.predict  # type: ignore[attr-defined]


def test_type_checkers_are_told_the_same() -> None:
    stub = ast.parse((resources.files("securebase") / "__init__.pyi").read_text("utf-8"))
    told = {
        alias.asname: (node.module, alias.name)
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert told == securebase._DOOR
    listed = next(n for n in stub.body if isinstance(n, ast.Assign))
    assert set(ast.literal_eval(listed.value)) == set(securebase.__all__)


def _fresh(code: str) -> list[str]:
    """Modules loaded by a new process that runs this code."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded: list[str] = json.loads(done.stdout.splitlines()[-1])
    return loaded


def test_importing_costs_next_to_nothing() -> None:
    loaded = _fresh("import securebase")
    assert not {"numpy", "scipy", "pandas", "django", "altair", "click"} & set(loaded)
    assert [m for m in loaded if m.startswith("securebase.")] == []


def test_everything_behind_the_door_but_reports_needs_no_web_and_no_chart() -> None:
    code = (
        "import securebase\n"
        "for name in securebase.__all__:\n    if not name.endswith('_report'): getattr(securebase, name)"
    )
    loaded = _fresh(code)
    assert "securebase.study.study" in loaded
    assert not {"django", "altair", "vl_convert", "click", "jinja2"} & set(loaded)


def test_the_verbs_work_together() -> None:
    cohort = securebase.simulate(
        "default", n_clients=3, rng=np.random.default_rng(1), sessions=8, dropout=0.0, missing=0.0
    )
    own = securebase.parameter_set()
    rows = securebase.panel(cohort, own.specification.constructs)
    assert rows.n_persons == 3
    picture = securebase.client_picture(cohort.episodes[0], as_of=60.0)
    assert picture.to_json()


def test_a_notebook_gets_from_a_data_frame_to_a_report_with_plain_texts() -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "who": np.repeat([f"p{i}" for i in range(12)], 8),
            "session": np.tile(np.arange(1, 9), 12),
            "y": rng.normal(10, 3, size=96) + np.repeat(rng.normal(0, 2, size=12), 8),
            "x": rng.normal(5, 1, size=96),
        }
    )
    cohort = securebase.read_cohort(frame, person="who", time="session", outcome="y", processes="x")
    result = securebase.study_cohort(cohort, trend="linear", start="stationary")
    assert result.request.trend == "linear"
    assert [m.trend for m in result.models] == ["linear", "none", "random slopes"]
    assert securebase.study_report(result).startswith("<!doctype html>")


def test_a_specification_by_default_is_that_of_the_command_line() -> None:
    options = {o.name: o.default for o in command.params}
    cohort = securebase.simulate(
        "default", n_clients=3, rng=np.random.default_rng(1), sessions=8, dropout=0.0, missing=0.0
    )
    rows = securebase.panel(cohort)
    found = securebase.specification_for(rows)
    assert (found.trend, found.start) == (options["trend"], options["start"])
    assert found.planned_end == pytest.approx(np.quantile(rows.times[rows.starts[1:] - 1], 0.9))
    assert securebase.specification_for(rows, "apart", "free").start == "free"


def test_a_trend_or_start_that_is_not_known_is_refused_with_those_that_are() -> None:
    assert securebase.Specification(("y",), trend="linear").trend is Trend.LINEAR
    with pytest.raises(InputError, match=r"no trend “lin”\. Known are: none, linear, apart, carried"):
        securebase.Specification(("y",), trend="lin")
    with pytest.raises(InputError, match=r"no start “fixed”\. Known are: stationary, free"):
        securebase.Specification(("y",), start="fixed")
    cohort = securebase.simulate("default", n_clients=3, rng=np.random.default_rng(1), sessions=4)
    with pytest.raises(InputError, match="no trend “lin”"):
        securebase.study_cohort(cohort, trend="lin")
