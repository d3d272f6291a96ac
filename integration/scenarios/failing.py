"""A web application that is slow, down or hostile, in every way that there is: no call is late at the next action.

Each way has its script, its web application and its calls, and all of them fail at once. Time is the switch's own, from
the step of the dialplan that hands the call over to the step at the place that [no_response] names.
"""

import re
import time

from lab import misbehaving, web
from lab.bench import expect
from lab.misbehaving import Full, Refusing
from lab.scenario import scenario

TIMEOUT = 1.5
PROMISED = 0.2  # beyond the timeout
BUSY = 0.5  # for a machine on which the switch, nine calls and the daemon share two cores

SCRIPT = """
    [trigger]
    url = "{url}"
    timeout = "1.5s"
    {more}
    [response]
    key = "code"
    [[branch]]
    when = "200"
    then = "continue"
    [no_response]
    then = "goto 9200@lab-places"
"""

OUT_OF_TIME = r"no answer within 1\.5s"
BROKEN = r"no connection: .*"
WAITED = {"exchange_ms": 1300}  # of connections and answers together

# What it does, why there is no response, and what else the call's line says: fields with the least that they hold.
SLOW = {
    "silent": (web.Answer(silent=True), OUT_OF_TIME, WAITED),
    "late": (misbehaving.late(2.5), OUT_OF_TIME, WAITED),
    "drips-its-head": (misbehaving.dripping_head(), OUT_OF_TIME, WAITED),
    "drips-its-body": (misbehaving.dripping_body(), OUT_OF_TIME, WAITED),
    "says-too-long-a-length": (misbehaving.too_long(stays=True), OUT_OF_TIME, WAITED),
    "endless-and-slow": (misbehaving.endless(0.05), OUT_OF_TIME, WAITED),
    "redirects-to-silence": (misbehaving.redirect("/silence"), OUT_OF_TIME, WAITED),
}
HOSTILE = {
    "resets": (web.Answer(reset=True), BROKEN, {"attempts": 3, "backoff_ms": 100}),
    "closes-in-the-body": (misbehaving.too_long(stays=False), BROKEN, {"attempts": 3, "backoff_ms": 100}),
    "says-too-short-a-length": (misbehaving.too_short(), r".+", {"http_status": 200}),
    "says-two-lengths": (misbehaving.two_lengths(), BROKEN, {"attempts": 3}),
    "packs-a-bomb": (misbehaving.bomb(), r"the answer is longer than 262144 bytes", {}),
    "is-endless": (misbehaving.endless(), r"the answer is longer than 262144 bytes", {}),
    "redirects-away": (misbehaving.redirect("http://127.0.0.2:1/"), "HTTP status 302, .* not followed", {"http_status": 302}),
    "shows-a-page": (misbehaving.page(), r".*HTML.*", {"http_status": 200}),
    "answers-500": (web.json({"error": 1}, status=500), r".*500.*", {"http_status": 500, "attempts": 3}),
}


def reaches_the_next_action(lab, name):
    """A call of the script of this name comes to the place, and hears what is heard there, in time."""
    call = lab.call(name)
    took = call.is_taken()
    expect(f"{name}: outcome", call.variables()["DIALSCRIPT_OUTCOME"], "no_response")
    bound = TIMEOUT + PROMISED + BUSY
    expect(f"{name}: in time ({took:.2f} s of {bound:g})", took < bound, True)


def expect_told(lab, name, reason, least):
    """Checks that the log says of the call why there was no response."""
    line = next(line for line in lab.daemon.calls if line["script"] == name)
    expect(f"{name}: the reason {line['reason']!r} is as {reason!r}", bool(re.fullmatch(reason, line["reason"])), True)
    expect(f"{name}: where the call went", line["exit"], "goto 9200@lab-places")
    waited = line["trigger_ms"] / 1000
    expect(f"{name}: the request in time ({waited:.2f} s)", waited < TIMEOUT + PROMISED, True)
    line["exchange_ms"] = line.get("connect_ms", 0) + line.get("answer_ms", 0)
    short = {field: line.get(field) for field, value in least.items() if line.get(field, 0) < value}
    expect(f"{name}: fields that say too little, of {least}", short, {})


def fail_at_once(lab, ways):
    """All of these at the same time."""
    for name, (answer, _, _) in ways.items():
        other = lab.another_web().on("/it", answer).on("/silence", web.Answer(silent=True))
        lab.script(name, SCRIPT.format(url=f"{other.url}/it", more=""))
    lab.start()
    lab.together(lambda name: reaches_the_next_action(lab, name), ways)
    lab.daemon.wait_for_calls(len(ways))
    for name, (_, reason, least) in ways.items():
        expect_told(lab, name, reason, least)


@scenario("however slow a web application is, the next action runs in time, and the log says why", alone=True)
def slow(lab):
    fail_at_once(lab, SLOW)


@scenario("however a web application misbehaves, the next action runs in time, and the log says why", alone=True)
def hostile(lab):
    fail_at_once(lab, HOSTILE)


@scenario(
    "the next action runs in time if connections are refused, not accepted, or the host name is unknown",
    alone=True,
)
def unreachable(lab):
    places = {
        "refuses": (f"{lab.until_the_end(Refusing()).url}/", BROKEN),
        "is-full": (f"{lab.until_the_end(Full()).url}/", f"{OUT_OF_TIME}|{BROKEN}"),
        "has-no-name": ("http://shop.invalid/", f"{OUT_OF_TIME}|{BROKEN}"),
    }
    for name, (url, _) in places.items():
        lab.script(name, SCRIPT.format(url=url, more=""))
    lab.start()
    lab.together(lambda name: reaches_the_next_action(lab, name), places)
    lab.daemon.wait_for_calls(len(places))
    for name, (_, reason) in places.items():
        expect_told(lab, name, reason, {"connect_ms": 1300} if name == "is-full" else {})


@scenario("with digits, music and a reassurance the same timeout applies, counted from the last digit")
def from_the_last_key(lab):
    more = 'music = "default"\n[trigger.reassure]\nplay = "sorry"\nevery = "3s"\n'
    keys = '[prompt]\nplay = "welcome"\n[keypress]\nlength = 4\n[no_input]\nthen = "continue"\n'
    script = SCRIPT.format(url="WEB/it", more=more).replace("1.5s", "4s") + keys
    lab.web.on("/it", web.Answer(silent=True))
    call = lab.script("asks", script).call("asks")
    call.hear("welcome")
    released = call.press("1234")
    since = time.time() - (call.now() - released)
    call.hear("sorry")
    took = call.is_taken(since)
    bound = 4 + PROMISED + BUSY
    expect(f"in time ({took:.2f} s of {bound:g})", took < bound, True)
    expect("outcome", call.variables()["DIALSCRIPT_OUTCOME"], "no_response")
