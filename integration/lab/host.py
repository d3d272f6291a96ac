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
OPTIONAL = {"c++": "g++", "setfacl": "acl"}


def cache():
    """The folder for unpacked switches and the files of runs."""
    folder = Path(os.environ.get("DIALSCRIPT_LAB", REPOSITORY / "target" / "integration"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


class NotPrepared(Exception):
    """Something that the lab needs is not on this machine. The text says what to do."""


def prepare(say):
    """Checks that this machine has what the lab needs. As root, missing Debian packages are installed."""
    end_on_sigterm()
    if not shutil.which("cargo"):
        raise NotPrepared("cargo is missing: install Rust 1.95 or newer with rustup, and open a new shell")
    require(NEEDED, say)
    if os.geteuid() == 0:
        try:
            require(OPTIONAL, say)
        except NotPrepared as problem:
            say(str(problem))


def end_on_sigterm():
    """Processes are ended in `finally` blocks, which SIGTERM would skip by default."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def needs_root():
    """For scenarios that start processes of other users."""
    if os.geteuid() != 0:
        raise NotPrepared("it needs root")


def needs_access_lists():
    """For scenarios in which root gives another user rights to files."""
    needs_root()
    if not shutil.which("setfacl"):
        raise NotPrepared("it needs the program setfacl, of the package acl")


def require(programs, say):
    """Installs the packages of missing files and programs, as root and after saying so."""
    missing = sorted({package for path, package in programs.items() if not _exists(path)})
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise NotPrepared(f"this needs Debian or Ubuntu: there is no apt-get to install {', '.join(missing)}")
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() != 0:
        raise NotPrepared(f"packages are missing. Install them:\n\n    sudo {' '.join(command)}\n")
    say(f"installing on this machine, with apt: {', '.join(missing)}")
    _confirm()
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for line in (["apt-get", "-qq", "update"], ["apt-get", "-qq", *command[1:]]):
        done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotPrepared(f"{' '.join(line)} failed:\n{done.stderr.strip()}")


def _confirm():
    """Asks a person at a terminal. Everywhere else there is nobody to ask."""
    if sys.stdin.isatty() and input("Go on? [Y/n] ").strip().lower() not in ("", "y", "yes"):
        raise NotPrepared("nothing was installed")


def _exists(path):
    return Path(path).exists() if path.startswith("/") else shutil.which(path) is not None
