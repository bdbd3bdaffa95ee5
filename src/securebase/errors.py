"""The errors of the package: each names the problem, its location and the fix."""

from __future__ import annotations

from dataclasses import dataclass


class SecurebaseError(Exception):
    """Base class of every error that this package raises on purpose.

    Catch it to tell a refused request from a defect: anything else that escapes the package is a bug, except the
    KeyError of a look-up that documents one. As text it reads ``where: what. advice``; the command line prints that
    line and ends with exit code 2, or 3 for a `NoEstimateError`.

    Parameters
    ----------
    what : str
        The problem, with the value that caused it.
    where : str, optional
        Its location: a file, a row, a column, a field.
    advice : str, optional
        The fix, as a sentence of its own.

    Attributes
    ----------
    what, where, advice : str
        The parameters, unchanged.

    Examples
    --------
    >>> import securebase
    >>> try:
    ...     securebase.instrument("phq")
    ... except securebase.SecurebaseError as error:
    ...     print(error.what)
    unknown instrument “phq”
    """

    def __init__(self, what: str, *, where: str = "", advice: str = "") -> None:
        self.what, self.where, self.advice = what, where, advice
        super().__init__(what)

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        text = text if text.endswith((".", "!", "?")) else text + "."
        return f"{text} {self.advice}".strip()


class InputError(SecurebaseError):
    """An argument, option, file or value that cannot be used. Base class of all errors about input."""


def check_class(value: object, kind: type, name: str, *, advice: str = "") -> None:
    """Raise InputError unless an argument is of this class."""
    if not isinstance(value, kind):
        actual = "None" if value is None else type(value).__name__
        raise InputError(f"{name} must be of class {kind.__name__} (got {actual})", advice=advice)


class TableError(InputError):
    """A table that cannot be read or written.

    Parameters
    ----------
    what : str
        The problem.
    file : str
        Name of the file.
    row : int, optional
        Row of the file, counted from 1 (the header).
    column : str, optional
        Name of the column.
    value : str, optional
        Content of the cell. The message quotes it.
    advice : str, optional
        The fix.

    Attributes
    ----------
    file, row, column, value
        The parameters, for programs that point at the cell.
    """

    def __init__(
        self,
        what: str,
        *,
        file: str,
        row: int | None = None,
        column: str | None = None,
        value: str | None = None,
        advice: str = "",
    ) -> None:
        self.file, self.row, self.column, self.value = file, row, column, value
        parts = [file]
        if row is not None:
            parts.append(f"row {row}")
        if column is not None:
            parts.append(f"column “{column}”")
        text = what if value is None else f"{what} (got “{value}”)"
        super().__init__(text, where=", ".join(parts), advice=advice)


class InstrumentError(InputError):
    """An invalid instrument file, or an unknown instrument."""


class ShelfError(InputError):
    """An invalid worksheet or task file, or an unknown worksheet or task."""


class ResponseError(InputError):
    """A response that the item does not allow, or a response to an item that does not exist."""


class ModelError(InputError):
    """A model that cannot be specified or fitted: too little data, unknown construct, unstable parameters."""


class ParameterSetError(InputError):
    """An invalid parameter set or scenario, or an unknown one."""


class NoEstimateError(SecurebaseError):
    """A fit or study that ended without an estimate. The command line then ends with exit code 3."""


class ConflictError(InputError):
    """A save based on an earlier version: somebody else has saved since. Pages answer with status 409.

    The default texts fit a form that keeps its input and offers to save again.
    """

    def __init__(
        self,
        what: str = "someone else changed this while you were editing",
        *,
        advice: str = "Compare with the saved version, then save again.",
    ) -> None:
        super().__init__(what, advice=advice)


class NotPermittedError(SecurebaseError):
    """The signed-in account lacks the permission to see or do this.

    Code that catches it refuses the whole request. It never returns fewer rows instead.
    """


@dataclass(frozen=True, slots=True)
class Advice:
    """A numerical outcome as a value, not an error: the estimates come with it."""

    kind: str
    sentence: str
    what_to_do: str = ""
