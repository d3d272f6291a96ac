#!/usr/bin/env python3
"""Tells whether a request is from dialscript, is whole, and is new.

In an application:

    verifier = Verifier([key])
    verifier.check(header, method, target, body)    # raises Refused

By hand, for a request that was kept; the body is read from standard input:

    verify_signature.py --key-file FILE --header 't=...,v1=...' --method POST --target '/orders?id=1'
"""

import argparse
import hashlib
import hmac
import sys
import time

WINDOW = 300  # seconds that the clocks and the network may be apart


class Refused(Exception):
    """Why a request is not taken."""


class Verifier:
    """Knows the keys, and what came within the window. One for all threads needs a lock; several processes need a
    memory that they share."""

    def __init__(self, keys, clock=time.time):
        self.keys = [key.strip().encode() for key in keys]
        self.clock = clock
        self.seen = {}

    def check(self, header, method, target, body):
        """`target` is the path and the query, `body` the bytes, both as they came over the line."""
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
        """By our own signature: with two keys, a repetition could show the other one of the two."""
        self.seen = {sign: at for sign, at in self.seen.items() if now - at <= WINDOW}
        if ours in self.seen:
            raise Refused("it came before")
        self.seen[ours] = when


def parts(header):
    """The time, and the signatures of one `Dialscript-Signature`."""
    pairs = [part.strip().partition("=") for part in (header or "").split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    signatures = [value for name, _, value in pairs if name == "v1"][:2]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit() and len(times[0]) < 16):
        raise Refused("it is not signed")
    return int(times[0]), [value for value in signatures if value.isascii()]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--key-file", action="append", required=True, help="several for several keys")
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
