"""A Debian with its systemd, booted by systemd-nspawn. It shares the network of this machine, and needs root."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from .deadline import wait_until

PROGRAMS = {"debootstrap": "debootstrap", "systemd-nspawn": "systemd-container", "nsenter": "util-linux"}
# systemd 252 and 257.
SUITES = ["bookworm", "trixie"]
BOOT_TIMEOUT = 60.0  # seconds
# The files of a run are in a layer over the unpacked Debian, which stays as it is. A machine gets a control group of its
# own in the unified hierarchy, also on a host that uses the old one.
BOOT = """
set -e
mount --make-rprivate /
mount -t overlay overlay -o lowerdir={root},upperdir={layer},workdir={work} {merged}
umount -R /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
mkdir -p /sys/fs/cgroup/{name}
echo $$ > /sys/fs/cgroup/{name}/cgroup.procs
exec systemd-nspawn --quiet --register=no --keep-unit --console=pipe --boot --directory={merged} --machine={name}
"""


class NotBootable(Exception):
    """A machine cannot be booted here. The text is the reason, in one line."""


class BootedDebian:
    """A machine. Files are written with `write` before it is started."""

    def __init__(self, suite, name, cache, folder, packages=(), root=None):
        if os.geteuid() != 0:
            raise NotBootable("this needs root")
        missing = [package for program, package in PROGRAMS.items() if not shutil.which(program)]
        if missing:
            raise NotBootable(f"missing packages: {' '.join(missing)}")
        self.name, self._folder = name, Path(folder)
        self._root = root or _unpacked(suite, Path(cache), ["systemd", "systemd-sysv", "dbus", *packages])
        self._layer, self._work, self._merged = (self._folder / name for name in ("layer", "work", "merged"))
        for path in (self._layer, self._work, self._merged):
            path.mkdir(parents=True)
        self._process = self._leader = None

    def write(self, path, content, mode=0o644):
        """Writes a file, with text or with the content of a `Path`."""
        target = self._layer / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            shutil.copy(content, target)
        else:
            target.write_text(content)
        target.chmod(mode)

    def start(self):
        """Boots it, and returns when systemd has started everything."""
        script = BOOT.format(
            root=self._root, layer=self._layer, work=self._work, merged=self._merged, name=self.name
        )
        with open(self._folder / "console", "wb") as console:
            self._process = subprocess.Popen(
                ["unshare", "--mount", "sh", "-c", script], stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                start_new_session=True,
            )
        wait_until(self._is_up, BOOT_TIMEOUT, "the machine to boot", every=0.2)

    def _is_up(self):
        if self._process.poll() is not None:
            raise NotBootable(f"systemd-nspawn ended: {(self._folder / 'console').read_text(errors='replace')[-500:]}")
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        if not children:
            return False
        self._leader = int(children[0])
        return self.run("systemctl", "is-system-running", check=False).strip() in ("running", "degraded")

    def run(self, *command, check=True, timeout=90):
        """Runs a command as root; returns its output and errors."""
        enter = ["nsenter", "-t", str(self._leader), "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w"]
        clean = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"]
        done = subprocess.run(
            [*enter, *clean, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"`{' '.join(command)}` exited with {done.returncode}: {done.stdout}")
        return done.stdout

    def stop(self):
        """Powers it off."""
        if not self._process:
            return
        if self._leader and self._process.poll() is None:
            os.kill(self._leader, signal.SIGRTMIN + 4)  # systemd starts poweroff.target
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _unpacked(suite, cache, packages):
    """The folder with the suite and these packages. It is unpacked once."""
    root = cache / f"booted-{suite}"
    if root.exists():
        return root
    part = root.with_name(root.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    done = subprocess.run(
        ["debootstrap", "--variant=minbase", f"--include={','.join(packages)}", suite, str(part)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900, check=False,
    )
    if done.returncode:
        raise NotBootable(f"debootstrap {suite}: {done.stdout.strip().splitlines()[-1]}")
    part.rename(root)
    return root
