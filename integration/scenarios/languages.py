"""The language of a call that an outcome sets: sounds, texts, speech and the dialplan follow it."""

from lab import speech, tones
from lab.detection import likeness
from lab.expect import expect
from lab.freeswitch import GERMAN_DIGIT
from lab.scenario import scenario

# 2 is German. The library has `matched` in German, and `welcome` only without a language.
MENU = """
    [prompt]
    play = "ask"
    [keypress]
    length = 1
    [[branch]]
    when = "2"
    language = "{language}"
    set = {{ {variables} }}
    {sounds}
    then = "{then}"
    [no_input]
    then = "continue"
"""


def menu(lab, sounds='play = "matched"', variables="", then="continue", language="de"):
    """A menu in which 2 sets the language, and the sounds of the library."""
    lab.sound("de/matched", "sorry")
    text = MENU.format(sounds=sounds, variables=variables, then=then, language=language)
    return lab.script("menu", text)


def choose(lab):
    """A call that presses 2."""
    call = lab.call("menu", extension="language")
    call.hear("ask")
    call.press("2")
    return call


def expect_language(call, language, **result):
    """Checks that the dialplan continues with this language."""
    call.expect_variables(**result)
    expect("the language in the dialplan", call.next_step(), f"language {language}")


def voices(synthesizer):
    """Each text that was spoken, with its voice. The texts of a script are prepared in all languages that it can have."""
    runs = synthesizer.runs
    return {(run["text"], run["arguments"][run["arguments"].index("-v") + 1]) for run in runs}


@scenario("from an outcome with a language on, sounds and texts are in that language, and so is the call in the dialplan")
def sounds_and_texts(lab):
    synthesizer = lab.synthesizer()
    lab.configure_speech(say=synthesizer.engine(', voices = { de = "thorsten" }'))
    menu(lab, 'play = ["matched", "welcome"]\nsay = "shipped"', then="script next")
    lab.script("next", '[prompt]\nplay = "matched"\nsay = "{say:language} goodbye"\n[otherwise]\nthen = "continue"\n')
    call = choose(lab)
    for name in ("sorry", "welcome", "say shipped", "sorry", "say goodbye"):
        call.hear(name)
    expect_language(call, "de", outcome="otherwise", script="next")
    expect("without the German version", "matched" in [sound.name for sound in call.heard()], False)
    wanted = {(text, "thorsten") for text in ("shipped", "de", "goodbye")}
    expect("texts that no German voice spoke", wanted - voices(synthesizer), set())
    expect("texts of the outcome in another voice", ("shipped", "en-us") in voices(synthesizer), False)


@scenario("espeak-ng speaks in the language that an outcome sets, without a configured voice")
def espeak(lab):
    text = "Guten Tag. Dies ist die Stimme einer Maschine, und sie hat nur wenige Worte zu sagen."
    lab.add_to_path(speech.programs())
    lab.script("german", f'[otherwise]\nlanguage = "de"\nsay = "{text}"\nthen = "continue"\n')
    call = lab.call("german", extension="language")
    call.wait_to_end(within=30)
    wanted = lab.folder / "espeak.wav"
    speech.espeak(wanted, text, voice="de")
    with call.media.changed:
        similarity = likeness(call.media.recording, wanted)
    expect(f"similarity {similarity:.2f} is over 0.9", similarity > 0.9, True)
    expect_language(call, "de", outcome="otherwise")


@scenario("speech is recognized in the language of the call, if the script does not say another")
def recognizer(lab):
    heard = lab.recognizer()
    heard.set_result("vier sieben")
    lab.configure_speech(listen=heard.engine())
    menu(lab, "", then="script asks")
    lab.script("asks", """
        [prompt]
        play = "ask_more"
        [speech]
        filter = "numeric"
        [otherwise]
        then = "continue"
        [no_input]
        then = "hangup"
    """)
    call = choose(lab)
    call.media.loop(speech.ROOM)
    call.hear_whole("ask_more")
    call.say(speech.spoken("four seven"))
    expect_language(call, "de", outcome="otherwise", script="asks", input="47")
    expect("languages", [recording["arguments"] for recording in heard.recordings], [["de"]])


@scenario("a language with a region reaches the dialplan in the form of the switch, also without a sound before")
def region(lab):
    menu(lab, "", language="pt-BR")
    language = {"asterisk": "pt_BR", "freeswitch": "pt-BR"}[lab.switch.kind]
    expect_language(choose(lab), language, outcome="matched", input="2")


@scenario("Asterisk's own sounds follow the language from the outcome on", only_on="asterisk")
def sounds_of_asterisk(lab):
    own = lab.folder / "own"
    (own / "de").mkdir(parents=True)
    tones.write(own / "hello.wav", tones.LIBRARY["welcome"])
    tones.write(own / "de/hello.wav", tones.LIBRARY["pin"])
    menu(lab, f'play = ["switch:{own}/hello", "matched"]')
    call = choose(lab)
    call.hear("pin")
    call.hear("sorry")
    expect_language(call, "de", outcome="matched", input="2")


@scenario("the language is set beside variables that need commands of their own")
def beside_variables(lab):
    menu(lab, "", variables='FIRST = "a,b", SECOND = "(c)"')
    call = choose(lab)
    expect_language(call, "de", outcome="matched", input="2")
    seen = call.variables()
    expect("variables", (seen["FIRST"], seen["SECOND"]), ("a,b", "(c)"))


@scenario("FreeSWITCH spells in the language of the call, and its own sounds follow sound_prefix", only_on="freeswitch")
def sounds_of_freeswitch(lab):
    if not lab.switch.has("mod_say_en"):
        return
    synthesizer = lab.synthesizer()
    synthesizer.misbehave("crash")
    lab.configure_speech(say=synthesizer.engine())
    own = lab.folder / "own/ivr"
    own.mkdir(parents=True)
    tones.write(own / "ivr-number.wav", tones.LIBRARY["pin"])
    menu(
        lab, 'play = "switch:ivr/ivr-number.wav"\nsay = "{digits:keypress}"',
        variables=f'sound_prefix = "{own.parent}"',
    )
    call = choose(lab)
    call.hear("pin")
    call.hear(GERMAN_DIGIT)
    expect_language(call, "de", outcome="matched", input="2")


@scenario("the variable `language` of FreeSWITCH is changed too, if the dialplan has set it", only_on="freeswitch")
def variable_language(lab):
    menu(lab, "")
    call = lab.call("menu", extension="language", handover={"variables": [("language", "fr")]})
    call.hear("ask")
    call.press("2")
    expect_language(call, "de", outcome="matched", input="2")
    steps = [step.data for step in call.channel.steps]
    expect("the language of phrases is German", "INFO of phrases de" in steps, True)
