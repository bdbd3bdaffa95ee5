"""Pages for sign-in and sign-out, the first account, the profile and the clinic."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from securebase.workbench.accounts import actions, queries
from securebase.workbench.accounts.access import (
    address_of,
    current_account,
    delete_set_up_code,
    is_from_this_machine,
    matches_set_up_code,
    require_role,
    set_up_code,
)
from securebase.workbench.accounts.forms import (
    ChangePasswordForm,
    ClinicForm,
    FirstAccountForm,
    NameForm,
    PracticeForm,
    ResetPasswordForm,
    SignInForm,
    StaffAccountForm,
)
from securebase.workbench.accounts.help_numbers import countries, find_country
from securebase.workbench.accounts.models import Account, Role
from securebase.workbench.clinic_set import set_in_use
from securebase.workbench.ui.conflict import form_status, refusal_as_message, refusal_on
from securebase.workbench.ui.methods import nearest_page, post_only
from securebase.workbench.ui.phone_numbers import names_a_number

_WRONG_CREDENTIALS = "The user name or password is incorrect."


def _next_url(request: HttpRequest) -> str:
    """Return the page to open after sign-in; only on this host (no open redirect: ASVS 4.0.3, V5.1.5)."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return nearest_page(target) if safe and target else ""


def _home(account: Account) -> str:
    return reverse("caseload") if account.is_therapist or account.is_supervisor else reverse("profile")


@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in with user name and password.

    Every failure gets the same answer, so that nobody can find out which accounts exist (CWE-204).
    """
    if queries.clinic_is_empty():
        return redirect("first-account")
    if isinstance(request.user, Account):
        return redirect(_next_url(request) or _home(request.user))
    form = SignInForm(request.POST or None)
    if form.is_valid():
        name, now, address = form.cleaned_data["user_name"], timezone.now(), address_of(request)
        locked = actions.locked_until(user_name=name, address=address, now=now)
        # no password is checked during a lock: otherwise guessing could go on and only the answer would be delayed
        account = None if locked else authenticate(request, username=name, password=form.cleaned_data["password"])
        if isinstance(account, Account):
            login(request, account)  # also changes the session key, against session fixation (ASVS 4.0.3, V3.2.1)
            # a client may have used this browser: drop their session data and its shorter lifetime
            for client_key in ("handed_over", "check_in_sent", "own_page"):
                request.session.pop(client_key, None)
            request.session.set_expiry(None)
            actions.record_sign_in(account=account, address=address, now=now)
            return redirect(_next_url(request) or _home(account))
        if locked:
            form.add_error(None, "Too many attempts. Try again in about 15 minutes.")
        else:
            actions.record_failed_sign_in(user_name=name, address=address, now=now)
            form.add_error(None, _WRONG_CREDENTIALS)
    context = {
        "form": form,
        "next": _next_url(request),
        "away": "away" in request.GET,
        "handed_over": request.session.get("handed_over"),
    }
    return render(request, "accounts/sign_in.html", context, status=form_status(form))


@post_only
def sign_out(request: HttpRequest) -> HttpResponse:
    actions.record_sign_out(account=current_account(request), reason="asked")
    logout(request)
    response = redirect("sign-in")
    response.headers["Clear-Site-Data"] = '"cache"'  # pages of the record must not stay on a shared device
    return response


@post_only
def still_here(request: HttpRequest) -> HttpResponse:
    """Answer an open page's keep-alive; `IdleLock` has already recorded the request."""
    return HttpResponse(status=204)


@login_not_required
@sensitive_post_parameters("password", "set_up_code")
@require_http_methods(["GET", "POST"])
def first_account(request: HttpRequest) -> HttpResponse:
    if not queries.clinic_is_empty():
        return redirect("sign-in")
    needs_code = not is_from_this_machine(request)
    form = FirstAccountForm(request.POST or None)
    if needs_code:
        # a stranger who finds an empty workbench on the network must not claim it; the code is on the console
        set_up_code()
    else:
        form.fields.pop("set_up_code")
    if form.is_valid():
        data, now, address = form.cleaned_data, timezone.now(), address_of(request)
        # attempts at the code are throttled like sign-ins, by network address
        locked = needs_code and actions.locked_until(user_name="", address=address, now=now)
        if needs_code and (locked or not matches_set_up_code(data["set_up_code"])):
            actions.record_failed_sign_in(user_name="", address=address, now=now)
            form.add_error("set_up_code", "The set-up code is incorrect.")
        else:
            account = actions.create_first_account(
                clinic_name=data["clinic_name"],
                user_name=data["user_name"],
                name_shown=data["name_shown"],
                password=data["password"],
            )
            delete_set_up_code()
            login(request, account)
            actions.record_sign_in(account=account, address=address, now=now)
            messages.success(request, "Your clinic is ready. Add your first client.")
            return redirect("caseload")
    return render(request, "accounts/first_account.html", {"form": form}, status=form_status(form))


@sensitive_post_parameters("present", "password")
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    account = current_account(request)
    about_name, about_password = "save_name" in request.POST, "save_password" in request.POST
    about_practice = "save_practice" in request.POST
    practice_form = PracticeForm(request.POST if about_practice else None, initial=_practice(account))
    if about_practice and practice_form.is_valid():
        actions.change_practice(account=account, **practice_form.cleaned_data)
        messages.success(request, "Training and experience saved.")
        return redirect("profile")
    name_form = NameForm(request.POST if about_name else None, initial=_contact(account))
    password_form = ChangePasswordForm(request.POST if about_password else None, account=account)
    if about_name and name_form.is_valid():
        actions.change_contact(account=account, **name_form.cleaned_data)
        messages.success(request, "Name and email saved.")
        return redirect("profile")
    if about_password and password_form.is_valid() and _check_present_password(request, account, password_form):
        actions.change_password(account=account, password=password_form.cleaned_data["password"])
        update_session_auth_hash(request, account)  # keeps this session; Django ends all others (ASVS 4.0.3, V3.3.3)
        messages.success(request, "Password changed. You are signed out everywhere else.")
        return redirect("profile")
    context = {
        "name_form": name_form,
        "password_form": password_form,
        "practice_form": practice_form,
        "activity": queries.recent_activity(account),
        "section": "profile",
    }
    return render(
        request, "accounts/profile.html", context, status=form_status(name_form, password_form, practice_form)
    )


def _contact(account: Account) -> dict[str, object]:
    return {"name_shown": account.name_shown, "mail": account.mail}


def _practice(account: Account) -> dict[str, object]:
    names = ("training", "years_of_experience", "orientation", "ipt_training")
    return {name: getattr(account, name) for name in names}


def _check_present_password(request: HttpRequest, account: Account, form: ChangePasswordForm) -> bool:
    """Return whether the present password is right; failures count as failed sign-ins.

    Otherwise somebody at an unattended screen could guess it without a limit.
    """
    now, address = timezone.now(), address_of(request)
    if actions.locked_until(user_name=account.user_name, address=address, now=now):
        form.add_error("present", "Too many attempts. Try again in about 15 minutes.")
    elif not account.check_password(form.cleaned_data["present"]):
        actions.record_failed_sign_in(user_name=account.user_name, address=address, now=now)
        form.add_error("present", "This is not your current password.")
    return not form.errors


@require_role(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def clinic(request: HttpRequest) -> HttpResponse:
    account = current_account(request)
    own_clinic = account.clinic
    # a chosen country proposes its numbers; nothing is saved before “Save”
    country = find_country(request.GET.get("country", ""))
    help_text = country.help_text if country else own_clinic.help_text
    start = {"name": own_clinic.name, "help_text": help_text, "version": own_clinic.version}
    form = ClinicForm(request.POST or None, initial=start)
    if form.is_valid():
        data = form.cleaned_data
        with refusal_on(form, row=own_clinic):
            actions.change_clinic(
                clinic=own_clinic, by=account, name=data["name"], help_text=data["help_text"], version=data["version"]
            )
            messages.success(request, "Saved.")
            return redirect("clinic")
    context = {
        "form": form,
        "clinic": own_clinic,
        "accounts": queries.accounts_of_clinic(account),
        "address": settings.ADDRESS,
        "country": country,
        "has_number": names_a_number(own_clinic.help_text),
        "countries": countries(),
        "lineage": queries.lineage_of(own_clinic),
        "forms": queries.course_formats_of(own_clinic),
        "sets": set_in_use(),
        "sets_folder": settings.PARAMETER_SETS,
        "section": "clinic",
    }
    return render(request, "accounts/clinic.html", context, status=form_status(form))


@require_role(Role.ADMINISTRATOR)
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def new_account(request: HttpRequest) -> HttpResponse:
    account = current_account(request)
    form = StaffAccountForm(request.POST or None)
    if form.is_valid():
        data = form.cleaned_data
        new = actions.create_account(
            clinic=account.clinic,
            user_name=data["user_name"],
            name_shown=data["name_shown"],
            password=data["password"],
            roles=[Role(r) for r in data["roles"]],
            by=account,
        )
        message = (
            f"Account created. {new.name_shown} can sign in as “{new.user_name}” and must then choose a new password."
        )
        messages.success(request, message)
        return redirect("clinic")
    context = {"form": form, "section": "clinic"}
    return render(request, "accounts/new_account.html", context, status=form_status(form))


@require_role(Role.ADMINISTRATOR)
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def reset_password(request: HttpRequest, account_id: str) -> HttpResponse:
    by = current_account(request)
    account = get_object_or_404(queries.accounts_of_clinic(by).exclude(id=by.id), id=account_id)
    form = ResetPasswordForm(request.POST or None, account=account)
    if form.is_valid():
        actions.reset_password(account=account, by=by, password=form.cleaned_data["password"])
        message = f"Password set. {account.name_shown} will see who set it and must choose another at the next sign-in."
        messages.success(request, message)
        return redirect("clinic")
    context = {"form": form, "account": account, "section": "clinic"}
    return render(request, "accounts/reset_password.html", context, status=form_status(form))


@require_role(Role.ADMINISTRATOR)
@post_only
def set_account_active(request: HttpRequest, account_id: str) -> HttpResponse:
    by = current_account(request)
    account = get_object_or_404(queries.accounts_of_clinic(by), id=account_id)
    with refusal_as_message(request):
        actions.set_active(account=account, active="reopen" in request.POST, by=by)
        messages.success(
            request, f"The account of {account.name_shown} is now {'open' if account.is_active else 'closed'}."
        )
    return redirect("clinic")


@login_not_required
@require_GET
def healthy(request: HttpRequest) -> HttpResponse:
    """Answer a monitor: the server runs and can read its database."""
    queries.clinic_is_empty()
    return HttpResponse("ok", content_type="text/plain")
