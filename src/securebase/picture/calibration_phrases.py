"""All sentences and labels about the calibration of a clinic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from securebase.picture.calibration import MIN_CLIENTS, ClinicShare, MatchRate
from securebase.picture.phrases import count, number, percent
from securebase.picture.verification import Verification
from securebase.records.vocabulary import Respondent

#: Share of forecasts → its name, and the share that a calibrated forecast has.
FORECASTS: Mapping[Verification, tuple[str, float]] = {
    Verification.IN_50: ("In the 50% interval", 0.5),
    Verification.IN_90: ("In the 90% interval", 0.9),
    Verification.WORSE_THAN_90: ("Worse than the 90% interval", 0.05),
    Verification.BETTER_THAN_90: ("Better than the 90% interval", 0.05),
}
_MEAN_OF_THREE = "the mean of that report and the next two"
SIGNAL_RULES = (
    f"A false alarm is a signal whose criterion {_MEAN_OF_THREE} does not meet. A signal is missed where "
    f"{_MEAN_OF_THREE} meets the criterion and no signal was raised. A sudden change is raised with two reports after "
    "it, and judged again with the third. A low alliance rating is a false alarm where nobody marked a rupture (5% by "
    "design), and a marked rupture is missed where the rating was not low."
)
MATCH_RULE = (
    "Of the processes that a client page showed, the one with the largest contribution. Only “yes” counts as a match, "
    "and only clients with whom at least two processes were discussed. Chance: a process picked at random among these."
)
RECOMPUTED = (
    "Each forecast is computed again from the data up to the session before, with the parameters in use today. Only "
    "forecasts of the next symptom score are checked."
)
OWN_SET = (
    "The clinic’s own parameter set was fitted to courses of this clinic. On the same courses, forecasts hold more "
    "often than on new ones."
)


@dataclass(frozen=True, slots=True)
class SignalWords:
    """A signal on the page: its name, and what false alarms and misses are counted of."""

    name: str
    false: Verification
    missed: Verification
    raised: str = "signal"
    cases: str = "case"


SIGNALS = (
    SignalWords("Symptoms off track", Verification.OFF_TRACK_FALSE, Verification.OFF_TRACK_MISSED),
    SignalWords("Reliably worse", Verification.WORSE_FALSE, Verification.WORSE_MISSED),
    SignalWords("Reliably better", Verification.IMPROVED_FALSE, Verification.IMPROVED_MISSED),
    SignalWords("Sudden gain or loss", Verification.SUDDEN_FALSE, Verification.SUDDEN_MISSED),
    SignalWords(
        "Alliance lower than expected", Verification.RUPTURE_FALSE, Verification.RUPTURE_MISSED, "rating", "rupture"
    ),
)
RESPONDENTS = {Respondent.THERAPIST: "Therapists", Respondent.CLIENT: "Clients"}


INTERVALS = (
    f"Shares have 95% intervals that take clients as clusters, and are shown from {MIN_CLIENTS} clients on. They "
    "compare no therapists."
)


def counted(courses: int, waiting: int) -> str:
    """Say what the page compares, how many courses were counted, and how many are not yet."""
    return (
        "Forecasts and signals of client pages, compared with what happened, over all clients of the clinic. "
        f"{count(courses, 'course')} counted{f', {waiting} waiting' if waiting else ''}."
    )


def share(result: ClinicShare) -> str:
    """Return “91% (88 to 93%)”, or how many clients are missing until it is shown."""
    if result.value is None or result.low is None or result.high is None:
        return f"{count(result.missing, 'more client')} needed"
    return f"{percent(result.value)} ({round(100 * result.low)} to {round(100 * result.high)}%)"


def basis(result: ClinicShare, noun: str) -> str:
    """Return “612 forecasts, 45 clients”."""
    return f"{count(result.of, noun)}, {count(result.clients, 'client')}"


def matches(rate: MatchRate) -> tuple[str, str, str, str]:
    """Return the share of matches, chance, the difference in points, and the number of clients."""
    clients = count(rate.leading.clients, "client")
    if rate.chance is None or rate.gain is None or rate.low is None or rate.high is None:
        return share(rate.leading), "–", "–", clients
    gain, low, high = (number(100 * value, 0) for value in (rate.gain, rate.low, rate.high))
    return share(rate.leading), percent(rate.chance), f"{gain} points ({low} to {high})", clients


def interval_sentence(in_50: ClinicShare, in_90: ClinicShare) -> str:
    """State how often forecasts of the next score held in the clinic, or from how many clients on it will be known."""
    if in_90.value is None:
        return (
            f"How often they hold in this clinic will be known from {MIN_CLIENTS} clients with forecasts on "
            f"({in_90.clients} so far)."
        )
    return (
        f"In this clinic {share(in_90)} of the next symptom scores fell in the 90% interval of their forecast, and "
        f"{share(in_50)} in the 50% interval ({basis(in_90, 'forecast')}). Forecasts further ahead have not been "
        "checked."
    )


def verdict(in_90: ClinicShare) -> str:
    """Compare the coverage of the 90% interval with what it promises."""
    if in_90.low is None or in_90.high is None:
        return ""
    nominal = FORECASTS[Verification.IN_90][1]
    if in_90.high < nominal:
        return "Forecasts are too certain here: scores fall outside the 90% interval more often than one time in ten."
    if in_90.low > nominal:
        return "Forecasts are too cautious here: scores fall outside the 90% interval less often than one time in ten."
    return "The 90% interval holds as often as it should, as far as these data can show."
