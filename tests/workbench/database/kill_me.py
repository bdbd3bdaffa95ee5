"""Save check-ins until killed, and print the id of each after it is saved."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import django
from django.core.management import call_command

django.setup()

from securebase.records.vocabulary import Moment  # noqa: E402
from securebase.workbench.check_ins.actions import invite_check_in, record_check_in  # noqa: E402
from securebase.workbench.check_ins.models import CheckInMode  # noqa: E402
from securebase.workbench.therapy_sessions.actions import create_session  # noqa: E402
from workbench.cast import answers, make_cast  # noqa: E402


def print_now(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    call_command("migrate", verbosity=0)
    cast = make_cast()
    print_now("ready")
    for number in range(2, 200):
        at = datetime(2026, 9, 1, tzinfo=UTC) + timedelta(days=number)
        session = create_session(episode=cast.episode, by=cast.alma, number=number, held_at=at)
        check_in = invite_check_in(
            session=session, by=cast.alma, moment=Moment.BEFORE, mode=CheckInMode.LINK, at=at
        ).check_in
        stored = record_check_in(
            check_in=check_in, responses=answers("session_before", 5.0, 1.0), submission=str(number), at=at
        )
        print_now(str(stored.administration.id))


if __name__ == "__main__":
    sys.exit(main())
