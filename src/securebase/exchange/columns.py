"""Columns of a table by name, with suggestions for unknown names and a check of repeated ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

from securebase.errors import TableError
from securebase.exchange.grid import Grid, clean, column_name, display_text
from securebase.exchange.values import is_missing, parse_number


class NamedColumns:
    """The columns of a grid by name. `renamed` maps our names to the file's; `remarks` informs the reader."""

    def __init__(self, grid: Grid, renamed: Mapping[str, str]) -> None:
        self.grid = grid
        self.renamed = {column_name(ours): column_name(theirs) for ours, theirs in renamed.items()}
        self.remarks: list[str] = []
        self.used: set[int] = set()

    def find(self, name: str) -> int:
        """Return the index of the column (our name or the file's). Raises TableError with the closest names."""
        target = self.renamed.get(column_name(name), column_name(name))
        places = [i for i, header in enumerate(self.grid.header) if header == target]
        if not places:
            raise self._unknown(target)
        if len(places) > 1:
            self._check_same(places)
        self.used.update(places)
        return places[0]

    def find_numbered(self, stem: str) -> dict[int, int]:
        """Return number → index of columns such as x1, x_2 or x.3. Raises TableError if there are none."""
        target = self.renamed.get(column_name(stem), column_name(stem))
        pattern = re.compile(re.escape(target) + r"[ _.\-]?(\d{1,6})", re.ASCII)
        numbered: dict[int, list[int]] = {}
        for i, header in enumerate(self.grid.header):
            if match := pattern.fullmatch(header):
                numbered.setdefault(int(match[1]), []).append(i)
        if not numbered:
            raise self._unknown(f"{target}1, {target}2, …", similar_to=target)
        for places in numbered.values():
            if len(places) > 1:
                self._check_same(places)
            self.used.update(places)
        return {number: places[0] for number, places in sorted(numbered.items())}

    def unused_names(self) -> list[str]:
        """Return the names of unused columns in the order of the file."""
        return list(dict.fromkeys(name for i, name in enumerate(self.grid.header) if i not in self.used and name))

    def _unknown(self, requested: str, similar_to: str = "") -> TableError:
        names = list(dict.fromkeys(name for name in self.grid.header if name))
        folded = {name.lower(): name for name in names}
        near = [folded[n] for n in get_close_matches((similar_to or requested).lower(), folded, n=3, cutoff=0.5)]
        hint = f"Did you mean {' or '.join(f'“{n}”' for n in near)}? " if near else ""
        listed = ", ".join(f"“{display_text(n, 40)}”" for n in names[:20]) + (", …" if len(names) > 20 else "")
        return TableError(
            f"unknown column “{display_text(requested)}”",
            file=self.grid.file,
            advice=f"{hint}Columns: {listed}.",
        )

    def _check_same(self, places: list[int]) -> None:
        """Check that columns with the same name have the same content."""
        first, name = places[0], self.grid.header[places[0]]
        for duplicate in places[1:]:
            for number, row in zip(self.grid.numbers, self.grid.rows, strict=True):
                if not _are_equal(clean(row[first]), clean(row[duplicate])):
                    raise TableError(
                        f"columns {first + 1} and {duplicate + 1} have the same name but differ "
                        f"(“{display_text(row[first])}” and “{display_text(row[duplicate])}”)",
                        file=self.grid.file,
                        row=number,
                        column=name,
                        advice="Rename one of the two columns in the file.",
                    )
        numbers = " and ".join(str(p + 1) for p in places)
        remark = f"Columns {numbers} are both named “{name}” and have the same content; the first was read."
        if remark not in self.remarks:
            self.remarks.append(remark)


def _are_equal(a: str, b: str) -> bool:
    if a == b or (is_missing(a) and is_missing(b)):
        return True
    first, second = parse_number(a), parse_number(b)
    return first is not None and first == second
