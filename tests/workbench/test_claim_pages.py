"""Claims name only pages that the workbench has."""

from __future__ import annotations

from django.urls import get_resolver

from securebase.ipt.claim_locations import claim_locations


def test_pages_named_by_claims_exist() -> None:
    pages = {p.page for p in claim_locations() if p.page}
    assert pages
    assert pages <= {name for name in get_resolver().reverse_dict if isinstance(name, str)}
