"""Finding a column by its name: nearest names where there is none, and what to do where it stands twice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

from securebase.errors import TableError
from securebase.exchange.grid import Grid, clean, name_of, shown
from securebase.exchange.values import is_missing, number_in


class NamedColumns:
    """The columns of a grid by name. `renamed`: our name → the file's. Remarks gather in `remarks`."""

    def __init__(self, grid: Grid, renamed: Mapping[str, str]) -> None:
        self.grid = grid
        self.renamed = {name_of(ours): name_of(theirs) for ours, theirs in renamed.items()}
        self.remarks: list[str] = []
        self.used: set[int] = set()

    def find(self, name: str) -> int:
        """Position of the column of this name (ours or the file's). Raises TableError with the nearest names."""
        wanted = self.renamed.get(name_of(name), name_of(name))
        places = [i for i, header in enumerate(self.grid.header) if header == wanted]
        if not places:
            raise self._unknown(wanted)
        if len(places) > 1:
            self._check_same(places)
        self.used.update(places)
        return places[0]

    def find_numbered(self, stem: str) -> dict[int, int]:
        """Columns such as x1, x_2 or x.3 for a stem: number → position. Raises TableError where there are none."""
        wanted = self.renamed.get(name_of(stem), name_of(stem))
        pattern = re.compile(re.escape(wanted) + r"[ _.\-]?(\d{1,6})", re.ASCII)
        found: dict[int, list[int]] = {}
        for i, header in enumerate(self.grid.header):
            if match := pattern.fullmatch(header):
                found.setdefault(int(match[1]), []).append(i)
        if not found:
            raise self._unknown(f"{wanted}1, {wanted}2, …", near_to=wanted)
        for places in found.values():
            if len(places) > 1:
                self._check_same(places)
            self.used.update(places)
        return {number: places[0] for number, places in sorted(found.items())}

    def not_used(self) -> list[str]:
        """Names of the columns that nobody asked for, in the file's order."""
        return list(dict.fromkeys(name for i, name in enumerate(self.grid.header) if i not in self.used and name))

    def _unknown(self, wanted: str, near_to: str = "") -> TableError:
        names = list(dict.fromkeys(name for name in self.grid.header if name))
        folded = {name.lower(): name for name in names}
        near = [folded[n] for n in get_close_matches((near_to or wanted).lower(), folded, n=3, cutoff=0.5)]
        hint = f"Did you mean {' or '.join(f'“{n}”' for n in near)}? " if near else ""
        listed = ", ".join(f"“{shown(n, 40)}”" for n in names[:20]) + (", …" if len(names) > 20 else "")
        return TableError(
            f"there is no column “{shown(wanted)}”", file=self.grid.file, advice=f"{hint}The columns are: {listed}."
        )

    def _check_same(self, places: list[int]) -> None:
        """A name that stands twice may be used where both columns say the same, and only there."""
        first, name = places[0], self.grid.header[places[0]]
        for other in places[1:]:
            for number, row in zip(self.grid.numbers, self.grid.rows, strict=True):
                if not _same(clean(row[first]), clean(row[other])):
                    raise TableError(
                        f"the name stands twice, in columns {first + 1} and {other + 1}, and they differ "
                        f"(“{shown(row[first])}” and “{shown(row[other])}”)",
                        file=self.grid.file,
                        row=number,
                        column=name,
                        advice="Give the two columns different names in the file.",
                    )
        where = " and ".join(str(p + 1) for p in places)
        remark = f"“{name}” stands in columns {where} with the same content; the first was read."
        if remark not in self.remarks:
            self.remarks.append(remark)


def _same(a: str, b: str) -> bool:
    if a == b or (is_missing(a) and is_missing(b)):
        return True
    one, two = number_in(a), number_in(b)
    return one is not None and one == two
