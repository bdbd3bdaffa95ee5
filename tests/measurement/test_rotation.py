"""The rotation of rare questions, by walking whole courses."""

from __future__ import annotations

import random
from collections import Counter
from functools import cache
from itertools import combinations, pairwise

import pytest

from each import each
from securebase.errors import InstrumentError
from securebase.measurement.catalogue import instruments
from securebase.measurement.rotation import (
    ROTATION,
    read_rotation_plan,
    rotating_items,
    rotation_plan,
    rotation_slots,
)
from securebase.measurement.schedule import CourseContext, walk_course

SESSIONS, CLIENTS = 16, 28
SLOT_OF = {item: slot.id for slot in rotation_slots() for item in slot.items}
MONTHLY = {*rotation_plan().once, *rotation_plan().monthly}
MISSED = 0.08
Course = list[tuple[int, ...]]


def walk(client: int, missed: float = 0.0, seed: int = 0) -> Course:
    """Return the items of each answered check-in after a session, from the last questionnaire of the start on.

    Check-ins that ask a whole questionnaire have no items.
    """
    rng = random.Random(f"{seed} {client}")
    gone = [session for session in range(1, SESSIONS + 1) if rng.random() < missed]
    course = [
        next((part.items for part in check_in.parts if part.instrument == ROTATION), ())
        for check_in in walk_course(CourseContext(SESSIONS, client=client), missed=gone)
        if check_in.moment == "after" and check_in.session not in gone
    ]
    return course[next(n for n, items in enumerate(course) if items) - 1 :]


@cache
def walks(missed: float, seed: int = 0) -> tuple[Course, ...]:
    return tuple(walk(client, missed, seed) for client in range(CLIENTS))


def slots_of(items: tuple[int, ...]) -> set[str]:
    return {SLOT_OF[item] for item in items if item not in MONTHLY}


def longest_wait(course: Course, slot: str) -> int:
    """Return the most check-ins between two that ask a slot, the later one counted; both ends of the course count."""
    turns = [-1, *(n for n, items in enumerate(course) if slot in slots_of(items)), len(course)]
    return max(later - earlier for earlier, later in pairwise(turns))


def meeting_shares(courses: tuple[Course, ...]) -> Counter[tuple[str, ...]]:
    """Return how many clients see each pair of slots in one check-in."""
    meetings: Counter[tuple[str, ...]] = Counter()
    for course in courses:
        meetings.update({pair for items in course for pair in combinations(sorted(slots_of(items)), 2)})
    return meetings


def test_the_plan_asks_every_item_of_the_instrument_in_fourteen_slots_of_two() -> None:
    slots = rotation_slots()
    assert len(slots) == 14
    assert sorted(item for slot in slots for item in slot.items) == list(range(1, 29))
    assert {len(row) for row in rotation_plan().rows} == {4}
    assert set(Counter(name for row in rotation_plan().rows for name in row).values()) == {4}
    assert {*SLOT_OF, *MONTHLY} == {item.number for item in instruments()[ROTATION].items}


def test_every_two_slots_meet_in_one_check_in_of_at_least_half_of_the_clients() -> None:
    meetings = meeting_shares(walks(0.0))
    pairs = [*combinations(sorted(slot.id for slot in rotation_slots()), 2)]
    assert len(pairs) == 91
    assert min(meetings[pair] for pair in pairs) >= CLIENTS / 2
    # with 8% of check-ins missed, few pairs fall short of half, and none of two in five
    courses = [course for seed in range(4) for course in walks(MISSED, seed)]
    shares = {pair: count / len(courses) for pair, count in meeting_shares(tuple(courses)).items()}
    assert min(shares[pair] for pair in pairs) > 0.4
    assert sum(shares[pair] < 0.5 for pair in pairs) <= 20


def test_every_slot_is_asked_at_least_every_fifth_answered_check_in() -> None:
    courses = [*walks(0.0), *walks(MISSED), *walks(MISSED, seed=1)]
    assert {longest_wait(course, slot.id) for course in courses for slot in rotation_slots()} <= {3, 4, 5}


def test_a_missed_check_in_delays_and_does_not_skip() -> None:
    rows = name_rows(3)
    for seed in range(5):
        asked = [slots_of(items) for items in walk(3, 0.3, seed) if items]
        expected = [rows[(5 * 3 + n) % 14] for n in range(len(asked))]
        # a check-in with a free place may ask one slot more
        assert all(row <= items for row, items in zip(expected, asked, strict=True))


def test_the_two_items_of_a_slot_alternate_and_half_of_the_clients_start_with_each() -> None:
    first: Counter[int] = Counter()
    for course in walks(MISSED):
        for slot in rotation_slots():
            asked = [item for items in course for item in items if item in slot.items]
            assert all(a != b for a, b in pairwise(asked))
            first[slot.items.index(asked[0])] += 1
    assert first[0] == first[1]


def test_monthly_items_never_take_the_place_of_a_slot_in_a_course_of_sixteen_sessions() -> None:
    for course in walks(0.0):
        asked = [item for items in course for item in items if item in MONTHLY]
        assert asked == [31, 30, 29, 30]
        assert all(len(slots_of(items)) == 4 for items in course if items)


def test_without_a_free_place_a_monthly_item_comes_at_every_ninth_check_in() -> None:
    history: Course = []
    for _ in range(40):
        history.append(rotating_items(places=4, history=history, client=5))
    monthly = [(n, item) for n, items in enumerate(history) for item in items if item in MONTHLY]
    assert monthly == [(8, 31), (17, 30), (26, 29), (35, 30)]
    assert all(len(items) == 4 for items in history)


def test_a_free_place_without_a_monthly_item_goes_to_the_slot_that_waits_longest() -> None:
    history: Course = []
    for _ in range(8):
        items = rotating_items(places=5, history=history, client=0)
        waits = {slot.id: wait(history, slot.id) for slot in rotation_slots()}
        row = slots_of(rotating_items(places=4, history=history, client=0))
        (extra,) = slots_of(items) - row or {""}
        assert bool(extra) == (len(history) % 2 == 1)
        assert not extra or waits[extra] == max(waits[name] for name in waits if name not in row)
        history.append(items)


def wait(history: Course, slot: str) -> int:
    """Return the check-ins since a slot was asked."""
    return next((n for n, items in enumerate(reversed(history)) if slot in slots_of(items)), len(history))


def test_where_places_are_short_the_slot_with_the_closest_turns_gives_way() -> None:
    for client in range(14):
        history: Course = []
        for _ in range(14):
            row = slots_of(rotating_items(places=4, history=history, client=client))
            three = slots_of(rotating_items(places=3, history=history, client=client))
            (absent,) = row - three
            rows = [name_rows(client)[(5 * client + len(history) + n) % 14] for n in range(15)]
            span = {
                name: min(wait(history, name), len(history)) + next(n for n in range(1, 15) if name in rows[n])
                for name in row
            }
            assert span[absent] == min(span.values())
            history.append(rotating_items(places=4, history=history, client=client))
            history[-1] = tuple(item for item in history[-1] if item not in MONTHLY)


def name_rows(client: int) -> list[set[str]]:
    names = [slot.id for slot in rotation_slots()]
    return [{names[(names.index(name) + client) % len(names)] for name in row} for row in rotation_plan().rows]


def test_slots_that_are_off_are_replaced_and_requested_ones_come_first() -> None:
    history: Course = []
    off = {"anxiety", "insight"}
    for _ in range(14):
        items = rotating_items(places=4, history=history, client=2, off=off)
        assert len(items) == 4
        assert not slots_of(items) & off
        # no monthly item takes the place of a slot that is off
        assert bool(MONTHLY & {*items}) == (len(history) == 8)
        for requested in ("wellbeing", "anxiety"):
            asked = slots_of(rotating_items(places=1, history=history, client=2, off=off, requested=(requested,)))
            assert asked == {requested} - off or requested in off
        history.append(items)


def test_questions_on_attachment_ask_about_their_period_and_not_in_the_words_of_the_whole_questionnaire() -> None:
    """A client may answer both in two check-ins in a row: one about the past few weeks, one about people in general."""
    weeks, in_general = instruments()[ROTATION], instruments()["own_attachment"]
    assert {item.text for item in weeks.items}.isdisjoint(item.text for item in in_general.items)
    for number in (1, 2, 3, 4, 31):
        assert " did " in weeks.item(number).text


def test_with_every_slot_off_nothing_is_asked() -> None:
    every = [slot.id for slot in rotation_slots()]
    assert rotating_items(places=5, history=[], client=0, off=every) == ()
    assert len(rotating_items(places=5, history=[], client=0, off=every[1:])) == 2


def test_no_place_no_question_and_a_client_always_gets_the_same() -> None:
    assert rotating_items(places=0, history=[], client=7) == ()
    assert walk(7) == walk(7)
    assert rotating_items(places=4, history=[], client=7) == rotating_items(places=4, history=[], client=7 + 28)
    everything = tuple(slot.id for slot in rotation_slots())
    assert len(rotating_items(places=4, history=[], client=1, off=everything)) <= 1


def test_an_unknown_slot_is_refused() -> None:
    with pytest.raises(InstrumentError, match=r"unknown slot “mood”.* Known: anxiety, avoidance, "):
        rotating_items(places=4, history=[], client=1, requested=("mood",))


SMALL = """
once = [31]
monthly = [29, 30]
rows = [["a", "b"], ["b", "a"]]
[[slots]]
id = "a"
label = "A"
items = [1, 2]
[[slots]]
id = "b"
label = "B"
items = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28]
"""
MISTAKES = [
    ('["b", "a"]', '["b", "c"]', r"plan\.toml, rows\[2\]: unknown slot “c”. Known: a, b"),
    ('["b", "a"]', '["b", "b"]', r"rows\[2\]: a row must not list a slot twice \(got b, b\)"),
    ('[["a", "b"], ["b", "a"]]', '[["a"]]', r"rows: no row lists slot “b”"),
    ("items = [1, 2]", "items = [1, 32]", r"slots\[1\]\.items: unknown item 32. rotation\.toml has items 1 to 31"),
    ("items = [1, 2]", "items = [1, 2, 1]", r"slots\[1\]\.items: item 1 is listed twice"),
    ("items = [1, 2]", "items = [1]", r"slots: item 2 is never asked. Add it to a slot"),
    ("once = [31]", "once = [30, 31]", r"monthly: item 30 is listed twice"),
    ('id = "b"', 'id = "a"', r"slots: two slots have the same id"),
    ("items = [1, 2]", "items = []", r"slots\[1\]\.items: must not be empty"),
    ("once", "twice", r"twice: unknown field"),
]


def test_the_small_plan_is_valid() -> None:
    assert read_rotation_plan("plan.toml", SMALL.encode()).once == (31,)


@each(MISTAKES, lambda mistake: mistake[2][:40])
def test_a_mistake_in_the_plan_is_named_with_its_place(mistake: tuple[str, str, str]) -> None:
    old, new, message = mistake
    assert old in SMALL
    with pytest.raises(InstrumentError, match=message.replace(". ", r"\.? ?")):
        read_rotation_plan("plan.toml", SMALL.replace(old, new, 1).encode())
