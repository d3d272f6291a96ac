"""Programs that building and testing the packages needs besides cargo."""

import os
import shutil
import subprocess

from lab import host

# Programs and the Debian packages that have them.
FOR_BUILDING = {"dpkg-shlibdeps": "dpkg-dev", "lowdown": "lowdown"}
FOR_CHECKING = {
    "lintian": "lintian", "man": "man-db", "mandoc": "mandoc", "rpm2archive": "rpm", "zsh": "zsh", "fish": "fish",
}
FOR_THE_MACHINE = {
    "debootstrap": "debootstrap", "systemd-nspawn": "systemd-container", "unshare": "util-linux", "ip": "iproute2",
}
CARGO = ("cargo-deb", "cargo-generate-rpm")


class Missing(Exception):
    """A needed program is not there and cannot be installed. The text says what to do."""


def require(programs, say):
    """Installs missing Debian packages, as root and after saying so."""
    missing = sorted({package for program, package in programs.items() if not shutil.which(program)})
    if not missing:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() != 0:
        raise Missing(f"packages are missing: run `sudo {' '.join(command)}`")
    say(f"installing on this host: {', '.join(missing)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for line in (["apt-get", "-qq", "update"], ["apt-get", "-qq", *command[1:]]):
        done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Missing(f"{' '.join(line)} failed:\n{done.stderr.strip()}")


def cargo_environment(say):
    """The environment in which cargo finds `cargo deb` and `cargo generate-rpm`. They are built if they are missing."""
    folder = host.cache() / "tools"
    path = f"{folder}/bin:{os.environ['PATH']}"
    missing = [name for name in CARGO if not shutil.which(name, path=path)]
    if missing:
        say(f"building {' and '.join(missing)} into {folder}, which takes some minutes")
        subprocess.run(["cargo", "install", "--locked", "--root", str(folder), *missing], check=True)
    return {**os.environ, "PATH": path}
