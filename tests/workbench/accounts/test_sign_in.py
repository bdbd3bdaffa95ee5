"""Sign-in, lockout, the idle lock, and the end of a sign-in."""

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
from django.urls import reverse
from django.utils import timezone

from securebase.errors import InputError, NotPermittedError
from securebase.workbench.accounts import actions
from securebase.workbench.accounts.models import Account, Clinic, Role, SignInCount, normalise_user_name
from securebase.workbench.audit.models import Entry
from workbench.browser import Browser
from workbench.cast import PASSWORD, Cast, make_cast

WRONG = "three loud geese"


def sign_in(browser: Browser, name: str = "alma", password: str = PASSWORD, **more: str):
    return browser.post(reverse("sign-in"), {"user_name": name, "password": password} | more)


def is_signed_in(browser: Browser) -> bool:
    return browser.get(reverse("profile")).status_code == 200


def test_passwords_are_stored_as_argon2id(cast: Cast) -> None:
    assert cast.alma.password.startswith("argon2$argon2id$")


def test_signing_in_and_out(cast: Cast, browser: Browser) -> None:
    assert not is_signed_in(browser)
    answer = sign_in(browser)
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("caseload"))
    assert is_signed_in(browser)
    old = browser.cookies[settings.SESSION_COOKIE_NAME].value
    assert browser.get(reverse("sign-out")).status_code == 405
    browser.post(reverse("sign-out"))
    assert not is_signed_in(browser)
    # the old cookie no longer works, because the session was deleted on the server
    browser.cookies[settings.SESSION_COOKIE_NAME] = old
    assert not is_signed_in(browser)
    assert list(Entry.objects.filter(action__startswith="sign_").values_list("action", flat=True)) == [
        "sign_in",
        "sign_out",
    ]


@pytest.mark.parametrize("name", ["ALMA", "  alma ", "Ａlma"])
def test_spellings_of_a_user_name_are_equivalent(cast: Cast, browser: Browser, name: str) -> None:
    assert normalise_user_name(name) == "alma"
    assert sign_in(browser, name).status_code == 302


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(cast: Cast, browser: Browser) -> None:
    known_name, unknown_name = sign_in(browser, "alma", WRONG), sign_in(browser, "nobody", WRONG)
    assert known_name.status_code == unknown_name.status_code == 400

    def text(answer) -> str:
        return answer.content.decode().split('role="alert"')[1].split("</div>")[0]

    assert text(known_name) == text(unknown_name)
    assert not is_signed_in(browser)


def test_the_form_keeps_input_except_the_password(cast: Cast, browser: Browser) -> None:
    page = sign_in(browser, "Alma Berg", WRONG).content.decode()
    assert 'value="Alma Berg"' in page
    assert WRONG not in page


def test_five_failures_lock_an_account_even_for_the_right_password(cast: Cast, browser: Browser) -> None:
    for typed in ("alma", "ALMA", " Alma", "alma ", "Ａlma"):
        sign_in(browser, typed, WRONG)
    answer = sign_in(browser)
    assert answer.status_code == 400
    assert "Too many attempts" in answer.content.decode()
    # from any address and after a restart, because the count is in the database
    assert sign_in(Browser(REMOTE_ADDR="203.0.113.9")).status_code == 400
    later = timezone.now() + actions.LOCK_DURATION + timedelta(seconds=1)
    with patch("django.utils.timezone.now", return_value=later):
        assert sign_in(Browser()).status_code == 302


def test_a_name_without_an_account_is_locked_as_well(cast: Cast, browser: Browser) -> None:
    for _ in range(5):
        sign_in(browser, "nobody", WRONG)
    assert "Too many attempts" in sign_in(browser, "nobody", WRONG).content.decode()


def test_an_address_that_tries_many_names_is_locked(cast: Cast) -> None:
    stranger = Browser(REMOTE_ADDR="203.0.113.9")
    for n in range(25):
        sign_in(stranger, f"name{n}", WRONG)
    assert "Too many attempts" in sign_in(stranger).content.decode()
    assert sign_in(Browser(REMOTE_ADDR="203.0.113.10")).status_code == 302


def test_a_sign_in_clears_the_count_of_the_account_and_old_failures_lapse(cast: Cast, browser: Browser) -> None:
    for _ in range(4):
        sign_in(browser, "alma", WRONG)
    assert sign_in(browser).status_code == 302
    for _ in range(4):
        sign_in(Browser(), "alma", WRONG)
    now = timezone.now() + actions.LOCK_DURATION * 2
    actions.record_failed_sign_in(user_name="alma", address="x", now=now)
    assert actions.locked_until(user_name="alma", address="x", now=now) is None


def test_neither_counts_nor_trail_store_the_typed_name(cast: Cast, browser: Browser) -> None:
    sign_in(browser, PASSWORD, "alma")  # the password in the wrong field
    stored = [c.key for c in SignInCount.objects.all()] + [str(e.detail) + e.object_id for e in Entry.objects.all()]
    assert not any(PASSWORD in text for text in stored)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_sign_in_redirects_only_within_the_workbench(cast: Cast, browser: Browser, target: str) -> None:
    assert sign_in(browser, next=target).headers["Location"] == reverse("caseload")


def test_sign_in_returns_to_the_requested_page(cast: Cast, browser: Browser) -> None:
    page = browser.get(reverse("library"))
    assert page.headers["Location"] == "/sign-in/?next=/library/"
    assert sign_in(browser, next="/library/").headers["Location"] == "/library/"


def after(minutes: float) -> float:
    return timezone.now().timestamp() + 60 * minutes


def test_a_sign_in_ends_after_fifteen_minutes_without_a_request(alma: Browser) -> None:
    assert is_signed_in(alma)
    with patch("securebase.workbench.accounts.middleware.time.time", return_value=after(14)):
        assert is_signed_in(alma)
    with patch("securebase.workbench.accounts.middleware.time.time", return_value=after(28)):
        assert is_signed_in(alma)
    with patch("securebase.workbench.accounts.middleware.time.time", return_value=after(44)):
        answer = alma.get(reverse("library"))
        assert answer.headers["Location"] == "/sign-in/?away=1&next=%2Flibrary%2F"
    assert not is_signed_in(alma)
    assert Entry.objects.get(action="sign_out").detail == {"why": "idle"}


def test_a_clock_that_was_set_back_neither_ends_nor_extends_a_sign_in(alma: Browser) -> None:
    assert is_signed_in(alma)
    with patch("securebase.workbench.accounts.middleware.time.time", return_value=after(-600)):
        assert is_signed_in(alma)
    # after the clock is corrected, ten hours have passed for the workbench
    assert not is_signed_in(alma)


def test_a_keep_alive_request_counts_as_activity(alma: Browser) -> None:
    with patch("securebase.workbench.accounts.middleware.time.time", return_value=after(10)):
        assert alma.post(reverse("still-here")).status_code == 204
    with patch("securebase.workbench.accounts.middleware.time.time", return_value=after(24)):
        assert is_signed_in(alma)


def test_a_new_password_ends_every_other_sign_in(cast: Cast) -> None:
    first, second = Browser(), Browser()
    sign_in(first)
    sign_in(second)
    new = "nine slow rivers bend"
    answer = first.post(reverse("profile"), {"present": PASSWORD, "password": new, "save_password": "1"})
    assert answer.status_code == 302
    assert is_signed_in(first)
    assert not is_signed_in(second)
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


def test_a_closed_account_is_signed_out_at_once(cast: Cast, browser: Browser) -> None:
    browser.force_login(cast.dario)
    assert is_signed_in(browser)
    actions.set_active(account=cast.dario, active=False, by=cast.adam)
    assert not is_signed_in(browser)
    with pytest.raises(InputError):
        actions.set_active(account=cast.adam, active=False, by=cast.adam)
    with pytest.raises(NotPermittedError):
        actions.set_active(account=cast.adam, active=False, by=cast.bruno)


def test_only_administrators_create_accounts(cast: Cast) -> None:
    with pytest.raises(NotPermittedError):
        actions.create_account(
            clinic=cast.alma.clinic, user_name="x", name_shown="X", password=None, roles=[Role.THERAPIST], by=cast.bruno
        )
    with pytest.raises(InputError, match="already taken"):
        actions.create_account(
            clinic=cast.alma.clinic, user_name="ALMA", name_shown="X", password=None, roles=[], by=cast.adam
        )


def test_an_administrator_creates_an_account_on_the_page(cast: Cast, browser: Browser) -> None:
    browser.force_login(cast.adam)
    typed = {"user_name": "Edda", "name_shown": "Edda", "roles": ["therapist"], "password": PASSWORD}
    assert browser.post(reverse("account-new"), typed).status_code == 302
    assert sign_in(Browser(), "edda").status_code == 302
    assert Account.objects.get(user_name="edda").clinic == cast.adam.clinic


def test_an_administrator_resets_a_forgotten_password(cast: Cast, browser: Browser) -> None:
    for _ in range(5):
        sign_in(Browser(), "dario", WRONG)
    second = Browser()
    second.force_login(cast.dario)
    browser.force_login(cast.adam)
    url = reverse("account-password", args=[cast.dario.id])
    assert browser.post(url, {"password": "short"}).status_code == 400
    assert browser.post(url, {"password": PASSWORD}).status_code == 302
    assert not is_signed_in(second)
    assert sign_in(Browser(), "dario").status_code == 302
    assert browser.get(reverse("account-password", args=[cast.adam.id])).status_code == 404
    with pytest.raises(NotPermittedError):
        actions.reset_password(account=cast.dario, by=cast.bruno, password=PASSWORD)
    with pytest.raises(InputError):
        actions.reset_password(account=cast.adam, by=cast.adam, password=PASSWORD)


def reset_password_by_adam(cast: Cast, password: str = PASSWORD) -> None:
    actions.reset_password(account=cast.dario, by=cast.adam, password=password)


def test_a_password_set_by_somebody_else_only_opens_the_page_to_change_it(cast: Cast, browser: Browser) -> None:
    reset_password_by_adam(cast)
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
    assert browser.post(reverse("profile"), typed | {"password": PASSWORD}).status_code == 400  # reusing it is refused
    assert browser.post(reverse("profile"), typed).status_code == 302
    assert browser.get(reverse("caseload")).status_code == 200
    assert "Choose a password of your own" not in browser.get(reverse("profile")).content.decode()


def test_an_administrator_cannot_use_such_a_password_unnoticed(cast: Cast, browser: Browser) -> None:
    """Check that using it means changing it, which locks the therapist out and stays in their activity list."""
    reset_password_by_adam(cast)
    intruder = Browser()
    sign_in(intruder, "dario")
    assert intruder.get(reverse("caseload")).status_code == 302
    typed = {"present": PASSWORD, "password": "nine slow rivers bend", "save_password": "1"}
    intruder.post(reverse("profile"), typed)
    assert sign_in(Browser(), "dario").status_code == 400
    reset_password_by_adam(cast, "ten tall poplars lean")
    sign_in(browser, "dario", "ten tall poplars lean")
    page = browser.get(reverse("profile")).content.decode()
    assert page.count("New password set by <b>Adam</b>") == 2
    assert "Password changed" in page
    assert Entry.objects.filter(action="password.reset", actor_name="Adam").count() == 2


def test_an_initial_password_must_be_changed_too(cast: Cast, browser: Browser) -> None:
    actions.create_account(
        clinic=cast.alma.clinic, user_name="edda", name_shown="Edda", password=PASSWORD, by=cast.adam
    )
    sign_in(browser, "edda")
    assert browser.get(reverse("caseload")).headers["Location"] == reverse("profile")


def test_a_clients_check_in_opens_in_spite_of_a_forced_password_change(cast: Cast, browser: Browser) -> None:
    reset_password_by_adam(cast)
    sign_in(browser, "dario")
    assert browser.get(cast.invite(at=timezone.now()).path).status_code == 200


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bruno", "that therapists share with you"),
        ("rosa", "securebase study"),
        ("adam", "you manage accounts"),
    ],
)
def test_accounts_without_clients_are_told_what_they_can_do(cast: Cast, browser: Browser, name: str, text: str) -> None:
    browser.force_login(Account.objects.get(user_name=name))
    answer = browser.get(reverse("profile"))
    assert "What your account can do" in answer.content.decode()
    assert text in answer.content.decode()


def test_a_therapist_does_not_need_this_explanation(alma: Browser) -> None:
    assert "What your account can do" not in alma.get(reverse("profile")).content.decode()


def test_sign_in_never_redirects_to_a_post_only_address(cast: Cast, browser: Browser) -> None:
    session = reverse("session", args=[cast.carla.id, cast.session.id])
    for name, args, nearest in (
        ("check-in-hand-over", [cast.carla.id, cast.session.id, "before"], session),
        ("check-in-link", [cast.carla.id, cast.session.id, "after"], session),
        ("rupture-mark", [cast.carla.id, cast.session.id], session),
        ("rupture-repair", [cast.carla.id, cast.session.id], reverse("client", args=[cast.carla.id])),
        ("sign-out", [], "/"),
        ("account-active", [cast.dario.id], reverse("clinic")),
    ):
        url = reverse(name, args=args)
        location = browser.post(url).headers["Location"]  # the sign-in has ended
        assert location == f"/sign-in/?next={url}"
        soup = BeautifulSoup(browser.get(location).content, "html.parser")
        assert soup.find("input", attrs={"name": "next"})["value"] == nearest
        assert sign_in(Browser(), next=url).headers["Location"] == nearest


def test_a_form_sent_after_the_idle_time_leads_back_to_its_page(cast: Cast, alma: Browser) -> None:
    assert is_signed_in(alma)
    with patch("securebase.workbench.accounts.middleware.time.time", return_value=after(16)):
        answer = alma.post(reverse("check-in-hand-over", args=[cast.carla.id, cast.session.id, "before"]))
    back = f"next=%2Fclients%2F{cast.carla.id}%2Fsessions%2F{cast.session.id}%2F"
    assert answer.headers["Location"] == f"/sign-in/?away=1&{back}"


def test_a_post_only_address_explains_itself_and_links_to_the_nearest_page(cast: Cast, alma: Browser) -> None:
    session = reverse("session", args=[cast.carla.id, cast.session.id])
    answer = alma.get(session + "before/hand-over/")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    soup = BeautifulSoup(answer.content, "html.parser")
    assert "cannot be opened directly" in soup.text
    assert urljoin(session + "before/hand-over/", soup.find("main").find("a", class_="button")["href"]) == session


@pytest.mark.django_db
def test_the_password_command_on_the_first_page_works(tmp_path: Path) -> None:
    soup = BeautifulSoup(Browser(HTTP_HOST="localhost").get(reverse("first-account")).content, "html.parser")
    command = soup.find("code").text.split()
    assert command[:2] == ["python", "-m"]
    data = tmp_path / "securebase-data"
    data.mkdir()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("SECUREBASE_", "DJANGO_"))}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    assert run("django", "migrate", "--settings", "securebase.workbench.settings").returncode == 0
    assert "user 'your-user-name' does not exist" in run(*command[2:]).stderr


def test_changepassword_sets_a_password(cast: Cast, browser: Browser) -> None:
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
    def test_an_empty_clinic_asks_for_the_first_account(self) -> None:
        browser = Browser(HTTP_HOST="localhost")
        assert browser.get(reverse("sign-in")).headers["Location"] == reverse("first-account")
        answer = browser.post(reverse("first-account"), self.TYPED)
        assert answer.headers["Location"] == reverse("caseload")
        assert is_signed_in(browser)
        account = Account.objects.get()
        assert account.has_role(Role.THERAPIST)
        assert account.is_administrator
        assert Clinic.objects.get().name == "Harbour Practice"

    @pytest.mark.django_db
    def test_a_typo_in_the_password_is_caught(self) -> None:
        browser = Browser(HTTP_HOST="localhost")
        for again in ("seven quiet heron wade", ""):
            answer = browser.post(reverse("first-account"), self.TYPED | {"password_again": again})
            assert answer.status_code == 400
            assert PASSWORD not in answer.content.decode()
        assert not Account.objects.exists()

    def test_the_page_is_closed_once_an_account_exists(self, cast: Cast, browser: Browser) -> None:
        answer = browser.post(reverse("first-account"), self.TYPED | {"user_name": "eve"})
        assert answer.headers["Location"] == reverse("sign-in")
        assert not Account.objects.filter(user_name="eve").exists()
        with pytest.raises(NotPermittedError):
            actions.create_first_account(clinic_name="x", user_name="eve", name_shown="Eve", password=PASSWORD)

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        "request_headers",
        [
            {"REMOTE_ADDR": "203.0.113.9"},
            {"HTTP_HOST": "clinic.example"},
            {"HTTP_X_FORWARDED_FOR": "203.0.113.9"},
            {"REMOTE_ADDR": "not an address"},
        ],
    )
    def test_another_machine_needs_the_set_up_code(self, request_headers: dict[str, str], settings) -> None:
        settings.ALLOWED_HOSTS = ["clinic.example", "testserver", "localhost"]
        browser = Browser(HTTP_HOST=request_headers.pop("HTTP_HOST", "localhost"), **request_headers)
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
    def test_guessing_the_set_up_code_is_throttled(self, settings) -> None:
        stranger = Browser(REMOTE_ADDR="203.0.113.9")
        for _ in range(25):
            stranger.post(reverse("first-account"), self.TYPED | {"set_up_code": "WRONG"})
        code = (settings.DATA_DIR / "set-up-code").read_text().strip()
        assert stranger.post(reverse("first-account"), self.TYPED | {"set_up_code": code}).status_code == 400
        (settings.DATA_DIR / "set-up-code").unlink()


def test_an_edit_conflict_of_the_clinic_is_reported(cast: Cast) -> None:
    first, second = Browser(), Browser()
    first.force_login(cast.alma)
    second.force_login(cast.adam)
    typed = {"name": "Harbour", "help_text": "Call us.", "version": "1"}
    assert first.post(reverse("clinic"), typed).status_code == 302
    answer = second.post(reverse("clinic"), typed | {"name": "Pier", "help_text": "Ring the bell."})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Someone else changed this" in page
    assert "Ring the bell." in page  # the input
    assert "Call us." in page  # the saved text
    assert 'name="version" value="2"' in page
    assert second.post(reverse("clinic"), typed | {"name": "Pier", "version": "2"}).status_code == 302


def test_the_cast_belongs_to_one_clinic(db: None) -> None:
    cast = make_cast()
    assert {a.clinic for a in Account.objects.all()} == {cast.alma.clinic}
    assert isinstance(cast.alma.created_at, datetime)
