"""What the pages say is there: files and headings behind links, commands and their options."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "rewards").rglob("*.md")])
COMMANDS = {
    "rewards": "rewards.cli",
    "data_recipes": "data_recipes.cli",
    "rl": "rl.cli",
    "benchmark": "eval.cli",
    "openk15": "openk15.doctor",
}
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SPOKEN = re.compile(rf"(?:^ {{4}}|`)({'|'.join(COMMANDS)}) ([a-z][a-z-]+\b[^`\n]*)", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """As code hosts make them: lower case, blanks to hyphens, no other marks."""
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def spoken(page: Path) -> Iterator[tuple[str, list[str]]]:
    """Command lines in code: (command, words after it)."""
    for found in SPOKEN.finditer(page.read_text("utf-8").replace("\\\n", " ")):
        yield found[1], found[2].split(" #")[0].split()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path):
    lost = []
    for target in re.findall(r"\]\(([^)\s]+)\)", CODE.sub("", page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = page.parent / name if name else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            lost.append(target)
    assert lost == []


def test_every_command_and_option_on_the_pages_exists():
    trees = {name: typer.main.get_command(importlib.import_module(module).app) for name, module in COMMANDS.items()}
    seen, unknown = 0, []
    for page in PAGES:
        for name, words in spoken(page):
            command, rest = trees[name], list(words)
            while rest and hasattr(command, "commands") and re.fullmatch(r"[a-z0-9-]+", rest[0]):
                command = command.commands.get(rest[0])
                if command is None:
                    unknown.append(f"{page.name}: {name} {' '.join(words)}")
                    break
                rest.pop(0)
            if command is None or hasattr(command, "commands"):
                continue
            seen += 1
            options = {"--help"}.union(*((*param.opts, *param.secondary_opts) for param in command.params))
            given = [word.split("=")[0].rstrip(".,;:)") for word in rest if re.match(r"--?[a-z]", word)]
            unknown += [f"{page.name}: {name} {' '.join(words)}: {one}" for one in given if one not in options]
    assert unknown == []
    assert seen > 50, "the pattern finds no command lines any more"
