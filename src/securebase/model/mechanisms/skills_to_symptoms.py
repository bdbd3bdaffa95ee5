"""More use of interpersonal skills than usual tends to come before fewer symptoms."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="interpersonal_skills",
    to_construct="symptoms",
    claims=("S38", "S82", "S96"),
    prior=Prior(
        mean=-0.07,
        sd=0.08,
        basis=(
            "One prior for all four so that none is favoured. Public data on a process in sessions of parent and "
            "child: -.13, or -.08 and not certain once trends are out. Skills came before change in a trial with "
            "200 clients; no weekly figure."
        ),
    ),
    grade=Grade.UNVERIFIED,
    pillar=Pillar.COMMUNICATION,
    about="Handling others better than usual in one week goes with fewer symptoms in the next.",
    calibration=("C25",),
    exchangeable_with="mechanism_to_symptoms",
)
