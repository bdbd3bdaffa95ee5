"""Forms of a course: the phase of every session, and what a clinic may store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from securebase.errors import InputError, ShelfError
from securebase.ipt.course_form import (
    CourseFormat,
    check_format,
    default_formats,
    find_format,
    later_phase,
    load_formats,
    phase_of,
    read_formats,
    unused_id,
)
from securebase.records.vocabulary import Phase


def laid_out(form: CourseFormat) -> list[Phase]:
    """The slow way: write the phases down one after the other."""
    if form.maintenance:
        return [Phase.MAINTENANCE] * form.sessions
    middle = form.sessions - form.initial - form.ending
    return [Phase.INITIAL] * form.initial + [Phase.MIDDLE] * middle + [Phase.ENDING] * form.ending


@pytest.mark.parametrize("form", default_formats(), ids=lambda f: f.id)
def test_each_session_of_a_form_has_its_phase(form: CourseFormat) -> None:
    found = [phase_of(n, form.sessions, form.initial, form.ending, form.maintenance) for n in form.numbers]
    assert found == laid_out(form)
    assert dict(form.phases()) == {p: found.count(p) for p in found}


def test_any_split_of_any_course_is_laid_out_in_order() -> None:
    for sessions in range(1, 9):
        for initial in range(sessions + 1):
            for ending in range(sessions - initial + 1):
                form = CourseFormat("x", "x", sessions, initial, ending, 7)
                assert [phase_of(n, sessions, initial, ending) for n in form.numbers] == laid_out(form)


def test_a_session_beyond_the_plan_belongs_to_the_last_phase() -> None:
    assert phase_of(17, 16, 3, 3) is Phase.ENDING
    assert phase_of(17, 16, 3, 3, maintenance=True) is Phase.MAINTENANCE


def test_the_shelf_has_a_brief_a_standard_and_a_maintenance_form_that_nobody_has_reviewed() -> None:
    forms = {f.id: f for f in default_formats()}
    assert (forms["brief"].sessions, forms["standard"].sessions) == (8, 16)
    assert forms["maintenance"].maintenance
    assert forms["maintenance"].days_between == 28
    assert not any(f.reviewed for f in forms.values())
    assert all(f.sources for f in forms.values())


def test_a_clinics_own_forms_come_back_as_they_were_stored() -> None:
    own = (replace(default_formats()[0], id="ours", name="Ours", sessions=10), default_formats()[3])
    assert load_formats([f.plain() for f in own]) == own
    assert find_format(own, "ours") == own[0]
    assert find_format(own, "gone") is None


@pytest.mark.parametrize(
    "stored",
    [
        [],
        [{}],
        [{"id": "x", "name": "x", "sessions": "many", "initial": 1, "ending": 1, "days_between": 7}],
        [{"id": "x", "name": "x", "sessions": 4, "initial": 3, "ending": 3, "days_between": 7}],
        [{"id": "x", "name": "", "sessions": 4, "initial": 1, "ending": 1, "days_between": 7}],
    ],
)
def test_what_cannot_be_a_form_leaves_those_of_the_shelf(stored: list[dict[str, object]]) -> None:
    assert load_formats(stored) == default_formats()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"sessions": 0}, "sessions"),
        ({"sessions": 101}, "sessions"),
        ({"days_between": 0}, "days"),
        ({"days_between": 93}, "days"),
        ({"initial": 14}, "more sessions than the course"),
        ({"ending": -1}, "more sessions than the course"),
        ({"name": ""}, "name"),
    ],
)
def test_a_form_that_cannot_be_says_why(change: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        check_format(replace(default_formats()[0], **change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "forms"),
        ('[[forms]]\nid="a"\nname="A"\nsessions=4\ninitial=3\nending=3\ndays_between=7', "more sessions"),
        ('[[forms]]\nid="a"\nname="A"\nsessions=4\ninitial=1\nending=1\ndays_between=7\nsurprise=1', "surprise"),
    ],
)
def test_a_file_that_is_not_sound_is_told_where(text: str, says: str) -> None:
    with pytest.raises(ShelfError, match=says):
        read_formats("course_forms.toml", text.encode())


def test_ids_are_made_from_names_and_never_taken_twice() -> None:
    assert unused_id("Unsere 10 Sitzungen!", []) == "unsere_10_sitzungen"
    assert unused_id("Brief", ["brief", "brief_2"]) == "brief_3"
    assert unused_id("…", []) == "form"


def test_the_later_of_two_phases() -> None:
    assert later_phase(Phase.INITIAL, Phase.ENDING) is Phase.ENDING
    assert later_phase(Phase.MIDDLE, Phase.INITIAL) is Phase.MIDDLE
