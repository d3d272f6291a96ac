"""A booted Debian with Asterisk, as an administrator has it before dialscript is installed.

The program that boots it runs in namespaces of its own (`enter`): processes, mounts and network. All that it starts and
mounts ends with it, and the machine reaches nothing but itself: the telephone calls it on 127.0.0.1.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from lab import debian
from lab.booted import BootedDebian, NotBootable

SUITE = "sid"  # has Asterisk 22
BASE = "systemd,systemd-sysv,dbus,ca-certificates"
# Installed before the boot, since the booted machine has no network.
INSTALLED = "asterisk asterisk-core-sounds-en-wav"
# Only downloaded, for the `apt install` in the machine: what the package depends on and recommends.
DOWNLOADED = "acl espeak-ng"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENVIRONMENT = f"PATH={PATH} HOME=/root DEBIAN_FRONTEND=noninteractive SYSTEMD_PAGER=cat TERM=dumb"
# A mirror's copy of sid may be older than Debian wants.
APT = 'Acquire::Check-Valid-Until "false";\nAPT::Keep-Downloaded-Packages "true";\nAcquire::Languages "none";\n'
SHUTDOWN_TIMEOUT = 120.0  # seconds; longer than TimeoutStopSec= of the unit
SERVICES_MUST_NOT_START = "#!/bin/sh\nexit 101\n"  # policy-rc.d

ENTER = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private")


def enter(folder):
    """Runs this program again in namespaces of its own, with the folder for its files. Returns its exit code."""
    done = subprocess.run([*ENTER, sys.executable, *sys.argv, "--inside", str(folder)], check=False)
    return done.returncode


def prepared(cache, say):
    """The folder with the machine's file system. It is made if it is not in `cache` yet."""
    root = Path(cache) / f"machine-{SUITE}"
    if root.exists():
        return root
    say(f"making a Debian {SUITE} with Asterisk in {root}, which takes some minutes")
    part = root.with_name(root.name + ".part")
    _debootstrap(part)
    (part / "etc/apt/apt.conf.d/90-package-test").write_text(APT)
    policy = part / "usr/sbin/policy-rc.d"
    policy.write_text(SERVICES_MUST_NOT_START)
    policy.chmod(0o755)
    install = "apt-get -qq -y --no-install-recommends install"
    for command in ("apt-get -qq update", f"{install} {INSTALLED}", f"{install} --download-only {DOWNLOADED}"):
        _in_chroot(part, command)
    policy.unlink()
    part.rename(root)
    return root


def _debootstrap(part):
    problem = "apt has no Debian mirror configured"
    for mirror in debian.mirrors():
        shutil.rmtree(part, ignore_errors=True)
        options = ["--variant=minbase", f"--keyring={debian.KEYRING}", f"--include={BASE}"]
        problem = _problem(["debootstrap", *options, SUITE, str(part), mirror])
        if not problem:
            return
    raise NotBootable(f"debootstrap failed: {problem}")


def _in_chroot(root, command):
    """Runs a command in the folder. Its mounts are in a namespace that ends with it."""
    shutil.copy2("/etc/resolv.conf", root / "etc/resolv.conf")
    mounts = f"mount -t proc proc {root}/proc && mount --rbind /dev {root}/dev"
    script = f"{mounts} && exec chroot {root} env -i {ENVIRONMENT} LC_ALL=C.UTF-8 {command}"
    problem = _problem(["unshare", "--mount", "--propagation", "private", "sh", "-c", script])
    if problem:
        raise NotBootable(f"{command}: {problem}")


def _problem(command):
    """The last lines of the output of a command that failed, else None."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", timeout=1800, check=False,
    )
    return "\n".join(done.stdout.splitlines()[-10:]) if done.returncode else None


class Machine(BootedDebian):
    """The machine. Its network is that of the namespace in which this program runs."""

    def __init__(self, root, folder):
        super().__init__(SUITE, f"package-{os.getpid()}", root.parent, folder, root=root)

    def start(self):
        """Boots it."""
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        super().start()

    def reboot(self):
        """Reboots it, as an administrator does. With `--keep-unit`, systemd-nspawn ends and has to be started again."""
        self.run("systemctl", "reboot", check=False)
        self._process.wait(SHUTDOWN_TIMEOUT)
        super().start()

    def shell(self, command, timeout=180):
        """The output of a shell command that root runs, errors included. It has to succeed."""
        code, output = self.status_of(command, timeout)
        if code:
            raise AssertionError(f"`{command}` exited with {code}:\n{output}")
        return output

    def status_of(self, command, timeout=180):
        """The exit code and the output of a shell command."""
        script = f"export {ENVIRONMENT}; cd /root; ( {command}\n); code=$?; echo; echo \"exit code $code\""
        printed = self.run("sh", "-c", script, check=False, timeout=timeout)
        found = re.fullmatch(r"(.*)\nexit code (\d+)\s*", printed, re.DOTALL)
        if not found:
            raise AssertionError(f"the machine did not run `{command}`: {printed}")
        return int(found[2]), found[1].strip()

    def path(self, path):
        """A file of the machine, as this program reaches it."""
        return Path(f"/proc/{self._leader}/root") / path.lstrip("/")
