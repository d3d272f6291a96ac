#!/usr/bin/env python3
"""Verifies that a request comes from dialscript, is unchanged, and is not a repetition.

In an application:

    verifier = Verifier([key])
    verifier.check(header, method, target, body)    # raises Refused

On the command line, for a saved request; the body is read from standard input:

    verify_signature.py --key-file FILE --header 't=...,v1=...' --method POST --target '/orders?id=1'
"""

import argparse
import hashlib
import hmac
import sys
import time

WINDOW = 300  # seconds; covers differences of the clocks and network delays


class Refused(Exception):
    """Why a request is refused."""


class Verifier:
    """Has the keys, and the signatures of recent requests. If several threads share it, use a lock. Several processes
    need a shared store instead."""

    def __init__(self, keys, clock=time.time):
        self.keys = [key.strip().encode() for key in keys]
        self.clock = clock
        self.seen = {}

    def check(self, header, method, target, body):
        """Raises Refused. `target` is the path and query, `body` the bytes, both exactly as received."""
        when, signatures = parts(header)
        now = self.clock()
        if abs(now - when) > WINDOW:
            raise Refused("it is too old, or the clocks differ")
        path, _, query = target.partition("?")
        signed = f"{when}\n{method}\n{path}\n{query}\n".encode() + body
        expected = [hmac.new(key, signed, hashlib.sha256).hexdigest() for key in self.keys]
        pairs = [(ours, theirs) for ours in expected for theirs in signatures]
        if not any([hmac.compare_digest(ours, theirs) for ours, theirs in pairs]):
            raise Refused("no key of ours has signed this")
        self.remember(expected[0], when, now)

    def remember(self, ours, when, now):
        """Stores the signature computed with the first key: a request with two signatures could be repeated with only
        the other one."""
        self.seen = {sign: at for sign, at in self.seen.items() if now - at <= WINDOW}
        if ours in self.seen:
            raise Refused("it came before")
        self.seen[ours] = when


def parts(header):
    """The time and the signatures in a `Dialscript-Signature` header."""
    pairs = [part.strip().partition("=") for part in (header or "").split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    signatures = [value for name, _, value in pairs if name == "v1"][:2]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit() and len(times[0]) < 16):
        raise Refused("it is not signed")
    return int(times[0]), [value for value in signatures if value.isascii()]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--key-file", action="append", required=True, help="can be repeated for several keys")
    options.add_argument("--header", required=True)
    options.add_argument("--method", required=True)
    options.add_argument("--target", required=True)
    given = options.parse_args()
    keys = []
    for name in given.key_file:
        with open(name, encoding="utf-8") as file:
            keys.append(file.read())
    try:
        Verifier(keys).check(given.header, given.method, given.target, sys.stdin.buffer.read())
    except Refused as reason:
        sys.exit(f"refused: {reason}")
    print("signed")


if __name__ == "__main__":
    main()
