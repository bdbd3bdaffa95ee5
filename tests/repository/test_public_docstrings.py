"""Every name of `import securebase` is documented in full: sections, sources, and an example that runs."""

from __future__ import annotations

import ast
import dataclasses
import doctest
import inspect
import re
import shutil
import textwrap
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

import securebase
from each import each

ROOT = Path(__file__).parents[2]
NAMES = sorted(set(securebase.__all__) - {"__version__"})
#: Names without a method to cite, and why. Errors need no citation either.
NO_REFERENCES = {
    "AdministrationRecord": "holds what was recorded",
    "ClientPicture": "arranges results of `track`",
    "Cohort": "holds records",
    "Contributions": "holds the result of `contributions`",
    "DiscreteTimeFit": "holds the result of `fit_discrete_time`",
    "DiscreteTimeSpecification": "`fit_discrete_time` has the equation and sources",
    "EpisodeRecord": "holds what was recorded",
    "Fit": "holds the result of `fit`",
    "InputRecord": "holds what was recorded",
    "Instrument": "each instrument names its own source",
    "Parameters": "holds numbers; `Specification` has the equation",
    "PersonEffects": "holds the result of `estimate_person_effects`",
    "PowerPlan": "holds the settings of `power`",
    "PowerResult": "holds the result of `power`",
    "RuptureRecord": "holds what was recorded",
    "ScoreRecord": "holds what was recorded",
    "ScoringResult": "each instrument names its own source",
    "Shock": "one term of the equation of `simulate`",
    "ShrinkagePrior": "`fit` has the sources",
    "SimulatedTable": "holds the result of `simulate_table`",
    "Specification": "states its equation in full",
    "StudyResult": "holds the result of `study_cohort`",
    "TherapySessionRecord": "holds what was recorded",
    "Truth": "holds the truth of `simulate_with_truth`",
    "client_picture": "arranges results of `track`",
    "client_report": "writes a picture out",
    "contributions": "states its equation in full",
    "instrument": "each instrument names its own source",
    "panel": "arranges rows",
    "parameter_set": "each parameter names its own source",
    "power_report": "writes a result out",
    "prior_from_set": "converts units",
    "read_cohort": "reads a file",
    "read_record": "reads a file",
    "score": "each instrument names its own source",
    "simulate": "states its equation in full",
    "simulate_table": "states its equation in full",
    "simulate_with_truth": "as `simulate`",
    "specification_for": "chooses settings",
    "study_report": "writes a result out",
    "write_cohort": "writes a file",
}
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def documentation(name: str) -> str:
    return inspect.getdoc(getattr(securebase, name)) or ""


def sections(text: str) -> set[str]:
    """Return the headings of a numpy-style docstring."""
    return set(re.findall(r"^([A-Z][A-Za-z ]+)\n-{3,}$", text, flags=re.MULTILINE))


def is_error(thing: Any) -> bool:
    return inspect.isclass(thing) and issubclass(thing, Exception)


def parameters(thing: Any) -> list[str]:
    """Return what a call of it takes."""
    if dataclasses.is_dataclass(thing):
        return [field.name for field in dataclasses.fields(thing) if field.init]
    if inspect.isclass(thing) and issubclass(thing, msgspec.Struct):
        return list(thing.__struct_fields__)
    return [name for name in inspect.signature(thing).parameters if not name.startswith("_")]


def raises(thing: Any) -> bool:
    """Return whether its own source raises an error."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(thing)))
    return any(isinstance(node, ast.Raise) for node in ast.walk(tree))


def expected_sections(name: str) -> set[str]:
    thing = getattr(securebase, name)
    expected = set() if is_error(thing) and name != "SecurebaseError" else {"Examples"}
    if parameters(thing) and not is_error(thing):
        expected.add("Parameters")
    if inspect.isfunction(thing):
        if inspect.signature(thing).return_annotation not in {"None", None}:
            expected.add("Returns")
        if raises(thing):
            expected.add("Raises")
    if expected >= {"Examples"} and name not in NO_REFERENCES and not is_error(thing):
        expected.add("References")
    return expected


def documented_parameters(text: str) -> set[str]:
    """Return the names that the section Parameters lists."""
    section = re.search(r"^Parameters\n-{3,}\n(.*?)(?=^[A-Z][A-Za-z ]+\n-{3,}$|\Z)", text, re.MULTILINE | re.DOTALL)
    lines = re.findall(r"^(\S[^:\n]*?)(?: : .*)?$", section[1], flags=re.MULTILINE) if section else []
    return {name.strip().lstrip("*") for line in lines for name in line.split(",")}


@each(NAMES)
def test_the_docstring_has_its_sections(name: str) -> None:
    text = documentation(name)
    headings = sections(text)
    # a class may list its fields as Attributes
    headings |= {"Parameters"} if inspect.isclass(getattr(securebase, name)) and "Attributes" in headings else set()
    assert expected_sections(name) - headings == set()
    assert ("Examples" in headings) is (">>> " in text)


@each(NAMES)
def test_every_parameter_is_documented_and_no_other(name: str) -> None:
    thing, text = getattr(securebase, name), documentation(name)
    if "Parameters" in sections(text):
        documented, accepted = documented_parameters(text), set(parameters(thing))
        # a class need not repeat the fields of its base
        assert documented <= accepted if inspect.isclass(thing) else documented == accepted


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if ">>> " in documentation(name)])
def test_the_examples_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    thing = getattr(securebase, name)
    finder = doctest.DocTestFinder(exclude_empty=True, recurse=inspect.isclass(thing))
    tests = [test for test in finder.find(thing, name, globs={}) if test.examples]
    assert tests
    with np.printoptions(legacy=False):
        for test in tests:
            problems: list[str] = []
            doctest.DocTestRunner(optionflags=FLAGS).run(test, out=problems.append)
            assert problems == [], "".join(problems)


def test_exemptions_are_names_of_the_package() -> None:
    assert set(NO_REFERENCES) <= set(NAMES)
