"""The constructs of the theory. A table can add constructs: they get full drift and carry no claims."""

from __future__ import annotations

from dataclasses import dataclass
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
    _c("positive_regard", "Positive regard", "better", "after", "S9", "Warmth from the therapist, as received."),
    _c("goal_consensus", "Goal consensus", "better", "after", "S10", "Client and therapist of one mind on goals."),
    _c("felt_safety", "Felt safety", "better", "after", "S33 S34 S41", "Feeling safe in the session."),
    _c("felt_security", "Felt security", "better", "after", "S55 S57 S58", "The therapist as a secure base."),
    _c("therapist_sensitivity", "Therapist's sensitivity", "better", "after", "S58", "Responding to what is needed."),
    _c("insight", "Insight", "better", "after", "S36 S38", "A clearer view of oneself and others."),
    _c("emotional_expression", "Emotional expression", "better", "after", "S42", "Emotion put into voice and words."),
    _c(
        "emotional_competence",
        "Emotional competence",
        "better",
        "before",
        "S46",
        "Telling feelings apart and naming them.",
    ),
    _c("emotion_regulation", "Emotion regulation", "better", "before", "S50 S51 S52", "A flexible range of responses."),
    _c("grief_intensity", "Intensity of grief", "worse", "before", "S90", "How strong grief is in the week."),
    _c("role_adjustment", "Adjustment to a role", "better", "before", "S92", "Being at home in the new role."),
    _c("problem_severity", "Weight of the problem", "worse", "before", "S73 S80 S93", "The focus problem in the week."),
    _c("coping", "Coping", "better", "before", "S41 S49 S76", "Handling what the week brought."),
    _c("resilience", "Resilience", "better", "before", "S95 S98", "Standing up again; trust in oneself."),
    _c("exploration", "Exploration", "better", "before", "S55", "New steps tried between sessions."),
    _c(
        "support_seeking",
        "Clear support seeking",
        "better",
        "before",
        "S77 S78 S79",
        "Asking for help so that it is heard.",
    ),
    _c("social_activity", "Social activity", "better", "before", "S27 S29", "Contacts and things done with others."),
    _c("healthy_habits", "Healthy habits", "better", "before", "S84", "Sleep, meals, activity."),
    _c("dispute", "Dispute", "worse", "before", "S87 S91", "Open conflict with somebody who matters."),
    _c("intimacy", "Intimacy", "better", "before", "S58 S71", "Closeness in the ties that matter."),
    _c("credibility", "Makes sense to the client", "better", "after", "S7", "How well the treatment makes sense."),
    _c("feedback", "Useful feedback", "better", "after", "S28", "What the therapist says back is of use."),
    _c("therapist_attachment_worry", "Worry about the therapist", "worse", "after", "S57", "Fear of tiring them."),
    _c("therapist_attachment_distance", "Distance from the therapist", "worse", "after", "S57", "Kept at a distance."),
    _c(
        "attachment_disorganisation",
        "Pull and push",
        "worse",
        "before",
        "S56",
        "Wanting near and pushing away at once.",
    ),
    _c("alliance_strain", "Strain in the alliance", "worse", "after", "S14 S58", "Strain as one of the two rated it."),
)

_UNMEASURED = (
    _c("boundary_integrity", "Integrity of boundaries", "better", "after", "S33", "The frame kept, no breach."),
    _c("rupture_repair", "Repair of a rupture", "better", "after", "S58", "A strain noticed and mended."),
    _c("technique_use", "Use of technique", "better", "after", "S13 S27", "How far a technique was used in a session."),
    _c("emotional_arousal", "Emotional arousal", "unknown", "after", "S40 S42", "How strongly emotion was roused."),
    _c("emotional_practice", "Emotional practice", "better", "after", "S46", "How often emotion was worked with."),
    _c(
        "corrective_experience", "Corrective experience", "better", "after", "S39 S40 S59", "An old conflict ends anew."
    ),
    _c("retelling", "Retelling", "better", "after", "S43 S44 S45 S47", "A hard topic told once more."),
    _c("expectancy_violation", "Expectation disproved", "better", "after", "S41 S45", "The feared thing stayed away."),
    _c("topic_fear", "Fear of a topic", "worse", "after", "S43 S44 S45", "Fear while one topic is told."),
    _c("story_revision", "Revised story", "better", "after", "S47 S49", "An old story seen anew."),
    _c(
        "positive_tone",
        "Warm tone in recall",
        "better",
        "after",
        "S48",
        "Courage, forgiveness, curiosity beside the pain.",
    ),
    _c("memory_distress", "Distress of a memory", "worse", "after", "S48", "Pain when one memory is recalled."),
    _c(
        "therapist_support",
        "Support by the therapist",
        "better",
        "before",
        "S31 S86",
        "The therapist's share of support.",
    ),
    _c("network_size", "Size of the network", "better", "before", "S75", "How many people one can turn to."),
    _c("connectedness", "Connectedness", "better", "before", "S25 S29 S30", "Belonging, built up over weeks."),
    _c("relationship_quality", "Quality of relationships", "better", "before", "S62", "A summary over one's ties."),
    _c(
        "attachment_security",
        "Attachment security",
        "better",
        "before",
        "S54 S59 S73",
        "A secure model of self and others.",
    ),
    _c("vulnerability", "Vulnerability", "worse", "before", "S64 S66", "What a person brings that stress meets."),
    _c("early_care", "Early care", "better", "before", "S53 S54 S56", "Care in childhood; only ever simulated."),
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
        raise InputError(
            f"unknown construct “{name}”", advice=f"Known constructs: {', '.join(sorted(CONSTRUCTS))}."
        ) from None


def custom_construct(name: str, *, direction: Direction = Direction.UNKNOWN, moment: str = "before") -> Construct:
    """Return a construct that a table adds, labelled by its column and without claims."""
    return Construct(name, name, direction, moment)
