"""A running Redis (or Valkey) of its own, and everything that is in it."""

import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import debian, host
from .deadline import TooLate, free_port, wait_until

SUITES = ["bookworm", "trixie", "sid"]  # of Debian: the first that can be had
PASSWORD = "lab's own password"


def prepare(say, wanted=debian.REDIS):
    """Unpacks it, unless that was done before: it takes some seconds."""
    return debian.unpacked_of_any(wanted, SUITES, host.cache(), say)


@dataclass
class Entry:
    """What is kept under a name: its bytes, and the milliseconds that it has left (-1: for ever)."""

    value: bytes
    left: int


class Redis:
    """One server in one folder, on a port of its own, that writes nothing to disk. It wants a password."""

    def __init__(self, folder, wanted=debian.REDIS, say=lambda line: None):
        self._folder = Path(folder)
        self._folder.mkdir(parents=True)
        root = prepare(say, wanted)
        self._program = debian.program(root, f"usr/bin/{wanted.word}-server")
        self.port = free_port()
        self._process = None

    def start(self):
        """Starts it, empty, and returns when it answers."""
        # The arguments of a process are for everybody to see; its configuration file is not.
        configuration = self._folder / "server.conf"
        configuration.write_text(
            f'bind 127.0.0.1\nport {self.port}\ndir "{self._folder}"\nsave ""\nappendonly no\ndaemonize no\n'
            f'requirepass "{PASSWORD}"\n'
        )
        with open(self._folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                [*self._program, str(configuration)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )
        try:
            wait_until(self._answers, 10, "the server to answer")
        except TooLate as reason:
            raise AssertionError(f"{reason}:\n{(self._folder / 'log').read_text()}") from reason

    def kill(self):
        """It is gone, without a word, and all that it had."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def hang(self):
        """It is there, and says nothing any more."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self):
        """It answers again, with what it had."""
        self._process.send_signal(signal.SIGCONT)

    def restart(self):
        """The same port, nothing in it."""
        self.kill()
        self.start()

    close = kill

    def command(self, *words):
        """The reply to a command: bytes, a number, None, or a list of them. An error is raised."""
        return self.commands([words])[0]

    def commands(self, commands):
        """The replies to commands over one connection."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection, connection.makefile("rwb") as stream:
            return [_exchange(stream, words) for words in [("AUTH", PASSWORD), *commands]][1:]

    @property
    def entries(self):
        """All that is in it, by name."""
        cursor, found = self.command("SCAN", "0")
        names = set(found)
        while cursor != b"0":
            cursor, found = self.command("SCAN", cursor)
            names.update(found)
        replies = self.commands([words for name in sorted(names) for words in (("GET", name), ("PTTL", name))])
        kept = zip(sorted(names), replies[0::2], replies[1::2])
        # What ran out between the two looks is not in it.
        return {name.decode(): Entry(value, left) for name, value, left in kept if value is not None}

    @property
    def dump(self):
        """Every byte of names and values, for a test that looks for what must not be there."""
        return b"\n".join(name.encode() + b" " + entry.value for name, entry in self.entries.items())

    def _answers(self):
        if self._process.poll() is not None:
            raise TooLate(f"the server ended with {self._process.returncode}")
        try:
            return self.command("PING") == b"PONG"
        except OSError:
            return False


class Refused(AssertionError):
    """The server answered with an error."""


def _exchange(stream, words):
    """One command and its reply."""
    words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    stream.write(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
    stream.flush()
    return _reply(stream)


def _reply(stream):
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise ConnectionError("the server closed the connection")
    kind, rest = line[:1], line[1:-2]
    if kind == b"+":
        return rest
    if kind == b":":
        return int(rest)
    if kind == b"-":
        raise Refused(rest.decode())
    if kind not in b"$*":
        raise AssertionError(f"no reply: {line!r}")
    length = int(rest)
    if length < 0:
        return None
    if kind == b"*":
        return [_reply(stream) for _ in range(length)]
    return stream.read(length + 2)[:-2]
