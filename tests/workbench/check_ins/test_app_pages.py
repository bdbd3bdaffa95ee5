"""The check-in as an app: manifest, icons, worker and the page without a connection, without a sign-in."""

from __future__ import annotations

import struct

import pytest
from django.urls import reverse

from workbench.browser import Browser

pytestmark = pytest.mark.django_db


def test_the_manifest_names_icons_that_exist_and_nothing_about_health() -> None:
    browser = Browser()
    response = browser.get(reverse("manifest"))
    assert (response.status_code, response["Content-Type"]) == (200, "application/manifest+json")
    manifest = response.json()
    assert (manifest["name"], manifest["display"], manifest["start_url"]) == ("Securebase", "standalone", "/own/")
    for icon in manifest["icons"]:
        png = browser.get(icon["src"]).content
        assert png[:8] == b"\x89PNG\r\n\x1a\n"
        assert "{}x{}".format(*struct.unpack(">II", png[16:24])) == icon["sizes"]


def test_an_icon_of_another_size_does_not_exist() -> None:
    assert Browser().get(reverse("icon", args=[99])).status_code == 404


def test_the_worker_keeps_only_files_and_one_empty_page_that_exist() -> None:
    browser = Browser()
    worker = browser.get(reverse("worker"))
    assert worker["Content-Type"].startswith("text/javascript")
    settings = worker.content.decode().split("\n", 1)[0]
    assert reverse("offline") in settings
    assert "/c/" not in settings
    page = browser.get(reverse("offline")).content.decode()
    assert "No connection" in page
