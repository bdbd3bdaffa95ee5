"""More use of interpersonal skills than usual tends to precede fewer symptoms."""

from securebase.model.mechanism import Grade, Mechanism, Pillar, Prior

MECHANISM = Mechanism(
    from_construct="interpersonal_skills",
    to_construct="symptoms",
    claims=("S38", "S82", "S96"),
    prior=Prior(
        mean=-0.07,
        sd=0.08,
        basis=(
            "All four effects share one prior, so none is favoured. Public data on a process in parent-child "
            "sessions: -.13; detrended -.08, uncertain. Skills changed before symptoms in a trial with 200 clients. "
            "No weekly figure was found."
        ),
    ),
    grade=Grade.UNVERIFIED,
    pillar=Pillar.COMMUNICATION,
    about="A week in which the client deals with others better than usual tends to precede fewer symptoms.",
    calibration=("C25",),
    exchangeable_with="mechanism_to_symptoms",
)
