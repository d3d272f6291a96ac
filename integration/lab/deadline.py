"""Waiting for a condition with a timeout, and free ports. The lab waits for conditions instead of fixed times."""

import itertools
import random
import socket
import threading
import time

# These are below the ports of outgoing connections (ip_local_port_range), which would collide with them at random. A
# port is opened only some time after it was given out, so it is not given out again before all others were.
_PORTS = range(30500, 32700)
_ports = itertools.cycle(random.sample(_PORTS, len(_PORTS)))
_turn = threading.Lock()


class WaitTimeout(AssertionError):
    """A condition did not become true in time."""


def wait_until(condition, seconds, what, every=0.01):
    """Polls `condition` until it returns a true value, and returns that. `what` completes "waited for ..."."""
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise WaitTimeout(f"waited {seconds:g} s for {what}")
        time.sleep(every)


def free_port(kind=socket.SOCK_STREAM):
    """A free port of 127.0.0.1, for a program that cannot choose one itself."""
    for _ in _PORTS:
        with _turn:
            port = next(_ports)
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise WaitTimeout("no port of 127.0.0.1 is free")
