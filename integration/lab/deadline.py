"""Waiting for something to become true, with a bound. Nothing in the lab sleeps in the hope that it is long enough."""

import itertools
import random
import socket
import threading
import time

# Below those that the kernel gives to connections going out (ip_local_port_range), which come and go by themselves. Who
# is given one opens it later: nobody else is given it until all have had their turn.
_PORTS = range(30500, 32700)
_ports = itertools.cycle(random.sample(_PORTS, len(_PORTS)))
_turn = threading.Lock()


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
    for _ in _PORTS:
        with _turn:
            port = next(_ports)
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise TooLate("no port of 127.0.0.1 is free")
