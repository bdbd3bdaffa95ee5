"""Supervision: a supervisor reaches what was shared, for as long as it is, and nothing else; every look is audited."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from securebase.errors import InputError, NotPermittedError
from securebase.ipt.parsing import parse_values
from securebase.ipt.shelf import worksheet
from securebase.records.artefact import Placement
from securebase.workbench.accounts.actions import create_account, create_clinic
from securebase.workbench.accounts.models import Account, Role
from securebase.workbench.audit.models import Entry
from securebase.workbench.clients import actions as clients
from securebase.workbench.clients.models import Client
from securebase.workbench.inventory.actions import add_relationship, draw_circle
from securebase.workbench.supervision import actions
from securebase.workbench.supervision.models import Comment, Share, SharedPart
from securebase.workbench.worksheets.actions import remove_artefact, save_artefact, share_artefact
from securebase.workbench.worksheets.models import Artefact
from workbench.cast import BEGAN, Cast

ALL = tuple(SharedPart)


def kept(cast: Cast, name: str, values: dict[str, Any], *, of: Client | None = None, ticked: bool = False) -> Artefact:
    client = of or cast.carla
    episode = client.episode
    assert episode is not None
    made = save_artefact(
        id=uuid.uuid4(),
        episode=episode,
        worksheet=name,
        by=client.therapist,
        filled=parse_values(worksheet(name), values),
        revision=0,
        at=timezone.now(),
        session=cast.session if client == cast.carla else None,
    )
    if ticked:
        share_artefact(artefact=made, by=client.therapist, supervisor=True)
    return made


def shared(cast: Cast, *, parts: tuple[SharedPart, ...] = ALL, kinds: tuple[str, ...] = (), **other: Any) -> Share:
    values = {
        "episode": cast.episode,
        "by": cast.alma,
        "supervisor": cast.bruno,
        "label": "the harbour case",
        "until": timezone.now() + timedelta(weeks=2),
        "parts": parts,
        "worksheets": kinds,
        "at": timezone.now(),
        "agreed": True,
    } | other
    return actions.share_course(**values)


def as_(account: Account) -> Browser:
    browser = Browser()
    browser.force_login(account)
    return browser


def course_of(share: Share) -> str:
    return reverse("shared-course", args=[share.id])


def sheet_of(share: Share, artefact: Artefact) -> str:
    return reverse("shared-sheet", args=[share.id, artefact.id])


def denials(cast: Cast) -> int:
    return Entry.objects.filter(action="denied", client=str(cast.carla.id)).count()


# ---- what is seen ----------------------------------------------------------------------------------------------------
def test_a_supervisor_sees_the_course_under_its_label_and_every_look_is_written_down(cast: Cast) -> None:
    found = kept(cast, "formulation", {"narrative": "Carla hung up on Anastasia"})
    ana = add_relationship(
        episode=cast.episode, by=cast.alma, name_shown="Anastasia", relation="sister", at=timezone.now()
    )
    place = Placement(str(ana.id), 0.2, 10.0)
    draw_circle(episode=cast.episode, by=cast.alma, placements=[place], at=timezone.now())
    share = shared(cast, kinds=("formulation",))
    browser = as_(cast.bruno)
    assert "the harbour case" in browser.get(reverse("supervisees")).content.decode()
    page = browser.get(course_of(share)).content.decode()
    assert "the harbour case" in page
    assert "sister" in page
    sheet = browser.get(sheet_of(share, found)).content.decode()
    assert "[the client] hung up on [sister]" in sheet
    for text in (page, sheet):
        assert "Carla" not in text
        assert "Anastasia" not in text
        assert "2026-09" not in text
    looks = Entry.objects.filter(action="share.read", client=str(cast.carla.id))
    assert [(e.actor, e.detail["what"]) for e in looks] == [
        (str(cast.bruno.id), "course"),
        (str(cast.bruno.id), "formulation"),
    ]


def test_only_what_was_ticked_is_on_the_page(cast: Cast) -> None:
    kept(cast, "formulation", {"narrative": "the quarrel"})
    kept(cast, "fidelity_checklist", {"affect": "3"})
    add_relationship(episode=cast.episode, by=cast.alma, name_shown="Ana", relation="sister", at=timezone.now())
    share = shared(cast, parts=(SharedPart.MEASURES,))
    page = as_(cast.bruno).get(course_of(share)).content.decode()
    for words in ("quarrel", "sister", "Feeling worked with", "Tasks", "Formulation"):
        assert words not in page


def test_notes_of_the_therapist_are_never_shared(cast: Cast) -> None:
    found = kept(cast, "session_note", {"event": "a quarrel", "note": "mine alone", "next_time": "also mine"})
    share = shared(cast, kinds=("session_note",))
    page = as_(cast.bruno).get(sheet_of(share, found)).content.decode()
    assert "a quarrel" in page
    assert "mine" not in page.replace("comment mine", "")


# ---- what is not reached ---------------------------------------------------------------------------------------------
def test_no_worksheet_that_was_not_shared_is_reached(cast: Cast) -> None:
    other = kept(cast, "formulation", {"narrative": "not shared"})
    removed = kept(cast, "incident", {"what_happened": "removed"})
    remove_artefact(artefact=removed, by=cast.alma, at=timezone.now())
    nora = clients.create_client(therapist=cast.alma, name_shown="Nora N.", began_on=BEGAN)
    strange = kept(cast, "incident", {"what_happened": "somebody else’s"}, of=nora, ticked=True)
    share, browser = shared(cast, kinds=("incident",)), as_(cast.bruno)
    for found in (other, removed, strange):
        assert browser.get(sheet_of(share, found)).status_code == 404
        about = {"artefact": str(found.id), "text": "I can see you"}
        assert browser.post(reverse("shared-comment", args=[share.id]), about).status_code == 404
    assert Comment.objects.unscoped(reason="a test looks").count() == 0
    page = browser.get(course_of(share)).content.decode()
    for words in ("not shared", "removed", "else’s"):
        assert words not in page


def test_one_that_is_ticked_comes_with_a_share_and_goes_with_its_tick(cast: Cast) -> None:
    found = kept(cast, "formulation", {"narrative": "It began"}, ticked=True)
    share, browser = shared(cast), as_(cast.bruno)
    assert browser.get(sheet_of(share, found)).status_code == 200
    share_artefact(artefact=found, by=cast.alma, supervisor=False)
    assert browser.get(sheet_of(share, found)).status_code == 404


def test_a_tick_without_a_share_shows_nothing_to_anybody(cast: Cast) -> None:
    kept(cast, "formulation", {"narrative": "It began"}, ticked=True)
    page = as_(cast.bruno).get(reverse("supervisees")).content.decode()
    assert "Nothing is shared with you now" in page


def another_supervisor(cast: Cast, *, elsewhere: bool) -> Account:
    clinic = create_clinic(name="Elsewhere") if elsewhere else cast.alma.clinic
    return create_account(clinic=clinic, user_name="berta", name_shown="Berta", password=None, roles=[Role.SUPERVISOR])


@pytest.mark.parametrize("elsewhere", [False, True])
def test_another_supervisor_is_refused_and_it_is_written_down(cast: Cast, elsewhere: bool) -> None:
    found, share = kept(cast, "incident", {"what_happened": "x"}), shared(cast, kinds=("incident",))
    browser, before = as_(another_supervisor(cast, elsewhere=elsewhere)), denials(cast)
    assert browser.get(course_of(share)).status_code == 404
    assert browser.get(sheet_of(share, found)).status_code == 404
    assert browser.post(reverse("shared-comment", args=[share.id]), {"text": "hello"}).status_code == 404
    assert denials(cast) == before + 3
    assert "harbour" not in browser.get(reverse("supervisees")).content.decode()


@pytest.mark.parametrize("name", ["alma", "dario", "rosa", "adam"])
def test_no_other_role_opens_a_supervisors_page(cast: Cast, name: str) -> None:
    share = shared(cast)
    browser = as_(Account.objects.get(user_name=name))
    for path in (reverse("supervisees"), course_of(share)):
        assert browser.get(path).status_code == 403
    assert Browser().get(course_of(share)).headers["Location"].startswith("/sign-in/")


def test_after_it_was_ended_or_ran_out_nothing_is_reached(cast: Cast, alma: Browser) -> None:
    found = kept(cast, "incident", {"what_happened": "x"})
    ran_out, share = shared(cast, kinds=("incident",), label="the lighthouse"), shared(cast, kinds=("incident",))
    past = timezone.now() - timedelta(seconds=1)
    Share.objects.visible_to(cast.alma).filter(id=ran_out.id).update(until=past)
    browser = as_(cast.bruno)
    for path in (course_of(ran_out), sheet_of(ran_out, found)):
        assert browser.get(path).status_code == 404
    listed = browser.get(reverse("supervisees")).content.decode()
    assert "the lighthouse" not in listed
    assert "the harbour case" in listed
    said = actions.comment(share=share, by=cast.bruno, text="Well done", at=timezone.now())
    before = denials(cast)
    alma.post(reverse("share-revoke", args=[cast.carla.id, share.id]))
    for path in (course_of(share), sheet_of(share, found)):
        assert browser.get(path).status_code == 404
    assert denials(cast) == before + 2
    # what was said stays with the therapist, and the supervisor cannot change it any more
    assert browser.post(reverse("comment-change", args=[said.id]), {"text": "changed"}).status_code == 403
    assert "Well done" in alma.get(reverse("client-supervision", args=[cast.carla.id])).content.decode()


def test_the_clients_own_pages_stay_closed_to_the_supervisor(cast: Cast) -> None:
    shared(cast)
    assert as_(cast.bruno).get(reverse("course", args=[cast.carla.id])).status_code == 403


# ---- sharing ---------------------------------------------------------------------------------------------------------
def form(cast: Cast, **other: Any) -> dict[str, Any]:
    until = timezone.localdate() + timedelta(days=30)
    return {
        "supervisor": str(cast.bruno.id),
        "label": "the harbour case",
        "until": until.isoformat(),
        "parts": ["measures"],
    } | other


def test_without_the_contracts_yes_a_reason_is_needed_and_kept(cast: Cast, alma: Browser) -> None:
    path = reverse("client-supervision", args=[cast.carla.id])
    assert "does not say that the client agreed" in alma.get(path).content.decode()
    assert alma.post(path, form(cast)).status_code == 400
    assert Share.objects.visible_to(cast.alma).count() == 0
    assert alma.post(path, form(cast, consent_note="She said yes on the phone")).status_code == 302
    assert Share.objects.visible_to(cast.alma).get().consent_note == "She said yes on the phone"
    made = Entry.objects.get(action="share.made")
    assert made.detail["agreed"] is False


def test_with_the_contracts_yes_none_is_asked(cast: Cast, alma: Browser) -> None:
    kept(cast, "contract", {"sharing_consent": ["supervisor"]})
    path = reverse("client-supervision", args=[cast.carla.id])
    assert "does not say that the client agreed" not in alma.get(path).content.decode()
    assert alma.post(path, form(cast)).status_code == 302
    share = Share.objects.visible_to(cast.alma).get()
    assert share.consent_note == ""
    assert share.last_day == timezone.localdate() + timedelta(days=30)


@pytest.mark.parametrize(
    "wrong",
    [
        {"until": "2020-01-01"},
        {"until": "2999-01-01"},
        {"parts": []},
        {"label": "Carla C. of the harbour"},
        {"label": "carla’s course"},
        {"label": "Carla, harbour"},
        {"supervisor": "nobody"},
        {"worksheets": ["nonsense"]},
    ],
)
def test_what_cannot_be_shared_is_refused(cast: Cast, alma: Browser, wrong: dict[str, Any]) -> None:
    path = reverse("client-supervision", args=[cast.carla.id])
    assert alma.post(path, form(cast, consent_note="agreed aloud", **wrong)).status_code == 400
    assert Share.objects.visible_to(cast.alma).count() == 0


def test_only_with_a_supervisor_of_the_clinic_and_only_ones_own_client(cast: Cast) -> None:
    for wrong in (another_supervisor(cast, elsewhere=True), cast.rosa, cast.alma):
        with pytest.raises(NotPermittedError):
            shared(cast, supervisor=wrong)
    with pytest.raises(NotPermittedError):
        shared(cast, by=cast.dario)


# ---- what is said ----------------------------------------------------------------------------------------------------
def test_comments_go_both_ways_and_are_counted_until_they_were_seen(cast: Cast, alma: Browser) -> None:
    found = kept(cast, "incident", {"what_happened": "x"})
    share, browser = shared(cast, kinds=("incident",)), as_(cast.bruno)
    about = {"artefact": str(found.id), "text": "What did she feel?"}
    browser.post(reverse("shared-comment", args=[share.id]), about)
    browser.post(reverse("shared-comment", args=[share.id]), {"text": "Good pace."})
    course = reverse("course", args=[cast.carla.id])
    assert "2 new comments" in alma.get(course).content.decode()
    assert (
        "What did she feel?"
        in alma.get(reverse("worksheet", args=[cast.carla.id, "incident", found.id])).content.decode()
    )
    assert "Good pace." in alma.get(reverse("client-supervision", args=[cast.carla.id])).content.decode()
    assert "new comment" not in alma.get(course).content.decode()
    alma.post(reverse("share-answer", args=[cast.carla.id, share.id]), {"text": "Thank you"})
    assert "Thank you" in browser.get(course_of(share)).content.decode()
    assert "What did she feel?" in browser.get(sheet_of(share, found)).content.decode()


def test_ones_own_comment_is_changed_taken_back_and_put_there_again(cast: Cast) -> None:
    share = shared(cast)
    said = actions.comment(share=share, by=cast.bruno, text="Too fast", at=timezone.now())
    browser, path = as_(cast.bruno), reverse("comment-change", args=[said.id])
    browser.post(path, {"text": "A little fast"})
    row = Comment.objects.unscoped(reason="a test looks").get()
    assert (row.text, row.earlier[0]["text"]) == ("A little fast", "Too fast")
    browser.post(path, {"remove": "1"})
    assert (
        "A little fast" not in as_(cast.alma).get(reverse("client-supervision", args=[cast.carla.id])).content.decode()
    )
    assert "You took this back" in browser.get(course_of(share)).content.decode()
    browser.post(path, {"undo": "1"})
    assert "A little fast" in browser.get(course_of(share)).content.decode()


def test_nobody_changes_the_comment_of_another(cast: Cast, alma: Browser) -> None:
    said = actions.comment(share=shared(cast), by=cast.bruno, text="Mine", at=timezone.now())
    path = reverse("comment-change", args=[said.id])
    assert alma.post(path, {"text": "Hers"}).status_code == 404
    assert as_(cast.dario).post(path, {"text": "His"}).status_code == 404
    assert as_(cast.rosa).post(path, {"text": "Theirs"}).status_code == 403
    with pytest.raises(NotPermittedError):
        actions.change_comment(found=said, by=cast.alma, text="Hers", at=timezone.now())
    assert Comment.objects.unscoped(reason="a test looks").get().text == "Mine"


def test_an_empty_comment_is_none(cast: Cast) -> None:
    with pytest.raises(InputError):
        actions.comment(share=shared(cast), by=cast.bruno, text="  ", at=timezone.now())


def test_the_portfolio_says_what_is_there_and_links_to_what_is_missing(cast: Cast, alma: Browser) -> None:
    kept(cast, "fidelity_checklist", {"affect": "3", "thought_records": "yes"})
    kept(
        cast,
        "session_note",
        {"event": "x", "agenda": [{"topic": "Ana", "kept": "yes"}, {"topic": "work", "kept": "no"}]},
    )
    page = alma.get(reverse("client-portfolio", args=[cast.carla.id])).content.decode()
    assert "rated after 1 of 1 sessions" in page
    assert "1 of 2 topics kept" in page
    assert reverse("worksheet-begin", args=[cast.carla.id, "case_report"]) in page
    assert '<td class="h3">3</td>' in page
    assert '<td class="hx">x</td>' in page
