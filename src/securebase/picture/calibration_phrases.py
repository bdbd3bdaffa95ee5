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
SIGNAL_RULES = (
    "Each signal is checked against the mean of its report and the next two. False alarm: there was a signal, but this "
    "mean does not meet its criterion. Missed: this mean meets the criterion, but there was no signal. Sudden changes "
    "are signalled after two further reports and checked after the third. For the alliance, a low rating without a "
    "marked rupture is a false alarm (5% by design), and a marked rupture without a low rating is missed."
)
MATCH_RULE = (
    "Matched: “yes” for the process with the largest contribution, in clients with whom at least two processes were "
    "discussed. “Partly” does not count. Chance: the same for a process picked at random among those discussed."
)
RECOMPUTED = (
    "Each forecast is recomputed from the data up to the session before, with the parameters in use today. Only "
    "forecasts of the next symptom score are checked."
)
OWN_SET = (
    "The clinic’s own parameter set was fitted to courses of this clinic. Forecasts hold more often for these courses "
    "than for new ones."
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
    f"Intervals are 95%, clustered by client. A share is shown once it rests on {MIN_CLIENTS} clients. Therapists are "
    "not compared."
)


def counted(courses: int, waiting: int) -> str:
    """Return what the page compares, how many courses were counted, and how many are still waiting."""
    return (
        "Forecasts and signals on client pages, compared with what happened, across all clients of the clinic. "
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
    """State how often forecasts of the next score held in the clinic, or how many clients this needs."""
    if in_90.value is None:
        return (
            f"How often they hold in this clinic will be known once {MIN_CLIENTS} clients have forecasts "
            f"({in_90.clients} so far)."
        )
    return (
        f"In this clinic, {share(in_90)} of next symptom scores fell within their 90% forecast interval and "
        f"{share(in_50)} within the 50% interval ({basis(in_90, 'forecast')}). Forecasts further ahead have not been "
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
