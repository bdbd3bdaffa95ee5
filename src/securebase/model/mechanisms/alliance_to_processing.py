"""The alliance may make emotional work possible."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="alliance",
    to_construct="emotional_processing",
    claims=("S34", "S41", "S55"),
    prior=Prior(
        mean=0.05,
        sd=0.06,
        basis="No figure was found for any of the four. Small, and one prior for all but for the sign.",
    ),
    grade=Grade.UNVERIFIED,
    pillar=Pillar.ATTACHMENT,
    about="Safety with the therapist may open the way to feeling and voicing what was held back.",
    exchangeable_with="alliance_to_mechanism",
)
