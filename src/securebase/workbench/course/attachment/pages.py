"""Page of attachment and support: how both have changed, in words first."""

from __future__ import annotations

from django.http import HttpResponse

from securebase.ipt.shelf import first_with
from securebase.ipt.worksheet import WorksheetRole
from securebase.picture.attachment import attachment_plane
from securebase.picture.attachment_phrases import BARS, NOTE
from securebase.picture.slow_lines import slow_lines
from securebase.workbench.clients.client_page import ClientPage, client_page
from securebase.workbench.course.attachment import queries
from securebase.workbench.course.queries import record_of
from securebase.workbench.course.support_view import support_view


@client_page("GET", tab="relationships")
def attachment(page: ClientPage) -> HttpResponse:
    """Show attachment, sources of support, corrective experiences and slow changes."""
    if page.episode is None:
        return page.render("course/attachment.html")
    record = record_of(page.episode, page.now)
    lines = slow_lines(record)
    context = {
        "attachment": queries.attachment_view(attachment_plane(record)),
        "support": support_view(record),
        "support_worksheet": first_with(WorksheetRole.SUPPORT),
        "experience_worksheet": first_with(WorksheetRole.CORRECTIVE_EXPERIENCE),
        "experiences": queries.latest_experiences(record, page.episode),
        "lines": [queries.line_view(line) for line in lines] if any(line.pairs for line in lines) else [],
        "bars": BARS,
        "note": NOTE,
    }
    return page.render("course/attachment.html", context)
