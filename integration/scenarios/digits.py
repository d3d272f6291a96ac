"""Input by keypress: timeouts, terminators, barge-in and validation."""

from lab.expect import expect, expect_about
from lab.scenario import scenario


def asks(lab, keypress, prompt='play = "ask"', more=""):
    """A script that asks for digits."""
    return lab.script("asks", f"""
        [prompt]
        {prompt}
        [keypress]
        {keypress}
        [[branch]]
        when = {{ pattern = '^[0-9]+$' }}
        play = "matched"
        then = "continue"
        [otherwise]
        then = "continue"
        [no_input]
        play = "silent"
        then = "hangup"
        {more}
    """)


FOUR = 'length = 4\ngap = "2s"'
SHORT_GAP = 'length = 4\ngap = "1s"\nfirst_digit = "2s"'


def prompts(call):
    """How often the prompt was played."""
    return [sound.name for sound in call.heard()].count("ask_more")


@scenario("digits typed during the prompt end it, and the input is complete as soon as it has its full length")
def during_the_prompt(lab):
    call = asks(lab, FOUR).call("asks")
    call.hear("ask")
    released = call.press("1234", pause=0.15)
    matched = call.hear("matched")
    expect_about("seconds of the interrupted prompt", call.heard()[0].seconds, 0.3)
    expect_about("from the last key to the next sound", matched.start - released, 0, within=0.4)
    call.expect_variables("matched", input="1234")


@scenario("digits typed after the prompt are accepted, and the input is complete as soon as it has its full length")
def after_the_prompt(lab):
    call = asks(lab, FOUR).call("asks")
    prompt = call.hear_whole("ask")
    released = call.press("1234")
    matched = call.hear("matched")
    expect_about("seconds of the complete prompt", prompt.seconds, 2)
    expect_about("from the last key to the next sound", matched.start - released, 0, within=0.4)
    call.expect_variables("matched", input="1234")


@scenario("a digit just before the inter-digit timeout counts; one just after it does not")
def edge_of_the_gap(lab):
    asks(lab, FOUR)

    def enter(call_and_pause):
        call, pause = call_and_pause
        call.hear_whole("ask")
        call.press("12")
        call.press("3", pause=pause)
        return call

    # Asterisk measures to the release of the key, which is held for 0.1 s.
    before, after = lab.in_parallel(enter, [(lab.call("asks"), 1.75), (lab.call("asks"), 2.1)])
    before.expect_variables("matched", input="123")
    after.expect_variables("matched", input="12")


@scenario("a silent caller has gap times length to begin: 20 s for a gap of 5 s and four digits", long=True)
def silence(lab):
    call = asks(lab, 'length = 4\ngap = "5s"').call("asks")
    prompt = call.hear_whole("ask")
    silent = call.hear("silent", within=25)
    expect_about("from the prompt's end to the next sound", silent.start - prompt.end, 20)
    call.wait_to_end()
    call.expect_variables("no_input")


@scenario("after the first digit only the inter-digit timeout applies, and fewer digits than length are accepted")
def too_few(lab):
    call = asks(lab, FOUR).call("asks")
    call.hear_whole("ask")
    released = call.press("12")
    matched = call.hear("matched")
    expect_about("from the last key to the next sound", matched.start - released, 2)
    call.expect_variables("matched", input="12")


@scenario("first_digit is the timeout for the first digit only")
def first_digit(lab):
    call = asks(lab, 'length = 4\ngap = "3s"\nfirst_digit = "1500ms"').call("asks")
    prompt = call.hear_whole("ask")
    silent = call.hear("silent")
    expect_about("from the prompt's end to the next sound", silent.start - prompt.end, 1.5)
    call.expect_variables("no_input")


@scenario("without a length the first digit must come within the gap, and # ends the input")
def without_length(lab):
    asks(lab, 'gap = "2s"')

    def enter(call):
        call.hear_whole("ask")
        call.press("1234567890#")
        return call

    silent = lab.call("asks")
    lab.in_parallel(enter, [lab.call("asks")])[0].expect_variables("matched", input="1234567890")
    prompt, sound = silent.hear_whole("ask"), silent.hear("silent")
    expect_about("from the prompt's end to the next sound", sound.start - prompt.end, 2)


@scenario("the terminator # ends the input at once and is not part of it")
def terminator(lab):
    call = asks(lab, FOUR).call("asks")
    call.hear_whole("ask")
    released = call.press("12#")
    matched = call.hear("matched")
    expect_about("from the terminator to the next sound", matched.start - released, 0, within=0.4)
    call.expect_variables("matched", input="12")


@scenario("a terminator without digits is no_input")
def lone_terminator(lab):
    call = asks(lab, FOUR).call("asks")
    call.hear_whole("ask")
    call.press("#")
    call.hear("silent")
    call.expect_variables("no_input")


@scenario("the terminator can be *; # is then ignored")
def star_as_terminator(lab):
    call = asks(lab, f'{FOUR}\nterminator = "*"').call("asks")
    call.hear_whole("ask")
    released = call.press("1#2*")
    matched = call.hear("matched")
    expect_about("from the terminator to the next sound", matched.start - released, 0, within=0.4)
    call.expect_variables("matched", input="12")


@scenario("without a terminator only the length or the inter-digit timeout ends the input")
def no_terminator(lab):
    call = asks(lab, f'{FOUR}\nterminator = ""').call("asks")
    call.hear("ask")
    call.press("#*")
    expect_about("seconds of the complete prompt", call.wait_for_end_of_sound().seconds, 2)
    call.press("12#34")
    call.hear("matched")
    call.expect_variables("matched", input="1234")


@scenario("if nothing is entered, the prompt is repeated as often as repeat says")
def repeat(lab):
    call = asks(lab, SHORT_GAP, 'play = "ask_more"\nrepeat = 2').call("asks")
    call.hear("silent", within=12)
    expect("prompts played", prompts(call), 3)
    call.expect_variables("no_input")


@scenario("without repeat the prompt is played once")
def no_repeat(lab):
    call = asks(lab, SHORT_GAP, 'play = "ask_more"').call("asks")
    call.hear("silent")
    expect("prompts played", prompts(call), 1)
    call.expect_variables("no_input")


@scenario("fewer digits than min_length are asked for again until repeat is used up, then the outcome is invalid_input")
def fewer_than_the_minimum(lab):
    more = '[invalid_input]\nplay = "sorry"\nthen = "continue"'
    call = asks(lab, f"{SHORT_GAP}\nmin_length = 3", 'play = "ask_more"\nrepeat = 1', more).call("asks")
    for _ in range(2):
        call.hear_whole("ask_more")
        call.press("12")
    call.hear("sorry")
    call.expect_variables("invalid_input", input="12")


@scenario("digits that do not match the pattern are asked for again, and matching ones are then accepted")
def pattern(lab):
    call = asks(lab, f"{FOUR}\npattern = '7[0-9]+'", 'play = "ask_more"\nrepeat = 1').call("asks")
    for digits in ("1234", "7234"):
        call.hear_whole("ask_more")
        call.press(digits)
    call.hear("matched")
    call.expect_variables("matched", input="7234")


@scenario("without [invalid_input], invalid input runs [no_input]")
def invalid_falls_back(lab):
    call = asks(lab, f"{SHORT_GAP}\npattern = '7[0-9]+'", 'play = "ask_more"').call("asks")
    call.hear_whole("ask_more")
    call.press("1234")
    call.hear("silent")
    call.expect_variables("invalid_input", input="1234")


@scenario("with barge_in = false the prompt plays to its end, and digits pressed during it count")
def barge_in_off(lab):
    call = asks(lab, f"{FOUR}\nbarge_in = false").call("asks")
    call.hear("ask")
    call.press("12", pause=0.3)
    call.hear("matched", within=8)
    prompt = sum(sound.seconds for sound in call.heard() if sound.name == "ask")
    expect_about("seconds of the complete prompt", prompt, 2)
    call.expect_variables("matched", input="12")


@scenario("with barge_in = false a complete input during the prompt is accepted when the prompt has ended")
def barge_in_off_full(lab):
    call = asks(lab, f"{FOUR}\nbarge_in = false").call("asks")
    call.hear("ask")
    call.press("1234")
    matched = call.hear("matched")
    expect_about("the next sound follows the whole prompt", matched.start - call.heard()[0].start, 2, within=0.4)
    call.expect_variables("matched", input="1234")


@scenario("a prompt of several sounds plays in order, and a digit during the second ends it")
def several_sounds(lab):
    call = asks(lab, FOUR, 'play = ["welcome", "ask", "ask_more"]').call("asks")
    call.hear_whole("welcome")
    call.hear("ask")
    call.press("1234")
    call.hear("matched")
    expect("sounds heard", [sound.name for sound in call.heard()][:3], ["welcome", "ask", "matched"])
    call.expect_variables("matched", input="1234")


@scenario("keys without a meaning neither interrupt the prompt nor count")
def meaningless_keys(lab):
    call = asks(lab, FOUR).call("asks")
    call.hear("ask")
    call.press("*A")
    expect_about("seconds of the complete prompt", call.wait_for_end_of_sound().seconds, 2)
    call.press("12*3#")
    call.hear("matched")
    call.expect_variables("matched", input="123")


@scenario("fast typing loses no digit: ten digits, 50 ms each and 50 ms apart")
def fast_typing(lab):
    call = asks(lab, 'length = 10\ngap = "2s"').call("asks")
    call.hear("ask")
    call.press("1234567890", pause=0.05, held=0.05)
    call.hear("matched")
    call.expect_variables("matched", input="1234567890")
