"""Interpersonal stress may reduce support."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="interpersonal_stress",
    to_construct="social_support",
    claims=("S64", "S65", "S87", "S88"),
    prior=Prior(
        mean=-0.05,
        sd=0.06,
        basis=(
            "Predicted by the theory; no weekly figure was found. Small, and one prior for all effects between "
            "mechanisms, apart from the sign."
        ),
    ),
    grade=Grade.UNVERIFIED,
    pillar=Pillar.SOCIAL,
    about=(
        "A week with more stress than usual may be followed by less support. Whether every dispute has this effect is"
        " open."
    ),
    calibration=("C22",),
    exchangeable_with="between_mechanisms",
)
