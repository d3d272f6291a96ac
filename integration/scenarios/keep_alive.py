"""Requests that arrive just as a real web server closes the connection that was kept for them."""

import time

from lab import agi
from lab.distance import Distance
from lab.expect import expect
from lab.scenario import scenario
from lab.web_servers import WebServer

ONE_WAY = 0.04  # seconds to the server; a request and its answer take twice as long
DURATION = 18  # seconds of calls

# How late after its keep-alive each server closes a connection at the latest, in seconds. nginx is exact, the other
# two look only once a second.
SERVERS = {"nginx": 0.0, "node": 1.0, "gunicorn": 1.0}
LANES = {1: 8, 2: 8, 5: 3}  # by keep-alive: callers who each have a connection of their own

SCRIPT = """
    [trigger]
    url = "http://127.0.0.1:{port}/orders"
    body = "a=1"
    timeout = "3s"
    [response]
    key = "code"
    [[branch]]
    when = "200"
    then = "continue"
    [no_response]
    then = "continue"
"""


class Lane:
    """A script whose calls have a connection of their own, and the pause between two calls."""

    def __init__(self, lab, distance, server, number):
        self.name = f"{server.name}-{server.keep_alive}-{number}"
        self._daemon = lab.daemon
        lanes = LANES[server.keep_alive]
        # From 50 ms too early to 50 ms too late for the connection.
        spread = number / (lanes - 1) * (SERVERS[server.name] + 0.1) - 0.05
        self._pause = server.keep_alive - 2 * ONE_WAY + spread
        lab.script(self.name, SCRIPT.format(port=distance.relay_to(server.port)))

    def play(self):
        """Plays calls for the duration; returns their outcomes."""
        outcomes, end = [], time.monotonic() + DURATION
        while time.monotonic() < end:
            outcomes.append(agi.play(self._daemon.port, self.name).get("DIALSCRIPT_OUTCOME"))
            time.sleep(self._pause)
        return outcomes


@scenario(
    "no POST is lost when nginx, Node.js or gunicorn closes the kept connection just then", only_on="asterisk",
    long=True,
)
def closing_connections(lab):
    distance = lab.close_at_end(Distance(ONE_WAY))
    lanes = []
    for name in SERVERS:
        for keep_alive, count in LANES.items():
            server = lab.close_at_end(WebServer(lab.folder / f"{name}-{keep_alive}", name, keep_alive)).start()
            lanes += [Lane(lab, distance, server, number) for number in range(count)]
    lab.start()
    for lane, outcomes in zip(lanes, lab.in_parallel(lambda lane: lane.play(), lanes)):
        expect(f"outcomes of {lane.name}", set(outcomes), {"matched"})
    again = lab.daemon.log.count("a kept connection was closed before an answer")
    expect("requests that met a closing connection, so that the scenario shows something", again > 0, True)
