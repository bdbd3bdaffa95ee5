"""Further users of the demo clinic: a supervisor with whom one course is shared, and that course's client.

The demo's sign-in page shows their credentials. All data behind them are simulated, so none of it is secret.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password

from securebase.ipt.shelf import ids_with
from securebase.ipt.worksheet import WorksheetRole
from securebase.workbench.accounts.actions import create_account
from securebase.workbench.accounts.models import Account, Role
from securebase.workbench.clients.models import Episode
from securebase.workbench.clients.tokens import digest
from securebase.workbench.own_pages.actions import make_link, set_page_contents
from securebase.workbench.supervision.actions import comment, share_course
from securebase.workbench.supervision.models import SharedPart

SUPERVISOR_USER_NAME, SUPERVISOR = "supervisor", "Dr L. Brandt"
#: The client whose course is shared and who has an own page, with that page's link and code.
OPEN_CLIENT, LINK, CODE = "Tomasz W.", "tomasz-simulated", "160014"
_LABEL = "The printer"
_SHARED_FOR, _SHARED_SINCE = timedelta(days=60), timedelta(hours=20)


def add_supervisor(*, therapist: Account, password: str) -> Account:
    """Create a supervisor of the same clinic."""
    return create_account(
        clinic=therapist.clinic,
        user_name=SUPERVISOR_USER_NAME,
        name_shown=SUPERVISOR,
        password=password,
        roles=(Role.SUPERVISOR,),
    )


def share_with_supervisor(*, episode: Episode, therapist: Account, supervisor: Account, now: datetime) -> None:
    """Share the course as of the day before, with comments from both sides."""
    shared_at = now - _SHARED_SINCE
    share = share_course(
        episode=episode,
        by=therapist,
        supervisor=supervisor,
        label=_LABEL,
        until=now + _SHARED_FOR,
        parts=list(SharedPart),
        worksheets=[],
        at=shared_at,
        agreed=True,
    )
    report = episode.artefacts.get(worksheet__in=ids_with(WorksheetRole.CASE_REPORT))
    comments = (
        (
            supervisor,
            "Five retellings, and it has become his own story. What did you leave out to make time for them?",
            None,
        ),
        (therapist, "Money. We both kept avoiding it.", None),
        (supervisor, "Then make it the first goal of the monthly sessions, before the school.", report),
    )
    for n, (by, text, artefact) in enumerate(comments):
        comment(share=share, by=by, text=text, at=shared_at + timedelta(hours=1 + 5 * n), artefact=artefact)


def open_own_page(*, episode: Episode, therapist: Account, now: datetime) -> None:
    """Create the client's own page under the published link and code."""
    page = make_link(client=episode.client, by=therapist, at=now).page
    page.token_digest, page.code_hash = digest(LINK), make_password(CODE)
    page.save(update_fields=["token_digest", "code_hash"])
    set_page_contents(page=page, by=therapist, graph=True, circle=True)
