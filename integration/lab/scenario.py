"""Scenarios: functions named by a sentence. Runs them, says how each went, and shows all there is when one failed."""

import re
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass


@dataclass(frozen=True)
class Scenario:
    """A sentence about what users can rely on, and the function that finds out."""

    sentence: str
    run: callable
    alone: bool
    long: bool
    only_on: str | None

    def runs_on(self, switch):
        """Whether it exists on this kind of switch."""
        return self.only_on in (None, switch)

    @property
    def slug(self):
        """The sentence as the name of a folder."""
        return re.sub(r"[^a-z0-9]+", "-", self.sentence.lower()).strip("-")[:60]


REGISTERED = []


def scenario(sentence, alone=False, long=False, only_on=None):
    """Registers a function as a scenario. `alone`: no other call is made meanwhile. `long`: better started early.
    `only_on`: the kind of switch that it is about; without, what it says is so on every one."""
    def register(function):
        REGISTERED.append(Scenario(sentence, function, alone, long, only_on))
        return function
    return register


@dataclass
class Result:
    """How one went: `problem` is None when it passed."""

    sentence: str
    seconds: float
    problem: str | None = None

    def __str__(self):
        return f"  {'FAILED' if self.problem else 'ok':<8}{self.seconds:6.1f} s  {self.sentence}"


def run_all(scenarios, bench_for, at_once, say):
    """Runs scenarios, as many at once as said, then those that want to be alone. `bench_for` makes each its bench."""
    voice = threading.Lock()

    def run(one):
        result = _run_one(one, bench_for)
        with voice:
            say(str(result))
            if result.problem:
                say(_indented(result.problem))
        return result

    together = sorted((one for one in scenarios if not one.alone), key=lambda one: not one.long)
    with ThreadPoolExecutor(at_once) as pool:
        results = list(pool.map(run, together))
    return results + [run(one) for one in scenarios if one.alone]


def _run_one(one, bench_for):
    started = time.monotonic()
    bench = bench_for(one)
    try:
        one.run(bench)
        bench.leaves_no_call()
        return Result(one.sentence, time.monotonic() - started)
    except Exception as error:  # Whatever goes wrong is the scenario's result, not the run's end.
        seconds = time.monotonic() - started
        return Result(one.sentence, seconds, f"{_described(error)}\n{bench.evidence()}")
    finally:
        bench.close()


def _described(error):
    """The error, and the line of the scenario in which it arose."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/lab/" not in frame.filename]
    place = f"{frames[-1].filename}:{frames[-1].lineno}: {frames[-1].line}\n" if frames else ""
    if isinstance(error, AssertionError):
        return f"{place}{error}"
    return f"{place}{''.join(traceback.format_exception(error))}"


def _indented(text):
    return "\n".join(f"          {line}" for line in text.splitlines())
