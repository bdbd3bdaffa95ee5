"""Sentences about research tables, the clients in them, and estimates from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils import timezone
from django.utils.formats import date_format

from securebase.exchange.clinic_table.small_cells import SMALLEST_CELL
from securebase.ipt.consent import ConsentState
from securebase.picture.phrases import count
from securebase.workbench.exports.clinic_table import ClientConsent, ClientResearch, EarlierTable
from securebase.workbench.exports.models import TheoryRun
from securebase.workbench.exports.theory_runs import data_stamp


def describe_research(research: ClientResearch) -> list[str]:
    """Return a client's consent with its day, what it means for the next table, and the earlier tables."""
    given = research.state is ConsentState.GIVEN
    consent = f"{research.state.label} on {_day(research.on)}." if research.on else f"{research.state.label}."
    sentences = [
        consent,
        "The clinic’s next research table includes this client’s sessions under a pseudonym."
        if given
        else "The clinic’s next research table leaves this client out.",
    ]
    if research.tables:
        days = ", ".join(map(_day, research.tables))
        advice = "" if given else " Ask those who have them to delete the client’s rows."
        sentences.append(f"Earlier tables that include this client: {days}.{advice}")
    return sentences


def describe_since(table: EarlierTable) -> str:
    """Return how many clients of an earlier table no longer consent."""
    if not table.withdrawn:
        return "all still consent"
    return f"{count(table.withdrawn, 'client')} no longer {'consents' if table.withdrawn == 1 else 'consent'}"


def describe_progress(run: TheoryRun) -> str:
    """Return how far a run of the theory is."""
    if not run.total:
        return "Building the research table"
    return "Drawing the graph" if run.done == run.total else f"{run.done} of {run.total} edges estimated"


def describe_too_few(clients: int) -> str:
    """Return why so few clients have no estimates."""
    table = f"The research table leaves out what fewer than {SMALLEST_CELL} clients share"
    if not clients:
        return f"{table}. No client has consented to research yet."
    consent = "consents" if clients == 1 else "consent"
    return f"{table}. So far, {count(clients, 'client')} with a session {consent} to research."


def describe_failure(run: TheoryRun) -> str:
    """Return that a run ended without a result, and why."""
    if run.problem:
        return f"The estimation failed: {run.problem}"
    return (
        f"The estimation was interrupted after {run.done} of {run.total} edges."
        if run.total
        else ("The estimation was interrupted before the first edge.")
    )


def describe_estimates(run: TheoryRun, clients: Sequence[ClientConsent]) -> str:
    """Return the day of a result, whether records have changed since, and how many clients have withdrawn."""
    day = _day(timezone.localdate(run.started_at))
    if run.stamp == data_stamp(clients):
        return f"Estimated on {day} from {count(len(run.clients), 'client')}."
    withdrawn = len({*run.clients} - {str(c.client.id) for c in clients if c.included})
    consent = "consents" if withdrawn == 1 else "consent"
    left = f" {count(withdrawn, 'client')} in it no longer {consent}." if withdrawn else ""
    return f"This result is from {day}, before the latest changes to the records.{left}"


def _day(day: date) -> str:
    return date_format(day, "j F Y")
