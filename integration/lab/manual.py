"""The code blocks of the manual, with their page and line."""

import re
from dataclasses import dataclass

from .host import REPOSITORY

FENCE = re.compile(r"^(\s*)```(\w*)\s*$")


@dataclass(frozen=True)
class Block:
    """A code block. The indentation of its fence is removed from its lines."""

    page: str
    line: int  # of the fence, counted from 1
    lines: tuple

    def location(self, index=0):
        """The line as PAGE:LINE; `index` counts the lines of the block from 0."""
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
