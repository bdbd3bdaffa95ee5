"""Names of parameters and models in words."""

import pytest

from securebase.study.labels import describe_parameter, describe_trend, lower_labels

LABELS = {"y": "Mood", "x": "Warmth", "a,b": "Both"}


@pytest.mark.parametrize(
    ("name", "heading", "label"),
    [
        ("drift[y,x]", "Drift, per week", "effect of Warmth on Mood"),
        ("drift[y,y]", "Drift, per week", "Mood on itself (rate of return)"),
        ("drift[a,b,y]", "Drift, per week", "effect of Mood on Both"),
        ("level_covariance[x,y]", "Covariance of long-run means between persons", "Warmth with Mood"),
        ("level_covariance[x,x]", "Covariance of long-run means between persons", "Warmth, variance"),
        (
            "level_change_covariance[y,x]",
            "Covariance of long-run means with random slopes",
            "level of Mood, slope of Warmth",
        ),
        ("covariate_effect[y,age]", "Covariates: difference in long-run mean per unit", "effect of age on Mood"),
        ("level_mean[y]", "Average long-run mean", "Mood"),
        ("rate", "Speed of change, per week", "all columns"),
    ],
)
def test_a_parameter_is_described_by_its_columns(name, heading, label):
    assert describe_parameter(name, LABELS, "week") == (heading, label)


def test_a_model_is_described_by_its_trend():
    assert describe_trend("carried") == "trend carried"
    assert describe_trend("random slopes") == "random slopes"


CONSTRUCTS = {"symptoms": "Symptoms", "social_support": "Social support", "BDI": "BDI", "Mood": "Mood"}


def test_labels_of_constructs_are_lower_case_within_a_sentence() -> None:
    assert (
        lower_labels("Social support → Symptoms: inconclusive.", CONSTRUCTS)
        == "Social support → symptoms: inconclusive."
    )


def test_the_first_word_of_every_sentence_keeps_its_capital() -> None:
    text = "It follows Social support. Symptoms and Social support move together."
    assert lower_labels(text, CONSTRUCTS) == "It follows social support. Symptoms and social support move together."


def test_names_of_the_table_stay_as_they_are() -> None:
    assert (
        lower_labels("Higher BDI with lower Mood in Alliance.", CONSTRUCTS) == "Higher BDI with lower Mood in Alliance."
    )
