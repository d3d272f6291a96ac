"""The machine that the lab runs on: where its files lie, and what it must have installed."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent

# What is needed, and the Debian package that has it. A machine that builds Rust has nearly all of it.
NEEDED = {
    "/usr/share/keyrings/debian-archive-keyring.gpg": "debian-archive-keyring",
    "/etc/ssl/certs/ca-certificates.crt": "ca-certificates",
    "cc": "gcc",
    "/usr/include/stdio.h": "libc6-dev",
    "xz": "xz-utils",
    "openssl": "openssl",
}


def cache():
    """Where switches are unpacked and runs leave their files."""
    folder = Path(os.environ.get("DIALSCRIPT_LAB", REPOSITORY / "target" / "integration"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def prepare(say):
    """Installs what is needed and not there; on a machine that has it all, nothing."""
    # What was started is ended in `finally` blocks, which a SIGTERM would otherwise skip.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    missing = [package for thing, package in NEEDED.items() if not _is_there(thing)]
    if not missing:
        return
    say(f"installing {', '.join(missing)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *missing]):
        subprocess.run(["apt-get", "-qq", *command], env=environment, check=True)


def _is_there(thing):
    return Path(thing).exists() if thing.startswith("/") else shutil.which(thing) is not None
