"""The programs of the measurement: their build, and where they run."""

import os
import resource
import shutil
import subprocess
from pathlib import Path

LOAD = Path(__file__).resolve().parent.parent
REPOSITORY = LOAD.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")).resolve()
BUILT = TARGET / "release"

# A call has a connection to the switch, and some have one to the web application at the same time.
DESCRIPTORS_OF_A_CALL = 1.5
SPARE_DESCRIPTORS = 1_000


def build(with_dialscript):
    """Builds dialscript, the other servers and the program that plays calls."""
    for folder in [REPOSITORY, LOAD] if with_dialscript else [LOAD]:
        command = ["cargo", "build", "--release", "--quiet", "--target-dir", str(TARGET)]
        if subprocess.run(command, cwd=folder).returncode:
            raise SystemExit(f"cargo could not build the programs of {folder}")


def raise_limit(at_once):
    """Raises the limit of open file descriptors to what that many calls need. Only root can raise the hard limit."""
    needed = int(at_once * DESCRIPTORS_OF_A_CALL) + SPARE_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), max(hard, needed)))
    except (ValueError, OSError):
        raise SystemExit(
            f"{at_once:,} calls at once need {needed:,} open files, and `ulimit -Hn` is {hard:,}: "
            f"use fewer with --at-once, or raise it as root with `ulimit -n {needed}`"
        ) from None


def is_pinned():
    """Whether the servers have a core of their own."""
    return len(os.sched_getaffinity(0)) >= 2 and shutil.which("taskset") is not None


def on_core(number, command):
    """The command line that runs a command on one core."""
    if not is_pinned():
        return command
    core = sorted(os.sched_getaffinity(0))[number]
    return ["taskset", "-c", str(core), *command]


def on_server_core(command):
    """The command line of a server."""
    return on_core(0, command)


def on_other_core(command):
    """The command line of the switch and of the web application."""
    return on_core(1, command)
