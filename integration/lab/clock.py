"""A clock that a test puts forward, for one program: answers are kept for a minute at least, and nobody waits for that.

It is libfaketime's, which is loaded into the program before the C library: both clocks, the monotonic one too, are what
a file says, from the moment that it says so.
"""

from pathlib import Path

from . import debian, host

SUITES = ["bookworm", "trixie", "sid"]  # of Debian: the first that can be had
LIBRARY = "usr/lib/*/faketime/libfaketimeMT.so.1"


def prepare(say=lambda line: None):
    """Unpacks it, unless that was done before: it takes some seconds."""
    return debian.unpacked_of_any(debian.CLOCK, SUITES, host.cache(), say)


class Clock:
    """A clock in a folder. What is started with its `environment` goes by it."""

    def __init__(self, folder):
        library = next(prepare().glob(LIBRARY))
        self._file = Path(folder) / "clock"
        self._ahead = 0
        self.forward(0)
        self.environment = {
            "LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(self._file), "FAKETIME_NO_CACHE": "1",
        }

    def forward(self, seconds):
        """Puts it forward, at once."""
        self._ahead += seconds
        # A file that is being written would be read half.
        part = self._file.with_suffix(".part")
        part.write_text(f"+{self._ahead}\n")
        part.rename(self._file)
