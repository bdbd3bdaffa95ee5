"""Names of estimates, such as `drift[y,x]`: a block, and in brackets the columns that the entry relates."""

from __future__ import annotations


def block_of(name: str) -> str:
    """Return the block of a name: `drift[y,x]` → “drift”."""
    return name.partition("[")[0]


def columns_of(name: str) -> str:
    """Return what a name has in brackets: `drift[y,x]` → “y,x”; nothing for a single number such as `rate`."""
    return name.partition("[")[2].removesuffix("]")


def diagonal_column(name: str) -> str | None:
    """Return the column of a diagonal entry: `drift[y,y]` → “y”; None for every other entry.

    Columns may have commas in their names, so the two halves are compared instead of splitting at a comma.
    """
    columns = columns_of(name)
    middle = len(columns) // 2
    first, comma, second = columns[:middle], columns[middle : middle + 1], columns[middle + 1 :]
    return first if comma == "," and first == second else None


def is_variance(name: str) -> bool:
    """Return True for noise and the diagonal of a covariance; names are as in Parameters.named."""
    block = block_of(name)
    is_covariance = block == "diffusion" or (block.endswith("_covariance") and block != "level_change_covariance")
    return block == "measurement_noise" or (is_covariance and diagonal_column(name) is not None)
