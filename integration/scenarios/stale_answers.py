"""stale_for and stale_if_error: cached answers that are used after their time."""

from lab import web
from lab.deadline import wait_until
from lab.expect import expect, expect_about
from lab.fake_clock import FakeClock
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
    then = "goto 9100@lab-destinations"
    [no_response]
    then = "continue"
"""

FIRST, SECOND = web.json({"code": 200}), web.json({"code": 201})
MINUTE = 60


def with_stale_answer(lab, stale):
    """Caches an answer and makes it stale. Returns the clock of the daemon."""
    clock = FakeClock(lab.folder)
    lab.daemon.environment = clock.environment
    lab.web.on("/it", FIRST)
    lab.script("asks", SCRIPT.format(stale=stale))
    expect_answer(lab, "200", "miss")
    expect_answer(lab, "200", "hit")
    clock.advance(MINUTE + 1)
    return clock


def expect_answer(lab, code, cache):
    """Checks that a call takes the branch with an answer of this code, and DIALSCRIPT_CACHE."""
    call = lab.call("asks")
    call.expect_variables("matched", code=code, http_status="200", cache=cache)
    call.expect_step("9100", "lab-destinations")
    return call


@scenario("stale_for: a stale answer is used at once and refreshed in the background")
def stale_for(lab):
    with_stale_answer(lab, 'stale_for = "10m"')
    lab.web.on("/it", web.json({"code": 201}, delay=1.0))
    call = expect_answer(lab, "200", "stale")
    expect_about("seconds in the script", call.seconds_to("9100", "lab-destinations"), 0.1)
    refresh = lab.web.wait_for(2)
    expect_answer(lab, "200", "stale")
    wait_until(lambda: refresh.complete, 3, "the answer to be sent")
    wait_until(lambda: code_of_a_call(lab) == "201", 5, "the new answer to be used")
    expect_answer(lab, "201", "hit")
    expect("requests", len(lab.web.requests), 2)


@scenario("stale_for: if the background refresh fails, callers still get the stale answer")
def stale_for_while_down(lab):
    lab.daemon.configure("[breaker]\nfailures = 100")
    clock = with_stale_answer(lab, 'stale_for = "10m"')
    lab.web.on("/it", web.json({"error": "down"}, status=500))
    expect_answer(lab, "200", "stale")
    wait_until(lambda: "a cached answer could not be refreshed" in lab.daemon.log, 5, "the log to say so")
    expect_answer(lab, "200", "stale")
    clock.advance(10 * MINUTE)
    call = lab.call("asks")
    call.expect_variables("no_response", http_status="500", cache="miss")


@scenario("stale_if_error: if the web application is down, callers get the stale answer")
def stale_if_error(lab):
    clock = with_stale_answer(lab, 'stale_if_error = "10m"')
    lab.web.close()
    for _ in range(2):
        expect_answer(lab, "200", "stale")
    line = lab.daemon.wait_for_calls(4)
    expect("first error and cache in the log", ("no connection" in line["first_error"], line["cache"]), (True, "stale"))
    clock.advance(11 * MINUTE)
    lab.call("asks").expect_variables("no_response", cache="miss")


@scenario("stale_if_error: if the web application does not answer, the stale answer is used after the timeout")
def stale_if_silent(lab):
    with_stale_answer(lab, 'stale_if_error = "10m"')
    lab.web.on("/it", web.Answer(silent=True))
    call = expect_answer(lab, "200", "stale")
    expect_about("seconds in the script", call.seconds_to("9100", "lab-destinations"), 2.1, within=0.5)


def code_of_a_call(lab):
    """DIALSCRIPT_CODE of a further call."""
    return lab.call("asks").wait_until_over().variables()["DIALSCRIPT_CODE"]
