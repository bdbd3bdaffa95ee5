"""Notifications on a client's phone: a push service on this machine receives one neutral sentence, encrypted."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.urls import reverse
from django.utils import timezone

from securebase.errors import InputError
from securebase.workbench.jobs.actions import JobProblem
from securebase.workbench.own_pages.actions import make_link
from securebase.workbench.requests import push
from securebase.workbench.requests.models import Channel, PushSubscription, Request
from workbench.browser import Browser
from workbench.cast import Cast
from workbench.requests.course import Transport
from workbench.requests.test_sending import NOW, plan

SECRET = b"sixteen bytes ok"


def encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class Service:
    """A push service: keeps what it receives, and answers with `status`."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.status, self.location = 201, ""
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.received.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(service.status)
                if service.location:
                    self.send_header("Location", service.location)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.key = ec.generate_private_key(ec.SECP256R1())
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"

    @property
    def subscription(self) -> dict[str, object]:
        """The subscription that the browser of a phone would send."""
        public = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": encode(public), "auth": encode(SECRET)}
        return {"endpoint": f"http://{self.host}/send/1", "keys": keys}

    def read(self, position: int = -1) -> Any:
        """Return the message as the phone decrypts it."""
        _, body = self.received[position]
        return json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=SECRET, version="aes128gcm"))


@pytest.fixture
def service(settings: Any, tmp_path: Any) -> Iterator[Service]:
    service = Service()
    settings.PUSH_HOSTS, settings.DATA_DIR = [service.host], tmp_path
    settings.ADDRESS, settings.TIME_ZONE = "https://clinic.example", "UTC"
    yield service
    service.server.shutdown()
    service.server.server_close()


def own_page(cast: Cast) -> Browser:
    """Return the client's browser with the own page open."""
    client = Browser()
    link = make_link(client=cast.carla, by=cast.alma, at=timezone.now())
    client.post(link.path, {"code": link.code})
    return client


def switch_on(client: Browser, subscription: object) -> int:
    return int(
        client.post(reverse("own-notify"), json.dumps(subscription), content_type="application/json").status_code
    )


def test_a_request_reaches_the_phone_as_one_encrypted_neutral_sentence(cast: Cast, service: Service) -> None:
    client = own_page(cast)
    assert push.public_key() in client.get(reverse("own-home")).content.decode()
    assert switch_on(client, service.subscription) == 204
    cast.hold_at(datetime(2026, 9, 10, 10, tzinfo=UTC))
    plan(cast, channel=Channel.PUSH, reminders=0)
    Transport().run(datetime(2026, 9, 9, 18, tzinfo=UTC))
    assert service.read() == {"title": "A few questions for you"}
    headers, body = service.received[0]
    assert b"questions" not in body
    assert headers["authorization"].startswith("vapid t=")
    assert Request.objects.visible_to(cast.alma).get().state == "sent"


def test_a_phone_that_is_gone_ends_its_subscription(cast: Cast, service: Service) -> None:
    switch_on(own_page(cast), service.subscription)
    service.status = 410
    cast.hold_at(datetime(2026, 9, 10, 10, tzinfo=UTC))
    plan(cast, channel=Channel.PUSH)
    Transport().run(datetime(2026, 9, 9, 18, tzinfo=UTC))
    request = Request.objects.visible_to(cast.alma).get()
    assert (request.state, request.problem) == ("failed", "the client’s phone takes no notifications any more")
    assert PushSubscription.objects.visible_to(cast.alma).get().ended_at is not None


def test_a_service_that_is_busy_is_tried_again(cast: Cast, service: Service) -> None:
    switch_on(own_page(cast), service.subscription)
    service.status = 503
    cast.hold_at(datetime(2026, 9, 10, 10, tzinfo=UTC))
    plan(cast, channel=Channel.PUSH, reminders=0)
    transport = Transport()
    transport.run(datetime(2026, 9, 9, 18, tzinfo=UTC))
    service.status = 201
    transport.run(datetime(2026, 9, 9, 18, 2, tzinfo=UTC))
    assert len(service.received) == 2
    assert Request.objects.visible_to(cast.alma).get().state == "sent"


def test_the_client_switches_notifications_off(cast: Cast, service: Service) -> None:
    client = own_page(cast)
    switch_on(client, service.subscription)
    assert "Stop notifications" in client.get(reverse("own-home")).content.decode()
    assert switch_on(client, {}) == 204
    assert push.subscriptions(cast.carla) == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://clinic.internal/secret",
        "http://169.254.169.254/latest",
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evil.example/?fcm.googleapis.com",
        "file:///etc/passwd",
        r"https://127.0.0.1\.push.apple.com/x",
        "https://name@web.push.apple.com/x",
    ],
)
def test_only_known_push_services_are_ever_called(cast: Cast, service: Service, endpoint: str) -> None:
    assert switch_on(own_page(cast), service.subscription | {"endpoint": endpoint}) == 400
    assert not PushSubscription.objects.visible_to(cast.alma).exists()
    with pytest.raises(InputError):
        push.check_endpoint(endpoint)


@pytest.mark.parametrize(
    "body", [{"endpoint": 5}, {"endpoint": "x", "keys": {}}, {"keys": []}, {"endpoint": "x" * 2000}]
)
def test_what_is_no_subscription_is_refused(cast: Cast, service: Service, body: Any) -> None:
    assert switch_on(own_page(cast), body) == 400


def test_the_services_of_the_large_browsers_are_known() -> None:
    for host in (
        "fcm.googleapis.com",
        "updates.push.services.mozilla.com",
        "web.push.apple.com",
        "x.notify.windows.com",
    ):
        push.check_endpoint(f"https://{host}/abc")


def test_nobody_without_an_open_page_subscribes(cast: Cast, service: Service) -> None:
    assert switch_on(Browser(), service.subscription) != 204
    assert timezone.now() > NOW
    assert not PushSubscription.objects.visible_to(cast.alma).exists()


def test_a_stored_address_that_is_no_longer_allowed_ends_and_holds_up_no_other_phone(
    cast: Cast, service: Service, settings: Any
) -> None:
    push.subscribe(client=cast.carla, subscription=service.subscription, at=NOW)
    bad = PushSubscription.objects.create(
        client=cast.carla, endpoint_digest="b", endpoint="https://evil.example/x", p256dh="a", auth="b", created_at=NOW
    )
    push.send_push(cast.carla, "Hello")
    bad.refresh_from_db()
    assert bad.ended_at is not None
    assert service.read() == {"title": "Hello"}


def test_a_service_that_redirects_is_not_followed(cast: Cast, service: Service) -> None:
    push.subscribe(client=cast.carla, subscription=service.subscription, at=NOW)
    service.status, service.location = 307, f"http://{service.host}/elsewhere"
    with pytest.raises(JobProblem):
        push.send_push(cast.carla, "Hello")
    assert len(service.received) == 1
