"""Waiting for something to become true, with a bound. Nothing in the lab sleeps in the hope that it is long enough."""

import random
import socket
import time

# Below those that the kernel gives to connections going out (ip_local_port_range), which come and go by themselves.
PORTS = range(30500, 32700)


class TooLate(AssertionError):
    """What was waited for did not happen in time."""


def wait_until(condition, seconds, what, every=0.01):
    """Polls `condition` until it returns something true, and returns that. `what` completes "waited for ..."."""
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise TooLate(f"waited {seconds:g} s for {what}")
        time.sleep(every)


def free_port(kind=socket.SOCK_STREAM):
    """A port of 127.0.0.1 that nothing uses, for a program that can't be told to find one itself."""
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise TooLate("no port of 127.0.0.1 is free")
