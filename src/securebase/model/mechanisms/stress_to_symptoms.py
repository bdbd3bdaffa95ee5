"""More interpersonal stress than usual tends to come before more symptoms."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="interpersonal_stress",
    to_construct="symptoms",
    claims=("S38", "S64", "S65", "S82", "S88"),
    prior=Prior(
        mean=0.07,
        sd=0.08,
        basis=(
            "One prior for all four so that none is favoured. Public data on a process in sessions of parent and "
            "child: -.13, or -.08 and not certain once trends are out. No weekly figure for interpersonal stress "
            "was found."
        ),
    ),
    grade=Grade.UNVERIFIED,
    pillar=Pillar.SOCIAL,
    about="More strain with others than usual in one week goes with more symptoms in the next.",
    calibration=("C23",),
    exchangeable_with="mechanism_to_symptoms",
)
