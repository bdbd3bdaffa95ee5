"""Pages of the administrator: the mail server, and the work that waits."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from securebase.workbench.accounts.access import current_account, require_role
from securebase.workbench.accounts.models import Account, Role
from securebase.workbench.audit.actions import record
from securebase.workbench.jobs.actions import JobProblem, overdue_since
from securebase.workbench.jobs.forms import MailServerForm, TestMessageForm
from securebase.workbench.jobs.mail import send_test
from securebase.workbench.jobs.models import Job, JobState, MailServer
from securebase.workbench.ui.conflict import form_status


@require_role(Role.ADMINISTRATOR)
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def mail(request: HttpRequest) -> HttpResponse:
    """Enter the mail server, and send a test message by it."""
    account = current_account(request)
    server = MailServer.objects.filter(clinic=account.clinic).first()
    about_server, about_test = "save" in request.POST, "test" in request.POST
    names = ("host", "port", "security", "user", "sender")
    start = {name: getattr(server, name) for name in names} if server else {"port": 587, "security": "starttls"}
    form = MailServerForm(request.POST if about_server else None, initial=start)
    test_form = TestMessageForm(request.POST if about_test else None, initial={"to": account.mail})
    if about_server and form.is_valid():
        save_server(account=account, **form.cleaned_data)
        messages.success(request, "Saved. Send a test message to see whether it works.")
        return redirect("clinic-mail")
    if about_test and server is not None and test_form.is_valid():
        try:
            send_test(server, test_form.cleaned_data["to"], timezone.now())
        except JobProblem as problem:
            test_form.add_error("to", f"The message did not leave: {problem}.")
        else:
            messages.success(request, f"A test message is on its way to {test_form.cleaned_data['to']}.")
            return redirect("clinic-mail")
    context = {
        "form": form,
        "test_form": test_form,
        "server": server,
        "jobs": _count_jobs(),
        "overdue": overdue_since(timezone.now()),
        "failed": Job.objects.filter(state=JobState.FAILED).order_by("-finished_at")[:5],
        "section": "clinic",
    }
    return render(request, "jobs/mail.html", context, status=form_status(form, test_form))


def _count_jobs() -> list[tuple[str, int]]:
    """Return how many jobs wait, are done and have failed."""
    numbers = dict(Job.objects.values_list("state").annotate(n=Count("id")))
    return [(str(state.label), numbers.get(state, 0)) for state in (JobState.WAITING, JobState.DONE, JobState.FAILED)]


@transaction.atomic
def save_server(*, account: Account, password: str, sender: str, **values: object) -> MailServer:
    """Store the mail server of the account's clinic; an empty password keeps the stored one."""
    server, _ = MailServer.objects.get_or_create(clinic=account.clinic, defaults={"sender": sender})
    for name, value in (*values.items(), ("sender", sender)):
        setattr(server, name, value)
    if password:
        server.password = password
    server.tested_at = None
    server.save()
    detail = {"host": server.host, "port": server.port, "security": server.security}
    record(actor=account, action="mail.changed", object_type="clinic", object_id=account.clinic_id, detail=detail)
    return server
