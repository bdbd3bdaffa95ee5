"""From a client's page every tool is reached in at most three steps, no link is broken, and no page is a dead end."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup
from django.test import Client as Browser
from django.urls import resolve, reverse

from securebase.ipt.lineage import STUART_ROBERTSON
from securebase.ipt.shelf import worksheets
from workbench.cast import Cast

STEPS = 3
#: Pages of one client that a link leads to, and that are no pages to look at.
FILES = {"client-scores", "client-chart", "client-report"}


def links(page: BeautifulSoup, at: str) -> Iterator[str]:
    """Addresses that a person can follow on a page, also from a form that only asks."""
    for one in page.select("a[href]"):
        address = urlsplit(urljoin(at, str(one["href"])))
        if not address.netloc and address.path.startswith("/"):
            yield address.path + (f"?{address.query}" if address.query else "")


def walk(browser: Browser, start: str, steps: int) -> dict[str, tuple[int, str, BeautifulSoup]]:
    """Every page within so many steps of the first: address → (steps, name of the route, page)."""
    found: dict[str, tuple[int, str, BeautifulSoup]] = {}
    ahead = [start]
    for step in range(steps + 1):
        following: list[str] = []
        for address in ahead:
            name = resolve(urlsplit(address).path).url_name or ""
            if address in found or name in FILES:
                continue
            answer = browser.get(address, follow=True)
            assert answer.status_code == 200, f"{address} answers {answer.status_code}"
            page = BeautifulSoup(answer.content, "html.parser")
            found[address] = (step, name, page)
            following += links(page, address)
        here = f"/clients/{start.split('/')[2]}/"
        ahead = [a for a in dict.fromkeys(following) if a.startswith(here)]
    return found


def test_every_tool_is_within_three_steps_and_no_page_is_a_dead_end(cast: Cast, alma: Browser) -> None:
    reached = walk(alma, reverse("client", args=[cast.carla.id]), STEPS)
    assert len(reached) > 60
    names = {urlsplit(a).path for a in reached}
    tools = {reverse("worksheet-begin", args=[cast.carla.id, name]) for name in worksheets()}
    assert tools - names == set()
    of_the_client = f"/clients/{cast.carla.id}/"
    ends = [
        address
        for address, (_, _, page) in reached.items()
        if not any(x.startswith(of_the_client) and x != address for x in links(page, address))
    ]
    assert ends == []


def test_another_lineage_has_no_tool_it_does_not_use(cast: Cast, alma: Browser) -> None:
    clinic = cast.alma.clinic
    clinic.lineage = STUART_ROBERTSON.as_dict()
    clinic.save()
    page = alma.get(reverse("course", args=[cast.carla.id])).content.decode()
    assert reverse("worksheet-begin", args=[cast.carla.id, "sick_role"]) not in page
    assert reverse("worksheet-begin", args=[cast.carla.id, "formulation"]) in page
