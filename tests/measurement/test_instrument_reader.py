"""An invalid instrument file is refused with its name and the field."""

import copy
import re
import tomllib
from collections.abc import Callable
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securebase.errors import InstrumentError
from securebase.measurement.instrument_reader import read_instrument

GOOD = """
id = "mini"
name = "Mini"
about = "Three items."
respondent = "client"
moment = "before"
window = "today"
item_labels = ["one", "two", "three"]
[licence]
status = "ours"
[codes]
system = "urn:securebase:instrument"
panel = "mini"
[response]
minimum = 0
maximum = 3
[[scales]]
id = "total"
label = "Mini"
construct = "symptoms"
items = [1, 2, 3]
method = "sum"
missing = "prorate"
max_missing = 1
minimum = 0
maximum = 9
direction = "worse"
caseness_from = 5
bands = [{ low = 0, high = 4, label = "low" }, { low = 5, high = 9, label = "high" }]
[[safety_rules]]
item = 3
at_least = 1
concern = "A worry"
[[provenance]]
fact = "all"
source = "made up for this test"
verified = false
[[examples]]
responses = { 1 = 1, 2 = 1, 3 = 1 }
scores = { total = 3 }
"""


def test_a_valid_file_is_read() -> None:
    instrument = read_instrument("mini.toml", GOOD.encode())
    assert [item.label for item in instrument.items] == ["one", "two", "three"]
    assert instrument.scale("total").bands[1].label == "high"
    assert instrument.unverified == instrument.provenance


BAD = [
    ("not toml", 'id = "mini"', "id = mini", "mini.toml: invalid TOML"),
    ("unknown field", 'window = "today"', 'windows = "today"', "mini.toml, windows: unknown field"),
    (
        "no code system",
        'system = "urn:securebase:instrument"',
        "",
        "codes.system: required field is missing",
    ),
    ("no panel code", 'panel = "mini"', "", "codes.panel: required field is missing"),
    ("missing field", 'name = "Mini"', "", "mini.toml, name: required field is missing"),
    ("empty text", 'about = "Three items."', 'about = " "', "mini.toml, about: must not be empty"),
    ("wrong type", "minimum = 0\nmaximum = 3", 'minimum = "0"\nmaximum = 3', "response.minimum: must be a number"),
    ("not a number", "maximum = 9", "maximum = nan", r"mini.toml, scales\[1\].maximum: must be a number"),
    ("unknown respondent", '"client"', '"friend"', "mini.toml, respondent: unknown respondent “friend”"),
    ("unknown moment", '"before"', '"later"', "mini.toml, moment: unknown moment “later”"),
    (
        "unknown construct",
        '"symptoms"',
        '"moods"',
        r"scales\[1\].construct: unknown construct “moods”. Known: ",
    ),
    ("unknown method", '"sum"', '"median"', r"scales\[1\].method: unknown method “median”"),
    ("wrong direction", '"worse"', '"better"', r"scales\[1\].direction: contradicts the construct “symptoms”"),
    (
        "wrong range",
        "maximum = 9",
        "maximum = 12",
        r"scales\[1\].minimum, maximum: must be 0 and 9, the range of the items \(got 0 and 12\)",
    ),
    ("no such item", "items = [1, 2, 3]", "items = [1, 2, 4]", r"scales\[1\].items: must list existing items"),
    ("item twice", "items = [1, 2, 3]", "items = [1, 2, 2]", r"scales\[1\].items: must not list a number twice"),
    ("rule and allowance", '"prorate"', '"incomplete"', r"max_missing: must be 0 under the rule “incomplete”"),
    ("rule and method", '"prorate"', '"mean_of_answered"', r"missing: “mean_of_answered” is for means"),
    ("band gap", "low = 5, high = 9", "low = 7, high = 9", r"scales\[1\].bands: must not overlap or leave a gap"),
    ("bands too short", "low = 5, high = 9", "low = 5, high = 8", r"scales\[1\].bands: must cover"),
    ("cut outside", "caseness_from = 5", "caseness_from = 50", r"scales\[1\].caseness_from: must lie within the range"),
    ("safety item", "item = 3", "item = 30", r"safety_rules\[1\].item: unknown item 30"),
    (
        "safety never",
        "at_least = 1",
        "at_least = 4",
        r"safety_rules\[1\].at_least: must lie within the item's range, 0 to 3",
    ),
    (
        "missing option in range",
        "maximum = 3",
        'maximum = 3\noptions = [{ value = 3, label = "does not apply", missing = true }]',
        r"items\[1\].options: an option that counts as missing lies within the item's range",
    ),
    (
        "wording of others as options",
        "maximum = 3",
        'maximum = 3\noptions = [{ value = 3, label = "often" }]',
        r"items\[1\]: item wording needs own_wording",
    ),
    (
        "verified conflict",
        "verified = false",
        'verified = true\nconflict = "another page says otherwise"',
        r"provenance\[1\].verified: must be false where sources disagree",
    ),
    ("basis without bands", "bands = [{ low = 0, high = 4, label", 'bands_basis = "ours"\n#', "needs “bands”"),
    ("basis without cut", "caseness_from = 5", 'caseness_basis = "ours"', "needs “caseness_from”"),
    (
        "level of computed points",
        "[[safety_rules]]",
        '[scales.reliable_change]\nbasis = "ours"\nverified = false\nsd = 2\nreliability = 0.8\nlevel = 90\n'
        "[[safety_rules]]",
        r"reliable_change.level: must be 95 where points are computed",
    ),
    ("verified not said", "verified = false", "", r"provenance\[1\].verified: required field is missing"),
    ("example without score", "scores = { total = 3 }", "scores = {}", r"examples\[1\].scores: must list every scale"),
    ("example's item", "1 = 1, 2 = 1", "one = 1, 2 = 1", r"examples\[1\].responses: item must be a whole number"),
    ("labels and items", "[licence]", '[[items]]\nnumber = 1\nlabel = "x"\n[licence]', "items: needs either"),
]


@pytest.mark.parametrize(("old", "new", "message"), [pytest.param(*b[1:], id=b[0]) for b in BAD])
def test_an_invalid_file_is_refused_with_file_and_field(old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(InstrumentError, match=message):
        read_instrument("mini.toml", GOOD.replace(old, new, 1).encode())


def test_official_wording_is_refused() -> None:
    with_wording = (
        GOOD.replace('item_labels = ["one", "two", "three"]', "")
        + '\n[[items]]\nnumber = 1\nlabel = "one"\ntext = "How are you?"\n'
    )
    with_wording += '[[items]]\nnumber = 2\nlabel = "two"\n[[items]]\nnumber = 3\nlabel = "three"\n'
    with pytest.raises(InstrumentError, match=r"items\[1\]: item wording needs own_wording"):
        read_instrument("mini.toml", with_wording.encode())


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    paths = [path] if path else []
    if isinstance(value, dict):
        pairs: Any = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    else:
        pairs = ()
    return paths + [place for key, below in pairs for place in _paths(below, (*path, key))]


def _toml(value: Any) -> str:
    """Return a value as inline TOML, sufficient for these tests."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{k}" = {_toml(v)}' for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    return f'"{value}"' if isinstance(value, str) else repr(value)


SHELF_FILES = [
    f for f in (resources.files("securebase.measurement") / "instruments").iterdir() if f.name.endswith(".toml")
]
RUBBISH: list[Any] = ["", "rubbish", -1, 0, 10**6, 1.5, True, [], [0], ["a"], {}, {"a": 1}, float("inf")]


@given(st.sampled_from(SHELF_FILES), st.data())
def test_a_corrupted_shelf_file_is_refused_by_name_or_still_valid(file: Any, data: st.DataObject) -> None:
    values = tomllib.loads(file.read_text(encoding="utf-8"))
    corrupted: Any = copy.deepcopy(values)
    *path, last = data.draw(st.sampled_from(_paths(values)))
    holder = corrupted
    for step in path:
        holder = holder[step]
    holder[last] = data.draw(st.sampled_from(RUBBISH))
    text = "\n".join(f"{key} = {_toml(value)}" for key, value in corrupted.items())
    refusal = ""
    try:
        read_instrument(file.name, text.encode())
    except InstrumentError as error:
        refusal = str(error)
    assert not refusal or refusal.startswith(file.name)


@given(st.binary(max_size=200))
def test_random_bytes_are_refused_by_name(content: bytes) -> None:
    with pytest.raises(InstrumentError, match=r"^any\.toml"):
        read_instrument("any.toml", content)


def corrupt(change: Callable[[dict[str, Any]], None]) -> bytes:
    values = tomllib.loads(GOOD)
    change(values)
    return "\n".join(f"{key} = {_toml(value)}" for key, value in values.items()).encode()


def test_reliable_change_takes_either_points_or_sd_and_reliability() -> None:
    overdetermined = corrupt(
        lambda v: v["scales"][0].update(
            reliable_change={"points": 2, "sd": 1.0, "reliability": 0.8, "basis": "none", "verified": False}
        )
    )
    with pytest.raises(InstrumentError, match=r"scales\[1\].reliable_change.points: needs either"):
        read_instrument("mini.toml", overdetermined)
    neither = corrupt(lambda v: v["scales"][0].update(reliable_change={"basis": "none", "verified": False}))
    with pytest.raises(InstrumentError, match=r"scales\[1\].reliable_change: needs “points”"):
        read_instrument("mini.toml", neither)


#: One question of our own, with a schedule.
SCHEDULED = """
id = "own"
name = "Own"
about = "One item."
respondent = "client"
moment = "after"
window = "today"
own_wording = true
validated = false
[asked]
areas = ["grief"]
items = [1]
first = 3
[licence]
status = "ours"
[codes]
system = "urn:securebase:instrument"
panel = "mini"
[response]
minimum = 0
maximum = 10
[[items]]
number = 1
label = "One"
text = "One?"
low_label = "no"
high_label = "yes"
[[scales]]
id = "one"
label = "One"
construct = "coping"
items = [1]
method = "mean"
missing = "incomplete"
minimum = 0
maximum = 10
direction = "better"
[[provenance]]
fact = "all"
source = "made up for this test"
verified = false
[[examples]]
responses = { 1 = 3 }
scores = { one = 3 }
"""


def test_a_schedule_is_read() -> None:
    schedule = read_instrument("own.toml", SCHEDULED.encode()).schedule
    assert schedule is not None
    assert (schedule.at, schedule.items, schedule.first, schedule.areas, schedule.weekly) == (
        (),
        (1,),
        3,
        ("grief",),
        True,
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("first = 3", 'at = ["start"]', r"own\.toml, asked: needs either “at”"),
        ('areas = ["grief"]\n', "", r"asked: needs either “at”"),
        ("first = 3", 'at = ["dawn"]', r"asked\.at\[1\]: unknown stage “dawn”\. Known: start, end"),
        ("items = [1]\nfirst", "items = [1, 2]\nfirst", r"asked\.items: must list existing items \(got \[1, 2\]\)"),
        ("first = 3", "first = 0", r"asked\.first: must be at least 1"),
        ('"grief"', '"grudge"', r"asked\.areas: unknown problem area “grudge”"),
        ('respondent = "client"', 'respondent = "therapist"', r"asked: an instrument can only be scheduled if"),
        ('moment = "after"', 'moment = "between"', r"asked: an instrument can only be scheduled if"),
        ("first = 3", "often = 3", r"asked\.often: unknown field"),
        (
            "[[provenance]]",
            '[[safety_rules]]\nitem = 1\nat_least = 1\nconcern = "A worry"\n[[provenance]]',
            r"asked: a scheduled instrument must not hold safety items",
        ),
    ],
)
def test_an_impossible_schedule_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(InstrumentError) as error:
        read_instrument("own.toml", SCHEDULED.replace(old, new).encode())
    assert re.search(message, str(error.value))
