"""Known mistakes of other sources, one test each. The shelf does not repeat them."""

import pytest

from securebase.errors import InstrumentError, ResponseError
from securebase.measurement import catalogue
from securebase.measurement.instrument import MissingRule
from securebase.measurement.scoring import score

SHELF = catalogue.instruments()


def test_core_om_reverses_eight_items_and_not_the_thirtieth() -> None:
    assert SHELF["core_om"].scales[0].reversed_items == (3, 4, 7, 12, 19, 21, 31, 32)


def test_core10_reverses_items_two_and_three() -> None:
    assert SHELF["core10"].scales[0].reversed_items == (2, 3)


def test_core10_bands_are_not_shifted_by_one() -> None:
    assert [band.low for band in SHELF["core10"].scales[0].bands] == [0, 6, 11, 15, 20, 25]


def test_arm5_is_a_mean_with_the_third_item_reversed() -> None:
    scale = SHELF["arm5"].scales[0]
    assert (scale.method, scale.reversed_items, scale.minimum, scale.maximum) == ("mean", (3,), 1, 7)


def test_the_two_short_forms_of_the_wai_number_their_items_differently() -> None:
    sr, s = SHELF["wai_sr"], SHELF["wai_s"]
    assert {n: sr.scale(n).items for n in ("goal", "task", "bond")} == {
        "goal": (4, 6, 8, 11),
        "task": (1, 2, 10, 12),
        "bond": (3, 5, 7, 9),
    }
    assert sr.scale("task").items != s.scale("task").items
    assert sr.scale("goal").items != s.scale("goal").items
    assert not any(scale.reversed_items for scale in sr.scales)
    assert s.scale("goal").reversed_items == (4, 10)


@pytest.mark.parametrize("name", [i.id for i in SHELF.values() if i.scales[0].construct == "alliance"])
def test_no_alliance_measure_has_bands(name: str) -> None:
    assert all(scale.bands == () for scale in SHELF[name].scales)


def test_cesd_items_end_at_three() -> None:
    with pytest.raises(ResponseError, match="from 0 to 3"):
        score(SHELF["cesd"], {1: 4})


def test_hdrs17_ends_at_52_and_mentions_the_variant_that_ends_at_50() -> None:
    hdrs = SHELF["hdrs17"]
    assert hdrs.scales[0].maximum == 52 == sum(item.maximum for item in hdrs.items)
    assert any("50" in note for note in hdrs.notes)
    with pytest.raises(ResponseError, match="from 0 to 2"):
        score(hdrs, {4: 3})


def test_wsas_without_work_has_a_separate_score_up_to_32() -> None:
    short = SHELF["wsas"].scale("total_without_work")
    assert (short.maximum, short.bands, short.reliable_change) == (32, (), None)
    result = score(SHELF["wsas"], dict.fromkeys(range(2, 6), 8))
    assert (result.scores["total"].value, result.scores["total_without_work"].value) == (None, 32)
    result = score(SHELF["wsas"], dict.fromkeys(range(1, 6), 8))
    assert (result.scores["total"].value, result.scores["total_without_work"].value) == (40, None)


def test_iip32_names_its_version() -> None:
    assert any("Barkham" in note and "a different instrument" in note for note in SHELF["iip32"].notes)


def test_ecr_rs_anxiety_is_items_seven_to_nine() -> None:
    assert SHELF["ecr_rs"].scale("anxiety").items == (7, 8, 9)
    assert SHELF["ecr_rs"].scale("avoidance").reversed_items == (1, 2, 3, 4)


def test_loinc_codes_are_correct() -> None:
    codes = {name: SHELF[name].codes for name in SHELF}
    assert (codes["phq9"]["panel"], codes["phq9"]["total"]) == ("44249-1", "44261-6")
    assert codes["phq2"]["total"] == "55758-7"
    assert codes["gad7"]["total"] == "70274-6"
    loinc = {name for name, code in codes.items() if code["system"] == "http://loinc.org"}
    assert loinc == {"phq9", "phq2", "gad7"}
    assert {code["system"] for name, code in codes.items() if name not in loinc} == {"urn:securebase:instrument"}


def test_phq8_does_not_use_the_reliable_change_of_the_phq9() -> None:
    assert SHELF["phq9"].scales[0].reliable_change is not None
    assert SHELF["phq8"].scales[0].reliable_change is None


def test_phq9_thresholds() -> None:
    scale = SHELF["phq9"].scales[0]
    assert scale.reliable_change is not None
    assert (scale.reliable_change.points, scale.remission_below, scale.response_fraction) == (6, 5, 0.5)
    assert scale.missing is MissingRule.INCOMPLETE


@pytest.mark.parametrize("response", [1, 2, 3])
def test_phq9_item_nine_raises_an_alert_from_one_even_alone(response: int) -> None:
    result = score(SHELF["phq9"], {9: response})
    assert [(alert.item, alert.value) for alert in result.alerts] == [(9, response)]
    assert score(SHELF["phq9"], {9: 0}).alerts == ()


def test_missing_items_follow_each_instruments_rule() -> None:
    def rule(name: str) -> tuple[str, int]:
        scale = SHELF[name].scales[0]
        return scale.missing, scale.max_missing

    assert rule("phq9") == ("incomplete", 0)
    assert rule("core10") == ("prorate", 1)
    assert rule("care") == ("prorate", 2)


def test_facts_quoted_from_memory_are_not_marked_as_verified() -> None:
    for instrument in SHELF.values():
        for fact in instrument.provenance:
            assert not (fact.verified and "memory" in fact.source), (instrument.id, fact.fact)


@pytest.mark.parametrize("name", ["bdi2", "session_before", "session_after"])
def test_reliable_change_from_memory_or_assumed_is_marked_unverified(name: str) -> None:
    change = SHELF[name].scales[0].reliable_change
    assert change is not None
    assert change.verified is False
    assert change.basis


def test_only_the_products_own_sets_carry_wording_and_are_marked_not_validated() -> None:
    with_wording = {i.id for i in SHELF.values() if any(item.text or item.choices for item in i.items)}
    assert with_wording == {i.id for i in SHELF.values() if i.own_wording}
    assert {"session_before", "session_after", "therapist_after", "coping_month"} < with_wording
    for name in with_wording:
        assert SHELF[name].own_wording
        assert not SHELF[name].validated
        assert not SHELF[name].provenance[0].verified


def test_an_unknown_instrument_is_refused_with_a_suggestion_and_the_known_ones() -> None:
    with pytest.raises(
        InstrumentError, match=r"Did you mean phq9\? Known instruments: arm5, attachment_to_therapist, bdi2, "
    ):
        catalogue.instrument("PHQ-9")
