"""Helper processes, and the CPU time of processes."""

import os
import subprocess
import sys
import time
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")
PROCESS_CLOCK = 2  # CPUCLOCK_SCHED in Linux: user and system time of all threads, also of those that have ended


def cpu_seconds(pid):
    """User and system time of a process and of its children that have ended. Its own time is exact, that of the
    children to 10 ms."""
    own = time.clock_gettime(~pid << 3 | PROCESS_CLOCK)
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return own + (int(fields[13]) + int(fields[14])) * TICK


class Program:
    """A Python program that prints its port and serves until the end."""

    def __init__(self, file, *arguments):
        command = [sys.executable, "-u", str(file), *map(str, arguments)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        port = self._process.stdout.readline()
        if not port:
            self._process.wait()
            raise SystemExit(f"the program {file} did not start")
        self.port = int(port)

    @property
    def pid(self):
        """Its process id."""
        return self._process.pid

    def close(self):
        """Ends it."""
        self._process.kill()
        self._process.wait()
