"""Page folders: packages inside an app that hold all there is to one page, and are found instead of listed.

A page folder has a `urls.py`. It is an installed app of Django, which therefore finds its `templates` and `static`.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def page_folders(app: str) -> list[str]:
    """Return the import paths of the page folders of an app, in alphabetical order."""
    spec = find_spec(app)
    places = spec.submodule_search_locations if spec else None
    return sorted(f"{app}.{urls.parent.name}" for place in places or () for urls in Path(place).glob("*/urls.py"))
