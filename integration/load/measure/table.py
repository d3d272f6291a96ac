"""The table of results, as text and as Markdown."""

import datetime
import os
import platform
import statistics
import subprocess
import tomllib
from pathlib import Path

from . import programs
from .programs import LOAD, REPOSITORY
from .servers import BARE, DIALSCRIPT, LIBRARIES

COLUMNS = ["at once", "server", "CPU µs/call", "to bare", "to library", "KiB/call", "wall s", "p50 ms", "p99 ms"]


def plain(results, _arguments):
    """The table for a terminal."""
    text = []
    for (switch, trigger), lines in grouped(results).items():
        text.append(f"{switch}, trigger {trigger}")
        rows = [COLUMNS + ["server/caller busy"]]
        rows += [cells(line, results) + [busy(results[line])] for line in lines]
        widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
        text += ["  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in rows]
        text.append("")
    rounds = max(len(runs) for runs in results.values())
    return "\n".join([*text, f"{rounds} rounds, load {os.getloadavg()[0]:.1f}, {where()}"])


def markdown(results, arguments):
    """The table as it is published."""
    text = head(results, arguments)
    for (switch, trigger), lines in grouped(results).items():
        text += ["", f"{switch}, trigger {trigger}:", "", row(COLUMNS), row(["---:", "---"] + ["---:"] * 7)]
        text += [row(cells(line, results)) for line in lines]
    return "\n".join(text)


def row(values):
    """A row of a Markdown table."""
    return f"| {' | '.join(values)} |"


def grouped(results):
    """The lines of each switch and trigger, in the order of calls at once and servers."""
    groups = {}
    for line in sorted(results, key=lambda line: line.at_once):
        groups.setdefault((line.switch, line.trigger), []).append(line)
    return dict(sorted(groups.items(), key=lambda group: list(results).index(group[1][0])))


def cells(line, results):
    """The cells of a line."""
    runs = results[line]
    median = lambda of: statistics.median(map(of, runs))  # noqa: E731
    return [
        f"{line.at_once:,}",
        line.server.name,
        f"{median(lambda run: run.cpu) * 1e6:.1f}",
        ratio(line, results, lambda name: name == BARE),
        ratio(line, results, lambda name: name not in (BARE, DIALSCRIPT)),
        f"{median(lambda run: run.memory) / 1024:.1f}",
        f"{median(lambda run: run.wall):.2f}",
        f"{median(lambda run: run.p50) * 1e3:.1f}",
        f"{median(lambda run: run.p99) * 1e3:.1f}",
    ]


def ratio(line, results, is_base):
    """The median of the ratios to the cheapest server that `is_base` names; empty if there is none."""
    others = [other for other in results if other.server != line.server and is_base(other.server.name)]
    same = lambda other: (other.switch, other.trigger, other.at_once) == (line.switch, line.trigger, line.at_once)  # noqa: E731
    ratios = [
        statistics.median(run.cpu / base.cpu for run, base in zip(results[line], results[other]))
        for other in filter(same, others)
    ]
    return f"{max(ratios):.2f}" if ratios else ""


def busy(runs):
    """How busy the cores of the server and of the simulated switch were, in percent of the time."""
    parts = (statistics.median(getattr(run, name) for run in runs) for name in ("server_load", "caller_load"))
    return "/".join(f"{part:.0%}" for part in parts)


def where():
    """How the programs share the machine."""
    shared = "the server on a core of its own" if programs.is_pinned() else "server and caller on all cores"
    return f"{os.cpu_count()} CPUs, {shared}"


def head(results, arguments):
    """The machine, the date, the versions and the command."""
    rounds = max(len(runs) for runs in results.values())
    rows = [
        ("Command", f"`integration/load/run {' '.join(arguments)}`"),
        ("Date", datetime.date.today().isoformat()),
        ("Machine", f"{cpu_model()}, {where()}"),
        ("System", f"{platform.system()} {platform.release().partition('-')[0]}"),
        ("Versions", versions()),
        ("Rounds", f"{rounds}"),
    ]
    return [row(["", ""]), row(["---", "---"]), *(row(pair) for pair in rows)]


def cpu_model():
    """The name of the processor."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def versions():
    """The versions of dialscript and of the libraries."""
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=REPOSITORY, capture_output=True, text=True)
    lock = LOAD / "Cargo.lock"
    lock = tomllib.loads(lock.read_text())["package"] if lock.exists() else []
    libraries = [name for names in LIBRARIES.values() for name in names]
    found = [f"{package['name']} {package['version']}" for package in lock if package["name"] in libraries]
    return ", ".join([f"dialscript {commit.stdout.strip()}", *found])
