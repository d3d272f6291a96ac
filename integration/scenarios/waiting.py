"""Music on hold and reassurances while waiting for an answer, and keys pressed meanwhile."""

import time

from lab import web
from lab.deadline import wait_until
from lab.expect import expect, expect_about
from lab.scenario import scenario

ASKS = """
    [prompt]
    play = "welcome"
    [trigger]
    url = "WEB/it"
    timeout = "20s"
    {waiting}
    [otherwise]
    play = "matched"
    then = "{then}"
    [no_response]
    play = "unreachable"
    then = "continue"
"""

# The question of the next script.
NEXT = """
    [prompt]
    play = "ask_more"
    [keypress]
    length = {length}
    gap = "2s"
    [otherwise]
    then = "continue"
    [no_input]
    play = "silent"
    then = "continue"
"""

REASSURANCE = """
    [trigger.reassure]
    {parts}
    every = "3s"
"""
SORRY = REASSURANCE.format(parts='play = "sorry"')
MUSIC = 'music = "default"\n'
KEEP = 'keys = "keep"\n'


def waits(lab, waiting, delay, then="continue", length=4):
    """A call whose answer has this delay. With `then` it is asked for digits afterwards."""
    lab.web.on("/it", web.json({}, delay=delay))
    lab.script("next", NEXT.format(length=length))
    return lab.script("asks", ASKS.format(waiting=waiting, then=then)).call("asks")


def names(call):
    """The names of what a caller heard, in order."""
    return [sound.name for sound in call.heard()]


def press_before_the_answer(lab, call, key, delay, before):
    """Presses a key that is released `before` seconds before the answer is sent."""
    held = 0.1
    pause = lab.web.requests[0].at + delay - before - held - time.monotonic()
    call.press(key, pause=pause, held=held)


@scenario("music on hold starts after music_after, and an earlier answer starts none")
def music_after(lab):
    call = waits(lab, f'{MUSIC}music_after = "2s"', delay=3.5)
    call.hear("matched", within=10)
    expect("heard", names(call), ["welcome", "music", "matched"])
    welcome, music = call.heard()[:2]
    # A stream of FreeSWITCH needs a moment to start.
    expect_about("silence before the music", music.start - welcome.end, 2, within=0.5)
    lab.web.on("/it", web.json({}, delay=1.5))
    call = lab.call("asks")
    call.hear("matched", within=10)
    expect("heard with a fast answer", names(call), ["welcome", "matched"])


@scenario("a reassurance plays every few seconds, with music in between, until the answer arrives")
def reassurance(lab):
    call = waits(lab, MUSIC + SORRY, delay=8.5)
    call.hear("matched", within=15)
    expect("heard", names(call), ["welcome", "music", "sorry", "music", "sorry", "music", "matched"])
    welcome, _, first, _, second, _, _ = call.heard()
    expect_about("from the start of waiting to the first", first.start - welcome.end, 3, within=0.4)
    expect_about("from its end to the second", second.start - first.end, 3, within=0.4)
    expect_about("seconds of a complete reassurance", first.seconds, 0.6)
    call.expect_variables("otherwise", code="200", http_status="200")


@scenario("an answer stops a reassurance at once, and a reassurance interrupts music that is a sound of the library")
def reassurance_is_ended(lab):
    call = waits(lab, 'music = "pin"\n' + REASSURANCE.format(parts='play = "ask"'), delay=4.0)
    matched = call.hear("matched", within=10)
    ask = next(sound for sound in call.heard() if sound.name == "ask")
    expect_about("seconds of the interrupted reassurance", ask.seconds, 1.0, within=0.4)
    expect_about("from its end to the next sound", matched.start - ask.end, 0, within=0.4)
    call.expect_variables("otherwise", code="200", http_status="200")


@scenario("a spoken reassurance was synthesized before the first call")
def spoken_reassurance(lab):
    synthesizer = lab.synthesizer()
    lab.configure_speech(say=synthesizer.engine())
    lab.web.on("/it", web.json({}, delay=4.5))
    parts = 'say = "Sorry."\n    play = "pin"'
    lab.script("asks", ASKS.format(waiting=REASSURANCE.format(parts=parts), then="continue")).start()
    wait_until(lambda: synthesizer.texts, 10, "the text to be synthesized")
    wait_until(lambda: lab.cached_sounds, 10, "the text to be cached")
    call = lab.call("asks")
    call.hear("matched", within=10)
    expect("heard", names(call), ["welcome", "pin", "say sorry", "matched"])
    expect("synthesized texts", len(synthesizer.texts), 1)


@scenario("a caller hangs up during a reassurance: the outcome is hangup")
def hang_up(lab):
    call = waits(lab, MUSIC + REASSURANCE.format(parts='play = "ask"'), delay=8.0)
    call.hear("ask", within=10)
    call.hang_up()
    call.expect_variables("hangup")


def type_while_waiting(lab, waiting, before):
    """Presses keys in silence, during music, during a reassurance, and `before` seconds before the answer."""
    delay = 5.0
    call = waits(lab, f'{MUSIC}music_after = "1s"\n{waiting}{SORRY}', delay, then="script next")
    call.hear_whole("welcome")
    call.press("1")
    call.hear("music")
    call.press("2")
    call.hear("sorry")
    call.press("3")
    press_before_the_answer(lab, call, "4", delay, before)
    return call


@scenario("keys = keep: digits pressed while waiting for an answer are input for the next question")
def keys_keep(lab):
    call = type_while_waiting(lab, KEEP, before=0.06)
    call.expect_variables("otherwise", input="1234", script="next")
    expect("heard", names(call), ["welcome", "music", "sorry", "music"])


@scenario("without keys = keep, digits pressed while waiting for an answer are discarded")
def keys_discarded(lab):
    # FreeSWITCH reports a key some tenths of a second later, so that it could count for the outcome's sound.
    call = type_while_waiting(lab, "", before=0.6)
    call.hear("matched", within=10)
    call.hear_whole("ask_more", within=10)
    call.press("56#")
    call.expect_variables("otherwise", input="56", script="next")


@scenario("keys = keep: no digit is lost during music: ten digits, 50 ms each and 50 ms apart, then two more")
def fast_typing(lab):
    call = waits(lab, MUSIC + KEEP, delay=3.0, then="script next", length=12)
    call.hear("music")
    call.press("1234567890", pause=0.05, held=0.05)
    call.wait_for_end_of_sound()
    call.press("12", pause=0.5)
    call.expect_variables("otherwise", input="123456789012", script="next")
    expect("heard", names(call), ["welcome", "music"])


@scenario("keys = keep: no key, not even * or #, stops music that is a sound of the library")
def keys_in_sounds(lab):
    call = waits(lab, f'music = "ask"\n{KEEP}', delay=4.3, then="script next")
    call.hear("ask")
    call.press("*12#", pause=0.2)
    call.expect_variables("otherwise", input="12", script="next")
    repeated = sum(sound.seconds for sound in call.heard() if sound.name == "ask")
    expect_about("seconds of the repeated sound", repeated, 4.0, within=0.5)


@scenario("keys = keep: continuous typing loses no digit while music and reassurances alternate")
def continuous_typing(lab):
    digits = "3141592653589793238462643383279"
    call = waits(lab, MUSIC + KEEP + SORRY, delay=9.0, then="script next", length=len(digits))
    call.hear_whole("welcome")
    call.press(digits, pause=0.15, held=0.1)
    call.expect_variables("otherwise", input=digits, script="next")
    expect("heard", names(call), ["welcome", "music", "sorry", "music", "sorry", "music"])


@scenario("keys = keep: continuous typing loses no digit while a sound of the library and reassurances alternate")
def continuous_typing_in_sounds(lab):
    digits = "3141592653589793238462643383279"
    call = waits(lab, f'music = "pin"\n{KEEP}{SORRY}', delay=9.0, then="script next", length=len(digits))
    call.hear_whole("welcome")
    call.press(digits, pause=0.15, held=0.1)
    call.expect_variables("otherwise", input=digits, script="next")
