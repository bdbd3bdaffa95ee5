"""Static files of the components: their style sheets joined into one, which every page loads, and their scripts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

from securebase.workbench.ui.kit import join_styles, read_components

SHEET = "ui/components.css"


class ComponentAssets(BaseFinder):
    """Finds the joined sheet and the scripts, which it writes to a temporary folder when the server starts."""

    def __init__(self) -> None:
        # files, because whatever serves static files asks for them; the folder is deleted when the process ends
        self._folder = TemporaryDirectory(prefix="securebase-components-")
        self._files = {SHEET: join_styles()} | {c.script_path: c.script for c in read_components().values() if c.script}
        for path, content in self._files.items():
            file = Path(self._folder.name, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        self.storage = FileSystemStorage(self._folder.name)

    def find(self, path: str, find_all: bool = False, **_: Any) -> Any:
        if path not in self._files:
            return []
        file = self.storage.path(path)
        return [file] if find_all else file

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[Any]:
        return ((path, self.storage) for path in self._files)
