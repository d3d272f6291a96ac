"""Two daemons with a shared cache in a real Redis, which also stops, hangs and restarts."""

import threading
import urllib.request

from lab import web
from lab.deadline import WaitTimeout, free_port, wait_until
from lab.debian import REDIS, VALKEY
from lab.expect import expect
from lab.forwarder import Forwarder
from lab.redis import PASSWORD, Redis
from lab.scenario import LeftOut, scenario

SCRIPT = """
    [trigger]
    url = "WEB/it?id={arg.id}"
    timeout = "6s"
    [response]
    key = "code"
    cache = "5m"
    [[branch]]
    when = "200"
    then = "goto 9100@lab-destinations"
    [no_response]
    then = "continue"
"""

SHARED = """
[cache]
shared = "redis://:{{secret.REDIS}}@127.0.0.1:{port}/0"
shared_secret = "{{secret.SHARED}}"
"""

METRICS = """
[metrics]
listen = "127.0.0.1:{port}"
"""

SECRETS = {"DIALSCRIPT_SECRET_REDIS": PASSWORD, "DIALSCRIPT_SECRET_SHARED": "of the lab, and long enough"}
PROMPT = 0.6  # seconds of a call without waiting, on a busy machine
CALLS = 20
ATTEMPTS = 3  # to have no outage of Redis on a busy machine
UNAVAILABLE = "shared cache is unavailable"


def started(lab, name, wanted=REDIS):
    """A server, which is running."""
    server = lab.close_at_end(Redis(lab.folder / name, wanted))
    server.start()
    return server


class DaemonPair:
    """Two daemons and their Redis. They reach it at `port`, if that is given. `more` are settings of the first one."""

    def __init__(self, lab, redis=None, port=None, more=""):
        self.lab = lab
        self.redis = redis or started(lab, "redis")
        settings = SHARED.format(port=port or self.redis.port)
        lab.daemon.configure(settings + more)
        lab.daemon.environment = SECRETS
        lab.script("asks", SCRIPT).start()
        self.daemons = [lab.daemon, lab.another_daemon(settings, SECRETS)]

    def log_lines(self, text):
        """The number of occurrences of a text in each daemon's log."""
        return [daemon.log.count(text) for daemon in self.daemons]

    def call(self, number, id, within):
        """Plays a call on the first (even number) or second daemon and checks that it reaches the destination in time.
        Returns DIALSCRIPT_CACHE."""
        call = self.lab.call(f"asks?id={id}", daemon=self.daemons[number % 2])
        call.wait_until_over()
        seen = call.variables()
        expect("outcome and code", (seen["DIALSCRIPT_OUTCOME"], seen["DIALSCRIPT_CODE"]), ("matched", "200"))
        seconds = call.seconds_to("9100", "lab-destinations")
        expect(f"in time ({seconds:.2f} s of {within:g})", seconds < within, True)
        return seen["DIALSCRIPT_CACHE"]

    def is_shared(self, id):
        """Whether the second daemon uses the answer to a request of the first."""
        self.call(0, id, PROMPT)
        return self.call(1, id, PROMPT) == "hit"


@scenario("twenty simultaneous calls on two daemons with the same request send it once", alone=True)
def one_request(lab):
    pair = DaemonPair(lab)
    for attempt in range(1, ATTEMPTS + 1):
        outages = pair.log_lines(UNAVAILABLE)
        requests = requests_of_simultaneous_calls(lab, pair, attempt)
        if pair.log_lines(UNAVAILABLE) == outages:
            return expect("requests", requests, [f"GET /it?id={attempt}"])
        # A daemon logs the same outage only once in a minute.
        for daemon in pair.daemons:
            daemon.kill()
            daemon.start()
    raise LeftOut("this machine is too busy: Redis replies later than after 250 ms, so each daemon sends its request")


def requests_of_simultaneous_calls(lab, pair, id):
    """Plays the calls, all with this id. Returns their requests to the web application."""
    asked, earlier = sum(pair.log_lines('"message":"request"')), len(lab.web.requests)
    calls = [len(daemon.calls) for daemon in pair.daemons]

    def answer(request):
        try:
            wait_until(lambda: sum(pair.log_lines('"message":"request"')) == asked + CALLS, 4, "all calls to wait")
        except WaitTimeout:
            pass  # The calls that come later find the answer in the cache.
        # Longer than a lease lasts without renewal.
        return web.json({"code": 200}, delay=1.2)

    lab.web.on("/it", answer)
    lab.in_parallel(lambda number: pair.call(number, id, within=6), range(CALLS))
    for daemon, before in zip(pair.daemons, calls):
        daemon.wait_for_calls(before + CALLS // 2)
    return [str(request) for request in lab.web.requests[earlier:]]


@scenario("Redis stops during calls: each daemon uses its own cache, and Redis again after its restart")
def stops_and_restarts(lab):
    lab.web.on("/it", web.json({"code": 200}))
    pair = DaemonPair(lab)
    expect("an answer is shared", pair.is_shared(1), True)
    requests = len(lab.web.requests)
    expect("requests", requests, 1)

    def stop_redis(request):
        pair.redis.kill()
        return web.json({"code": 200})

    lab.web.on("/it", stop_redis)
    lab.in_parallel(lambda number: pair.call(number, 2, within=3), range(6))
    lab.web.on("/it", web.json({"code": 200}))
    expect("each daemon sent at most one request", 1 <= len(lab.web.requests) - requests <= 2, True)
    caches = [pair.call(number, id, PROMPT) for id in (1, 2) for number in (0, 1)]
    expect("each daemon has its own entries", caches, ["hit"] * 4)
    expect("an answer is shared", pair.is_shared(3), False)
    expect("both daemons log that the cache is unavailable", pair.log_lines(UNAVAILABLE), [1, 1])
    pair.redis.restart()
    ids = iter(range(4, 100))
    wait_until(lambda: pair.is_shared(next(ids)), 10, "an answer to be shared")
    wait_until(lambda: pair.log_lines("shared cache is available again") == [1, 1], 5, "both logs to say so")
    expect("both daemons log that the cache is unavailable", pair.log_lines(UNAVAILABLE), [1, 1])


@scenario("Redis hangs: only one request waits 250 ms for it, and its entries are used again when it recovers")
def hangs(lab):
    lab.web.on("/it", web.json({"code": 200}))
    pair = DaemonPair(lab)
    expect("an answer is shared", pair.is_shared(1), True)
    pair.redis.suspend()
    caches = [pair.call(number, id, PROMPT + 0.25) for id in (2, 3) for number in (0, 1)]
    expect("each daemon sends its own requests", (caches, len(lab.web.requests)), (["miss"] * 4, 5))
    expect("both daemons log that the cache is unavailable", pair.log_lines(UNAVAILABLE), [1, 1])
    pair.redis.resume()
    ids = iter(range(4, 100))
    wait_until(lambda: pair.is_shared(next(ids)), 10, "an answer to be shared")


class FailoverPair(DaemonPair):
    """Two daemons, and two servers of which one is a replica of the other. The daemons use an address that leads to the
    first one."""

    def __init__(self, lab, wanted):
        self.servers = [started(lab, f"server-{number}", wanted) for number in (1, 2)]
        self.servers[1].replicate(self.servers[0])
        self.address = lab.close_at_end(Forwarder(self.servers[0].port))
        self._metrics = free_port()
        self._ids = iter(range(1, 1000))
        lab.web.on("/it", web.json({"code": 200}))
        super().__init__(lab, self.servers[0], self.address.port, METRICS.format(port=self._metrics))

    def shares(self):
        """Whether the second daemon uses a new answer of the first."""
        return self.is_shared(next(self._ids))

    def is_up(self):
        """What the metric of the first daemon says."""
        page = urllib.request.urlopen(f"http://127.0.0.1:{self._metrics}/metrics", timeout=5).read().decode()
        return "dialscript_shared_cache_up 1" in page.splitlines()

    def exchange_roles(self):
        """The first server becomes a replica of the second."""
        self.servers[1].promote()
        self.servers[0].replicate(self.servers[1])

    def expect_failover(self):
        """Plays a failover: first the roles change, and then the address."""
        expect("an answer is shared, and the metric", (self.shares(), self.is_up()), (True, True))
        self.exchange_roles()
        expect("an answer is shared, and the metric", (self.shares(), self.is_up()), (False, False))
        for _ in range(3):
            self.shares()  # checks that each call is in time
        self.address.target = self.servers[1].port
        wait_until(self.shares, 7, "an answer to be shared")
        expect("the metric", self.is_up(), True)
        expect("both daemons log the outage once", self.log_lines("server error READONLY: it is a replica"), [1, 1])
        for text in ("shared cache is unavailable", "shared cache is available again"):
            expect(text, self.log_lines(text), [1, 1])


@scenario("after a failover of Redis, the address leads to a replica and then to the new primary, and sharing is back")
def failover(lab):
    FailoverPair(lab, REDIS).expect_failover()


@scenario("after a failover of Valkey, the address leads to a replica and then to the new primary, and sharing is back")
def failover_of_valkey(lab):
    FailoverPair(lab, VALKEY).expect_failover()


@scenario("a server that becomes a replica, or gets another password, is used again when that is over")
def roles_at_one_address(lab):
    pair = FailoverPair(lab, REDIS)
    pair.exchange_roles()
    expect("an answer is shared", pair.shares(), False)
    pair.servers[0].promote()
    wait_until(pair.shares, 7, "an answer to be shared")
    pair.servers[0].set_password("another one")
    expect("an answer is shared, and the metric", (pair.shares(), pair.is_up()), (False, False))
    expect("both daemons log the way out", pair.log_lines("server error WRONGPASS: it rejects the user"), [1, 1])
    pair.servers[0].set_password(PASSWORD)
    wait_until(pair.shares, 7, "an answer to be shared")


@scenario("if the daemon that sent the shared request is killed, the calls of the other daemon still get an answer")
def leader_is_killed(lab):
    requested = threading.Event()

    def answer(request):
        if not requested.is_set():
            requested.set()
            return web.Answer(silent=True)
        return web.json({"code": 200})

    lab.web.on("/it", answer)
    pair = DaemonPair(lab)
    first = lab.call("asks?id=1")
    lab.web.wait_for(1)
    others = [lab.call("asks?id=1", daemon=pair.daemons[1]) for _ in range(3)]
    wait_until(lambda: pair.log_lines('"message":"request"') == [1, 3], 3, "the other calls to send or join a request")
    lab.daemon.kill()
    first.wait_until_over()
    for call in others:
        call.expect_variables("matched", code="200", http_status="200", cache="miss")
