"""One measurement: a server, and many calls."""

import json
import resource
import subprocess
import threading
import time
from dataclasses import dataclass

from .process import ServerProcess
from .programs import BUILT, on_other_core
from .servers import Server

# A measurement has as many rounds of simultaneous calls as make that many calls, and at most MAX_ROUNDS.
CALLS = 2_000
MAX_ROUNDS = 20
PLAY_TIMEOUT = 150
# Seconds in which a server may finish what it does at the beginning of the prompts.
SETTLE = 0.3


@dataclass(frozen=True)
class Line:
    """What is measured."""

    switch: str
    trigger: str
    at_once: int
    server: Server
    gap: int

    def describe(self):
        """A name for messages."""
        return f"{self.switch}, trigger {self.trigger}, {self.at_once:,} at once: {self.server.name}"

    def rounds(self):
        """The number of rounds of simultaneous calls."""
        return max(min(CALLS // self.at_once, MAX_ROUNDS), 1)


@dataclass(frozen=True)
class Result:
    """What a measurement has found. Times are in seconds, memory in bytes."""

    cpu: float  # of a call
    memory: float  # of a call that waits in its prompt
    wall: float
    p50: float
    p99: float
    server_load: float  # part of the time in which the server used its core
    caller_load: float  # part of the time in which the simulated switch used its core


def measure(line):
    """Measures a line once. Ends the program if a call is lost."""
    calls = line.rounds() * line.at_once
    with ServerProcess(line.server.command) as server:
        caller_cpu = children_cpu()
        report, cpu, memory = play(line, server)
        caller_cpu = children_cpu() - caller_cpu
        check(line, report, server, calls)
    wall = report["seconds"]
    return Result(
        cpu=cpu / calls,
        memory=memory / line.at_once,
        wall=wall,
        p50=report["p50"],
        p99=report["p99"],
        server_load=cpu / wall,
        caller_load=caller_cpu / wall,
    )


def play(line, server):
    """Plays the calls. Returns the report, the CPU time of the server, and the growth of its memory while all calls of the
    first round are in their prompt."""
    numbers = [line.gap, line.rounds(), line.at_once]
    command = [BUILT / "calls", "play", line.switch, server.address, line.server.web, *map(str, numbers)]
    with subprocess.Popen(on_other_core(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as calls:
        # A program that hangs is ended, and then so does every wait for its output.
        watchdog = threading.Timer(PLAY_TIMEOUT, calls.kill)
        watchdog.start()
        try:
            expect(calls, "warm", line, server)
            cpu, memory = server.cpu(), server.memory()
            calls.stdin.write("\n")
            calls.stdin.flush()
            expect(calls, "open", line, server)
            time.sleep(SETTLE)
            memory = server.memory() - memory
            output, _ = calls.communicate("\n")
        finally:
            watchdog.cancel()
            calls.kill()
    return json.loads(output or "{}"), server.cpu() - cpu, memory


def expect(calls, word, line, server):
    """Waits until the program `calls` prints a word."""
    if calls.stdout.readline() != f"{word}\n":
        raise SystemExit(f"{line.describe()}: the calls failed\n{server.log().decode()}")


def check(line, report, server, calls):
    """Ends the program if the measurement is void."""
    if report.get("lost", calls):
        raise SystemExit(f"{line.describe()}: {report.get('lost', calls):,} of {calls:,} calls were lost")
    requests = {"none": [0], "uncached": [calls], "cached": range(line.at_once + 1)}[line.trigger]
    if line.server.name != "bare" and report["requests"] not in requests:
        raise SystemExit(f"{line.describe()}: {report['requests']:,} requests for {calls:,} calls")
    if complaints := server.complaints():
        raise SystemExit(f"{line.describe()}: the server reported\n" + "\n".join(complaints[:5]))


def children_cpu():
    """Seconds of user and system time of all processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
