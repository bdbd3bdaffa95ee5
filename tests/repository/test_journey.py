"""The journey from an answered check-in to the stored picture passes few folders, and hardly ever calls upward."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from repository.call_path import SOURCE, CallPath, Function, Layers, follow_calls
from securebase.records.vocabulary import Moment, RuptureKind
from securebase.workbench.check_ins.actions import record_check_in
from securebase.workbench.progress.models import StoredPicture
from securebase.workbench.therapy_sessions.actions import create_session, mark_rupture
from workbench.browser import Browser
from workbench.cast import NOON, Cast, answers, make_cast

#: the page that takes the client's answers, and the query that computes the picture of the client page and stores it
WAY = ("workbench/check_ins/client_pages.py check_in", "workbench/progress/queries.py current_picture")
#: folders that the way cannot leave out
WAY_FOLDERS = ("workbench/check_ins", "workbench/measures", "measurement", "workbench", "records", "picture", "model")
#: `ipt` is one of them since every form is built from its fields; twelve were crossed before
MAX_FOLDERS, MAX_UPWARD = 12, 8
#: modules that hand a request to its page, and the page to its template
DISPATCH = (
    "workbench/accounts/middleware.py",
    "workbench/accounts/access.py",
    "workbench/clients/client_page.py",
)


def add_answered_sessions(cast: Cast, last: int) -> None:
    for number in range(1, last + 1):
        at = NOON + timedelta(days=7 * (number - 1))
        if number > 1:
            cast.session = create_session(episode=cast.episode, by=cast.alma, number=number, held_at=at)
        for moment in (Moment.BEFORE, Moment.AFTER):
            check_in = cast.invite(moment, at=at).check_in
            record_check_in(
                check_in=check_in, responses=answers(check_in.instrument_id), submission=f"{number}{moment}", at=at
            )
    mark_rupture(session=cast.session, by=cast.alma, kind=RuptureKind.WITHDRAWAL, at=NOON)


def follow_one_answer(cast: Cast) -> CallPath:
    """Answer a check-in through the client's page, open the client page as the therapist, and follow both requests."""
    link = cast.invite(at=timezone.now()).path
    client, therapist = Browser(), Browser()
    therapist.force_login(cast.alma)
    page = reverse("client", args=[cast.carla.id])
    # the first picture in a process reads shelves and the parameter set; that is not part of the way of an answer
    assert therapist.get(page).status_code == 200
    before = StoredPicture.objects.visible_to(cast.alma).get().fingerprint
    data = {f"item_{n}": "4" for n in range(1, 11)} | {"item_11": "0", "submission": "followed"}
    with follow_calls(*WAY) as path:
        assert client.post(link, data).status_code == 302
        assert therapist.get(page).status_code == 200
    assert StoredPicture.objects.visible_to(cast.alma).get().fingerprint != before
    return path


@pytest.mark.django_db
def test_an_answer_reaches_the_stored_picture_by_a_short_way_down() -> None:
    cast = make_cast()
    add_answered_sessions(cast, last=4)
    cast.session = create_session(episode=cast.episode, by=cast.alma, number=5, held_at=timezone.now())
    path = follow_one_answer(cast)
    folders, upward = path.folders(), path.upward(Layers.read())
    entries = "\n".join(f"{name}\n  " + "\n  ".join(calls) for name, calls in folders.items())
    assert set(WAY_FOLDERS) <= set(folders), f"the journey was not followed to its end:\n{entries}"
    assert len(folders) <= MAX_FOLDERS, f"{len(folders)} folders on the way, and the calls that enter them:\n{entries}"
    assert len(upward) <= MAX_UPWARD, "\n".join(upward)
    assert [call for call in upward if not call.startswith(DISPATCH)] == []


#: what `measures` calls in `check_ins` through a relation of their tables (decision 19): what each check-in asks
ASKED = "workbench/measures/schedule.py past_check_ins → workbench/check_ins/models.py CheckIn.asked"


@pytest.mark.django_db
def test_sessions_and_measures_call_the_apps_above_them_at_one_place_only() -> None:
    cast, therapist = make_cast(), Browser()
    therapist.force_login(cast.alma)
    add_answered_sessions(cast, last=2)
    client, session = [cast.carla.id], [cast.carla.id, cast.session.id]
    typed = {f"item_{n}": "1" for n in range(1, 10)} | {"date": "2026-09-03", "moment": "before", "submission": "s"}
    with follow_calls(through=DISPATCH) as path:
        for address in (reverse("client-measures", args=client), reverse("session", args=session)):
            assert therapist.get(address).status_code == 200
        assert therapist.post(reverse("type-in", args=[*client, "phq9"]), typed).status_code == 302
        assert therapist.post(reverse("rupture-mark", args=session), {"kind": "withdrawal"}).status_code == 302
        assert therapist.post(reverse("session-remove", args=session), follow=True).status_code == 200
        cast.session = create_session(episode=cast.episode, by=cast.alma, number=3, held_at=timezone.now())
        cast.invite(at=timezone.now(), extras=None)
    assert path.upward(Layers.read()) == [ASKED]


# ---- the script itself -----------------------------------------------------------------------------------------------
def load(module: str, source: str) -> dict[str, Any]:
    """Return functions that seem to lie in this module of the package."""
    names: dict[str, Any] = {}
    exec(compile(source, SOURCE + module, "exec"), names)
    return names


def test_calls_are_followed_through_libraries_and_only_on_the_way() -> None:
    low = load("records/low.py", "def low(call):\n    return list(map(call, [1]))")["low"]
    high = load("picture/high.py", "def high(_):\n    return inner()\ndef inner():\n    pass")["high"]
    start = load("workbench/progress/start.py", "def start(low, high):\n    low(high)\n    return high(0)")["start"]
    with follow_calls(through=["records/low.py"]) as path:
        low(high)
    assert path.upward(Layers.read()) == []
    with follow_calls("workbench/progress/start.py start") as path:
        load("study/apart.py", "def apart():\n    pass")["apart"]()
        start(low, high)
    assert path.upward(Layers.read()) == ["records/low.py low → picture/high.py high"]
    assert list(path.folders()) == ["workbench/progress", "records", "picture"]
    assert path.folders()["records"] == ["workbench/progress/start.py start → records/low.py low"]


def test_layers_are_those_of_the_import_contracts() -> None:
    layers = Layers.read()

    def leads_upward(caller: str, function: str) -> bool:
        return layers.is_upward(Function(caller, "a"), Function(function, "b"))

    assert leads_upward("records/episode.py", "workbench/casefile.py")
    assert leads_upward("workbench/measures/actions.py", "workbench/check_ins/actions.py")
    assert leads_upward("workbench/accounts/access.py", "workbench/progress/pages.py")
    assert leads_upward("model/kernel/readable.py", "model/track.py")
    assert leads_upward("errors.py", "schema.py")
    assert not leads_upward("workbench/casefile.py", "records/episode.py")
    assert not leads_upward("workbench/check_ins/actions.py", "workbench/measures/actions.py")
    assert not leads_upward("workbench/check_ins/pages.py", "workbench/check_ins/actions.py")
    assert not leads_upward("picture/client.py", "study/study.py")
    assert not leads_upward("workbench/ui/headers.py", "workbench/progress/pages.py")
