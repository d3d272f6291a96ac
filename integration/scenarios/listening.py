"""What callers say, and what becomes of it."""

from functools import partial

from lab import speech, web
from lab.bench import SAMPLES, expect, expect_about
from lab.deadline import wait_until
from lab.scenario import scenario

RECIPE = SAMPLES / "recipes" / "pocketsphinx-digits"
VOICE = "rms"  # of flite's, the one that pocketsphinx understands best over a telephone
KEYPRESS = '[keypress]\nlength = 4\ngap = "2s"\n'

# Asks for an order number, by speech and perhaps by keys.
ASKS = """
    [prompt]
    play = "ask_more"
    {prompt}
    [speech]
    language = "en"
    {speech}
    {keypress}
    [trigger]
    url = "WEB/order?number={{input}}"
    [response]
    key = "code"
    [[branch]]
    when = "200"
    play = "matched"
    then = "continue"
    [no_input]
    play = "silent"
    then = "continue"
    [invalid_input]
    play = "sorry"
    then = "continue"
    [no_response]
    then = "continue"
"""
NUMERIC = 'filter = "numeric"\nlength = 4'


def asks(lab, speech=NUMERIC, keypress="", prompt=""):
    """The script, and an application that knows every order."""
    lab.web.on("/order", web.json({"code": 200}))
    return lab.script("asks", ASKS.format(prompt=prompt, speech=speech, keypress=keypress))


def understands(lab, text="", timeout="20s", **how):
    """The script, and an ear that understands this whatever is said."""
    listener = lab.listener()
    listener.understands(text)
    lab.speech(timeout=timeout, listen=listener.engine())
    asks(lab, **how)
    return listener


def dial(lab):
    """A caller in a room that is never quite silent, who has heard the prompt."""
    call = lab.call("asks")
    call.media.speak(speech.ROOM)
    call.hear_out("ask_more")
    return call


def asked_for(lab):
    """The orders that the application was asked for."""
    return [dict(request.query)["number"] for request in lab.web.requests]


def nothing_is_left(lab):
    """Checks that no recording is kept."""
    wait_until(lambda: not lab.recordings, 5, f"the recordings to be deleted: {lab.recordings}")


def saw(lab, call, *numbers, outcome="matched", input=None):
    """Checks the outcome, what the application was asked for, and that no recording is left."""
    code, status = ("200", "200") if outcome == "matched" else ("", "")
    call.dialplan_saw(outcome, code=code, input=numbers[-1] if input is None else input, http_status=status)
    expect("numbers that the application was asked for", asked_for(lab), [number for number in numbers if number])
    nothing_is_left(lab)


def reason(lab, *words):
    """Checks that the call's line in the log has a reason with these words."""
    told = lab.daemon.wait_for_calls(len(lab.calls)).get("reason") or ""
    expect(f"words that the reason {told!r} lacks", [word for word in words if word not in told], [])


def with_pocketsphinx(lab):
    """The daemon's ear is pocketsphinx, by its recipe."""
    lab.finds(speech.programs())
    lab.speech(listen=f'{{ engine = "command", command = ["{RECIPE}", "{{in}}"] }}')


# Alone, since pocketsphinx does not understand what a busy machine sends in pieces.
@scenario("spoken digits are sent to the web application, and the branch of its answer is taken", alone=True)
def digits(lab):
    with_pocketsphinx(lab)
    call = dial(asks(lab))
    call.say(speech.spoken("four seven one one", VOICE))
    call.hear("matched", within=25)
    saw(lab, call, "4711")


@scenario("speech is recognized in a question that also accepts keypresses")
def digits_or_keys(lab):
    listener = understands(lab, "two zero six five", keypress=KEYPRESS)
    call = dial(lab)
    call.say(speech.spoken("two zero six five", VOICE))
    call.hear("matched", within=12)
    saw(lab, call, "2065")
    expect("utterances that the ear was given", len(listener.recordings), 1)


@scenario("keypresses instead of speech are accepted at once")
def keys_instead(lab):
    listener = understands(lab, keypress=KEYPRESS)
    call = dial(lab)
    typed = call.press("4711")
    matched = call.hear("matched")
    expect_about("from the last key to the next sound", matched.start - typed, 0, within=0.6)
    saw(lab, call, "4711")
    expect("utterances that the ear was given", len(listener.recordings), 0)


@scenario("in a question with speech, digits pressed during the prompt end it and count")
def keys_in_the_prompt(lab):
    understands(lab, keypress=KEYPRESS)
    call = lab.call("asks")
    call.hear("ask_more")
    call.press("4711")
    call.hear("matched")
    saw(lab, call, "4711")


@scenario("if a caller speaks and then presses digits, the digits count and the speech is ignored")
def keys_while_speaking(lab):
    listener = understands(lab, "one two three four", keypress=KEYPRESS)
    call = dial(lab)
    call.say(speech.spoken("oh wait I will", VOICE))
    call.press("4711")
    call.hear("matched")
    saw(lab, call, "4711")
    expect("utterances that the ear was given", len(listener.recordings), 0)


@scenario("a caller who says nothing gets [no_input]")
def nothing_said(lab):
    listener = understands(lab, speech=f'{NUMERIC}\nstart = "2s"')
    call = dial(lab)
    asked = call.heard()[-1].end
    silent = call.hear("silent", within=15)
    expect("it took at least the time to begin", silent.start - asked > 1.9, True)
    expect("it took little more", silent.start - asked < 5, True)
    saw(lab, call, "", outcome="no_input")
    expect("utterances that the ear was given", len(listener.recordings), 0)


@scenario("a caller who begins to speak late is still recognized")
def hesitates(lab):
    listener = understands(lab, "four seven one one", speech=f'{NUMERIC}\nstart = "8s"\nsilence = "1s"')
    call = dial(lab)
    prompt = call.heard()[-1]
    wait_until(lambda: call.now() > prompt.end + 3.4, 5, "the caller to make up their mind")
    call.say(speech.spoken("four seven one one", VOICE))
    call.hear("matched", within=12)
    saw(lab, call, "4711")
    expect("what it was given is speech", listener.recordings[-1]["loudness"] > 2000, True)


@scenario("an utterance is recorded as the recognizer needs it: mono WAV, 16 bits, 8 kHz")
def recorded(lab):
    listener = understands(lab, "four seven one one", speech=NUMERIC)
    said = speech.spoken("four seven one one", VOICE)
    call = dial(lab)
    call.say(said)
    call.hear("matched", within=12)
    saw(lab, call, "4711")
    heard, = listener.recordings
    expect("channels, bytes, rate", heard["form"], [1, 2, 8000])
    expect("language", heard["arguments"], ["en"])
    expect("nothing of it is missing", heard["seconds"] > len(said) / 8000 - 0.3, True)
    expect("it is loud", heard["loudness"] > 2000, True)


@scenario("a wrong number of spoken digits is asked for again, then the outcome is invalid_input")
def wrong_length(lab):
    understands(lab, "four seven", prompt="repeat = 1")
    call = dial(lab)
    call.say(speech.spoken("four seven", VOICE))
    call.hear_out("ask_more", within=12)
    call.say(speech.spoken("four seven", VOICE))
    call.hear("sorry", within=12)
    saw(lab, call, outcome="invalid_input", input="47")


@scenario("an utterance without digits is asked for again, and the digits spoken then are accepted")
def right_at_last(lab):
    listener = understands(lab, "what did you say", prompt="repeat = 1")
    call = dial(lab)
    call.say(speech.spoken("what did you say", VOICE))
    call.hear_out("ask_more", within=12)
    listener.understands("double four seven oh")
    call.say(speech.spoken("double four seven oh", VOICE))
    call.hear("matched", within=12)
    saw(lab, call, "4470")


@scenario("without a filter the web application gets the recognized words unchanged")
def words(lab):
    said = "I'd like 50% & more, \u00e7a va?"
    understands(lab, said, speech="")
    call = dial(lab)
    call.say(speech.spoken("I would like more", VOICE))
    call.hear("matched", within=12)
    saw(lab, call, said)


@scenario("in a question for speech only, any key ends the utterance")
def key_ends(lab):
    understands(lab, "four seven one one", speech=f'{NUMERIC}\nsilence = "6s"')
    call = dial(lab)
    call.say(speech.spoken("four seven one one", VOICE))
    typed = call.press("#")
    matched = call.hear("matched")
    expect("it did not wait for silence", matched.start - typed < 3, True)
    saw(lab, call, "4711")


@scenario("an utterance is recorded up to maximum and then recognized")
def maximum(lab):
    listener = understands(lab, "four seven one one", speech=f'{NUMERIC}\nmaximum = "3s"')
    call = dial(lab)
    call.say(speech.spoken("well you know it is a very long story and it began years ago " * 2, VOICE), wait=False)
    call.hear("matched", within=12)
    saw(lab, call, "4711")
    expect_about("seconds of the recording", listener.recordings[0]["seconds"], 3, within=0.5)


def deaf(lab, engine, *words, timeout="20s", at_once=False):
    """Checks what happens where nothing is understood: [no_input] with the reason, and keys work as ever. `at_once`:
    whether it is known before anybody has spoken."""
    lab.speech(timeout=timeout, listen=engine)
    lab.web.on("/order", web.json({"code": 200}))
    lab.script("speech", ASKS.format(prompt="", speech=NUMERIC, keypress=""))
    lab.script("keys", ASKS.format(prompt="", speech=NUMERIC, keypress=KEYPRESS))
    call = lab.call("speech")
    speaks_unheard(call, at_once)
    call.hear("silent", within=15)
    saw(lab, call, "", outcome="no_input")
    reason(lab, *words)
    call = lab.call("keys")
    speaks_unheard(call, at_once)
    # What was in vain is in the log before the call's line is.
    in_vain = "speech is not understood"
    wait_until(lambda: lab.daemon.log.count(in_vain) == len(lab.calls), 15, "the ear to fail")
    call.press("4711")
    call.hear("matched", within=12)
    saw(lab, call, "4711")


def speaks_unheard(call, at_once):
    """Says something, where there is time for it."""
    call.media.speak(speech.ROOM)
    if not at_once:
        call.hear_out("ask_more")
        call.say(speech.spoken("four seven one one", VOICE), wait=False)


@scenario("the recognizer hangs: digits still work; without digits [no_input] runs, with the reason", long=True)
def hangs(lab):
    listener = lab.listener()
    listener.does("hang")
    deaf(lab, listener.engine(), "2s", timeout="2s")


@scenario("the recognizer crashes: digits still work; without digits [no_input] runs, with the reason", long=True)
def crashes(lab):
    listener = lab.listener()
    listener.does("crash")
    deaf(lab, listener.engine(), "signal")


@scenario(
    "the recognizer is not installed: digits still work; without digits [no_input] runs, with the reason",
    long=True,
)
def not_installed(lab):
    deaf(lab, '{ engine = "command", command = ["no-such-ear", "{in}"] }', "not installed")


@scenario(
    "the switch cannot recognize speech: digits still work; without digits [no_input] runs, with the reason",
    long=True,
)
def none_of_the_switch(lab):
    deaf(lab, '{ engine = "switch", name = "", grammar = "digits" }', at_once=True)


@scenario("a caller who hangs up while speaking leaves no recording")
def hangs_up_speaking(lab):
    understands(lab, "four seven one one")
    call = dial(lab)
    call.say(speech.spoken("four seven one one", VOICE), wait=False)
    wait_until(lambda: lab.recordings, 5, "the recording to begin")
    wait_until(partial(call.has_said, 0.5), 5, "some of it to be said")
    call.hang_up()
    saw(lab, call, "", outcome="hangup")


@scenario("a caller who hangs up while the recognizer works leaves no recording")
def hangs_up_recognised(lab):
    listener = understands(lab, timeout="8s")
    listener.does("hang")
    call = dial(lab)
    call.say(speech.spoken("four seven one one", VOICE))
    listener.wait_for(1, within=10)
    call.hang_up()
    saw(lab, call, "", outcome="hangup")


@scenario("sensitive speech appears in no log and no variable")
def sensitive(lab):
    understands(lab, "seven three nine one", speech=f"{NUMERIC}\nsensitive = true")
    call = dial(lab)
    call.say(speech.spoken("seven three nine one", VOICE))
    call.hear("matched", within=12)
    saw(lab, call, "7391", input="")
    lab.daemon.wait_for_calls(1)
    told = [what for what in ("7391", "seven three nine one", "three nine") if what in lab.daemon.log]
    expect("what was said, in the log", told, [])
