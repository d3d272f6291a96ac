"""Lets the ways of a call take turns on a switch, and measures each of them."""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from lab.channel import SwitchFailed

from .processes import cpu_seconds

LOAD = Path(__file__).resolve().parent.parent
IDLE_SECONDS = 4.0
SETTLE = 1.0  # seconds after the last call, until the switch has freed everything
LONGEST = 20.0  # seconds of a call; the caller ends its calls before


class CallerFailed(Exception):
    """The process that plays the calls has failed or not ended in time."""


def measure_ways(name, switch, daemon, options, say):
    """Lets the ways take turns. Returns for each way its runs."""
    measured = {way: [] for way in options.ways if not switch.missing(way)}
    for way in options.ways:
        if way not in measured:
            say(f"left out: {name}, {way}: {switch.missing(way)}")
    if not measured:
        raise SwitchFailed("none of the ways can be measured")
    for way in measured:  # the first calls load files and modules
        call(switch, way, 2, 2)
    time.sleep(SETTLE)
    pids = [switch.pid, daemon.pid, *switch.helpers]
    idle = idle_cpu(pids)
    say(f"{name}: {1000 * idle:.1f} ms of CPU in a second without calls")
    rounds = min(options.rounds, options.calls)
    for number in range(rounds):
        count = options.calls * (number + 1) // rounds - options.calls * number // rounds
        for way in reversed(measured) if number % 2 else measured:
            run = measure_run(switch, way, pids, idle, count, options.at_once)
            say(f"{name}, round {number + 1} of {rounds}, {way}: {summary(run)}")
            measured[way].append(run)
    return measured


def idle_cpu(pids):
    """CPU seconds that these processes use in a second without calls."""
    started, before = time.monotonic(), sum(map(cpu_seconds, pids))
    time.sleep(IDLE_SECONDS)
    return (sum(map(cpu_seconds, pids)) - before) / (time.monotonic() - started)


def measure_run(switch, way, pids, idle, count, at_once):
    """Plays calls of one way. Returns what the caller printed, and the CPU time of the processes."""
    started, before = time.monotonic(), [cpu_seconds(pid) for pid in pids]
    run = call(switch, way, count, at_once)
    time.sleep(SETTLE)
    used = [cpu_seconds(pid) - cpu for pid, cpu in zip(pids, before)]
    run["cpu"] = (sum(used) - idle * (time.monotonic() - started)) / count
    run["switch"] = run["cpu"] - sum(used[1:]) / count
    return run


def call(switch, way, count, at_once):
    """Plays calls with the caller's process; returns what it prints."""
    command = [sys.executable, "-m", "reaction.caller", str(switch.sip_port), way, str(count), str(at_once)]
    environment = {**os.environ, "PYTHONPATH": f"{LOAD}:{LOAD.parent}"}
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, env=environment, timeout=LONGEST * (1 + count / at_once), check=True
        )
    except subprocess.SubprocessError as problem:
        raise CallerFailed(str(problem)) from problem
    return json.loads(done.stdout)


def summary(run):
    """One line about a run."""
    heard = [reaction * 1000 for reaction in run["reactions"] if reaction is not None]
    median = statistics.median(heard) if heard else float("nan")
    return f"{len(heard)} of {len(run['reactions'])} calls, reaction {median:.1f} ms, CPU {run['cpu'] * 1000:.1f} ms"
