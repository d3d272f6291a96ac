"""The manual pages dialscript.toml(5) and dialscript-script(5), made of pages of the manual.

The pages are prepared here for the narrow form of a manual page, and `lowdown` (a Debian package) writes them as roff.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ManualPage:
    """A manual page of section 5: its one-line description, its sources in `docs/`, and pages to read next."""

    name: str
    about: str
    sources: tuple
    see_also: str


PAGES = (
    ManualPage(
        "dialscript.toml", "configuration of dialscript", ("admin/configuration",),
        "**dialscript**(1), **dialscript-script**(5), */usr/share/doc/dialscript/docs*",
    ),
    ManualPage(
        "dialscript-script", "scripts of dialscript",
        (
            "scripts/overview", "scripts/prompt", "scripts/keypress", "scripts/speech", "scripts/trigger",
            "scripts/response", "scripts/branches", "scripts/placeholders", "scripts/texts", "scripts/sounds",
            "scripts/variables",
        ),
        "**dialscript**(1), **dialscript.toml**(5), */usr/share/doc/dialscript/docs*",
    ),
)

LINK = re.compile(r"\[((?:[^\[\]]|\[+[^\[\]]*\]+)+)\]\(([^()\s]+)\)")
CELL = re.compile(r"(?<!\\)\|")
RULE = re.compile(r"\|[\s:|-]+\|?$")


def write(docs, folder, version):
    """Writes all pages into the folder."""
    for page in PAGES:
        source = markdown(page, {name: (Path(docs) / f"{name}.md").read_text() for name in page.sources})
        command = ["lowdown", "-s", "-T", "man", "-M", "section=5", "-M", f"title={page.name.upper()}"]
        command += ["-M", f"source=dialscript {version}", "-M", "volume=dialscript"]
        roff = subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout
        # Words of code are bold, as in other manual pages. The font C is known to groff only.
        (Path(folder) / f"{page.name}.5").write_text(roff.replace(r"\fC", r"\fB"))


def markdown(page, texts):
    """The source of a manual page, of the texts of its sources."""
    parts = [f"# NAME\n\n{page.name} - {page.about}\n"]
    parts += [_prepared(texts[name]) for name in page.sources]
    return "\n".join([*parts, f"# SEE ALSO\n\n{page.see_also}\n"])


def _prepared(text):
    """A page without links, with its tables as lists. The title is a section in capitals, as in other manual pages."""
    lines, table, in_block, result = text.splitlines(), [], False, []
    for line in [*lines, ""]:
        in_block ^= line.lstrip().startswith("```")
        if not in_block and line.startswith("|"):
            table.append(line)
            continue
        if table:
            result += _list_of(table)
            table = []
        if not in_block and line.startswith("# "):
            line = line.upper()
        result.append(line)
    return _without_links("\n".join(result))


def _without_links(text):
    """Links within the manual become their text; others keep their address."""
    def replacement(link):
        label, target = link.groups()
        return f"{label} ({target})" if "://" in target else label

    blocks = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(block if block.startswith("```") else LINK.sub(replacement, block) for block in blocks)


def _list_of(table):
    """A table as a list of definitions: the first cell is the term, the others follow with the names of their columns.
    The second column needs no name."""
    header, *rows = [_cells(line) for line in table if not RULE.match(line)]
    result = []
    for term, *cells in rows:
        named = [
            text if index == 0 or not name else f"{name}: {text}"
            for index, (name, text) in enumerate(zip(header[1:], cells)) if text
        ]
        result += [term, "", ": " + ". ".join(text.rstrip(".") for text in named) + ".", ""]
    return result


def _cells(line):
    cells = CELL.split(line.strip().removeprefix("|").removesuffix("|"))
    return [cell.strip().replace("\\|", "|") for cell in cells]
