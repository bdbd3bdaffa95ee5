"""A page of the course is its folder: a new folder is found, and no folder depends on another."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import securebase
from each import each
from linked_tree import link_tree
from securebase.workbench.ui.page_folders import page_folders

TESTS = Path(__file__).parents[2]
SOURCE = Path(securebase.__file__).parent
COURSE = SOURCE / "workbench" / "course"
FOLDERS = [COURSE / name.rpartition(".")[2] for name in page_folders("securebase.workbench.course")]

URLS = """
from django.urls import path
from securebase.workbench.course.entries import CourseEntry
from securebase.workbench.course.sleep import pages
urlpatterns = [path("clients/<uuid:client_id>/sleep/", pages.sleep, name="sleep")]
ENTRIES = (CourseEntry(9, "sleep", "Sleep diary", "Nights since the course began"),)
"""
PAGES = """
from securebase.workbench.clients.client_page import client_page

@client_page("GET", tab="course")
def sleep(page):
    return page.render("course/sleep.html")
"""
TEMPLATE = """{% extends "ui/base.html" %}{% load static %}
{% block head %}<link rel="stylesheet" href="{% static 'course/sleep.css' %}">{% endblock %}
{% block main %}<h1>How {{ client.name_shown }} sleeps</h1>{% endblock %}
"""
OPEN_THE_PAGE = """
import json, sys
from pathlib import Path
from securebase.cli.serve import configure, ready
configure(host="127.0.0.1", data_dir=Path(sys.argv[1]))
ready()
from django.test.utils import setup_test_environment
setup_test_environment()
from django.contrib.staticfiles import finders
from django.urls import reverse
from workbench.browser import Browser
from workbench.cast import make_cast
cast, browser = make_cast(), Browser()
browser.force_login(cast.alma)
course = browser.get(reverse("course", args=[cast.carla.id])).content.decode()
reply = browser.get(reverse("sleep", args=[cast.carla.id]))
print(json.dumps([course, reply.status_code, reply.content.decode(), finders.find("course/sleep.css")]))
"""


def test_a_new_page_is_its_folder(tmp_path: Path) -> None:
    link_tree(SOURCE, tmp_path / "securebase", COURSE)
    page = tmp_path / "securebase" / "workbench" / "course" / "sleep"
    (page / "templates" / "course").mkdir(parents=True)
    (page / "static" / "course").mkdir(parents=True)
    for name, text in (("__init__.py", ""), ("urls.py", URLS), ("pages.py", PAGES)):
        (page / name).write_text(text, encoding="utf-8")
    (page / "templates" / "course" / "sleep.html").write_text(TEMPLATE, encoding="utf-8")
    style = page / "static" / "course" / "sleep.css"
    style.write_text(".sleep { color: inherit; }", encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-c", OPEN_THE_PAGE, str(tmp_path / "data")],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(TESTS)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    course, status, html, path = json.loads(run.stdout.splitlines()[-1])
    assert "<b>Sleep diary</b><small>Nights since the course began</small>" in course
    assert status == 200
    assert "How Carla C. sleeps" in html
    assert path == str(style)


@each(FOLDERS, lambda folder: folder.name)
def test_a_page_imports_no_other_page(folder: Path) -> None:
    others = tuple(f"securebase.workbench.course.{other.name}" for other in FOLDERS if other != folder)
    for module in folder.glob("*.py"):
        names = [n for n in ast.walk(ast.parse(module.read_text())) if isinstance(n, ast.ImportFrom) and n.module]
        imported = {f"{n.module}.{a.name}" for n in names for a in n.names}
        assert not [name for name in imported if name.startswith(others)]


def test_no_page_hides_a_template_or_static_file_of_another() -> None:
    names = Counter(
        file.relative_to(folder).as_posix()
        for folder in (COURSE, *FOLDERS)
        for kind in ("templates", "static")
        for file in (folder / kind).rglob("*")
        if file.is_file()
    )
    assert len(names) > 20
    assert [name for name, count in names.items() if count > 1] == []
