"""A course with a plan, a client with an address, and a transport that keeps what leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from securebase.workbench.accounts.models import Clinic
from securebase.workbench.jobs.actions import AddressProblem, JobProblem, run_due
from securebase.workbench.jobs.mail import Message
from securebase.workbench.requests.sending import follow_courses


class KilledError(BaseException):
    """The worker's process ends here; no handler of exceptions runs."""


@dataclass
class Transport:
    """Stands for the mail server. `kill` says whether the worker is killed before or after a message has left."""

    messages: list[tuple[datetime, Message]] = field(default_factory=list)
    #: the address is refused
    dead: bool = False
    #: the mail server does not answer
    down: bool = False
    kill: Callable[[], str] = lambda: ""
    now: datetime | None = None

    def send(self, clinic: Clinic, message: Message) -> None:
        fate = self.kill()
        if fate == "before":
            raise KilledError
        if self.down:
            raise JobProblem("cannot connect to localhost:25 (Connection refused)")
        if self.dead:
            raise AddressProblem("the address was refused (550)", for_good=True)
        assert self.now is not None
        self.messages.append((self.now, message))
        if fate == "after":
            raise KilledError

    def run(self, now: datetime) -> None:
        """Let the worker do what is due at this time."""
        self.now = now
        follow_courses(now)
        run_due(lambda: now)

    @property
    def identifiers(self) -> list[str]:
        return [message.identifier for _, message in self.messages]


def in_days(now: datetime, days: float) -> datetime:
    return now + timedelta(days=days)
