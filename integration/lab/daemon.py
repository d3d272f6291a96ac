"""Runs dialscript with its own scripts and configuration, and reads its log."""

import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from . import tones
from .deadline import WaitTimeout, free_port, wait_until
from .log_reader import LogReader

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
    """A daemon in a folder, with a library of tones. Scripts are written before it is started."""

    def __init__(self, binary, folder, switch):
        self.binary, self._folder = binary, Path(folder)
        self.scripts = self._folder / "scripts"
        self.scripts.mkdir(parents=True)
        tones.write_library(self._folder / "sounds")
        self.port = free_port()
        self._switch = switch
        # Not in the daemon's folder: the path of a socket may have at most 107 bytes.
        self._sockets = tempfile.TemporaryDirectory(prefix="dialscript-lab-")
        self.configure()
        self.environment = {}
        self.launcher = []  # the start of its command line, for example to change the user
        self._file = self._folder / "dialscript.toml"
        self._log = self._folder / "daemon.log"
        self._log_reader = None
        self._process = None
        self._notify_socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify_socket.bind(f"{self._sockets.name}/notify")
        self._notify_socket.setblocking(False)
        self._notifications = ""

    def configure(self, settings="", listener=""):
        """Sets the configuration: the lab's tables followed by `settings`; `listener` has lines for the table of the
        switch."""
        other = "freeswitch" if self._switch == "asterisk" else "asterisk"
        control = f"{self._sockets.name}/control"
        own = SETTINGS.format(switch=self._switch, port=self.port, listener=listener, other=other, control=control)
        self.settings = own + settings

    @property
    def authority(self):
        """The address at which it listens for the switch."""
        return f"127.0.0.1:{self.port}"

    def start(self):
        """Starts it, and returns when it notifies that it is ready (sd_notify)."""
        self._file.write_text(self.settings)
        self._notifications = ""
        environment = self._variables(NOTIFY_SOCKET=self._notify_socket.getsockname())
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(
                [*self.launcher, str(self.binary), "serve", "--config", str(self._file)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=self._log_reader.write_end if self._log_reader else log, env=environment,
                start_new_session=True,
            )
        wait_until(self._is_ready, 15, "the daemon to notify that it is ready")

    def pipe_log(self):
        """Makes the log a small pipe, with a reader that can be paused. Before the daemon is started."""
        self._log_reader = LogReader(self._log)
        return self._log_reader

    def _is_ready(self):
        if self._process.poll() is not None:
            raise AssertionError(f"the daemon exited with {self._process.returncode}:\n{self.log}")
        return "READY=1" in self.notifications

    @property
    def notifications(self):
        """Its notifications to the service manager so far."""
        try:
            while True:
                self._notifications += self._notify_socket.recv(4096).decode()
        except BlockingIOError:
            return self._notifications

    @property
    def folders(self):
        """The folders in which it writes."""
        return [self._folder, Path(self._sockets.name)]

    @property
    def pid(self):
        """Its process id."""
        return self._process.pid

    def cache(self, *words):
        """The output of `dialscript cache` with these arguments."""
        return self.ask("cache", *words)

    def active_calls(self):
        """The objects that `dialscript calls --json` prints."""
        return [json.loads(line) for line in self.ask("calls", "--json").splitlines()]

    def ask(self, *words):
        """The output of a command that asks the daemon, such as `calls --json`."""
        command = [str(self.binary), *words, "--config", str(self._file)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=10, check=False, env=self._variables()
        )
        if done.returncode:
            raise AssertionError(f"dialscript {' '.join(words)} exited with {done.returncode}: {done.stderr}")
        return done.stdout

    def _variables(self, **more):
        return {**os.environ, **self.environment, **more}

    def terminate(self):
        """Sends SIGTERM, as systemd does, and does not wait."""
        self._process.send_signal(signal.SIGTERM)

    def wait_to_end(self, within):
        """Waits until it has exited; returns its exit code and the seconds of waiting."""
        started = time.monotonic()
        try:
            return self._process.wait(within), time.monotonic() - started
        except subprocess.TimeoutExpired:
            raise WaitTimeout(f"waited {within:g} s for the daemon to stop") from None

    def reload(self, scripts):
        """Writes scripts and sends SIGHUP, as systemd's reload does, and does not wait."""
        for name, text in scripts.items():
            (self.scripts / f"{name}.toml").write_text(text)
        self._process.send_signal(signal.SIGHUP)

    def run_reload(self):
        """Writes the configuration and runs `dialscript reload`; returns its exit code and its output."""
        self._file.write_text(self.settings)
        done = subprocess.run(
            [str(self.binary), "reload", "--config", str(self._file)], capture_output=True, text=True, timeout=30,
            check=False, env=self._variables(),
        )
        return done.returncode, done.stdout + done.stderr

    def kill(self):
        """Kills it."""
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def close(self):
        """Kills it and frees its sockets."""
        self.kill()
        if self._log_reader:
            self._log_reader.close()
        self._notify_socket.close()
        self._sockets.cleanup()

    @property
    def log(self):
        """The text of its log."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def logs_number(self, digits):
        """Whether its log has the digits as a number of their own, not as a part of the microseconds of a time."""
        return re.search(rf"(?<!\d){digits}(?!\d)", self.log) is not None

    @property
    def calls(self):
        """The lines `call` of its log, one for each ended call, as dictionaries."""
        lines = (json.loads(line) for line in self.log.splitlines() if line.startswith("{"))
        fields = ({**line, **line.get("fields", {})} for line in lines)
        return [line for line in fields if line.get("message") == "call"]

    def wait_for_log(self, text, within=5):
        """Waits until its log has the text. A line is written shortly after what it reports."""
        wait_until(lambda: text in self.log, within, f"{text!r} in the daemon's log")

    def wait_for_calls(self, count, within=5):
        """Waits until this number of calls has ended; returns the line of the last one."""
        wait_until(lambda: len(self.calls) >= count, within, f"{count} calls in the daemon's log")
        return self.calls[count - 1]
