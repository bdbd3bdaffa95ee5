"""One line for each part of the recorded work on the client page, with a link to its own page."""

from __future__ import annotations

from dataclasses import dataclass

from securebase.ipt.network import support_share_history
from securebase.ipt.network_phrases import support_line
from securebase.ipt.retellings import retold_line
from securebase.picture.common_factors import common_factors, factors_line
from securebase.picture.series import prepare
from securebase.picture.strained_weeks import describe_weeks, strained_weeks
from securebase.records.episode import EpisodeRecord
from securebase.workbench.clinic_set import set_in_use


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One line: the label and name of the page that it leads to, and its text."""

    label: str
    url_name: str
    text: str


def record_lines(record: EpisodeRecord, day: float) -> tuple[RecordLine, ...]:
    """Return the lines of a record on a day of its course; a part without a record has none."""
    weeks = strained_weeks(prepare(record, day, set_in_use().parameter_set))
    scores = [score for administration in record.administrations for score in administration.scores]
    lines = (
        RecordLine("Support", "attachment", support_line(support_share_history(record))),
        RecordLine("Formulation", "formulation", describe_weeks(weeks) if weeks and weeks.sessions else ""),
        RecordLine("Retelling", "emotional-work", retold_line(record)),
        RecordLine("Common factors", "client-measures", factors_line(common_factors(scores))),
    )
    return tuple(line for line in lines if line.text)
