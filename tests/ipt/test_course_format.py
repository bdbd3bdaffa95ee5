"""Course formats: the phase of every session, and the formats that a clinic may store."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from securebase.errors import InputError, ShelfError
from securebase.ipt.course_format import (
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
from securebase.schema import to_plain


def expected_phases(fmt: CourseFormat) -> list[Phase]:
    """List the phases of all sessions the slow way, one phase after the other."""
    if fmt.maintenance:
        return [Phase.MAINTENANCE] * fmt.sessions
    middle = fmt.sessions - fmt.initial - fmt.ending
    return [Phase.INITIAL] * fmt.initial + [Phase.MIDDLE] * middle + [Phase.ENDING] * fmt.ending


@pytest.mark.parametrize("fmt", default_formats(), ids=lambda f: f.id)
def test_each_session_of_a_format_has_its_phase(fmt: CourseFormat) -> None:
    phases = [phase_of(n, fmt.sessions, fmt.initial, fmt.ending, fmt.maintenance) for n in fmt.numbers]
    assert phases == expected_phases(fmt)
    assert dict(fmt.phases()) == {p: phases.count(p) for p in phases}


def test_phases_follow_in_order_for_any_split_of_any_course() -> None:
    for sessions in range(1, 9):
        for initial in range(sessions + 1):
            for ending in range(sessions - initial + 1):
                fmt = CourseFormat("x", "x", sessions, initial, ending, 7)
                assert [phase_of(n, sessions, initial, ending) for n in fmt.numbers] == expected_phases(fmt)


def test_a_session_beyond_the_plan_belongs_to_the_last_phase() -> None:
    assert phase_of(17, 16, 3, 3) is Phase.ENDING
    assert phase_of(17, 16, 3, 3, maintenance=True) is Phase.MAINTENANCE


def test_the_shelf_has_a_brief_a_standard_and_a_maintenance_format_none_of_them_reviewed() -> None:
    formats = {f.id: f for f in default_formats()}
    assert (formats["brief"].sessions, formats["standard"].sessions) == (8, 16)
    assert formats["maintenance"].maintenance
    assert formats["maintenance"].days_between == 28
    assert not any(f.reviewed for f in formats.values())
    assert all(f.sources for f in formats.values())


def test_a_clinics_own_formats_load_as_stored() -> None:
    formats = (replace(default_formats()[0], id="ours", name="Ours", sessions=10), default_formats()[3])
    assert load_formats([to_plain(f) for f in formats]) == formats
    assert find_format(formats, "ours") == formats[0]
    assert find_format(formats, "gone") is None


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
def test_invalid_stored_formats_fall_back_to_the_defaults(stored: list[dict[str, object]]) -> None:
    assert load_formats(stored) == default_formats()


@pytest.mark.parametrize(
    ("change", "message"),
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
def test_an_impossible_format_is_refused_with_the_reason(change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_format(replace(default_formats()[0], **change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "forms"),
        ('[[forms]]\nid="a"\nname="A"\nsessions=4\ninitial=3\nending=3\ndays_between=7', "more sessions"),
        ('[[forms]]\nid="a"\nname="A"\nsessions=4\ninitial=1\nending=1\ndays_between=7\nsurprise=1', "surprise"),
    ],
)
def test_an_invalid_file_is_refused_with_the_field(text: str, message: str) -> None:
    with pytest.raises(ShelfError, match=message):
        read_formats("course_formats.toml", text.encode())


def test_ids_derive_from_names_and_are_never_used_twice() -> None:
    assert unused_id("Unsere 10 Sitzungen!", []) == "unsere_10_sitzungen"
    assert unused_id("Brief", ["brief", "brief_2"]) == "brief_3"
    assert unused_id("…", []) == "form"


def test_later_phase_returns_the_later_one() -> None:
    assert later_phase(Phase.INITIAL, Phase.ENDING) is Phase.ENDING
    assert later_phase(Phase.MIDDLE, Phase.INITIAL) is Phase.MIDDLE
