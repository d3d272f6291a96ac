"""How a script ends: continue, goto, hangup, script, again; and what it sets."""

from lab import web
from lab.expect import expect
from lab.scenario import scenario

DIGITS = """
    [prompt]
    play = "ask_more"
    {prompt}
    [keypress]
    length = 4
    gap = "1s"
    [otherwise]
    {outcome}
    [no_input]
    then = "hangup"
"""


def call_with_outcome(lab, outcome, prompt="", digits="1234", name="ends", extension="script"):
    """A call in which four digits lead to the outcome [otherwise] with these lines."""
    call = lab.script(name, DIGITS.format(outcome=outcome, prompt=prompt)).call(name, extension)
    call.hear("ask_more")
    call.press(digits)
    return call


@scenario("continue goes to the next step of the dialplan")
def continues(lab):
    call = call_with_outcome(lab, 'then = "continue"')
    call.expect_variables("otherwise", input="1234")
    expect("the next step", call.next_step(), "otherwise: ")


@scenario("goto EXT goes to an extension in the context of the call")
def goto_own_context(lab):
    call = call_with_outcome(lab, 'then = "goto 9300"')
    call.expect_step("9300", "lab")
    call.expect_variables("otherwise", input="1234")


@scenario("goto EXT@CONTEXT,1 goes to the beginning of the extension")
def goto_first_priority(lab):
    call = call_with_outcome(lab, 'then = "goto 9100@lab-destinations,1"')
    call.expect_step("9100", "lab-destinations")
    call.expect_variables("otherwise", input="1234")


@scenario("goto EXT@CONTEXT,PRIORITY accepts a priority by number and by label", only_on="asterisk")
def goto_priority(lab):
    for name, priority in (("by-number", "2"), ("by-label", "second")):
        outcome = f'then = "goto 9100@lab-destinations,{priority}"'
        lab.script(name, DIGITS.format(outcome=outcome, prompt=""))
    calls = [lab.call("by-number"), lab.call("by-label")]
    for call in calls:
        call.hear("ask_more")
        call.press("1234")
        call.expect_step("9100", "lab-destinations", priority=2)
        call.expect_variables("otherwise", input="1234")


@scenario("goto can use entered digits, and extension patterns of the dialplan match them")
def goto_entered(lab):
    call = call_with_outcome(lab, 'then = "goto {keypress}@lab-destinations"', digits="4711")
    call.expect_step("4711", "lab-destinations")
    call.expect_variables("otherwise", input="4711")


@scenario("goto to an extension that does not exist: the outcome is error, and the call continues", only_on="asterisk")
def goto_nowhere(lab):
    call = call_with_outcome(lab, 'play = "matched"\nthen = "goto {keypress}@lab-destinations"', digits="1234")
    call.hear("matched")
    call.expect_variables("error", input="1234")
    expect("the next step", call.next_step(), "error: ")


@scenario("goto to a context that does not exist: the outcome is error, and the call continues", only_on="asterisk")
def goto_no_context(lab):
    call = call_with_outcome(lab, 'then = "goto 9100@nowhere"')
    call.expect_variables("error", input="1234")


@scenario("hangup ends the call with cause 16, normal clearing")
def hangs_up(lab):
    call = call_with_outcome(lab, 'play = "matched"\nthen = "hangup"')
    call.hear_whole("matched")
    call.wait_to_end()
    expect("who hung up, and the cause", (call.hung_up_by, call.cause), ("switch", 16))
    call.expect_variables("otherwise", input="1234")


@scenario("hangup busy ends the call with cause 17, user busy")
def hangs_up_busy(lab):
    call = call_with_outcome(lab, 'then = "hangup busy"')
    call.wait_to_end()
    expect("who hung up, and the cause", (call.hung_up_by, call.cause), ("switch", 17))
    call.expect_variables("otherwise", input="1234")


@scenario("hangup busy before the call is picked up rejects it with SIP status 486")
def refuses_busy(lab):
    lab.web.on("/busy", web.json({"line": "busy"}))
    lab.script("refuse", """
        [trigger]
        url = "WEB/busy"
        [response]
        key = "line"
        [[branch]]
        when = "busy"
        then = "hangup busy"
        [no_response]
        then = "continue"
    """)
    call = lab.call("refuse")
    call.wait_to_end()
    expect("picked up", call.picked_up_at, None)
    expect("SIP status and cause", (call.status, call.cause), (486, 17))
    call.expect_variables("matched", code="busy", http_status="200")


@scenario("script NAME runs another script in the same call, which can use the digits entered before")
def chain(lab):
    lab.web.on("/both", web.json({"ok": "yes"}))
    lab.script("second", """
        [prompt]
        play = "pin"
        [keypress]
        length = 2
        gap = "1s"
        [trigger]
        url = "WEB/both?first={first.keypress}&second={keypress}"
        [response]
        key = "ok"
        [[branch]]
        when = "yes"
        play = "matched"
        then = "goto 9100@lab-destinations"
        [no_input]
        then = "hangup"
        [no_response]
        then = "continue"
    """)
    call = call_with_outcome(lab, 'then = "script second"', name="first")
    call.hear("pin")
    call.press("56")
    call.hear("matched")
    call.expect_variables("matched", code="yes", input="56", http_status="200", script="second")
    call.expect_step("9100", "lab-destinations")
    expect("query", lab.web.requests[0].query, [("first", "1234"), ("second", "56")])


@scenario("digits pressed during the sound of an outcome count for the next script")
def typed_ahead_into_a_chain(lab):
    lab.script("second", """
        [prompt]
        play = "pin"
        [keypress]
        length = 2
        gap = "1s"
        [otherwise]
        then = "continue"
        [no_input]
        then = "hangup"
    """)
    call = call_with_outcome(lab, 'play = "ask"\nthen = "script second"', name="first")
    call.hear("ask")
    call.press("56")
    call.expect_variables("otherwise", input="56", script="second")


@scenario("again repeats the question; when repeat is used up, [invalid_input] runs")
def again(lab):
    invalid = 'play = "unreachable"\nthen = "goto 9100@lab-destinations"'
    outcome = f'play = "sorry"\nthen = "again"\n[invalid_input]\n{invalid}'
    call = call_with_outcome(lab, outcome, prompt="repeat = 1")
    call.hear_whole("sorry")
    call.hear("ask_more")
    call.press("5678")
    call.hear("sorry")
    call.hear("unreachable")
    call.expect_variables("invalid_input", input="5678")
    call.expect_step("9100", "lab-destinations")


@scenario("scripts that run each other endlessly are stopped with the outcome error, and the call continues")
def endless_chain(lab):
    for name, other in (("first", "second"), ("second", "first")):
        lab.script(name, f"""
            [trigger]
            url = "WEB/it"
            [otherwise]
            then = "script {other}"
            [no_response]
            then = "continue"
        """)
    lab.web.on("/it", web.Answer(200, "ok"))
    call = lab.call("first")
    call.wait_until_over()
    expect("outcome", call.variables()["DIALSCRIPT_OUTCOME"], "error")
    expect("there are at most 100 requests", len(lab.web.requests) <= 100, True)


@scenario("set writes variables for any outcome, and DIALSCRIPT_OUTCOME is written last")
def sets(lab):
    call = call_with_outcome(lab, 'set = { FIRST = "{keypress}", SECOND = "of {caller}" }\nthen = "continue"')
    call.expect_variables("otherwise", input="1234")
    seen = call.variables()
    expect("variables", (seen["FIRST"], seen["SECOND"]), ("1234", "of 1001"))


@scenario("a sound that the switch cannot play is skipped, and the call continues")
def missing_sound(lab):
    call = call_with_outcome(lab, 'play = ["switch:no-such-sound", "matched"]\nthen = "continue"')
    call.hear("matched")
    call.expect_variables("otherwise", input="1234")
    if lab.switch.kind == "asterisk":
        # AGISTATUS is not a useful result: for Asterisk a missing file is a failure of the whole AGI script.
        expect("AGISTATUS", call.variables()["AGISTATUS"], "FAILURE")


@scenario("sounds in the channel's language are played if the library has them")
def language(lab):
    lab.sound("de/matched", "sorry")
    call = call_with_outcome(lab, 'play = ["matched", "welcome"]\nthen = "continue"', extension="german")
    call.hear("sorry")
    call.hear("welcome")
    call.expect_variables("otherwise", input="1234")
    expect("the sound without a language was played", "matched" in [sound.name for sound in call.heard()], False)


@scenario("sounds of the switch and of the library can be mixed in one list")
def sounds_of_the_switch(lab):
    goodbye = lab.switch.sound_name("vm-goodbye")
    call = call_with_outcome(lab, f'play = ["{goodbye}", "matched"]\nthen = "continue"')
    matched = call.hear("matched")
    call.expect_variables("otherwise", input="1234")
    goodbye = lab.switch.find_sound(call, "vm-goodbye")
    expect("goodbye comes first", goodbye is not None and goodbye.start < matched.start, True)
