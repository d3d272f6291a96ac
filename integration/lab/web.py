"""A web application that records every request and gives any answer, including invalid ones.

It uses plain sockets, since an HTTP library would not send invalid answers.
"""

import hashlib
import json as json_format
import os
import select
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

from .deadline import wait_until

SOUNDS = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".ogg": "audio/ogg"}


@dataclass
class Request:
    """A request. Header names are in lower case; the values of a repeated header are joined with commas."""

    method: str
    target: str
    headers: dict
    body: bytes
    at: float  # time.monotonic()
    complete: bool = False  # whether the client was still connected when the answer was sent

    @property
    def path(self):
        """The path, not decoded."""
        return urlsplit(self.target).path

    @property
    def query(self):
        """The decoded pairs of the query in order."""
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    @property
    def text(self):
        """The body as text."""
        return self.body.decode()

    @property
    def form(self):
        """The decoded pairs of a form body in order."""
        return parse_qsl(self.text, keep_blank_values=True)

    def __str__(self):
        return f"{self.method} {self.target}" + (f" with {self.body.decode(errors='replace')!r}" if self.body else "")


@dataclass
class Answer:
    """An answer, and how it is sent."""

    status: int = 200
    body: str | bytes = ""
    content_type: str = "text/plain"
    headers: dict = field(default_factory=dict)
    delay: float = 0.0  # seconds before the first byte
    drip: float = 0.0  # seconds before each byte of the body or of `raw`
    raw: bytes | Iterable | None = None  # sent instead of an HTTP answer: bytes, or pieces of bytes
    keep_open: bool = False  # keep the connection open after `raw`
    silent: bool = False  # read the request and never answer
    reset: bool = False  # read the request and reset the connection

    def encode(self):
        """The encoded head and body."""
        body = self.body.encode() if isinstance(self.body, str) else self.body
        reason = HTTPStatus(self.status).phrase
        headers = {"Content-Type": self.content_type, "Content-Length": str(len(body)), **self.headers}
        lines = [f"HTTP/1.1 {self.status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n", body


def json(value, **options):
    """A JSON answer. A text is sent unchanged as JSON, so that its numbers keep their form."""
    body = value if isinstance(value, str) else json_format.dumps(value)
    return Answer(body=body, content_type="application/json", **options)


def in_turn(*answers):
    """Gives these answers one after the other, and the last one for all further requests."""
    remaining = iter(answers[:-1])
    one_at_a_time = threading.Lock()

    def answer(request):
        with one_at_a_time:
            return next(remaining, answers[-1])

    return answer


def sound(file, **options):
    """Answers with a sound file and an ETag of its content, or with 304 if the client has this version."""
    body = file.read_bytes()
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'

    def answer(request):
        headers = {"ETag": tag, **options.get("headers", {})}
        if request.headers.get("if-none-match") == tag:
            return Answer(304, headers=headers)
        content_type = SOUNDS[file.suffix]
        return Answer(**{**options, "body": body, "content_type": content_type, "headers": headers})

    return answer


class Web:
    """A web application on its own port. `answers` has an answer for each path, or a function of the request."""

    def __init__(self, address="127.0.0.1", port=0, certificate=None):
        self._tls = _tls(certificate) if certificate else None
        self._listener = socket.create_server((address, port), backlog=128)
        self.port = self._listener.getsockname()[1]
        self.url = f"http{'s' if certificate else ''}://{address}:{self.port}"
        self.answers = {}
        self.requests = []
        self.connections = 0
        self._open = set()
        self._closed = threading.Event()
        threading.Thread(target=self._accept, name="web", daemon=True).start()

    def on(self, path, answer):
        """Sets the answer to further requests for this path, or a function of the request that returns it."""
        self.answers[path] = answer
        return self

    def wait_for(self, count, within=5):
        """Waits until this number of requests has arrived; returns the last of them."""
        wait_until(lambda: len(self.requests) >= count, within, f"{count} requests; there were {self.request_log()}")
        return self.requests[count - 1]

    def request_log(self):
        """All requests as one line of text."""
        return " · ".join(map(str, self.requests)) or "nothing"

    def close(self):
        """Accepts no more connections, and closes the open ones."""
        self._closed.set()
        self._listener.close()
        for connection in list(self._open):
            connection.close()

    def _accept(self):
        while not self._closed.is_set():
            try:
                if not select.select([self._listener], [], [], 0.2)[0]:
                    continue
                connection, _ = self._listener.accept()
            except (OSError, ValueError):
                return  # closed
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), name="web", daemon=True).start()

    def _serve(self, connection):
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._open.add(connection)
            with connection, connection.makefile("rb") as stream:
                while request := _read(stream):
                    self.requests.append(request)
                    if not self._answer(connection, request):
                        return
        except OSError:
            pass  # The client has disconnected, or the application was closed.
        finally:
            self._open.discard(connection)

    def _answer(self, connection, request):
        """Sends the answer; returns whether the connection can be used again."""
        answer = self.answers.get(request.path, Answer(404, "no such page"))
        if callable(answer):
            answer = answer(request)
        self._closed.wait(answer.delay)
        if answer.silent:
            self._closed.wait()
        if answer.silent or answer.reset:
            # With a linger time of 0, closing sends RST.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            return False
        request.complete = not _is_disconnected(connection)
        if answer.raw is not None:
            pieces = [answer.raw] if isinstance(answer.raw, bytes) else answer.raw
            for piece in pieces:
                self._send(connection, piece, answer.drip)
            if answer.keep_open:
                connection.recv(1)  # waits until the client disconnects
            return False
        head, body = answer.encode()
        connection.sendall(head if answer.drip else head + body)
        if answer.drip:
            self._send(connection, body, answer.drip)
        return True

    def _send(self, connection, piece, drip):
        if not drip:
            return connection.sendall(piece)
        for byte in piece:
            self._closed.wait(drip)
            connection.sendall(bytes([byte]))


def self_signed(folder):
    """A file with a self-signed certificate for 127.0.0.1 and its key."""
    file = folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", "/CN=lab", "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE",
         "-keyout", file, "-out", folder / "public.pem"],
        check=True, capture_output=True,
    )
    file.write_text(file.read_text() + (folder / "public.pem").read_text())
    return file


def _tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def _read(stream):
    """The next request of a connection; None at its end."""
    first = stream.readline().decode("latin-1").split()
    if len(first) != 3:
        return None
    headers = {}
    while line := stream.readline().strip():
        name, _, value = line.decode("latin-1").partition(":")
        name, value = name.lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    body = stream.read(int(headers.get("content-length", 0)))
    return Request(first[0], first[1], headers, body, time.monotonic())


def _is_disconnected(connection):
    """Whether the client has closed the connection."""
    readable, _, _ = select.select([connection], [], [], 0)
    with socket.socket(fileno=os.dup(connection.fileno())) as beneath_tls:
        return bool(readable) and not beneath_tls.recv(1, socket.MSG_PEEK)
