"""The constructs of the theory. A table may bring constructs of its own: they get full drift and carry no claims."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from securebase.errors import InputError


class Direction(StrEnum):
    """What a higher score means for the person."""

    HIGHER_IS_WORSE = "worse"
    HIGHER_IS_BETTER = "better"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Construct:
    """What is meant to be measured. `asked` is when, relative to a session, it is usually asked (claims S15, S23)."""

    name: str
    label: str
    direction: Direction
    asked: str = "before"
    claims: tuple[str, ...] = ()
    about: str = ""


def _c(name: str, label: str, direction: str, asked: str, claims: str, about: str) -> Construct:  # noqa: PLR0917
    # one line a construct below: positional on purpose
    return Construct(name, label, Direction(direction), asked, tuple(claims.split()), about)


_SHELF = (
    _c("symptoms", "Symptoms", "worse", "before", "S3 S63 S82", "Depressive symptoms of the past days."),
    _c("alliance", "Alliance", "better", "after", "S1 S12 S18 S22 S23", "Working alliance: bond, task and goal."),
    _c("social_support", "Social support", "better", "before", "S82 S83 S85 S86", "Support felt and used in the week."),
    _c("interpersonal_stress", "Interpersonal stress", "worse", "before", "S65 S82 S88 S89", "Strain with others."),
    _c(
        "emotional_processing",
        "Emotional processing",
        "better",
        "after",
        "S42 S82 S93 S94",
        "Feeling, naming, voicing.",
    ),
    _c("interpersonal_skills", "Interpersonal skills", "better", "before", "S37 S82 S96", "Skills used with others."),
    _c("alliance_bond", "Alliance: bond", "better", "after", "S8 S9", "Trust and liking between client and therapist."),
    _c("alliance_task", "Alliance: task", "better", "after", "S10", "Agreement on what is done in sessions."),
    _c("alliance_goal", "Alliance: goal", "better", "after", "S10", "Agreement on what the work is for."),
    _c("felt_understood", "Felt understood", "better", "after", "S8 S28", "Empathy as the client received it."),
    _c("openness", "Could be open", "better", "after", "S34 S61", "Disclosure, against holding back."),
    _c("loneliness", "Loneliness", "worse", "before", "S26 S62", "Feeling alone in the week."),
    _c("hope", "Hope", "better", "before", "S7 S81", "Expectation that the therapy helps."),
    _c("anxiety", "Anxiety", "worse", "before", "S3", "Anxious symptoms of the past days."),
    _c("distress", "Psychological distress", "worse", "before", "S3 S98", "General distress and problems."),
    _c("functioning_impairment", "Impairment", "worse", "before", "S98", "How far problems get in the way of life."),
    _c(
        "perceived_support",
        "Perceived social support",
        "better",
        "before",
        "S83",
        "Support from family, friends, someone special.",
    ),
    _c("support_significant_other", "Support: someone special", "better", "before", "S83", "Support from one person."),
    _c("support_family", "Support: family", "better", "before", "S83", "Support from the family."),
    _c("support_friends", "Support: friends", "better", "before", "S83", "Support from friends."),
    _c("wellbeing", "Wellbeing", "better", "before", "S98", "How one is doing in life."),
    _c(
        "interpersonal_problems",
        "Interpersonal problems",
        "worse",
        "before",
        "S20 S62 S96",
        "Lasting trouble with others.",
    ),
    _c(
        "attachment_anxiety",
        "Attachment anxiety",
        "worse",
        "before",
        "S53 S56 S74",
        "Fear of being left by a key person.",
    ),
    _c(
        "attachment_avoidance",
        "Attachment avoidance",
        "worse",
        "before",
        "S53 S56 S75",
        "Unease with closeness to a key person.",
    ),
)

CONSTRUCTS: dict[str, Construct] = {c.name: c for c in _SHELF}

#: The four mechanisms by which IPT is thought to work (claim S82), in the order in which they are always drawn.
MECHANISM_CONSTRUCTS = ("social_support", "interpersonal_stress", "emotional_processing", "interpersonal_skills")

#: What one course is tracked on: outcome, relationship and the four mechanisms.
TRACKED_CONSTRUCTS = ("symptoms", "alliance", *MECHANISM_CONSTRUCTS)


def construct(name: str) -> Construct:
    """The construct of the theory with this name.

    Raises InputError with the known names where there is none.
    """
    try:
        return CONSTRUCTS[name]
    except KeyError:
        raise InputError(
            f"there is no construct called “{name}”", advice=f"Known are: {', '.join(sorted(CONSTRUCTS))}."
        ) from None


def own_construct(name: str, *, direction: Direction = Direction.UNKNOWN, asked: str = "before") -> Construct:
    """A construct that a table brings: its label is its column's name, and no claim of the theory rests on it."""
    return Construct(name, name, direction, asked)
