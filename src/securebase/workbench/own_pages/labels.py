"""Names of worksheets and labels of fields on the client's own page; those of the shelf address the therapist."""

from __future__ import annotations

from dataclasses import replace

from securebase.ipt.worksheet import Worksheet

#: worksheet → (name, description)
NAMES: dict[str, tuple[str, str]] = {
    "communication_analysis": ("A talk, line by line", "What was said, meant, felt and heard, and how it could go."),
    "contract": ("What we agreed", "Our goals, the time we have, and what you can rely on."),
    "decision_analysis": ("A decision", "What you could do, and what each way would bring."),
    "experiment": ("Something to try", "A small step with somebody, and what came of it."),
    "formulation": ("How we understand it", "What happened, why it hit so hard, and what to work on."),
    "gains": ("What you have gained", "What is better now, and what you did for it."),
    "maintenance_contract": ("What we agreed for the time after", "How we go on, and how often we meet."),
    "psychoeducation": ("About what you are going through", "What we talked about, to read again."),
    "sick_role": ("Time to get well", "What you may let go of for now, and what helps you recover."),
}
#: (worksheet, field) → label
LABELS: dict[tuple[str, str], str] = {
    ("formulation", "narrative"): "Put together",
    ("contract", "client_focus"): "The time is yours",
    ("contract", "confidentiality_told"): "What you say stays with us",
    ("contract", "limits_told"): "Except where there is",
    ("contract", "measures_consent"): "You said yes to regular questions",
    ("contract", "recording_consent"): "You said yes to recording",
    ("contract", "sharing_consent"): "May be shared with",
}


def relabel_for_client(spec: Worksheet) -> Worksheet:
    """Return the worksheet with names and labels that address the client."""
    name, about = NAMES.get(spec.id, (spec.name, spec.about))
    fields = tuple(replace(f, label=LABELS.get((spec.id, f.id), f.label)) for f in spec.fields)
    return replace(spec, name=name, about=about, fields=fields)
