"""The blocks of code in the manual, with the places where they stand."""

import re
from dataclasses import dataclass

from .host import REPOSITORY

FENCE = re.compile(r"^(\s*)```(\w*)\s*$")


@dataclass(frozen=True)
class Block:
    """The lines of a block, without the indentation of its fence."""

    page: str
    line: int  # of the fence, from 1
    lines: tuple

    def place(self, index=0):
        """As editors understand it; `index` counts the block's lines from 0."""
        return f"{self.page}:{self.line + 1 + index}"


def blocks(language):
    """All blocks of a language in README.md, docs/ and dialplan/."""
    found = []
    for page in [REPOSITORY / "README.md", *sorted(REPOSITORY.glob("docs/**/*.md")),
                 *sorted(REPOSITORY.glob("dialplan/**/*.md"))]:
        found += [block for word, block in _of_page(page) if word == language]
    return found


def _of_page(page):
    start, word, indent, lines = None, "", 0, []
    for number, line in enumerate(page.read_text().splitlines(), 1):
        fence = FENCE.match(line)
        if not fence and start:
            lines.append(line[indent:])
        elif fence and start:
            yield word, Block(str(page.relative_to(REPOSITORY)), start, tuple(lines))
            start = None
        elif fence:
            start, word, indent, lines = number, fence[2], len(fence[1]), []
