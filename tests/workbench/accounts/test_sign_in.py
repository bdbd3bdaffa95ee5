"""Sign-in, lockout, the idle lock, and what ends a sign-in."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urljoin

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from securebase.errors import InputError, NotPermittedError
from securebase.workbench.accounts import actions
from securebase.workbench.accounts.models import Account, Clinic, Role, SignInCount, normalise_user_name
from securebase.workbench.audit.models import Entry
from workbench.cast import PASSWORD, Cast, make_cast

WRONG = "three loud geese"


def sign_in(browser: Browser, name: str = "alma", password: str = PASSWORD, **more: str):
    return browser.post(reverse("sign-in"), {"user_name": name, "password": password} | more)


def is_in(browser: Browser) -> bool:
    return browser.get(reverse("profile")).status_code == 200


def test_the_password_is_kept_as_argon2id(cast: Cast) -> None:
    assert cast.alma.password.startswith("argon2$argon2id$")


def test_signing_in_and_out(cast: Cast, browser: Browser) -> None:
    assert not is_in(browser)
    answer = sign_in(browser)
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("caseload"))
    assert is_in(browser)
    old = browser.cookies[settings.SESSION_COOKIE_NAME].value
    assert browser.get(reverse("sign-out")).status_code == 405
    browser.post(reverse("sign-out"))
    assert not is_in(browser)
    # the old cookie is worth nothing any more: the session lived on the server
    browser.cookies[settings.SESSION_COOKIE_NAME] = old
    assert not is_in(browser)
    assert list(Entry.objects.filter(action__startswith="sign_").values_list("action", flat=True)) == [
        "sign_in",
        "sign_out",
    ]


@pytest.mark.parametrize("name", ["ALMA", "  alma ", "Ａlma"])
def test_a_user_name_is_one_however_it_is_typed(cast: Cast, browser: Browser, name: str) -> None:
    assert normalise_user_name(name) == "alma"
    assert sign_in(browser, name).status_code == 302


def test_a_wrong_password_and_an_unknown_name_answer_alike(cast: Cast, browser: Browser) -> None:
    known, unknown = sign_in(browser, "alma", WRONG), sign_in(browser, "nobody", WRONG)
    assert known.status_code == unknown.status_code == 400

    def text(answer) -> str:
        return answer.content.decode().split('role="alert"')[1].split("</div>")[0]

    assert text(known) == text(unknown)
    assert not is_in(browser)


def test_what_was_typed_stays_except_the_password(cast: Cast, browser: Browser) -> None:
    page = sign_in(browser, "Alma Berg", WRONG).content.decode()
    assert 'value="Alma Berg"' in page
    assert WRONG not in page


def test_five_failures_close_an_account_even_for_the_right_password(cast: Cast, browser: Browser) -> None:
    for typed in ("alma", "ALMA", " Alma", "alma ", "Ａlma"):
        sign_in(browser, typed, WRONG)
    answer = sign_in(browser)
    assert answer.status_code == 400
    assert "Too many attempts" in answer.content.decode()
    # from anywhere, and after a restart: the count is in the database
    assert sign_in(Browser(REMOTE_ADDR="203.0.113.9")).status_code == 400
    later = timezone.now() + actions.LOCKED_FOR + timedelta(seconds=1)
    with patch("django.utils.timezone.now", return_value=later):
        assert sign_in(Browser()).status_code == 302


def test_a_name_without_an_account_is_closed_just_the_same(cast: Cast, browser: Browser) -> None:
    for _ in range(5):
        sign_in(browser, "nobody", WRONG)
    assert "Too many attempts" in sign_in(browser, "nobody", WRONG).content.decode()


def test_an_address_that_tries_many_names_is_closed(cast: Cast) -> None:
    stranger = Browser(REMOTE_ADDR="203.0.113.9")
    for n in range(25):
        sign_in(stranger, f"name{n}", WRONG)
    assert "Too many attempts" in sign_in(stranger).content.decode()
    assert sign_in(Browser(REMOTE_ADDR="203.0.113.10")).status_code == 302


def test_a_good_sign_in_clears_the_accounts_count_and_old_failures_lapse(cast: Cast, browser: Browser) -> None:
    for _ in range(4):
        sign_in(browser, "alma", WRONG)
    assert sign_in(browser).status_code == 302
    for _ in range(4):
        sign_in(Browser(), "alma", WRONG)
    now = timezone.now() + actions.LOCKED_FOR * 2
    actions.record_failed_sign_in(user_name="alma", address="x", now=now)
    assert actions.locked_until(user_name="alma", address="x", now=now) is None


def test_neither_counts_nor_trail_keep_what_was_typed(cast: Cast, browser: Browser) -> None:
    sign_in(browser, PASSWORD, "alma")  # the password in the wrong field
    stored = [c.key for c in SignInCount.objects.all()] + [str(e.detail) + e.object_id for e in Entry.objects.all()]
    assert not any(PASSWORD in text for text in stored)


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_sign_in_leads_to_this_workbench_only(cast: Cast, browser: Browser, wanted: str) -> None:
    assert sign_in(browser, next=wanted).headers["Location"] == reverse("caseload")


def test_sign_in_leads_back_to_where_one_was(cast: Cast, browser: Browser) -> None:
    page = browser.get(reverse("library"))
    assert page.headers["Location"] == "/sign-in/?next=/library/"
    assert sign_in(browser, next="/library/").headers["Location"] == "/library/"


def after(minutes: float) -> float:
    return timezone.now().timestamp() + 60 * minutes


def test_a_sign_in_ends_after_a_quarter_of_an_hour_without_a_request(alma: Browser) -> None:
    assert is_in(alma)
    with patch("securebase.workbench.accounts.middleware.time.time", return_value=after(14)):
        assert is_in(alma)
    with patch("securebase.workbench.accounts.middleware.time.time", return_value=after(28)):
        assert is_in(alma)
    with patch("securebase.workbench.accounts.middleware.time.time", return_value=after(44)):
        answer = alma.get(reverse("library"))
        assert answer.headers["Location"] == "/sign-in/?away=1&next=%2Flibrary%2F"
    assert not is_in(alma)
    assert Entry.objects.get(action="sign_out").detail == {"why": "idle"}


def test_a_clock_that_jumps_back_ends_nothing_and_lets_nothing_live_longer(alma: Browser) -> None:
    assert is_in(alma)
    with patch("securebase.workbench.accounts.middleware.time.time", return_value=after(-600)):
        assert is_in(alma)
    # back at the right time, ten hours have gone by for the workbench
    assert not is_in(alma)


def test_a_page_in_use_says_so(alma: Browser) -> None:
    with patch("securebase.workbench.accounts.middleware.time.time", return_value=after(10)):
        assert alma.post(reverse("still-here")).status_code == 204
    with patch("securebase.workbench.accounts.middleware.time.time", return_value=after(24)):
        assert is_in(alma)


def test_a_new_password_ends_every_other_sign_in(cast: Cast) -> None:
    here, second = Browser(), Browser()
    sign_in(here)
    sign_in(second)
    new = "nine slow rivers bend"
    answer = here.post(reverse("profile"), {"present": PASSWORD, "password": new, "save_password": "1"})
    assert answer.status_code == 302
    assert is_in(here)
    assert not is_in(second)
    assert sign_in(second, password=PASSWORD).status_code == 400
    assert sign_in(second, password=new).status_code == 302


@pytest.mark.parametrize("password", ["short", "password1234"])
def test_a_weak_password_is_refused_with_the_reason(alma: Browser, password: str) -> None:
    answer = alma.post(reverse("profile"), {"present": PASSWORD, "password": password, "save_password": "1"})
    assert answer.status_code == 400
    assert "errorlist" in answer.content.decode()
    assert sign_in(Browser()).status_code == 302


def test_guessing_the_present_password_is_counted(alma: Browser) -> None:
    for _ in range(5):
        alma.post(reverse("profile"), {"present": WRONG, "password": "nine slow rivers", "save_password": "1"})
    assert sign_in(Browser()).status_code == 400


def test_a_closed_account_is_out_at_once(cast: Cast, browser: Browser) -> None:
    browser.force_login(cast.dario)
    assert is_in(browser)
    actions.set_active(account=cast.dario, active=False, by=cast.adam)
    assert not is_in(browser)
    with pytest.raises(InputError):
        actions.set_active(account=cast.adam, active=False, by=cast.adam)
    with pytest.raises(NotPermittedError):
        actions.set_active(account=cast.adam, active=False, by=cast.bruno)


def test_only_administrators_make_accounts(cast: Cast) -> None:
    with pytest.raises(NotPermittedError):
        actions.create_account(
            clinic=cast.alma.clinic, user_name="x", name_shown="X", password=None, roles=[Role.THERAPIST], by=cast.bruno
        )
    with pytest.raises(InputError, match="already an account"):
        actions.create_account(
            clinic=cast.alma.clinic, user_name="ALMA", name_shown="X", password=None, roles=[], by=cast.adam
        )


def test_an_administrator_makes_an_account_on_the_page(cast: Cast, browser: Browser) -> None:
    browser.force_login(cast.adam)
    typed = {"user_name": "Edda", "name_shown": "Edda", "roles": ["therapist"], "password": PASSWORD}
    assert browser.post(reverse("account-new"), typed).status_code == 302
    assert sign_in(Browser(), "edda").status_code == 302
    assert Account.objects.get(user_name="edda").clinic == cast.adam.clinic


def test_an_administrator_sets_a_new_password_for_who_forgot_theirs(cast: Cast, browser: Browser) -> None:
    for _ in range(5):
        sign_in(Browser(), "dario", WRONG)
    second = Browser()
    second.force_login(cast.dario)
    browser.force_login(cast.adam)
    url = reverse("account-password", args=[cast.dario.id])
    assert browser.post(url, {"password": "short"}).status_code == 400
    assert browser.post(url, {"password": PASSWORD}).status_code == 302
    assert not is_in(second)
    assert sign_in(Browser(), "dario").status_code == 302
    assert browser.get(reverse("account-password", args=[cast.adam.id])).status_code == 404
    with pytest.raises(NotPermittedError):
        actions.reset_password(account=cast.dario, by=cast.bruno, password=PASSWORD)
    with pytest.raises(InputError):
        actions.reset_password(account=cast.adam, by=cast.adam, password=PASSWORD)


def password_set_by_adam(cast: Cast, password: str = PASSWORD) -> None:
    actions.reset_password(account=cast.dario, by=cast.adam, password=password)


def test_a_password_that_somebody_else_set_opens_nothing_but_the_page_to_change_it(
    cast: Cast, browser: Browser
) -> None:
    password_set_by_adam(cast)
    assert sign_in(browser, "dario").status_code == 302
    pages = [reverse(name) for name in ("caseload", "library", "client-new")]
    for url in (*pages, reverse("client", args=[cast.carla.id])):
        assert browser.get(url).headers["Location"] == reverse("profile")
    assert browser.post(reverse("client-new"), {}).headers["Location"] == reverse("profile")
    main = BeautifulSoup(browser.get(reverse("profile")).content, "html.parser").find("main")
    page = " ".join(main.get_text(" ").split())
    assert "Choose a password of your own" in page
    assert "New password set by Adam" in page
    typed = {"present": PASSWORD, "password": "nine slow rivers bend", "save_password": "1"}
    assert browser.post(reverse("profile"), typed | {"password": PASSWORD}).status_code == 400  # the same is no own one
    assert browser.post(reverse("profile"), typed).status_code == 302
    assert browser.get(reverse("caseload")).status_code == 200
    assert "Choose a password of your own" not in browser.get(reverse("profile")).content.decode()


def test_an_administrator_cannot_use_such_a_password_unseen(cast: Cast, browser: Browser) -> None:
    """It takes choosing another one, which shuts the therapist out and stands on their page ever after."""
    password_set_by_adam(cast)
    intruder = Browser()
    sign_in(intruder, "dario")
    assert intruder.get(reverse("caseload")).status_code == 302
    typed = {"present": PASSWORD, "password": "nine slow rivers bend", "save_password": "1"}
    intruder.post(reverse("profile"), typed)
    assert sign_in(Browser(), "dario").status_code == 400
    password_set_by_adam(cast, "ten tall poplars lean")
    sign_in(browser, "dario", "ten tall poplars lean")
    page = browser.get(reverse("profile")).content.decode()
    assert page.count("New password set by <b>Adam</b>") == 2
    assert "Password changed" in page
    assert Entry.objects.filter(action="password.reset", actor_name="Adam").count() == 2


def test_a_first_password_from_an_administrator_is_changed_too(cast: Cast, browser: Browser) -> None:
    actions.create_account(
        clinic=cast.alma.clinic, user_name="edda", name_shown="Edda", password=PASSWORD, by=cast.adam
    )
    sign_in(browser, "edda")
    assert browser.get(reverse("caseload")).headers["Location"] == reverse("profile")


def test_a_clients_check_in_is_no_business_of_a_borrowed_password(cast: Cast, browser: Browser) -> None:
    password_set_by_adam(cast)
    sign_in(browser, "dario")
    assert browser.get(cast.invite(at=timezone.now()).path).status_code == 200


@pytest.mark.parametrize(
    ("name", "said"),
    [("bruno", "what therapists share with you"), ("rosa", "securebase study"), ("adam", "you manage accounts")],
)
def test_who_sees_no_clients_is_told_what_their_account_can_do(
    cast: Cast, browser: Browser, name: str, said: str
) -> None:
    browser.force_login(Account.objects.get(user_name=name))
    answer = browser.get(reverse("profile"))
    assert "What your account can do" in answer.content.decode()
    assert said in answer.content.decode()


def test_a_therapist_is_not_told_what_is_plain(alma: Browser) -> None:
    assert "What your account can do" not in alma.get(reverse("profile")).content.decode()


def test_sign_in_never_leads_to_an_address_that_only_takes_what_is_sent(cast: Cast, browser: Browser) -> None:
    session = reverse("session", args=[cast.carla.id, cast.session.id])
    for name, args, near in (
        ("check-in-hand-over", [cast.carla.id, cast.session.id, "before"], session),
        ("check-in-link", [cast.carla.id, cast.session.id, "after"], session),
        ("rupture-mark", [cast.carla.id, cast.session.id], session),
        ("rupture-repair", [cast.carla.id, cast.session.id], reverse("client", args=[cast.carla.id])),
        ("sign-out", [], "/"),
        ("account-active", [cast.dario.id], reverse("clinic")),
    ):
        url = reverse(name, args=args)
        led = browser.post(url).headers["Location"]  # the sign-in had ended: the form is sent to nobody
        assert led == f"/sign-in/?next={url}"
        shown = BeautifulSoup(browser.get(led).content, "html.parser").find("input", attrs={"name": "next"})["value"]
        assert shown == near
        assert sign_in(Browser(), next=url).headers["Location"] == near


def test_after_idling_a_form_that_is_sent_leads_back_to_its_page(cast: Cast, alma: Browser) -> None:
    assert is_in(alma)
    with patch("securebase.workbench.accounts.middleware.time.time", return_value=after(16)):
        answer = alma.post(reverse("check-in-hand-over", args=[cast.carla.id, cast.session.id, "before"]))
    back = f"next=%2Fclients%2F{cast.carla.id}%2Fsessions%2F{cast.session.id}%2F"
    assert answer.headers["Location"] == f"/sign-in/?away=1&{back}"


def test_an_address_that_cannot_be_opened_says_so_and_leads_on(cast: Cast, alma: Browser) -> None:
    session = reverse("session", args=[cast.carla.id, cast.session.id])
    answer = alma.get(session + "before/hand-over/")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    soup = BeautifulSoup(answer.content, "html.parser")
    assert "cannot be opened like that" in soup.text
    assert urljoin(session + "before/hand-over/", soup.find("main").find("a", class_="button")["href"]) == session


@pytest.mark.django_db
def test_the_page_told_to_who_forgot_a_password_names_a_command_that_works(tmp_path: Path) -> None:
    message = BeautifulSoup(Browser(HTTP_HOST="localhost").get(reverse("first-account")).content, "html.parser")
    command = message.find("code").text.split()
    assert command[:2] == ["python", "-m"]
    data = tmp_path / "securebase-data"
    data.mkdir()
    around = {k: v for k, v in os.environ.items() if not k.startswith(("SECUREBASE_", "DJANGO_"))}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *words], cwd=tmp_path, env=around, capture_output=True, text=True, check=False
        )

    assert run("django", "migrate", "--settings", "securebase.workbench.settings").returncode == 0
    assert "user 'your-user-name' does not exist" in run(*command[2:]).stderr


def test_the_person_who_runs_the_machine_can_set_a_password(cast: Cast, browser: Browser) -> None:
    new = "nine slow rivers bend"
    with patch("getpass.getpass", return_value=new):
        call_command("changepassword", "alma", stdout=StringIO())
    assert sign_in(browser, password=new).status_code == 302


class TestFirstAccount:
    TYPED = {  # noqa: RUF012
        "name_shown": "Alma",
        "clinic_name": "Harbour Practice",
        "user_name": "Alma",
        "password": PASSWORD,
        "password_again": PASSWORD,
    }

    @pytest.mark.django_db
    def test_an_empty_clinic_asks_for_it(self) -> None:
        browser = Browser(HTTP_HOST="localhost")
        assert browser.get(reverse("sign-in")).headers["Location"] == reverse("first-account")
        answer = browser.post(reverse("first-account"), self.TYPED)
        assert answer.headers["Location"] == reverse("caseload")
        assert is_in(browser)
        account = Account.objects.get()
        assert account.has_role(Role.THERAPIST)
        assert account.is_administrator
        assert Clinic.objects.get().name == "Harbour Practice"

    @pytest.mark.django_db
    def test_a_slip_in_the_password_is_seen_before_it_locks_anybody_out(self) -> None:
        browser = Browser(HTTP_HOST="localhost")
        for again in ("seven quiet heron wade", ""):
            answer = browser.post(reverse("first-account"), self.TYPED | {"password_again": again})
            assert answer.status_code == 400
            assert PASSWORD not in answer.content.decode()
        assert not Account.objects.exists()

    def test_once_there_is_an_account_the_page_is_gone(self, cast: Cast, browser: Browser) -> None:
        answer = browser.post(reverse("first-account"), self.TYPED | {"user_name": "eve"})
        assert answer.headers["Location"] == reverse("sign-in")
        assert not Account.objects.filter(user_name="eve").exists()
        with pytest.raises(NotPermittedError):
            actions.create_first_account(clinic_name="x", user_name="eve", name_shown="Eve", password=PASSWORD)

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        "where",
        [
            {"REMOTE_ADDR": "203.0.113.9"},
            {"HTTP_HOST": "clinic.example"},
            {"HTTP_X_FORWARDED_FOR": "203.0.113.9"},
            {"REMOTE_ADDR": "not an address"},
        ],
    )
    def test_from_another_machine_it_needs_the_code(self, where: dict[str, str], settings) -> None:
        settings.ALLOWED_HOSTS = ["clinic.example", "testserver", "localhost"]
        browser = Browser(HTTP_HOST=where.pop("HTTP_HOST", "localhost"), **where)
        for code in ("", "AAAA-BBBB-CCCC"):
            assert browser.post(reverse("first-account"), self.TYPED | {"set_up_code": code}).status_code == 400
        assert not Account.objects.exists()
        file = settings.DATA_DIR / "set-up-code"
        assert file.stat().st_mode & 0o777 == 0o600
        code = file.read_text().strip()
        answer = browser.post(reverse("first-account"), self.TYPED | {"set_up_code": f" {code.lower()} "})
        assert answer.status_code == 302
        assert not file.exists()

    @pytest.mark.django_db
    def test_guessing_the_code_is_stopped(self, settings) -> None:
        stranger = Browser(REMOTE_ADDR="203.0.113.9")
        for _ in range(25):
            stranger.post(reverse("first-account"), self.TYPED | {"set_up_code": "WRONG"})
        code = (settings.DATA_DIR / "set-up-code").read_text().strip()
        assert stranger.post(reverse("first-account"), self.TYPED | {"set_up_code": code}).status_code == 400
        (settings.DATA_DIR / "set-up-code").unlink()


def test_two_who_edit_the_clinic_at_once_are_told(cast: Cast) -> None:
    item, two = Browser(), Browser()
    item.force_login(cast.alma)
    two.force_login(cast.adam)
    typed = {"name": "Harbour", "help_text": "Call us.", "version": "1"}
    assert item.post(reverse("clinic"), typed).status_code == 302
    answer = two.post(reverse("clinic"), typed | {"name": "Pier", "help_text": "Ring the bell."})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Somebody else changed this" in page
    assert "Ring the bell." in page  # what was typed
    assert "Call us." in page  # what is saved
    assert 'name="version" value="2"' in page
    assert two.post(reverse("clinic"), typed | {"name": "Pier", "version": "2"}).status_code == 302


def test_the_cast_is_made_in_one_clinic(db: None) -> None:
    cast = make_cast()
    assert {a.clinic for a in Account.objects.all()} == {cast.alma.clinic}
    assert isinstance(cast.alma.created_at, datetime)
