"""Network measures against a slow, obvious count, on random records and on one hand-made record."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from securebase.ipt import network
from securebase.ipt import network_phrases as phrases
from securebase.ipt.network import (
    RingChange,
    SupportShare,
    TieBalance,
    circles_of,
    mean_distance,
    network_at,
    network_members_at,
    people_at,
    placement_moves,
    support_share_history,
    tie_balance,
    tie_ratings,
)
from securebase.ipt.tie import circle_movement, tie_facts
from securebase.records.artefact import ArtefactRecord, ClosenessCircle, Placement, RelationshipRecord
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import CircleKind, Respondent, Ring, SupportKind
from slow_course import filled
from support_course import course

KINDS = [k.value for k in SupportKind]


def rating(about: str, at: float, **values) -> ArtefactRecord:
    return ArtefactRecord(f"{about}{at}", "relationship", values, at, at, about=about)


def random_record(rng: np.random.Generator) -> EpisodeRecord:
    """Draw people who come and go, circles at some times, ratings of some people."""

    def yes(p: float) -> bool:
        return bool(rng.random() < p)

    people = tuple(
        RelationshipRecord(
            f"p{i}",
            f"Person {i}",
            deceased=yes(0.2),
            professional=yes(0.2),
            at=float(rng.uniform(0, 40)),
            left_at=float(rng.uniform(40, 90)) if yes(0.3) else None,
        )
        for i in range(int(rng.integers(0, 12)))
    )

    def circle(i: int) -> ClosenessCircle:
        places = tuple(
            Placement(p.id, float(rng.uniform(0, 1.3)), float(rng.uniform(0, 360)), yes(0.4), yes(0.4), yes(0.3))
            for p in people
            if yes(0.7)
        )
        kind = CircleKind.PRESENT if yes(0.7) else CircleKind.WISHED
        return ClosenessCircle(f"c{i}", float(rng.uniform(0, 100)), kind, placements=places)

    def random_rating(person: str) -> ArtefactRecord:
        values: dict = {}
        for name in ("gives", "receives"):
            if yes(0.7):
                values[name] = tuple(k for k in KINDS if yes(0.4))
        for name in ("strain", "support_felt"):
            if yes(0.7):
                values[name] = float(rng.integers(0, 11))
        return rating(person, float(rng.uniform(0, 100)), **values)

    ratings = tuple(random_rating(p.id) for p in people for _ in range(int(rng.integers(0, 4))))
    return EpisodeRecord("x", relationships=people, circles=tuple(circle(i) for i in range(4)), artefacts=ratings)


def test_every_count_equals_a_plain_count() -> None:
    n_mutual = n_strains = 0
    for seed in range(200):
        record = random_record(np.random.default_rng(seed))
        for day in (10.0, 50.0, 1000.0):
            network_that_day = network_at(record, day)
            last_circle = None
            for circle in record.circles:
                if (
                    circle.kind == CircleKind.PRESENT
                    and circle.at <= day
                    and (last_circle is None or circle.at > last_circle.at)
                ):
                    last_circle = circle
            rings = dict.fromkeys(Ring, 0)
            not_placed = rated = giving_any = known_ties = mutual = 0
            support = dict.fromkeys(SupportKind, 0)
            strains: dict[str, float] = {}
            for person in record.relationships:
                has_left = person.left_at is not None and person.left_at <= day
                if person.at > day or has_left or person.deceased or person.professional:
                    continue
                place = None
                if last_circle is not None:
                    for candidate in last_circle.placements:
                        if candidate.relationship == person.id:
                            place = candidate
                if place is None:
                    not_placed += 1
                elif place.radius > 1:
                    rings[Ring.OUTSIDE] += 1
                elif place.radius > 2 / 3:
                    rings[Ring.WIDER] += 1
                elif place.radius > 1 / 3:
                    rings[Ring.CLOSE] += 1
                else:
                    rings[Ring.CLOSEST] += 1
                last = None
                for artefact in record.artefacts:
                    if artefact.about == person.id and artefact.at <= day and (last is None or artefact.at > last.at):
                        last = artefact
                support_in = support_out = False
                if last is not None:
                    rated += 1
                    support_in, support_out = bool(last.values.get("receives")), bool(last.values.get("gives"))
                    giving_any += support_in
                    for kind in SupportKind:
                        support[kind] += kind.value in last.values.get("receives", ())
                    if "strain" in last.values:
                        strains[person.id] = last.values["strain"]
                if not support_in and not support_out and place is not None:
                    support_in, support_out = place.gives, place.receives
                known_ties += support_in or support_out
                mutual += support_in and support_out
            assert network_that_day.by_ring == rings
            assert network_that_day.size == rings[Ring.CLOSEST] + rings[Ring.CLOSE] + rings[Ring.WIDER]
            assert (network_that_day.not_placed, network_that_day.rated, network_that_day.giving_any) == (
                not_placed,
                rated,
                giving_any,
            )
            assert network_that_day.giving == support
            assert (network_that_day.known_ties, network_that_day.mutual) == (known_ties, mutual)
            assert network_that_day.strained == strains
            assert list(network_that_day.strained.values()) == sorted(strains.values(), reverse=True)
            assert network_that_day.strain == (pytest.approx(sum(strains.values()) / len(strains)) if strains else None)
            n_mutual += mutual
            n_strains += len(strains)
    assert n_mutual > 100
    assert n_strains > 100


def test_moves_and_mean_distance_equal_a_plain_computation() -> None:
    steps: set[RingChange] = set()
    for seed in range(200):
        record = random_record(np.random.default_rng(1000 + seed))
        first, second = record.circles[0], record.circles[1]
        moves = {m.relationship: m for m in placement_moves(first, second)}
        distances = []
        for person in {p.relationship for c in (first, second) for p in c.placements}:
            a, b = first.placement(person), second.placement(person)
            if a is None:
                expected = RingChange.CAME
            elif b is None:
                expected = RingChange.LEFT
            else:
                distances.append(abs(a.radius - b.radius))
                outwards = [Ring.CLOSEST, Ring.CLOSE, Ring.WIDER, Ring.OUTSIDE]
                before, after = outwards.index(a.ring), outwards.index(b.ring)
                expected = (
                    RingChange.STAYED
                    if before == after
                    else RingChange.CLOSER
                    if after < before
                    else RingChange.FURTHER
                )
            assert moves.pop(person).step is expected
            steps.add(expected)
        assert moves == {}
        assert mean_distance(first, second) == (pytest.approx(np.mean(distances)) if distances else None)
    assert steps == set(RingChange)


# ---- one hand-made record -----------------------------------------------------------------------------------------
LENA, SISTER, VOS = (
    RelationshipRecord("l", "Lena"),
    RelationshipRecord("s", "Sister", at=3),
    RelationshipRecord("v", "Dr Vos", professional=True),
)
FIRST = ClosenessCircle("1", 1.0, placements=(Placement("l", 0.9, 60, gives=True), Placement("v", 0.5, 180)), session=1)
SECOND = ClosenessCircle(
    "2", 20.0, placements=(Placement("l", 0.2, 60, True, True), Placement("s", 1.2, 350, tension=True))
)
NAMES = {"l": "Lena", "s": "Sister", "v": "Dr Vos"}


def hand_made(*artefacts: ArtefactRecord) -> EpisodeRecord:
    return EpisodeRecord("x", relationships=(LENA, SISTER, VOS), circles=(SECOND, FIRST), artefacts=artefacts)


def test_a_professional_helper_is_shown_but_not_counted() -> None:
    record = hand_made()
    assert people_at(record, 2) == (LENA, VOS)
    assert network_members_at(record, 2) == (LENA,)
    assert [c.id for c in circles_of(record)] == ["1", "2"]
    assert network_at(record, 2).size == 1


def test_the_closest_people_are_named() -> None:
    assert network.closest_at(hand_made(), 2) == ()
    assert network.closest_at(hand_made()) == (LENA,)
    assert phrases.closest_in_words(["Lena", "Omar"]) == "Lena, Omar."
    assert phrases.closest_in_words([]) == "No one is in the closest ring."


def test_moves_are_described_with_names() -> None:
    moves = placement_moves(FIRST, SECOND)
    assert [phrases.move_in_words(m, NAMES) for m in moves] == [
        "Sister: new on the circle, outside the circle",
        "Dr Vos: no longer on the circle, was close ring",
        "Lena: closer, from wider circle to closest ring",
    ]
    assert moves[2].inward == pytest.approx(0.7)
    assert phrases.moves_in_words(placement_moves(FIRST, FIRST), NAMES) == "No one changed rings."
    assert phrases.place_in_words(SECOND.placement("s")) == "outside the circle, 12 o’clock, tension"
    assert phrases.place_in_words(None) == "not placed yet"
    assert circle_movement("l", (FIRST, SECOND)) == "closer: from wider circle to closest ring"
    assert circle_movement("v", (FIRST, SECOND)) == "no longer on the circle; was close ring"
    assert circle_movement("s", (FIRST, SECOND)) == ""


def test_sentences_about_the_network() -> None:
    record = hand_made(
        rating("l", 2, receives=("emotional", "practical"), gives=("emotional",), strain=2.0, support_felt=8.0),
        rating("s", 5, gives=("practical",), strain=9.0, support_felt=1.0),
        rating("s", 25, gives=("practical",), strain=7.0, support_felt=7.0, contact="weekly", hard="Mother’s care"),
    )
    present = network_at(record)
    assert (
        phrases.size_in_words(present)
        == "1 person on the circle: 1 closest, 0 close, 0 in the wider circle. 1 outside."
    )
    assert phrases.support_in_words(present) == "Support from 1 of 2 people rated: emotional 1, practical 1."
    assert phrases.reciprocity_in_words(present) == "Support goes both ways in 1 of 2 relationships."
    assert phrases.strain_in_words(present, NAMES) == "Mean 4.5 of 10 over 2 relationships; highest with Sister (7)."
    assert [tie_balance(r) for r in tie_ratings(record, "s")] == [TieBalance.STRAIN, TieBalance.EVEN]
    assert tie_balance(tie_ratings(record, "l")[-1]) is TieBalance.SUPPORT
    assert tie_balance(None) is TieBalance.UNRATED
    facts = dict(tie_facts(tie_ratings(record, "s")))
    assert facts["Strain between them"] == "7 of 10, was 9"
    assert facts["What is hard"] == "Mother’s care"
    assert "What is good" not in facts
    assert tie_facts(()) == ()
    unrated = network_at(hand_made())
    assert phrases.support_in_words(unrated) == "No relationship has been rated yet."
    assert phrases.strain_in_words(unrated, NAMES) == "Strain has not been rated yet."


def test_the_last_share_of_support_is_shown_beside_the_first() -> None:
    def ledger(session: int, share: float | None) -> ArtefactRecord:
        values = {} if share is None else {"therapist_share": share}
        return ArtefactRecord(f"a{session}", "support_ledger", values, 7.0 * session, 7.0 * session, session=session)

    record = hand_made(ledger(6, 35.0), ledger(2, 60.0), ledger(4, None))
    shares = support_share_history(record)
    assert [(c.session, c.therapist, c.own) for c in shares] == [(2, 60.0, 40.0), (6, 35.0, 65.0)]
    assert phrases.support_shares_in_words(shares) == (
        "Therapist 35%, own network 65%. In session 2 it was 60% and 40%."
    )
    assert phrases.support_shares_in_words(support_share_history(record, 20)) == "Therapist 60%, own network 40%."
    returned = support_share_history(hand_made(ledger(1, 20.0), ledger(2, 50.0)))
    assert phrases.support_shares_in_words(returned).endswith("In session 1 it was 20% and 80%.")
    assert phrases.support_shares_in_words(()) == "Sources of support have not been recorded yet."


def test_the_clients_rating_of_a_session_replaces_its_worksheet() -> None:
    rated = {2: 8.0, 4: 6.0, 6: 5.0}
    record = replace(
        course({1: 70.0, 2: 40.0, 5: 30.0}, support=5.0),
        administrations=tuple(filled(n, {1: value}, name="support_share") for n, value in rated.items()),
    )
    client, therapist = Respondent.CLIENT, Respondent.THERAPIST
    shares = support_share_history(record)
    assert [(s.session, s.therapist, s.respondent) for s in shares] == [
        (1, 70.0, therapist),
        (2, 80.0, client),
        (4, 60.0, client),
        (5, 30.0, therapist),
        (6, 50.0, client),
    ]
    assert [s.session for s in support_share_history(record, 28.0)] == [1, 2, 4]
    unrated = replace(record, administrations=(filled(2, {1: None}, name="support_share"),))
    assert [(s.session, s.therapist) for s in support_share_history(unrated)] == [(1, 70.0), (2, 40.0), (5, 30.0)]


@pytest.mark.parametrize(
    ("therapist", "headline"),
    [
        (35.0, "Mostly the client’s own people."),
        (40.0, "Therapy and the client’s own people."),
        (60.0, "Therapy and the client’s own people."),
        (65.0, "Mostly therapy."),
    ],
)
def test_the_headline_names_who_carries_most_of_the_support(therapist: float, headline: str) -> None:
    assert phrases.support_headline((SupportShare(0.0, 1, therapist),)) == headline
    assert phrases.support_headline(()) == ""


def test_the_distance_to_the_wished_circle_is_given_in_rings() -> None:
    wished = ClosenessCircle("w", 21.0, CircleKind.WISHED, placements=(Placement("s", 0.2, 350),))
    assert mean_distance(SECOND, wished) == pytest.approx(1.0)
    assert (
        phrases.distance_in_words(mean_distance(SECOND, wished))
        == "On average, people are 3.0 rings from where the client wants them."
    )
    assert phrases.distance_in_words(mean_distance(FIRST, wished)).startswith("No one is on both")
