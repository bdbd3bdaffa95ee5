"""Every fact about the instruments of others that was looked up, with its verdict, against what the shelf says.

A row names the instrument, the fact as the file words it, the verdict, a part of the source, and what the file must
hold. A fact that is dropped, or that claims more than its verdict allows, fails.
"""

from collections import Counter
from collections.abc import Callable
from typing import Literal, NamedTuple

from each import each
from securebase.measurement import catalogue
from securebase.measurement.instrument import Instrument, Provenance, ReliableChange, Scale

SHELF = catalogue.instruments()
OWN = [i for i in SHELF.values() if i.own_wording]


#: “secondary”: only pages that report the original were seen; “not found”: no source, or one too weak; “ours”: a rule
#: of our own where no source has one.
Found = Literal["confirmed", "secondary", "conflict", "not found", "ours"]
VERIFIED = {"confirmed", "secondary"}

Check = Callable[[Instrument], object]


class Fact(NamedTuple):
    instrument: str
    fact: str
    verdict: Found
    source: str
    holds: Check = lambda _: True
    conflict: str = ""


def first(instrument: Instrument) -> Scale:
    return instrument.scales[0]


def scale(**facts: object) -> Check:
    return lambda i: all(getattr(first(i), field) == value for field, value in facts.items())


def reliable(instrument: Instrument) -> ReliableChange:
    change = first(instrument).reliable_change
    assert change is not None
    return change


def step(size: float) -> Check:
    return lambda i: {item.step for item in i.items} == {size}


def window(words: str) -> Check:
    return lambda i: i.window == words


def one_gap_no_score(instrument: Instrument) -> bool:
    return all(scale.max_missing == 0 for scale in instrument.scales)


def bands(*starts: float) -> Check:
    return lambda i: tuple(band.low for band in first(i).bands) == starts


def answers(low: float, high: float, minimum: float, maximum: float) -> Check:
    return lambda i: (
        {(item.minimum, item.maximum) for item in i.items} == {(low, high)}
        and (first(i).minimum, first(i).maximum) == (minimum, maximum)
    )


def change(points: float | None, level: int | None = None) -> Check:
    def holds(i: Instrument) -> bool:
        shipped = first(i).reliable_change
        return points is None if shipped is None else (shipped.points, shipped.level) == (points, level)

    return holds


def reversed_items(**by_scale: tuple[int, ...]) -> Check:
    return lambda i: {s.id: s.reversed_items for s in i.scales} == by_scale


def items(**by_scale: tuple[int, ...]) -> Check:
    return lambda i: by_scale.items() <= {s.id: s.items for s in i.scales}.items()


def labels(*some: str) -> Check:
    return lambda i: [item.label for item in i.items][: len(some)] == list(some)


def safety(**thresholds: float) -> Check:
    return lambda i: {f"i{rule.item}": rule.at_least for rule in i.safety_rules} == thresholds


def licence(words: str, *, text: bool = False) -> Check:
    return lambda i: words in i.licence.status and i.licence.may_ship_text is text


def noted(words: str) -> Check:
    return lambda i: any(words in note for note in i.notes)


def both(*checks: Check) -> Check:
    return lambda i: all(check(i) for check in checks)


GAPS = "handling of unanswered items"
TOPICS = "topic of each item, in our own short names"

FACTS = [
    Fact("arm5", "item 3 reversed, the score is a mean", "confirmed", "psypack", reversed_items(mean=(3,))),
    Fact("arm5", "answered for the session just held", "not found", "Agnew-Davies 1998", window("this session")),
    Fact("arm5", "licence", "not found", "no statement", licence("said to be free")),
    Fact("arm5", GAPS, "ours", "no rule", one_gap_no_score),
    Fact("bdi2", "bands", "secondary", "Beck, Steer & Brown 1996", bands(0, 14, 20, 29)),
    Fact(
        "bdi2", "retest reliability .93 over one week, in 26 outpatients of one clinic", "secondary",
        "Measurements Yearbook",
        lambda i: reliable(i).reliability == 0.93 and "26" in reliable(i).basis,
    ),
    Fact(
        "bdi2", "standard deviation of 12.75 in outpatients", "not found", "the figure is not",
        lambda i: reliable(i).sd == 12.75,
    ),
    Fact(
        "bdi2", "reliable change", "not found", "Whisman & Richardson 2015",
        lambda i: round(reliable(i).points, 2) == 9.35 and not reliable(i).verified,
    ),
    Fact("bdi2", "safety items: 9 asks about suicidal thoughts, 2 about pessimism", "secondary", "camcops"),
    Fact("bdi2", "safety thresholds: item 9 from 1, item 2 from 2", "ours", "our own", safety(i9=1, i2=2)),
    Fact("bdi2", GAPS, "ours", "camcops also requires all", one_gap_no_score),
    Fact("care", "ten items from 1 to 5, sum from 10 to 50", "secondary", "Mercer 2004", answers(1, 5, 10, 50)),
    Fact(
        "care",
        "up to two missing answers are replaced by the mean of the others; “does not apply” counts as missing",
        "secondary", "scoring text of the authors",
        lambda i: first(i).max_missing == 2
        and all([(o.label, o.missing) for o in item.options] == [("does not apply", True)] for item in i.items),
    ),
    Fact("care", "copyright of S. W. Mercer 2004, free to use", "secondary", "Glasgow", licence("free to use")),
    Fact("care", "non-commercial use only, after registration", "not found", "not seen", licence("said to be")),
    Fact("cesd", "reversed items and cut-off at 16", "confirmed", "PMC6025488", scale(caseness_from=16)),
    Fact("cesd", "free to use without permission", "confirmed", "camcops", licence("free to use without permission")),
    Fact("cesd", "public domain", "conflict", "chapter", conflict="CESD-R"),
    Fact("cesd", "answers 0 to 3, total 0 to 60", "secondary", "Radloff 1977", answers(0, 3, 0, 60)),
    Fact(
        "cesd", "published rule: no score if more than four items are missing", "secondary", "PMC6025488",
        noted("more than four"),
    ),
    Fact("cesd", "here one unanswered item means no score", "ours", "our own rule", one_gap_no_score),
    Fact("core10", "reliable change of 6, a 90% index", "confirmed", "10.1080/14733145.2012.729069", change(6, 90)),
    Fact(
        "core10", "cut-off for distress at 11, for depression at 13", "confirmed", "Barkham et al. 2013",
        scale(caseness_from=11),
    ),
    Fact("core10", "at most one item missing", "confirmed", "CORE System Trust", scale(max_missing=1)),
    Fact("core10", TOPICS, "confirmed", "camcops", labels("tension", "someone to turn to", "coping")),
    Fact("core10", "licence", "confirmed", "CORE_Copyright", licence("CC BY-ND 4.0", text=True)),
    Fact("core_om", "at most three items missing", "confirmed", "CORE System Trust", scale(max_missing=3)),
    Fact("core_om", "licence", "confirmed", "CORE_Copyright", licence("CC BY-ND 4.0", text=True)),
    Fact(
        "core_om", "ten times the mean, 0 to 40", "confirmed", "coresystemtrust",
        scale(multiplier=10, maximum=40),
    ),
    Fact("ecr_r", "licence", "conflict", "no statement", licence("no licence stated"), "found no licence"),
    Fact("ecr_r", GAPS, "ours", "not a rule of the author", one_gap_no_score),
    Fact(
        "ecr_rs", "keys: avoidance 1 to 6 with 1 to 4 reversed, anxiety 7 to 9, both as means", "secondary",
        "implementations",
        both(reversed_items(avoidance=(1, 2, 3, 4), anxiety=()), items(anxiety=(7, 8, 9))),
    ),
    Fact("ecr_rs", "licence", "conflict", "no statement", licence("no licence stated"), "found no licence"),
    Fact("ecr_rs", GAPS, "ours", "no rule", one_gap_no_score),
    Fact("gad7", "LOINC panel 69737-5", "confirmed", "Synthea", lambda i: i.codes["panel"] == "69737-5"),
    Fact("gad7", "caseness from 8 and reliable change of 4", "secondary", "IAPT manual", change(4)),
    Fact(
        "gad7", "cut-off of 10 by the authors", "confirmed", "10.1001/archinte.166.10.1092",
        lambda i: first(i).caseness_from == 8 and "NHS" in first(i).caseness_basis and "10" in first(i).caseness_basis,
    ),
    Fact("gad7", "licence", "confirmed", "HL7 US Core", licence("no permission needed", text=True)),
    Fact("gad7", GAPS, "ours", "camcops also requires all", one_gap_no_score),
    Fact("gad7", TOPICS, "confirmed", "camcops", labels("nervous", "worry hard to stop")),
    Fact(
        "hdrs17", "where moderate and severe begin", "conflict", "14 and 19",
        both(bands(0, 8, 14, 19, 23), lambda i: "CamCOPS" in first(i).bands_basis), "17 and 24",
    ),
    Fact("hdrs17", "ranges of the items, bands", "confirmed", "camcops", noted("code 3 for item 16")),
    Fact("hdrs17", "licence", "secondary", "NINDS", licence("public domain")),
    Fact("hdrs17", "remission up to 7", "confirmed", "Leucht et al. 2013", scale(remission_below=8)),
    Fact("hdrs17", "response at half", "confirmed", "Leucht et al. 2013", scale(response_fraction=0.5)),
    Fact("hdrs17", "safety item: 3 is about suicide", "confirmed", "PMC4350518", labels("low mood", "guilt")),
    Fact("hdrs17", "safety threshold: item 3 from 1", "ours", "our own", safety(i3=1)),
    Fact("hdrs17", GAPS, "ours", "camcops does not need", one_gap_no_score),
    Fact("hdrs17", TOPICS, "confirmed", "camcops", labels("low mood", "guilt")),
    Fact("iip32", GAPS, "ours", "could not read the manual", one_gap_no_score),
    Fact(
        "iip32", "32 items from 0 to 4, nothing reversed, the total is their mean", "confirmed", "b49d80d",
        both(answers(0, 4, 0, 4), reversed_items(mean=())),
    ),
    Fact(
        "mspss", "bands", "secondary", "scoring sheet of 2016",
        both(bands(1, 3, 5.1), lambda i: "not norms" in first(i).bands_basis),
    ),
    Fact("mspss", "no licence needed", "not found", "weak", licence("said to be free")),
    Fact("mspss", "use with credit to the authors", "not found", "memory", licence("with credit")),
    Fact("mspss", GAPS, "ours", "no rule", one_gap_no_score),
    Fact(
        "mspss", "items of the three sources, nothing reversed", "confirmed", "scoring sheet",
        reversed_items(mean=(), significant_other=(), family=(), friends=()),
    ),
    Fact("ors", "lines read to one decimal", "secondary", "gzipwtf", step(0.1)),
    Fact("ors", GAPS, "ours", "corc.uk.net", one_gap_no_score),
    Fact("ors", "cut-off at 25, change of 5 points", "secondary", "4.3, rounded up", change(5)),
    Fact(
        "ors", "whether a score of exactly 25 is in the clinical range", "conflict", "below 25",
        lambda i: first(i).caseness_from == 25 and first(i).caseness_disputed, "25 too",
    ),
    Fact("ors", "licence", "confirmed", "corc.uk.net", licence("individuals on paper")),
    Fact("phq2", "LOINC panel 55757-9", "confirmed", "Synthea", lambda i: i.codes["panel"] == "55757-9"),
    Fact(
        "phq2", "cut-off at 3", "secondary", "Kroenke 2003",
        both(scale(caseness_from=3), noted("cut-off of 2 more sensitive")),
    ),
    Fact("phq2", GAPS, "ours", "no rule", one_gap_no_score),
    Fact("phq8", "caseness from 10", "confirmed", "10.1016/j.jad.2008.06.026", scale(caseness_from=10)),
    Fact("phq8", GAPS, "ours", "camcops also requires all", one_gap_no_score),
    Fact("phq9", "reliable change of 6", "secondary", "IAPT manual", change(6)),
    Fact("phq9", "caseness from 10", "secondary", "Kroenke 2001", scale(caseness_from=10)),
    Fact(
        "phq9", "remission below 5, response at half", "secondary", "10.1176/appi.ps.201900295",
        scale(remission_below=5, response_fraction=0.5),
    ),
    Fact("phq9", "any unanswered item: no score", "conflict", "our own rule", one_gap_no_score, "10.1002/jclp.22390"),
    Fact("phq9", "licence", "confirmed", "HL7 US Core", licence("no permission needed", text=True)),
    Fact("sai", "the score as a mean", "ours", "our choice", scale(method="mean")),
    Fact("sai", GAPS, "ours", "no rule", one_gap_no_score),
    Fact(
        "sai", "answers 0 to 5, nothing reversed, about the last session", "confirmed", "two public implementations",
        both(answers(0, 5, 0, 5), reversed_items(mean=()), lambda i: i.window == "this session"),
    ),
    Fact("srs", "lines read to one decimal", "secondary", "psychologyroots", step(0.1)),
    Fact("srs", GAPS, "ours", "corc.uk.net", one_gap_no_score),
    Fact(
        "srs", "whether a score of exactly 36 is discussed", "conflict", "below 36",
        noted("exactly 36: discuss it too"), "36 too",
    ),
    Fact("srs", "licence", "confirmed", "corc.uk.net", licence("individuals on paper")),
    Fact(
        "ucla3", "three items from 1 to 3, sum from 3 to 9, none reversed", "secondary", "Hughes 2004",
        both(answers(1, 3, 3, 9), reversed_items(total=())),
    ),
    Fact(
        "ucla3", "cut-off at 6, a convention in population surveys", "conflict", "Steptoe 2013",
        lambda i: first(i).caseness_from == 6 and "not a clinical cut-off" in first(i).caseness_basis, "no cut-off",
    ),
    Fact("ucla3", "licence", "not found", "no statement", licence("said to be free")),
    Fact("ucla3", GAPS, "ours", "does the same", one_gap_no_score),
    Fact("ucla3", TOPICS, "secondary", "public scorers", labels("lacking company", "left out", "cut off")),
    Fact("wai_s", "answers 1 to 7, total 12 to 84", "secondary", "hiboop", answers(1, 7, 12, 84)),
    Fact(
        "wai_s", "reversed items 4 and 10", "confirmed", "one source",
        reversed_items(total=(4, 10), task=(), bond=(), goal=(4, 10)),
    ),
    Fact(
        "wai_s", "items of task, bond and goal", "not found", "Tracey & Kokotovic 1989",
        items(task=(1, 2, 8, 12), bond=(3, 5, 7, 9), goal=(4, 6, 10, 11)),
    ),
    Fact("wai_s", GAPS, "ours", "no rule", one_gap_no_score),
    Fact("wai_sr", "answers 1 to 5, total 12 to 60", "confirmed", "docs.getrivet.ca", answers(1, 5, 12, 60)),
    Fact(
        "wai_sr", "items of goal, task and bond", "confirmed", "ebchelp.blueprint.ai",
        items(task=(1, 2, 10, 12), bond=(3, 5, 7, 9), goal=(4, 6, 8, 11)),
    ),
    Fact("wai_sr", GAPS, "ours", "no rule", one_gap_no_score),
    Fact(
        "wsas", "bands", "secondary", "Mundt 2002",
        both(bands(0, 10, 21), lambda i: "depression and OCD only" in first(i).bands_basis),
    ),
    Fact("wsas", "no reliable change is shipped", "not found", "10.3109/13651501.2014.894072", change(None)),
    Fact("wsas", "any other unanswered item: no score", "ours", "camcops also requires all", one_gap_no_score),
]  # fmt: skip


def line(fact: Fact) -> Provenance:
    matches = [p for p in SHELF[fact.instrument].provenance if p.fact == fact.fact]
    assert len(matches) == 1, f"{len(matches)} lines of provenance"
    return matches[0]


@each(FACTS, lambda fact: f"{fact.instrument}, {fact.fact}")
def test_the_shelf_says_what_was_found(fact: Fact) -> None:
    entry = line(fact)
    assert entry.verified is (fact.verdict in VERIFIED)
    assert fact.source in entry.source
    assert fact.holds(SHELF[fact.instrument])


@each(FACTS, lambda fact: f"{fact.instrument}, {fact.fact}")
def test_reported_facts_say_secondary_and_disputed_ones_name_both_sides(fact: Fact) -> None:
    entry = line(fact)
    assert fact.verdict != "secondary" or "secondary" in entry.source
    assert bool(entry.conflict) == (fact.verdict == "conflict")
    assert fact.conflict in entry.conflict


LOOKED_UP = [SHELF[name] for name in dict.fromkeys(fact.instrument for fact in FACTS)]


def test_every_unverified_line_of_these_instruments_was_looked_up() -> None:
    assert len(LOOKED_UP) == 22
    rows = {(fact.instrument, fact.fact) for fact in FACTS}
    missing = {(i.id, p.fact) for i in LOOKED_UP for p in i.unverified} - rows
    assert missing == set()


def test_our_own_questionnaires_stay_unverified() -> None:
    assert len(OWN) >= 15
    assert not any(i.validated or i.provenance[0].verified for i in OWN)
    assumed = {i.id for i in OWN for s in i.scales if s.reliable_change}
    assert assumed == {"session_before", "session_after"}
    assert all(not s.reliable_change.verified for i in OWN for s in i.scales if s.reliable_change)


def test_how_much_of_the_shelf_is_verified() -> None:
    """State the counts, so that a change of what is verified is seen."""
    assert Counter(p.verified for i in LOOKED_UP for p in i.provenance) == {True: 96, False: 39}
    changes = Counter(s.reliable_change.verified for i in LOOKED_UP for s in i.scales if s.reliable_change)
    assert changes == {True: 5, False: 1}


TRAPS = [
    ("arm5", "maximum of 35"),
    ("phq9", "one NHS trust says 9"),
    ("phq9", "band from 10 to 15"),
    ("wai_sr", "attributes it to Munder 2010"),
    ("wsas", "A score of 20 is in the middle band"),
    ("core10", "A 95% threshold"),
    ("ors", "no change to or from 25"),
    ("care", "Enter “does not apply” as 6"),
]


@each(TRAPS, lambda trap: f"{trap[0]}, {trap[1]}")
def test_mistakes_of_other_sources_are_noted(trap: tuple[str, str]) -> None:
    assert noted(trap[1])(SHELF[trap[0]])


def test_a_corrected_question_keeps_its_earlier_version() -> None:
    (arm5,), (care,) = catalogue.earlier_versions("arm5"), catalogue.earlier_versions("care")
    assert arm5.window == "therapy so far"
    assert all(item.options == () for item in care.items)
    assert (SHELF["arm5"].version, SHELF["care"].version) == ("2", "2")
