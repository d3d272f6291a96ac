"""How a script gives the call back."""

from lab import web
from lab.bench import expect
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


def goes_on(lab, outcome, prompt="", digits="1234", name="ends", extension="script"):
    """A call in which four digits lead to this outcome."""
    call = lab.script(name, DIGITS.format(outcome=outcome, prompt=prompt)).call(name, extension)
    call.hear("ask_more")
    call.press(digits)
    return call


@scenario("continue goes to the next step of the dialplan")
def continues(lab):
    call = goes_on(lab, 'then = "continue"')
    call.dialplan_saw("otherwise", input="1234")
    expect("the next step", call.next_step(), "otherwise: ")


@scenario("goto EXT goes to an extension in the context of the call")
def goto_own_context(lab):
    call = goes_on(lab, 'then = "goto 9300"')
    call.went_to("9300", "lab")
    call.dialplan_saw("otherwise", input="1234")


@scenario("goto EXT@CONTEXT,PRIORITY accepts a priority by number and by label", only_on="asterisk")
def goto_priority(lab):
    for name, priority in (("by-number", "2"), ("by-label", "second")):
        outcome = f'then = "goto 9100@lab-places,{priority}"'
        lab.script(name, DIGITS.format(outcome=outcome, prompt=""))
    calls = [lab.call("by-number"), lab.call("by-label")]
    for call in calls:
        call.hear("ask_more")
        call.press("1234")
        call.went_to("9100", "lab-places", priority=2)
        call.dialplan_saw("otherwise", input="1234")


@scenario("goto can use entered digits, and extension patterns of the dialplan match them")
def goto_entered(lab):
    call = goes_on(lab, 'then = "goto {keypress}@lab-places"', digits="4711")
    call.went_to("4711", "lab-places")
    call.dialplan_saw("otherwise", input="4711")


@scenario("goto to an extension that does not exist: the outcome is error, and the call continues", only_on="asterisk")
def goto_nowhere(lab):
    call = goes_on(lab, 'play = "matched"\nthen = "goto {keypress}@lab-places"', digits="1234")
    call.hear("matched")
    call.dialplan_saw("error", input="1234")
    expect("the next step", call.next_step(), "error: ")


@scenario("goto to a context that does not exist: the outcome is error, and the call continues", only_on="asterisk")
def goto_no_context(lab):
    call = goes_on(lab, 'then = "goto 9100@nowhere"')
    call.dialplan_saw("error", input="1234")


@scenario("hangup ends the call with cause 16, normal clearing")
def hangs_up(lab):
    call = goes_on(lab, 'play = "matched"\nthen = "hangup"')
    call.hear_out("matched")
    call.wait_to_end()
    expect("who hung up, and the cause", (call.hung_up_by, call.cause), ("switch", 16))
    call.dialplan_saw("otherwise", input="1234")


@scenario("hangup busy ends the call with cause 17, user busy")
def hangs_up_busy(lab):
    call = goes_on(lab, 'then = "hangup busy"')
    call.wait_to_end()
    expect("who hung up, and the cause", (call.hung_up_by, call.cause), ("switch", 17))
    call.dialplan_saw("otherwise", input="1234")


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
    call.dialplan_saw("matched", code="busy", http_status="200")


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
        then = "goto 9100@lab-places"
        [no_input]
        then = "hangup"
        [no_response]
        then = "continue"
    """)
    call = goes_on(lab, 'then = "script second"', name="first")
    call.hear("pin")
    call.press("56")
    call.hear("matched")
    call.dialplan_saw("matched", code="yes", input="56", http_status="200", script="second")
    call.went_to("9100", "lab-places")
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
    call = goes_on(lab, 'play = "ask"\nthen = "script second"', name="first")
    call.hear("ask")
    call.press("56")
    call.dialplan_saw("otherwise", input="56", script="second")


@scenario("again repeats the question; when repeat is used up, [invalid_input] runs")
def again(lab):
    outcome = 'play = "sorry"\nthen = "again"\n[invalid_input]\nplay = "unreachable"\nthen = "goto 9100@lab-places"'
    call = goes_on(lab, outcome, prompt="repeat = 1")
    call.hear_out("sorry")
    call.hear("ask_more")
    call.press("5678")
    call.hear("sorry")
    call.hear("unreachable")
    call.dialplan_saw("invalid_input", input="5678")
    call.went_to("9100", "lab-places")


@scenario("scripts that run each other endlessly are stopped with the outcome error, and the call continues")
def circle(lab):
    for name, other in (("round", "about"), ("about", "round")):
        lab.script(name, f"""
            [trigger]
            url = "WEB/round"
            [otherwise]
            then = "script {other}"
            [no_response]
            then = "continue"
        """)
    lab.web.on("/round", web.Answer(200, "on"))
    call = lab.call("round")
    call.wait_until_over()
    expect("outcome", call.variables()["DIALSCRIPT_OUTCOME"], "error")
    expect("requests are bounded", len(lab.web.requests) <= 100, True)


@scenario("set writes variables for any outcome, and DIALSCRIPT_OUTCOME is written last")
def sets(lab):
    call = goes_on(lab, 'set = { FIRST = "{keypress}", SECOND = "of {caller}" }\nthen = "continue"')
    call.dialplan_saw("otherwise", input="1234")
    seen = call.variables()
    expect("variables", (seen["FIRST"], seen["SECOND"]), ("1234", "of 1001"))


@scenario("a sound that the switch cannot play is skipped, and the call continues")
def missing_sound(lab):
    call = goes_on(lab, 'play = ["switch:no-such-sound", "matched"]\nthen = "continue"')
    call.hear("matched")
    call.dialplan_saw("otherwise", input="1234")
    if lab.switch.kind == "asterisk":
        # This is why AGISTATUS is no result: Asterisk counts a missing file as a failure of the whole script.
        expect("AGISTATUS", call.variables()["AGISTATUS"], "FAILURE")


@scenario("sounds in the channel's language are played if the library has them")
def language(lab):
    lab.sound("de/matched", "sorry")
    call = goes_on(lab, 'play = ["matched", "welcome"]\nthen = "continue"', extension="german")
    call.hear("sorry")
    call.hear("welcome")
    call.dialplan_saw("otherwise", input="1234")
    expect("the sound without a language", "matched" in [sound.name for sound in call.heard()], False)


@scenario("sounds of the switch and of the library can be mixed in one list")
def sounds_of_the_switch(lab):
    goodbye = lab.switch.sound_name("vm-goodbye")
    call = goes_on(lab, f'play = ["{goodbye}", "matched"]\nthen = "continue"')
    matched = call.hear("matched")
    call.dialplan_saw("otherwise", input="1234")
    goodbye = lab.switch.heard(call, "vm-goodbye")
    expect("goodbye comes first", goodbye is not None and goodbye.start < matched.start, True)
