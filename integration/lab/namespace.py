"""A network namespace at a distance: a pair of veth devices, both of which delay what they send (netem).

It needs root, the programs `ip` and `tc` (package iproute2), and a kernel with veth and netem. Everything is removed
with the namespace.
"""

import ctypes
import os
import shutil
import subprocess
import threading
from pathlib import Path

# Of the range for measurements of networks (RFC 2544).
HERE, THERE = "198.18.0.1", "198.18.0.2"
CLONE_NEWNET = 0x40000000


class NotAvailable(Exception):
    """This machine has no namespaces or no netem. The text is the reason."""


class DistantNamespace:
    """A namespace that is reached at the address `THERE`. `launcher` is the start of a command line that runs in it."""

    def __init__(self):
        self._name = f"dialscript-{os.getpid()}"
        self._devices = [f"dsh{os.getpid()}", f"dst{os.getpid()}"]  # here and there; at most 15 characters
        self.launcher = ["ip", "netns", "exec", self._name]

    def open(self):
        """Creates it, without a delay."""
        if os.geteuid() != 0:
            raise NotAvailable("network namespaces need root")
        for program in ("ip", "tc"):
            if not shutil.which(program):
                raise NotAvailable(f"the program {program} is missing (package iproute2)")
        here, there = self._devices
        inside = ["ip", "-n", self._name]
        try:
            _run(["ip", "netns", "add", self._name])
            _run(["ip", "link", "add", here, "type", "veth", "peer", "name", there])
            _run(["ip", "link", "set", there, "netns", self._name])
            _run(["ip", "address", "add", f"{HERE}/30", "dev", here])
            _run([*inside, "address", "add", f"{THERE}/30", "dev", there])
            _run(["ip", "link", "set", here, "up"])
            _run([*inside, "link", "set", there, "up"])
            _run([*inside, "link", "set", "lo", "up"])
            self.set_round_trip(0)
        except BaseException:
            self.close()
            raise
        return self

    def set_round_trip(self, seconds):
        """Delays each packet by half of this time, in both directions."""
        here, there = self._devices
        delay = ["root", "netem", "delay", f"{seconds * 500:g}ms"]
        _run(["tc", "qdisc", "replace", "dev", here, *delay])
        _run(["tc", "-n", self._name, "qdisc", "replace", "dev", there, *delay])

    def run(self, function):
        """The result of a function that runs in the namespace. Threads and sockets that it opens stay there."""
        results = []

        def enter():
            libc = ctypes.CDLL(None, use_errno=True)
            with Path(f"/run/netns/{self._name}").open("rb") as namespace:
                if libc.setns(namespace.fileno(), CLONE_NEWNET):
                    return
            results.append(function())

        thread = threading.Thread(target=enter, name="namespace")
        thread.start()
        thread.join()
        if not results:
            raise NotAvailable("a thread cannot enter a network namespace")
        return results[0]

    def close(self):
        """Removes the namespace, and with it the devices."""
        for command in (["ip", "link", "delete", self._devices[0]], ["ip", "netns", "delete", self._name]):
            subprocess.run(command, stderr=subprocess.DEVNULL, check=False)


def _run(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = done.stderr.strip().removeprefix("Error: ").rstrip(".") or f"exit code {done.returncode}"
        raise NotAvailable(f"`{' '.join(command)}`: {reason}")
