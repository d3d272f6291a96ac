"""Searches everything that a daemon and its Redis have written for a sensitive value, in all common encodings."""

import base64
import urllib.request
from pathlib import Path


def find(value, lab, redis, metrics):
    """The names of the outputs that contain the value. `metrics` is the URL of the daemon's metrics."""
    forms = encodings(value)
    return [name for name, data in outputs(lab, redis, metrics) if any(form in data for form in forms)]


def encodings(value):
    """The encodings of the value that are searched for."""
    plain = value.encode()
    forms = {
        plain, plain[::-1], plain.hex().encode(), plain.hex().upper().encode(),
        "".join(f"%{byte:02x}" for byte in plain).encode(), value.encode("utf-16-le"), value.encode("utf-16-be"),
    }
    # Base64 depends on the position: three variants, without the characters that also depend on neighbouring bytes.
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + plain)
        forms.add(encoded[before and 4:].rstrip(b"=")[:-1])
    return forms


def outputs(lab, redis, metrics):
    """Everything that the daemon and Redis have written: names and content. The log of the switch is not included."""
    # Logs, scripts, cached sounds, recordings, the log of Redis. A file name can contain the value too.
    for path in lab.folder.rglob("*"):
        yield f"the name {path}", str(path).encode()
        if path.is_file():
            yield f"the file {path}", path.read_bytes()
    process = Path(f"/proc/{lab.daemon.pid}")
    for name in ("cmdline", "environ"):
        yield f"the daemon's {name}", (process / name).read_bytes()
    yield "the notifications to systemd", lab.daemon.notifications.encode()
    yield "Redis", redis.dump
    for words in (["list"], ["list", "--json"], ["explain", "pin"]):
        yield f"dialscript cache {' '.join(words)}", lab.daemon.cache(*words).encode()
    with urllib.request.urlopen(metrics, timeout=5) as page:
        yield "the metrics", page.read()
