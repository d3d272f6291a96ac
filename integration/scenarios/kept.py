"""Kept answers: one request for all who ask the same, and which requests are the same."""

import threading

from lab import web
from lab.bench import expect
from lab.deadline import wait_until
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
    then = "goto 9100@lab-places"
    [no_response]
    then = "continue"
"""

CALLS = 30


def asks(lab, query="", key="", headers=""):
    """The script that asks with this query."""
    return lab.script("asks", SCRIPT.format(query=query, key=key, headers=headers)).start()


def in_script(lab):
    """How many calls the daemon serves, or has served."""
    return sum('"message":"request"' in line for line in lab.daemon.log.splitlines())


def when_all_have_asked(lab, calls):
    """An answer that is held back until so many calls have asked for it."""
    def answer(request):
        wait_until(lambda: in_script(lab) >= calls, 4, "all to ask")
        return web.json({"code": 200}, delay=0.2)

    return answer


def goes_to_the_branch(call, cache):
    """The call hears what the branch plays, and goes where it says."""
    call.hear("matched", within=12)
    call.dialplan_saw("matched", code="200", http_status="200", cache=cache)
    call.went_to("9100", "lab-places")


@scenario("thirty simultaneous calls with the same request send it once, and all take the right branch", alone=True)
def one_request(lab):
    lab.web.on("/it", when_all_have_asked(lab, CALLS))
    asks(lab, "id=7")
    lab.together(lambda number: goes_to_the_branch(lab.call("asks", number=f"20{number:02}"), "miss"), range(CALLS))
    expect("requests", lab.web.asked(), "GET /it?id=7")
    goes_to_the_branch(lab.call("asks"), "hit")
    lab.daemon.wait_for_calls(CALLS + 1)
    joined = sum(line.get("joined", False) for line in lab.daemon.calls)
    expect("calls that waited for the request of another", joined, CALLS - 1)
    expect("requests", len(lab.web.requests), 1)


@scenario("if the caller whose call sent the shared request hangs up, the other calls still get the answer")
def first_leaves(lab):
    left = threading.Event()

    def answer(request):
        left.wait(4)
        return web.json({"code": 200})

    lab.web.on("/it", answer)
    asks(lab)
    first = lab.call("asks", extension="picked-up")
    lab.web.wait_for(1)
    others = [lab.call("asks") for _ in range(3)]
    wait_until(lambda: in_script(lab) == 4, 4, "the others to ask")
    first.wait_to_be_picked_up()
    first.hang_up()
    first.dialplan_saw("hangup")
    left.set()
    for call in others:
        goes_to_the_branch(call, "miss")
    goes_to_the_branch(lab.call("asks"), "hit")
    expect("requests", len(lab.web.requests), 1)


@scenario("a cache_key without the caller shares one answer, although the request contains the caller")
def key_without_the_caller(lab):
    lab.web.on("/it", web.json({"code": 200}))
    asks(lab, "caller={caller}&called={called}", 'cache_key = "{called}"', 'headers = { X-Call = "{call_id}" }')
    goes_to_the_branch(lab.call("asks", number="2001"), "miss")
    goes_to_the_branch(lab.call("asks", number="2002"), "hit")
    goes_to_the_branch(lab.call("asks", number="2002", extension="picked-up"), "miss")
    seen = [request.query for request in lab.web.requests]
    expect("requests", [query[0] for query in seen], [("caller", "2001"), ("caller", "2002")])


@scenario("without cache_key, requests that contain different callers are cached separately")
def key_with_the_caller(lab):
    lab.web.on("/it", web.json({"code": 200}))
    asks(lab, "caller={caller}")
    for number, cache in (("2001", "miss"), ("2002", "miss"), ("2001", "hit")):
        goes_to_the_branch(lab.call("asks", number=number), cache)
    expect("requests", len(lab.web.requests), 2)


@scenario("errors and answers without a branch are not cached")
def not_kept(lab):
    unknown, down = web.json({"code": 404}), web.json({"code": 200}, status=503)
    lab.web.on("/it", web.in_turn(unknown, down, web.json({"code": 200})))
    asks(lab)
    lab.call("asks").dialplan_saw("otherwise", code="404", http_status="200", cache="miss")
    lab.call("asks").dialplan_saw("matched", code="200", http_status="503", cache="miss")
    goes_to_the_branch(lab.call("asks"), "miss")
    goes_to_the_branch(lab.call("asks"), "hit")
