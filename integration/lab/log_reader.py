"""Reads a daemon's log from a pipe into a file. It can stop reading, as a pager or a container's log driver may do."""

import fcntl
import os
import threading

from .deadline import wait_until

PIPE_BYTES = 4096  # the smallest pipe of Linux: it is full after a few lines
FILLER = b"\n" * PIPE_BYTES


class LogReader:
    """A thread that copies what is written to `write_end` into a file."""

    def __init__(self, file):
        self._file = file
        self._read_end, self.write_end = os.pipe()
        fcntl.fcntl(self.write_end, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._reads = threading.Event()
        self._reads.set()
        self._is_paused = threading.Event()
        threading.Thread(target=self._copy, name="log", daemon=True).start()

    def pause(self):
        """Stops reading. What the thread waits for already is still read."""
        self._reads.clear()

    def pause_with_full_pipe(self):
        """Stops reading, and fills the pipe: nothing more can be written into it."""
        self.pause()
        # A description of its own, so that the daemon's writes still wait, and none of the filler waits with them: it
        # would come between two parts of a line.
        filler = os.open(f"/proc/self/fd/{self.write_end}", os.O_WRONLY | os.O_NONBLOCK)
        try:
            # The first filler ends the read that is in progress.
            wait_until(lambda: is_full(filler) and self._is_paused.is_set(), 5, "the reader of the log to pause")
            wait_until(lambda: is_full(filler), 5, "the pipe of the log to be full")
        finally:
            os.close(filler)

    def resume(self):
        """Reads on."""
        self._is_paused.clear()
        self._reads.set()

    def close(self):
        """Ends the thread, once nothing else holds the pipe."""
        os.close(self.write_end)
        self.resume()

    def _copy(self):
        with open(self._file, "ab", buffering=0) as file:
            while data := os.read(self._read_end, PIPE_BYTES):
                file.write(data)
                if not self._reads.is_set():
                    self._is_paused.set()
                    self._reads.wait()
        os.close(self._read_end)


def is_full(pipe):
    """Fills a pipe that is open without waiting. True if it was full already."""
    try:
        os.write(pipe, FILLER)
    except BlockingIOError:
        return True
    return False
