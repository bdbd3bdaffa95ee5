"""Links, commands, options, make targets and settings that a document names exist."""

from __future__ import annotations

import re
from pathlib import Path

import click

from each import each
from securebase.cli.main import COMMANDS, cli

ROOT = Path(__file__).parents[2]
FOLDERS = [ROOT / name for name in ("docs", "examples", "requirements", "src", "tests")]
PAGES = sorted([*ROOT.glob("*.md"), *(page for folder in FOLDERS for page in folder.rglob("*.md"))])
each_page = each(PAGES, lambda page: page.relative_to(ROOT))


@each_page
def test_relative_links_have_a_target(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = [
        t.split("#")[0] for t in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in t and not t.startswith("#")
    ]
    assert [t for t in targets if not (page.parent / t).exists()] == []


@each_page
def test_links_into_a_page_name_one_of_its_headings(page: Path) -> None:
    missing = []
    for target, anchor in re.findall(r"\]\(([^)\s#]*)#([^)\s]+)\)", page.read_text(encoding="utf-8")):
        linked = page.parent / target if target else page
        if "://" not in target and linked.suffix == ".md" and anchor not in anchors(linked):
            missing.append(f"{target}#{anchor}")
    assert missing == []


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as a code host makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_make_targets_exist(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8")))
    assert named - targets == set()


def options(command: click.Command) -> set[str]:
    return {o for p in command.params for o in (*p.opts, *p.secondary_opts) if o.startswith("-")} | {"--help", "-h"}


@each_page
def test_commands_and_options_exist(page: Path) -> None:
    """Check every `securebase …` line of a page."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    context = click.Context(cli)
    for line in re.findall(r"(?:^|`|\$ )securebase ([a-z][^\n`]*)", text, flags=re.MULTILINE):
        name = line.split()[0]
        assert name in COMMANDS, f"{page.name} names the command “{name}”"
        command = cli.get_command(context, name)
        assert command is not None
        used = set(re.findall(r"(?<=\s)(--[a-z][a-z-]*)", line))
        assert used - options(command) == set(), f"{page.name}: {line}"


def test_every_command_and_option_is_described() -> None:
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    context = click.Context(cli)
    for name in COMMANDS:
        section = re.search(rf"^## `securebase {name}\b.*?(?=^## |\Z)", text, flags=re.MULTILINE | re.DOTALL)
        assert section, f"docs/commands.md has no section for {name}"
        command = cli.get_command(context, name)
        assert command is not None
        missing = [o for o in options(command) - {"--help", "-h"} if o.startswith("--") and f"`{o}" not in section[0]]
        assert missing == [], f"docs/commands.md, {name}: {missing}"


def test_stated_defaults_are_right() -> None:
    """Check every `--option` (default), in the table of shared options or in a command's own section."""
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    context = click.Context(cli)
    stated = 0
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        heading = re.match(r"`securebase ([a-z]+)", section)
        for name in [heading[1]] if heading else ["study", "fit", "track"]:
            command = cli.get_command(context, name)
            assert command is not None
            inside = click.Context(command)
            options_by_name = {o: p for p in command.params if isinstance(p, click.Option) for o in p.opts}
            for option, default in re.findall(r"`(--[a-z-]+)`\s\(`?([^\s()`]+)`?\)", section):
                actual = options_by_name[option].get_default(inside)
                if isinstance(actual, str | int | Path):
                    assert str(actual) == default, f"{name} {option}"
                else:  # decided elsewhere, so the option's own help has to say the same
                    assert f"[default: {default}]" in (options_by_name[option].help or ""), f"{name} {option}"
                stated += 1
    assert stated >= 20


def test_decisions_are_short() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert records
    assert [p.name for p in records if len(p.read_text(encoding="utf-8").split()) > 400] == []
