"""A server process, and its use of CPU and memory."""

import os
import subprocess
import tempfile
import time
from pathlib import Path

from lab.deadline import free_port

from .programs import on_server_core

PAGE = os.sysconf("SC_PAGE_SIZE")
START_TIMEOUT = 20
COMPLAINTS = (b" WARN ", b" ERROR ", b"panicked")


def free_address():
    """An address of the loopback interface that nobody listens on."""
    return f"127.0.0.1:{free_port()}"


class ServerProcess:
    """A server on a free port of the loopback interface. `command` makes its command line for an address."""

    def __init__(self, command):
        self.address = free_address()
        self._log = tempfile.TemporaryFile()
        command = on_server_core(command(self.address))
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log)

    def __enter__(self):
        ends = time.monotonic() + START_TIMEOUT
        while b"serving" not in self.log():
            if time.monotonic() > ends or self._process.poll() is not None:
                log = self.log().decode()
                self.__exit__()
                raise SystemExit(f"a server did not start:\n{log}")
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._log.close()

    def log(self):
        """The output so far."""
        return os.pread(self._log.fileno(), 1 << 30, 0)

    def complaints(self):
        """The lines of the log that report an error or a warning."""
        lines = self.log().splitlines()
        return [line.decode() for line in lines if any(word in line for word in COMPLAINTS)]

    def cpu(self):
        """Seconds of user and system time so far, of all threads, by the clock of the process (clock_getcpuclockid)."""
        return time.clock_gettime((~self._process.pid << 3) | 2)

    def memory(self):
        """The size of the resident set in bytes."""
        return int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]) * PAGE
