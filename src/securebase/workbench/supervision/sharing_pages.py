"""The therapist's side of supervision: shares, comments and the portfolio."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone

from securebase.ipt.fidelity import fidelity_over_sessions
from securebase.ipt.portfolio import portfolio as portfolio_of
from securebase.ipt.shelf import worksheets
from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.course.queries import record_of
from securebase.workbench.supervision import actions, queries
from securebase.workbench.supervision.forms import ShareForm
from securebase.workbench.supervision.models import Comment, Share, SharedPart
from securebase.workbench.supervision.sentences import describe_parts, describe_term
from securebase.workbench.ui.conflict import form_status, refusal_as_message, refusal_on

#: Parts ticked by default; none of them holds what a client said in confidence.
_DEFAULT_PARTS = (SharedPart.COURSE.value, SharedPart.MEASURES.value, SharedPart.FIDELITY.value)
_DEFAULT_WEEKS = 12


@client_page("GET", "POST", tab="course")
def supervision(page: ClientPage) -> HttpResponse:
    """Show this client's shares with their comments, and the form for another share."""
    episode, account, now = page.require_episode(), page.account, page.now
    record = record_of(episode, now)
    agreed = queries.consents_to_supervision(record)
    supervisors = queries.list_supervisors(account)
    used_kinds = {a.worksheet for a in record.artefacts}
    kinds = sorted(worksheets().values(), key=lambda w: w.id not in used_kinds)
    defaults = {"parts": _DEFAULT_PARTS, "until": timezone.localdate() + timedelta(weeks=_DEFAULT_WEEKS)}
    form = ShareForm(page.posted, supervisors=supervisors, kinds=kinds, agreed=agreed, initial=defaults)
    if form.is_valid():
        data = form.cleaned_data
        with refusal_on(form):
            actions.share_course(
                episode=episode,
                by=account,
                supervisor=form.supervisors[data["supervisor"]],
                label=data["label"],
                until=data["until"],
                parts=[SharedPart(p) for p in data["parts"]],
                worksheets=data["worksheets"],
                at=now,
                agreed=agreed,
                consent_note=data.get("consent_note", ""),
            )
            messages.success(page.request, "Shared. You can stop sharing at any time.")
            return page.redirect("client-supervision")
    shares = queries.list_shares(account, page.client)
    threads = [
        (s, live := s.is_live(now), describe_term(s, live=live), describe_parts(s), _visible_comments(page, s))
        for s in shares
    ]
    context = {"form": form, "threads": threads, "agreed": agreed, "supervisors": supervisors, "me": account}
    return page.render("supervision/supervision.html", context, status=form_status(form))


def _visible_comments(page: ClientPage, share: Share) -> list[Comment]:
    own_id = page.account.id
    rows = [c for c in share.comments.select_related("by", "artefact") if c.removed_at is None or c.by_id == own_id]
    actions.mark_seen(comments=[c.id for c in rows if c.by_id != own_id], by=page.account, at=page.now)
    return rows


@client_page("POST")
def revoke(page: ClientPage, share_id: uuid.UUID) -> HttpResponse:
    page.require_episode()
    share = queries.get_share(account=page.account, client=page.client, share_id=share_id)
    with refusal_as_message(page.request):
        actions.revoke_share(share=share, by=page.account, at=page.now)
        messages.success(page.request, f"{share.supervisor.name_shown} can no longer see “{share.label}”.")
    return page.redirect("client-supervision")


@client_page("POST")
def answer(page: ClientPage, share_id: uuid.UUID) -> HttpResponse:
    """Reply to a share's comments as its therapist."""
    page.require_episode()
    share, posted = queries.get_share(account=page.account, client=page.client, share_id=share_id), page.request.POST
    artefact = next((c.artefact for c in share.comments.all() if str(c.artefact_id) == posted.get("artefact")), None)
    with refusal_as_message(page.request):
        actions.comment(share=share, by=page.account, text=posted.get("text", ""), at=page.now, artefact=artefact)
    return page.redirect("client-supervision")


@client_page("GET", tab="course")
def portfolio(page: ClientPage) -> HttpResponse:
    """Show the portfolio's items with their standing, and fidelity session by session."""
    record = record_of(page.require_episode(), page.now)
    context = {"items": portfolio_of(record), "fidelity": fidelity_over_sessions(record)}
    return page.render("supervision/portfolio.html", context)
