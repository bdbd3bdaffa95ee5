"""Numbers of the help text, email addresses, and the duty clinician."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from securebase.errors import ConflictError, InputError, NotPermittedError
from securebase.workbench.accounts import actions
from securebase.workbench.accounts.help_numbers import countries
from securebase.workbench.accounts.models import HELP_TEXT, Account, Clinic
from securebase.workbench.audit.models import Entry
from securebase.workbench.ui.phone_numbers import PHONE_NUMBER, names_a_number
from workbench.browser import Browser
from workbench.cast import PASSWORD, Cast

NO_NUMBER = "names no telephone number"


def read_page(browser: Browser, path: str) -> str:
    return str(browser.get(path).content.decode())


def test_every_country_has_two_numbers_that_a_phone_can_dial() -> None:
    assert len({c.code for c in countries()}) == len(countries()) >= 10
    for country in countries():
        numbers = [match[0] for match in PHONE_NUMBER.finditer(country.help_text)]
        assert numbers == [country.emergency, country.line], country.code


def test_a_clinic_without_a_number_is_asked_for_one(alma: Browser, cast: Cast) -> None:
    assert not names_a_number(HELP_TEXT)
    for page in ("clinic", "caseload"):
        assert NO_NUMBER in read_page(alma, reverse(page))
    proposal = read_page(alma, reverse("clinic") + "?country=DE")
    assert "0800 111 0 111" in proposal
    assert "Not saved yet." in proposal
    assert Clinic.objects.get().help_text == HELP_TEXT
    text = "Call 112.\nThe practice: 030 123456."
    alma.post(reverse("clinic"), {"name": "Practice", "help_text": text, "version": 1})
    for page in ("clinic", "caseload"):
        assert NO_NUMBER not in read_page(alma, reverse(page))


def test_clients_can_tap_the_numbers(browser: Browser, cast: Cast) -> None:
    Clinic.objects.update(help_text="Call 112 now.\nSamaritans: 116 123.")
    cast.hold_in_an_hour()
    page = BeautifulSoup(read_page(browser, cast.invite(at=timezone.now()).path), "html.parser")
    links = [link["href"] for link in page.select("#help a[href^='tel:']")]
    assert links == ["tel:112", "tel:116123"]
    assert page.select(".help-at-once a[href='tel:112']")


def test_the_page_says_who_has_no_address(alma: Browser, cast: Cast) -> None:
    alma.post(reverse("profile"), {"save_name": "1", "name_shown": "Alma", "mail": "alma@example.org"})
    assert Account.objects.get(id=cast.alma.id).mail == "alma@example.org"
    page = read_page(alma, reverse("clinic-alerts"))
    assert "alma@example.org" in page
    assert "sees alerts only in the workbench" in page
    refused = alma.post(reverse("profile"), {"save_name": "1", "name_shown": "Alma", "mail": "alma at home"})
    assert refused.status_code == 400
    assert "alma at home" in refused.content.decode()


def test_an_administrator_chooses_the_duty_clinician(alma: Browser, cast: Cast) -> None:
    clinic = Clinic.objects.get()
    data = {"duty_clinician": str(cast.dario.id), "duty_after_minutes": "30", "version": clinic.version}
    alma.post(reverse("clinic-alerts"), data)
    clinic.refresh_from_db()
    assert (clinic.duty_clinician, clinic.duty_after_minutes) == (cast.dario, 30)
    assert "after 30 minutes, Dario" in " ".join(read_page(alma, reverse("clinic-alerts")).split())
    assert Entry.objects.filter(action="clinic.alerts_changed").count() == 1
    late = alma.post(reverse("clinic-alerts"), data | {"duty_after_minutes": "45"})
    assert late.status_code == 409
    assert Clinic.objects.get().duty_after_minutes == 30


def test_only_people_of_the_clinic_are_offered_and_accepted(cast: Cast) -> None:
    clinic = Clinic.objects.get()
    stranger = actions.create_account(
        clinic=actions.create_clinic(name="Elsewhere"), user_name="eve", name_shown="Eve", password=PASSWORD
    )
    change = {"clinic": clinic, "duty_after_minutes": 30, "version": clinic.version}
    with pytest.raises(InputError, match="Eve belongs to another clinic"):
        actions.change_alerts(by=cast.alma, duty_clinician=stranger, **change)
    with pytest.raises(NotPermittedError):
        actions.change_alerts(by=cast.dario, duty_clinician=None, **change)
    with pytest.raises(ConflictError):
        actions.change_alerts(by=cast.alma, duty_clinician=None, **(change | {"version": 99}))
