"""The code blocks of the manual, with their page and line."""

import re
from dataclasses import dataclass

from .host import REPOSITORY

INLINE = re.compile(r"`([^`]+)`")
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
    """All blocks of a language in README.md, CHANGELOG.md, docs/ and dialplan/."""
    return [block for word, block in all_blocks() if word == language]


def all_blocks():
    """All blocks with their languages."""
    return [found for page in _pages() for found in _of_page(page)]


def inline_code():
    """All code inside of sentences, with its location."""
    return [
        (f"{page.relative_to(REPOSITORY)}:{number}", code) for page in _pages()
        for number, line in enumerate(page.read_text().splitlines(), 1) for code in INLINE.findall(line)
    ]


def _pages():
    pages = [REPOSITORY / "README.md", REPOSITORY / "CHANGELOG.md"]
    return [*pages, *sorted(REPOSITORY.glob("docs/**/*.md")), *sorted(REPOSITORY.glob("dialplan/**/*.md"))]


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
