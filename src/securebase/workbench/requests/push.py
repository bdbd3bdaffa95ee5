"""Notifications on a client's phone by web push (RFC 8030, 8291, 8292).

The push service of the browser's maker carries an encrypted message; it learns when something was sent, not what. The
message holds one neutral sentence and no link: a tap opens the client's own page, which asks for the code as ever.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from py_vapid import Vapid02, b64urlencode
from pywebpush import WebPushException, webpush
from requests import RequestException, Session

from securebase.errors import InputError
from securebase.workbench.audit.actions import record
from securebase.workbench.clients.models import Client
from securebase.workbench.jobs.actions import JobProblem
from securebase.workbench.requests.models import PushSubscription

#: Push services of browsers. Nothing else is ever called, whatever address a browser sends.
SERVICES = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "web.push.apple.com",
    ".push.apple.com",
    ".notify.windows.com",
)
#: Most phones of one client.
MAX_SUBSCRIPTIONS = 5
#: Seconds for which the service keeps a message for a phone that is off.
_KEEP = 24 * 3600
_REASON = "notifications about the client's own requests"


def key_file() -> Path:
    folder: Path = settings.DATA_DIR
    return folder / "push.key"


@lru_cache(maxsize=4)
def _load_key(path: Path) -> Vapid02:
    """Return the clinic's key of push messages; create it (mode 0600) if there is none."""
    if not path.exists():
        vapid = Vapid02()
        vapid.generate_keys()
        whole = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(vapid.private_pem())
        with suppress(FileExistsError):  # another process was first, and both use its key
            os.link(whole, path)
        whole.unlink()
    return Vapid02.from_file(str(path))


def public_key() -> str:
    """Return the public key that a browser subscribes with."""
    point = _load_key(key_file()).public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return str(b64urlencode(point))


def check_endpoint(endpoint: str) -> str:
    """Return the address of a push service. Raises InputError for any other address."""
    parts = urlsplit(endpoint)
    host = parts.netloc.lower()
    # A backslash or "@" would let another host be called than the one that is compared here.
    plain = re.fullmatch(r"[a-z0-9.-]+", host) is not None
    known = plain and any(host == name or (name.startswith(".") and host.endswith(name)) for name in SERVICES)
    if not (known and parts.scheme == "https") and host not in settings.PUSH_HOSTS:
        raise InputError("this browser’s push service is not known", where="endpoint")
    return endpoint


@transaction.atomic
def subscribe(*, client: Client, subscription: Mapping[str, object], at: datetime) -> PushSubscription:
    """Store the subscription of a client's browser. Raises InputError if it is none, or goes to an unknown service."""
    keys = subscription.get("keys")
    values = [
        subscription.get("endpoint"),
        *(keys.get(k) if isinstance(keys, Mapping) else None for k in ("p256dh", "auth")),
    ]
    if not all(isinstance(value, str) and 0 < len(value) <= 1000 for value in values):
        raise InputError("the browser sent no subscription")
    endpoint, p256dh, auth = map(str, values)
    rows = PushSubscription.objects.unscoped(reason=_REASON)
    row, _ = rows.update_or_create(
        endpoint_digest=hashlib.sha256(check_endpoint(endpoint).encode()).hexdigest(),
        defaults={
            "client": client,
            "endpoint": endpoint,
            "p256dh": p256dh,
            "auth": auth,
            "created_at": at,
            "ended_at": None,
        },
    )
    for old in rows.filter(client=client, ended_at=None).order_by("-created_at")[MAX_SUBSCRIPTIONS:]:
        _end(old, at)
    record(actor=None, action="push.subscribed", object_type="client", object_id=client.id, client=client.id)
    return row


@transaction.atomic
def unsubscribe(*, client: Client, at: datetime) -> None:
    """End the notifications on every phone of a client."""
    for row in subscriptions(client):
        _end(row, at)
    record(actor=None, action="push.unsubscribed", object_type="client", object_id=client.id, client=client.id)


def _end(row: PushSubscription, at: datetime) -> None:
    row.ended_at = at
    row.save(update_fields=["ended_at"])


def subscriptions(client: Client) -> list[PushSubscription]:
    return list(PushSubscription.objects.unscoped(reason=_REASON).filter(client=client, ended_at=None))


def send_push(client: Client, text: str) -> None:
    """Send a sentence to every phone of a client. Raises JobProblem if it reached no push service."""
    rows, problems = subscriptions(client), []
    if not rows:
        raise JobProblem("the client has not switched notifications on", for_good=True)
    for row in rows:
        if problem := _send(row, text):
            problems.append(problem)
    if len(problems) == len(rows):
        raise JobProblem(problems[0], for_good=not subscriptions(client))


def _send(row: PushSubscription, text: str) -> str:
    """Send to one phone. Returns what went wrong, if anything did; a subscription that is gone ends."""
    try:
        endpoint = check_endpoint(row.endpoint)
    except InputError as error:
        _end(row, timezone.now())
        return str(error)
    info = {"endpoint": endpoint, "keys": {"p256dh": row.p256dh, "auth": row.auth}}
    session = Session()
    session.max_redirects = 0  # a service that answers with another address must not lead us there
    try:
        webpush(
            info,
            json.dumps({"title": text}),
            vapid_private_key=_load_key(key_file()),
            vapid_claims={"sub": settings.ADDRESS or "https://localhost"},
            ttl=_KEEP,
            requests_session=session,
            timeout=20,
        )
    except WebPushException as error:
        status = getattr(error.response, "status_code", None)
        if status in {404, 410}:
            _end(row, timezone.now())
            return "the client’s phone takes no notifications any more"
        return f"the push service refused the message ({status or 'no answer'})"
    except RequestException:
        return "the push service cannot be reached"
    return ""
