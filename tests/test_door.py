"""The public door: its names are there, cost nothing until used, and type checkers are told the same."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from importlib import import_module, resources

import numpy as np
import pytest

import securebase

NAMES = sorted(set(securebase.__all__) - {"__version__"})


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_the_thing_in_its_room(name: str) -> None:
    module, there = securebase._DOOR[name]
    assert getattr(securebase, name) is getattr(import_module(module), there)
    assert name in dir(securebase)


def test_the_door_is_small() -> None:
    assert 12 <= len(NAMES) <= 20


def test_no_name_hides_a_room() -> None:
    """`securebase.study` must stay the room, whichever was imported first."""
    rooms = {f.name.removesuffix(".py") for f in resources.files("securebase").iterdir()}
    assert not rooms & set(NAMES)


def test_a_name_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'predict'.*simulate, fit, track"):
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


def test_everything_behind_the_door_needs_no_web_and_no_chart() -> None:
    code = "import securebase\nfor name in securebase.__all__: getattr(securebase, name)"
    loaded = _fresh(code)
    assert "securebase.study.study" in loaded
    assert not {"django", "altair", "vl_convert", "click", "jinja2"} & set(loaded)


def test_the_verbs_work_together() -> None:
    cohort = securebase.simulate("default", n=3, rng=np.random.default_rng(1), sessions=8, dropout=0.0, missing=0.0)
    own = securebase.parameter_set()
    rows = securebase.panel(cohort, own.specification.constructs)
    assert rows.n_persons == 3
    picture = securebase.client_picture(cohort.episodes[0], as_of=60.0)
    assert picture.to_json()
