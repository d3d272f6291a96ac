"""A clock that a scenario can advance for one program, since answers are cached for at least a minute.

libfaketime is loaded into the program before the C library. The realtime and the monotonic clock of the program are
then ahead by the offset in a file, as soon as the file changes.
"""

from pathlib import Path

from . import debian, host

SUITES = ["bookworm", "trixie", "sid"]  # of Debian: the first that is available
LIBRARY = "usr/lib/*/faketime/libfaketimeMT.so.1"


def prepare(say=lambda line: None):
    """Unpacks libfaketime if this was not done before. It takes some seconds."""
    return debian.unpacked_of_any(debian.CLOCK, SUITES, host.cache(), say)


class FakeClock:
    """A clock that keeps its offset in a folder. Programs use it if they are started with its `environment`."""

    def __init__(self, folder):
        library = next(prepare().glob(LIBRARY))
        self._file = Path(folder) / "clock"
        self._ahead = 0
        self.advance(0)
        self.environment = {
            "LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(self._file), "FAKETIME_NO_CACHE": "1",
        }

    def advance(self, seconds):
        """Advances it immediately."""
        self._ahead += seconds
        # Renamed, since the program could read a file that is only half written.
        part = self._file.with_suffix(".part")
        part.write_text(f"+{self._ahead}\n")
        part.rename(self._file)
