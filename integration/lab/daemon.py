"""A running dialscript: its folder of scripts, its configuration, its log."""

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from . import tones
from .deadline import TooLate, free_port, wait_until

SETTINGS = """
[{switch}]
listen = ["127.0.0.1:{port}"]
{listener}
[{other}]
listen = []
[control]
socket = "{control}"
[log]
format = "json"
level  = "trace"
"""


class Daemon:
    """One daemon in one folder, with the library of toned sounds. Scripts are written before it is started."""

    def __init__(self, binary, folder, switch):
        self.binary, self._folder = binary, Path(folder)
        self.scripts = self._folder / "scripts"
        self.scripts.mkdir(parents=True)
        tones.write_library(self._folder / "sounds")
        self.port = free_port()
        self._switch = switch
        # Not in the daemon's folder: the path of a socket may have 107 bytes, and a clone may lie deep.
        self._sockets = tempfile.TemporaryDirectory(prefix="dialscript-lab-")
        self.configure()
        self.environment = {}
        self._file = self._folder / "dialscript.toml"
        self._log = self._folder / "daemon.log"
        self._process = None
        self._notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notices.bind(f"{self._sockets.name}/notify")
        self._notices.setblocking(False)
        self._told = ""

    def configure(self, settings="", listener=""):
        """The daemon's file: these sections beside ours, these lines in the section of the switch."""
        other = "freeswitch" if self._switch == "asterisk" else "asterisk"
        control = f"{self._sockets.name}/control"
        ours = SETTINGS.format(
            switch=self._switch, port=self.port, listener=listener, other=other, control=control
        )
        self.settings = ours + settings

    @property
    def authority(self):
        """Where it listens for the switch."""
        return f"127.0.0.1:{self.port}"

    def start(self):
        """Starts it, and returns when it says that it is ready (sd_notify)."""
        self._file.write_text(self.settings)
        self._told = ""
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(
                [str(self.binary), "serve", "--config", str(self._file)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env=self._variables(NOTIFY_SOCKET=self._notices.getsockname()), start_new_session=True,
            )
        wait_until(self._is_ready, 15, "the daemon to say that it is ready")

    def _is_ready(self):
        if self._process.poll() is not None:
            raise AssertionError(f"the daemon ended with {self._process.returncode}:\n{self.log}")
        return "READY=1" in self.told

    @property
    def told(self):
        """What it told the service manager up to now."""
        try:
            while True:
                self._told += self._notices.recv(4096).decode()
        except BlockingIOError:
            return self._told

    @property
    def pid(self):
        """Its process."""
        return self._process.pid

    def cache(self, *words):
        """What `dialscript cache` says of it."""
        command = [str(self.binary), "cache", *words, "--config", str(self._file)]
        ran = subprocess.run(
            command, capture_output=True, text=True, timeout=10, check=False, env=self._variables()
        )
        if ran.returncode:
            raise AssertionError(f"dialscript cache {' '.join(words)} ended with {ran.returncode}: {ran.stderr}")
        return ran.stdout

    def _variables(self, **ours):
        return {**os.environ, **self.environment, **ours}

    def terminate(self):
        """Asks it to stop, as systemd does; does not wait."""
        self._process.send_signal(signal.SIGTERM)

    def wait_to_end(self, within):
        """Waits until it has ended; returns its exit code and the seconds it took."""
        started = time.monotonic()
        try:
            return self._process.wait(within), time.monotonic() - started
        except subprocess.TimeoutExpired:
            raise TooLate(f"waited {within:g} s for the daemon to stop") from None

    def reload(self, scripts):
        """Writes scripts and asks it to load them, as systemd's reload does; does not wait."""
        for name, text in scripts.items():
            (self.scripts / f"{name}.toml").write_text(text)
        self._process.send_signal(signal.SIGHUP)

    def kill(self):
        """It is gone, without a word."""
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def close(self):
        """The end of the test."""
        self.kill()
        self._notices.close()
        self._sockets.cleanup()

    @property
    def log(self):
        """The text of its log."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    @property
    def calls(self):
        """The lines that it wrote at the end of calls, as dictionaries."""
        lines = (json.loads(line) for line in self.log.splitlines() if line.startswith("{"))
        fields = ({**line, **line.get("fields", {})} for line in lines)
        return [line for line in fields if line.get("message") == "call"]

    def wait_for_calls(self, count, within=5):
        """Waits until so many calls have ended; returns the line of the last."""
        wait_until(lambda: len(self.calls) >= count, within, f"{count} calls in the daemon's log")
        return self.calls[count - 1]
