"""Answers of client and therapist to whether the hypotheses of a picture matched what they see."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from securebase.errors import InputError
from securebase.measurement.constructs import MECHANISM_CONSTRUCTS
from securebase.records.episode import HypothesisMatch
from securebase.records.vocabulary import Match, Respondent
from securebase.workbench.accounts.models import Account
from securebase.workbench.casefile import day_at
from securebase.workbench.clients.actions import ensure_own, record_write
from securebase.workbench.clients.models import Episode
from securebase.workbench.progress.models import HypothesisAnswers

#: Those who say whether a hypothesis matched.
RESPONDENTS = (Respondent.THERAPIST, Respondent.CLIENT)
_PROCESSES = {"alliance", *MECHANISM_CONSTRUCTS}


def process_key(constructs: tuple[str, ...]) -> str:
    """Return the key under which the answer about a hypothesis is stored."""
    return "+".join(constructs)


def is_process(key: str) -> bool:
    """Return True for the key of processes that a picture can show."""
    return _PROCESSES.issuperset(key.split("+"))


@transaction.atomic
def record_matches(
    *,
    episode: Episode,
    by: Account,
    respondent: Respondent,
    leading: str,
    answers: Mapping[str, Match],
    at: datetime,
) -> None:
    """Record what one respondent answered about the processes shown; earlier answers stay stored.

    `leading` is the process that the page asked about. Nothing is written if nothing changed.
    """
    ensure_own(episode.client, by)
    unknown = [key for key in (leading, *answers) if not is_process(key)]
    if unknown:
        raise InputError(f"“{unknown[0]}” is not a process of the client page", advice="Open the page again.")
    given = {key: match.value for key, match in answers.items()}
    row = HypothesisAnswers.objects.visible_to(by).filter(episode=episode, respondent=respondent.value).first()
    if (row.answers if row else {}) == given:
        return
    row = row or HypothesisAnswers(episode=episode, respondent=respondent.value)
    if not row._state.adding:
        row.earlier = [*row.earlier, {"answers": row.answers, "leading": row.leading, "until": at.isoformat()}]
    row.answers, row.leading, row.at = given, leading, at
    row.save()
    record_write(by, "hypothesis_answers.saved", row, episode, respondent=respondent.value, answered=len(given))


def matches_of(episode: Episode) -> tuple[HypothesisMatch, ...]:
    """Return the last answers of each respondent."""
    return tuple(as_match(row) for row in episode.hypothesis_answers.order_by("respondent"))


def as_match(row: HypothesisAnswers) -> HypothesisMatch:
    """Return stored answers as they enter a record."""
    return HypothesisMatch(
        at=day_at(row.episode, row.at),
        respondent=Respondent(row.respondent),
        leading=row.leading,
        answers={key: Match(answer) for key, answer in row.answers.items()},
    )
