"""Hang-ups in all states of a call, scripts in the h extension, and calls that are not picked up."""

import time

from lab import web
from lab.deadline import wait_until
from lab.expect import expect, expect_about
from lab.scenario import scenario

SCRIPT = """
    [prompt]
    play = "ask"
    [keypress]
    length = 4
    gap = "3s"
    [trigger]
    url = "WEB/it?digits={keypress}"
    music = "default"
    [response]
    key = "code"
    [[branch]]
    when = "200"
    then = "continue"
    [no_input]
    then = "continue"
    [no_response]
    then = "continue"
"""


def dial(lab, **options):
    """A call to a script that asks for digits, then waits for a slow answer."""
    lab.web.on("/it", web.json({"code": 200}, delay=1.5))
    return lab.script("asks", SCRIPT).call("asks", **options)


def expect_seen_in_h(lab, call, outcome="hangup", input=""):
    """Checks that the h extension ran after the outcome was set. FreeSWITCH has no such extension."""
    if lab.switch.kind == "freeswitch":
        return
    step = wait_until(lambda: call.channel.at("h"), 3, "the h extension")
    seen = (step.variables["DIALSCRIPT_OUTCOME"], step.variables["DIALSCRIPT_INPUT"])
    expect("outcome and input in the h extension", seen, (outcome, input))


@scenario("a caller hangs up during the prompt: the outcome is hangup")
def in_the_prompt(lab):
    call = dial(lab)
    call.hear("ask")
    call.hang_up()
    expect_seen_in_h(lab, call)
    call.expect_variables("hangup")
    expect("requests", lab.web.request_log(), "nothing")
    lab.daemon.wait_for_calls(1)


@scenario("a caller hangs up while typing: the outcome is hangup, and the digits so far are reported")
def while_typing(lab):
    call = dial(lab)
    call.hear("ask")
    call.press("12")
    call.wait_until_received("12")
    call.hang_up()
    expect_seen_in_h(lab, call, input="12")
    call.expect_variables("hangup", input="12")
    expect("requests", lab.web.request_log(), "nothing")


@scenario("a caller hangs up while waiting for the answer: the request still completes")
def while_waiting(lab):
    call = dial(lab)
    call.hear("ask")
    call.press("1234")
    request = lab.web.wait_for(1)
    call.hear("music")
    call.hang_up()
    expect_seen_in_h(lab, call, input="1234")
    call.expect_variables("hangup", input="1234")
    seconds = time.monotonic() - request.at
    expect("the dialplan had the call before the answer was sent", seconds < 1.4, True)
    wait_until(lambda: request.complete, 3, "the answer to be sent to the daemon")


@scenario("a hang-up is also noticed with AGISIGHUP=no", only_on="asterisk")
def no_sighup(lab):
    call = dial(lab, extension="no-sighup")
    call.hear("ask")
    call.press("12")
    call.hang_up()
    expect_seen_in_h(lab, call, input="12")
    call.expect_variables("hangup", input="12")


@scenario("a hang-up while waiting for the answer is also noticed with AGISIGHUP=no", only_on="asterisk")
def no_sighup_while_waiting(lab):
    call = dial(lab, extension="no-sighup")
    call.hear("ask")
    call.press("1234")
    call.hear("music")
    call.hang_up()
    step = wait_until(lambda: call.channel.at("h"), 6, "the h extension")
    expect("an outcome is set in h", step.variables["DIALSCRIPT_OUTCOME"] != "", True)


@scenario("giving up while it rings is a hang-up with AGISIGHUP=no too, and [hangup] is sent", only_on="asterisk")
def no_sighup_while_ringing(lab):
    lab.script("rings", """
        [prompt]
        play = "ask"
        answer = false
        [trigger]
        url = "WEB/it"
        [otherwise]
        play = "matched"
        [no_response]
        [hangup]
        url = "WEB/left"
    """)
    lab.web.on("/it", web.Answer(200, "ok", delay=1.5)).on("/left", web.Answer(200, "ok"))
    call = lab.call("rings", extension="rings-no-sighup")
    lab.web.wait_for(1)
    call.hang_up()
    lab.web.wait_for(2)
    call.expect_variables("hangup", code="ok", http_status="200")
    expect("requests", [request.path for request in lab.web.requests], ["/it", "/left"])


@scenario("a channel that is already picked up hears the prompt at once")
def picked_up_before(lab):
    call = dial(lab, extension="picked-up")
    call.hear("ask")
    call.press("1234")
    call.expect_variables("matched", code="200", input="1234", http_status="200")


NOTICE = """
    [trigger]
    url = "WEB/notice?caller={caller}&called={called}"
    [response]
    key = "code"
    [[branch]]
    when = "200"
    set = { NOTICE_CODE = "{$code}" }
    then = "continue"
    [no_response]
    then = "continue"
"""


@scenario("in the h extension a script can send a request, branch and set variables", only_on="asterisk")
def in_h(lab):
    lab.web.on("/notice", web.json({"code": 200}))
    call = lab.script("notice", NOTICE).call("notice", context="lab-afterwards")
    call.wait_to_be_picked_up()
    call.hang_up()
    call.expect_variables("matched", code="200", http_status="200")
    expect("variable", call.variables()["NOTICE_CODE"], "200")
    request = lab.web.wait_for(1)
    expect("caller and called", request.query, [("caller", "1001"), ("called", "script")])


@scenario("in the h extension a script with a question ends with the outcome hangup", only_on="asterisk")
def question_in_h(lab):
    call = lab.script("asks", SCRIPT).call("asks", context="lab-afterwards")
    call.wait_to_be_picked_up()
    call.hang_up()
    call.expect_variables("hangup")
    expect("requests", lab.web.request_log(), "nothing")


@scenario("a script without prompt and input does not pick up")
def never_picks_up(lab):
    lab.web.on("/notice", web.json({"code": 200}, delay=0.5))
    call = lab.script("notice", NOTICE).call("notice")
    call.wait_to_end()
    expect("picked up", call.picked_up_at, None)
    call.expect_variables("matched", code="200", http_status="200")


@scenario("a script whose only sound is in an outcome picks up for that sound, not earlier")
def picks_up_for_an_outcome(lab):
    lab.web.on("/notice", web.json({"code": 200}, delay=1.0))
    script = NOTICE.replace('set = { NOTICE_CODE = "{$code}" }', 'play = "matched"')
    call = lab.script("notice", script).call("notice")
    call.hear("matched")
    expect_about("picked up", call.picked_up_at, 1)
    call.expect_variables("matched", code="200", http_status="200")


@scenario("a caller hangs up before the call is picked up: the request still completes")
def hangs_up_before_pick_up(lab):
    lab.web.on("/notice", web.json({"code": 200}, delay=1.5))
    call = lab.script("notice", NOTICE).call("notice", extension="early")
    request = lab.web.wait_for(1)
    call.hang_up()
    expect("status", call.status, 487)
    call.expect_variables("hangup")
    wait_until(lambda: request.complete, 3, "the answer to be sent to the daemon")


@scenario("answer = false: sounds are skipped, and the call is not picked up")
def stays_unanswered(lab):
    lab.script("quiet", """
        [prompt]
        play = "ask"
        answer = false
        [trigger]
        url = "WEB/notice"
        [response]
        key = "code"
        [[branch]]
        when = "200"
        play = "matched"
        then = "continue"
        [no_response]
        then = "continue"
    """)
    lab.web.on("/notice", web.json({"code": 200}))
    started = time.monotonic()
    call = lab.call("quiet")
    call.wait_to_end()
    expect("picked up", call.picked_up_at, None)
    expect_about("seconds of the call with skipped sounds", time.monotonic() - started, 0.1, within=0.5)
    call.expect_variables("matched", code="200", http_status="200")


@scenario("answer = false with a question: the outcome is no_input, and the call is not picked up")
def question_unanswered(lab):
    lab.script("quiet", SCRIPT.replace('play = "ask"', 'play = "ask"\nanswer = false'))
    call = lab.call("quiet")
    call.wait_to_end()
    expect("picked up", call.picked_up_at, None)
    call.expect_variables("no_input")


@scenario("answer = false on a call that is already picked up: the question is asked as usual")
def answer_false_but_picked_up(lab):
    lab.web.on("/it", web.json({"code": 200}))
    lab.script("quiet", SCRIPT.replace('play = "ask"', 'play = "ask"\nanswer = false'))
    call = lab.call("quiet", extension="picked-up")
    call.hear("ask")
    call.press("1234")
    call.expect_variables("matched", code="200", input="1234", http_status="200")
