"""Scenarios: functions with a sentence. Runs them and reports their results, with all evidence if one failed."""

import re
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass


@dataclass(frozen=True)
class Scenario:
    """A sentence about what users can rely on, and the function that checks it."""

    sentence: str
    run: callable
    alone: bool
    long: bool
    only_on: str | None
    needs: callable

    def runs_on(self, switch):
        """Whether it runs on this kind of switch."""
        return self.only_on in (None, switch)

    @property
    def slug(self):
        """The name of the scenario's folder."""
        return re.sub(r"[^a-z0-9]+", "-", self.sentence.lower()).strip("-")[:60]


REGISTERED = []


def scenario(sentence, alone=False, long=False, only_on=None, needs=lambda: None):
    """Registers a function as a scenario. `alone`: no other scenario runs at the same time. `long`: started early.
    `only_on`: the only kind of switch that it runs on; by default it runs on all. `needs` prepares what it needs. If that
    is not available (`SuiteUnavailable`, `NotPrepared`), the scenario is left out."""
    def register(function):
        REGISTERED.append(Scenario(sentence, function, alone, long, only_on, needs))
        return function
    return register


class LeftOut(Exception):
    """Something that a scenario needs is not available here. The text is the reason."""


@dataclass
class Result:
    """The result of a scenario or check. `problem` is None if it passed. `left_out` says why it did not run."""

    sentence: str
    seconds: float
    problem: str | None = None
    left_out: str | None = None

    def __str__(self):
        word = "FAILED" if self.problem else "left out" if self.left_out else "ok"
        return f"  {word:<8}{self.seconds:6.1f} s  {self.sentence}"


def run_all(scenarios, lab_for, at_once, say):
    """Runs scenarios, `at_once` of them at the same time, then those that run alone. `lab_for` creates a lab."""
    output = threading.Lock()

    def run(one):
        result = _run_one(one, lab_for)
        with output:
            say(str(result))
            if result.problem:
                say(_indented(result.problem))
        return result

    together = sorted((one for one in scenarios if not one.alone), key=lambda one: not one.long)
    with ThreadPoolExecutor(at_once) as pool:
        results = list(pool.map(run, together))
    return results + [run(one) for one in scenarios if one.alone]


def _run_one(one, lab_for):
    started = time.monotonic()
    lab = lab_for(one)
    try:
        one.run(lab)
        lab.expect_calls_to_end()
        return Result(one.sentence, time.monotonic() - started)
    except LeftOut as reason:
        return Result(one.sentence, time.monotonic() - started, left_out=str(reason))
    except Exception as error:  # Any exception is a result of the scenario and does not end the run.
        seconds = time.monotonic() - started
        return Result(one.sentence, seconds, f"{_description(error)}\n{lab.evidence()}")
    finally:
        lab.close()


def _description(error):
    """The error, with the line of the scenario that raised it."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/lab/" not in frame.filename]
    location = f"{frames[-1].filename}:{frames[-1].lineno}: {frames[-1].line}\n" if frames else ""
    if isinstance(error, AssertionError):
        return f"{location}{error}"
    return f"{location}{''.join(traceback.format_exception(error))}"


def _indented(text):
    return "\n".join(f"          {line}" for line in text.splitlines())
