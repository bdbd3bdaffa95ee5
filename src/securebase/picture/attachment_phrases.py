"""Sentences on attachment and slow changes of one client, without an attachment style or an explanation."""

from __future__ import annotations

from securebase.measurement.catalogue import instrument
from securebase.measurement.instrument import CourseStage, Instrument
from securebase.picture.attachment import AttachmentPlane, Withheld
from securebase.picture.fluctuation import ChangeOfLevel, LevelComparison
from securebase.picture.phrases import count, join_names, number, session, threshold_points
from securebase.picture.slow_lines import SlowLine

#: What a lower or a higher value means, in the order in which a sentence names them: avoidance, then anxiety.
_LOWER = ("more at ease with closeness", "less afraid of losing people")
_HIGHER = ("less at ease with closeness", "more afraid of losing people")
_LIMIT = "measurement error and ordinary fluctuation"
#: Below the drawings of a page, once.
NOTE = (
    "This page describes change and does not explain it: a crisis that has passed looks the same. The scales show "
    "degrees of anxiety and avoidance, not attachment styles. The sizes of error and fluctuation are assumptions; our "
    "own questions are not validated."
)
ELLIPSES = f"Each ellipse covers 90% of {_LIMIT}."
BARS = f"Two questions each, asked in turn; each point is the mean of both. Each bar covers 90% of {_LIMIT}."
#: The ECR-RS is about one person at a time, and a score does not say which.
ONE_PERSON = "Check that both ratings are about the same person."
_STAGES = {CourseStage.START: "at the start", CourseStage.END: "at the end"}


def attachment_in_words(plane: AttachmentPlane) -> tuple[str, str]:
    """Return the main sentence on the change of attachment, and one on what it rests on."""
    if plane.withheld:
        return _withheld_in_words(plane)
    anxiety, avoidance = plane.changes
    pair = (avoidance, anxiety)
    moves = [
        (_LOWER if change.result is ChangeOfLevel.LOWER else _HIGHER)[i]
        for i, change in enumerate(pair)
        if change.is_claimed
    ]
    if all(change.result is ChangeOfLevel.TOO_COARSE for change in pair):
        return "This scale cannot show a change here.", f"From these values, even the largest is within {_LIMIT}."
    if not moves:
        return f"No change larger than {_LIMIT}.", _needed_in_words(pair)
    sentence = f"{' and '.join(moves)} than {_start_in_words(plane)}."
    subject = "The change is" if len(moves) == 1 else "Both changes are"
    return sentence[0].upper() + sentence[1:], f"{subject} larger than {_LIMIT}."


def dimension_facts(plane: AttachmentPlane) -> tuple[tuple[str, str], ...]:
    """Return first and last value of anxiety and avoidance, or the only ones."""
    names = ("Anxiety", "Avoidance")
    if plane.changes:
        return tuple(
            (name, f"{number(change.first)} → {number(change.last)}{_remark(change)}")
            for name, change in zip(names, plane.changes, strict=True)
        )
    if not plane.ratings:
        return ()
    last = plane.ratings[-1]
    return (names[0], number(last.anxiety)), (names[1], number(last.avoidance))


def _remark(change: LevelComparison) -> str:
    if change.result is ChangeOfLevel.TOO_COARSE:
        return ", no change can be shown"
    return ", a clear change" if change.is_claimed else ", within error"


def plane_caption(plane: AttachmentPlane) -> str:
    """Return the questionnaire, its range and sessions, and what the ellipses show."""
    definition, (low, high) = instrument(plane.instrument), plane.limits
    name = "Our own short form" if definition.own_wording else definition.name
    sessions = join_names([session(r.session, r.at) for r in plane.ratings])
    sentences = [f"{name}, {number(low)} to {number(high)}, {sessions}.", ELLIPSES]
    if definition.id == "ecr_rs" and len(plane.ratings) > 1:
        sentences.append(ONE_PERSON)
    if plane.unanswered:
        sentences.append(_unanswered_in_words(plane))
    return " ".join(sentences)


def plane_description(plane: AttachmentPlane) -> str:
    """Return the drawing in words: every rating on both scales."""
    low, high = plane.limits
    values = [
        f"{session(r.session, r.at)}: anxiety {number(r.anxiety)}, avoidance {number(r.avoidance)}"
        for r in plane.ratings
    ]
    radii = [number(radius) for radius in plane.radii]
    return (
        f"Attachment on scales from {number(low)} to {number(high)}. {'; '.join(values)}. "
        f"Ellipses reach {radii[0]} points in anxiety and {radii[1]} in avoidance."
    )


def _start_in_words(plane: AttachmentPlane) -> str:
    first = plane.ratings[0]
    if plane.is_early:
        return "at the start"
    return f"{'in' if first.session else 'on'} {session(first.session, first.at)}"


def _needed_in_words(changes: tuple[LevelComparison, ...]) -> str:
    least = min(change.threshold for change in changes)
    return f"One dimension would have to change by {threshold_points(round(least, 1))} or more."


def _withheld_in_words(plane: AttachmentPlane) -> tuple[str, str]:
    asked = _asked_in_words(instrument(plane.instrument))
    if plane.withheld is Withheld.NOT_ASKED:
        return "Not asked yet.", asked
    if plane.withheld is Withheld.UNANSWERED:
        return "Not known yet.", f"{_unanswered_in_words(plane)} {asked}".strip()
    if plane.withheld is Withheld.OTHER_VERSION:
        return "The change is not known.", "The questions have been reworded since the earlier rating. " + asked
    return "A second rating is needed to describe a change.", asked


def _unanswered_in_words(plane: AttachmentPlane) -> str:
    sessions = ", ".join(str(number) for number in plane.unanswered)
    place = f" in session {sessions}" if len(plane.unanswered) == 1 else f" in sessions {sessions}"
    return f"A question was left unanswered{place if plane.unanswered else ''}, so that rating does not count."


def _asked_in_words(definition: Instrument) -> str:
    schedule = definition.schedule
    if schedule is None or not schedule.at:
        return ""
    return f"Check-ins ask about closeness {join_names([_STAGES[stage] for stage in schedule.at])} of the course."


def line_in_words(line: SlowLine) -> str:
    """Return what may be said of one line: larger than error, within it, or how many more answers it needs."""
    if line.change is None:
        return f"Not known yet: {count(line.needed, 'more answer')} needed."
    if line.change.result is ChangeOfLevel.TOO_COARSE:
        return "Even the largest change would be within error and fluctuation."
    return f"{'Larger than' if line.change.is_claimed else 'Within'} error and fluctuation."


def line_values(line: SlowLine) -> str:
    """Return “3 → 5”, the only value, or nothing without a pair of answers."""
    if line.change is not None:
        return f"{number(line.change.first)} → {number(line.change.last)}"
    return number(line.pairs[-1].value) if line.pairs else ""


def line_description(line: SlowLine) -> str:
    """Return the drawing of a line in words."""
    low, high = line.limits
    values = [
        f"{session(pair.later.session, pair.later.at)}: {number(pair.value)} ± {number(bar)}"
        for pair, bar in zip(line.pairs, line.bars, strict=True)
    ]
    return f"{line.label}, means of two answers from {number(low)} to {number(high)}. {'; '.join(values)}."
