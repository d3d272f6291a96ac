"""Looks for what must be nowhere: in everything that a daemon and its Redis have left, and in every way to write it."""

import base64
import urllib.request
from pathlib import Path


def found(canary, lab, redis, metrics):
    """The places in which digits are that were entered as sensitive."""
    ways = writings(canary)
    return [place for place, what in places(lab, redis, metrics) if any(way in what for way in ways)]


def writings(canary):
    """All ways to write it that are looked for."""
    plain = canary.encode()
    ways = {
        plain, plain[::-1], plain.hex().encode(), plain.hex().upper().encode(),
        "".join(f"%{byte:02x}" for byte in plain).encode(), canary.encode("utf-16-le"), canary.encode("utf-16-be"),
    }
    # Base64 depends on what stands before it: three ways, without what the neighbours decide too.
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + plain)
        ways.add(encoded[before and 4:].rstrip(b"=")[:-1])
    return ways


def places(lab, redis, metrics):
    """Every place that anybody could look into, and what is there. The switch's own log is the switch's."""
    # Logs, scripts, kept sounds, recordings; Redis's own log. A name can tell as well as what is in it.
    for path in lab.folder.rglob("*"):
        yield f"the name {path}", str(path).encode()
        if path.is_file():
            yield f"the file {path}", path.read_bytes()
    process = Path(f"/proc/{lab.daemon.pid}")
    for name in ("cmdline", "environ"):
        yield f"the daemon's {name}", (process / name).read_bytes()
    yield "what systemd is told", lab.daemon.told.encode()
    yield "Redis", redis.dump
    for words in (["list"], ["list", "--json"], ["explain", "pin"]):
        yield f"dialscript cache {' '.join(words)}", lab.daemon.cache(*words).encode()
    with urllib.request.urlopen(metrics, timeout=5) as page:
        yield "the metrics", page.read()
