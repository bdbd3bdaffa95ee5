"""Read the data for downloads: the record, the case of a report, and a stable pseudonym."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils import timezone
from django.utils.crypto import salted_hmac

from securebase.ipt.worksheet import Audience
from securebase.reports.part import Case
from securebase.workbench.accounts.models import Account
from securebase.workbench.accounts.queries import lineage_of
from securebase.workbench.casefile import prefetch_course_record
from securebase.workbench.clients.models import Episode
from securebase.workbench.course.queries import record_of
from securebase.workbench.progress.queries import current_picture


def pseudonym(episode: Episode) -> str:
    """Return the client's stable pseudonym; only the clinic's key can link it to the client."""
    return f"client-{salted_hmac('securebase.exports', str(episode.client_id)).hexdigest()[:10]}"


def build_case(*, episode: Episode, by: Account, report: Audience, words: Mapping[str, str], now: datetime) -> Case:
    """Return the case for a report; `words` holds the therapist's texts for it by form field."""
    clinic = by.clinic
    return Case(
        record=record_of(episode, now),
        picture=current_picture(episode=episode, as_of=now),
        name=words.get("name", "").strip() or name_for(report, episode),
        hidden=(episode.client.name_shown,),
        therapist=str(by.name_shown),
        clinic=clinic.name,
        reader=words.get("reader", "").strip(),
        made_on=timezone.localdate(now),
        help_now=clinic.help_text,
        closing_words=words.get("closing_words", ""),
        recommendations=words.get("recommendations", ""),
        lineage=lineage_of(clinic),
    )


def name_for(report: Audience, episode: Episode) -> str:
    """Return the default name of the client for this kind of reader."""
    return pseudonym(episode) if report is Audience.SUPERVISOR else str(episode.client.name_shown)


def episode_with_work(episode: Episode) -> Episode:
    """Return the same episode with all rows of its work prefetched."""
    rows = Episode.objects.unscoped(reason="the caller has checked access to the episode").filter(id=episode.id)
    return prefetch_course_record(rows).get()
