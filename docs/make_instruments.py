"""Write docs/instruments.md from the shelf of instruments. A test fails when the two differ.

Run: python docs/make_instruments.py
"""

from __future__ import annotations

from pathlib import Path

from securebase.measurement.catalogue import earlier_versions, instruments
from securebase.measurement.instrument import AdministrationSchedule, Instrument, Item, MissingRule, Scale
from securebase.measurement.reading_ease import reading_grade

PAGE = Path(__file__).parent / "instruments.md"

HEAD = """# Instruments

Written from the shelf by `docs/make_instruments.py`; a test fails when this page and the shelf differ.

An instrument here is a numeric skeleton: items by number with a very short label of our own, range, scoring, bands,
licence and provenance. No questionnaire's wording is included; the site that may use it adds it. *Unverified* means
that nobody has yet checked the value in a primary source; the product marks it on screen too.

Our own questionnaires are listed with their items. *Grade* is the Flesch–Kincaid grade, the year of school at which an
item is easy to read; a test keeps every item at 6 or below. Earlier wordings stay on file, and administrations show the
wording that was asked ([decision 14](decisions/0014-reworded-questionnaires-get-a-version.md)).
"""

MISSING = {
    MissingRule.INCOMPLETE: "any missing item: no score",
    MissingRule.PRORATE: "prorated, at most {n} missing",
    MissingRule.MEAN_OF_ANSWERED: "mean of those answered, at most {n} missing",
}


def number(value: float) -> str:
    return f"{value:g}"


def scale_row(scale: Scale) -> str:
    bands = "; ".join(f"{number(b.low)}–{number(b.high)} {b.label}" for b in scale.bands) or "none"
    change = scale.reliable_change
    reliable = "none" if change is None else number(change.points) + ("" if change.verified else " (unverified)")
    return (
        f"| `{scale.id}` | {scale.construct} | {scale.method.value} of {len(scale.items)} | "
        f"{number(scale.minimum)}–{number(scale.maximum)}, higher is {scale.direction.value} | "
        f"{MISSING[scale.missing].format(n=scale.max_missing)} | {bands} | {reliable} |"
    )


def rhythm(schedule: AdministrationSchedule, moment: str) -> str:
    when = (
        f"at the {', '.join(schedule.at)} of the course"
        if schedule.at
        else ("at every session" if schedule.weekly else f"about every {schedule.every} sessions")
    )
    start = f" from session {schedule.first} on" if schedule.first > 1 else ""
    areas = f", where the problem area is {' or '.join(schedule.areas).replace('_', ' ')}" if schedule.areas else ""
    return f"Asked by the workbench with the check-in {moment} the session, {when}{start}{areas}."


def item_row(item: Item) -> str:
    anchors = "; ".join(o.label for o in item.options) or f"{item.low_label} – {item.high_label}"
    return f"| {item.number} {item.label} | {item.text} | {anchors} | {reading_grade(item.text):.1f} |"


def changed_items(earlier: Instrument, current: Instrument) -> list[str]:
    """Return the items of an earlier version that read differently today."""
    return [
        f"- {item.number} {item.text} ({item.low_label} – {item.high_label})"
        if item.low_label
        else f"- {item.number} {item.text}"
        for item in earlier.items
        if (item.text, item.low_label, item.high_label)
        != (
            current.item(item.number).text,
            current.item(item.number).low_label,
            current.item(item.number).high_label,
        )
    ]


def section(instrument: Instrument) -> str:
    lines = [f"## {instrument.name} (`{instrument.id}`)", "", instrument.about, ""]
    if instrument.schedule is not None:
        lines += [rhythm(instrument.schedule, instrument.moment), ""]
    if not instrument.validated:
        lines += [f"**Not validated**: own wording, own scoring. Version {instrument.version}.", ""]
    lines += [
        "| Scale | Construct | Score | Range | Missing items | Bands | Reliable change |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(scale_row(scale) for scale in instrument.scales),
        "",
    ]
    if instrument.own_wording:
        lines += [
            "| Item | Asks | Anchors | Grade |",
            "| --- | --- | --- | --- |",
            *map(item_row, instrument.items),
            "",
        ]
    for version in earlier_versions(instrument.id):
        lines += [f"Version {version.version} asked:", "", *changed_items(version, instrument), ""]
    for rule in instrument.safety_rules:
        lines += [f"Safety: item {rule.item} at {number(rule.at_least)} or more raises an alert ({rule.concern}).", ""]
    holder = f" ({instrument.licence.holder})" if instrument.licence.holder else ""
    lines += [f"Licence: {instrument.licence.status}{holder}.", ""]
    if instrument.unverified:
        lines += ["Unverified: " + "; ".join(f"{p.fact} ({p.source})" for p in instrument.unverified) + ".", ""]
    return "\n".join(lines)


def text() -> str:
    return HEAD + "\n" + "\n".join(section(i) for _, i in sorted(instruments().items()))


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
    print(f"wrote {PAGE.name}")  # noqa: T201
