"""Answers that are older than they should be: served at once, and served where there is no new one."""

from lab import web
from lab.bench import expect, expect_about
from lab.clock import Clock
from lab.deadline import wait_until
from lab.scenario import scenario

SCRIPT = """
    [trigger]
    url = "WEB/it"
    timeout = "2s"
    [response]
    key = "code"
    cache = "1m"
    {stale}
    [[branch]]
    when = ["200", "201"]
    then = "goto 9100@lab-places"
    [no_response]
    then = "continue"
"""

FIRST, SECOND = web.json({"code": 200}), web.json({"code": 201})
MINUTE = 60


def kept(lab, stale):
    """An answer is kept, and old; the clock that made it so."""
    clock = Clock(lab.folder)
    lab.daemon.environment = clock.environment
    lab.web.on("/it", FIRST)
    lab.script("asks", SCRIPT.format(stale=stale))
    served(lab, "200", "miss")
    served(lab, "200", "hit")
    clock.forward(MINUTE + 1)
    return clock


def served(lab, code, cache):
    """A call goes to the place of the branch, by this answer; which is from there."""
    call = lab.call("asks")
    call.dialplan_saw("matched", code=code, http_status="200", cache=cache)
    call.went_to("9100", "lab-places")
    return call


@scenario("stale_for: a stale answer is used at once and refreshed in the background")
def stale_for(lab):
    kept(lab, 'stale_for = "10m"')
    lab.web.on("/it", web.json({"code": 201}, delay=1.0))
    call = served(lab, "200", "stale")
    expect_about("the time in the script", call.seconds_to("9100", "lab-places"), 0.1)
    renewed = lab.web.wait_for(2)
    served(lab, "200", "stale")
    wait_until(lambda: renewed.complete, 3, "the answer to go out")
    wait_until(lambda: code_of_a_call(lab) == "201", 5, "the new answer to serve")
    served(lab, "201", "hit")
    expect("requests", len(lab.web.requests), 2)


@scenario("stale_for: if the background refresh fails, callers still get the stale answer")
def stale_for_while_down(lab):
    lab.daemon.configure("[breaker]\nfailures = 100")
    clock = kept(lab, 'stale_for = "10m"')
    lab.web.on("/it", web.json({"error": "down"}, status=500))
    served(lab, "200", "stale")
    wait_until(lambda: "a kept answer could not be renewed" in lab.daemon.log, 5, "the log to say so")
    served(lab, "200", "stale")
    clock.forward(10 * MINUTE)
    call = lab.call("asks")
    call.dialplan_saw("no_response", http_status="500", cache="miss")


@scenario("stale_if_error: if the web application is down, callers get the stale answer")
def stale_if_error(lab):
    clock = kept(lab, 'stale_if_error = "10m"')
    lab.web.close()
    for _ in range(2):
        served(lab, "200", "stale")
    line = lab.daemon.wait_for_calls(4)
    expect("the log says why", ("no connection" in line["first_error"], line["cache"]), (True, "stale"))
    clock.forward(11 * MINUTE)
    lab.call("asks").dialplan_saw("no_response", cache="miss")


@scenario("stale_if_error: if the web application does not answer, the stale answer is used after the timeout")
def stale_if_silent(lab):
    kept(lab, 'stale_if_error = "10m"')
    lab.web.on("/it", web.Answer(silent=True))
    call = served(lab, "200", "stale")
    expect_about("the time in the script", call.seconds_to("9100", "lab-places"), 2.1, within=0.5)


def code_of_a_call(lab):
    """The value at the key, in a further call."""
    return lab.call("asks").wait_until_over().variables()["DIALSCRIPT_CODE"]
