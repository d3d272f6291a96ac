"""The parts of integration/soak: what happens all the time, each in threads of its own, and what is measured."""

import json
import os
import random
import socket
import statistics
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

from . import misbehaving, web

CALL_TIMEOUT = 40.0  # seconds within which each call must end: far more than the scripts and the switches need
PAGE = os.sysconf("SC_PAGE_SIZE")
HANDED_BACK = {"goes_on": "to", "hung_up": "cause"}  # events of `dialscript call` that are a next action

SCRIPTS = {
    "asks": """
        [prompt]
        play = "ask"
        [keypress]
        length = 4
        gap = "2s"
        [trigger]
        url = "WEB/it?digits={keypress}"
        timeout = "1500ms"
        music = "default"
        [response]
        key = "code"
        [[branch]]
        when = "200"
        set = { SOAK = "VERSION" }
        then = "goto 9100@lab-destinations"
        [otherwise]
        then = "continue"
        [no_input]
        then = "continue"
        [no_response]
        then = "goto 9100@lab-destinations"
        [hangup]
        url = "WEB/left"
        body = "digits={keypress}"
    """,
    "cached": """
        [keypress]
        length = 1
        gap = "2s"
        [trigger]
        url = "WEB/it?digit={keypress}"
        timeout = "1500ms"
        retry = 1
        [response]
        key = "code"
        cache = "1m"
        stale_for = "1m"
        [[branch]]
        when = { min = 100, max = 299 }
        set = { SOAK = "VERSION" }
        then = "continue"
        [no_input]
        then = "continue"
        [no_response]
        then = "script posts"
    """,
    "posts": """
        [trigger]
        url = "WEB/it"
        body = { caller = "{caller}", version = "VERSION" }
        timeout = "1s"
        [response]
        key = "code"
        [[branch]]
        when = { present = true }
        then = "continue"
        [no_response]
        then = "continue"
    """,
}
FAULTY = ("[trigger]\n", "[[branch]\nwhen", '[keypress]\nlength = "four"\n', "\0", "")


def answer_at_random(request):
    """Most answers are good. The others are slow, errors, broken, or far too long."""
    code = random.choice([200, 200, 201, 404])
    bad = [
        web.json({"code": 500}, status=500), web.Answer(503, "<html>"), web.Answer(silent=True), web.Answer(reset=True),
        misbehaving.late(random.uniform(0.2, 2)), misbehaving.dripping_body(0.02), misbehaving.dripping_head(0.05),
        misbehaving.too_long(keep_open=False), misbehaving.too_short(), misbehaving.two_lengths(),
        misbehaving.html_page(), misbehaving.endless(), misbehaving.zip_bomb(), misbehaving.redirect("/it"),
        web.Answer(raw=os.urandom(200)), web.json({"code": 200, "more": "x" * random.choice([1000, 200_000, 300_000])}),
    ]
    return random.choice(bad) if random.random() < 0.4 else web.json({"code": code}, delay=random.choice([0, 0, 0.1]))


class Tally:
    """What has happened so far. Threads share it."""

    def __init__(self):
        self._lock = threading.Lock()
        self.calls = Counter()
        self.outcomes = Counter()
        self.reloads = Counter()
        self.lost = []

    def ended(self, kind, outcome, problem):
        """Counts a call. `problem` says why it is lost, or is None."""
        with self._lock:
            self.calls[kind] += 1
            self.outcomes[outcome or "none"] += 1
            if problem:
                self.lost.append(f"{kind}: {problem}")


class Until:
    """The end of the run, and its progress from 0 to 1."""

    def __init__(self, seconds):
        self._started, self._seconds = time.monotonic(), seconds
        self._stopped = threading.Event()

    @property
    def progress(self):
        """The part of the time that has passed."""
        return (time.monotonic() - self._started) / self._seconds

    @property
    def is_over(self):
        """Whether the time is over, or the run was stopped."""
        return self._stopped.is_set() or self.progress >= 1

    def sleep(self, seconds):
        """Waits, but not beyond a stop."""
        self._stopped.wait(seconds)

    def stop(self):
        """Ends the run early."""
        self._stopped.set()


def simulated_calls(binary, switch, address, tally, until):
    """Calls one after the other on a simulated switch, each in a process of its own."""
    while not until.is_over:
        script = random.choice(["asks", "asks", "cached", "posts"])
        digits = {"asks": random.choice(["4711", "47", "1234"]), "cached": random.choice("0123456789")}.get(script, "")
        command = [str(binary), "call", script, "--json", "--switch", switch, "--connect", address, "--digits", digits]
        if random.random() < 0.15:
            command += ["--hangup-after", f"{random.uniform(0.05, 1.5):.2f}s"]
        tally.ended(f"simulated {switch}", *simulated_call(command))


def simulated_call(command):
    """The outcome of a call, and why it is lost, if it is."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=CALL_TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return None, f"not ended after {CALL_TIMEOUT:g} s: {' '.join(command)}"
    events = [json.loads(line) for line in done.stdout.splitlines()]
    outcome = next((event["outcome"] for event in events if event["event"] == "ended"), None)
    is_handed_back = any(event.get(HANDED_BACK.get(event["event"])) is not None for event in events)
    if outcome and is_handed_back:
        return outcome, None
    return outcome, f"outcome {outcome}, next action: {is_handed_back}: {done.stdout[-500:]}{done.stderr[-500:]}"


def real_calls(lab, tally, until):
    """Calls one after the other on the lab's switch, by a SIP telephone."""
    while not until.is_over:
        call = lab.call("asks")
        try:
            call.hear("ask", within=CALL_TIMEOUT)
            call.press(random.choice(["4711", "1234"]))
            call.wait_until_over(CALL_TIMEOUT)
            tally.ended(lab.switch.kind, *real_call_result(call.channel, lab.switch.handover_application))
        except (AssertionError, OSError) as problem:
            tally.ended(lab.switch.kind, None, str(problem))
        finally:
            call.close()
            lab.calls.remove(call)


def real_call_result(channel, handover):
    """The outcome of a call whose channel has ended, and why it is lost, if it is."""
    applications = [step.application for step in channel.steps]
    has_next_step = handover in applications and applications[-1] != handover
    outcome = channel.steps[-1].variables.get("DIALSCRIPT_OUTCOME") if has_next_step else None
    return outcome, None if outcome else f"no outcome, or no next action: {' · '.join(channel.path)}"


def write_scripts(lab, version):
    """Writes valid scripts that differ only in a text."""
    for name, text in SCRIPTS.items():
        text = text.replace("WEB", lab.web.url).replace("VERSION", str(version))
        (lab.daemon.scripts / f"{name}.toml").write_text(text)


def reloads(lab, tally, until):
    """Reloads each second: the scripts are the same, other valid ones, or one of them is faulty."""
    version = 0
    while not until.is_over:
        version += 1
        kind = ("valid", "touched", "faulty")[version % 3]
        if kind != "touched":
            write_scripts(lab, version)
        if kind == "faulty":
            (lab.daemon.scripts / f"{random.choice(list(SCRIPTS))}.toml").write_text(random.choice(FAULTY) + "x")
        lab.daemon.reload({})
        tally.reloads[kind] += 1
        until.sleep(1)


def is_log_paused(until):
    """Nobody reads the log from 40 % to 50 % of the time."""
    return 0.4 <= until.progress < 0.5


def pause_log(reader, until):
    """Lets nobody read the log for a while."""
    while not until.is_over:
        reader.pause() if is_log_paused(until) else reader.resume()
        until.sleep(0.1)
    reader.resume()


def flood_log(port, until):
    """Makes many lines in the log while nobody reads it."""
    while not until.is_over:
        refused_call(port) if is_log_paused(until) else until.sleep(0.1)


def refused_call(port):
    """A call on a simulated Asterisk for a script that does not exist. It makes one long line in the log."""
    with socket.create_connection(("127.0.0.1", port), CALL_TIMEOUT) as connection:
        connection.sendall(b"agi_network: yes\nagi_network_script: nothing\nagi_uniqueid: %s\n\n" % (b"7" * 12_000))
        while connection.recv(4096):
            connection.sendall(b"200 result=1\n")


def reported_losses(log):
    """The sum of the lines that a JSON log reports as lost."""
    reports = [line for line in log.splitlines() if '"message":"log lines were lost"' in line]
    return sum(json.loads(report)["lines"] for report in reports)


class Usage:
    """Memory and open descriptors of the daemon, sampled all the time."""

    def __init__(self, pid):
        self._process = Path(f"/proc/{pid}")
        self._samples = []  # (progress, bytes, descriptors)

    def sample(self, until):
        """Takes samples until the end."""
        while not until.is_over:
            memory = int((self._process / "statm").read_text().split()[1]) * PAGE
            descriptors = len(list((self._process / "fd").iterdir()))
            self._samples.append((until.progress, memory, descriptors))
            until.sleep(0.5)

    def medians(self, start, end):
        """The medians of memory and descriptors in a part of the time."""
        part = [sample[1:] for sample in self._samples if start <= sample[0] < end]
        return [statistics.median(values) for values in zip(*part)]
