"""Text-to-speech: prompts with texts and values, cached sounds, engines and their failures."""

import statistics
from pathlib import Path

from lab import speech, web
from lab.deadline import wait_until
from lab.detection import likeness
from lab.expect import expect, expect_about
from lab.scenario import scenario

NOT_INSTALLED = '{ engine = "command", command = ["no-such-engine", "-w", "{out}"] }'

# Speaks values of the answer. The fixed text is synthesized at the start of the daemon, the values during the call.
SPEAKS_ANSWER = """
    [trigger]
    url = "WEB/order"
    [response]
    key = "data.code"
    [[branch]]
    when = "200"
    say = {say}
    then = "continue"
    [no_response]
    then = "continue"
"""


def speaks_answer(lab, say='"Your order is {say:$data.status}."', **data):
    """A script that speaks values of the answer, and this answer."""
    lab.web.on("/order", web.json({"data": {"code": 200, **data}}))
    return lab.script("speaks-answer", SPEAKS_ANSWER.replace("{say}", say, 1))


def says(lab, prompt, name="says", more=""):
    """A script with only a prompt."""
    return lab.script(name, f"[prompt]\n{prompt}\n[otherwise]\nthen = \"continue\"\n{more}")


def asks(lab, prompt, keypress='length = 4\ngap = "2s"', more=""):
    """A script that asks for four digits."""
    return lab.script("asks", f"""
        [prompt]
        {prompt}
        [keypress]
        {keypress}
        [otherwise]
        play = "matched"
        then = "continue"
        [no_input]
        then = "continue"
        {more}
    """)


def names(call):
    """The names of what a caller heard, in order."""
    return [sound.name for sound in call.heard()]


def hear_all(call, *wanted):
    """Checks that exactly these sounds are heard in this order."""
    call.hear(wanted[-1], within=12)
    call.wait_until_over()
    expect("heard", names(call), list(wanted))


@scenario("a text is spoken, and was synthesized before the first call")
def text(lab):
    synthesizer = lab.synthesizer()
    lab.configure_speech(say=synthesizer.engine())
    says(lab, 'say = "Hello."').start()
    synthesizer.wait_for(1)
    call = lab.call("says")
    hear_all(call, "say hello")
    expect_about("its length", call.heard()[0].seconds, 0.4, within=0.1)
    call.expect_variables("otherwise")
    expect("texts", synthesizer.texts, ["Hello."])


@scenario("values of the answer are spoken within a text: as words, character by character, as a number")
def values(lab):
    synthesizer = lab.synthesizer()
    lab.configure_speech(say=synthesizer.engine())
    say = '"Your order {digits:$data.number} {say:$data.status} {number:$data.parcels}. Goodbye."'
    speaks_answer(lab, say, number="471", status="shipped", parcels=3)
    call = lab.call("speaks-answer")
    hear_all(call, "say order", "say 4", "say 7", "say 1", "say shipped", "say 3", "say goodbye")
    call.expect_variables("matched", code="200", http_status="200")


@scenario("a prompt of sounds, texts and values plays in order, play before say")
def in_order(lab):
    synthesizer = lab.synthesizer()
    lab.configure_speech(say=synthesizer.engine())
    say = '["Your order", "{digits:caller}", "shipped. {play:chime} Goodbye."]'
    says(lab, f'say = {say}\nplay = ["welcome", "matched"]')
    lab.sound("chime", "sorry")
    call = lab.call("says", number="1203")
    hear_all(
        call, "welcome", "matched", "say order", "say 1", "say 2", "say 0", "say 3", "say shipped", "sorry",
        "say goodbye",
    )


FIVE = 'play = ["ask"]\nsay = ["Hello", "order {say:caller}", "shipped", "goodbye"]'


@scenario("a digit during the first of five parts ends the whole prompt, and all digits count")
def barge_in_first(lab):
    lab.configure_speech(say=lab.synthesizer().engine())
    call = asks(lab, FIVE).call("asks")
    call.hear("ask")
    released = call.press("1234", pause=0.15)
    matched = call.hear("matched")
    expect_about("from the last key to the next sound", matched.start - released, 0, within=0.4)
    expect("heard", names(call), ["ask", "matched"])
    call.expect_variables("otherwise", input="1234")


@scenario("a digit during a spoken part ends the prompt, and all digits count")
def barge_in_later(lab):
    lab.configure_speech(say=lab.synthesizer().engine())
    call = asks(lab, 'play = ["welcome"]\nsay = ["Hello order shipped", "goodbye {say:caller}"]').call("asks")
    call.hear("say order")
    call.press("1234")
    call.hear("matched")
    expect("the last part was played", "say goodbye" in names(call), False)
    call.expect_variables("otherwise", input="1234")


@scenario("the gaps between the five parts of a prompt are shorter than 60 ms", alone=True)
def no_gaps(lab):
    synthesizer = lab.synthesizer()
    lab.configure_speech(say=synthesizer.engine())
    says(lab, 'play = ["welcome", "matched"]\nsay = ["Hello", "{say:arg.word}", "goodbye"]')
    order = ["welcome", "matched", "say hello", "say order", "say goodbye"]
    gaps = {name: [] for name in order[1:]}
    for _ in range(5):
        call = lab.call("says?word=order")
        call.hear(order[-1])
        call.wait_until_over()
        expect("heard", names(call), order)
        for sound in call.heard()[1:]:
            gaps[sound.name].append(call.gap_before(sound))
    # A single packet may be late on a busy machine, so the medians count.
    medians = {name: round(statistics.median(seconds), 3) for name, seconds in gaps.items()}
    expect(f"late parts of {medians}", [name for name, gap in medians.items() if gap >= 0.06], [])


@scenario("a cached text starts as fast as a sound of the library", alone=True)
def as_fast_as_a_file(lab):
    synthesizer = lab.synthesizer()
    lab.configure_speech(say=synthesizer.engine())
    says(lab, 'play = "welcome"', "file")
    says(lab, 'say = "{say:arg.word}"', "text")
    lab.call("text?word=hello").hear("say hello")

    def start(script):
        call = lab.call(script)
        call.wait_until_over()
        return call.heard()[0].start - call.picked_up_at

    starts = [(start("file"), start("text?word=hello")) for _ in range(7)]
    file, text = (statistics.median(seconds) for seconds in zip(*starts))
    expect_about("from pick-up to the first sound of a text, and of a file", text, file, within=0.04)
    expect("texts", synthesizer.texts, ["hello"])


@scenario("ten simultaneous calls that need the same new text synthesize it once")
def synthesized_once(lab):
    synthesizer = lab.synthesizer()
    lab.configure_speech(say=synthesizer.engine())
    synthesizer.misbehave("slow")
    speaks_answer(lab, status="shipped")
    calls = [lab.call("speaks-answer") for _ in range(10)]
    lab.in_parallel(lambda call: call.hear("say shipped", within=12), calls)
    for call in calls:
        call.expect_variables("matched", code="200", http_status="200")
    expect("texts", sorted(synthesizer.texts), ["Your order is", "shipped"])


@scenario("a cached text is not synthesized again, even after a restart of the daemon")
def cached(lab):
    synthesizer = lab.synthesizer()
    lab.configure_speech(say=synthesizer.engine())
    speaks_answer(lab, status="shipped")
    lab.call("speaks-answer").hear("say shipped")
    lab.restart({})
    lab.call("speaks-answer").hear("say shipped")
    expect("texts", sorted(synthesizer.texts), ["Your order is", "shipped"])


@scenario("a script's [voice] sets engine, voice and speed")
def voice(lab):
    default, other = lab.synthesizer(), lab.synthesizer("other")
    lab.configure_speech(f"[speech.engines]\nother = {other.engine()}", say=default.engine())
    says(lab, 'say = "Hello"', more='[voice]\nengine = "other"\nvoice = "de"\nspeed = 2.0')
    lab.call("says").hear("say hello")
    expect("texts of the default engine", default.texts, [])
    arguments = other.runs[0]["arguments"]
    expect("voice and words a minute", arguments[:4], ["-v", "de", "-s", "350"])


@scenario("a text from the web application is spoken as words and cannot control the engine")
def hostile(lab):
    synthesizer = lab.synthesizer()
    lab.configure_speech(say=synthesizer.engine())
    hostile = "-f /etc/passwd [[_^_EN]] <speak>shipped</speak> $(id) `id`\n--version"
    speaks_answer(lab, '"{say:$data.status}"', status=hostile)
    lab.call("speaks-answer").hear("say shipped")
    run = synthesizer.runs[0]
    expect("markup in the text", [sign for sign in "<>[]`\\^{}|" if sign in run["text"]], [])
    expect("lines of the text", len(run["text"].splitlines()), 1)
    expect("arguments", (run["arguments"][:5], len(run["arguments"])), (["-v", "en-us", "-s", "175", "-w"], 6))


def expect_fallback(lab, say, timeout="20s"):
    """Checks that a call hears a text of the fallback engine."""
    fallback = lab.synthesizer("fallback")
    lab.configure_speech(timeout=timeout, say=say, fallback=fallback.engine())
    speaks_answer(lab, status="shipped")
    call = lab.call("speaks-answer")
    hear_all(call, "say order", "say shipped")
    call.expect_variables("matched", code="200", http_status="200")
    expect("texts of the fallback", sorted(fallback.texts), ["Your order is", "shipped"])
    return call


@scenario("an engine that hangs is killed, and the fallback engine speaks")
def hangs(lab):
    synthesizer = lab.synthesizer()
    synthesizer.misbehave("hang")
    expect_fallback(lab, synthesizer.engine(), timeout="2s")
    processes = [run["process"] for run in synthesizer.runs]
    wait_until(lambda: not any(Path(f"/proc/{process}").exists() for process in processes), 5, "the engine to end")


@scenario("an engine crashes: the fallback engine speaks")
def crashes(lab):
    synthesizer = lab.synthesizer()
    synthesizer.misbehave("crash")
    expect_fallback(lab, synthesizer.engine())


@scenario("an engine writes an invalid sound: the fallback engine speaks")
def writes_garbage(lab):
    synthesizer = lab.synthesizer()
    synthesizer.misbehave("garbage")
    expect_fallback(lab, synthesizer.engine())


@scenario("an engine is not installed: the fallback engine speaks")
def not_installed(lab):
    expect_fallback(lab, NOT_INSTALLED)


@scenario("the switch has no text-to-speech: the fallback engine speaks", only_on="asterisk")
def no_voice_of_the_switch(lab):
    expect_fallback(lab, '{ engine = "switch", name = "flite", voice = "kal" }')


@scenario("if no engine works, digits are played with the sounds of the switch, and other texts are skipped")
def digits_of_the_switch(lab):
    synthesizer = lab.synthesizer()
    synthesizer.misbehave("crash")
    lab.configure_speech(say=synthesizer.engine())
    speaks_answer(lab, '"Your order {digits:$data.number} is there."', number="312")
    call = lab.call("speaks-answer")
    call.wait_until_over()
    digits = [lab.switch.find_sound(call, f"digits/{digit}", first=0.3) for digit in "312"]
    expect("digits heard", [digit is not None for digit in digits], [True] * 3)
    expect("in order", sorted(digits, key=lambda sound: sound.start), digits)
    lab.daemon.wait_for_log("a part of a prompt could not be played")
    call.expect_variables("matched", code="200", http_status="200")


@scenario("if no engine works, an amount is spelled by the signs of the language or left out, and never another number")
def amounts_of_the_switch(lab):
    synthesizer = lab.synthesizer()
    synthesizer.misbehave("crash")
    lab.configure_speech(say=synthesizer.engine())
    speaks_answer(lab, '"{number:$data.sum}"')
    for amount, spelled in (
        ("1,231", "123"), ("3", "3"), ("٣", "3"), ("3E+0", "3"), ("€ 3.00", "3"),
        ("12,31", ""), ("€ 12.31", ""), ("1,231.23", ""), ("12.3%", ""), ("- 3", ""), (1.231, ""), ("1-3", ""),
    ):
        lab.web.on("/order", web.json({"data": {"code": 200, "sum": amount}}))
        call = lab.call("speaks-answer")
        call.wait_until_over(15)
        heard = [digit for digit in "123" if lab.switch.find_sound(call, f"digits/{digit}", first=0.3)]
        expect(f"digits heard of {amount}", "".join(heard), spelled)
    lab.daemon.wait_for_log("it is a number with a fraction")


# 20:00 in London is 1:30 on the next day in Kolkata.
SLOT = "2026-12-01T20:00:00Z"
KOLKATA = '[voice]\nlanguage = "en"\ntimezone = "Asia/Kolkata"\n'


@scenario("a date, an amount and a telephone number are given to the engine in words, in the time zone of the script")
def spoken_forms(lab):
    synthesizer = lab.synthesizer()
    lab.configure_speech(say=synthesizer.engine())
    say = '"{datetime:$data.slot}: {money:$data.due EUR}. {ordinal:$data.place} {phone:caller}"'
    lab.web.on("/order", web.json({"data": {"code": 200, "slot": SLOT, "due": 15.5, "place": 3}}))
    lab.script("speaks-answer", KOLKATA + SPEAKS_ANSWER.replace("{say}", say, 1))
    call = lab.call("speaks-answer", number="0301234")
    call.wait_until_over()
    expect("texts", sorted(synthesizer.texts), [
        "0 3 0, 1 2 3 4", "15 euros and 50 cents", "3rd", "Wednesday, December 2nd, 2026 at 1:30 AM",
    ])
    call.expect_variables("matched", code="200", http_status="200")


@scenario("if no engine works, the switch says a date and a time in the time zone of the script")
def date_of_the_switch(lab):
    if lab.switch.kind == "freeswitch" and not lab.switch.has("mod_say_en"):
        return
    synthesizer = lab.synthesizer()
    synthesizer.misbehave("crash")
    lab.configure_speech(say=synthesizer.engine())
    lab.web.on("/order", web.json({"data": {"code": 200, "slot": SLOT}}))
    lab.script("speaks-answer", KOLKATA + SPEAKS_ANSWER.replace("{say}", '"{datetime:$data.slot}"', 1))
    call = lab.call("speaks-answer")
    call.wait_until_over(20)
    parts = [lab.switch.find_sound(call, f"digits/{part}", first=0.3) for part in ("day-3", "mon-11", "h-2", "a-m")]
    expect("parts heard", [part is not None for part in parts], [True] * 4)
    expect("in order", sorted(parts, key=lambda sound: sound.start), parts)
    call.expect_variables("matched", code="200", http_status="200")


@scenario("a question without any playable sound runs [no_input] at once, and the log says why")
def unplayable_question(lab):
    synthesizer = lab.synthesizer()
    synthesizer.misbehave("crash")
    lab.configure_speech(say=synthesizer.engine())
    call = asks(lab, 'say = "Your order?"\nrepeat = 3').call("asks")
    call.wait_until_over()
    expect("heard", names(call), [])
    call.expect_variables("no_input")
    reason = lab.daemon.wait_for_calls(1).get("reason") or ""
    expect(f"the reason {reason!r} names the prompt", "the prompt could not be played" in reason, True)


@scenario("a question with one unplayable part is still asked")
def partly_unplayable(lab):
    synthesizer = lab.synthesizer()
    synthesizer.misbehave("crash")
    lab.configure_speech(say=synthesizer.engine())
    call = asks(lab, 'play = "ask_more"\nsay = "Your order?"').call("asks")
    call.hear("ask_more")
    call.press("1234")
    call.hear("matched")
    call.expect_variables("otherwise", input="1234")


@scenario("espeak-ng speaks if the daemon's file names no engine")
def espeak(lab):
    text = "Hello. This is the voice of a machine, and it has seven words to say."
    says(lab, f'say = "{text}"')
    lab.add_to_path(speech.programs())
    call = lab.call("says")
    call.wait_to_end(within=20)
    wanted = lab.folder / "espeak.wav"
    speech.espeak(wanted, text, voice="en")
    with call.media.changed:
        similarity = likeness(call.media.recording, wanted)
    expect(f"similarity {similarity:.2f} is over 0.9", similarity > 0.9, True)
    call.expect_variables("otherwise")


# The prompt is another sound than the first one of the answer: on a slow machine, a sound that is heard twice in a row
# can be taken for one.
SPOKEN_BACK = """
    [prompt]
    say = "Your extension?"
    [keypress]
    length = 4
    gap = "2s"
    sensitive = true
    [otherwise]
    say = "PIN {say:keypress} {digits:keypress} goodbye"
    then = "continue"
    [no_input]
    then = "continue"
"""


@scenario("FreeSWITCH's own text-to-speech speaks if the installation has mod_flite", only_on="freeswitch")
def voice_of_freeswitch(lab):
    if not lab.switch.has("mod_flite"):
        return
    text = "This is the voice of a machine that has some words to say"
    lab.configure_speech(say='{ engine = "switch", name = "flite", voice = "slt" }')
    call = asks(lab, f'play = "welcome"\nsay = "{text}"').call("asks")
    call.wait_to_end(within=30)
    wanted = lab.folder / "flite.wav"
    speech.flite(wanted, text, "slt")
    with call.media.changed:
        similarity = likeness(call.media.recording, wanted)
    expect(f"similarity {similarity:.2f} is over 0.9", similarity > 0.9, True)
    call.expect_variables("no_input")
    call = lab.call("asks")
    call.hear("?")
    call.press("1234")
    call.hear("matched")
    call.expect_variables("otherwise", input="1234")


def expect_only_the_switch_finds_it(cache):
    """While the PIN is spoken, its two sounds (as a word and as digits) are in a folder that others can't list."""
    private = cache / "private"
    expect("permissions of the folder", oct(private.stat().st_mode & 0o777), oct(0o711))
    expect("sounds in it", len(list(private.glob("passing-*.wav"))), 2)
    expect("sounds elsewhere", list(cache.glob("passing-*")), [])


@scenario("a sensitive PIN that is spoken back leaves no file and does not appear in the log")
def sensitive(lab):
    synthesizer = lab.synthesizer()
    lab.configure_speech(say=synthesizer.engine())
    lab.script("back", SPOKEN_BACK)
    sounds = []
    for count, pin in enumerate(("7391", "8246"), 1):
        call = lab.call("back")
        call.hear("say extension")
        call.press(pin)
        call.hear("?")
        expect_only_the_switch_finds_it(lab.folder / "cache")
        spoken = [f"say {digit}" for digit in pin]
        hear_all(call, "say extension", "say pin", "?", *spoken, "say goodbye")
        call.expect_variables("otherwise")
        lab.daemon.wait_for_calls(count)
        expect("the PIN in the log", lab.daemon.logs_number(pin), False)
        sounds.append(lab.cached_sounds)
    expect("cached sounds of the second PIN", set(sounds[1]) - set(sounds[0]), set())
    pin_runs = [run for run in synthesizer.runs if run["text"] in ("7391", "8246")]
    expect("the engine has spoken both PINs", len(pin_runs), 2)
    files = [run["arguments"][-1] for run in pin_runs if Path(run["arguments"][-1]).exists()]
    expect("files of a PIN", files, [])
