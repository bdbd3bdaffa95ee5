"""The client's own page: it opens only with link and code, and shows only shared content."""

from __future__ import annotations

import json
import re
import uuid
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from securebase.errors import NotPermittedError
from securebase.ipt.parsing import parse_values
from securebase.ipt.shelf import worksheet, worksheets
from securebase.ipt.worksheet import Field, FieldKind
from securebase.measurement.catalogue import instrument
from securebase.records.artefact import Placement
from securebase.records.vocabulary import Agreement, Moment, Respondent
from securebase.workbench.audit.models import Entry
from securebase.workbench.check_ins.actions import record_check_in
from securebase.workbench.check_ins.models import CheckIn, CheckInMode
from securebase.workbench.clients import actions as clients
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.inventory.actions import add_relationship, draw_circle
from securebase.workbench.own_pages import actions
from securebase.workbench.own_pages.models import OwnPage
from securebase.workbench.own_pages.symptom_line import describe_change
from securebase.workbench.therapy_sessions.actions import create_session
from securebase.workbench.worksheets.actions import remove_artefact, save_artefact, share_artefact
from securebase.workbench.worksheets.models import Artefact
from workbench.browser import Browser
from workbench.cast import BEGAN, NOON, Cast, answers


def new_link(cast: Cast, at: datetime | None = None) -> actions.NewLink:
    return actions.make_link(client=cast.carla, by=cast.alma, at=at or timezone.now())


def visiting_browser(cast: Cast) -> Browser:
    """Return a browser in which Carla has entered her code."""
    browser, link = Browser(), new_link(cast)
    assert browser.post(link.path, {"code": link.code}).headers["Location"] == "/own/"
    return browser


def new_artefact(
    cast: Cast, name: str, values: dict[str, Any], *, shared: bool = True, client: Client | None = None
) -> Artefact:
    """Save a worksheet as the client's therapist (Carla's by default) and share it if `shared`."""
    client = client or cast.carla
    spec = worksheet(name)
    episode = client.episode
    assert episode is not None
    artefact = save_artefact(
        id=uuid.uuid4(),
        episode=episode,
        worksheet=name,
        by=client.therapist,
        filled=parse_values(spec, values),
        revision=0,
        at=timezone.now(),
    )
    if shared:
        share_artefact(artefact=artefact, by=client.therapist, client=True)
    return artefact


def reload(artefact: Artefact) -> Artefact:
    return Artefact.objects.unscoped(reason="a test looks").get(id=artefact.id)


def enter_middle_phase(cast: Cast) -> None:
    Episode.objects.visible_to(cast.alma).update(phase="middle")


def page_of(cast: Cast) -> OwnPage:
    return OwnPage.objects.visible_to(cast.alma).get()


# ---- link and code ---------------------------------------------------------------------------------------------------
def test_the_link_alone_shows_nothing_and_names_nobody(cast: Cast, browser: Browser) -> None:
    new_artefact(cast, "story_card", {"story": "The harbour", "before": "I ran away"})
    link = new_link(cast)
    assert re.fullmatch(r"/p/[\w-]{43}/", link.path)
    page = browser.get(link.path).content.decode()
    for word in ("Carla", "Alma", "harbour", "session"):
        assert word not in page
    assert browser.get("/own/").status_code == 410
    assert OwnPage.objects.visible_to(cast.alma).filter(token_digest__contains=link.token).count() == 0
    assert link.code not in page_of(cast).code_hash


def test_the_code_opens_the_page_and_is_audited(cast: Cast) -> None:
    page = visiting_browser(cast).get("/own/")
    assert page.status_code == 200
    assert "Hello, Carla C." in page.content.decode()
    row = Entry.objects.filter(action="own_page.opened").get()
    assert (row.actor, row.client) == ("", str(cast.carla.id))
    assert Entry.objects.filter(action="own_page.read", client=str(cast.carla.id)).count() == 1
    assert page.headers["Cache-Control"] == "no-store, private"


def test_a_code_may_contain_spaces(cast: Cast, browser: Browser) -> None:
    link = new_link(cast)
    assert browser.post(link.path, {"code": f" {link.code[:3]} {link.code[3:]}"}).status_code == 302


def test_the_cookie_of_a_visit_is_strict(cast: Cast, alma: Browser) -> None:
    browser, link = Browser(), new_link(cast)
    answer = browser.post(link.path, {"code": link.code})
    assert answer.cookies[settings.SESSION_COOKIE_NAME]["samesite"] == "Strict"
    assert answer.cookies[settings.SESSION_COOKIE_NAME]["httponly"]


def wrong_code(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_five_wrong_codes_lock_the_page_even_for_the_right_one(cast: Cast) -> None:
    link = new_link(cast)
    # another browser each time: the database counts attempts per page
    statuses = [Browser().post(link.path, {"code": wrong_code(link.code)}).status_code for _ in range(5)]
    assert statuses == [400, 400, 400, 400, 429]
    assert Browser().post(link.path, {"code": link.code}).status_code == 429
    assert Browser().get("/own/").status_code == 410
    later = timezone.now() + actions.LOCK_DURATION + timedelta(seconds=1)
    with patch("securebase.workbench.own_pages.pages.timezone.now", return_value=later):
        assert Browser().post(link.path, {"code": link.code}).status_code == 302
    assert Entry.objects.filter(action="own_page.code_refused", client=str(cast.carla.id)).count() == 5


def test_twenty_wrong_codes_end_the_link_and_inform_the_therapist(cast: Cast, alma: Browser) -> None:
    link, now = new_link(cast), timezone.now()
    entries = []
    for n in range(20):
        # the lock expires after every five attempts
        at = now + n // 5 * (actions.LOCK_DURATION + timedelta(minutes=1))
        entries.append(actions.try_code(page_id=link.page.id, code=wrong_code(link.code), at=at))
    assert entries.count(actions.CodeOutcome.LOCKED) == 3
    assert entries[-1] is actions.CodeOutcome.ENDED
    assert Browser().get(link.path).status_code == 410
    assert "wrong code twenty times" in alma.get(reverse("own-page-settings", args=[cast.carla.id])).content.decode()


def test_a_right_code_resets_the_failures_in_a_row_but_not_the_total(cast: Cast) -> None:
    link, now = new_link(cast), timezone.now()
    for _ in range(4):
        actions.try_code(page_id=link.page.id, code="nonsense", at=now)
    assert actions.try_code(page_id=link.page.id, code=link.code, at=now) is actions.CodeOutcome.OPEN
    row = page_of(cast)
    assert (row.failures, row.failures_of_link) == (0, 4)


def test_a_new_link_ends_the_old_link_its_code_and_its_visits(cast: Cast) -> None:
    old, visitor = new_link(cast), Browser()
    visitor.post(old.path, {"code": old.code})
    assert visitor.get("/own/").status_code == 200
    new = new_link(cast)
    assert visitor.get("/own/").status_code == 410
    assert Browser().get(old.path).status_code == 410
    if old.code != new.code:
        assert Browser().post(new.path, {"code": old.code}).status_code == 400
    assert Browser().post(new.path, {"code": new.code}).status_code == 302


def test_a_link_expires(cast: Cast, browser: Browser) -> None:
    at = timezone.now() - timedelta(weeks=settings.OWN_PAGE_WEEKS, minutes=1)
    link = new_link(cast, at)
    assert browser.get(link.path).status_code == 410
    assert browser.post(link.path, {"code": link.code}).status_code == 410


def test_a_visit_ends_when_the_link_expires(cast: Cast) -> None:
    browser = visiting_browser(cast)
    assert browser.get("/own/").status_code == 200
    OwnPage.objects.visible_to(cast.alma).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert browser.get("/own/").status_code == 410


def test_an_idle_visit_asks_for_the_code_and_continues_on_the_same_page(cast: Cast) -> None:
    browser, link = Browser(), new_link(cast)
    browser.post(link.path, {"code": link.code})
    session = browser.session
    session["own_page"] = session["own_page"] | {"seen": session["own_page"]["seen"] - 16 * 60}
    session.save()
    answer = browser.get("/own/end/")
    assert answer.status_code == 403
    assert "Close your page for good?" not in answer.content.decode()
    quiet = browser.post("/own/still-here/", headers={"X-Autosave": "1"})
    assert quiet.status_code == 403
    # a later request does not reopen it
    assert browser.get("/own/").status_code == 403
    assert browser.post("/own/code/", {"code": wrong_code(link.code)}).status_code == 400
    back = browser.post("/own/code/", {"code": link.code, "next": "/own/end/"})
    assert back.headers["Location"] == "/own/end/"
    assert browser.get("/own/end/").status_code == 200


def test_the_code_form_redirects_only_within_the_own_page(cast: Cast, browser: Browser) -> None:
    link = new_link(cast)
    answer = browser.post(link.path, {"code": link.code, "next": "//elsewhere.example/own/"})
    assert answer.headers["Location"] == "/own/"


def test_close_leaves_nothing_in_the_browser(cast: Cast) -> None:
    browser = visiting_browser(cast)
    assert "Nothing you wrote stays on this device" in browser.post("/own/close/").content.decode()
    assert "own_page" not in browser.session
    assert browser.get("/own/").status_code == 410


def test_the_client_can_close_the_page_for_good_and_the_therapist_sees_it(cast: Cast, alma: Browser) -> None:
    browser = visiting_browser(cast)
    assert "closed for good" in browser.post("/own/end/").content.decode()
    assert browser.get("/own/").status_code == 410
    assert not page_of(cast).is_open(timezone.now())
    page = alma.get(reverse("own-page-settings", args=[cast.carla.id])).content.decode()
    assert "The client closed it for good" in page


def test_help_is_on_every_page_with_or_without_the_code(cast: Cast) -> None:
    cast.alma.clinic.help_text = "Ring the harbour bell."
    cast.alma.clinic.save()
    formulation = new_artefact(cast, "formulation", {"narrative": "It began when Ana left"})
    browser, link = Browser(), new_link(cast)
    paths = [link.path]
    pages = [browser.get(link.path), browser.post(link.path, {"code": wrong_code(link.code)})]
    browser.post(link.path, {"code": link.code})
    paths = ["/own/", "/own/end/", f"/own/sheet/formulation/{formulation.id}/"]
    pages += [browser.get(path) for path in paths] + [browser.post("/own/close/")]
    for page in pages:
        text = page.content.decode()
        assert 'href="#help"' in text
        assert "Ring the harbour bell." in text
    assert "local emergency number" in Browser().get("/p/nobody-has-this/").content.decode()


def test_a_visit_signs_staff_out(cast: Cast, alma: Browser) -> None:
    link = new_link(cast)
    assert alma.get("/own/").status_code == 410
    alma.post(link.path, {"code": link.code})
    assert alma.get("/own/").status_code == 200
    assert alma.get("/").headers["Location"].startswith("/sign-in/")


def test_handing_over_the_device_needs_no_link_or_code(cast: Cast, alma: Browser) -> None:
    answer = alma.post(reverse("own-page-hand-over", args=[cast.carla.id]))
    assert answer.headers["Location"] == "/own/"
    enter_middle_phase(cast)
    page = alma.get("/own/")
    assert "Hello, Carla C." in page.content.decode()
    assert alma.get("/").headers["Location"].startswith("/sign-in/")
    sheet = alma.get("/own/sheet/story_card/", follow=True).content.decode()
    assert 'data-keep="no"' in sheet
    closed_page = alma.post("/own/close/").content.decode()
    assert "Please give the device back" in closed_page
    assert alma.get("/own/").status_code == 410


def test_an_idle_handed_over_device_closes_the_page(cast: Cast, alma: Browser) -> None:
    alma.post(reverse("own-page-hand-over", args=[cast.carla.id]))
    session = alma.session
    session["own_page"] = session["own_page"] | {"seen": session["own_page"]["seen"] - 16 * 60}
    session.save()
    assert "give the device back" in alma.get("/own/").content.decode()
    assert "own_page" not in alma.session


def test_link_and_code_are_shown_once(cast: Cast, alma: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "ADDRESS", "https://clinic.example")
    soup = BeautifulSoup(alma.post(reverse("own-page-link", args=[cast.carla.id])).content, "html.parser")
    link = soup.find(id="link")["value"]
    code = soup.find(class_="own-code-digits").text
    assert link.startswith("https://clinic.example/p/")
    assert Browser().post(link.removeprefix("https://clinic.example"), {"code": code}).status_code == 302
    later = alma.get(reverse("own-page-settings", args=[cast.carla.id])).content.decode()
    assert link not in later
    assert code not in later


def test_without_an_address_there_is_no_link(cast: Cast, alma: Browser) -> None:
    assert alma.post(reverse("own-page-link", args=[cast.carla.id])).status_code == 302
    assert OwnPage.objects.visible_to(cast.alma).count() == 0


def test_the_therapist_can_close_an_open_page(cast: Cast, alma: Browser) -> None:
    browser = visiting_browser(cast)
    alma.post(reverse("own-page-close", args=[cast.carla.id]))
    assert browser.get("/own/").status_code == 410


def test_only_the_clients_therapist_may_create_or_close_the_page(cast: Cast) -> None:
    page = new_link(cast).page
    for act in (
        lambda: actions.make_link(client=cast.carla, by=cast.dario, at=timezone.now()),
        lambda: actions.hand_over(client=cast.carla, by=cast.dario),
        lambda: actions.close_page(page=page, by=cast.dario, at=timezone.now()),
        lambda: actions.set_page_contents(page=page, by=cast.dario, graph=True, circle=True),
        lambda: actions.get_or_create_page(client=cast.carla, by=cast.dario),
    ):
        with pytest.raises(NotPermittedError):
            act()


def test_the_code_form_needs_a_csrf_token(cast: Cast) -> None:
    link = new_link(cast)
    browser = Browser(enforce_csrf_checks=True)
    assert browser.post(link.path, {"code": link.code}).status_code == 403


# ---- content ---------------------------------------------------------------------------------------------------------
def test_home_shows_next_session_goals_and_shared_worksheets(cast: Cast) -> None:
    at = timezone.now() + timedelta(days=3)
    create_session(episode=cast.episode, by=cast.alma, number=2, held_at=at)
    new_artefact(cast, "contract", {"goals": [{"goal": "Ring Ana once a week"}, {"how_we_know": "no goal"}]})
    new_artefact(cast, "story_card", {"story": "The harbour", "before": "I ran away"})
    text = BeautifulSoup(visiting_browser(cast).get("/own/").content, "html.parser").get_text(" ")
    assert f"{timezone.localtime(at):%H:%M}" in text
    assert "Ring Ana once a week" in text
    assert "The harbour" in text


def test_home_says_truthfully_who_can_see_it(cast: Cast) -> None:
    page = visiting_browser(cast).get("/own/").content.decode()
    assert "Alma can see everything on this page." in page
    for reader in ("the person who referred you", "without your name, to a supervisor or researchers"):
        assert reader in page
    assert "Only you" not in page


def test_unshared_worksheets_are_hidden_and_unreachable(cast: Cast) -> None:
    hidden = new_artefact(cast, "story_card", {"story": "Secret shore", "before": "x"}, shared=False)
    removed = new_artefact(cast, "story_card", {"story": "Removed reef", "before": "x"})
    remove_artefact(artefact=reload(removed), by=cast.alma, at=timezone.now())
    other_client = clients.create_client(therapist=cast.alma, name_shown="Nora N.", began_on=BEGAN)
    strange = new_artefact(cast, "story_card", {"story": "Norse story", "before": "x"}, client=other_client)
    note = new_artefact(cast, "session_note", {"event": "Quarrel", "note": "mine alone"}, shared=False)
    Artefact.objects.visible_to(cast.alma).filter(id=note.id).update(for_client=True)  # even then
    browser = visiting_browser(cast)
    home = browser.get("/own/").content.decode()
    for words in ("Secret shore", "Removed reef", "Norse story", "Quarrel", "Nora"):
        assert words not in home
    enter_middle_phase(cast)
    for artefact in (hidden, removed, strange, note):
        path = f"/own/sheet/{artefact.worksheet}/{artefact.id}/"
        assert browser.get(path).status_code == 404
        assert browser.post(path, {"story": "taken over", "revision": "1"}).status_code == 404
        assert browser.post(path + "answer/", {"agreement": "agreed", "version": "1"}).status_code == 404
    assert "taken over" not in str([a.values for a in Artefact.objects.unscoped(reason="a test looks")])


def test_therapist_fields_of_a_shared_worksheet_are_hidden(cast: Cast) -> None:
    artefact = new_artefact(cast, "formulation", {"narrative": "It began when Ana left", "client_said": "hm, doubtful"})
    page = visiting_browser(cast).get(f"/own/sheet/formulation/{artefact.id}/").content.decode()
    assert "It began when Ana left" in page
    assert "doubtful" not in page


@pytest.mark.parametrize("name", ["session_note", "problem_area", "fidelity_checklist", "nonsense", "contract"])
def test_clients_can_begin_only_worksheets_for_clients(cast: Cast, name: str) -> None:
    enter_middle_phase(cast)
    browser = visiting_browser(cast)
    assert browser.get(f"/own/sheet/{name}/").status_code == 404
    path = f"/own/sheet/{name}/{uuid.uuid4()}/"
    assert browser.get(path).status_code == 404
    assert browser.post(path, {"revision": "0", "story": "x", "what_happened": "x"}).status_code == 404
    assert cast.episode.artefacts.count() == 0


def test_a_story_card_is_autosaved_as_the_clients_own(cast: Cast) -> None:
    enter_middle_phase(cast)
    browser = visiting_browser(cast)
    path = browser.get("/own/sheet/story_card/").headers["Location"]
    data = {"story": "The harbour", "before": "I ran away", "revision": "0"}
    reply = browser.post(path, data, headers={"X-Autosave": "1"}).json()
    assert reply["revision"] == 1
    artefact = cast.episode.artefacts.get()
    assert artefact.values == {"story": "The harbour", "before": "I ran away"}
    assert artefact.respondent == Respondent.CLIENT
    assert artefact.for_client
    version = artefact.versions.get()
    assert (version.saved_by, version.respondent) == (None, "client")
    assert Entry.objects.filter(action="artefact.begun", actor="", client=str(cast.carla.id)).exists()
    # a stale page overwrites nothing
    stale = browser.post(path, data | {"story": "Another"}, headers={"X-Autosave": "1"})
    assert stale.status_code == 409
    plain = browser.post(path, data | {"story": "The old harbour", "revision": "1"})
    assert plain.headers["Location"] == "/own/"
    assert reload(artefact).values["story"] == "The old harbour"


def test_autosave_distinguishes_empty_input_from_conflicts(cast: Cast) -> None:
    enter_middle_phase(cast)
    browser = visiting_browser(cast)
    path = browser.get("/own/sheet/story_card/").headers["Location"]
    refusal = browser.post(path, {"revision": "0"}, headers={"X-Autosave": "1"})
    assert (refusal.status_code, refusal.json()["empty"]) == (400, True)
    browser.post(path, {"story": "The harbour", "revision": "0"}, headers={"X-Autosave": "1"})
    conflict = browser.post(path, {"story": "Another", "revision": "0"}, headers={"X-Autosave": "1"})
    assert (conflict.status_code, conflict.json()["empty"]) == (409, False)


def test_fields_hidden_from_the_client_keep_their_values(cast: Cast) -> None:
    enter_middle_phase(cast)
    artefact = new_artefact(cast, "story_card", {"story": "The harbour", "before": "x"})
    Artefact.objects.visible_to(cast.alma).filter(id=artefact.id).update(values=artefact.values | {"old_field": "kept"})
    now = reload(artefact)
    data = {"story": "Mine", "before": "y", "revision": str(now.revision)}
    visiting_browser(cast).post(f"/own/sheet/story_card/{artefact.id}/", data)
    assert reload(artefact).values == {"story": "Mine", "before": "y", "old_field": "kept"}


@pytest.mark.parametrize(("agreement", "words"), [("agreed", ""), ("edited", "It began earlier"), ("declined", "No")])
def test_the_client_reads_and_answers_the_formulation(cast: Cast, agreement: str, words: str) -> None:
    artefact = new_artefact(cast, "formulation", {"narrative": "It began when Ana left"})
    browser = visiting_browser(cast)
    assert "Please read: “How we understand it”" in browser.get("/own/").content.decode()
    path = f"/own/sheet/formulation/{artefact.id}/"
    browser.post(path + "answer/", {"agreement": agreement, "said": words, "version": "1", "revision": "1"})
    row = reload(artefact)
    assert row.agreement == agreement
    assert row.versions.get().said == words
    assert row.values == {"narrative": "It began when Ana left"}
    assert "Please read: “How we understand it”" not in browser.get("/own/").content.decode()
    assert Entry.objects.filter(action="artefact.answered", actor="", client=str(cast.carla.id)).exists()


@pytest.mark.parametrize(
    ("data", "status"),
    [({}, 400), ({"agreement": "perhaps"}, 400), ({"agreement": "edited"}, 400), ({"agreement": "agreed"}, 409)],
)
def test_an_invalid_or_outdated_answer_is_refused(cast: Cast, data: dict[str, str], status: int) -> None:
    artefact = new_artefact(cast, "formulation", {"narrative": "It began when Ana left"})
    path = f"/own/sheet/formulation/{artefact.id}/answer/"
    words = {} if data.get("agreement") == "edited" else {"said": "It began earlier"}
    refused = visiting_browser(cast).post(path, {"version": "7"} | data | words)
    assert refused.status_code == status
    page = BeautifulSoup(refused.content, "html.parser")
    assert page.find("textarea", id="said").get_text() == words.get("said", "")
    expected = [a for a in [data.get("agreement", "")] if a in {"edited", "agreed"}]
    assert [i["value"] for i in page.select("[name=agreement][checked]")] == expected
    assert reload(artefact).agreement == Agreement.OPEN


def test_an_open_check_in_can_be_answered_from_the_page(cast: Cast) -> None:
    old = cast.invite(at=timezone.now())
    expires = old.check_in.expires_at
    browser = visiting_browser(cast)
    assert "Your check-in is ready" in browser.get("/own/").content.decode()
    path = browser.post(reverse("own-check-in", args=[old.check_in.id])).headers["Location"]
    assert path != old.path
    assert browser.get(path).status_code == 200
    assert Browser().get(old.path).status_code == 410
    assert CheckIn.objects.visible_to(cast.alma).get().expires_at == expires


def test_other_check_ins_are_unreachable(cast: Cast) -> None:
    other_client = clients.create_client(therapist=cast.alma, name_shown="Nora N.", began_on=BEGAN)
    episode = other_client.episode
    assert episode is not None
    session = create_session(episode=episode, by=cast.alma, number=1, held_at=timezone.now())
    from_another = type(cast)(**(vars(cast) | {"carla": other_client, "session": session}))
    theirs = from_another.invite(at=timezone.now()).check_in
    on_paper = cast.invite(Moment.AFTER, CheckInMode.PAPER, at=timezone.now()).check_in
    ran_out = cast.invite(at=timezone.now() - timedelta(days=9)).check_in
    browser = visiting_browser(cast)
    for check_in in (theirs, on_paper, ran_out):
        assert browser.post(reverse("own-check-in", args=[check_in.id])).status_code == 404
    assert "Your check-in is ready" not in browser.get("/own/").content.decode()


# ---- on paper --------------------------------------------------------------------------------------------------------
def test_a_paper_form_typed_in_counts_as_the_clients(cast: Cast, alma: Browser) -> None:
    path = reverse("worksheet", args=[cast.carla.id, "story_card", uuid.uuid4()])
    alma.post(path, {"story": "The harbour", "revision": "0", "from_paper": "1"})
    artefact = cast.episode.artefacts.get()
    assert artefact.respondent == Respondent.CLIENT
    version = artefact.versions.get()
    assert (version.saved_by, version.respondent) == (cast.alma.id, "client")
    ticked = BeautifulSoup(alma.get(path).content, "html.parser").find("input", attrs={"name": "from_paper"})
    assert ticked.has_attr("checked")
    # the therapist's own text afterwards is a separate version
    alma.post(path, {"story": "The harbour, again", "revision": "1"})
    assert [v.respondent for v in artefact.versions.all()] == ["client", "therapist"]


def test_a_worksheet_for_therapists_is_never_the_clients(cast: Cast, alma: Browser) -> None:
    path = reverse("worksheet", args=[cast.carla.id, "incident", uuid.uuid4()])
    alma.post(path, {"what_happened": "She hung up", "revision": "0", "from_paper": "1"})
    assert cast.episode.artefacts.get().respondent == Respondent.THERAPIST


# ---- circle and line -------------------------------------------------------------------------------------------------
def test_the_clients_circle_hides_the_therapists_ratings(cast: Cast) -> None:
    now = timezone.now()
    person = add_relationship(
        episode=cast.episode, by=cast.alma, name_shown="Anastasia", relation="rival", is_focus=True, at=now
    )
    earlier = Placement(str(person.id), 0.9, 0.0, tension=True)
    draw_circle(episode=cast.episode, by=cast.alma, placements=[earlier], at=now, respondent=Respondent.THERAPIST)
    browser = visiting_browser(cast)
    page = browser.get("/own/circle/").content.decode()
    assert "Anastasia" in page
    for hidden in ("rival", "focus-ring", "by the therapist"):
        assert hidden not in page
    soup = BeautifulSoup(page, "html.parser")
    base_version = soup.find("input", attrs={"name": "revision"})["value"]
    places = json.dumps([{"relationship": str(person.id), "radius": 0.3, "angle": 90.0}])
    data = {"kind": "present", "revision": base_version, "placements": places}
    reply = browser.post("/own/circle/save/", data, headers={"X-Autosave": "1"})
    assert reply.status_code == 200
    last = cast.episode.circles.order_by("drawn_at").last()
    assert last is not None
    assert (last.respondent, last.drawn_by, last.placement_values[0].radius) == ("client", None, 0.3)
    # a stale circle is not saved
    stale = browser.post("/own/circle/save/", data)
    assert stale.status_code == 302
    assert cast.episode.circles.count() == 2


def test_the_client_adds_a_person_by_first_name(cast: Cast) -> None:
    browser = visiting_browser(cast)
    browser.post("/own/circle/person/", {"name": "  Ben "})
    assert browser.post("/own/circle/person/", {"name": "   "}).status_code == 400
    assert [p.name_shown for p in cast.episode.relationships.all()] == ["Ben"]
    assert Entry.objects.filter(action="relationship.added", actor="", client=str(cast.carla.id)).count() == 1


def test_a_refused_circle_and_a_refused_name_are_shown_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = visiting_browser(cast)
    browser.post("/own/circle/person/", {"name": "Ben"})
    ben = cast.episode.relationships.get().id
    data = {"typed": "1", "kind": "present", "revision": " 0", f"ring_{ben}": "close", f"hour_{ben}": "3"}
    assert browser.post("/own/circle/save/", data).status_code == 302
    stale = browser.post("/own/circle/save/", data | {f"ring_{ben}": "wider"})
    assert stale.status_code == 409
    chosen = BeautifulSoup(stale.content, "html.parser").select_one(f"details[open] [name=ring_{ben}] [selected]")
    assert chosen is not None
    assert chosen["value"] == "wider"
    monkeypatch.setattr("securebase.workbench.inventory.actions.MAX_PEOPLE", 1)
    full = browser.post("/own/circle/person/", {"name": "Lena"})
    assert full.status_code == 400
    assert 'value="Lena"' in full.content.decode()


def test_a_person_of_another_client_cannot_be_placed(cast: Cast) -> None:
    nora = clients.create_client(therapist=cast.alma, name_shown="Nora N.", began_on=BEGAN)
    assert nora.episode is not None
    strange = add_relationship(episode=nora.episode, by=cast.alma, name_shown="Otto", at=timezone.now())
    places = json.dumps([{"relationship": str(strange.id), "radius": 0.3, "angle": 90.0}])
    data = {"kind": "present", "revision": " 0", "placements": places}
    answer = visiting_browser(cast).post("/own/circle/save/", data, headers={"X-Autosave": "1"})
    assert answer.status_code == 400
    assert cast.episode.circles.count() == 0


def test_the_circle_can_be_switched_off(cast: Cast, alma: Browser) -> None:
    browser = visiting_browser(cast)
    alma.post(reverse("own-page-settings", args=[cast.carla.id]), {})
    assert browser.get("/own/circle/").status_code == 404
    assert browser.post("/own/circle/save/", {}).status_code == 404
    assert browser.post("/own/circle/person/", {"name": "Ben"}).status_code == 404
    assert "My circle" not in browser.get("/own/").content.decode()


def test_the_symptom_line_appears_only_if_shared(cast: Cast, alma: Browser) -> None:
    check_in = cast.invite().check_in
    record_check_in(check_in=check_in, responses=answers("session_before", 5.0), submission="s", at=NOON)
    browser = visiting_browser(cast)
    assert "How you have been" not in browser.get("/own/").content.decode()
    alma.post(reverse("own-page-settings", args=[cast.carla.id]), {"graph": "1"})
    page = browser.get("/own/").content.decode()
    assert "How you have been" in page
    assert "You have answered once so far: 5" in page


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([16.0, 4.0], "a real improvement"),
        ([4.0, 16.0], "worse, by more than normal"),
        ([10.0, 9.0], "may just be normal ups and downs"),
    ],
)
def test_a_change_is_compared_with_measurement_error(values: list[float], verdict: str) -> None:
    words = describe_change(instrument("phq9").scale("total"), values)
    assert verdict in words
    assert "0 to 27 (lower is better)" in words


def test_an_answer_to_an_outdated_text_is_refused(cast: Cast) -> None:
    artefact = new_artefact(cast, "formulation", {"narrative": "You fell ill when you lost her."})
    browser = visiting_browser(cast)
    page = BeautifulSoup(browser.get(f"/own/sheet/formulation/{artefact.id}/").content, "html.parser")
    form = page.find("form", {"action": f"/own/sheet/formulation/{artefact.id}/answer/"})
    assert form is not None
    fields = {i["name"]: i["value"] for i in form.select("input[type=hidden]") if i["name"] != "csrfmiddlewaretoken"}
    # within a sitting, the therapist's new text belongs to the same version
    save_artefact(
        id=artefact.id,
        episode=cast.episode,
        worksheet="formulation",
        by=cast.alma,
        filled=parse_values(worksheet("formulation"), {"narrative": "You were always like this."}),
        revision=artefact.revision,
        at=timezone.now(),
    )
    url = f"/own/sheet/formulation/{artefact.id}/answer/"
    refused = browser.post(url, fields | {"agreement": "agreed"})
    assert refused.status_code == 409
    assert "changed while you were reading it" in refused.content.decode()
    assert reload(artefact).agreement == Agreement.OPEN
    assert reload(artefact).version == artefact.version


def test_closing_for_good_clears_browser_storage(cast: Cast) -> None:
    page = BeautifulSoup(visiting_browser(cast).get("/own/end/").content, "html.parser")
    assert page.select_one("form[data-forget]") is not None


def test_the_therapist_sees_recent_client_activity(cast: Cast, alma: Browser) -> None:
    enter_middle_phase(cast)
    artefact = new_artefact(cast, "formulation", {"narrative": "It began when Ana left"})
    browser, path = visiting_browser(cast), reverse("own-page-settings", args=[cast.carla.id])
    assert "Recent activity" not in alma.get(path).content.decode()
    browser.post(browser.get("/own/sheet/story_card/").headers["Location"], {"story": "The harbour", "revision": "0"})
    data = {"agreement": "agreed", "version": "1", "revision": str(reload(artefact).revision)}
    browser.post(f"/own/sheet/formulation/{artefact.id}/answer/", data)
    page = alma.get(path).content.decode()
    assert "wrote in “Story card”" in page
    assert "answered “Formulation”" in page


# ---- words for the client --------------------------------------------------------------------------------------------
def sample_value(field: Field) -> Any:
    """Return a value that fits the field."""
    match field.kind:
        case FieldKind.LINE | FieldKind.TEXT:
            return "some words"
        case FieldKind.SCALE | FieldKind.NUMBER | FieldKind.EXTENT:
            return f"{field.minimum:g}"
        case FieldKind.CHOICE | FieldKind.CHOICES:
            return field.options[0].value
        case FieldKind.YES_NO:
            return "yes"
        case FieldKind.DATE:
            return "2026-03-09"
        case FieldKind.ROWS:
            return [{column.id: sample_value(column) for column in field.columns}]
    return ""


def assert_addresses_the_client(page: bytes, name: str) -> None:
    text = " ".join(BeautifulSoup(page, "html.parser").get_text(" ").split())
    assert "the client" not in text.lower(), name
    assert [spec.id for spec in worksheets().values() if spec.teaches and spec.teaches in text] == [], name


def test_no_page_speaks_about_the_client_or_shows_a_therapists_instructions(cast: Cast) -> None:
    Episode.objects.visible_to(cast.alma).update(phase="ending")
    OwnPage.objects.visible_to(cast.alma).update(shows_graph=True, shows_circle=True)
    browser = visiting_browser(cast)
    new_sheets = [spec.id for spec in worksheets().values() if spec.client_fills]
    assert len(new_sheets) > 3
    for name in new_sheets:
        path = browser.get(f"/own/sheet/{name}/").headers["Location"]
        page = browser.get(path)
        assert page.status_code == 200
        assert_addresses_the_client(page.content, name)
    for spec in (w for w in worksheets().values() if w.for_client):
        artefact = new_artefact(cast, spec.id, {f.id: sample_value(f) for f in spec.fields})
        assert_addresses_the_client(browser.get(f"/own/sheet/{spec.id}/{artefact.id}/").content, spec.id)
    for path in ("/own/", "/own/circle/", "/own/end/"):
        assert_addresses_the_client(browser.get(path).content, path)
    assert_addresses_the_client(Browser().get(new_link(cast).path).content, "code")
    assert_addresses_the_client(Browser().get("/own/").content, "closed")


@pytest.mark.parametrize("moment", [Moment.BEFORE, Moment.AFTER])
def test_no_check_in_speaks_about_the_client(cast: Cast, browser: Browser, moment: Moment) -> None:
    invitation = cast.invite(moment, at=timezone.now())
    assert browser.get(invitation.path).status_code == 200
    assert_addresses_the_client(browser.get(invitation.path).content, "check-in")
    assert_addresses_the_client(browser.post(invitation.path, {"submission": "a"}).content, "unanswered")
    browser.post(invitation.path, {"submission": "a", "item_1": "3", "as_it_is": "1"})
    assert_addresses_the_client(browser.get(invitation.path + "sent/").content, "sent")
    assert_addresses_the_client(Browser().get(invitation.path).content, "closed")
