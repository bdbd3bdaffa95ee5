"""More support than usual tends to precede fewer symptoms."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="social_support",
    to_construct="symptoms",
    claims=("S64", "S82", "S83"),
    prior=Prior(
        mean=-0.07,
        sd=0.08,
        basis=(
            "All four effects share one prior, so none is favoured. Public data on a process in parent-child "
            "sessions: -.13; detrended -.08, uncertain. Loneliness and low mood in daily life: .04 to .09 in each "
            "direction."
        ),
    ),
    grade=Grade.COMPUTED,
    pillar=Pillar.SOCIAL,
    about="A week in which the client perceives and uses more support than usual tends to precede fewer symptoms.",
    calibration=("C22", "C24"),
    exchangeable_with="mechanism_to_symptoms",
)
