"""Reads of requests: the schedule of a course, who is late, and what reminders do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from securebase.workbench.accounts.models import Account, Clinic
from securebase.workbench.clients.models import Episode
from securebase.workbench.jobs.mail import has_mail
from securebase.workbench.requests.actions import REASON
from securebase.workbench.requests.models import Channel, Request, RequestPlan, RequestState
from securebase.workbench.requests.sentences import describe_plan, describe_request

#: Fewest requests of each arm for a comparison.
MIN_REQUESTS = 20


@dataclass(frozen=True, slots=True)
class PlanRow:
    plan: RequestPlan
    words: str


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request with what became of it; `late` if an answer is overdue."""

    request: Request
    words: str
    late: bool = False
    #: whether it can be answered still, and be sent again
    open: bool = False

    @property
    def can_be_asked_now(self) -> bool:
        check_in = self.request.check_in
        return check_in is not None and check_in.is_waiting

    @property
    def can_be_sent_again(self) -> bool:
        return self.open and self.request.plan.channel != Channel.NONE


@dataclass(frozen=True, slots=True)
class Schedule:
    """The schedule of a course on its page."""

    plans: list[PlanRow]
    ended: list[PlanRow]
    ahead: list[RequestRow]
    past: list[RequestRow]
    obstacles: list[str]


def schedule(episode: Episode, now: datetime) -> Schedule:
    """Return lines, the next requests, and the last ones, newest first."""
    rows = list(episode.request_plans.all())
    requests = Request.objects.unscoped(reason="the course was read in scope").filter(plan__in=rows)
    requests = requests.exclude(state=RequestState.WITHDRAWN).select_related("plan", "check_in")
    waiting = requests.filter(state=RequestState.WAITING).order_by("due_at")[:5]
    past = requests.exclude(state=RequestState.WAITING).order_by("-due_at")[:10]
    active = [PlanRow(p, describe_plan(p)) for p in rows if p.ended_at is None]
    return Schedule(
        plans=active,
        ended=[PlanRow(p, describe_plan(p)) for p in rows if p.ended_at is not None],
        ahead=[RequestRow(r, describe_request(r, now)) for r in waiting],
        past=[RequestRow(r, describe_request(r, now), is_late(r, now)) for r in past],
        obstacles=obstacles(episode, any(row.plan.channel == Channel.MAIL for row in active) or not active),
    )


def obstacles(episode: Episode, by_mail: bool) -> list[str]:
    """Return why messages cannot reach the client, in words."""
    if not settings.ADDRESS:
        return ["The clinic has no web address yet, so clients can answer on this device only."]
    if not by_mail:
        return []
    reasons = []
    if not has_mail(episode.client.clinic):
        reasons.append("The clinic has no mail server yet. An administrator can enter it under Clinic.")
    if not episode.client.mail:
        reasons.append(f"{episode.client.name_shown} has no email address yet. Enter it under Settings.")
    return reasons


def is_late(request: Request, now: datetime) -> bool:
    """Return True if a request left or could not be sent, and no answer has come."""
    if request.state in {RequestState.FAILED, RequestState.EXPIRED}:
        return True
    return request.state == RequestState.SENT and bool(request.reminded)


def late_requests(account: Account, now: datetime) -> list[RequestRow]:
    """Return the late requests of a therapist's running courses, the newest of each line."""
    rows = Request.objects.visible_to(account).filter(plan__episode__ended_on=None, plan__ended_at=None)
    rows = rows.exclude(state__in=(RequestState.WAITING, RequestState.SENDING))
    # one that the therapist has withdrawn is the newest of its line; one without a check-in never was asked
    rows = rows.exclude(state=RequestState.WITHDRAWN, check_in=None)
    newest: dict[object, Request] = {}
    for request in rows.order_by("due_at").select_related("plan__episode__client", "check_in"):
        newest[request.plan_id] = request
    late = [r for r in newest.values() if is_late(r, now)]
    return [RequestRow(r, describe_request(r, now), True, r.until > now) for r in sorted(late, key=lambda r: r.due_at)]


@dataclass(frozen=True, slots=True)
class ArmShare:
    """Answered requests of one arm, with a Wilson interval of the share."""

    reminded: bool
    requests: int
    answered: int
    lower: float
    upper: float

    @property
    def share(self) -> float:
        return self.answered / self.requests


@dataclass(frozen=True, slots=True)
class ReminderEffect:
    """The effect of reminders in this clinic: the difference of both shares with its interval (Newcombe)."""

    arms: tuple[ArmShare, ArmShare]
    difference: float
    lower: float
    upper: float


def reminder_effect(clinic: Clinic, now: datetime) -> tuple[ReminderEffect | None, int]:
    """Return the effect of reminders on answers, and how many randomised requests have ended.

    All requests whose reminders chance decided count once their time has passed, also those that were answered before
    a reminder: quick answers must not count earlier than missing ones. One that a therapist withdrew after it had left
    counts as not answered. None with fewer than MIN_REQUESTS in an arm.
    """
    rows = (
        Request.objects.unscoped(reason=REASON)
        .filter(
            plan__episode__client__clinic=clinic,
            reminder_arm__isnull=False,
            until__lte=now,
            state__in=(RequestState.ANSWERED, RequestState.EXPIRED, RequestState.WITHDRAWN),
        )
        .exclude(state=RequestState.WITHDRAWN, sent_at=None)
    )
    outcomes = list(rows.values_list("reminder_arm", "state"))
    counts = {
        arm: (sum(a is arm for a, _ in outcomes), sum(a is arm and s == RequestState.ANSWERED for a, s in outcomes))
        for arm in (True, False)
    }
    if min(total for total, _ in counts.values()) < MIN_REQUESTS:
        return None, len(outcomes)
    arms = []
    for arm, (total, answered) in counts.items():
        lower, upper = proportion_confint(answered, total, method="wilson")
        arms.append(ArmShare(arm, total, answered, lower, upper))
    (n1, x1), (n2, x2) = counts[True], counts[False]
    lower, upper = confint_proportions_2indep(x1, n1, x2, n2, compare="diff", method="newcomb")
    return ReminderEffect((arms[0], arms[1]), x1 / n1 - x2 / n2, lower, upper), len(outcomes)
