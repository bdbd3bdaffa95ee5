"""Emotional processing may increase support."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="emotional_processing",
    to_construct="social_support",
    claims=("S94",),
    prior=Prior(
        mean=0.05,
        sd=0.06,
        basis=(
            "Predicted by the theory; no weekly figure was found. Small, and one prior for all effects between "
            "mechanisms, apart from the sign."
        ),
    ),
    grade=Grade.UNVERIFIED,
    pillar=Pillar.COMMUNICATION,
    about="Expressing feelings may bring others closer.",
    exchangeable_with="between_mechanisms",
)
