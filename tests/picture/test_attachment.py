"""Attachment of one client: the values, the rule on simulated clients without and with a change, and its refusals."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from securebase.model.processes import CorrectiveExperiences
from securebase.model.scenario import scenario
from securebase.model.simulate import simulate_table
from securebase.picture.attachment import OWN_FORM, AttachmentPlane, Withheld, attachment_plane
from securebase.picture.attachment_phrases import (
    NOTE,
    ONE_PERSON,
    attachment_in_words,
    dimension_facts,
    plane_caption,
    plane_description,
)
from securebase.picture.fluctuation import ASSUMED, ChangeOfLevel
from securebase.picture.phrases import FORBIDDEN
from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord
from slow_course import ITEMS, attachment, course, filled

STYLES = ("secure", "insecure", "preoccupied", "dismissing", "dismissive", "fearful", "disorganised", "ambivalent")


def scored(session: int, anxiety: float, avoidance: float) -> AdministrationRecord:
    """Return a whole rating of which only the scores are known."""
    values = (("attachment_anxiety", anxiety), ("attachment_avoidance", avoidance))
    at = 7.0 * (session - 1)
    scores = tuple(ScoreRecord(c, v, at, session=session, instrument=OWN_FORM, scale=c) for c, v in values)
    return AdministrationRecord(OWN_FORM, at, session=session, scores=scores, instrument_version="2")


def claims(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return which dimensions the plane claims a change of (clients, 2), from scores (clients, 2)."""
    planes = [
        attachment_plane(EpisodeRecord("c", administrations=(scored(2, *s), scored(15, *e))))
        for s, e in zip(start.tolist(), end.tolist(), strict=True)
    ]
    return np.array([[change.is_claimed for change in plane.changes] for plane in planes])


def drawn_scores(rng: np.random.Generator, n: int, level: np.ndarray) -> np.ndarray:
    """Return scores (n, 2) of two answers each around a level, as the rule assumes them, without limits."""
    sd, reliable = 2.2, 0.6
    movement = rng.normal(0, sd * np.sqrt(reliable * 0.08), size=(n, 2))
    errors = rng.normal(0, sd * np.sqrt(1 - reliable), size=(n, 2, 2))
    return level + movement + errors.mean(axis=2)


def test_a_change_is_claimed_in_five_percent_of_clients_without_one() -> None:
    """Drawn without the package, from what the rule assumes: nothing is given away either."""
    rng, n = np.random.default_rng(2), 4000
    level = rng.normal(5, 1.6, size=(n, 2))
    claimed = claims(drawn_scores(rng, n, level), drawn_scores(rng, n, level))
    assert 0.040 < claimed.any(axis=1).mean() < 0.056
    assert np.abs(claimed.mean(axis=0) - 0.025).max() < 0.006


def test_a_change_is_claimed_in_at_most_five_percent_of_simulated_clients_without_one() -> None:
    """Whole answers from 0 to 10, with everything else in the lives of the clients changing."""
    truth = scenario("slow_attachment")
    still = replace(truth, happens=replace(truth.happens, corrective_experiences=CorrectiveExperiences()))
    rng = np.random.default_rng(4)
    table = simulate_table(still, n_clients=600, rng=rng, sessions=15, missing=0.0, dropout=0.0).columns
    both = np.column_stack([table["attachment_anxiety"], table["attachment_avoidance"]])
    start, end = (both[table["session"] == session] for session in (2, 15))
    assert len(start) == len(end) == 600
    assert claims(start, end).any(axis=1).mean() <= 0.05


#: Points of change → clients (%) in whom it is claimed: the table in docs/how-to/attachment-and-support.md.
POWER = {2: 17, 3: 38, 4: 63, 5: 84}


@pytest.mark.parametrize("points", POWER)
def test_a_real_change_is_claimed_as_often_as_the_documentation_says(points: int) -> None:
    rng, n = np.random.default_rng(points), 2500
    level = np.full((n, 2), 7.0)
    later = level - [points, 0.0]
    claimed = claims(drawn_scores(rng, n, level), drawn_scores(rng, n, later))
    assert 100 * claimed[:, 0].mean() == pytest.approx(POWER[points], abs=3)
    assert claimed[:, 1].mean() < 0.035


def test_the_documentation_has_the_limits_and_the_power() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "attachment-and-support.md").read_text()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line[:1] == "|"]
    power = {row[0]: row[1] for row in rows}
    assert {points: power[f"{points} points"] for points in POWER} == {n: f"{share}%" for n, share in POWER.items()}
    limits = {row[0].split(",")[0]: row[2] for row in rows if len(row) == 3}
    own = attachment_plane(course(attachment(2, 5, 5), attachment(15, 5, 5)))
    assert limits["own short form"] == f"{own.changes[0].threshold:.1f} points"
    feared, avoided = ITEMS["ecr_rs"]
    single = attachment_plane(course(*(filled(n, dict.fromkeys(feared + avoided, 4), name="ecr_rs") for n in (2, 15))))
    assert limits["ECR-RS"] == f"{single.changes[0].threshold:.1f} points"


def test_a_large_change_is_described_in_words_first() -> None:
    plane = attachment_plane(course(attachment(2, 8, 7), attachment(8, 6, 5), attachment(15, 3, 2)))
    assert [(r.session, r.anxiety, r.avoidance) for r in plane.ratings] == [(2, 8, 7), (8, 6, 5), (15, 3, 2)]
    assert [change.result for change in plane.changes] == [ChangeOfLevel.LOWER] * 2
    assert attachment_in_words(plane) == (
        "More at ease with closeness and less afraid of losing people than at the start.",
        "Both changes are larger than measurement error and ordinary fluctuation.",
    )
    assert dimension_facts(plane) == (("Anxiety", "8 → 3, a clear change"), ("Avoidance", "7 → 2, a clear change"))
    assert plane_caption(plane) == (
        "Our own short form, 0 to 10, session 2, session 8 and session 15. "
        "Each ellipse covers 90% of measurement error and ordinary fluctuation."
    )
    assert plane_description(plane) == (
        "Attachment on scales from 0 to 10. session 2: anxiety 8, avoidance 7; session 8: anxiety 6, avoidance 5; "
        "session 15: anxiety 3, avoidance 2. Ellipses reach 2.4 points in anxiety and 2.4 in avoidance."
    )


def test_one_dimension_that_rose_is_named_alone() -> None:
    plane = attachment_plane(course(attachment(7, 4, 3), attachment(15, 5, 7)))
    assert attachment_in_words(plane) == (
        "Less at ease with closeness than in session 7.",
        "The change is larger than measurement error and ordinary fluctuation.",
    )
    assert dimension_facts(plane)[0] == ("Anxiety", "4 → 5, within error")


def test_a_small_change_is_not_claimed_and_the_page_says_how_large_it_would_have_to_be() -> None:
    plane = attachment_plane(course(attachment(2, 6, 6), attachment(15, 3, 4)))
    assert attachment_in_words(plane) == (
        "No change larger than measurement error and ordinary fluctuation.",
        "One dimension would have to change by 3.5 points or more.",
    )
    # 1.96 standard errors alone would have claimed it: two dimensions are compared
    assert plane.changes[0].threshold == pytest.approx(3.47, abs=0.01)


@pytest.mark.parametrize(
    ("administrations", "withheld", "sentence"),
    [
        ([], Withheld.NOT_ASKED, "Not asked yet."),
        ([attachment(2, 5, 5)], Withheld.ONE_RATING, "A second rating is needed to describe a change."),
        ([filled(2, {1: 5, 2: 5, 3: 4, 4: None, 5: 1})], Withheld.UNANSWERED, "Not known yet."),
        (
            [attachment(2, 8, 8, version="1"), attachment(15, 2, 2)],
            Withheld.OTHER_VERSION,
            "The change is not known.",
        ),
        (
            [attachment(2, 8, 8), filled(15, {1: 1, 2: None, 3: 1, 4: 1, 5: 1})],
            Withheld.ONE_RATING,
            "A second rating is needed to describe a change.",
        ),
    ],
)
def test_a_change_is_withheld_with_what_is_needed(
    administrations: list[AdministrationRecord], withheld: Withheld, sentence: str
) -> None:
    plane = attachment_plane(course(*administrations))
    assert (plane.withheld, plane.changes) == (withheld, ())
    main, basis = attachment_in_words(plane)
    assert main == sentence
    assert "Check-ins ask about closeness at the start and at the end of the course." in basis


def test_a_rating_with_an_unanswered_question_is_named() -> None:
    gap = filled(15, {1: 1, 2: None, 3: 1, 4: 1, 5: 1})
    plane = attachment_plane(course(attachment(2, 8, 8), gap))
    assert [r.session for r in plane.ratings] == [2]
    assert "A question was left unanswered in session 15, so that rating does not count." in plane_caption(plane)
    # the fifth question belongs to neither dimension
    whole = attachment_plane(course(attachment(2, 8, 8), filled(15, {1: 1, 2: 1, 3: 1, 4: 1, 5: None})))
    assert whole.changes


def test_a_score_from_a_single_answer_is_no_rating() -> None:
    """Another rule of scoring could average what was answered; the error of one answer is larger."""
    short = replace(scored(15, 2, 2), responses={1: 2.0, 2: None, 3: 2.0, 4: 2.0})
    plane = attachment_plane(course(attachment(2, 8, 8), short))
    assert (plane.withheld, plane.unanswered) == (Withheld.ONE_RATING, (15,))


def test_ratings_before_the_last_wording_are_no_earlier_state() -> None:
    plane = attachment_plane(
        course(attachment(2, 9, 9, version="1"), attachment(8, 6, 6), attachment(15, 5, 5), ended=True)
    )
    assert [r.session for r in plane.ratings] == [8, 15]
    assert not plane.is_early


def test_a_first_rating_without_a_session_is_early_only_before_the_fourth_session() -> None:
    late, last = (replace(attachment(s, v, v), session=None) for s, v in ((10, 10), (15, 1)))
    plane = attachment_plane(course(late, last))
    assert not plane.is_early
    assert attachment_in_words(plane)[0].endswith("than on day 70.")
    assert attachment_plane(course(replace(late, at=0.0), last)).is_early


def test_two_ratings_of_one_moment_have_the_error_of_a_difference() -> None:
    """Imported ratings can have a date only; then the threshold is √2 times that of one rating, and no smaller."""
    first, again = attachment(8, 5, 5), attachment(8, 8, 8)
    plane = attachment_plane(course(first, again))
    error = 2.2 * np.sqrt(0.4)  # of the difference of means of two answers; a movement of the same moment cancels
    assert plane.changes[0].threshold == pytest.approx(2.2414 * error, abs=1e-3)


def test_a_published_questionnaire_counts_once_it_was_scored_twice() -> None:
    def answers(anxiety: float, avoidance: float) -> dict[int, float]:
        feared, avoided = ITEMS["ecr_rs"]
        # items 1 to 4 are reversed
        closeness = {number: 8 - avoidance if number <= 4 else avoidance for number in avoided}
        return dict.fromkeys(feared, anxiety) | closeness

    own = [attachment(2, 8, 8), attachment(15, 8, 8)]
    once = course(*own, filled(1, answers(6, 6), name="ecr_rs"))
    assert attachment_plane(once).instrument == OWN_FORM
    twice = attachment_plane(
        course(*own, filled(1, answers(6, 6), name="ecr_rs"), filled(16, answers(2, 5), name="ecr_rs"))
    )
    assert (twice.instrument, twice.limits) == ("ecr_rs", (1.0, 7.0))
    assert [(r.anxiety, r.avoidance) for r in twice.ratings] == [(6, 6), (2, 5)]
    assert [c.result for c in twice.changes] == [ChangeOfLevel.LOWER, ChangeOfLevel.WITHIN]
    assert attachment_in_words(twice)[0] == "Less afraid of losing people than at the start."
    assert ONE_PERSON in plane_caption(twice)


def test_a_scale_on_which_no_change_could_be_told_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    poor = replace(ASSUMED[OWN_FORM], sd=5.0, reliability=0.1)
    monkeypatch.setitem(ASSUMED, OWN_FORM, poor)  # type: ignore[arg-type]
    plane = attachment_plane(course(attachment(2, 8, 7), attachment(15, 1, 1)))
    assert [c.result for c in plane.changes] == [ChangeOfLevel.TOO_COARSE] * 2
    assert attachment_in_words(plane)[0] == "This scale cannot show a change here."


def every_text() -> list[str]:
    """Return all sentences on planes of all results."""
    values = (1.0, 5.0, 9.0)
    planes: list[AttachmentPlane] = [
        attachment_plane(course(attachment(2, *start), attachment(15, *end)))
        for start, end in product(product(values, values), repeat=2)
    ]
    planes += [attachment_plane(course()), attachment_plane(course(attachment(2, 9, 9)))]
    return [
        text
        for plane in planes
        for text in (*attachment_in_words(plane), *sum(dimension_facts(plane), ()), plane_caption(plane))
    ]


def test_no_sentence_names_a_style_or_an_explanation() -> None:
    for text in every_text():
        lowered = f" {text.lower()} "
        assert not [word for word in (*STYLES, *FORBIDDEN) if word in lowered], text
    assert "does not explain it: a crisis that has passed looks the same" in NOTE
