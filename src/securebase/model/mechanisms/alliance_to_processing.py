"""The alliance may make emotional processing easier."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="alliance",
    to_construct="emotional_processing",
    claims=("S34", "S41", "S55"),
    prior=Prior(
        mean=0.05,
        sd=0.06,
        basis="No figure was found for any of the four. Small, and one prior for all four, apart from the sign.",
    ),
    grade=Grade.UNVERIFIED,
    pillar=Pillar.ATTACHMENT,
    about="Safety with the therapist may make it easier to feel and express what the client held back.",
    exchangeable_with="alliance_to_mechanism",
)
