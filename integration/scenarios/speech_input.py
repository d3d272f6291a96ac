"""Speech input: recording, recognition, and questions that accept both speech and keypresses."""

from functools import partial

from lab import speech, web
from lab.deadline import wait_until
from lab.expect import expect, expect_about
from lab.lab import SAMPLES
from lab.scenario import scenario

RECIPE = SAMPLES / "recipes" / "pocketsphinx-digits"
VOICE = "rms"  # the voice of flite that pocketsphinx recognizes best at telephone quality
KEYPRESS = '[keypress]\nlength = 4\ngap = "2s"\n'

# Asks for an order number by speech, optionally also by keypress.
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
    """The script, and a web application that knows every order."""
    lab.web.on("/order", web.json({"code": 200}))
    return lab.script("asks", ASKS.format(prompt=prompt, speech=speech, keypress=keypress))


def recognizes(lab, text="", timeout="20s", **script):
    """The script, and a recognizer that returns this text for any speech."""
    recognizer = lab.recognizer()
    recognizer.set_result(text)
    lab.configure_speech(timeout=timeout, listen=recognizer.engine())
    asks(lab, **script)
    return recognizer


def dial(lab):
    """A call with background noise, after the prompt."""
    call = lab.call("asks")
    call.media.loop(speech.ROOM)
    call.hear_whole("ask_more")
    return call


def requested_numbers(lab):
    """The order numbers in the requests."""
    return [dict(request.query)["number"] for request in lab.web.requests]


def expect_no_recordings(lab):
    """Checks that all recordings are deleted."""
    wait_until(lambda: not lab.recordings, 5, f"the recordings to be deleted: {lab.recordings}")


def expect_result(lab, call, *numbers, outcome="matched", input=None):
    """Checks the outcome, the order numbers in the requests, and that no recording is left."""
    code, status = ("200", "200") if outcome == "matched" else ("", "")
    call.expect_variables(outcome, code=code, input=numbers[-1] if input is None else input, http_status=status)
    expect("order numbers in the requests", requested_numbers(lab), [number for number in numbers if number])
    expect_no_recordings(lab)


def expect_reason(lab, *words):
    """Checks that the reason in the call's line of the log contains these words."""
    reason = lab.daemon.wait_for_calls(len(lab.calls)).get("reason") or ""
    expect(f"words missing in the reason {reason!r}", [word for word in words if word not in reason], [])


def with_pocketsphinx(lab):
    """Configures pocketsphinx with its recipe as the recognizer."""
    lab.add_to_path(speech.programs())
    lab.configure_speech(listen=f'{{ engine = "command", command = ["{RECIPE}", "{{in}}"] }}')


# Alone, since pocketsphinx does not understand speech that a busy machine sends with gaps.
@scenario("spoken digits are sent to the web application, and the branch of its answer is taken", alone=True)
def digits(lab):
    with_pocketsphinx(lab)
    call = dial(asks(lab))
    call.say(speech.spoken("four seven one one", VOICE))
    call.hear("matched", within=25)
    expect_result(lab, call, "4711")


@scenario("speech is recognized in a question that also accepts keypresses")
def digits_or_keys(lab):
    recognizer = recognizes(lab, "two zero six five", keypress=KEYPRESS)
    call = dial(lab)
    call.say(speech.spoken("two zero six five", VOICE))
    call.hear("matched", within=12)
    expect_result(lab, call, "2065")
    expect("utterances that were recognized", len(recognizer.recordings), 1)


@scenario("keypresses instead of speech are accepted at once")
def keys_instead(lab):
    recognizer = recognizes(lab, keypress=KEYPRESS)
    call = dial(lab)
    released = call.press("4711")
    matched = call.hear("matched")
    expect_about("from the last key to the next sound", matched.start - released, 0, within=0.6)
    expect_result(lab, call, "4711")
    expect("utterances that were recognized", len(recognizer.recordings), 0)


@scenario("in a question with speech, digits pressed during the prompt end it and count")
def keys_in_the_prompt(lab):
    recognizes(lab, keypress=KEYPRESS)
    call = lab.call("asks")
    call.hear("ask_more")
    call.press("4711")
    call.hear("matched")
    expect_result(lab, call, "4711")


@scenario("if a caller speaks and then presses digits, the digits count and the speech is ignored")
def keys_while_speaking(lab):
    recognizer = recognizes(lab, "one two three four", keypress=KEYPRESS)
    call = dial(lab)
    call.say(speech.spoken("oh wait I will", VOICE))
    call.press("4711")
    call.hear("matched")
    expect_result(lab, call, "4711")
    expect("utterances that were recognized", len(recognizer.recordings), 0)


@scenario("a caller who says nothing gets [no_input]")
def nothing_said(lab):
    recognizer = recognizes(lab, speech=f'{NUMERIC}\nstart = "2s"')
    call = dial(lab)
    prompt_end = call.heard()[-1].end
    silent = call.hear("silent", within=15)
    expect("not before the start timeout", silent.start - prompt_end > 1.9, True)
    expect("soon after the start timeout", silent.start - prompt_end < 5, True)
    expect_result(lab, call, "", outcome="no_input")
    expect("utterances that were recognized", len(recognizer.recordings), 0)


@scenario("a caller who begins to speak late is still recognized")
def hesitates(lab):
    recognizer = recognizes(lab, "four seven one one", speech=f'{NUMERIC}\nstart = "8s"\nsilence = "1s"')
    call = dial(lab)
    prompt = call.heard()[-1]
    wait_until(lambda: call.now() > prompt.end + 3.4, 5, "the caller to begin")
    call.say(speech.spoken("four seven one one", VOICE))
    call.hear("matched", within=12)
    expect_result(lab, call, "4711")
    expect("the recording contains speech", recognizer.recordings[-1]["loudness"] > 2000, True)


@scenario("an utterance is recorded as the recognizer needs it: mono WAV, 16 bits, 8 kHz")
def recorded(lab):
    recognizer = recognizes(lab, "four seven one one", speech=NUMERIC)
    utterance = speech.spoken("four seven one one", VOICE)
    call = dial(lab)
    call.say(utterance)
    call.hear("matched", within=12)
    expect_result(lab, call, "4711")
    recording, = recognizer.recordings
    expect("channels, bytes, rate", recording["form"], [1, 2, 8000])
    expect("language", recording["arguments"], ["en"])
    expect("the recording is complete", recording["seconds"] > len(utterance) / 8000 - 0.3, True)
    expect("the recording is loud", recording["loudness"] > 2000, True)


@scenario("a wrong number of spoken digits is asked for again, then the outcome is invalid_input")
def wrong_length(lab):
    recognizes(lab, "four seven", prompt="repeat = 1")
    call = dial(lab)
    call.say(speech.spoken("four seven", VOICE))
    call.hear_whole("ask_more", within=12)
    call.say(speech.spoken("four seven", VOICE))
    call.hear("sorry", within=12)
    expect_result(lab, call, outcome="invalid_input", input="47")


@scenario("an utterance without digits is asked for again, and the digits spoken then are accepted")
def right_at_last(lab):
    recognizer = recognizes(lab, "what did you say", prompt="repeat = 1")
    call = dial(lab)
    call.say(speech.spoken("what did you say", VOICE))
    call.hear_whole("ask_more", within=12)
    recognizer.set_result("double four seven oh")
    call.say(speech.spoken("double four seven oh", VOICE))
    call.hear("matched", within=12)
    expect_result(lab, call, "4470")


@scenario("without a filter the web application gets the recognized words unchanged")
def words(lab):
    text = "I'd like 50% & more, \u00e7a va?"
    recognizes(lab, text, speech="")
    call = dial(lab)
    call.say(speech.spoken("I would like more", VOICE))
    call.hear("matched", within=12)
    expect_result(lab, call, text)


@scenario("in a question for speech only, any key ends the utterance")
def key_ends(lab):
    recognizes(lab, "four seven one one", speech=f'{NUMERIC}\nsilence = "6s"')
    call = dial(lab)
    call.say(speech.spoken("four seven one one", VOICE))
    released = call.press("#")
    matched = call.hear("matched")
    expect("the key ended the utterance, not silence", matched.start - released < 3, True)
    expect_result(lab, call, "4711")


@scenario("an utterance is recorded up to maximum and then recognized")
def maximum(lab):
    recognizer = recognizes(lab, "four seven one one", speech=f'{NUMERIC}\nmaximum = "3s"')
    call = dial(lab)
    call.say(speech.spoken("well you know it is a very long story and it began years ago " * 2, VOICE), wait=False)
    call.hear("matched", within=12)
    expect_result(lab, call, "4711")
    expect_about("seconds of the recording", recognizer.recordings[0]["seconds"], 3, within=0.5)


def expect_recognition_error(lab, engine, *words, timeout="20s", at_once=False):
    """Checks calls in which the recognizer fails: [no_input] runs with a reason, and digits still work. `at_once`:
    the failure is known before the caller speaks."""
    lab.configure_speech(timeout=timeout, listen=engine)
    lab.web.on("/order", web.json({"code": 200}))
    lab.script("speech", ASKS.format(prompt="", speech=NUMERIC, keypress=""))
    lab.script("keys", ASKS.format(prompt="", speech=NUMERIC, keypress=KEYPRESS))
    call = lab.call("speech")
    speak(call, at_once)
    call.hear("silent", within=15)
    expect_result(lab, call, "", outcome="no_input")
    expect_reason(lab, *words)
    call = lab.call("keys")
    speak(call, at_once)
    # This line is logged before the line of the call.
    message = "speech recognition failed"
    wait_until(lambda: lab.daemon.log.count(message) == len(lab.calls), 15, "the recognizer to fail")
    call.press("4711")
    call.hear("matched", within=12)
    expect_result(lab, call, "4711")


def speak(call, at_once):
    """Speaks after the prompt, unless the recognizer fails at once."""
    call.media.loop(speech.ROOM)
    if not at_once:
        call.hear_whole("ask_more")
        call.say(speech.spoken("four seven one one", VOICE), wait=False)


@scenario("the recognizer hangs: digits still work; without digits [no_input] runs, with the reason", long=True)
def hangs(lab):
    recognizer = lab.recognizer()
    recognizer.misbehave("hang")
    expect_recognition_error(lab, recognizer.engine(), "2s", timeout="2s")


@scenario("the recognizer crashes: digits still work; without digits [no_input] runs, with the reason", long=True)
def crashes(lab):
    recognizer = lab.recognizer()
    recognizer.misbehave("crash")
    expect_recognition_error(lab, recognizer.engine(), "signal")


@scenario(
    "the recognizer is not installed: digits still work; without digits [no_input] runs, with the reason",
    long=True,
)
def not_installed(lab):
    expect_recognition_error(lab, '{ engine = "command", command = ["no-such-recognizer", "{in}"] }', "not installed")


@scenario(
    "the switch cannot recognize speech: digits still work; without digits [no_input] runs, with the reason",
    long=True,
)
def none_of_the_switch(lab):
    expect_recognition_error(lab, '{ engine = "switch", name = "", grammar = "digits" }', at_once=True)


@scenario("a caller who hangs up while speaking leaves no recording")
def hangs_up_speaking(lab):
    recognizes(lab, "four seven one one")
    call = dial(lab)
    call.say(speech.spoken("four seven one one", VOICE), wait=False)
    wait_until(lambda: lab.recordings, 5, "the recording to begin")
    wait_until(partial(call.has_said, 0.5), 5, "half a second of speech to be sent")
    call.hang_up()
    expect_result(lab, call, "", outcome="hangup")


@scenario("a caller who hangs up while the recognizer works leaves no recording")
def hangs_up_recognised(lab):
    recognizer = recognizes(lab, timeout="8s")
    recognizer.misbehave("hang")
    call = dial(lab)
    call.say(speech.spoken("four seven one one", VOICE))
    recognizer.wait_for(1, within=10)
    call.hang_up()
    expect_result(lab, call, "", outcome="hangup")


@scenario("sensitive speech appears in no log and no variable")
def sensitive(lab):
    recognizes(lab, "seven three nine one", speech=f"{NUMERIC}\nsensitive = true")
    call = dial(lab)
    call.say(speech.spoken("seven three nine one", VOICE))
    call.hear("matched", within=12)
    expect_result(lab, call, "7391", input="")
    lab.daemon.wait_for_calls(1)
    found = [text for text in ("7391", "seven three nine one", "three nine") if text in lab.daemon.log]
    expect("the speech in the log", found, [])
