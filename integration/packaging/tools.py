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


def cargo_environment(say):
    """The environment in which cargo finds `cargo deb` and `cargo generate-rpm`. They are built if they are missing."""
    folder = host.cache() / "tools"
    path = f"{folder}/bin:{os.environ['PATH']}"
    missing = [name for name in CARGO if not shutil.which(name, path=path)]
    if missing:
        say(f"building {' and '.join(missing)} into {folder}, which takes some minutes")
        subprocess.run(["cargo", "install", "--locked", "--root", str(folder), *missing], check=True)
    return {**os.environ, "PATH": path}
