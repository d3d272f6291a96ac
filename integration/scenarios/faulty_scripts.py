"""Script files with errors: what is served after a restart."""

from lab.deadline import wait_until
from lab.expect import expect
from lab.scenario import scenario

ANNOUNCE = """
    [prompt]
    play = "ask_more"
    [otherwise]
    then = "continue"
"""
FAULTY = ANNOUNCE.replace("then", "thn")


def restart(lab, scripts):
    """Stops the daemon, writes script files, and starts it."""
    lab.daemon.terminate()
    lab.daemon.wait_to_end(within=5)
    for name, text in scripts.items():
        (lab.daemon.scripts / f"{name}.toml").write_text(text)
    lab.daemon.start()


def expect_heard(lab, script, sound):
    """Calls a script that plays one sound."""
    call = lab.call(script)
    call.hear(sound)
    call.expect_variables("otherwise")


@scenario("a faulty script and a restart: the other scripts work, and its last valid version serves")
def last_valid(lab):
    lab.script("asks", ANNOUNCE).script("other", ANNOUNCE).start()
    copies = lab.daemon.scripts.parent / "state/last_valid"
    wait_until(lambda: len(list(copies.glob("[!.]*.toml"))) == 2, 5, "copies of the valid scripts")
    expect_heard(lab, "asks", "ask_more")
    version = lab.daemon.wait_for_calls(1)["version"]
    restart(lab, {"asks": FAULTY, "other": ANNOUNCE.replace("ask_more", "sorry")})
    expect_heard(lab, "asks", "ask_more")
    expect("the version in the log", lab.daemon.wait_for_calls(2)["version"], version)
    expect("the log says what serves", "the last valid version of this script serves" in lab.daemon.log, True)
    expect_heard(lab, "other", "sorry")


@scenario("a faulty script without a valid version is refused with its reason in the log, and the others work")
def excluded(lab):
    lab.script("asks", ANNOUNCE).script("broken", FAULTY)
    lab.script("leads", ANNOUNCE.replace('"continue"', '"script broken"')).start()
    for script, reason in (("broken", "unknown key `thn`"), ("leads", "leads to `broken`, which is excluded")):
        lab.call(script).expect_rejected()
        parts = ("refused: the script is excluded", reason, f'"{script}"')
        wait_until(
            lambda: any(all(part in line for part in parts) for line in lab.daemon.log.splitlines()), 5,
            f"the reason against {script} in the log",
        )
    expect_heard(lab, "asks", "ask_more")
    lab.daemon.reload({"broken": ANNOUNCE.replace("ask_more", "sorry")})
    wait_until(lambda: "scripts reloaded" in lab.daemon.log, 5, "the daemon to reload its scripts")
    expect_heard(lab, "broken", "sorry")
