"""The checks that need no switch (formatting, lints, tests, documentation), and the build of the daemon."""

import os
import subprocess
import time
from pathlib import Path

from .host import REPOSITORY
from .scenario import Result

# Those of the packages. A test of what the program says without them runs without.
FEATURES = ["--features", "otlp"]
CHECKS = [
    ("formatting", ["cargo", "fmt", "--check"], {}),
    ("lints", ["cargo", "clippy", "--all-targets", *FEATURES, "--", "-D", "warnings"], {}),
    ("lints without features", ["cargo", "clippy", "--", "-D", "warnings"], {}),
    ("unit and protocol tests", ["cargo", "test", *FEATURES], {}),
    ("tests without features", ["cargo", "test", "--test", "config", "otlp"], {}),
    ("documentation", ["cargo", "doc", "--no-deps", *FEATURES], {"RUSTDOCFLAGS": "-D warnings"}),
]

LAST_LINES = 60


def checks(say):
    """Runs every check and reports each result."""
    results = []
    for name, command, environment in CHECKS:
        started = time.monotonic()
        done = _run(command, environment)
        problem = _last_lines(done.stdout) if done.returncode else None
        results.append(Result(f"{name}: {' '.join(command)}", time.monotonic() - started, problem))
        say(str(results[-1]))
        if problem:
            say(problem)
    return results


class BuildFailed(Exception):
    """The daemon does not compile. The text is the output of cargo."""


def binary(release=False):
    """Builds the daemon and returns its path. The debug build shares its dependencies with the tests."""
    done = _run(["cargo", "build", *FEATURES, *(["--release"] if release else [])], {})
    if done.returncode:
        raise BuildFailed(_last_lines(done.stdout))
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    return (REPOSITORY / target / ("release" if release else "debug") / "dialscript").resolve()


def _last_lines(text):
    return "\n".join(text.splitlines()[-LAST_LINES:])


def _run(command, environment):
    return subprocess.run(
        command, cwd=REPOSITORY, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False,
    )
