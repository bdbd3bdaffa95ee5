"""Sentences about a course shared with a supervisor."""

from __future__ import annotations

from django.utils.formats import date_format
from django.utils.timezone import localtime

from securebase.picture.phrases import count
from securebase.workbench.supervision.models import Share


def describe_term(share: Share, *, live: bool) -> str:
    """Return until when the course is shared, or how the sharing ended."""
    if live or share.revoked_at is None:
        return f"{'until' if live else 'expired'} {date_format(share.last_day, 'j F Y')}"
    return f"stopped {date_format(localtime(share.revoked_at), 'j F Y')}"


def describe_parts(share: Share) -> str:
    """Return what is shared, and why without consent if so."""
    kinds = [f"{count(len(share.worksheets), 'kind')} of worksheet"] if share.worksheets else []
    parts = "; ".join([*share.part_labels, *kinds])
    note = share.consent_note
    return f"{parts}. Shared without consent in the contract: “{note}”" if note else parts
