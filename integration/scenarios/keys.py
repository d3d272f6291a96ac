"""Which keys are input, among them star, pound and the letters, and the key that begins anew."""

from lab import web
from lab.expect import expect, expect_about
from lab.scenario import scenario

ASKS = """
    [prompt]
    play = "ask"
    [keypress]
    gap = "2s"
    {keypress}
    [otherwise]
    {outcome}
    play = "matched"
    then = "continue"
    [no_input]
    play = "silent"
    then = "continue"
"""

# Star begins the menu anew, and pound is a choice.
MENU = """
    [prompt]
    play = "ask"
    repeat = 2
    [keypress]
    keys = "12*#"
    length = 1
    [[branch]]
    when = "*"
    play = "sorry"
    then = "again"
    [[branch]]
    when = "#"
    play = "matched"
    then = "continue"
    [no_input]
    play = "silent"
    then = "continue"
"""

# The script before asks, whose answer is awaited. Keys that are pressed meanwhile are kept.
WAITS = """
    [prompt]
    play = "welcome"
    [trigger]
    url = "WEB/it"
    keys = "keep"
    [otherwise]
    play = "sorry"
    then = "script asks"
    [no_response]
    then = "continue"
"""


def asks(lab, keypress, outcome=""):
    """A script that asks for keys."""
    return lab.script("asks", ASKS.format(keypress=keypress, outcome=outcome))


def names(call):
    """The names of what a caller heard, in order."""
    return [sound.name for sound in call.heard()]


@scenario("star and pound are input where `keys` has them: they end the prompt, and the web application is told")
def star_and_pound(lab):
    lab.web.on("/code", web.json({"code": 200}))
    lab.script("asks", """
        [prompt]
        play = "ask"
        [keypress]
        keys = "0-9*#"
        length = 4
        [trigger]
        url = "WEB/code?entered={keypress}"
        [response]
        key = "code"
        [[branch]]
        when = "200"
        set = { ENTERED = "{keypress}" }
        play = "matched"
        then = "continue"
        [no_input]
        play = "silent"
        then = "continue"
        [no_response]
        then = "continue"
    """)
    call = lab.call("asks")
    call.hear("ask")
    released = call.press("*9#7", pause=0.15)
    matched = call.hear("matched")
    expect_about("seconds of the interrupted prompt", call.heard()[0].seconds, 0.3)
    expect_about("from the last key to the next sound", matched.start - released, 0, within=0.4)
    expect("entered keys in the request", dict(lab.web.requests[0].query), {"entered": "*9#7"})
    call.expect_variables("matched", code="200", input="*9#7", http_status="200")
    expect("variable of the script", call.variables()["ENTERED"], "*9#7")


@scenario("the letters A to D are input where `keys` has them")
def letters(lab):
    call = asks(lab, 'keys = "A-D"\nlength = 4').call("asks")
    call.hear_whole("ask")
    call.press("1AD*B#")
    call.hear("matched")
    call.expect_variables("otherwise", input="ADB")


@scenario("digits that are not among `keys` neither interrupt the prompt nor count")
def other_digits(lab):
    call = asks(lab, 'keys = "1-3"\nlength = 4').call("asks")
    call.hear("ask")
    call.press("40")
    expect_about("seconds of the complete prompt", call.wait_for_end_of_sound().seconds, 2)
    call.press("1920#")
    call.hear("matched")
    call.expect_variables("otherwise", input="12")


@scenario("if pound is among `keys`, it ends no input: silence does")
def pound_is_no_terminator(lab):
    call = asks(lab, 'keys = "0-9#"').call("asks")
    call.hear_whole("ask")
    released = call.press("4#7")
    matched = call.hear("matched")
    expect_about("from the last key to the next sound", matched.start - released, 2)
    call.expect_variables("otherwise", input="4#7")


@scenario("a menu with a choice for star asks again, and one with a choice for pound continues")
def menu(lab):
    call = lab.script("asks", MENU).call("asks")
    call.hear("ask")
    call.press("3*")
    call.hear_whole("sorry")
    call.hear("ask")
    call.press("#")
    call.hear("matched")
    expect("heard", names(call), ["ask", "sorry", "ask", "matched"])
    call.expect_variables("matched", input="#")


@scenario("the clear key drops what was entered, and the time for the first key starts again")
def clear(lab):
    call = asks(lab, 'clear = "*"\nlength = 4\nfirst_digit = "4s"').call("asks")
    call.hear_whole("ask")
    call.press("12*")
    call.press("7", pause=3)
    call.press("1#")
    call.hear("matched")
    expect("heard", names(call), ["ask", "matched"])
    call.expect_variables("otherwise", input="71")


@scenario("the clear key alone ends the prompt, which is not played again")
def clear_in_the_prompt(lab):
    call = asks(lab, 'clear = "*"\nfirst_digit = "2s"').call("asks")
    call.hear("ask")
    released = call.press("*")
    silent = call.hear("silent")
    expect_about("seconds of the interrupted prompt", call.heard()[0].seconds, 0.3)
    expect_about("from the clear key to the next sound", silent.start - released, 2)
    expect("heard", names(call), ["ask", "silent"])
    call.expect_variables("no_input")


@scenario("with barge_in = false the clear key counts in the prompt, which plays to its end")
def clear_without_barge_in(lab):
    call = asks(lab, 'clear = "*"\nlength = 2\nbarge_in = false').call("asks")
    call.hear("ask")
    call.press("4*12")
    matched = call.hear("matched")
    expect_about("the next sound follows the whole prompt", matched.start - call.heard()[0].start, 2, within=0.4)
    call.expect_variables("otherwise", input="12")


@scenario("fast typing with the clear key loses nothing: keys of 50 ms, 50 ms apart")
def fast_clear(lab):
    call = asks(lab, 'clear = "#"\nterminator = "*"\nlength = 8').call("asks")
    call.hear("ask")
    call.press("4711#1234567*", pause=0.05, held=0.05)
    call.hear("matched")
    call.expect_variables("otherwise", input="1234567")


@scenario("the clear key drops keys that were pressed while an answer was awaited")
def clear_type_ahead(lab):
    lab.web.on("/it", web.json({}, delay=2.5))
    asks(lab, 'clear = "*"\nlength = 4')
    lab.script("waits", WAITS)
    call = lab.call("waits")
    call.hear_whole("welcome")
    call.press("47*1", pause=0.2)
    call.press("2", pause=2.5)
    call.press("#")
    call.hear("matched")
    expect("heard", names(call), ["welcome", "matched"])
    call.expect_variables("otherwise", input="12", script="asks")


@scenario("if no engine works, star and pound of an input are played with the sounds of the switch")
def spelled(lab):
    synthesizer = lab.synthesizer()
    synthesizer.misbehave("crash")
    lab.configure_speech(say=synthesizer.engine())
    call = asks(lab, 'keys = "0-9*#"\nlength = 3', 'say = "{digits:keypress}"').call("asks")
    call.hear("ask")
    call.press("*1#")
    call.wait_until_over()
    sounds = ("digits/star", "digits/1", "digits/pound")
    heard = [lab.switch.find_sound(call, sound, first=0.3) for sound in sounds]
    expect("keys heard", [sound is not None for sound in heard], [True] * 3)
    expect("in order", sorted(heard, key=lambda sound: sound.start), heard)
    call.expect_variables("otherwise", input="*1#")
