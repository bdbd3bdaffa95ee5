"""Queries of emotional work: retold stories with their charts, worksheets as cards, and ruptures with their repair."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from securebase.charts import retellings as chart
from securebase.ipt import retellings
from securebase.ipt.rendering import field_in_words, render_fields
from securebase.ipt.shelf import ids_with
from securebase.ipt.worksheet import WorksheetRole
from securebase.picture.retellings import story_curve
from securebase.workbench.clients.models import Episode
from securebase.workbench.course.emotion.sentences import describe_ratings, describe_repair, describe_work
from securebase.workbench.therapy_sessions.models import Rupture
from securebase.workbench.ui.drawings import trusted_svg
from securebase.workbench.worksheets.queries import ArtefactListing, list_artefacts, people_of, values_of

#: The two texts of a card: field, label, and what is said where nothing was written.
_SIDES = {
    WorksheetRole.STORY: (
        ("before", "How it used to be told", "Not recorded."),
        ("after", "How it can be told now", "Not yet. Add it after the story has been retold."),
    ),
    WorksheetRole.CORRECTIVE_EXPERIENCE: (
        ("feared", "Feared", "Not recorded."),
        ("happened", "What happened", "Not recorded."),
    ),
}
#: Fields that a card lists below its two texts, with the labels they have there.
_LISTED = {
    WorksheetRole.STORY: {
        "new_facts": "Not noticed before",
        "changed": "How much its meaning has changed",
        "tones": "Feelings in it now",
    },
    WorksheetRole.CORRECTIVE_EXPERIENCE: {
        "different": "How different from what was feared",
        "activated": "How strong the old feeling was",
        "safe": "How safe it felt",
        "feeling": "Afterwards",
    },
}


@dataclass(frozen=True, slots=True)
class StoryView:
    """A story with its chart and sentences; `last`: id of the retelling that a new one begins with.

    has_band: the chart has an expected band.
    """

    story: retellings.RetellingSeries
    chart: SafeString
    sentences: list[str]
    last: str
    has_band: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A completed worksheet as a card: field id → words."""

    listed: ArtefactListing
    words: dict[str, str]

    @property
    def occasion(self) -> str:
        """Return the session of the worksheet, or the day it was begun."""
        artefact = self.listed.artefact
        session = artefact.therapy_session
        return f"session {session.number}" if session else date_format(localtime(artefact.begun_at), "j F Y")

    @property
    def ratings(self) -> str:
        """Return the ratings of a rupture worksheet in words."""
        return describe_ratings(self.words)

    @property
    def sides(self) -> list[tuple[str, str, str]]:
        """Return label, text and the words for a missing text of the earlier and of the later side."""
        return [
            (label, self.words.get(field, ""), missing) for field, label, missing in _SIDES[self.listed.worksheet.role]
        ]

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Return the completed fields that the card lists, with their labels."""
        labels = _LISTED[self.listed.worksheet.role]
        return [(label, self.words[field]) for field, label in labels.items() if self.words.get(field)]


def present_story(story: retellings.RetellingSeries) -> StoryView:
    curve = story_curve(story)
    svg = trusted_svg(chart.retellings_svg(story, curve.peaks))
    sentences = [*retellings.series_in_words(story), *curve.sentences]
    return StoryView(story, svg, sentences, story.tellings[-1].id, has_band=bool(curve.peaks))


def cards(episode: Episode, role: WorksheetRole) -> list[Card]:
    """Return the completed worksheets with a role as cards, last begun first."""
    people = people_of(episode)
    rows = sorted(list_artefacts(episode, ids_with(role)), key=lambda row: row.artefact.begun_at, reverse=True)
    return [
        Card(row, {s.field.id: s.words for s in render_fields(row.worksheet, values_of(row.artefact), people)})
        for row in rows
    ]


def session_number(card: Card) -> int:
    session = card.listed.artefact.therapy_session
    return session.number if session else 0


# ---- strain and repair -----------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Strain:
    """One rupture followed to its repair; `days` and `sessions`: how long it stayed open, None while it is open."""

    mark: Rupture
    work: list[Card]
    repair: str
    days: int | None
    sessions: int | None

    @property
    def work_in_words(self) -> str:
        return describe_work(self.repair, recorded=bool(self.work))

    @property
    def repair_in_words(self) -> str:
        return describe_repair(self.mark, sessions=self.sessions, days=self.days)


def follow_strain(mark: Rupture, work: Iterable[Card]) -> Strain:
    """Attach the rupture worksheets of the sessions from the rupture to its repair."""
    first = mark.therapy_session.number
    last = mark.repaired_in.number if mark.repaired_in else None
    cards = [card for card in work if session_number(card) and first <= session_number(card) <= (last or first)]
    ways = [field_in_words(c.listed.worksheet, values_of(c.listed.artefact), "repair") for c in cards]
    days = (mark.repaired_at - mark.marked_at).days if mark.repaired_at else None
    return Strain(mark, cards, "; ".join(filter(None, ways)), days, last - first if last is not None else None)
