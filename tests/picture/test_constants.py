"""The constants behind a picture's numbers, each with its source and whether it was checked."""

from __future__ import annotations

from dataclasses import replace

from episodes import episode, session_day
from securebase.picture.client import ClientPicture, client_picture
from securebase.picture.constants import SEVERITY_BANDS
from securebase.records.episode import AdministrationRecord, ScoreRecord
from securebase.records.vocabulary import Moment
from securebase.reports.change_section import colleague_blocks
from securebase.reports.document import Paragraph


def picture(instrument: str = "", *values: float) -> ClientPicture:
    """Return the picture of six sessions, with totals of `instrument` as symptoms if there are any."""
    record = episode(6)
    for number, value in enumerate(values, start=1):
        at = session_day(number) - 0.1
        score = ScoreRecord("symptoms", value, at, Moment.BEFORE, number, instrument, "total")
        added = AdministrationRecord(instrument, at, Moment.BEFORE, number, scores=(score,))
        record = replace(record, administrations=(*record.administrations, added))
    if values:
        record = replace(record, symptom_measure=(instrument, "total"))
    return client_picture(record, as_of=session_day(6) + 1)


def paragraphs(shown: ClientPicture) -> list[str]:
    return [block.text for block in colleague_blocks(shown) if isinstance(block, Paragraph)]


def test_unverified_constants_are_listed_with_their_source() -> None:
    result = picture()
    assert any(not c.verified and "reliability" in c.value for c in result.constants)
    assert all(c.source for c in result.constants)


def test_every_constant_names_its_construct() -> None:
    names = [c.what for c in picture().constants]
    assert len(set(names)) == len(names)
    assert any("share of score differences: symptoms" in name for name in names)
    assert any("share of score differences: the mechanisms" in name for name in names)


def test_picture_and_report_say_once_whose_severity_bands_are_used() -> None:
    shown = picture("hdrs17", 24, 20)
    (bands,) = [c for c in shown.constants if c.what == SEVERITY_BANDS]
    assert (bands.value, shown.symptoms.severity) == ("severe", "severe")
    assert "CamCOPS" in bands.source
    assert "moderate starts at 17 and severe at 24" in bands.source
    assert sum("CamCOPS" in text for text in paragraphs(shown)) == 1


def test_bands_of_the_instruments_author_need_no_remark() -> None:
    shown = picture("phq9", 16, 9)
    assert shown.symptoms.severity == "mild"
    assert not any(c.what == SEVERITY_BANDS for c in shown.constants)


def test_a_threshold_from_a_page_that_quotes_the_manual_says_so() -> None:
    shown = picture("phq9", 16, 9)
    (change,) = [c for c in shown.constants if c.what == "Reliable change"]
    assert change.verified
    assert "quoted from its manual by a web page" in change.source
    assert any("quoted from its manual by a web page" in text for text in paragraphs(shown))


def test_the_report_names_a_90_percent_index() -> None:
    assert any("90% reliable change index" in text for text in paragraphs(picture("core10", 20, 12)))


def test_a_cut_off_that_is_not_the_authors_names_its_owner() -> None:
    constants = {c.what: c for c in picture("gad7", 15, 6).constants}
    cut = constants["Cut-off of the clinical range"]
    assert (cut.value, "the authors use 10" in cut.source) == ("8", True)
