"""A course can follow any scale that a client answers: every page of it works, in the right direction."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from each import each
from securebase.errors import InputError
from securebase.measurement.catalogue import instrument
from securebase.measurement.instrument import Direction
from securebase.picture.client import client_picture
from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord, TherapySessionRecord
from securebase.records.vocabulary import Moment
from securebase.workbench.clients.actions import create_client
from securebase.workbench.clients.followed import check_followed, followed_choices, followed_scales
from securebase.workbench.clients.models import Episode
from securebase.workbench.measures.actions import type_in_administration
from workbench.browser import Browser
from workbench.cast import Cast


def test_every_scale_but_those_of_the_alliance_is_offered_our_own_first() -> None:
    (_, symptoms), (_, others) = followed_choices()
    assert symptoms[0][0] == "session_before:symptoms"
    values = [value for value, _ in (*symptoms, *others)]
    assert {"phq9:total", "bdi2:total", "core10:total", "gad7:total", "ors:total", "wsas:total"} <= set(values)
    assert not any(value.startswith(("wai", "srs", "arm5")) for value in values)
    assert "PHQ-9: entered by you" in dict(symptoms).values()
    with pytest.raises(InputError, match="no course can follow “wai_sr:total”"):
        check_followed("wai_sr:total")


@each([f"{instrument.id}:{scale.id}" for instrument, scale in followed_scales()])
def test_a_picture_of_every_scale_shows_its_scores_in_its_own_direction(measure: str) -> None:
    questionnaire, scale = next(s for s in followed_scales() if f"{s[0].id}:{s[1].id}" == measure)
    span = scale.maximum - scale.minimum
    values = [scale.minimum + span * (0.7 - 0.05 * n) for n in range(6)]
    scores = [
        ScoreRecord(scale.construct, value, at=7.0 * n, session=n + 1, instrument=questionnaire.id, scale=scale.id)
        for n, value in enumerate(values)
    ]
    ratings = [
        ScoreRecord("alliance", 7 + 0.1 * n, 7.0 * n + 0.1, Moment.AFTER, n + 1, "session_after", "alliance")
        for n in range(6)
    ]
    administrations = [
        AdministrationRecord(s.instrument, at=s.at, moment=s.moment, session=s.session, scores=(s,))
        for s in (*scores, *ratings)
    ]
    record = EpisodeRecord(
        person="a",
        administrations=tuple(administrations),
        sessions=tuple(TherapySessionRecord(n + 1, 7.0 * n) for n in range(6)),
        symptom_measure=(questionnaire.id, scale.id),
    )
    picture = client_picture(record, as_of=40.0)
    symptoms = picture.symptoms
    assert picture.problems == ()
    # the model has units for two of the scales; with the others it still follows the alliance
    assert picture.alliance.usual is not None
    assert bool(symptoms.expected) is (measure in {"phq9:total", "session_before:symptoms"})
    assert any("Not known for this measure" in note for note in symptoms.notes) is not bool(symptoms.expected)
    assert [r.value for r in symptoms.reported] == values
    assert symptoms.worse_is_higher is (scale.direction is Direction.HIGHER_IS_WORSE)


def follow(cast: Cast, measure: str) -> list[float]:
    """Let Carla's course follow a measure, answer it six times, better each week, and return the scores."""
    name, _, scale_id = measure.partition(":")
    skeleton, scale = instrument(name), instrument(name).scale(scale_id)
    Episode.objects.visible_to(cast.alma).update(
        symptom_measure=measure, began_on=timezone.localdate() - timedelta(days=42)
    )
    episode = Episode.objects.visible_to(cast.alma).get(id=cast.episode.id)
    scores = []
    for n in range(6):
        bad = 0.8 - 0.1 * n if scale.direction is Direction.HIGHER_IS_WORSE else 0.2 + 0.1 * n
        responses = {}
        for item in skeleton.items:
            share = 1 - bad if item.number in scale.reversed_items else bad
            steps = round((item.maximum - item.minimum) * share / item.step)
            responses[item.number] = item.minimum + steps * item.step
        result = type_in_administration(
            episode=episode,
            by=cast.alma,
            instrument=name,
            responses=responses,
            at=timezone.now() - timedelta(days=41 - 7 * n),
            submission=f"{measure}{n}",
        )
        scores.append(result.administration.scores.get(scale=scale_id).value)
    return scores


@pytest.mark.parametrize(
    ("measure", "subject", "unknown"),
    [
        ("phq9:total", "Symptoms", ""),
        ("gad7:total", "Anxiety", "expected path, forecast"),
        ("bdi2:total", "Symptoms", "expected path, forecast"),
        ("core10:total", "Psychological distress", "expected path, forecast"),
        ("wsas:total", "Functional impairment", "reliable change, expected path, forecast"),
        ("ors:total", "Wellbeing", "severity bands, expected path, forecast"),
    ],
)
def test_every_page_report_and_download_shows_the_measure(
    alma: Browser, cast: Cast, measure: str, subject: str, unknown: str
) -> None:
    scores = follow(cast, measure)
    client = [cast.carla.id]
    page = alma.get(reverse("client", args=client)).content.decode()
    assert f">{subject} <small>" in page
    note = "Not known for this measure: "
    assert (f"{note}{unknown}." in page) if unknown else (note not in page)
    assert "The estimates are missing" not in page
    assert ("reliable improvement" in page) is ("reliable change" not in unknown)
    assert "(see Scores)" not in page
    assert f"Besides {subject.lower()}, not asked yet." in page
    for name in ("caseload", "client-measures", "client-downloads", "client-edit"):
        assert alma.get(reverse(name, args=client if name != "caseload" else ())).status_code == 200, name
    header, *rows = alma.get(reverse("client-scores", args=client)).content.decode().splitlines()
    construct = instrument(measure.partition(":")[0]).scale("total").construct
    column = header.split(",").index(construct)
    assert [float(row.split(",")[column]) for row in rows] == scores
    assert alma.get(reverse("client-report", args=client)).status_code == 200
    for kind in ("client", "supervisor", "referrer"):
        url = reverse("client-report-choose", args=[cast.carla.id, kind])
        offered = BeautifulSoup(alma.get(url).content, "html.parser").select("input[name=part]")
        report = alma.post(url, {"part": [part["value"] for part in offered]})
        assert report["Content-Type"] == "application/pdf", kind
        if kind == "referrer":
            assert f"Change in {subject.lower()}" in alma.get(url).content.decode()


@pytest.mark.parametrize("measure", ["gad7:total", "ors:total"])
def test_the_outcomes_count_what_the_course_follows(alma: Browser, cast: Cast, measure: str) -> None:
    follow(cast, measure)
    name = instrument(measure.partition(":")[0]).name
    page = alma.get(reverse("clinic-outcomes")).content.decode()
    assert name in page
    Episode.objects.visible_to(cast.alma).update(symptom_measure="session_before:symptoms")
    assert name not in alma.get(reverse("clinic-outcomes")).content.decode()


def test_a_course_keeps_the_measure_of_the_one_before(cast: Cast) -> None:
    client = create_client(
        therapist=cast.alma, name_shown="Finn", began_on=timezone.localdate(), symptom_measure="bdi2:total"
    )
    assert client.episode is not None
    assert client.episode.symptom_measure == "bdi2:total"
    with pytest.raises(InputError):
        create_client(therapist=cast.alma, name_shown="Finn", began_on=timezone.localdate(), symptom_measure="x:y")
