"""Client pages in other languages: a walk in a pseudo-locale finds no text without a translation."""

from __future__ import annotations

import gettext as standard
import re
from collections.abc import Iterator
from typing import Any

import pytest
from bs4 import BeautifulSoup, NavigableString
from django.conf import settings as django_settings
from django.urls import reverse
from django.utils import timezone, translation

from securebase.measurement.catalogue import instruments
from securebase.measurement.schedule import SESSION_SETS
from securebase.records.vocabulary import Moment
from securebase.workbench.accounts.models import Clinic
from securebase.workbench.check_ins.actions import invite_between, withdraw_check_in
from securebase.workbench.check_ins.models import CheckInMode
from securebase.workbench.clients.models import Client
from securebase.workbench.own_pages.actions import make_link
from securebase.workbench.requests.sending import stop_path
from workbench.browser import Browser
from workbench.cast import Cast, answers

#: Words that stand as they are in every language: names of people, of the program, of the clinic's own choice.
NAMES = ("Securebase", "Alma", "Carla C.", "Skip to content")
#: Attributes that a reader sees or hears.
ATTRIBUTES = ("aria-label", "title", "alt", "placeholder")


class _Marked(standard.NullTranslations):
    """Puts every text in brackets, with accents, so that one without them was not translated."""

    def gettext(self, message: str) -> str:
        return message if not message or message == "" else f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every client page speak the marked language; dates keep their formats."""
    pseudo = _Marked()

    def speak(request: Any, language: str = "") -> None:
        translation.activate("en")

    def mark(message: str) -> str:
        # formats of dates are texts of the catalogue, too, but have to stay formats
        return message if message[:2] in {"l ", "j "} else pseudo.gettext(message)

    for module in ("check_ins.client_pages", "check_ins.app_pages", "own_pages.access", "own_pages.pages"):
        monkeypatch.setattr(f"securebase.workbench.{module}.speak", speak)
    monkeypatch.setattr(translation._trans, "gettext", mark)
    monkeypatch.setattr(translation._trans, "pgettext", lambda question, answer: mark(answer))
    monkeypatch.setattr(translation._trans, "ngettext", lambda one, many, n: mark(one if n == 1 else many))


def unmarked(page: str) -> list[str]:
    """Return the visible texts and attributes of a page that no translation has touched."""
    soup = BeautifulSoup(page, "html.parser")
    for hidden in soup.select("script, style, svg, noscript, .help-now p, .help-at-once p + p, .own-help p"):
        hidden.extract()
    texts = [str(node) for node in soup.find_all(string=True) if isinstance(node, NavigableString)]
    texts += [str(tag[name]) for tag in soup.find_all(True) for name in ATTRIBUTES if tag.has_attr(name)]
    texts += [str(v) for tag in soup.select("template[data-words]") for k, v in tag.attrs.items() if k != "data-words"]
    left = []
    for text in texts:
        rest = re.sub(r"⟦.*?⟧", "", text, flags=re.DOTALL)
        for name in NAMES:
            rest = rest.replace(name, "")
        if re.search(r"[A-Za-z]{2,}", rest) and "html" not in rest:
            left.append(text.strip())
    return left


def own_questionnaires() -> list[str]:
    return [
        i.id
        for i in instruments().values()
        if i.own_wording and i.respondent == "client" and i.id not in SESSION_SETS.values() and i.id != "rotation"
    ]


def posted(name: str, safety: float = 0.0) -> dict[str, str]:
    """Return answers to an instrument as a form sends them."""
    return {f"item_{n}": f"{value:g}" for n, value in answers(name, safety=safety).items() if value is not None}


def pages_of_check_ins(cast: Cast) -> Iterator[tuple[str, str]]:
    """Yield every state of a check-in as the client sees it."""
    client = Browser()
    yield "unknown", client.get("/c/unknown/").content.decode()
    yield "offline", client.get(reverse("offline")).content.decode()
    cast.hold_in_an_hour()
    for moment in (Moment.BEFORE, Moment.AFTER):
        invitation = cast.invite(moment, at=timezone.now(), extras=["rotation:1,2"] if moment is Moment.AFTER else [])
        yield f"{moment} open", client.get(invitation.path).content.decode()
        yield f"{moment} empty", client.post(invitation.path, {"submission": "a"}).content.decode()
        yield f"{moment} partly", client.post(invitation.path, {"submission": "a", "item_1": "3"}).content.decode()
        values = posted(SESSION_SETS[moment.value], safety=2.0)
        sent = client.post(invitation.path, values | {"submission": "b", "as_it_is": "1"}, follow=True)
        yield f"{moment} sent", sent.content.decode()
        again = client.post(invitation.path, {"submission": "c", "item_1": "9", "as_it_is": "1"})
        yield f"{moment} again", again.content.decode()
    for name in own_questionnaires():
        between = invite_between(
            episode=cast.episode, by=cast.alma, instruments=[name], mode=CheckInMode.LINK, at=timezone.now()
        )
        yield name, client.get(between.path).content.decode()
        withdraw_check_in(check_in=between.check_in, by=cast.alma)
    yield "reminders", client.get(stop_path(cast.carla)).content.decode()
    yield "no reminders", client.post(stop_path(cast.carla), follow=True).content.decode()


def pages_of_own_page(cast: Cast) -> Iterator[tuple[str, str]]:
    """Yield the pages around the client's own page, without worksheets and circle."""
    client = Browser()
    yield "own closed", client.get("/own/").content.decode()
    link = make_link(client=cast.carla, by=cast.alma, at=timezone.now())
    yield "code", client.get(link.path).content.decode()
    yield "wrong code", client.post(link.path, {"code": "000000"}).content.decode()
    yield "home", client.post(link.path, {"code": link.code}, follow=True).content.decode()
    yield "end", client.get(reverse("own-end")).content.decode()
    yield "signed out", client.post(reverse("own-close")).content.decode()


@pytest.mark.parametrize("pages", [pages_of_check_ins, pages_of_own_page])
def test_nothing_is_left_untranslated(marked: None, cast: Cast, pages: Any) -> None:
    left = {name: texts for name, page in pages(cast) if (texts := unmarked(page))}
    assert left == {}


def test_the_walk_sees_a_text_without_a_translation() -> None:
    assert unmarked("<p>⟦Fine⟧ 3</p><p aria-label='Not fine'>Alma</p>") == ["Not fine"]
    assert unmarked("<p>⟦Fine⟧ and more</p>") == ["⟦Fine⟧ and more"]


@pytest.mark.parametrize(
    ("language", "words"), [("de", ("Wie ging es Ihnen?", "Senden")), ("es", ("¿Cómo le ha ido?", "Enviar"))]
)
def test_a_client_reads_and_answers_in_their_language(cast: Cast, language: str, words: tuple[str, ...]) -> None:
    Client.objects.visible_to(cast.alma).update(language=language)
    cast.hold_in_an_hour()
    invitation = cast.invite(at=timezone.now())
    client = Browser()
    page = client.get(invitation.path).content.decode()
    assert f'<html lang="{language}">' in page
    assert all(word in page for word in words)
    values = posted("session_before")
    client.post(invitation.path, values | {"submission": "b", "as_it_is": "1"})
    administration = cast.episode.administrations.get()
    assert administration.scores.get(scale="symptoms").value == 4.0
    assert translation.get_language() in {django_settings.LANGUAGE_CODE, None}


def test_staff_pages_stay_english_after_a_page_of_a_client(alma: Browser, cast: Cast) -> None:
    Client.objects.visible_to(cast.alma).update(language="de")
    cast.hold_in_an_hour()
    path = cast.invite(at=timezone.now()).path
    assert "Senden" in Browser().get(path).content.decode()
    assert '<html lang="en">' in alma.get(reverse("caseload")).content.decode()


def test_a_closed_link_speaks_the_language_of_the_browser(cast: Cast) -> None:
    page = Browser().get("/c/unknown/", headers={"accept-language": "es-MX,es;q=0.9"}).content.decode()
    assert "Este enlace no funciona" in page
    assert "Si está en peligro" in page


def test_the_clinics_own_help_text_is_shown_as_it_is(cast: Cast) -> None:
    Clinic.objects.update(help_text="Call 112.")
    Client.objects.visible_to(cast.alma).update(language="de")
    cast.hold_in_an_hour()
    assert "Call " in Browser().get(cast.invite(at=timezone.now()).path).content.decode()
