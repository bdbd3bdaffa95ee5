"""The client's own page: neither link nor code alone opens it, and only what was shared is behind it."""

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
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from securebase.errors import NotPermittedError
from securebase.ipt.parsing import parse_values
from securebase.ipt.shelf import worksheet
from securebase.measurement.catalogue import instrument
from securebase.records.artefact import Placement
from securebase.records.vocabulary import Agreement, Moment, Respondent
from securebase.workbench.audit.models import Entry
from securebase.workbench.clients import actions as clients
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.inventory.actions import add_relationship, draw_circle
from securebase.workbench.own_pages import actions
from securebase.workbench.own_pages.models import OwnPage
from securebase.workbench.own_pages.symptom_line import describe_change
from securebase.workbench.therapy_sessions.actions import create_session, record_check_in
from securebase.workbench.therapy_sessions.models import CheckIn, CheckInMode
from securebase.workbench.worksheets.actions import remove_artefact, save_artefact, share_artefact
from securebase.workbench.worksheets.models import Artefact
from workbench.cast import BEGAN, NOON, Cast, answers


def new_link(cast: Cast, at: datetime | None = None) -> actions.NewLink:
    return actions.make_link(client=cast.carla, by=cast.alma, at=at or timezone.now())


def opened(cast: Cast) -> Browser:
    """A browser in which Carla has typed her code."""
    browser, made = Browser(), new_link(cast)
    assert browser.post(made.path, {"code": made.code}).headers["Location"] == "/own/"
    return browser


def kept(cast: Cast, name: str, values: dict[str, Any], *, shared: bool = True, of: Client | None = None) -> Artefact:
    """A worksheet that the therapist filled in."""
    client = of or cast.carla
    spec = worksheet(name)
    episode = client.episode
    assert episode is not None
    made = save_artefact(
        id=uuid.uuid4(),
        episode=episode,
        worksheet=name,
        by=client.therapist,
        filled=parse_values(spec, values),
        revision=0,
        at=timezone.now(),
    )
    if shared:
        share_artefact(artefact=made, by=client.therapist, client=True)
    return made


def again(found: Artefact) -> Artefact:
    return Artefact.objects.unscoped(reason="a test looks").get(id=found.id)


def middle(cast: Cast) -> None:
    Episode.objects.visible_to(cast.alma).update(phase="middle")


def page_of(cast: Cast) -> OwnPage:
    return OwnPage.objects.visible_to(cast.alma).get()


# ---- link and code ---------------------------------------------------------------------------------------------------
def test_the_link_names_nobody_and_alone_shows_nothing(cast: Cast, browser: Browser) -> None:
    kept(cast, "story_card", {"story": "The harbour", "before": "I ran away"})
    made = new_link(cast)
    assert re.fullmatch(r"/p/[\w-]{43}/", made.path)
    page = browser.get(made.path).content.decode()
    for word in ("Carla", "Alma", "harbour", "session"):
        assert word not in page
    assert browser.get("/own/").status_code == 410
    assert OwnPage.objects.visible_to(cast.alma).filter(token_digest__contains=made.token).count() == 0
    assert made.code not in page_of(cast).code_hash


def test_the_code_opens_it_and_that_is_written_down(cast: Cast) -> None:
    page = opened(cast).get("/own/")
    assert page.status_code == 200
    assert "Hello, Carla C." in page.content.decode()
    row = Entry.objects.filter(action="own_page.opened").get()
    assert (row.actor, row.client) == ("", str(cast.carla.id))
    assert Entry.objects.filter(action="own_page.read", client=str(cast.carla.id)).count() == 1
    assert page.headers["Cache-Control"] == "no-store, private"


def test_a_code_may_be_typed_with_a_space(cast: Cast, browser: Browser) -> None:
    made = new_link(cast)
    assert browser.post(made.path, {"code": f" {made.code[:3]} {made.code[3:]}"}).status_code == 302


def test_the_cookie_of_a_visit_is_strict_and_a_sign_ins_is_not(cast: Cast, alma: Browser) -> None:
    browser, made = Browser(), new_link(cast)
    answer = browser.post(made.path, {"code": made.code})
    assert answer.cookies[settings.SESSION_COOKIE_NAME]["samesite"] == "Strict"
    assert answer.cookies[settings.SESSION_COOKIE_NAME]["httponly"]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_five_wrong_codes_close_it_for_a_while_also_for_the_right_one(cast: Cast) -> None:
    made = new_link(cast)
    # another browser each time: what is counted is the page's, and stands in the database
    said = [Browser().post(made.path, {"code": wrong(made.code)}).status_code for _ in range(5)]
    assert said == [400, 400, 400, 400, 429]
    assert Browser().post(made.path, {"code": made.code}).status_code == 429
    assert Browser().get("/own/").status_code == 410
    later = timezone.now() + actions.LOCKED_FOR + timedelta(seconds=1)
    with patch("securebase.workbench.own_pages.pages.timezone.now", return_value=later):
        assert Browser().post(made.path, {"code": made.code}).status_code == 302
    assert Entry.objects.filter(action="own_page.code_refused", client=str(cast.carla.id)).count() == 5


def test_twenty_wrong_codes_end_the_link_and_the_therapist_is_told(cast: Cast, alma: Browser) -> None:
    made, now = new_link(cast), timezone.now()
    entries = []
    for n in range(20):
        # between five and five the lock has lapsed
        at = now + n // 5 * (actions.LOCKED_FOR + timedelta(minutes=1))
        entries.append(actions.try_code(page_id=made.page.id, code=wrong(made.code), at=at))
    assert entries.count(actions.CodeOutcome.LOCKED) == 3
    assert entries[-1] is actions.CodeOutcome.ENDED
    assert Browser().get(made.path).status_code == 410
    assert "wrong code twenty times" in alma.get(reverse("own-page-settings", args=[cast.carla.id])).content.decode()


def test_a_right_code_forgives_those_in_a_row_but_not_the_sum(cast: Cast) -> None:
    made, now = new_link(cast), timezone.now()
    for _ in range(4):
        actions.try_code(page_id=made.page.id, code="nonsense", at=now)
    assert actions.try_code(page_id=made.page.id, code=made.code, at=now) is actions.CodeOutcome.OPEN
    row = page_of(cast)
    assert (row.failures, row.failures_of_link) == (0, 4)


def test_a_new_link_ends_the_old_one_its_code_and_its_visits(cast: Cast) -> None:
    old, visitor = new_link(cast), Browser()
    visitor.post(old.path, {"code": old.code})
    assert visitor.get("/own/").status_code == 200
    new = new_link(cast)
    assert visitor.get("/own/").status_code == 410
    assert Browser().get(old.path).status_code == 410
    if old.code != new.code:
        assert Browser().post(new.path, {"code": old.code}).status_code == 400
    assert Browser().post(new.path, {"code": new.code}).status_code == 302


def test_it_runs_out(cast: Cast, browser: Browser) -> None:
    at = timezone.now() - timedelta(weeks=settings.OWN_PAGE_WEEKS, minutes=1)
    made = new_link(cast, at)
    assert browser.get(made.path).status_code == 410
    assert browser.post(made.path, {"code": made.code}).status_code == 410


def test_a_visit_ends_when_the_link_runs_out(cast: Cast) -> None:
    browser = opened(cast)
    assert browser.get("/own/").status_code == 200
    OwnPage.objects.visible_to(cast.alma).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert browser.get("/own/").status_code == 410


def test_an_idle_visit_asks_for_the_code_again_and_goes_on_where_it_was(cast: Cast) -> None:
    browser, made = Browser(), new_link(cast)
    browser.post(made.path, {"code": made.code})
    session = browser.session
    session["own_page"] = session["own_page"] | {"seen": session["own_page"]["seen"] - 16 * 60}
    session.save()
    answer = browser.get("/own/end/")
    assert answer.status_code == 403
    assert "Close your page for good?" not in answer.content.decode()
    quiet = browser.post("/own/still-here/", headers={"X-Autosave": "1"})
    assert quiet.status_code == 403
    # a request after it does not open it again by itself
    assert browser.get("/own/").status_code == 403
    assert browser.post("/own/code/", {"code": wrong(made.code)}).status_code == 400
    back = browser.post("/own/code/", {"code": made.code, "next": "/own/end/"})
    assert back.headers["Location"] == "/own/end/"
    assert browser.get("/own/end/").status_code == 200


def test_going_on_never_leads_elsewhere(cast: Cast, browser: Browser) -> None:
    made = new_link(cast)
    answer = browser.post(made.path, {"code": made.code, "next": "//elsewhere.example/own/"})
    assert answer.headers["Location"] == "/own/"


def test_close_leaves_nothing_in_the_browser(cast: Cast) -> None:
    browser = opened(cast)
    assert "Nothing of it stays" in browser.post("/own/close/").content.decode()
    assert "own_page" not in browser.session
    assert browser.get("/own/").status_code == 410


def test_the_client_can_close_it_for_good_and_the_therapist_is_told(cast: Cast, alma: Browser) -> None:
    browser = opened(cast)
    assert "closed for good" in browser.post("/own/end/").content.decode()
    assert browser.get("/own/").status_code == 410
    assert not page_of(cast).is_open(timezone.now())
    page = alma.get(reverse("own-page-settings", args=[cast.carla.id])).content.decode()
    assert "The client closed it for good" in page


def test_help_is_on_every_page_with_or_without_the_code(cast: Cast) -> None:
    cast.alma.clinic.help_text = "Ring the harbour bell."
    cast.alma.clinic.save()
    formulation = kept(cast, "formulation", {"narrative": "It began when Ana left"})
    browser, made = Browser(), new_link(cast)
    paths = [made.path]
    pages = [browser.get(made.path), browser.post(made.path, {"code": wrong(made.code)})]
    browser.post(made.path, {"code": made.code})
    paths = ["/own/", "/own/end/", f"/own/sheet/formulation/{formulation.id}/"]
    pages += [browser.get(path) for path in paths] + [browser.post("/own/close/")]
    for page in pages:
        text = page.content.decode()
        assert 'href="#help"' in text
        assert "Ring the harbour bell." in text
    assert "local emergency number" in Browser().get("/p/nobody-has-this/").content.decode()


def test_staff_and_a_visit_are_never_in_one_browser(cast: Cast, alma: Browser) -> None:
    made = new_link(cast)
    assert alma.get("/own/").status_code == 410
    alma.post(made.path, {"code": made.code})
    assert alma.get("/own/").status_code == 200
    assert alma.get("/").headers["Location"].startswith("/sign-in/")


def test_the_device_can_be_handed_over_without_link_or_code(cast: Cast, alma: Browser) -> None:
    answer = alma.post(reverse("own-page-hand-over", args=[cast.carla.id]))
    assert answer.headers["Location"] == "/own/"
    middle(cast)
    page = alma.get("/own/")
    assert "Hello, Carla C." in page.content.decode()
    assert alma.get("/").headers["Location"].startswith("/sign-in/")
    sheet = alma.get("/own/sheet/story_card/", follow=True).content.decode()
    assert 'data-keep="no"' in sheet
    left = alma.post("/own/close/").content.decode()
    assert "Please give the device back" in left
    assert alma.get("/own/").status_code == 410


def test_a_handed_over_device_that_lies_idle_is_closed(cast: Cast, alma: Browser) -> None:
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
    code = soup.find(class_="own-code-said").text
    assert link.startswith("https://clinic.example/p/")
    assert Browser().post(link.removeprefix("https://clinic.example"), {"code": code}).status_code == 302
    later = alma.get(reverse("own-page-settings", args=[cast.carla.id])).content.decode()
    assert link not in later
    assert code not in later


def test_without_an_address_there_is_no_link(cast: Cast, alma: Browser) -> None:
    assert alma.post(reverse("own-page-link", args=[cast.carla.id])).status_code == 302
    assert OwnPage.objects.visible_to(cast.alma).count() == 0


def test_the_therapist_can_close_it_where_it_is_open(cast: Cast, alma: Browser) -> None:
    browser = opened(cast)
    alma.post(reverse("own-page-close", args=[cast.carla.id]))
    assert browser.get("/own/").status_code == 410


def test_only_her_therapist_may_make_or_close_it(cast: Cast) -> None:
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


def test_nothing_is_sent_without_the_forms_own_token(cast: Cast) -> None:
    made = new_link(cast)
    browser = Browser(enforce_csrf_checks=True)
    assert browser.post(made.path, {"code": made.code}).status_code == 403


# ---- what is behind it -----------------------------------------------------------------------------------------------
def test_home_shows_the_next_session_goals_and_what_was_shared(cast: Cast) -> None:
    at = timezone.now() + timedelta(days=3)
    create_session(episode=cast.episode, by=cast.alma, number=2, held_at=at)
    kept(cast, "contract", {"goals": [{"goal": "Ring Ana once a week"}, {"how_we_know": "no goal"}]})
    kept(cast, "story_card", {"story": "The harbour", "before": "I ran away"})
    text = BeautifulSoup(opened(cast).get("/own/").content, "html.parser").get_text(" ")
    assert f"{timezone.localtime(at):%H:%M}" in text
    assert "Ring Ana once a week" in text
    assert "The harbour" in text


def test_nothing_that_was_not_shared_is_seen_or_reached(cast: Cast) -> None:
    hidden = kept(cast, "story_card", {"story": "Secret shore", "before": "x"}, shared=False)
    removed = kept(cast, "story_card", {"story": "Removed reef", "before": "x"})
    remove_artefact(artefact=again(removed), by=cast.alma, at=timezone.now())
    others = clients.create_client(therapist=cast.alma, name_shown="Nora N.", began_on=BEGAN)
    strange = kept(cast, "story_card", {"story": "Norse story", "before": "x"}, of=others)
    note = kept(cast, "session_note", {"event": "Quarrel", "note": "mine alone"}, shared=False)
    Artefact.objects.visible_to(cast.alma).filter(id=note.id).update(for_client=True)  # even then
    browser = opened(cast)
    home = browser.get("/own/").content.decode()
    for words in ("Secret shore", "Removed reef", "Norse story", "Quarrel", "Nora"):
        assert words not in home
    middle(cast)
    for found in (hidden, removed, strange, note):
        path = f"/own/sheet/{found.worksheet}/{found.id}/"
        assert browser.get(path).status_code == 404
        assert browser.post(path, {"story": "taken over", "revision": "1"}).status_code == 404
        assert browser.post(path + "answer/", {"agreement": "agreed", "version": "1"}).status_code == 404
    assert "taken over" not in str([a.values for a in Artefact.objects.unscoped(reason="a test looks")])


def test_what_is_the_therapists_in_a_shared_sheet_is_not_shown(cast: Cast) -> None:
    found = kept(cast, "formulation", {"narrative": "It began when Ana left", "client_said": "hm, doubtful"})
    page = opened(cast).get(f"/own/sheet/formulation/{found.id}/").content.decode()
    assert "It began when Ana left" in page
    assert "doubtful" not in page


@pytest.mark.parametrize("name", ["session_note", "problem_area", "fidelity_checklist", "nonsense", "contract"])
def test_only_what_is_made_for_clients_can_be_begun_by_one(cast: Cast, name: str) -> None:
    middle(cast)
    browser = opened(cast)
    assert browser.get(f"/own/sheet/{name}/").status_code == 404
    path = f"/own/sheet/{name}/{uuid.uuid4()}/"
    assert browser.get(path).status_code == 404
    assert browser.post(path, {"revision": "0", "story": "x", "what_happened": "x"}).status_code == 404
    assert cast.episode.artefacts.count() == 0


def test_a_story_card_is_saved_while_it_is_written_and_is_the_clients_own(cast: Cast) -> None:
    middle(cast)
    browser = opened(cast)
    path = browser.get("/own/sheet/story_card/").headers["Location"]
    typed = {"story": "The harbour", "before": "I ran away", "revision": "0"}
    told = browser.post(path, typed, headers={"X-Autosave": "1"}).json()
    assert told["revision"] == 1
    found = cast.episode.artefacts.get()
    assert found.values == {"story": "The harbour", "before": "I ran away"}
    assert found.respondent == Respondent.CLIENT
    assert found.for_client
    version = found.versions.get()
    assert (version.saved_by, version.respondent) == (None, "client")
    assert Entry.objects.filter(action="artefact.begun", actor="", client=str(cast.carla.id)).exists()
    # from a stale page: nothing is overwritten unasked
    stale = browser.post(path, typed | {"story": "Another"}, headers={"X-Autosave": "1"})
    assert stale.status_code == 409
    plain = browser.post(path, typed | {"story": "The old harbour", "revision": "1"})
    assert plain.headers["Location"] == "/own/"
    assert again(found).values["story"] == "The old harbour"


def test_fields_the_client_is_not_shown_stay_as_they_were(cast: Cast) -> None:
    middle(cast)
    found = kept(cast, "story_card", {"story": "The harbour", "before": "x"})
    Artefact.objects.visible_to(cast.alma).filter(id=found.id).update(values=found.values | {"old_field": "kept"})
    now = again(found)
    typed = {"story": "Mine", "before": "y", "revision": str(now.revision)}
    opened(cast).post(f"/own/sheet/story_card/{found.id}/", typed)
    assert again(found).values == {"story": "Mine", "before": "y", "old_field": "kept"}


@pytest.mark.parametrize(("given", "words"), [("agreed", ""), ("edited", "It began earlier"), ("declined", "No")])
def test_the_formulation_is_read_and_answered_in_own_words(cast: Cast, given: str, words: str) -> None:
    found = kept(cast, "formulation", {"narrative": "It began when Ana left"})
    browser = opened(cast)
    assert "To read: how we understand it" in browser.get("/own/").content.decode()
    path = f"/own/sheet/formulation/{found.id}/"
    browser.post(path + "answer/", {"agreement": given, "said": words, "version": "1", "revision": "1"})
    row = again(found)
    assert row.agreement == given
    assert row.versions.get().said == words
    assert row.values == {"narrative": "It began when Ana left"}
    assert "To read: how we understand it" not in browser.get("/own/").content.decode()
    assert Entry.objects.filter(action="artefact.answered", actor="", client=str(cast.carla.id)).exists()


@pytest.mark.parametrize("typed", [{}, {"agreement": "perhaps"}, {"agreement": "edited"}, {"agreement": "agreed"}])
def test_an_answer_that_says_nothing_or_is_to_another_version_is_refused(cast: Cast, typed: dict[str, str]) -> None:
    found = kept(cast, "formulation", {"narrative": "It began when Ana left"})
    path = f"/own/sheet/formulation/{found.id}/answer/"
    assert opened(cast).post(path, {"version": "7"} | typed).status_code == 400
    assert again(found).agreement == Agreement.OPEN


def test_a_check_in_that_waits_is_answered_from_here(cast: Cast) -> None:
    old = cast.invite(at=timezone.now())
    expires = old.check_in.expires_at
    browser = opened(cast)
    assert "A check-in waits for you" in browser.get("/own/").content.decode()
    path = browser.post(reverse("own-check-in", args=[old.check_in.id])).headers["Location"]
    assert path != old.path
    assert browser.get(path).status_code == 200
    assert Browser().get(old.path).status_code == 410
    assert CheckIn.objects.visible_to(cast.alma).get().expires_at == expires


def test_no_other_check_in_is_reached(cast: Cast) -> None:
    others = clients.create_client(therapist=cast.alma, name_shown="Nora N.", began_on=BEGAN)
    episode = others.episode
    assert episode is not None
    session = create_session(episode=episode, by=cast.alma, number=1, held_at=timezone.now())
    from_another = type(cast)(**(vars(cast) | {"carla": others, "session": session}))
    theirs = from_another.invite(at=timezone.now()).check_in
    on_paper = cast.invite(Moment.AFTER, CheckInMode.PAPER, at=timezone.now()).check_in
    ran_out = cast.invite(at=timezone.now() - timedelta(days=9)).check_in
    browser = opened(cast)
    for check_in in (theirs, on_paper, ran_out):
        assert browser.post(reverse("own-check-in", args=[check_in.id])).status_code == 404
    assert "A check-in waits" not in browser.get("/own/").content.decode()


# ---- on paper --------------------------------------------------------------------------------------------------------
def test_what_came_on_paper_is_typed_in_as_the_clients(cast: Cast, alma: Browser) -> None:
    path = reverse("worksheet", args=[cast.carla.id, "story_card", uuid.uuid4()])
    alma.post(path, {"story": "The harbour", "revision": "0", "from_paper": "1"})
    found = cast.episode.artefacts.get()
    assert found.respondent == Respondent.CLIENT
    version = found.versions.get()
    assert (version.saved_by, version.respondent) == (cast.alma.id, "client")
    ticked = BeautifulSoup(alma.get(path).content, "html.parser").find("input", attrs={"name": "from_paper"})
    assert ticked.has_attr("checked")
    # the therapist's own words after that are a version of their own
    alma.post(path, {"story": "The harbour, again", "revision": "1"})
    assert [v.respondent for v in found.versions.all()] == ["client", "therapist"]


def test_what_is_not_for_clients_to_fill_in_stays_the_therapists(cast: Cast, alma: Browser) -> None:
    path = reverse("worksheet", args=[cast.carla.id, "incident", uuid.uuid4()])
    alma.post(path, {"what_happened": "She hung up", "revision": "0", "from_paper": "1"})
    assert cast.episode.artefacts.get().respondent == Respondent.THERAPIST


# ---- circle and line -------------------------------------------------------------------------------------------------
def test_the_circle_is_drawn_by_the_client_and_shows_no_rating_of_the_therapists(cast: Cast) -> None:
    now = timezone.now()
    person = add_relationship(
        episode=cast.episode, by=cast.alma, name_shown="Anastasia", relation="rival", is_focus=True, at=now
    )
    stood = Placement(str(person.id), 0.9, 0.0, tension=True)
    draw_circle(episode=cast.episode, by=cast.alma, placements=[stood], at=now, respondent=Respondent.THERAPIST)
    browser = opened(cast)
    page = browser.get("/own/circle/").content.decode()
    assert "Anastasia" in page
    for hidden in ("rival", "focus-ring", "by the therapist"):
        assert hidden not in page
    soup = BeautifulSoup(page, "html.parser")
    over = soup.find("input", attrs={"name": "over"})["value"]
    places = json.dumps([{"relationship": str(person.id), "radius": 0.3, "angle": 90.0}])
    typed = {"kind": "present", "over": over, "placements": places}
    told = browser.post("/own/circle/save/", typed, headers={"Accept": "application/json"})
    assert told.status_code == 200
    last = cast.episode.circles.order_by("drawn_at").last()
    assert last is not None
    assert (last.respondent, last.drawn_by, last.placed[0].radius) == ("client", None, 0.3)
    # over what is no longer the last one, nothing is saved
    stale = browser.post("/own/circle/save/", typed)
    assert stale.status_code == 302
    assert cast.episode.circles.count() == 2


def test_the_client_adds_somebody_by_a_first_name(cast: Cast) -> None:
    browser = opened(cast)
    browser.post("/own/circle/person/", {"name": "  Ben "})
    browser.post("/own/circle/person/", {"name": "   "})
    assert [p.name_shown for p in cast.episode.relationships.all()] == ["Ben"]
    assert Entry.objects.filter(action="relationship.added", actor="", client=str(cast.carla.id)).count() == 1


def test_a_stranger_cannot_be_put_on_the_circle(cast: Cast) -> None:
    nora = clients.create_client(therapist=cast.alma, name_shown="Nora N.", began_on=BEGAN)
    assert nora.episode is not None
    strange = add_relationship(episode=nora.episode, by=cast.alma, name_shown="Otto", at=timezone.now())
    places = json.dumps([{"relationship": str(strange.id), "radius": 0.3, "angle": 90.0}])
    typed = {"kind": "present", "over": " 0", "placements": places}
    answer = opened(cast).post("/own/circle/save/", typed, headers={"Accept": "application/json"})
    assert answer.status_code == 409
    assert cast.episode.circles.count() == 0


def test_without_its_switch_there_is_no_circle(cast: Cast, alma: Browser) -> None:
    browser = opened(cast)
    alma.post(reverse("own-page-settings", args=[cast.carla.id]), {})
    assert browser.get("/own/circle/").status_code == 404
    assert browser.post("/own/circle/save/", {}).status_code == 404
    assert browser.post("/own/circle/person/", {"name": "Ben"}).status_code == 404
    assert "My circle" not in browser.get("/own/").content.decode()


def test_the_line_is_there_only_where_the_therapist_shares_it(cast: Cast, alma: Browser) -> None:
    check_in = cast.invite().check_in
    record_check_in(check_in=check_in, responses=answers("session_before", 5.0), submission="s", at=NOON)
    browser = opened(cast)
    assert "How it has been" not in browser.get("/own/").content.decode()
    alma.post(reverse("own-page-settings", args=[cast.carla.id]), {"graph": "1"})
    page = browser.get("/own/").content.decode()
    assert "How it has been" in page
    assert "You have answered once so far: 5" in page


@pytest.mark.parametrize(
    ("values", "said"),
    [([16.0, 4.0], "better by more"), ([4.0, 16.0], "worse by more"), ([10.0, 9.0], "may not mean a change")],
)
def test_a_change_is_said_against_what_answers_move_by_themselves(values: list[float], said: str) -> None:
    words = describe_change(instrument("phq9").scale("total"), values)
    assert said in words
    assert "0 to 27, where more means more trouble" in words


def test_nobody_agrees_to_words_they_have_not_read(cast: Cast) -> None:
    found, browser = kept(cast, "formulation", {"narrative": "You fell ill when you lost her."}), opened(cast)
    page = BeautifulSoup(browser.get(f"/own/sheet/formulation/{found.id}/").content, "html.parser")
    form = page.find("form", {"action": f"/own/sheet/formulation/{found.id}/answer/"})
    assert form is not None
    sent = {i["name"]: i["value"] for i in form.select("input[type=hidden]") if i["name"] != "csrfmiddlewaretoken"}
    # within half an hour the therapist's text is the same version, and another text all the same
    save_artefact(
        id=found.id,
        episode=cast.episode,
        worksheet="formulation",
        by=cast.alma,
        filled=parse_values(worksheet("formulation"), {"narrative": "You were always like this."}),
        revision=found.revision,
        at=timezone.now(),
    )
    url = f"/own/sheet/formulation/{found.id}/answer/"
    refused = browser.post(url, sent | {"agreement": "agreed"})
    assert "was changed while you read it" in refused.content.decode()
    assert again(found).agreement == Agreement.OPEN
    assert again(found).version == found.version


def test_closing_for_good_empties_the_browser_too(cast: Cast) -> None:
    page = BeautifulSoup(opened(cast).get("/own/end/").content, "html.parser")
    assert page.select_one("form[data-forget]") is not None


def test_the_therapist_sees_what_came_from_the_client_lately(cast: Cast, alma: Browser) -> None:
    middle(cast)
    found = kept(cast, "formulation", {"narrative": "It began when Ana left"})
    browser, path = opened(cast), reverse("own-page-settings", args=[cast.carla.id])
    assert "From the client lately" not in alma.get(path).content.decode()
    browser.post(browser.get("/own/sheet/story_card/").headers["Location"], {"story": "The harbour", "revision": "0"})
    said = {"agreement": "agreed", "version": "1", "revision": str(again(found).revision)}
    browser.post(f"/own/sheet/formulation/{found.id}/answer/", said)
    page = alma.get(path).content.decode()
    assert "wrote in “Story card”" in page
    assert "answered “Formulation”" in page
