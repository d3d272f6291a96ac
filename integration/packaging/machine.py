"""A booted Debian in a container of systemd-nspawn, with systemd as its first process.

The program that boots it runs in namespaces of its own (`enter`): mounts, processes and network. All that it starts and
mounts ends with it, and the machine reaches nothing but itself: the telephone calls it on 127.0.0.1.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from lab import debian
from lab.deadline import wait_until

SUITE = "sid"  # has Asterisk 22
NAME = "dialscript-package"
BASE = ("systemd", "systemd-sysv", "dbus", "ca-certificates")
# What an administrator has before dialscript. The host installs it, since the booted machine has no network.
INSTALLED = ("asterisk", "asterisk-core-sounds-en-wav")
# Downloaded for `apt install` in the machine: what the package recommends.
DOWNLOADED = ("espeak-ng",)
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# The mirror's copy of sid may be older than Debian wants.
APT = 'Acquire::Check-Valid-Until "false";\nAPT::Keep-Downloaded-Packages "true";\nAcquire::Languages "none";\n'

ENTER = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private")


class MachineFailed(Exception):
    """The machine could not be made or booted. The text is the reason."""


def prepared(cache, say):
    """The folder with the machine's file system. It is made if it is not in `cache` yet."""
    root = Path(cache) / f"machine-{SUITE}"
    if root.exists():
        return root
    say(f"making a Debian {SUITE} with Asterisk in {root}, which takes some minutes")
    part = root.with_name(root.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    for mirror in debian.mirrors():
        keyring = f"--keyring={debian.KEYRING}"
        packages = f"--include={','.join(BASE)}"
        done = _run(["debootstrap", "--variant=minbase", keyring, packages, SUITE, str(part), mirror])
        if done.returncode == 0:
            break
        shutil.rmtree(part, ignore_errors=True)
    else:
        raise MachineFailed(f"debootstrap failed:\n{_end_of(done.stdout)}")
    (part / "etc/apt/apt.conf.d/90-package-test").write_text(APT)
    install = "apt-get -qq -y --no-install-recommends install"
    _in_chroot(part, "apt-get -qq update")
    _in_chroot(part, f"{install} {' '.join(INSTALLED)}")
    _in_chroot(part, f"{install} --download-only {' '.join(DOWNLOADED)}")
    (part / "etc/hostname").write_text(f"{NAME}\n")
    part.rename(root)
    return root


def _in_chroot(root, command):
    shutil.copy2("/etc/resolv.conf", root / "etc/resolv.conf")
    script = (
        f"mount -t proc proc {root}/proc && mount --rbind /dev {root}/dev && exec chroot {root} "
        f"env -i PATH={PATH} DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 {command}"
    )
    # In its own mount namespace, so that nothing has to be unmounted.
    done = _run(["unshare", "--mount", "--propagation", "private", "sh", "-c", script])
    if done.returncode:
        raise MachineFailed(f"{command} failed:\n{_end_of(done.stdout)}")


def enter():
    """Runs this program again in namespaces of its own, and returns its exit code."""
    return subprocess.run([*ENTER, sys.executable, *sys.argv, "--inside"], check=False).returncode


class Machine:
    """A machine that boots from a copy of a folder."""

    def __init__(self, root, folder):
        self.root = Path(folder)
        subprocess.run(["cp", "-a", "--reflink=auto", str(root), str(folder)], check=True)
        self._process = None

    def boot(self):
        """Boots it and waits until all services have started."""
        _prepare_namespaces()
        log = open(f"{self.root}.log", "wb")
        command = ["systemd-nspawn", "--quiet", "--boot", f"--directory={self.root}", f"--machine={NAME}"]
        command += ["--register=no", "--keep-unit", "--console=pipe"]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._wait_until_booted()

    def reboot(self):
        """Reboots it, as an administrator does."""
        before = self._leader()
        self.run("systemctl reboot", check=False)
        wait_until(lambda: self._leader() not in (None, before), 60, "the machine to boot again", every=0.2)
        self._wait_until_booted()

    def _wait_until_booted(self):
        def has_booted():
            if self._process.poll() is not None:
                raise MachineFailed(f"it did not boot:\n{_end_of(Path(f'{self.root}.log').read_text())}")
            return self._leader() and self.run("systemctl is-system-running", check=False).strip() in (
                "running", "degraded"
            )

        wait_until(has_booted, 120, "the machine to boot", every=0.5)

    def stop(self):
        """Ends it at once."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def run(self, command, check=True, within=180):
        """The output of a shell command that root runs in the machine, errors included."""
        code, output = self.status_of(command, within)
        if check and code:
            raise AssertionError(f"`{command}` failed with exit code {code}:\n{output}")
        return output

    def status_of(self, command, within=180):
        """The exit code and the output of a shell command."""
        line = ["nsenter", f"--target={self._leader()}", "--all", "--root", "--wd=/", "env", "-i", f"PATH={PATH}"]
        line += ["HOME=/root", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", "SYSTEMD_PAGER=cat", "TERM=dumb"]
        done = _run([*line, "sh", "-c", command], within)
        return done.returncode, done.stdout

    def _leader(self):
        """The first process of the machine, as the host numbers it."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return next((int(child) for child in children if _is_init(child)), None)


def _is_init(process):
    try:
        return os.path.basename(os.readlink(f"/proc/{process}/exe")) == "systemd"
    except OSError:
        return False


def _prepare_namespaces():
    """systemd-nspawn wants a temporary file system at /run, and systemd wants the second version of control groups only."""
    for command in (
        ["mount", "--make-rprivate", "/"],
        ["mount", "-t", "tmpfs", "tmpfs", "/run"],
        ["umount", "--recursive", "/sys/fs/cgroup"],
        ["mount", "-t", "cgroup2", "none", "/sys/fs/cgroup"],
        ["ip", "link", "set", "lo", "up"],
    ):
        done = _run(command)
        if done.returncode:
            raise MachineFailed(f"{' '.join(command)}: {done.stdout.strip()}")


def _run(command, within=None):
    started = time.monotonic()
    try:
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", timeout=within, check=False,
        )
    except subprocess.TimeoutExpired as late:
        seconds = time.monotonic() - started
        output = (late.stdout or b"").decode(errors="replace")
        raise AssertionError(f"{command[-1]} did not end within {seconds:.0f} s:\n{output}") from late


def _end_of(text):
    return "\n".join(text.splitlines()[-30:])
