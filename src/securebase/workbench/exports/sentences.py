"""Sentences about research tables and the clients in them."""

from __future__ import annotations

from datetime import date

from django.utils.formats import date_format

from securebase.ipt.consent import ConsentState
from securebase.picture.phrases import count
from securebase.workbench.exports.clinic_table import ClientResearch, EarlierTable


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


def _day(day: date) -> str:
    return date_format(day, "j F Y")
