"""What leaves the workbench, each time with an audit row."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction
from django.utils.crypto import salted_hmac

from securebase.errors import InputError
from securebase.exchange.csv_tables import write_cohort
from securebase.measurement.constructs import construct
from securebase.records.cohort import Cohort
from securebase.records.episode import EpisodeRecord
from securebase.workbench.accounts.models import Account
from securebase.workbench.audit.actions import record
from securebase.workbench.casefile import episode_record, with_everything
from securebase.workbench.clients.actions import ensure_own
from securebase.workbench.clients.models import Episode


@transaction.atomic
def download_scores(*, episode: Episode, by: Account, at: datetime) -> bytes:
    """One client's scores as CSV: weeks since the therapy began, a column a construct, a pseudonym instead of a name.

    No date, no free text, no single answers. Raises InputError where there is no score yet.
    """
    ensure_own(episode.client, by)
    found = with_everything(Episode.objects.visible_to(by)).get(id=episode.id)
    person = f"client-{salted_hmac('securebase.exports', str(episode.client_id)).hexdigest()[:10]}"
    text = _csv(replace(episode_record(found, at), person=person))
    record(
        actor=by,
        action="scores.downloaded",
        object_type="episode",
        object_id=episode.id,
        client=episode.client_id,
        detail={"bytes": len(text)},
    )
    return text


def _csv(episode: EpisodeRecord) -> bytes:
    measures = _measures(episode)
    if not measures:
        raise InputError("there is no score to download yet")
    outcome, *processes = sorted(measures, key=lambda name: name != "symptoms")
    cohort = Cohort(
        episodes=(episode,),
        constructs=tuple(construct(name) for name in measures),
        outcome=outcome,
        processes=tuple(processes),
        simulated=episode.simulated,
    )
    with TemporaryDirectory() as folder:
        file = Path(folder) / "scores.csv"
        write_cohort(cohort, file, measures=measures)
        return file.read_bytes()


def _measures(episode: EpisodeRecord) -> dict[str, tuple[str, str]]:
    """Construct → the scale it is followed with: that of the episode for symptoms, else the first that was used."""
    found: dict[str, tuple[str, str]] = {}
    for score in (s for a in episode.administrations for s in a.scores):
        found.setdefault(score.construct, (score.instrument, score.scale))
    if episode.symptom_scores:
        found["symptoms"] = episode.symptom_measure
    return found
