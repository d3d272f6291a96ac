"""Bad answers of a web application, for `Web.on`, and ports that accept no connections."""

import gzip
import socket
from functools import cache

from . import web

BODY = b'{"code": 200}'
ZIP_BOMB_BYTES = 64 << 20  # unpacked; about 64 KiB compressed


def head(*lines):
    """The head of a JSON answer."""
    return "\r\n".join(["HTTP/1.1 200 OK", "Content-Type: application/json", *lines, "", ""]).encode()


def late(seconds):
    """A good answer after a delay."""
    return web.json(BODY.decode(), delay=seconds)


def dripping_head(seconds=0.1):
    """A head that arrives byte by byte."""
    return web.Answer(raw=head("X-Slow: " + "x" * 200, f"Content-Length: {len(BODY)}") + BODY, drip=seconds)


def dripping_body(seconds=0.1):
    """A body that arrives byte by byte."""
    return web.json('{"code": 200, "more": "%s"}' % ("x" * 200), drip=seconds)


def too_long(keep_open):
    """A Content-Length that is too long; the connection stays open, or is closed in the middle of the body."""
    return web.Answer(raw=head("Content-Length: 1000") + BODY, keep_open=keep_open)


def too_short():
    """A Content-Length that is too short."""
    return web.Answer(raw=head("Content-Length: 5") + BODY)


def two_lengths():
    """Two different Content-Length headers."""
    return web.Answer(raw=head(f"Content-Length: {len(BODY)}", "Content-Length: 1000") + BODY)


def endless(seconds=0.0):
    """An endless body, sent as fast as possible or with a pause before each byte."""
    chunk = b"1\r\n \r\n" if seconds else b"1000\r\n" + b" " * 0x1000 + b"\r\n"
    return web.Answer(raw=_Endless(head("Transfer-Encoding: chunked"), chunk), drip=seconds)


class _Endless:
    """The pieces of an endless answer; each iteration starts from the first."""

    def __init__(self, first, further):
        self._first, self._further = first, further

    def __iter__(self):
        yield self._first
        while True:
            yield self._further


@cache
def _zip_bomb():
    return gzip.compress(bytes(ZIP_BOMB_BYTES))


def zip_bomb():
    """A small compressed body that unpacks to a very large one."""
    body = _zip_bomb()
    return web.Answer(raw=head("Content-Encoding: gzip", f"Content-Length: {len(body)}") + body)


def html_page():
    """An HTML page."""
    return web.Answer(200, "<!doctype html><title>200</title><p>code=200", "text/html; charset=utf-8")


def redirect(to):
    """A redirect."""
    return web.Answer(302, headers={"Location": to})


class RefusingPort:
    """A port that refuses connections. It is bound, so that no other program can use it, but nothing listens."""

    def __init__(self):
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def close(self):
        """Frees the port."""
        self._socket.close()


class FullBacklog(RefusingPort):
    """A port that neither accepts nor refuses connections: its backlog is full."""

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
