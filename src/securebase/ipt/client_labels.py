"""Names and labels of worksheets for the client's eyes; those of the shelf address the therapist."""

from __future__ import annotations

from msgspec.structs import replace

from securebase.ipt.worksheet import Field, Worksheet

#: worksheet → (name, description)
NAMES: dict[str, tuple[str, str]] = {
    "communication_analysis": ("Looking back at a conversation", "What you learned from it."),
    "contract": ("What we agreed", "Our goals, how long we will meet, and what you can rely on."),
    "decision_analysis": ("A decision", "Your options, and what each of them might lead to."),
    "experiment": ("Something to try", "A small step with someone, and how it went."),
    "formulation": ("How we understand it", "What happened, why it hit so hard, and what to work on."),
    "gains": ("What you have gained", "What has improved, and what you did to make it happen."),
    "goal_review": ("How close are my goals?", "How close you are to each goal now."),
    "maintenance_contract": ("What we agreed for staying well", "How we continue, and how often we meet."),
    "psychoeducation": ("About what you are going through", "What we talked about, for you to reread."),
    "relapse_plan": ("My plan for staying well", "Early warning signs, who to tell and what to do first."),
    "sick_role": ("Time to get well", "What you can let go of for now, and what helps you recover."),
    "social_plan": ("My plan for reaching out", "Small steps to connect with people, and how they went."),
    "story_card": ("A story of mine", "How you used to tell it, and how you would tell it now."),
}
#: (worksheet, field) → label
LABELS: dict[tuple[str, str], str] = {
    ("communication_analysis", "learnt"): "What could you do differently?",
    ("contract", "client_focus"): "Sessions are for your needs only",
    ("contract", "confidentiality_told"): "What you say is confidential",
    ("contract", "limits_told"): "Exceptions to confidentiality",
    ("contract", "measures_consent"): "You agreed to regular questionnaires",
    ("contract", "recording_consent"): "You agreed to recording sessions",
    ("contract", "sharing_consent"): "You agreed to sharing with",
    ("contract", "now"): "At the start",
}
#: Labels about the client, reworded to address the client.
CLIENT_LABELS = {
    "In the client’s words": "In your words",
    "Did the client make the first move?": "Did you make the first move?",
    "Feels supported by them": "How supported you feel by them",
    "Explained that sessions are for the client’s needs only?": "Explained that sessions are for your needs only?",
    "Strain between them": "Strain between you",
    "Summary for the client": "In short",
    "What did the client fear?": "What did you fear?",
    "What did the client learn?": "What did you learn?",
    "What keeps the client going?": "What keeps you going?",
    "What the client did": "What you did",
    "What the client will do to get well": "What you will do to get well",
    "What the client gets from them": "What you get from them",
    "What the client gives them": "What you give them",
    "What was good between them": "What was good between you",
    "What would the client like to change?": "What would you like to change?",
}

#: Section headings of worksheets that only help the therapist.
THERAPIST_SECTIONS = frozenset({"The three parts", "Putting it together"})
#: Answers to choose from, in words for the client.
CLIENT_OPTIONS = {
    "Risk of harm to self": "If you might harm yourself",
    "Risk of harm to others": "If you might harm someone else",
    "A child at risk": "If a child is in danger",
    "Court order": "If a court orders it",
    "The referrer": "The person who referred you",
    "What IPT is and how long it lasts": "What this therapy is and how long it lasts",
}


def relabel_for_client(spec: Worksheet) -> Worksheet:
    """Return the worksheet in words that address the client, without the therapist's instructions.

    Help texts address the person who fills in the worksheet, so only worksheets that clients fill in keep them.
    """
    name, about = NAMES.get(spec.id, (spec.name, spec.about))
    fields = tuple(_relabel(spec.id, f, with_help=spec.client_fills) for f in spec.fields)
    return replace(spec, name=name, about=about, teaches="", fields=fields)


def _relabel(worksheet: str, field: Field, *, with_help: bool) -> Field:
    columns = tuple(_relabel(worksheet, column, with_help=with_help) for column in field.columns)
    label = LABELS.get((worksheet, field.id)) or CLIENT_LABELS.get(field.label, field.label)
    options = tuple(replace(o, label=CLIENT_OPTIONS.get(o.label, o.label)) for o in field.options)
    section = "" if field.section in THERAPIST_SECTIONS else field.section
    field = replace(field, label=label, section=section, columns=columns, options=options)
    return field if with_help else replace(field, help="")
