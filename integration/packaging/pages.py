"""The blocks of the manual for an installed system: ```console installed. They run in the booted machine.

Each line with `$ ` is a command, which root runs without `sudo`, and what follows is its output. A line `…` stands for
any lines.
"""

import re
from dataclasses import dataclass

from lab import host

FENCE = re.compile(r"^```console installed\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ANY_LINES = "…"


@dataclass(frozen=True)
class Block:
    """A block: where it is, and its lines."""

    place: str
    text: str

    def commands(self):
        """Its commands, each with the output that the page shows."""
        parts = re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]
        for part in parts:
            command, _, output = part.partition("\n")
            yield command, output

    def run(self, status_of):
        """Runs its commands; returns what differs."""
        problems = []
        for command, shown in self.commands():
            _, printed = status_of(re.sub(r"\bsudo ", "", command))
            if not _pattern(shown).fullmatch(printed.strip()):
                problems.append(f"{self.place}: $ {command}\nthe page shows:\n{shown}\nprinted:\n{printed}")
        return problems


def installed_blocks():
    """All of them, in the order of the pages."""
    blocks = []
    for page in sorted((host.REPOSITORY / "docs").rglob("*.md")):
        text = page.read_text()
        for found in FENCE.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            blocks.append(Block(f"{page.relative_to(host.REPOSITORY)}:{line}", found[1]))
    return blocks


def _pattern(shown):
    lines = [".*" if line.strip() == ANY_LINES else re.escape(line.rstrip()) for line in shown.strip().splitlines()]
    return re.compile("\n".join(lines), re.DOTALL)
