"""The checks that need no switch (formatting, lints, tests, documentation), and the build of the daemon."""

import os
import subprocess
import time

from .host import REPOSITORY
from .scenario import Result

# Those of the packages. Without them, all dependencies are compiled once more: only the tests of what the program says
# then are run like this.
FEATURES = ["--features", "otlp"]
CHECKS = [
    ("formatting", ["cargo", "fmt", "--check"], {}),
    ("lints", ["cargo", "clippy", "--all-targets", *FEATURES, "--", "-D", "warnings"], {}),
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


def binary(release=False, all_features=False):
    """Builds the daemon and returns its path. A release build of the present sources is used as it is. Otherwise the
    debug build is made, which shares its dependencies with the tests. With `all_features` it has the features of the
    packages."""
    target = REPOSITORY / os.environ.get("CARGO_TARGET_DIR", "target")
    released = target / "release" / "dialscript"
    if _is_newer_than_sources(released) and (not all_features or _has_features(released)):
        return released.resolve()
    options = [*(FEATURES if all_features else []), *(["--release"] if release else [])]
    done = _run(["cargo", "build", *options], {})
    if done.returncode:
        raise BuildFailed(_last_lines(done.stdout))
    return (released if release else target / "debug" / "dialscript").resolve()


def _is_newer_than_sources(file):
    if not file.exists():
        return False
    sources = [REPOSITORY / "Cargo.toml", REPOSITORY / "Cargo.lock", *(REPOSITORY / "src").rglob("*")]
    return all(source.stat().st_mtime <= file.stat().st_mtime for source in sources)


def _has_features(file):
    """Whether the program can export traces: it has the text of a log line of the exporter."""
    return b"traces are exported again" in file.read_bytes()


def _last_lines(text):
    return "\n".join(text.splitlines()[-LAST_LINES:])


def _run(command, environment):
    return subprocess.run(
        command, cwd=REPOSITORY, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False,
    )
