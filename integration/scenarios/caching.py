"""The response cache: single flight, and which requests share an entry."""

import threading

from lab import web
from lab.deadline import wait_until
from lab.expect import expect
from lab.scenario import scenario

SCRIPT = """
    [trigger]
    url = "WEB/it?{query}"
    timeout = "5s"
    {headers}
    [response]
    key = "code"
    cache = "5m"
    {key}
    [[branch]]
    when = "200"
    play = "matched"
    then = "goto 9100@lab-destinations"
    [no_response]
    then = "continue"
"""

CALLS = 30


def asks(lab, query="", key="", headers=""):
    """The script with this query."""
    return lab.script("asks", SCRIPT.format(query=query, key=key, headers=headers)).start()


def requesting_calls(lab):
    """The number of calls that have sent or joined a request."""
    return sum('"message":"request"' in line for line in lab.daemon.log.splitlines())


def answer_when_requested_by(lab, calls):
    """An answer that is delayed until this number of calls has requested it."""
    def answer(request):
        wait_until(lambda: requesting_calls(lab) >= calls, 4, "all calls to send their request")
        return web.json({"code": 200}, delay=0.2)

    return answer


def expect_branch(call, cache):
    """Checks that the call hears the sound of the branch and reaches its destination."""
    call.hear("matched", within=12)
    call.expect_variables("matched", code="200", http_status="200", cache=cache)
    call.expect_step("9100", "lab-destinations")


@scenario("thirty simultaneous calls with the same request send it once, and all take the right branch", alone=True)
def one_request(lab):
    lab.web.on("/it", answer_when_requested_by(lab, CALLS))
    asks(lab, "id=7")
    lab.in_parallel(lambda number: expect_branch(lab.call("asks", number=f"20{number:02}"), "miss"), range(CALLS))
    expect("requests", lab.web.request_log(), "GET /it?id=7")
    expect_branch(lab.call("asks"), "hit")
    lab.daemon.wait_for_calls(CALLS + 1)
    joined = sum(line.get("joined", False) for line in lab.daemon.calls)
    expect("calls that joined the request of another", joined, CALLS - 1)
    expect("requests", len(lab.web.requests), 1)


@scenario("if the caller whose call sent the shared request hangs up, the other calls still get the answer")
def first_hangs_up(lab):
    hung_up = threading.Event()

    def answer(request):
        hung_up.wait(4)
        return web.json({"code": 200})

    lab.web.on("/it", answer)
    asks(lab)
    first = lab.call("asks", extension="picked-up")
    lab.web.wait_for(1)
    others = [lab.call("asks") for _ in range(3)]
    wait_until(lambda: requesting_calls(lab) == 4, 4, "the other calls to join")
    first.wait_to_be_picked_up()
    first.hang_up()
    first.expect_variables("hangup")
    hung_up.set()
    for call in others:
        expect_branch(call, "miss")
    expect_branch(lab.call("asks"), "hit")
    expect("requests", len(lab.web.requests), 1)


@scenario("a cache_key without the caller shares one answer, although the request contains the caller")
def key_without_the_caller(lab):
    lab.web.on("/it", web.json({"code": 200}))
    asks(lab, "caller={caller}&called={called}", 'cache_key = "{called}"', 'headers = { X-Call = "{call_id}" }')
    expect_branch(lab.call("asks", number="2001"), "miss")
    expect_branch(lab.call("asks", number="2002"), "hit")
    expect_branch(lab.call("asks", number="2002", extension="picked-up"), "miss")
    seen = [request.query for request in lab.web.requests]
    expect("requests", [query[0] for query in seen], [("caller", "2001"), ("caller", "2002")])


@scenario("without cache_key, requests that contain different callers are cached separately")
def key_with_the_caller(lab):
    lab.web.on("/it", web.json({"code": 200}))
    asks(lab, "caller={caller}")
    for number, cache in (("2001", "miss"), ("2002", "miss"), ("2001", "hit")):
        expect_branch(lab.call("asks", number=number), cache)
    expect("requests", len(lab.web.requests), 2)


@scenario("errors and answers without a branch are not cached")
def not_cached(lab):
    unknown, down = web.json({"code": 404}), web.json({"code": 200}, status=503)
    lab.web.on("/it", web.in_turn(unknown, down, web.json({"code": 200})))
    asks(lab)
    lab.call("asks").expect_variables("otherwise", code="404", http_status="200", cache="miss")
    lab.call("asks").expect_variables("matched", code="200", http_status="503", cache="miss")
    expect_branch(lab.call("asks"), "miss")
    expect_branch(lab.call("asks"), "hit")
