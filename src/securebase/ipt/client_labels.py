"""Names and labels of worksheets for the client's eyes; those of the shelf address the therapist."""

from __future__ import annotations

from msgspec.structs import replace

from securebase.ipt.worksheet import Field, Worksheet

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
    fields = tuple(_relabel(f, with_help=spec.client_fills) for f in spec.fields)
    name, about = spec.client_name or spec.name, spec.client_about or spec.about
    return replace(spec, name=name, about=about, teaches="", fields=fields)


def _relabel(field: Field, *, with_help: bool) -> Field:
    columns = tuple(_relabel(column, with_help=with_help) for column in field.columns)
    label = field.client_label or CLIENT_LABELS.get(field.label, field.label)
    options = tuple(replace(o, label=CLIENT_OPTIONS.get(o.label, o.label)) for o in field.options)
    section = "" if field.section in THERAPIST_SECTIONS else field.section
    field = replace(field, label=label, section=section, columns=columns, options=options)
    return field if with_help else replace(field, help="")
