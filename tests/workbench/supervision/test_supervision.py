"""Supervision: a supervisor reaches only what is shared, while it is shared, and every access is audited."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
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
from workbench.browser import Browser
from workbench.cast import BEGAN, Cast

ALL = tuple(SharedPart)


def save_sheet(
    cast: Cast, name: str, values: dict[str, Any], *, client: Client | None = None, ticked: bool = False
) -> Artefact:
    client = client or cast.carla
    episode = client.episode
    assert episode is not None
    artefact = save_artefact(
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
        share_artefact(artefact=artefact, by=client.therapist, supervisor=True)
    return artefact


def share_with(cast: Cast, *, parts: tuple[SharedPart, ...] = ALL, kinds: tuple[str, ...] = (), **other: Any) -> Share:
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


def sign_in(account: Account) -> Browser:
    browser = Browser()
    browser.force_login(account)
    return browser


def course_url(share: Share) -> str:
    return reverse("shared-course", args=[share.id])


def sheet_url(share: Share, artefact: Artefact) -> str:
    return reverse("shared-sheet", args=[share.id, artefact.id])


def count_denials(cast: Cast) -> int:
    return Entry.objects.filter(action="denied", client=str(cast.carla.id)).count()


# ---- contents of the pages -------------------------------------------------------------------------------------------
def test_supervisor_sees_the_course_under_its_label_and_each_access_is_audited(cast: Cast) -> None:
    artefact = save_sheet(cast, "formulation", {"narrative": "Carla hung up on Anastasia"})
    ana = add_relationship(
        episode=cast.episode, by=cast.alma, name_shown="Anastasia", relation="sister", at=timezone.now()
    )
    place = Placement(str(ana.id), 0.2, 10.0)
    draw_circle(episode=cast.episode, by=cast.alma, placements=[place], at=timezone.now())
    share = share_with(cast, kinds=("formulation",))
    browser = sign_in(cast.bruno)
    assert "the harbour case" in browser.get(reverse("supervisees")).content.decode()
    page = browser.get(course_url(share)).content.decode()
    assert "the harbour case" in page
    assert "sister" in page
    sheet = browser.get(sheet_url(share, artefact)).content.decode()
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


def test_page_shows_only_ticked_parts(cast: Cast) -> None:
    save_sheet(cast, "formulation", {"narrative": "the quarrel"})
    save_sheet(cast, "fidelity_checklist", {"affect": "3"})
    add_relationship(episode=cast.episode, by=cast.alma, name_shown="Ana", relation="sister", at=timezone.now())
    share = share_with(cast, parts=(SharedPart.MEASURES,))
    page = sign_in(cast.bruno).get(course_url(share)).content.decode()
    for words in ("quarrel", "sister", "Work with emotions", "Tasks", "Formulation"):
        assert words not in page


def test_therapist_notes_are_never_shared(cast: Cast) -> None:
    artefact = save_sheet(
        cast, "session_note", {"event": "a quarrel", "note": "for me alone", "next_time": "also for me"}
    )
    share = share_with(cast, kinds=("session_note",))
    page = sign_in(cast.bruno).get(sheet_url(share, artefact)).content.decode()
    assert "a quarrel" in page
    assert "for me" not in page


# ---- limits of access ------------------------------------------------------------------------------------------------
def test_unshared_worksheets_cannot_be_reached(cast: Cast) -> None:
    unshared = save_sheet(cast, "formulation", {"narrative": "not shared"})
    removed = save_sheet(cast, "incident", {"what_happened": "removed"})
    remove_artefact(artefact=removed, by=cast.alma, at=timezone.now())
    nora = clients.create_client(therapist=cast.alma, name_shown="Nora N.", began_on=BEGAN)
    foreign = save_sheet(cast, "incident", {"what_happened": "somebody else’s"}, client=nora, ticked=True)
    share, browser = share_with(cast, kinds=("incident",)), sign_in(cast.bruno)
    for artefact in (unshared, removed, foreign):
        assert browser.get(sheet_url(share, artefact)).status_code == 404
        about = {"artefact": str(artefact.id), "text": "I can see you"}
        assert browser.post(reverse("shared-comment", args=[share.id]), about).status_code == 404
    assert Comment.objects.unscoped(reason="a test looks").count() == 0
    page = browser.get(course_url(share)).content.decode()
    for words in ("not shared", "removed", "else’s"):
        assert words not in page


def test_ticked_worksheet_is_shared_only_while_it_is_ticked(cast: Cast) -> None:
    artefact = save_sheet(cast, "formulation", {"narrative": "It began"}, ticked=True)
    share, browser = share_with(cast), sign_in(cast.bruno)
    assert browser.get(sheet_url(share, artefact)).status_code == 200
    share_artefact(artefact=artefact, by=cast.alma, supervisor=False)
    assert browser.get(sheet_url(share, artefact)).status_code == 404


def test_tick_without_a_share_shows_nothing(cast: Cast) -> None:
    save_sheet(cast, "formulation", {"narrative": "It began"}, ticked=True)
    page = sign_in(cast.bruno).get(reverse("supervisees")).content.decode()
    assert "No courses are shared with you" in page


def another_supervisor(cast: Cast, *, elsewhere: bool) -> Account:
    clinic = create_clinic(name="Elsewhere") if elsewhere else cast.alma.clinic
    return create_account(clinic=clinic, user_name="berta", name_shown="Berta", password=None, roles=[Role.SUPERVISOR])


@pytest.mark.parametrize("elsewhere", [False, True])
def test_another_supervisor_is_refused_and_the_attempt_audited(cast: Cast, elsewhere: bool) -> None:
    artefact, share = save_sheet(cast, "incident", {"what_happened": "x"}), share_with(cast, kinds=("incident",))
    browser, before = sign_in(another_supervisor(cast, elsewhere=elsewhere)), count_denials(cast)
    assert browser.get(course_url(share)).status_code == 404
    assert browser.get(sheet_url(share, artefact)).status_code == 404
    assert browser.post(reverse("shared-comment", args=[share.id]), {"text": "hello"}).status_code == 404
    assert count_denials(cast) == before + 3
    assert "harbour" not in browser.get(reverse("supervisees")).content.decode()


@pytest.mark.parametrize("name", ["alma", "dario", "rosa", "adam"])
def test_other_roles_cannot_open_a_supervisors_page(cast: Cast, name: str) -> None:
    share = share_with(cast)
    browser = sign_in(Account.objects.get(user_name=name))
    for path in (reverse("supervisees"), course_url(share)):
        assert browser.get(path).status_code == 403
    assert Browser().get(course_url(share)).headers["Location"].startswith("/sign-in/")


def test_ended_or_expired_share_gives_no_access(cast: Cast, alma: Browser) -> None:
    artefact = save_sheet(cast, "incident", {"what_happened": "x"})
    expired = share_with(cast, kinds=("incident",), label="the lighthouse")
    share = share_with(cast, kinds=("incident",))
    past = timezone.now() - timedelta(seconds=1)
    Share.objects.visible_to(cast.alma).filter(id=expired.id).update(until=past)
    browser = sign_in(cast.bruno)
    for path in (course_url(expired), sheet_url(expired, artefact)):
        assert browser.get(path).status_code == 404
    listed = browser.get(reverse("supervisees")).content.decode()
    assert "the lighthouse" not in listed
    assert "the harbour case" in listed
    comment = actions.comment(share=share, by=cast.bruno, text="Well done", at=timezone.now())
    before = count_denials(cast)
    alma.post(reverse("share-revoke", args=[cast.carla.id, share.id]))
    for path in (course_url(share), sheet_url(share, artefact)):
        assert browser.get(path).status_code == 404
    assert count_denials(cast) == before + 2
    # the comment stays with the therapist, and the supervisor can no longer change it
    assert browser.post(reverse("comment-change", args=[comment.id]), {"text": "changed"}).status_code == 403
    assert "Well done" in alma.get(reverse("client-supervision", args=[cast.carla.id])).content.decode()


def test_supervisor_cannot_open_the_clients_pages(cast: Cast) -> None:
    share_with(cast)
    assert sign_in(cast.bruno).get(reverse("course", args=[cast.carla.id])).status_code == 403


# ---- sharing ---------------------------------------------------------------------------------------------------------
def form_data(cast: Cast, **other: Any) -> dict[str, Any]:
    until = timezone.localdate() + timedelta(days=30)
    return {
        "supervisor": str(cast.bruno.id),
        "label": "the harbour case",
        "until": until.isoformat(),
        "parts": ["measures"],
    } | other


def test_sharing_without_consent_in_the_contract_needs_a_reason(cast: Cast, alma: Browser) -> None:
    path = reverse("client-supervision", args=[cast.carla.id])
    assert "does not record the client’s consent" in alma.get(path).content.decode()
    assert alma.post(path, form_data(cast)).status_code == 400
    assert Share.objects.visible_to(cast.alma).count() == 0
    assert alma.post(path, form_data(cast, consent_note="She said yes on the phone")).status_code == 302
    assert Share.objects.visible_to(cast.alma).get().consent_note == "She said yes on the phone"
    entry = Entry.objects.get(action="share.made")
    assert entry.detail["agreed"] is False


def test_sharing_with_consent_in_the_contract_needs_no_reason(cast: Cast, alma: Browser) -> None:
    save_sheet(cast, "contract", {"sharing_consent": ["supervisor"]})
    path = reverse("client-supervision", args=[cast.carla.id])
    assert "does not record the client’s consent" not in alma.get(path).content.decode()
    assert alma.post(path, form_data(cast)).status_code == 302
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
def test_invalid_shares_are_refused(cast: Cast, alma: Browser, wrong: dict[str, Any]) -> None:
    path = reverse("client-supervision", args=[cast.carla.id])
    assert alma.post(path, form_data(cast, consent_note="agreed aloud", **wrong)).status_code == 400
    assert Share.objects.visible_to(cast.alma).count() == 0


def test_only_own_clients_are_shared_and_only_with_supervisors_of_the_clinic(cast: Cast) -> None:
    for wrong in (another_supervisor(cast, elsewhere=True), cast.rosa, cast.alma):
        with pytest.raises(NotPermittedError):
            share_with(cast, supervisor=wrong)
    with pytest.raises(NotPermittedError):
        share_with(cast, by=cast.dario)


# ---- comments --------------------------------------------------------------------------------------------------------
def test_comments_go_both_ways_and_count_as_new_until_seen(cast: Cast, alma: Browser) -> None:
    artefact = save_sheet(cast, "incident", {"what_happened": "x"})
    share, browser = share_with(cast, kinds=("incident",)), sign_in(cast.bruno)
    about = {"artefact": str(artefact.id), "text": "What did she feel?"}
    browser.post(reverse("shared-comment", args=[share.id]), about)
    browser.post(reverse("shared-comment", args=[share.id]), {"text": "Good pace."})
    course = reverse("course", args=[cast.carla.id])
    assert "2 new comments" in alma.get(course).content.decode()
    assert (
        "What did she feel?"
        in alma.get(reverse("worksheet", args=[cast.carla.id, "incident", artefact.id])).content.decode()
    )
    assert "Good pace." in alma.get(reverse("client-supervision", args=[cast.carla.id])).content.decode()
    assert "new comment" not in alma.get(course).content.decode()
    alma.post(reverse("share-answer", args=[cast.carla.id, share.id]), {"text": "Thank you"})
    assert "Thank you" in browser.get(course_url(share)).content.decode()
    assert "What did she feel?" in browser.get(sheet_url(share, artefact)).content.decode()


def test_author_rewords_removes_and_restores_a_comment(cast: Cast) -> None:
    share = share_with(cast)
    comment = actions.comment(share=share, by=cast.bruno, text="Too fast", at=timezone.now())
    browser, path = sign_in(cast.bruno), reverse("comment-change", args=[comment.id])
    browser.post(path, {"text": "A little fast"})
    row = Comment.objects.unscoped(reason="a test looks").get()
    assert (row.text, row.earlier[0]["text"]) == ("A little fast", "Too fast")
    browser.post(path, {"remove": "1"})
    assert (
        "A little fast"
        not in sign_in(cast.alma).get(reverse("client-supervision", args=[cast.carla.id])).content.decode()
    )
    assert "You deleted this comment" in browser.get(course_url(share)).content.decode()
    browser.post(path, {"undo": "1"})
    assert "A little fast" in browser.get(course_url(share)).content.decode()


def test_only_the_author_changes_a_comment(cast: Cast, alma: Browser) -> None:
    comment = actions.comment(share=share_with(cast), by=cast.bruno, text="Mine", at=timezone.now())
    path = reverse("comment-change", args=[comment.id])
    assert alma.post(path, {"text": "Hers"}).status_code == 404
    assert sign_in(cast.dario).post(path, {"text": "His"}).status_code == 404
    assert sign_in(cast.rosa).post(path, {"text": "Theirs"}).status_code == 403
    with pytest.raises(NotPermittedError):
        actions.change_comment(comment=comment, by=cast.alma, text="Hers", at=timezone.now())
    assert Comment.objects.unscoped(reason="a test looks").get().text == "Mine"


def test_a_comment_that_fills_its_field_fits(cast: Cast) -> None:
    """Check that the two characters that browsers send for a line break count as the one that the field counts."""
    share = share_with(cast)
    text = "\r\n".join(["x" * 19] * 200) + "x"
    sign_in(cast.bruno).post(reverse("shared-comment", args=[share.id]), {"text": text})
    assert len(Comment.objects.unscoped(reason="test").get().text) == 4000


def test_empty_comment_is_refused(cast: Cast) -> None:
    with pytest.raises(InputError):
        actions.comment(share=share_with(cast), by=cast.bruno, text="  ", at=timezone.now())


def test_portfolio_shows_standing_and_links_to_missing_items(cast: Cast, alma: Browser) -> None:
    save_sheet(cast, "fidelity_checklist", {"affect": "3", "thought_records": "yes"})
    save_sheet(
        cast,
        "session_note",
        {"event": "x", "agenda": [{"topic": "Ana", "kept": "yes"}, {"topic": "work", "kept": "no"}]},
    )
    page = alma.get(reverse("client-portfolio", args=[cast.carla.id])).content.decode()
    assert "rated for 1 of 1 sessions" in page
    assert "1 of 2 agenda items covered" in page
    assert reverse("worksheet-begin", args=[cast.carla.id, "case_report"]) in page
    assert '<td class="h3">3</td>' in page
    assert '<td class="hx">x</td>' in page
