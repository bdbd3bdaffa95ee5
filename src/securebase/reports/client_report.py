"""Report of one client as one printable HTML file without network access. It adds nothing to the picture."""

from __future__ import annotations

from datetime import date

from markupsafe import Markup

from securebase.charts.alliance import alliance_chart
from securebase.charts.contributions import contributions_chart
from securebase.charts.mechanisms import mechanisms_chart
from securebase.charts.render import svg
from securebase.charts.style import PHONE_WIDTH
from securebase.charts.symptoms import symptoms_chart
from securebase.errors import check_class
from securebase.ipt.lineage import DEFAULT_LINEAGE, Lineage
from securebase.picture import hypothesis_phrases, phrases, sentences
from securebase.picture.client import ClientPicture
from securebase.picture.parts import SignalKind
from securebase.records.episode import EpisodeRecord
from securebase.reports.course_rows import course_rows
from securebase.reports.render import render

#: width of a chart in pixels, that of the page
PAGE = 890


def client_report(
    picture: ClientPicture,
    *,
    name: str,
    therapist: str = "",
    made_on: date | None = None,
    record: EpisodeRecord | None = None,
    lineage: Lineage = DEFAULT_LINEAGE,
    calibration: str = "",
) -> str:
    """Return the report of one client as one HTML file.

    Parameters
    ----------
    picture : ClientPicture
        Picture of the client. It holds no name.
    name : str
        Name shown to the reader, for example initials.
    therapist : str
        Name of the therapist, if it is to be shown.
    made_on : date or None
        Day shown as the day of the report.
    record : EpisodeRecord or None
        Record with worksheets; with it the report also lists the tasks of the course.
    lineage : Lineage
        Lineage of IPT that decides the tasks.
    calibration : str
        Sentence on how often intervals held in the clinic; by default the report says that it is not known.

    Returns
    -------
    str
        The page. It needs no network and can be printed.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> cohort = securebase.simulate("default", n_clients=1, rng=np.random.default_rng(1), sessions=8, dropout=0.0)
    >>> picture = securebase.client_picture(cohort.episodes[0], as_of=60.0, whole=False)
    >>> page = securebase.client_report(picture, name="A. B.")
    >>> page[:15], "A. B." in page
    ('<!doctype html>', True)
    """
    check_class(picture, ClientPicture, "picture", advice="Pass the result of securebase.client_picture.")
    charts = {
        key: (Markup(svg(chart(picture, width=PAGE))), Markup(svg(chart(picture, width=PHONE_WIDTH))))  # noqa: S704
        for key, chart, has_data in (
            ("symptoms", symptoms_chart, bool(picture.symptoms.reported)),
            ("alliance", alliance_chart, bool(picture.alliance.reported)),
            ("mechanisms", mechanisms_chart, any(m.reported for m in picture.mechanisms)),
            ("hypotheses", contributions_chart, picture.hypotheses is not None),
        )
        if has_data
    }
    tables = {
        "symptoms": sentences.symptom_table(picture),
        "alliance": sentences.alliance_table(picture),
        "mechanisms": sentences.mechanism_table(picture),
        "hypotheses": sentences.hypothesis_table(picture),
    }
    return render(
        "client_report.html",
        picture=picture,
        name=name,
        therapist=therapist,
        made_on=_day(made_on),
        began_on=_day(sentences.calendar_day(picture, 0.0)),
        known_until=_day(sentences.calendar_day(picture, picture.as_of)),
        safety=[s for s in picture.signals if s.kind is SignalKind.SAFETY],
        points=sentences.pre_session_signals(picture),
        quiet=sentences.quiet_sentence(picture),
        symptom_sentences=sentences.symptom_sentences(picture),
        alliance_sentences=sentences.alliance_sentences(picture),
        expected_drawn=sentences.shows_expected_alliance(picture),
        expected_label=sentences.expected_label(picture),
        charts=charts,
        tables=tables,
        heading=phrases.HYPOTHESES_HEADING,
        hypothesis_sentences=sentences.hypothesis_sentences(picture),
        hypothesis_cautions=sentences.hypothesis_cautions(picture),
        hypothesis_question=sentences.hypothesis_question(picture),
        hypothesis_legend=hypothesis_phrases.LEGEND,
        validation_note=sentences.validation_note(picture),
        limits=sentences.limit_sentences(picture, calibration),
        why_no_hypotheses=sentences.missing_hypotheses_reason(picture),
        number=phrases.number,
        course=course_rows(record, lineage) if record is not None else (),
    )


def _day(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else ""
