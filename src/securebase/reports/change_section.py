"""Change on the symptom measure: in plain words for the client, with reliable change and its limits for a colleague."""

from __future__ import annotations

from dataclasses import replace

from securebase.charts.render import svg
from securebase.charts.symptoms import symptoms_chart
from securebase.picture import phrases, sentences, signal_phrases
from securebase.picture.client import ClientPicture
from securebase.picture.constants import SEVERITY_BANDS
from securebase.reports.document import Block, Paragraph, Picture, Table, TextTone

#: width in pixels; the page scales it
PAGE = 620
NOT_TESTED = "These questions are new and have not been tested in studies yet, so read the numbers with care."
_PLAIN = {
    "improved": "That is a real improvement, more than normal ups and downs.",
    "worse": "That is more than normal ups and downs: things are harder than at the start.",
    "within_error": "A difference this small may just be normal ups and downs.",
    "unknown": "For these questions we can’t tell whether that is more than normal ups and downs.",
}


def remove_estimates(picture: ClientPicture) -> ClientPicture:
    """Return the picture without model results in its symptoms: no estimate, forecast or expected trajectory."""
    reports_only = replace(picture.symptoms, estimated=(), forecast=(), expected=(), remission_chance=None)
    return replace(picture, symptoms=reports_only, axis=tuple(s for s in picture.axis if s.held))


def client_blocks(picture: ClientPicture) -> tuple[Block, ...]:
    """Return the client's answers over time and the change in plain words; empty with fewer than two answers."""
    part = picture.symptoms
    if len(part.reported) < 2 or part.change is None:
        return ()
    lower = "lower is better" if part.worse_is_higher else "higher is better"
    first, last = phrases.number(part.change.first), phrases.number(part.change.last)
    summary = (
        f"You answered {len(part.reported)} times. Your first score was {first} and your latest is {last} ({lower})."
    )
    plain = replace(picture, symptoms=replace(part, remission_below=None))
    blocks: list[Block] = [_graph(plain, "Each dot is one of your answers."), Paragraph(summary)]
    blocks.append(Paragraph(_PLAIN[part.change.verdict] if part.change.points else "It is the same as at the start."))
    if not part.validated:
        blocks.append(Paragraph(NOT_TESTED, TextTone.SOFT))
    return tuple(blocks)


def colleague_blocks(picture: ClientPicture) -> tuple[Block, ...]:
    """Return first and last score, reliable change with its basis, and every report; no model estimates."""
    part = picture.symptoms
    if not part.reported:
        return (Paragraph("No symptom score recorded.", TextTone.SOFT),)
    direction = "higher is worse" if part.worse_is_higher else "higher is better"
    ends = f"{phrases.number(part.minimum)} to {phrases.number(part.maximum)}"
    scale = (
        f"{part.measure}, {ends}, {direction}{'' if part.validated else '; not yet validated, interpret with care'}."
    )
    blocks: list[Block] = [Paragraph(scale[:1].upper() + scale[1:], TextTone.SOFT)]
    blocks += [Paragraph(sentence) for sentence in _change(picture)]
    if len(part.reported) > 1:
        blocks.append(_graph(picture, "Scores as the client reported them"))
    rows = tuple((row[0], row[1], row[2]) for row in sentences.symptom_table(remove_estimates(picture)).rows)
    blocks.append(Table("All scores", ("Session", "Day", "Score"), rows, (2,)))
    return tuple(blocks)


def _change(picture: ClientPicture) -> list[str]:
    part = picture.symptoms
    last = part.reported[-1]
    band = f" ({part.severity})" if part.severity else ""
    paragraphs = [
        f"First score {phrases.number(part.reported[0].value)}, latest score {phrases.number(last.value)}{band}."
    ]
    paragraphs += [f"{b.what}: {b.source}." for b in picture.constants if b.what == SEVERITY_BANDS]
    c = part.change
    if c is None:
        return paragraphs
    single_report = (
        signal_phrases.single_report_caveat(c.before) if c.running == 1 and c.verdict in {"improved", "worse"} else ""
    )
    paragraphs.append(
        phrases.change_sentence(phrases.shown_difference(c.first, c.last), c.percent, c.verdict, c.threshold)
        + single_report
    )
    if c.threshold is not None:
        paragraphs.append(signal_phrases.reliable_criterion(None, c.basis, c.verified))
    paragraphs.append(
        "These scores do not show what caused the change: we cannot compare them with a course without therapy."
    )
    return paragraphs


def _graph(picture: ClientPicture, caption: str) -> Picture:
    chart = symptoms_chart(remove_estimates(picture), width=PAGE)
    return Picture(svg(chart), str(chart.to_dict(validate=False)["description"]), caption)
