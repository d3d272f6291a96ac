"""Runs a Redis and reads everything that it stores."""

import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import debian, host
from .deadline import WaitTimeout, free_port, wait_until

# Of Debian: the first that is available. Valkey is not in bookworm.
SUITES = {"redis": ["bookworm", "trixie", "sid"], "valkey": ["trixie", "sid"]}
PASSWORD = "lab's own password"


def prepare(say=lambda line: None, wanted=debian.REDIS):
    """Unpacks it if this was not done before. It takes some seconds."""
    return debian.unpacked_of_any(wanted, SUITES[wanted.word], host.cache(), say)


def prepare_valkey(say=lambda line: None):
    """The same for Valkey."""
    return prepare(say, debian.VALKEY)


@dataclass
class Entry:
    """A value and its remaining time to live in milliseconds (-1: unlimited)."""

    value: bytes
    ttl_ms: int


class Redis:
    """A server in a folder, on its own port: Redis or Valkey. It requires a password and writes no data to disk."""

    def __init__(self, folder, wanted=debian.REDIS):
        self._folder = Path(folder)
        self._folder.mkdir(parents=True)
        self._program = debian.program(prepare(wanted=wanted), f"usr/bin/{wanted.word}-server")
        self._password = PASSWORD
        self.port = free_port()
        self._process = None

    def start(self):
        """Starts it without data, and returns when it answers."""
        # A file, since every user can read the arguments of a process.
        configuration = self._folder / "server.conf"
        configuration.write_text(
            f'bind 127.0.0.1\nport {self.port}\ndir "{self._folder}"\nsave ""\nappendonly no\ndaemonize no\n'
            f'requirepass "{PASSWORD}"\nmasterauth "{PASSWORD}"\n'
        )
        with open(self._folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                [*self._program, str(configuration)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )
        try:
            wait_until(self._answers, 10, "the server to answer")
        except WaitTimeout as reason:
            raise AssertionError(f"{reason}:\n{(self._folder / 'log').read_text()}") from reason

    def kill(self):
        """Kills it; its data is lost."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def suspend(self):
        """Suspends the process, so that it accepts connections but does not answer."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        """Resumes the process, with its data."""
        self._process.send_signal(signal.SIGCONT)

    def restart(self):
        """Starts it again on the same port, without data."""
        self.kill()
        self.start()

    close = kill

    def replicate(self, primary):
        """Makes it a replica, and returns when it has the data of the primary."""
        self.command("REPLICAOF", "127.0.0.1", primary.port)
        wait_until(lambda: b"master_link_status:up" in self.command("INFO", "replication"), 10, "the replication")

    def promote(self):
        """Makes a replica a primary."""
        self.command("REPLICAOF", "NO", "ONE")

    def set_password(self, password):
        """Changes the password and closes all connections, as a restart would."""
        self.command("CONFIG", "SET", "requirepass", password)
        self._password = password
        self.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")

    def command(self, *words):
        """The reply to a command: bytes, a number, None, or a list of these. An error reply is raised."""
        return self.commands([words])[0]

    def commands(self, commands):
        """The replies to several commands over one connection."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection, connection.makefile("rwb") as stream:
            return [_exchange(stream, words) for words in [("AUTH", self._password), *commands]][1:]

    @property
    def entries(self):
        """All entries by name."""
        cursor, found = self.command("SCAN", "0")
        names = set(found)
        while cursor != b"0":
            cursor, found = self.command("SCAN", cursor)
            names.update(found)
        replies = self.commands([words for name in sorted(names) for words in (("GET", name), ("PTTL", name))])
        found = zip(sorted(names), replies[0::2], replies[1::2])
        # Entries that expired after SCAN are left out.
        return {name.decode(): Entry(value, ttl_ms) for name, value, ttl_ms in found if value is not None}

    @property
    def dump(self):
        """All names and values, for scenarios that search for what must not be stored."""
        return b"\n".join(name.encode() + b" " + entry.value for name, entry in self.entries.items())

    def _answers(self):
        if self._process.poll() is not None:
            raise WaitTimeout(f"the server exited with {self._process.returncode}")
        try:
            return self.command("PING") == b"PONG"
        except OSError:
            return False


class ErrorReply(AssertionError):
    """The server replied with an error."""


def _exchange(stream, words):
    """Sends a command and reads its reply."""
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
        raise ErrorReply(rest.decode())
    if kind not in b"$*":
        raise AssertionError(f"an invalid reply: {line!r}")
    length = int(rest)
    if length < 0:
        return None
    if kind == b"*":
        return [_reply(stream) for _ in range(length)]
    return stream.read(length + 2)[:-2]
