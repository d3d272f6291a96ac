"""Two daemons with a shared cache in a real Redis, which also stops, hangs and restarts."""

import threading

from lab import web
from lab.deadline import wait_until
from lab.expect import expect
from lab.redis import PASSWORD, Redis
from lab.scenario import scenario

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

SECRETS = {"DIALSCRIPT_SECRET_REDIS": PASSWORD, "DIALSCRIPT_SECRET_SHARED": "of the lab, and long enough"}
PROMPT = 0.6  # seconds of a call without waiting, on a busy machine
CALLS = 20


class DaemonPair:
    """Two daemons and their Redis."""

    def __init__(self, lab):
        self.lab = lab
        self.redis = lab.close_at_end(Redis(lab.folder / "redis"))
        self.redis.start()
        settings = SHARED.format(port=self.redis.port)
        lab.daemon.configure(settings)
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

    def answer(request):
        wait_until(lambda: sum(pair.log_lines('"message":"request"')) == CALLS, 4, "all calls to wait")
        # Longer than a lease lasts without renewal.
        return web.json({"code": 200}, delay=1.2)

    lab.web.on("/it", answer)
    lab.in_parallel(lambda number: pair.call(number, 7, within=6), range(CALLS))
    expect("requests", lab.web.request_log(), "GET /it?id=7")
    expect("calls of each daemon", [len(daemon.calls) for daemon in pair.daemons], [CALLS / 2] * 2)


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
    expect("both daemons log that the cache is unavailable", pair.log_lines("shared cache is unavailable"), [1, 1])
    pair.redis.restart()
    ids = iter(range(4, 100))
    wait_until(lambda: pair.is_shared(next(ids)), 10, "an answer to be shared")
    wait_until(lambda: pair.log_lines("shared cache is available again") == [1, 1], 5, "both logs to say so")
    expect("both daemons log that the cache is unavailable", pair.log_lines("shared cache is unavailable"), [1, 1])


@scenario("Redis hangs: only one request waits 250 ms for it, and its entries are used again when it recovers")
def hangs(lab):
    lab.web.on("/it", web.json({"code": 200}))
    pair = DaemonPair(lab)
    expect("an answer is shared", pair.is_shared(1), True)
    pair.redis.suspend()
    caches = [pair.call(number, id, PROMPT + 0.25) for id in (2, 3) for number in (0, 1)]
    expect("each daemon sends its own requests", (caches, len(lab.web.requests)), (["miss"] * 4, 5))
    expect("both daemons log that the cache is unavailable", pair.log_lines("shared cache is unavailable"), [1, 1])
    pair.redis.resume()
    ids = iter(range(4, 100))
    wait_until(lambda: pair.is_shared(next(ids)), 10, "an answer to be shared")


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
