"""`dialscript reload`: settings that change while calls are active."""

from lab.expect import expect
from lab.scenario import scenario

SCRIPT = """
    [prompt]
    play = "ask_more"
    [keypress]
    length = 4
    gap = "3s"
    [otherwise]
    say = "Hello {say:keypress}."
    then = "continue"
    [no_input]
    then = "continue"
"""


def reload(lab, applied):
    """Reloads the daemon's file, and checks which keys the command reports as in use."""
    code, output = lab.daemon.run_reload()
    expect("exit code", (code, output), (0, output))
    expect("keys in use", [line for line in output.splitlines() if line.startswith("in use")], applied)


def finish(call, digits):
    """Enters digits, and waits for the end of the call."""
    call.press(digits)
    call.expect_variables("otherwise", input=digits)
    call.wait_until_over()


@scenario("a reload changes the speech engine: a call in progress keeps its engine, and new calls use the new one")
def engine(lab):
    first, second = lab.synthesizer("first"), lab.synthesizer("second")
    lab.configure_speech(say=first.engine())
    active = lab.script("asks", SCRIPT).call("asks")
    active.hear("ask_more")
    lab.configure_speech(say=second.engine())
    reload(lab, ["in use: [speech] say"])
    after = lab.call("asks")
    after.hear("ask_more")
    finish(active, "1234")
    finish(after, "5678")
    # The word is synthesized when the files are loaded, the digits during the call.
    expect("texts of the first engine", first.texts, ["Hello", "1234"])
    expect("texts of the second engine", second.texts, ["Hello", "5678"])


@scenario("a reload changes allow: a call in progress continues, and new calls are refused until it is changed back")
def allow(lab):
    synthesizer = lab.synthesizer()
    settings = f'[speech]\ntimeout = "20s"\nsay = {synthesizer.engine()}\n'
    lab.daemon.configure(settings)
    active = lab.script("asks", SCRIPT).call("asks")
    active.hear("ask_more")
    table = f"[{lab.switch.kind}]"
    lab.daemon.configure(settings, listener='allow = ["192.0.2.0/24"]')
    reload(lab, [f"in use: {table} allow"])
    lab.call("asks").expect_rejected()
    finish(active, "1234")
    lab.daemon.configure(settings)
    reload(lab, [f"in use: {table} allow"])
    again = lab.call("asks")
    again.hear("ask_more")
    finish(again, "5678")
