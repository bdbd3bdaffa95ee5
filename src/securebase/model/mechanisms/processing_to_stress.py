"""Emotional processing may reduce interpersonal stress."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="emotional_processing",
    to_construct="interpersonal_stress",
    claims=("S91", "S94"),
    prior=Prior(
        mean=-0.05,
        sd=0.06,
        basis=(
            "Predicted by the theory; no weekly figure was found. Small, and one prior for all effects between "
            "mechanisms, apart from the sign."
        ),
    ),
    grade=Grade.UNVERIFIED,
    pillar=Pillar.COMMUNICATION,
    about="Clients who process their feelings may quarrel less.",
    exchangeable_with="between_mechanisms",
)
