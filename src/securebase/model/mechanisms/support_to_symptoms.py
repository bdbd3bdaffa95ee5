"""More support than usual tends to come before fewer symptoms."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="social_support",
    to_construct="symptoms",
    claims=("S64", "S82", "S83"),
    prior=Prior(
        mean=-0.07,
        sd=0.08,
        basis=(
            "One prior for all four so that none is favoured. Public data on a process in sessions of parent and "
            "child: -.13, or -.08 and not certain once trends are out. Loneliness and low mood in daily life: .04 "
            "to .09 each way."
        ),
    ),
    grade=Grade.COMPUTED,
    pillar=Pillar.SOCIAL,
    about="Feeling and using more support than usual in one week goes with fewer symptoms in the next.",
    calibration=("C22", "C24"),
    exchangeable_with="mechanism_to_symptoms",
)
