"""One family of errors. Each says what is wrong, where, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


class SecurebaseError(Exception):
    """Root of everything this package raises on purpose.

    `what` is a plain sentence, `where` names the place (a file, row, field), `advice` says what to do.
    """

    def __init__(self, what: str, *, where: str = "", advice: str = "") -> None:
        self.what, self.where, self.advice = what, where, advice
        super().__init__(what)

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        head = head if head.endswith((".", "!", "?")) else head + "."
        return f"{head} {self.advice}".strip()


class InputError(SecurebaseError):
    """Something a person gave cannot be used. The command line ends with exit code 2."""


class TableError(InputError):
    """A table cannot be understood: names the file, the row, the column and what was found there."""

    def __init__(
        self,
        what: str,
        *,
        file: str,
        row: int | None = None,
        column: str | None = None,
        found: str | None = None,
        advice: str = "",
    ) -> None:
        self.file, self.row, self.column, self.found = file, row, column, found
        place = [file]
        if row is not None:
            place.append(f"row {row}")
        if column is not None:
            place.append(f"column “{column}”")
        text = what if found is None else f"{what}; found “{found}”"
        super().__init__(text, where=", ".join(place), advice=advice)


class InstrumentError(InputError):
    """An instrument's file on the shelf is not sound, or no instrument has the name asked for."""


class ShelfError(InputError):
    """A worksheet or a task of the shelf is not sound, or none has the name asked for."""


class ResponseError(InputError):
    """A response is outside what the item allows."""


class ModelError(InputError):
    """The model cannot be used as asked (too little data, unknown construct, unstable parameters)."""


class ParameterSetError(InputError):
    """A parameter set or scenario is not sound, or none has the name asked for."""


class NotPermittedError(SecurebaseError):
    """The person signed in may not see or do this. Never widened into showing less than was asked in silence."""


@dataclass(frozen=True, slots=True)
class Advice:
    """A numerical outcome as a value: what happened and what to do. Not an error: the numbers stand beside it."""

    kind: str
    sentence: str
    what_to_do: str = ""
