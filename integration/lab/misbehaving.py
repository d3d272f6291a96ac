"""The ways in which a web application can misbehave: answers for `Web.on` that are none, or hardly."""

import gzip
import socket
from functools import cache

from . import web

BODY = b'{"code": 200}'
BOMB = 64 << 20  # bytes that 64 KiB come to


def head(*lines):
    """The head of an answer in JSON."""
    return "\r\n".join(["HTTP/1.1 200 OK", "Content-Type: application/json", *lines, "", ""]).encode()


def late(seconds):
    """A good answer that comes late."""
    return web.json(BODY.decode(), delay=seconds)


def dripping_head(seconds=0.1):
    """Its head comes byte for byte."""
    return web.Answer(raw=head("X-Slow: " + "x" * 200, f"Content-Length: {len(BODY)}") + BODY, drip=seconds)


def dripping_body(seconds=0.1):
    """Its body comes byte for byte."""
    return web.json('{"code": 200, "more": "%s"}' % ("x" * 200), drip=seconds)


def too_long(stays):
    """It says that more comes than does; the connection stays open, or is closed in the middle of the body."""
    return web.Answer(raw=head("Content-Length: 1000") + BODY, stays=stays)


def too_short():
    """It says that less comes than does."""
    return web.Answer(raw=head("Content-Length: 5") + BODY)


def two_lengths():
    """It says two lengths."""
    return web.Answer(raw=head(f"Content-Length: {len(BODY)}", "Content-Length: 1000") + BODY)


def endless(seconds=0.0):
    """A body without an end, as fast as it is taken or with a pause before each byte."""
    chunk = b"1\r\n \r\n" if seconds else b"1000\r\n" + b" " * 0x1000 + b"\r\n"
    return web.Answer(raw=_Endless(head("Transfer-Encoding: chunked"), chunk), drip=seconds)


class _Endless:
    """The pieces of an answer without an end, from the first one on for whoever asks."""

    def __init__(self, first, further):
        self._first, self._further = first, further

    def __iter__(self):
        yield self._first
        while True:
            yield self._further


@cache
def _bomb():
    return gzip.compress(bytes(BOMB))


def bomb():
    """A small body that unpacks to a very large one."""
    body = _bomb()
    return web.Answer(raw=head("Content-Encoding: gzip", f"Content-Length: {len(body)}") + body)


def page():
    """A page for people."""
    return web.Answer(200, "<!doctype html><title>200</title><p>code=200", "text/html; charset=utf-8")


def redirect(to):
    """It says that the answer is elsewhere."""
    return web.Answer(302, headers={"Location": to})


class Refusing:
    """A place that refuses connections: the port is taken, so that nobody else comes to listen on it, but not listened
    on."""

    def __init__(self):
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def close(self):
        """Is gone."""
        self._socket.close()


class Full(Refusing):
    """A place that neither takes connections nor refuses them: its queue is full, and nobody takes any out of it."""

    def __init__(self):
        super().__init__()
        self._socket.listen(0)
        self._waiting = [socket.socket() for _ in range(4)]
        for connection in self._waiting:
            connection.setblocking(False)
            connection.connect_ex(("127.0.0.1", self.port))

    def close(self):
        for connection in self._waiting:
            connection.close()
        super().close()
