"""Only on FreeSWITCH: the options of the `socket` line, several hosts, and situations that could leave a call hanging.

After every scenario the lab checks that the switch has ended all of its calls.
"""

import json
import re
import threading
import time
import uuid
from functools import partial
from pathlib import Path

from lab import web
from lab.deadline import free_port, wait_until
from lab.detection import RATE, SILENCE, WINDOW, tone
from lab.expect import expect, expect_about
from lab.scenario import scenario as any_scenario

scenario = partial(any_scenario, only_on="freeswitch")

ASKS = """
    [prompt]
    play = "ask_more"
    [keypress]
    length = 4
    gap = "1s"
    [trigger]
    url = "WEB/it?digits={keypress}"
    music = "default"
    [response]
    key = "code"
    [[branch]]
    when = "200"
    play = "matched"
    then = "continue"
    [[branch]]
    when = "away"
    then = "goto 9100@lab-destinations"
    [no_input]
    then = "continue"
    [no_response]
    then = "continue"
"""

REQUEST = """
    [trigger]
    url = "WEB/it?order={arg.order}&who={arg.who}"
    [response]
    key = "code"
    [[branch]]
    when = "200"
    play = "matched"
    then = "continue"
    [no_response]
    then = "continue"
"""

# Goes to a destination without a question or an answer.
GOTO = """
    [trigger]
    url = "WEB/it"
    background = true
    [otherwise]
    then = "goto {}"
"""


def handover(options="async full", **variables):
    """How the lab's dialplan hands a call over: the options of the `socket` line, and variables of the channel."""
    return {"options": options, "variables": list(variables.items())}


def dial(lab, code=200, delay=0.0, with_handover=None, **caller):
    """A call to a script that asks for digits and sends a request."""
    lab.web.on("/it", web.json({"code": code}, delay=delay))
    return lab.script("asks", ASKS).call("asks", handover=with_handover, **caller)


def enter(call, digits="1234"):
    """Enters digits during the prompt."""
    call.hear("ask_more")
    call.press(digits)


@scenario("socket without full: prompt, digits, music and branches work as with full")
def without_full(lab):
    call = dial(lab, delay=1.5, with_handover=handover("async"))
    enter(call)
    music, matched = call.hear_whole("music"), call.hear("matched")
    expect("the music ended before the next sound", music.end <= matched.start, True)
    call.expect_variables("matched", code="200", input="1234", http_status="200")


@scenario("socket without full: goto works")
def goto_without_full(lab):
    call = dial(lab, code="away", with_handover=handover("async"))
    enter(call)
    call.expect_step("9100", "lab-destinations")
    call.expect_variables("matched", code="away", input="1234", http_status="200")


@scenario("socket without async: a script without a question works")
def without_async(lab):
    lab.web.on("/it", web.json({"code": 200}, delay=0.5))
    lab.script("request", REQUEST)
    for options in ("full", ""):
        call = lab.call("request", handover=handover(options))
        call.hear("matched")
        call.expect_variables("matched", code="200", http_status="200")


@scenario("socket without async: a question ends with the outcome error, and the log says why")
def question_without_async(lab):
    for options in ("full", ""):
        how = handover(options)
        call = lab.call("asks", handover=how) if lab.calls else dial(lab, with_handover=how)
        call.expect_variables("error")
        expect("the next step", call.next_step(), "error: ")
    lab.daemon.wait_for_log("async full")


@scenario("socket without async: goto works, and after a rejected call the dialplan continues")
def goto_without_async(lab):
    lab.script("destination", GOTO.format("9100@lab-destinations"))
    for options in ("full", ""):
        call = lab.call("destination", handover=handover(options, socket_resume="true"))
        call.expect_step("9100", "lab-destinations")
        call.expect_variables("otherwise")
        lab.call("no-such-script", handover=handover(options, socket_resume="true")).expect_rejected()


@scenario("socket_resume=true leaves no call hanging after continue, goto or a hang-up")
def resume(lab):
    calls = {"200": dial(lab, with_handover=handover(socket_resume="true"))}
    lab.web.on("/it", lambda request: web.json({"code": "away" if "9999" in request.target else "200"}))
    calls["away"] = lab.call("asks", handover=handover(socket_resume="true"))
    abandoned = lab.call("asks", handover=handover(socket_resume="true"))
    enter(calls["200"])
    enter(calls["away"], "9999")
    abandoned.hear("ask_more")
    abandoned.hang_up()
    calls["200"].expect_variables("matched", code="200", input="1234", http_status="200")
    expect("the next step", calls["200"].next_step(), "matched: 200")
    calls["away"].expect_step("9100", "lab-destinations")
    calls["away"].expect_variables("matched", code="away", input="9999", http_status="200")
    abandoned.expect_variables("hangup")


@scenario("socket_resume=true: after a rejected call the dialplan continues")
def resume_refused(lab):
    lab.script("asks", ASKS)
    for options in ("async full", "async", "full", ""):
        lab.call("no-such-script", handover=handover(options, socket_resume="true")).expect_rejected()


@scenario("if the socket line names several hosts, the first that accepts gets the call, and the path names the script")
def hosts_in_a_row(lab):
    down = f"127.0.0.1:{free_port()}"
    lab.script("asks", ASKS).start()
    call = dial_at(lab, f"{down}|{lab.daemon.authority}")
    enter(call)
    call.expect_variables("matched", code="200", input="1234", http_status="200")
    dial_at(lab, f"{down}|127.0.0.1:{free_port()}").expect_rejected()


def dial_at(lab, hosts):
    """A call that the dialplan hands to the first of these hosts that accepts."""
    lab.web.on("/it", web.json({"code": 200}))
    return lab.call("asks", handover=handover(dialscript_daemon=hosts))


@scenario("the variable dialscript names the script if the socket line has no path")
def by_variable(lab):
    lab.web.on("/it", web.json({"code": 200}))
    lab.script("request", REQUEST)
    call = lab.call("request", extension="without-path", handover=handover(dialscript="request"))
    call.hear("matched")
    call.expect_variables("matched", code="200", http_status="200")


@scenario("arguments come from the variables dialscript_arg_NAME")
def arguments(lab):
    lab.web.on("/it", web.json({"code": 200}))
    variables = handover(dialscript_arg_order="a b&c=d%", dialscript_arg_who="me")
    call = lab.script("request", REQUEST).call("request", handover=variables)
    call.expect_variables("matched", code="200", http_status="200")
    expect("query", lab.web.requests[0].query, [("order", "a b&c=d%"), ("who", "me")])


@scenario("a destination that the dialplan does not have: FreeSWITCH ends the call, and the outcome is set")
def goto_nowhere(lab):
    lab.script("destination", GOTO.format("1234@nowhere"))
    call = lab.call("destination")
    call.expect_variables("otherwise")
    expect("status", call.status, 404)


@scenario("a priority does not exist on FreeSWITCH: the outcome is error, and the call continues")
def priority(lab):
    lab.script("destination", GOTO.format("9100@lab-destinations,2"))
    call = lab.call("destination")
    call.expect_variables("error")
    expect("the next step", call.next_step(), "error: ")
    expect("the reason", "FreeSWITCH has no priorities" in lab.daemon.wait_for_calls(1)["reason"], True)


@scenario("music can be a tone_stream or a local_stream by its full name")
def stream_as_music(lab):
    for name, music in (("tone", "tone_stream://%(2000,0,1750);loops=-1"), ("local", "local_stream://default")):
        lab.script(name, ASKS.replace('"default"', f'"{music}"'))
    lab.web.on("/it", web.json({"code": 200}, delay=2.0))
    for name in ("tone", "local"):
        call = lab.call(name)
        enter(call)
        call.hear("music")
        call.hear("matched")
        call.expect_variables("matched", code="200", input="1234", http_status="200")


def in_the_prompt(call):
    call.hear("ask_more")


def collecting(call):
    call.hear_whole("ask_more")
    call.press("1")
    call.wait_until_received("1")


def waiting(call):
    enter(call)
    call.hear("music")


STATES = (in_the_prompt, collecting, waiting)


@scenario("SIGTERM during a prompt, a question or music: each call continues with the outcome error")
def stopped(lab):
    lab.daemon.configure('[server]\ngrace = "500ms"\n[trigger]\ntimeout = "9s"')
    calls = in_each_state(lab)
    lab.daemon.terminate()
    expect("exit code", lab.daemon.wait_to_end(within=8)[0], 0)
    for call in calls:
        call.wait_until_over()
        expect("the next step", call.next_step(), "error: ")
        expect("who ended the call", call.hung_up_by, "switch")


@scenario("SIGKILL during a prompt, a question or music: each call continues with an empty outcome", long=True)
def killed(lab):
    calls = in_each_state(lab)
    lab.daemon.kill()
    for call in calls:
        # A sound plays to its end, since the daemon can no longer stop it; this music has 30 s.
        call.wait_until_over(within=35)
        expect("the next step", call.next_step(), ": ")


def in_each_state(lab):
    """Three calls, one in each state."""
    lab.web.on("/it", web.json({"code": 200}, delay=8.0))
    script = ASKS.replace('gap = "1s"', 'gap = "9s"')
    script = script.replace('music = "default"', 'timeout = "9s"\nmusic = "short"')
    lab.script("asks", script).start()
    return lab.in_parallel(lambda state: call_in_state(lab, state), STATES)


def call_in_state(lab, state):
    call = lab.call("asks")
    state(call)
    return call


@scenario("a hang-up during a prompt, a question or music is noticed at once, also without full")
def hang_ups(lab):
    lab.web.on("/it", web.json({"code": 200}, delay=4.0))
    lab.script("asks", ASKS.replace('gap = "1s"', 'gap = "9s"')).start()

    def hang_up(state_and_options):
        state, options = state_and_options
        call = lab.call("asks", handover=handover(options))
        state(call)
        hung_up = time.monotonic()
        call.hang_up()
        call.wait_until_over()
        expect_about("seconds until the channel has ended", time.monotonic() - hung_up, 0.3, within=0.7)
        digits = {in_the_prompt: "", collecting: "1", waiting: "1234"}[state]
        call.expect_variables("hangup", input=digits)

    lab.in_parallel(hang_up, [(state, options) for state in STATES for options in ("async full", "async")])


@scenario("without async, a hang-up during a request or a sound ends the call")
def hang_up_without_async(lab):
    lab.web.on("/it", web.json({"code": 200}, delay=2.0))
    script = REQUEST.replace("[trigger]", '[prompt]\nplay = "welcome"\n[trigger]')
    lab.script("request", script).start()
    for sound in (None, "welcome"):
        call = lab.call("request", handover=handover("full"))
        call.wait_to_be_picked_up()
        if sound:
            call.hear_whole(sound)
        call.hang_up()
        call.wait_until_over()


FIVE = ["welcome", "pin", "matched", "sorry", "silent"]


@scenario("a prompt of five sounds has no gap of 60 ms, and a missing sound does not affect the others")
def five_sounds(lab):
    lab.script("five", f"[prompt]\nplay = {json.dumps(FIVE)}\n")
    lab.script("six", f"[prompt]\nplay = {json.dumps([*FIVE[:2], 'switch:nowhere/nothing.wav', *FIVE[2:]])}\n").start()
    five, six = [lab.call("five") for _ in range(4)], lab.call("six")
    for call in [*five, six]:
        call.wait_until_over()
        expect("sounds", [sound.name for sound in call.heard()], FIVE)
    for call in five:
        expect("silences of 60 ms and more between them", [gap for gap in silences(call) if gap >= 0.06], [])


def silences(call):
    """The durations of the silences between the first and the last sound of a call, in seconds."""
    recording = bytes(call.media.recording)
    windows = [recording[at:at + WINDOW] for at in range(0, len(recording) - WINDOW, WINDOW)]
    signs = "".join("-" if tone(window) == SILENCE else "+" for window in windows)
    return [len(gap) * WINDOW / RATE for gap in re.findall("-+", signs.strip("-"))]


@scenario("a hostile answer runs no command, even if the dialplan expands it several times")
def hostile_answer(lab):
    proof = Path("/tmp") / f"dialscript-{uuid.uuid4()}"
    system = f"system(touch {proof})"
    attacks = [
        f"${{{system}}}",
        "${expr(1+1)}", f"$\\'{{{system}}}", f"\\${{{system}}}", f"$${{{system}}}", f"\\\\${{{system}}}",
        f"%[api_on_answer='{system}']", f"[execute_on_answer='{system}']", f"'{system}' \" ; , |", "\\ \\' \\s \\n",
        "unload mod_event_socket", "api unload mod_event_socket", "reload MOD_EVENT_SOCKET",
        "x\r\n\r\nsendmsg\ncall-command: execute\nexecute-app-name: hangup\n\n", "a;OWNED=yes", "^^:OWNED=yes:b=c",
        f"$\n{{{system}}}", "$", "{" + system + "}", "x" * 5000, " spaced ", "100%AB %41", "ünï 中文 😀",
    ]
    lab.script("asks", """
        [trigger]
        url = "WEB/it"
        [response]
        key = "code"
        [[branch]]
        when = { present = true }
        set = { NOTE = "{$note}" }
        then = "continue"
        [no_response]
        then = "continue"
    """).start()
    expect("an attack could run a command", lab.switch.runs_commands, True)
    for attack in attacks:
        lab.web.on("/it", web.json({"code": attack, "note": f"<{attack}>"}))
        call = lab.call("asks", extension="twice")
        call.wait_until_over()
        seen, literal = call.variables(), lab.switch.variable_text(attack)
        expect("outcome", seen["DIALSCRIPT_OUTCOME"], "matched")
        expect("a variable that nobody set", call.channel.variables.get("OWNED"), None)
        if len(attack) < 4000:
            expect("value and note", (seen["DIALSCRIPT_CODE"], seen["NOTE"]), (literal, f"<{literal}>"))
        else:
            expect("the value is truncated", literal.startswith(seen["DIALSCRIPT_CODE"]), True)
    expanded = [step.data for step in lab.calls[0].channel.steps]
    expect("the dialplan runs commands that it expands", "INFO attacked" in [data.strip() for data in expanded], True)
    expect("a file made by an attack", proof.exists(), False)
    expect("the switch still serves its event socket", lab.switch.runs_commands, True)


@scenario("twenty calls rejected in a burst all continue in the dialplan", alone=True)
def refused_in_a_burst(lab):
    lab.script("asks", ASKS).start()
    calls = [lab.call("no-such-script") for _ in range(20)]
    for call in calls:
        call.expect_rejected()
    wait_until(lambda: "0 total" in lab.switch.command("show channels count"), 5, "the switch to have no calls")


@scenario("SIGTERM during a burst of calls: every call ends", alone=True)
def stopped_in_a_burst(lab):
    lab.daemon.configure('[server]\ngrace = "300ms"')
    lab.script("asks", ASKS).start()
    threading.Timer(0.12, lab.daemon.terminate).start()
    for call in [lab.call("asks") for _ in range(40)]:
        call.wait_until_over()
