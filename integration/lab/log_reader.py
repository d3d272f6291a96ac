"""Reads a daemon's log from a pipe into a file. It can stop reading, as a pager or a container's log driver may do."""

import fcntl
import os
import struct
import termios
import threading

from .deadline import wait_until

PIPE_BYTES = 4096  # the smallest pipe of Linux: it is full after a few lines
FILLER = b"." * (PIPE_BYTES - 1) + b"\n"


class LogReader:
    """A thread that copies what is written to `write_end` into a file."""

    def __init__(self, file):
        self._file = file
        self._read_end, self.write_end = os.pipe()
        fcntl.fcntl(self.write_end, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self._reads = threading.Event()
        self._reads.set()
        threading.Thread(target=self._copy, name="log", daemon=True).start()

    def pause(self):
        """Stops reading. What the thread waits for already is still read."""
        self._reads.clear()

    def pause_with_full_pipe(self):
        """Stops reading, and fills the pipe: nothing more can be written into it."""
        self.pause()
        # The first filler ends the read that is in progress.
        threading.Thread(target=os.write, args=(self.write_end, FILLER * 2), daemon=True).start()
        wait_until(lambda: self._waiting_bytes() == PIPE_BYTES, 5, "the pipe of the log to be full")

    def _waiting_bytes(self):
        return struct.unpack("i", fcntl.ioctl(self._read_end, termios.FIONREAD, bytes(4)))[0]

    def resume(self):
        """Reads on."""
        self._reads.set()

    def close(self):
        """Ends the thread, once nothing else holds the pipe."""
        os.close(self.write_end)
        self.resume()

    def _copy(self):
        with open(self._file, "ab", buffering=0) as file:
            while data := os.read(self._read_end, PIPE_BYTES):
                file.write(data)
                self._reads.wait()
        os.close(self._read_end)
