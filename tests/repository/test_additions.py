"""One more instrument, mechanism, estimator or chart is one file, and one line where the recipe says so.

Each is added to a copy of the package in a temporary folder, which one process imports and uses.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

INSTRUMENT = """
id = "two_moods"
name = "Two moods"
about = "Two questions."
respondent = "client"
moment = "before"
window = "this week"
item_labels = ["interest", "mood"]

[licence]
status = "free"

[codes]
system = "urn:securebase:instrument"
panel = "two_moods"

[response]
minimum = 0
maximum = 3

[[scales]]
id = "total"
label = "Two moods"
construct = "symptoms"
items = [1, 2]
method = "sum"
missing = "incomplete"
minimum = 0
maximum = 6
direction = "worse"
claims = ["S3"]

[[provenance]]
fact = "item labels"
source = "our own short names"
verified = true

[[examples]]
responses = { 1 = 2, 2 = 1 }
scores = { total = 3 }
"""
MECHANISM = '''
"""More support than usual tends to precede better interpersonal skills."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="social_support",
    to_construct="interpersonal_skills",
    claims=("S83",),
    prior=Prior(mean=0.01, sd=0.05, basis="invented"),
    grade=Grade.UNVERIFIED,
    pillar=Pillar.SOCIAL,
    about="invented",
)
'''
ESTIMATOR = '''
"""The leading estimator once more, under another name."""

from securebase.study.estimator import LagEstimator
from securebase.study.estimators import successive_sessions

ESTIMATOR = LagEstimator("once_more", "once more", "The same pairs again.", successive_sessions.estimate)
'''
CHART = '''
"""The sessions that took place, as a bar."""

import altair as alt

from securebase.charts.client_chart import PAGE_WIDTH, ClientChart
from securebase.charts.style import PHONE_WIDTH, apply_theme, layer, table
from securebase.charts.tokens import ACCENT


def text_alternative(picture):
    return "Sessions", f"{picture.header.sessions_held} sessions took place."


def sessions_chart(picture, *, width=PAGE_WIDTH):
    bar = table([{"held": picture.header.sessions_held}]).mark_bar(color=ACCENT).encode(x="held:Q")
    label, description = text_alternative(picture)
    return apply_theme(layer(bar, width=width, height=40), label=label, description=description)


CLIENT_CHART = ClientChart(
    "sessions_held",
    sessions_chart,
    text_alternative,
    (PAGE_WIDTH, PHONE_WIDTH),
    lambda _: ((PAGE_WIDTH, 40), (PHONE_WIDTH, 40)),
    lambda picture: not picture.header.sessions_held,
    title="Sessions held",
)
'''
#: file added → its content
FILES = {
    "measurement/instruments/two_moods.toml": INSTRUMENT,
    "model/mechanisms/support_to_skills.py": MECHANISM,
    "study/estimators/once_more.py": ESTIMATOR,
    "charts/sessions_held.py": CHART,
}
#: file with a list → the line added, and the one before which it stands
LINES = {
    "model/mechanisms/__init__.py": ('    "support_to_skills",\n', '    "alliance_to_symptoms",\n'),
    "study/estimators/__init__.py": ('    "once_more",\n', '    "adjacent_sessions",\n'),
    "workbench/progress/drawings.py": ('    "sessions_held",\n', '    "symptoms",\n'),
}
USE = """
import json, sys
import django
django.setup()
from click.testing import CliRunner
import pictures, securebase
from securebase.cli.main import cli
from securebase.measurement.scoring import score
from securebase.model.equations import stationary_covariance
from securebase.model.parameter_set import parameter_set
from securebase.model.standardised import standardised_effects
from securebase.reports.study_report import study_report
from securebase.workbench.measures.forms import AnswersForm
from securebase.workbench.progress.drawings import chart_slots, draw_chart

def run(*arguments):
    return json.loads(CliRunner().invoke(cli, [*arguments, "--json"], catch_exceptions=False).output)

added = securebase.instrument("two_moods")
form = AnswersForm({"submission": "1", "item_1": "2", "item_2": "1"}, instrument=added)
valid = form.is_valid()
ends = ["social_support", "interpersonal_skills"]
literature = parameter_set()
parameters, names = literature.parameters, literature.specification.constructs
effects = standardised_effects(parameters.drift, stationary_covariance(parameters.drift, parameters.diffusion))
cohort = securebase.read_cohort(sys.argv[1], person="client", time="session", outcome="phq9", processes="alliance")
study = securebase.study_cohort(cohort, trend="none")
full = pictures.full()
print(json.dumps({
    "file": securebase.__file__,
    "instruments": [entry["id"] for entry in run("instruments")],
    "scored": run("score", "two_moods", "--responses", "1=2,2=1")["scores"]["total"]["value"],
    "form": [valid, [q.field.label for q in form.questions], score(added, form.responses()).scores["total"].value],
    "theory": [[e["from_construct"], e["to_construct"]] for e in run("theory")["edges"] if e["place"] == "model"],
    "note": [[e.from_construct, e.to_construct] for e in literature.edges],
    "effect": effects[names.index(ends[1]), names.index(ends[0])],
    "alternatives": [[a.estimator for a in lag.alternatives] for lag in study.lags],
    "report": study_report(study).count("once more"),
    "slot": [chart_slots(full)["sessions_held"].title, chart_slots(full)["sessions_held"].words],
    "drawing": draw_chart("sessions_held_wide", full),
}))
"""


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what a process sees that imports a copy of the package with the four additions."""
    folder = tmp_path_factory.mktemp("tree")
    package = folder / "src" / "securebase"
    shutil.copytree(ROOT / "src" / "securebase", package)
    for name, content in FILES.items():
        (package / name).write_text(content.lstrip(), encoding="utf-8")
    for name, (line, following) in LINES.items():
        text = (package / name).read_text("utf-8")
        assert text.count(following) == 1
        (package / name).write_text(text.replace(following, line + following), encoding="utf-8")
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(folder / "src"), str(ROOT / "tests")]),
        "DJANGO_SETTINGS_MODULE": "securebase.workbench.settings",
        "SECUREBASE_DATA_DIR": str(folder / "data"),
    }
    command = [sys.executable, "-c", USE, str(ROOT / "examples" / "sessions.csv")]
    finished = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    result: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    assert result["file"].startswith(str(package))
    return result


def test_one_more_instrument_is_listed_scored_and_answered(used: dict[str, Any]) -> None:
    assert "two_moods" in used["instruments"]
    assert used["scored"] == 3
    assert used["form"] == [True, ["interest", "mood"], 3.0]


def test_one_more_mechanism_is_in_the_theory_and_the_model(used: dict[str, Any]) -> None:
    assert ["social_support", "interpersonal_skills"] in used["theory"]
    assert ["social_support", "interpersonal_skills"] in used["note"]
    assert used["effect"] == pytest.approx(0.01)


def test_one_more_estimator_is_in_the_study(used: dict[str, Any]) -> None:
    assert all(names[0] == "once_more" for names in used["alternatives"])
    assert used["report"] > 0


def test_one_more_chart_is_on_the_client_page(used: dict[str, Any]) -> None:
    title, words = used["slot"]
    assert title == "Sessions held"
    assert words.endswith("sessions took place.")
    assert used["drawing"].startswith("<svg")
