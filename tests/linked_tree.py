"""A copy of the package that consists of links, to which a test adds files."""

from __future__ import annotations

from pathlib import Path


def link_tree(source: Path, target: Path, below: Path) -> None:
    """Link a package file by file along the path to `below`, whose folder becomes a new one that can be added to."""
    target.mkdir(parents=True)
    for entry in source.iterdir():
        if below.is_relative_to(entry):
            link_tree(entry, target / entry.name, below)
        else:
            (target / entry.name).symlink_to(entry)
