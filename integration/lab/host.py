"""The machine that runs the lab: the folder for its files, and the packages that it must have."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent

# Needed files and programs, and the Debian packages that have them.
NEEDED = {
    "/usr/share/keyrings/debian-archive-keyring.gpg": "debian-archive-keyring",
    "/etc/ssl/certs/ca-certificates.crt": "ca-certificates",
    "cc": "gcc",
    "/usr/include/stdio.h": "libc6-dev",
    "xz": "xz-utils",
    "openssl": "openssl",
}
# The same for parts that are left out without them.
OPTIONAL = {"c++": "g++"}


def cache():
    """The folder for unpacked switches and the files of runs."""
    folder = Path(os.environ.get("DIALSCRIPT_LAB", REPOSITORY / "target" / "integration"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def prepare(say):
    """Installs needed packages that are missing."""
    # Processes are ended in `finally` blocks, which SIGTERM would skip by default.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    _install(NEEDED, say, required=True)
    if os.geteuid() == 0:
        _install(OPTIONAL, say, required=False)


def _install(packages, say, required):
    missing = [package for path, package in packages.items() if not _exists(path)]
    if not missing:
        return
    say(f"installing {', '.join(missing)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *missing]):
        subprocess.run(["apt-get", "-qq", *command], env=environment, check=required)


def _exists(path):
    return Path(path).exists() if path.startswith("/") else shutil.which(path) is not None
