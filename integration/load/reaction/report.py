"""The tables of the result."""

import datetime
import math
import os
import platform
import re
import statistics
import subprocess
import textwrap
from pathlib import Path

COLUMNS = ["way", "calls", "median ms", "p90 ms", "max ms", "CPU ms per call", "of it the switch", "CPU ratio"]


def print_head(binary, options):
    """Prints when, where and with what was measured."""
    version = subprocess.run([str(binary), "--version"], capture_output=True, text=True, check=False).stdout.strip()
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    machine = f"{os.cpu_count()} CPUs ({cpu[1] if cpu else platform.machine()}), Linux {platform.release().partition('-')[0]}"
    command = f"integration/load/switch --switch {' '.join(options.switch)} --ways {' '.join(options.ways)}"
    command += f" --calls {options.calls} --at-once {options.at_once} --rounds {options.rounds}"
    print(f"\n```sh\n{command}\n```\n" if options.markdown else f"\n{command}")
    print(f"{datetime.date.today()}; {machine}, load {os.getloadavg()[0]:.1f}; {version}")


def print_table(name, measured, markdown):
    """Prints the result of one switch."""
    rows = [row(way, runs, measured.get("dialplan")) for way, runs in measured.items()]
    print(f"\n### {name}\n" if markdown else f"\n{name}")
    if markdown:
        print("| " + " | ".join(COLUMNS) + " |\n| --- |" + " --: |" * (len(COLUMNS) - 1))
        print("\n".join("| " + " | ".join(cells) + " |" for cells in rows) + "\n")
    else:
        widths = [max(map(len, column)) for column in zip(COLUMNS, *rows)]
        for cells in [COLUMNS, *rows]:
            print(cells[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(cells[1:], widths[1:])))
    print_own_delay([run for runs in measured.values() for run in runs])


def print_own_delay(runs):
    """Prints what the measurement itself adds."""
    delays, late = ([1000 * value for run in runs for value in run[what]] for what in ("delays", "late"))
    text = (
        f"The measurement adds {statistics.median(delays):.2f} ms to a reaction (median), at most "
        f"{max(delays):.2f} ms. Packets of the caller were sent {statistics.median(late):.2f} ms late (median), at the "
        f"99th percentile {percentile(late, 0.99):.2f} ms, which is not a part of the reaction."
    )
    print(textwrap.fill(text, 120))


def row(way, runs, base):
    """A line of the table. `base` are the runs of the dialplan, if it was measured."""
    reactions = [reaction for run in runs for reaction in run["reactions"]]
    heard = [1000 * reaction for reaction in reactions if reaction is not None]
    calls = f"{len(heard)} of {len(reactions)}" if len(heard) < len(reactions) else str(len(heard))
    times = [statistics.median(heard), percentile(heard, 0.9), max(heard)] if heard else [math.nan] * 3
    cpu = mean_ms(runs, "cpu")
    ratio = f"{cpu / mean_ms(base, 'cpu'):.2f}" if base else ""
    return [way, calls, *(f"{value:.1f}" for value in (*times, cpu, mean_ms(runs, "switch"))), ratio]


def mean_ms(runs, what):
    """The mean of a time of all calls, in milliseconds."""
    calls = [len(run["reactions"]) for run in runs]
    return 1000 * sum(run[what] * count for run, count in zip(runs, calls)) / sum(calls)


def percentile(values, share):
    """The smallest of the values that at least this share of them does not exceed."""
    return sorted(values)[math.ceil(share * len(values)) - 1]
