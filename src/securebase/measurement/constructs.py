"""The constructs of the theory. A table can add constructs: they get full drift and carry no claims."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from securebase.errors import InputError


class Direction(StrEnum):
    """Meaning of a higher score for the person."""

    HIGHER_IS_WORSE = "worse"
    HIGHER_IS_BETTER = "better"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Construct:
    """A latent variable that instruments measure, such as symptoms or alliance.

    `moment` is when it is usually measured: “before” or “after” the session (claims S15, S23).
    """

    name: str
    label: str
    direction: Direction
    moment: str = "before"
    claims: tuple[str, ...] = ()
    about: str = ""


def _c(name: str, label: str, direction: str, moment: str, claims: str, about: str) -> Construct:  # noqa: PLR0917
    # positional on purpose: one line for each construct below
    return Construct(name, label, Direction(direction), moment, tuple(claims.split()), about)


_MEASURED = (
    _c("symptoms", "Symptoms", "worse", "before", "S3 S63 S82", "Depressive symptoms of the past days."),
    _c("alliance", "Alliance", "better", "after", "S1 S12 S18 S22 S23", "Working alliance: bond, task and goal."),
    _c(
        "social_support",
        "Social support",
        "better",
        "before",
        "S82 S83 S85 S86",
        "Support felt and used during the week.",
    ),
    _c("interpersonal_stress", "Interpersonal stress", "worse", "before", "S65 S82 S88 S89", "Strain with others."),
    _c(
        "emotional_processing",
        "Emotional processing",
        "better",
        "after",
        "S42 S82 S93 S94",
        "Feeling, naming and expressing emotions.",
    ),
    _c("interpersonal_skills", "Interpersonal skills", "better", "before", "S37 S82 S96", "Skills used with others."),
    _c("alliance_bond", "Alliance: bond", "better", "after", "S8 S9", "Trust and liking between client and therapist."),
    _c("alliance_task", "Alliance: task", "better", "after", "S10", "Agreement on the tasks of therapy."),
    _c("alliance_goal", "Alliance: goal", "better", "after", "S10", "Agreement on the goals of therapy."),
    _c("felt_understood", "Felt understood", "better", "after", "S8 S28", "Empathy as the client experiences it."),
    _c("openness", "Openness", "better", "after", "S34 S61", "Disclosure rather than holding back."),
    _c("loneliness", "Loneliness", "worse", "before", "S26 S62", "Feeling alone during the week."),
    _c("hope", "Hope", "better", "before", "S7 S81", "Expectation that therapy will help."),
    _c("anxiety", "Anxiety", "worse", "before", "S3", "Anxiety symptoms of the past days."),
    _c("distress", "Psychological distress", "worse", "before", "S3 S98", "General distress and problems."),
    _c(
        "functioning_impairment",
        "Functional impairment",
        "worse",
        "before",
        "S98",
        "Problems that get in the way of daily life.",
    ),
    _c(
        "perceived_support",
        "Perceived social support",
        "better",
        "before",
        "S83",
        "Support from family, friends and a significant other.",
    ),
    _c(
        "support_significant_other", "Support: significant other", "better", "before", "S83", "Support from one person."
    ),
    _c("support_family", "Support: family", "better", "before", "S83", "Support from the family."),
    _c("support_friends", "Support: friends", "better", "before", "S83", "Support from friends."),
    _c("wellbeing", "Wellbeing", "better", "before", "S98", "How life is going overall."),
    _c(
        "interpersonal_problems",
        "Interpersonal problems",
        "worse",
        "before",
        "S20 S62 S96",
        "Lasting difficulties with other people.",
    ),
    _c(
        "attachment_anxiety",
        "Attachment anxiety",
        "worse",
        "before",
        "S53 S56 S74",
        "Fear of abandonment by an attachment figure.",
    ),
    _c(
        "attachment_avoidance",
        "Attachment avoidance",
        "worse",
        "before",
        "S53 S56 S75",
        "Discomfort with closeness to an attachment figure.",
    ),
    _c(
        "positive_regard",
        "Positive regard",
        "better",
        "after",
        "S9",
        "The therapist's warmth, as the client experiences it.",
    ),
    _c("goal_consensus", "Goal consensus", "better", "after", "S10", "Agreement of client and therapist on goals."),
    _c("felt_safety", "Felt safety", "better", "after", "S33 S34 S41", "Feeling safe in the session."),
    _c("felt_security", "Felt security", "better", "after", "S55 S57 S58", "The therapist as a secure base."),
    _c(
        "therapist_sensitivity",
        "Therapist sensitivity",
        "better",
        "after",
        "S58",
        "How well the therapist notices and meets needs.",
    ),
    _c("insight", "Insight", "better", "after", "S36 S38", "Better understanding of oneself and others."),
    _c(
        "emotional_expression",
        "Emotional expression",
        "better",
        "after",
        "S42",
        "Putting emotions into words and voice.",
    ),
    _c(
        "emotional_competence",
        "Emotional competence",
        "better",
        "before",
        "S46",
        "Distinguishing and naming feelings.",
    ),
    _c(
        "emotion_regulation",
        "Emotion regulation",
        "better",
        "before",
        "S50 S51 S52",
        "A flexible range of emotional responses.",
    ),
    _c("grief_intensity", "Grief intensity", "worse", "before", "S90", "Strength of grief during the week."),
    _c("role_adjustment", "Role adjustment", "better", "before", "S92", "Feeling at home in the new role."),
    _c(
        "problem_severity",
        "Problem severity",
        "worse",
        "before",
        "S73 S80 S93",
        "Severity of the focus problem this week.",
    ),
    _c("coping", "Coping", "better", "before", "S41 S49 S76", "Handling the week's demands."),
    _c("resilience", "Resilience", "better", "before", "S95 S98", "Recovery from setbacks; trust in oneself."),
    _c("exploration", "Exploration", "better", "before", "S55", "New things tried between sessions."),
    _c(
        "support_seeking",
        "Clear support seeking",
        "better",
        "before",
        "S77 S78 S79",
        "Asking for help clearly enough to be heard.",
    ),
    _c("social_activity", "Social activity", "better", "before", "S27 S29", "Contacts and activities with others."),
    _c("healthy_habits", "Healthy habits", "better", "before", "S84", "Sleep, meals, activity."),
    _c("dispute", "Dispute", "worse", "before", "S87 S91", "Open conflict with an important person."),
    _c("intimacy", "Intimacy", "better", "before", "S58 S71", "Closeness in important relationships."),
    _c(
        "credibility",
        "Treatment credibility",
        "better",
        "after",
        "S7",
        "How much sense the treatment makes to the client.",
    ),
    _c("feedback", "Useful feedback", "better", "after", "S28", "Usefulness of the therapist's feedback."),
    _c(
        "therapist_attachment_worry",
        "Worry about the therapist",
        "worse",
        "after",
        "S57",
        "Fear that the therapist will tire of them.",
    ),
    _c(
        "therapist_attachment_distance",
        "Distance from the therapist",
        "worse",
        "after",
        "S57",
        "Keeping the therapist at a distance.",
    ),
    _c(
        "attachment_disorganisation",
        "Push and pull",
        "worse",
        "before",
        "S56",
        "Wanting closeness and pushing it away.",
    ),
    _c("alliance_strain", "Alliance strain", "worse", "after", "S14 S58", "Strain as client or therapist rates it."),
    _c(
        "therapist_support",
        "Therapist support",
        "better",
        "before",
        "S31 S86",
        "The therapist's share of all support.",
    ),
    _c("connectedness", "Connectedness", "better", "before", "S25 S29 S30", "Sense of belonging, built up over weeks."),
    _c("self_appraisal", "Self-appraisal", "better", "before", "S103", "Self-worth, and expecting help and solutions."),
    _c("trust", "Trust", "better", "before", "S104", "Trust in close people."),
    _c("peer_influence", "Good influence", "better", "before", "S105", "Close people who encourage a healthy life."),
    _c("physical_health", "Physical health", "better", "before", "S105", "Health of the body."),
    _c(
        "life_situation",
        "Life situation",
        "better",
        "before",
        "S108",
        "How close home, work and ties are to what the client wants.",
    ),
)

_UNMEASURED = (
    _c("boundary_integrity", "Boundary integrity", "better", "after", "S33", "Keeping the therapeutic frame."),
    _c("rupture_repair", "Rupture repair", "better", "after", "S58", "A rupture noticed and repaired."),
    _c(
        "technique_use", "Use of technique", "better", "after", "S13 S27", "Extent to which a session used a technique."
    ),
    _c("emotional_arousal", "Emotional arousal", "unknown", "after", "S40 S42", "Strength of emotional activation."),
    _c(
        "emotional_practice", "Emotional practice", "better", "after", "S46", "How often sessions worked with emotions."
    ),
    _c(
        "corrective_experience",
        "Corrective experience",
        "better",
        "after",
        "S39 S40 S59",
        "An old conflict has a new outcome.",
    ),
    _c("retelling", "Retelling", "better", "after", "S43 S44 S45 S47", "Repeated account of a difficult topic."),
    _c(
        "expectancy_violation",
        "Expectancy violation",
        "better",
        "after",
        "S41 S45",
        "The feared outcome did not occur.",
    ),
    _c("topic_fear", "Fear of a topic", "worse", "after", "S43 S44 S45", "Fear while talking about a topic."),
    _c("story_revision", "Revised story", "better", "after", "S47 S49", "A new view of an old story."),
    _c(
        "positive_tone",
        "Warm tone in recall",
        "better",
        "after",
        "S48",
        "Courage, forgiveness or curiosity as well as pain.",
    ),
    _c("memory_distress", "Distress about a memory", "worse", "after", "S48", "Pain when recalling a memory."),
    _c("network_size", "Network size", "better", "before", "S75", "Number of people to turn to."),
    _c("relationship_quality", "Relationship quality", "better", "before", "S62", "Summary across relationships."),
    _c(
        "attachment_security",
        "Attachment security",
        "better",
        "before",
        "S54 S59 S73",
        "Secure working models of self and others.",
    ),
    _c(
        "tie_commitment",
        "Commitment of close people",
        "better",
        "before",
        "S100",
        "How far close people stand by the client.",
    ),
    _c(
        "tie_objectivity", "Fairness of close people", "better", "before", "S100", "How fairly close people see things."
    ),
    _c("fidelity", "Fidelity to IPT", "better", "after", "S102", "Extent to which a session kept to the model."),
    _c("life_events", "Life events", "worse", "before", "S64 S65 S74 S88 S89", "Events that put a strain on life."),
    _c("vulnerability", "Vulnerability", "worse", "before", "S64 S66", "Personal susceptibility to stress."),
    _c("early_care", "Early care", "better", "before", "S53 S54 S56", "Care in childhood; exists in simulations only."),
)

CONSTRUCTS: dict[str, Construct] = {c.name: c for c in (*_MEASURED, *_UNMEASURED)}

#: Constructs of the theory that no instrument of the shelf measures yet; a table can hold a column of that name.
UNMEASURED_CONSTRUCTS = tuple(c.name for c in _UNMEASURED)

#: The four mechanisms by which IPT is thought to work (claim S82), in the order in which they are always drawn.
MECHANISM_CONSTRUCTS = ("social_support", "interpersonal_stress", "emotional_processing", "interpersonal_skills")

#: Constructs that `track` follows in a course: outcome, relationship and the four mechanisms.
TRACKED_CONSTRUCTS = ("symptoms", "alliance", *MECHANISM_CONSTRUCTS)


def construct(name: str) -> Construct:
    """Return the construct of the theory with this name. Raises InputError if it is unknown."""
    try:
        return CONSTRUCTS[name]
    except KeyError:
        near = get_close_matches(name, CONSTRUCTS, n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        advice = f"{hint}Known constructs: {', '.join(sorted(CONSTRUCTS))}."
        raise InputError(f"unknown construct “{name}”", advice=advice) from None


def custom_construct(name: str, *, direction: Direction = Direction.UNKNOWN, moment: str = "before") -> Construct:
    """Return a construct that a table adds, labelled by its column and without claims."""
    return Construct(name, name, direction, moment)
