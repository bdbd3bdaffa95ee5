"""Every tool is within three steps of the client's page; no link is broken and no page is a dead end."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, SoupStrainer
from django.urls import resolve, reverse

from securebase.ipt.lineage import STUART_ROBERTSON
from securebase.ipt.shelf import worksheets
from securebase.schema import to_plain
from workbench.browser import Browser
from workbench.cast import Cast

STEPS = 3
#: Routes of one client that serve files instead of pages.
FILES = {"client-scores", "client-chart", "client-report"}


def links(content: bytes, base: str) -> Iterator[str]:
    """Yield the addresses that a page links to."""
    for link in BeautifulSoup(content, "html.parser", parse_only=SoupStrainer("a", href=True)):
        address = urlsplit(urljoin(base, str(link["href"])))
        if not address.netloc and address.path.startswith("/"):
            yield address.path + (f"?{address.query}" if address.query else "")


def walk(browser: Browser, start: str, steps: int) -> dict[str, list[str]]:
    """Return every page within this many steps: address → the addresses that it links to."""
    pages: dict[str, list[str]] = {}
    frontier = [start]
    for _ in range(steps + 1):
        next_addresses: list[str] = []
        for address in frontier:
            name = resolve(urlsplit(address).path).url_name or ""
            if address in pages or name in FILES:
                continue
            response = browser.get(address, follow=True)
            assert response.status_code == 200, f"{address} answers {response.status_code}"
            pages[address] = [*links(response.content, address)]
            next_addresses += pages[address]
        client_prefix = f"/clients/{start.split('/')[2]}/"
        frontier = [a for a in dict.fromkeys(next_addresses) if a.startswith(client_prefix)]
    return pages


def test_every_tool_is_within_three_steps_and_no_page_is_a_dead_end(cast: Cast, alma: Browser) -> None:
    pages = walk(alma, reverse("client", args=[cast.carla.id]), STEPS)
    assert len(pages) > 60
    names = {urlsplit(a).path for a in pages}
    tools = {reverse("worksheet-begin", args=[cast.carla.id, name]) for name in worksheets()}
    assert tools - names == set()
    client_prefix = f"/clients/{cast.carla.id}/"
    dead_ends = [
        address
        for address, addresses in pages.items()
        if not any(link.startswith(client_prefix) and link != address for link in addresses)
    ]
    assert dead_ends == []


def test_tools_of_other_lineages_are_hidden(cast: Cast, alma: Browser) -> None:
    clinic = cast.alma.clinic
    clinic.lineage = to_plain(STUART_ROBERTSON)
    clinic.save()
    page = alma.get(reverse("course", args=[cast.carla.id])).content.decode()
    assert reverse("worksheet-begin", args=[cast.carla.id, "sick_role"]) not in page
    assert reverse("worksheet-begin", args=[cast.carla.id, "formulation"]) in page
