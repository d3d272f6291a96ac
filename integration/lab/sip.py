"""SIP messages (RFC 3261), as far as two endpoints on one machine need them."""

import random
from dataclasses import dataclass, field


@dataclass
class Message:
    """A request or a response: its first line, its headers in order, its body."""

    first: str
    headers: list = field(default_factory=list)
    body: str = ""

    @classmethod
    def parse(cls, datagram):
        """Parses a datagram."""
        head, _, body = datagram.decode("utf-8", "replace").partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return cls(first, [(name.strip(), value.strip()) for name, _, value in pairs], body)

    def encode(self):
        """The message as a datagram."""
        body = self.body.encode()
        headers = [*self.headers, ("Content-Length", str(len(body)))]
        lines = [self.first, *(f"{name}: {value}" for name, value in headers)]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def all(self, name):
        """All values of a header, with its name."""
        return [(key, value) for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name):
        """The first value of a header, or an empty text."""
        return next((value for _, value in self.all(name)), "")

    @property
    def status(self):
        """The status of a response; None for a request."""
        return int(self.first.split()[1]) if self.first.startswith("SIP/2.0 ") else None

    @property
    def method(self):
        """The method of a request, or of the request that a response belongs to."""
        return self.get("CSeq").split()[-1] if self.status else self.first.split()[0]

    @property
    def media(self):
        """The RTP address and port in the session description."""
        lines = self.body.splitlines()
        address = next(line.split()[-1] for line in lines if line.startswith("c="))
        port = next(line.split()[1] for line in lines if line.startswith("m=audio"))
        return address, int(port)


def reply(request, status, tag, contact=None, body=""):
    """A response to a request: the same Via, From, Call-ID and CSeq, and To with our tag."""
    to = request.get("To")
    to = to if ";tag=" in to else f"{to};tag={tag}"
    headers = [*request.all("Via"), ("From", request.get("From")), ("To", to)]
    headers += [*request.all("Call-ID"), *request.all("CSeq")]
    if contact:
        headers.append(("Contact", contact))
    if body:
        headers.append(("Content-Type", "application/sdp"))
    return Message(f"SIP/2.0 {status}", headers, body)


def session_description(port):
    """G.711 u-law and RFC 4733 keypresses at this port of 127.0.0.1."""
    return (
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
        "a=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n"
    )


def token():
    """A random unique text."""
    return f"{random.getrandbits(64):016x}"


def branch():
    """A branch parameter with the magic cookie of RFC 3261, 8.1.1.7."""
    return f"z9hG4bK{token()}"


def quoted(name):
    """A quoted display name."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" '
