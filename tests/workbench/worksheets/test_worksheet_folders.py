"""A new worksheet is one file, and one with behaviour one folder: pages, timeline, record and report show it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import securebase
from linked_tree import link_tree

TESTS = Path(__file__).parents[2]
SOURCE = Path(securebase.__file__).parent

PLAIN = """
id = "dream_diary"
name = "Dream diary"
about = "Dreams, as the client remembers them."
group = "session"
in_session = true
session_tool = 12
teaches = "Ask for the last dream."
sources = ["IPTI"]

[[fields]]
id = "dream"
label = "What was the dream about?"
kind = "text"
reports = ["supervisor"]
"""
DEFINITION = """
id = "sleep_log"
name = "Sleep log"
about = "How the nights were."
group = "beginning"
page = "timeline"
add = { label = "Add a bad night", order = 9 }
overview = { label = "Sleep", order = 9 }

[[fields]]
id = "night"
label = "Which night?"
kind = "date"

[[fields]]
id = "hours"
label = "Hours of sleep"
kind = "number"
maximum = 24
"""
BEHAVIOUR = """
from securebase.ipt.behaviour import Behaviour
from securebase.ipt.timeline_marks import TimelineEvent
from securebase.records.dates import days_since
from securebase.records.episode import LifeEventRecord


def timeline_marks(entry, record, began):
    at = days_since(entry.text("night"), began)
    if at is not None:
        yield TimelineEvent(entry.id, entry.worksheet, f"Slept {entry.number('hours'):g} hours", at)


def typed_records(record, entries):
    return [LifeEventRecord(at=1.0, dependent=False, weight=entry.number("hours")) for entry in entries]


BEHAVIOUR = Behaviour(
    timeline_marks=timeline_marks,
    typed_records=typed_records,
    overview=lambda entry: [f"{entry.number('hours'):g} hours"],
    above=lambda values: {"slept": values.get("hours")},
)
"""
ABOVE = """<p>Slept {{ slept|default:"?" }} of 8 hours</p>"""
OPEN_THE_PAGES = """
import json, sys, uuid
from datetime import timedelta
from pathlib import Path
from securebase.cli.serve import configure, ready
configure(host="127.0.0.1", data_dir=Path(sys.argv[1]))
ready()
from django.test.utils import setup_test_environment
setup_test_environment()
from django.urls import reverse
from django.utils import timezone
from securebase.ipt.parsing import ParsedValues
from securebase.ipt.worksheet import Audience
from securebase.reports.selection import select_artefacts
from securebase.workbench.casefile import course_record
from securebase.workbench.worksheets.actions import save_artefact
from workbench.browser import Browser
from workbench.cast import make_cast

cast, browser, now = make_cast(), Browser(), timezone.now()
browser.force_login(cast.alma)
client, episode = cast.carla, cast.carla.episode


def save(name, **values):
    filled = ParsedValues(values)
    return save_artefact(
        id=uuid.uuid4(), episode=episode, worksheet=name, by=cast.alma, filled=filled, revision=0, at=now
    )


def page(name, *args):
    return browser.get(reverse(name, args=[client.id, *args])).content.decode()


night = save("sleep_log", night=str(episode.began_on + timedelta(days=1)), hours=3.0)
dream = save("dream_diary", dream="A house without doors")
record = course_record(episode, now)
print(json.dumps({
    "form": page("worksheet", "sleep_log", night.id),
    "plain form": page("worksheet", "dream_diary", dream.id),
    "timeline": page("timeline"),
    "course": page("course"),
    "events": [e.weight for e in record.life_events],
    "report": [[s.worksheet.id, s.artefacts[0].text("dream")] for s in select_artefacts(Audience.SUPERVISOR, record)],
}))
"""


def test_a_new_worksheet_is_one_file_or_one_folder(tmp_path: Path) -> None:
    shelf = SOURCE / "ipt" / "worksheets"
    link_tree(SOURCE, tmp_path / "securebase", shelf)
    shelf = tmp_path / "securebase" / "ipt" / "worksheets"
    (shelf / "dream_diary.toml").write_text(PLAIN, encoding="utf-8")
    folder = shelf / "sleep_log"
    folder.mkdir()
    for name, text in (("worksheet.toml", DEFINITION), ("behaviour.py", BEHAVIOUR), ("above.html", ABOVE)):
        (folder / name).write_text(text, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-c", OPEN_THE_PAGES, str(tmp_path / "data")],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(TESTS)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    shown = json.loads(run.stdout.splitlines()[-1])
    assert "Slept 3.0 of 8 hours" in shown["form"]
    assert "Which night?" in shown["form"]
    assert "Timeline</a>" in shown["form"]
    assert "A house without doors" in shown["plain form"]
    assert "Slept 3 hours" in shown["timeline"]
    assert "Add a bad night" in shown["timeline"]
    assert "Dream diary" in shown["course"]
    assert "3 hours" in shown["course"]
    assert shown["events"] == [3.0]
    assert ["dream_diary", "A house without doors"] in shown["report"]
