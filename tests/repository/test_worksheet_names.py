"""No code names a worksheet: pages and reports ask for its role or its properties, and its folder holds the rest."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import securebase
from securebase.ipt.shelf import FOLDER, worksheets

SOURCE = Path(securebase.__file__).parent
IDS = frozenset(worksheets())
#: Words that are also ids of worksheets but mean something else there: file → (meaning, words).
OTHER_MEANINGS = {
    "model/theory.py": ("claims and pillars", {"problem_area", "corrective_experience"}),
    "study/edges/columns.py": ("a construct", {"corrective_experience"}),
    "model/simulate/courses.py": ("a construct", {"corrective_experience"}),
    "model/simulate/table.py": ("columns", {"corrective_experience", "problem_area"}),
    "model/web/terms.py": ("a construct", {"corrective_experience"}),
    "register/simulated.py": ("columns", {"problem_area"}),
    "register/analyses.py": ("columns", {"problem_area"}),
    "exchange/simulated_table.py": ("columns", {"corrective_experience", "problem_area"}),
    "measurement/constructs.py": ("a construct", {"corrective_experience"}),
    "measurement/consistency.py": ("problem areas", {"role_dispute", "role_transition"}),
    "records/vocabulary.py": (
        "problem areas and techniques",
        {
            *("role_dispute", "role_transition", "communication_analysis", "decision_analysis", "role_play"),
            "psychoeducation",
        },
    ),
    "ipt/worksheet.py": (
        "roles, groups, vocabularies and settings of the clinic",
        {
            *("problem_area", "relationship", "case_report", "contract", "maintenance_contract", "goal_review"),
            *("formulation", "corrective_experience", "emotional_range", "experiment", "ending_talk", "disposition"),
            *("sick_role", "onset"),
        },
    ),
    "ipt/timeline_marks.py": ("kinds of periods", {"medication"}),
    "ipt/lineage.py": ("settings of the clinic", {"sick_role", "formulation"}),
    "charts/timeline.py": ("words of a legend", {"medication"}),
    "cli/parameters.py": ("a key of the output", {"history"}),
    "workbench/inventory/urls.py": ("a page", {"relationship"}),
    "study/clinic_sets.py": ("the history of parameter sets", {"history"}),
    "workbench/clinic_set.py": ("the history of parameter sets", {"history"}),
    "workbench/inventory/actions.py": ("an action of the audit trail", {"relationship"}),
    "workbench/inventory/forms.py": ("a key of a placement", {"relationship"}),
    "workbench/demo/network.py": ("a key of a placement", {"relationship"}),
    "workbench/worksheets/forms.py": ("a vocabulary", {"problem_area"}),
    "workbench/worksheets/pages.py": ("pages and a setting", {"formulation", "history"}),
    "workbench/course/area/pages.py": ("a role", {"goal_review"}),
    "workbench/course/formulation/pages.py": ("a page", {"formulation"}),
    "workbench/course/formulation/urls.py": ("a page", {"formulation"}),
    "workbench/course/record_lines.py": ("a page", {"formulation"}),
    "workbench/course/timeline/queries.py": ("words of a list", {"onset"}),
    "workbench/course/formulation/templates/course/formulation.html": ("an anchor", {"formulation"}),
    "workbench/course/area/templates/course/area_work.html": ("a page", {"formulation"}),
    "workbench/course/relationships/templates/course/_tie.html": ("a page", {"relationship"}),
    "workbench/course/templatetags/outputs.py": ("a page", {"formulation"}),
}


def named(text: str) -> set[str]:
    """Return the worksheets that Python code names: as a string, as part of a path or template, or in an import."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            names |= {node.value, node.value.partition(".")[0] if "." in node.value and " " not in node.value else ""}
            names |= set(re.findall(r"(?:worksheets/|above_)(\w+)", node.value))
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= set(node.module.partition("ipt.worksheets.")[2].split("."))
    return names & IDS


def named_in_markup(text: str) -> set[str]:
    """Return the worksheets that a template or script names in quotes."""
    return set(re.findall(r"[\"'](\w+)[\"']", text)) & IDS


def code() -> Iterator[tuple[str, set[str]]]:
    for file in sorted(SOURCE.rglob("*")):
        path = file.relative_to(SOURCE).as_posix()
        if FOLDER in file.parents or "migrations" in file.parts or file.suffix not in {".py", ".html", ".js"}:
            continue
        text = file.read_text(encoding="utf-8")
        yield path, named(text) if file.suffix == ".py" else named_in_markup(text)


def test_the_search_sees_every_way_of_naming_a_worksheet() -> None:
    for text in ('x == "contract"', 'f("contract.goals")', 'render("worksheets/contract.html")', '"above_contract"'):
        assert named(text) == {"contract"}
    assert named("from securebase.ipt.worksheets.contract.behaviour import x") == {"contract"}
    assert named('"""Read the contract."""\ncontract = 1') == set()
    assert named_in_markup("{% url 'worksheet' client.id 'contract' %} contract") == {"contract"}


def test_no_code_names_a_worksheet() -> None:
    names = dict(code())
    assert len(names) > 400
    problems = {p: sorted(words - OTHER_MEANINGS.get(p, ("", set()))[1]) for p, words in names.items()}
    assert {path: words for path, words in problems.items() if words} == {}
    unused = {path: words - names.get(path, set()) for path, (_, words) in OTHER_MEANINGS.items()}
    assert {path: words for path, words in unused.items() if words} == {}
