"""Two daemons that share what they keep, by a real Redis that is there, goes, and comes back."""

import threading

from lab import web
from lab.bench import expect
from lab.deadline import wait_until
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
    then = "goto 9100@lab-places"
    [no_response]
    then = "continue"
"""

SHARED = """
[cache]
shared = "redis://:{{secret.REDIS}}@127.0.0.1:{port}/0"
shared_secret = "{{secret.SHARED}}"
"""

SECRETS = {"DIALSCRIPT_SECRET_REDIS": PASSWORD, "DIALSCRIPT_SECRET_SHARED": "of the lab, and long enough"}
PROMPT = 0.6  # seconds that a call takes that is answered at once, on a busy machine
CALLS = 20


class Pair:
    """Two daemons and their Redis."""

    def __init__(self, lab):
        self.lab = lab
        self.redis = lab.until_the_end(Redis(lab.folder / "redis"))
        self.redis.start()
        settings = SHARED.format(port=self.redis.port)
        lab.daemon.configure(settings)
        lab.daemon.environment = SECRETS
        lab.script("asks", SCRIPT).start()
        self.daemons = [lab.daemon, lab.another_daemon(settings, SECRETS)]

    def log_lines(self, text):
        """How often each daemon's log has this."""
        return [daemon.log.count(text) for daemon in self.daemons]

    def call(self, number, id, within):
        """A call over the first daemon or the second goes where it should, in so many seconds; what the cache did."""
        call = self.lab.call(f"asks?id={id}", daemon=self.daemons[number % 2])
        call.wait_until_over()
        seen = call.variables()
        expect("outcome and code", (seen["DIALSCRIPT_OUTCOME"], seen["DIALSCRIPT_CODE"]), ("matched", "200"))
        took = call.seconds_to("9100", "lab-places")
        expect(f"in time ({took:.2f} s of {within:g})", took < within, True)
        return seen["DIALSCRIPT_CACHE"]

    def is_shared(self, id):
        """Whether what the first has asked serves the second."""
        self.call(0, id, PROMPT)
        return self.call(1, id, PROMPT) == "hit"


@scenario("twenty simultaneous calls on two daemons with the same request send it once", alone=True)
def one_request(lab):
    pair = Pair(lab)
    def answer(request):
        wait_until(lambda: sum(pair.log_lines('"message":"request"')) == CALLS, 4, "all to ask")
        # Longer than a lease lasts that is not renewed.
        return web.json({"code": 200}, delay=1.2)

    lab.web.on("/it", answer)
    lab.together(lambda number: pair.call(number, 7, within=6), range(CALLS))
    expect("requests", lab.web.asked(), "GET /it?id=7")
    expect("calls of each daemon", [len(daemon.calls) for daemon in pair.daemons], [CALLS / 2] * 2)


@scenario("Redis stops during calls: each daemon uses its own cache, and Redis again after its restart")
def away_and_back(lab):
    lab.web.on("/it", web.json({"code": 200}))
    pair = Pair(lab)
    expect("an answer serves both", pair.is_shared(1), True)
    asked = len(lab.web.requests)
    expect("requests", asked, 1)

    def in_the_middle(request):
        pair.redis.kill()
        return web.json({"code": 200})

    lab.web.on("/it", in_the_middle)
    lab.together(lambda number: pair.call(number, 2, within=3), range(6))
    lab.web.on("/it", web.json({"code": 200}))
    expect("each daemon asked at most once", 1 <= len(lab.web.requests) - asked <= 2, True)
    expect("each has its own", [pair.call(number, id, PROMPT) for id in (1, 2) for number in (0, 1)], ["hit"] * 4)
    expect("an answer serves the other", pair.is_shared(3), False)
    expect("they are told to be away", pair.log_lines("the shared cache is away"), [1, 1])
    pair.redis.restart()
    ids = iter(range(4, 100))
    wait_until(lambda: pair.is_shared(next(ids)), 10, "an answer to serve both")
    wait_until(lambda: pair.log_lines("the shared cache is back") == [1, 1], 5, "the logs to say so")
    expect("they are told to be away", pair.log_lines("the shared cache is away"), [1, 1])


@scenario("Redis hangs: only one request waits 250 ms for it, and its entries are used again when it recovers")
def hangs(lab):
    lab.web.on("/it", web.json({"code": 200}))
    pair = Pair(lab)
    expect("an answer serves both", pair.is_shared(1), True)
    pair.redis.hang()
    caches = [pair.call(number, id, PROMPT + 0.25) for id in (2, 3) for number in (0, 1)]
    expect("each asks for itself", (caches, len(lab.web.requests)), (["miss"] * 4, 5))
    expect("they are told to be away", pair.log_lines("the shared cache is away"), [1, 1])
    pair.redis.go_on()
    ids = iter(range(4, 100))
    wait_until(lambda: pair.is_shared(next(ids)), 10, "an answer to serve both")


@scenario("if the daemon that sent the shared request is killed, the calls of the other daemon still get an answer")
def leader_dies(lab):
    asked = threading.Event()

    def answer(request):
        if not asked.is_set():
            asked.set()
            return web.Answer(silent=True)
        return web.json({"code": 200})

    lab.web.on("/it", answer)
    pair = Pair(lab)
    first = lab.call("asks?id=1")
    lab.web.wait_for(1)
    others = [lab.call("asks?id=1", daemon=pair.daemons[1]) for _ in range(3)]
    wait_until(lambda: pair.log_lines('"message":"request"') == [1, 3], 3, "the others to ask")
    lab.daemon.kill()
    first.wait_until_over()
    for call in others:
        call.dialplan_saw("matched", code="200", http_status="200", cache="miss")
