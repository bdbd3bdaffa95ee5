"""Random trials of the scheduler: the real functions and database, killed workers, jumping clocks, dead addresses.

`run_trial` returns what went wrong, in words; nothing is expected.
"""

from __future__ import annotations

import contextlib
import random
import uuid
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from typing import Any
from unittest import mock

from securebase.errors import InputError
from securebase.records.vocabulary import Phase
from securebase.workbench.check_ins.actions import record_check_in
from securebase.workbench.check_ins.queries import check_in_by_token
from securebase.workbench.clients.actions import end_episode
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.jobs.models import Job, MailServer
from securebase.workbench.requests import actions, sending
from securebase.workbench.requests.models import Channel, Request, RequestPlan
from securebase.workbench.requests.occasions import When
from securebase.workbench.therapy_sessions.actions import change_session, create_session, remove_session
from securebase.workbench.therapy_sessions.models import TherapySession
from workbench.cast import Cast
from workbench.requests.course import KilledError, Transport

START = datetime(2026, 9, 7, 9, tzinfo=UTC)


class Trial:
    """One course of some weeks with chance at every step."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self.cast, self.chance, self.now = cast, random.Random(seed), START
        self.latest = START
        self.transport = Transport(kill=self._fate)
        self.kills = 0
        self.killing = True
        #: token of a link → how many messages had left when it was answered
        self.answered: dict[str, int] = {}
        self.problems: list[str] = []
        self.episode = Episode.objects.visible_to(cast.alma).get(id=cast.episode.id)
        #: how many messages had left when the course ended
        self.ended: int | None = None

    def _fate(self) -> str:
        fate = self.chance.choices(["", "before", "after"], [0.8, 0.1, 0.1])[0] if self.killing else ""
        self.kills += bool(fate)
        return fate

    def _draw_id(self) -> uuid.UUID:
        return uuid.UUID(int=self.chance.getrandbits(128))

    # ---- steps
    def work(self) -> None:
        with contextlib.suppress(KilledError):
            self.transport.run(self.now)

    def pass_time(self) -> None:
        hours = self.chance.choice([0.02, 0.5, 3, 9, 20, 48])
        self.now += timedelta(hours=hours)

    def jump(self) -> None:
        self.now += timedelta(hours=self.chance.choice([-30, -3, -0.1, 30]))

    def plan(self) -> None:
        when = self.chance.choice(list(When))
        values: dict[str, Any] = {"days": self.chance.choice([0, 1, 2])} if when is When.BEFORE else {}
        if when in {When.EVERY, When.RANDOM, When.ONCE}:
            values = {"days": self.chance.choice([1, 3, 7]), "instruments": ["expectation"]}
        with suppress(InputError):  # the schedule has this line already, or is full
            actions.add_plan(
                episode=self.episode,
                by=self.cast.alma,
                at_time=self.now,
                when=when,
                at=time(self.chance.randrange(6, 19)),
                until=time(20),
                reminders=self.chance.randrange(3),
                reminder_hours=self.chance.choice([3, 14, 24]),
                channel=Channel.MAIL,
                **values,
            )

    def switch(self) -> None:
        plans = list(RequestPlan.objects.visible_to(self.cast.alma))
        if plans:
            plan = self.chance.choice(plans)
            with contextlib.suppress(InputError):
                actions.switch_plan(plan=plan, by=self.cast.alma, on=plan.ended_at is not None, at=self.now)

    def change_sessions(self) -> None:
        sessions = list(TherapySession.objects.visible_to(self.cast.alma).filter(held_at__gt=self.now))
        kind = self.chance.choice(["add", "move", "remove"])
        if kind == "add" or not sessions:
            held = self.now + timedelta(days=self.chance.uniform(0.5, 9))
            used = set(TherapySession.objects.visible_to(self.cast.alma).values_list("number", flat=True))
            number = min(set(range(1, 60)) - used)
            with suppress(InputError):
                create_session(
                    episode=self.episode, by=self.cast.alma, number=number, held_at=held, phase=Phase.INITIAL
                )
            return
        session = self.chance.choice(sessions)
        try:
            if kind == "remove":
                remove_session(session=session, by=self.cast.alma)
            else:
                change_session(
                    session=session,
                    by=self.cast.alma,
                    version=session.version,
                    number=session.number,
                    held_at=session.held_at + timedelta(days=self.chance.uniform(-2, 4)),
                    phase=Phase.INITIAL,
                )
        except InputError:
            pass  # a session with a check-in stays

    def answer(self) -> None:
        """Answer by the link of a message, in two tabs at once; often at the last second."""
        if not self.transport.messages:
            return
        _, message = self.chance.choice(self.transport.messages)
        token = message.body.split("/c/")[1].split("/")[0]
        row = check_in_by_token(token)
        if row is None or not row.is_waiting or row.expires_at is None:
            return
        if self.chance.random() < 0.3 and row.expires_at > self.now:
            self.now = row.expires_at - timedelta(seconds=1)
        if row.expires_at < self.now:
            return
        saved = 0
        for tab in ("a", "b"):
            try:
                first = row.asked_instruments[0][0]
                result = record_check_in(
                    check_in=row, responses={first.items[0].number: first.items[0].minimum}, submission=tab, at=self.now
                )
                saved += not result.repeated
            except InputError:
                pass
        if saved != 1:
            self.problems.append(f"{saved} answers of two tabs were recorded")
        self.answered[token] = len(self.transport.messages)

    def die(self) -> None:
        self.transport.dead = not self.transport.dead

    def go_down(self) -> None:
        self.transport.down = not self.transport.down

    def send_again(self) -> None:
        rows = list(Request.objects.visible_to(self.cast.alma).order_by("due_at", "occasion"))
        if rows:
            with suppress(InputError):
                actions.send_again(request=self.chance.choice(rows), by=self.cast.alma, at=self.now)

    def end_course(self) -> None:
        if self.ended is None:
            end_episode(episode=self.episode, by=self.cast.alma, ended_on=self.now.date())
            self.ended = len(self.transport.messages)

    # ---- the whole trial
    def run(self, steps: int) -> list[str]:
        kinds = [
            self.work,
            self.pass_time,
            self.jump,
            self.plan,
            self.switch,
            self.change_sessions,
            self.answer,
            self.die,
            self.go_down,
            self.send_again,
            self.end_course,
        ]
        weights = [10, 10, 1, 2, 1, 3, 3, 0.4, 0.6, 1, 0.1]
        identity = RequestPlan._meta.get_field("id")
        # random times depend on the plan's id
        seeded = mock.patch.object(identity, "_get_default", self._draw_id)
        with seeded, mock.patch.object(sending, "send_mail", self.transport.send):
            self.plan()
            self.change_sessions()
            for _ in range(steps):
                self.chance.choices(kinds, weights)[0]()
                self.latest = max(self.latest, self.now)
            self.killing = self.transport.down = False
            self.now = self.latest
            for _ in range(12):
                self.work()
                self.now += timedelta(hours=7)
            self.work()
            self._check()
        return self.problems

    def count_failed(self) -> int:
        """Return how many requests could not be sent, because their address was refused."""
        return Request.objects.visible_to(self.cast.alma).filter(state="failed").count()

    def _check(self) -> None:
        self._check_doubles()
        self._check_losses()
        self._check_after_answers()

    def _check_doubles(self) -> None:
        counts = Counter(self.transport.identifiers)
        repeated = sum(count - 1 for count in counts.values())
        if repeated > self.kills:
            self.problems.append(f"{repeated} messages were repeated, but the worker was killed {self.kills} times")
        bodies: dict[str, set[str]] = {}
        for _, message in self.transport.messages:
            bodies.setdefault(message.identifier, set()).add(message.body.split("/c/")[1].split("/")[0])
        self.problems += [f"{name} held two links" for name, links in bodies.items() if len(links) > 1]
        rows = Request.objects.visible_to(self.cast.alma)
        doubled = Counter((r.plan_id, r.occasion) for r in rows)
        self.problems += [f"{key} was written twice" for key, count in doubled.items() if count > 1]

    def _check_losses(self) -> None:
        sent = {identifier.split(".")[1] for identifier in self.transport.identifiers}
        for request in Request.objects.visible_to(self.cast.alma).select_related("plan"):
            if request.state in {"waiting", "sending"} and request.due_at < self.now - timedelta(hours=8):
                self.problems.append(f"request {request.occasion} was due {request.due_at} and is {request.state}")
            if request.state == "sent" and str(request.id) not in sent:
                self.problems.append(f"request {request.occasion} is called sent and never left")
            if request.state == "failed" and not request.problem:
                self.problems.append(f"request {request.occasion} failed without a reason")
            if str(request.id) in sent and request.state in {"waiting", "withdrawn"} and request.check_in is None:
                self.problems.append(f"request {request.occasion} left and is {request.state}")
        for plan in RequestPlan.objects.visible_to(self.cast.alma):
            stored = set(plan.requests.values_list("occasion", flat=True))
            wanted = {o.key for o in actions.wanted_occasions(plan, self.now)}
            if wanted - stored:
                self.problems.append(f"{plan.when}: {sorted(wanted - stored)} has no request")
        stuck = Job.objects.filter(state="running").count()
        if stuck:
            self.problems.append(f"{stuck} jobs are still claimed")

    def _check_after_answers(self) -> None:
        left = len(self.transport.messages) - self.ended if self.ended is not None else 0
        if left:
            self.problems.append(f"{left} messages left after the end of the course")
        for position, (_, message) in enumerate(self.transport.messages):
            token = message.body.split("/c/")[1].split("/")[0]
            if position >= self.answered.get(token, len(self.transport.messages)):
                self.problems.append(f"{message.identifier} left after the answer")


def prepare(cast: Cast) -> Cast:
    """Give the clinic a mail server and the client an address."""
    MailServer.objects.create(clinic=cast.alma.clinic, host="localhost", sender="p@example.org")
    Client.objects.visible_to(cast.alma).filter(id=cast.carla.id).update(mail="carla@example.org")
    return cast


def run_trial(cast: Cast, seed: int, steps: int = 60) -> list[str]:
    """Run one trial on a database that holds the cast only."""
    return Trial(cast, seed).run(steps)
