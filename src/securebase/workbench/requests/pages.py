"""Pages of requests: the schedule of a course, the list of who is late, and the page that ends reminders."""

from __future__ import annotations

import uuid
from hmac import compare_digest

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Role
from securebase.workbench.audit.actions import record
from securebase.workbench.check_ins.actions import open_on_device
from securebase.workbench.check_ins.models import CheckIn
from securebase.workbench.check_ins.pages import hand_over_to
from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.clients.models import Client
from securebase.workbench.clients.tokens import derived_token
from securebase.workbench.requests import actions, queries
from securebase.workbench.requests.forms import START, PlanForm
from securebase.workbench.requests.models import Channel, MailChoice, Request, RequestPlan, RequestSettings
from securebase.workbench.requests.occasions import When
from securebase.workbench.ui.conflict import form_status, refusal_as_message, refusal_on
from securebase.workbench.ui.qr import qr_code


@client_page("GET", "POST", tab="sessions")
def plan(page: ClientPage) -> HttpResponse:
    """Show the schedule of the course, and add a line."""
    episode = page.require_episode()
    start = START | {"start": timezone.localdate(page.now)}
    form = PlanForm(page.posted if "add" in page.request.POST else None, initial=start)
    if form.is_valid():
        with refusal_on(form):
            data = form.cleaned_data
            actions.add_plan(
                episode=episode,
                by=page.account,
                at_time=page.now,
                **{name: value for name, value in data.items() if name not in {"when", "channel"}},
                when=When(data["when"]),
                channel=Channel(data["channel"]),
            )
            messages.success(page.request, "Added to the schedule.")
            return page.redirect("requests")
    context = {"schedule": queries.schedule(episode, page.now), "form": form}
    return page.render("requests/schedule.html", context, status=form_status(form))


@client_page("POST", tab="sessions")
def plan_check_ins(page: ClientPage) -> HttpResponse:
    """Plan the check-ins before and after each session."""
    episode = page.require_episode()
    channel = Channel.NONE if queries.obstacles(episode, by_mail=True) else Channel.MAIL
    with refusal_as_message(page.request), transaction.atomic():
        for values in actions.default_plans():
            actions.add_plan(episode=episode, by=page.account, at_time=page.now, channel=channel, **values)
        messages.success(page.request, "Check-ins are planned before and after each session.")
    return page.redirect("requests")


@client_page("POST", tab="sessions")
def switch(page: ClientPage, plan_id: uuid.UUID) -> HttpResponse:
    """Switch a line of the schedule off, or on again."""
    row = get_object_or_404(RequestPlan.objects.visible_to(page.account), id=plan_id, episode=page.require_episode())
    on = "on" in page.request.POST
    with refusal_as_message(page.request):
        actions.switch_plan(plan=row, by=page.account, on=on, at=page.now)
        messages.success(page.request, "Switched on." if on else "Switched off. What was sent can still be answered.")
    return page.redirect("requests")


@client_page("POST", tab="sessions")
def show_code(page: ClientPage, check_in_id: uuid.UUID) -> HttpResponse:
    """Show the link of an open check-in as a QR code, for a client in the room."""
    check_in = get_object_or_404(CheckIn.objects.visible_to(page.account), id=check_in_id, episode__client=page.client)
    if not check_in.works(page.now) or not settings.ADDRESS:
        messages.error(page.request, "This check-in is no longer open, or the clinic has no web address.")
        return page.redirect("requests")
    context = {"check_in": check_in, "code": qr_code(settings.ADDRESS + check_in.path)}
    return page.render("requests/code.html", context)


@client_page("POST", tab="sessions")
def hand_over(page: ClientPage, check_in_id: uuid.UUID) -> HttpResponse:
    """End the therapist's sign-in and open a check-in on this device."""
    check_in = get_object_or_404(CheckIn.objects.visible_to(page.account), id=check_in_id, episode__client=page.client)
    with refusal_as_message(page.request):
        return hand_over_to(page, open_on_device(check_in=check_in, by=page.account, at=page.now).path)
    return page.redirect("requests")


@client_page("POST", tab="sessions")
def send_again(page: ClientPage, request_id: uuid.UUID) -> HttpResponse:
    """Send a request once more."""
    with refusal_as_message(page.request):
        actions.send_again(request=_requested(page, request_id), by=page.account, at=page.now)
        messages.success(page.request, f"A message to {page.client.name_shown} leaves within a minute.")
    return redirect("late")


@client_page("POST", tab="sessions")
def withdraw(page: ClientPage, request_id: uuid.UUID) -> HttpResponse:
    """Stop asking on one occasion."""
    with refusal_as_message(page.request):
        actions.withdraw_request(request=_requested(page, request_id), by=page.account)
        messages.success(page.request, "Withdrawn. The next request comes as planned.")
    return redirect("late")


def _requested(page: ClientPage, request_id: uuid.UUID) -> Request:
    rows = Request.objects.visible_to(page.account).select_related("plan__episode__client", "check_in")
    return get_object_or_404(rows, id=request_id, plan__episode__client=page.client)


@require_role(Role.THERAPIST)
@require_GET
def late(request: HttpRequest) -> HttpResponse:
    """List whose answers are late, since when, and what was sent."""
    account = current_account(request)
    context = {"rows": queries.late_requests(account, timezone.now()), "section": "caseload"}
    return render(request, "requests/late.html", context)


@require_role(Role.ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def reminders(request: HttpRequest) -> HttpResponse:
    """Let chance decide about reminders, and show what they do in this clinic."""
    account = current_account(request)
    clinic = account.clinic
    if request.method == "POST":
        on = "on" in request.POST
        with transaction.atomic():
            RequestSettings.objects.update_or_create(clinic=clinic, defaults={"randomise_reminders": on})
            record(
                actor=account,
                action="reminders.randomised",
                object_type="clinic",
                object_id=clinic.id,
                detail={"on": on},
            )
        messages.success(request, "Saved.")
        return redirect("clinic-reminders")
    effect, ended = queries.reminder_effect(clinic, timezone.now())
    chance = RequestSettings.objects.filter(clinic=clinic, randomise_reminders=True).exists()
    context = {"effect": effect, "ended": ended, "chance": chance, "least": queries.MIN_REQUESTS, "section": "clinic"}
    return render(request, "requests/reminders.html", context)


@csrf_exempt  # the address itself is the secret: a forged request would need it
@login_not_required
@require_http_methods(["GET", "POST"])
def stop_reminders(request: HttpRequest, person: uuid.UUID, token: str) -> HttpResponse:
    """Let a client switch reminders off or on by the link of a message, without a sign-in."""
    if not compare_digest(token, derived_token(f"reminders:{person}")):
        raise Http404
    client = Client.objects.unscoped(reason="the client's own link").filter(id=person).first()
    if client is None:
        raise Http404
    choices = MailChoice.objects.unscoped(reason="the client's own choice")
    if request.method == "POST":
        off = "on" not in request.POST
        with transaction.atomic():
            choices.update_or_create(client=client, defaults={"reminders_off": off, "changed_at": timezone.now()})
            record(
                actor=None,
                action="reminders.chosen",
                object_type="client",
                object_id=client.id,
                client=client.id,
                detail={"off": off},
            )
        return redirect(request.path)
    off = choices.filter(client=client, reminders_off=True).exists()
    with translation.override(client.language or "en"):
        return render(request, "requests/stop.html", {"off": off})
