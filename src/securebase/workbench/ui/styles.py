"""The style sheets of the components as one static file: a page loads one sheet, and a component is one folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

from securebase.workbench.ui.kit import join_styles

SHEET = "ui/components.css"


class ComponentStyles(BaseFinder):
    """Finds the joined sheet, which it writes to a temporary folder when the server starts."""

    def __init__(self) -> None:
        # a file, because whatever serves static files asks for one; the folder is deleted when the process ends
        self._folder = TemporaryDirectory(prefix="securebase-styles-")
        file = Path(self._folder.name, SHEET)
        file.parent.mkdir()
        file.write_text(join_styles(), encoding="utf-8")
        self.storage = FileSystemStorage(self._folder.name)

    def find(self, path: str, find_all: bool = False, **_: Any) -> Any:
        if path != SHEET:
            return []
        file = self.storage.path(SHEET)
        return [file] if find_all else file

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[Any]:
        yield SHEET, self.storage
