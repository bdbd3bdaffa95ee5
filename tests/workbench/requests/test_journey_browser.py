"""A new clinic from an empty database to answers that arrive: mail, wording, schedule, phone, alert, late list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import segno
from django.utils import timezone
from playwright.sync_api import Page, expect

from chromium import PHONE, WIDE
from measurement.test_wording import ITEMS, PASTES
from sealed import wait_until_kept
from securebase.workbench.accounts.actions import create_account
from securebase.workbench.accounts.models import Account, Clinic, Role
from securebase.workbench.jobs.actions import run_due
from securebase.workbench.measures.models import Administration
from securebase.workbench.requests.sending import follow_courses
from workbench.jobs.smtp import Mailbox, mail_server

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "a kettle on the quiet stove"
ALMA, DARIO, CARLA, FINN = (f"{name}@example.org" for name in ("alma", "dario", "carla", "finn"))


@pytest.fixture
def mailbox(live_server: Any, settings: Any, tmp_path: Any) -> Iterator[tuple[Mailbox, int]]:
    settings.ADDRESS, settings.WORDINGS = live_server.url, tmp_path / "wordings"
    with mail_server() as server:
        yield server


@pytest.fixture
def desk(chromium: Any, live_server: Any) -> Iterator[Page]:
    context = chromium.new_context(viewport=WIDE, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def work(at: datetime) -> None:
    """Let the worker do what is due at this time."""
    follow_courses(at)
    run_due(lambda: at)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def set_up_clinic(desk: Page, url: str, port: int) -> None:
    desk.goto(url)
    desk.get_by_label("Display name").fill("Alma Reyes")
    desk.get_by_label("Name of the practice or clinic").fill("Practice Reyes")
    desk.get_by_label("User name").fill("alma")
    for field in desk.locator("input[type=password]").all():
        field.fill(PASSWORD)
    press(desk, "Create account")
    desk.goto(f"{url}/profile/")
    desk.get_by_label("Email").fill(ALMA)
    press(desk, "Save name and email")
    desk.goto(f"{url}/clinic/mail/")
    desk.get_by_label("SMTP server").fill("127.0.0.1")
    desk.get_by_role("spinbutton", name="Port").fill(str(port))
    desk.get_by_label("None (only on this machine)").check()
    desk.get_by_label("Sender").fill("practice@example.org")
    press(desk, "Save")
    desk.get_by_label("Send a test message to").fill(ALMA)
    press(desk, "Send a test message")
    desk.get_by_text(f"A test message is on its way to {ALMA}").wait_for()


def name_duty_clinician(desk: Page, url: str) -> None:
    clinic = Clinic.objects.get()
    create_account(clinic=clinic, user_name="dario", name_shown="Dario Bell", password=None, roles=[Role.THERAPIST])
    Account.objects.filter(user_name="dario").update(mail=DARIO)
    desk.goto(f"{url}/clinic/alerts/")
    desk.get_by_role("combobox", name="Duty clinician").select_option(label="Dario Bell")
    desk.get_by_label("Tell the duty clinician after (minutes)").fill("30")
    press(desk, "Save")
    desk.get_by_text("If nobody has acknowledged the alert after 30 minutes, Dario Bell gets one too.").wait_for()


def load_wording(desk: Page, url: str) -> None:
    desk.goto(f"{url}/library/phq9/")
    desk.get_by_role("link", name="Load the wording").click()
    desk.get_by_label("Lines of the questionnaire").fill(PASTES["numbered"])
    press(desk, "Read the lines")
    expect(desk.get_by_label("4 energy")).to_have_value(ITEMS[4])
    desk.get_by_label("Its owner allows free use, and we keep to the conditions").check()
    press(desk, "Store the wording")
    desk.get_by_text("PHQ-9 can now be answered by clients (en-1).").wait_for()


def add_client(desk: Page, url: str, name: str, mail: str, due: datetime) -> str:
    """Add a client followed with the PHQ-9, a session tomorrow, and the PHQ-9 with the check-in before it."""
    desk.goto(f"{url}/clients/new/")
    desk.get_by_label("Display name").fill(name)
    desk.get_by_label("Email").fill(mail)
    desk.get_by_label("Measure that the course follows").select_option("phq9:total")
    press(desk, "Add client")
    client = re.search(r"/clients/([0-9a-f-]{36})/", desk.url)
    assert client is not None
    desk.goto(f"{url}/clients/{client[1]}/sessions/new/")
    desk.get_by_label("Date").fill((due + timedelta(days=1)).date().isoformat())
    desk.get_by_label("Time").fill("23:30")
    press(desk, "Add session")
    desk.goto(f"{url}/clients/{client[1]}/requests/")
    desk.get_by_text("Add a line").click()
    desk.get_by_label("Before each session").check()
    desk.get_by_label(re.compile("PHQ-9 ")).check()
    desk.get_by_label("Time", exact=True).fill(f"{due:%H:%M}")
    press(desk, "Add to the schedule")
    desk.get_by_text("The day before each session").first.wait_for()
    return client[1]


def link_in(text: str) -> str:
    match = re.search(r"https?://\S+/c/\S+/", text)
    assert match is not None
    return match[0]


def answer(phone: Page, link: str, *, safety: int) -> None:
    """Answer on a phone whose connection goes in the middle and comes back."""
    phone.goto(link)
    wait_until_kept(phone)
    for number in range(1, 6):
        phone.locator(f"#item_phq9_{number} label").filter(has_text="often").tap()
    phone.context.set_offline(True)
    for number in range(6, 9):
        phone.locator(f"#item_phq9_{number} label").filter(has_text="often").tap()
    phone.locator("#item_phq9_9 input").nth(safety).check()
    press(phone, "Send")
    phone.get_by_text("Not sent yet").wait_for()
    phone.context.set_offline(False)
    phone.get_by_role("button", name="Send as it is").or_(phone.get_by_role("heading", name="Get help now")).wait_for()
    if phone.get_by_role("button", name="Send as it is").count():
        press(phone, "Send as it is")
    phone.wait_for_url("**/sent/")


def test_a_new_clinic_asks_and_answers_arrive(
    desk: Page, chromium: Any, live_server: Any, mailbox: tuple[Mailbox, int], settings: Any
) -> None:
    mails, port = mailbox
    settings.TIME_ZONE = "UTC"
    url, due = live_server.url, timezone.now().replace(second=0, microsecond=0) + timedelta(minutes=2)
    set_up_clinic(desk, url, port)
    name_duty_clinician(desk, url)
    load_wording(desk, url)
    carla, finn = (add_client(desk, url, name, mail, due) for name, mail in (("Carla C.", CARLA), ("Finn B.", FINN)))
    work(due)
    (request,) = mails.texts(CARLA)
    assert len(mails.texts(FINN)) == 1

    phone = chromium.new_context(viewport=PHONE, has_touch=True, is_mobile=True, reduced_motion="reduce").new_page()
    answer(phone, link_in(request), safety=2)
    phone.goto(link_in(request))
    phone.get_by_role("heading", name="This check-in has been sent").wait_for()
    phone.context.close()

    # the curve moves: the score of the measure that the course follows is on the client's page
    score = Administration.objects.unscoped(reason="test").get(instrument="phq9").scores.get().value
    assert score is not None
    desk.goto(f"{url}/clients/{carla}/")
    desk.get_by_text(re.compile(rf"\b{score:g}\b")).first.wait_for()
    assert "PHQ-9" in desk.locator("#symptoms-title").inner_text()

    # the alert reaches the therapist without content, and the duty clinician after the set time
    now = timezone.now()
    work(now)
    alert = mails.texts(ALMA)[-1]
    assert "needs your attention" in alert
    assert not any(word in alert for word in ("Carla", "PHQ", "apples", "often"))
    assert mails.texts(DARIO) == []
    work(now + timedelta(minutes=31))
    assert len(mails.texts(DARIO)) == 1

    # the other client gets a reminder and is then on the list
    work(due + timedelta(hours=15))
    assert [text.splitlines()[0] for text in mails.texts(FINN)][1:] == ["Reminder: a few questions for you"]
    assert len(mails.texts(CARLA)) == 1
    desk.goto(f"{url}/late/")
    rows = desk.locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Finn B.")

    # the same by QR code in the room, and on this device
    desk.goto(f"{url}/clients/{finn}/requests/")
    press(desk, "QR code")
    drawn = desk.locator(".code-large svg path.qrline").get_attribute("d")
    link = link_in(mails.texts(FINN)[0])
    assert drawn is not None
    assert drawn in segno.make(link, error="m").svg_inline(border=4)
    desk.goto(f"{url}/clients/{finn}/requests/")
    press(desk, "Hand over this device")
    desk.get_by_role("heading", name="How have things been?").wait_for()
    desk.goto(f"{url}/clients/{finn}/")
    desk.get_by_role("button", name="Sign in").wait_for()
