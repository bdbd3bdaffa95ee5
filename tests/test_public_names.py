"""Public names of the package: they exist, load on first use, and agree with the type stub."""

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
from each import each
from securebase.cli.fit import command
from securebase.errors import InputError
from securebase.model.specification import Trend

NAMES = sorted(set(securebase.__all__) - {"__version__"})


@each(NAMES)
def test_every_name_is_the_object_of_its_module(name: str) -> None:
    module, attribute = securebase._PUBLIC_NAMES[name]
    assert getattr(securebase, name) is getattr(import_module(module), attribute)
    assert name in dir(securebase)


def test_the_number_of_public_names_is_limited() -> None:
    assert 12 <= len(NAMES) <= 64


def test_no_public_name_hides_a_subpackage() -> None:
    """Check for example that `securebase.study` is the package, whatever was imported first."""
    packages = {f.name.removesuffix(".py") for f in resources.files("securebase").iterdir()}
    assert not packages & set(NAMES)


def test_an_unknown_name_is_refused_with_a_list_of_known_ones() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'predict'.*parameter_set, panel, track, simulate"):
        _ = securebase.predict  # type: ignore[attr-defined]


def test_the_type_stub_lists_the_same_names() -> None:
    stub = ast.parse((resources.files("securebase") / "__init__.pyi").read_text("utf-8"))
    imports = {
        alias.asname: (node.module, alias.name)
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imports == securebase._PUBLIC_NAMES
    all_names = next(n for n in stub.body if isinstance(n, ast.Assign))
    assert set(ast.literal_eval(all_names.value)) == set(securebase.__all__)


def modules_loaded_by(code: str) -> list[str]:
    """Return the modules loaded in a new process that runs this code."""
    result = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded: list[str] = json.loads(result.stdout.splitlines()[-1])
    return loaded


def test_importing_loads_no_large_package() -> None:
    loaded = modules_loaded_by("import securebase")
    assert not {"numpy", "scipy", "pandas", "django", "altair", "click"} & set(loaded)
    assert [m for m in loaded if m.startswith("securebase.")] == []


def test_public_names_except_reports_need_neither_django_nor_altair() -> None:
    code = (
        "import securebase\n"
        "for name in securebase.__all__:\n    if not name.endswith('_report'): getattr(securebase, name)"
    )
    loaded = modules_loaded_by(code)
    assert "securebase.study.study" in loaded
    assert not {"django", "altair", "vl_convert", "click", "jinja2"} & set(loaded)


def test_the_public_functions_work_together() -> None:
    cohort = securebase.simulate(
        "default", n_clients=3, rng=np.random.default_rng(1), sessions=8, dropout=0.0, missing=0.0
    )
    shelf_set = securebase.parameter_set()
    rows = securebase.panel(cohort, shelf_set.specification.constructs)
    assert rows.n_persons == 3
    picture = securebase.client_picture(cohort.episodes[0], as_of=60.0)
    assert picture.to_json()


def test_a_notebook_gets_from_a_data_frame_to_a_report_with_plain_arguments() -> None:
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


def test_the_default_specification_is_that_of_the_command_line() -> None:
    options = {o.name: o.default for o in command.params}
    cohort = securebase.simulate(
        "default", n_clients=3, rng=np.random.default_rng(1), sessions=8, dropout=0.0, missing=0.0
    )
    rows = securebase.panel(cohort)
    specification = securebase.specification_for(rows)
    assert (specification.trend, specification.start) == (options["trend"], options["start"])
    assert specification.planned_end == pytest.approx(np.quantile(rows.times[rows.starts[1:] - 1], 0.9))
    assert securebase.specification_for(rows, "apart", "free").start == "free"


def test_an_unknown_trend_or_start_is_refused_with_a_list_of_known_ones() -> None:
    assert securebase.Specification(("y",), trend="linear").trend is Trend.LINEAR
    with pytest.raises(InputError, match=r"unknown trend “lin”\. Use one of none, linear, apart, carried"):
        securebase.Specification(("y",), trend="lin")
    with pytest.raises(InputError, match=r"unknown start “fixed”\. Use one of stationary, free"):
        securebase.Specification(("y",), start="fixed")
    cohort = securebase.simulate("default", n_clients=3, rng=np.random.default_rng(1), sessions=4)
    with pytest.raises(InputError, match="unknown trend “lin”"):
        securebase.study_cohort(cohort, trend="lin")
