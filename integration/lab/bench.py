"""One of each for a scenario: a folder, a daemon with its scripts, a web application, and calls to a shared switch."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import speech, tones
from .book import SwitchFailed
from .callee import Callee
from .caller import Call
from .daemon import Daemon
from .deadline import wait_until
from .web import Web

SAMPLES = Path(__file__).resolve().parent.parent.parent / "dialplan"
SOUNDS = Path(__file__).resolve().parent.parent / "sounds"
SAMPLE_WEB = "http://127.0.0.1:8000"  # where the sample scripts expect a web application

# For each switch: where the samples' dialplan expects the daemon, and that dialplan.
SAMPLES_FOR = {
    "asterisk": ("127.0.0.1:4573", SAMPLES / "asterisk" / "extensions.conf"),
    "freeswitch": ("127.0.0.1:8084", SAMPLES / "freeswitch" / "dialscript.xml"),
}
RECIPES = "/usr/local/lib/dialscript/"  # where the samples' daemon expects what is in dialplan/recipes
STANDING = 15.0  # seconds within which every call that a scenario leaves behind has ended by itself


class Bench:
    """What a scenario works with. The daemon starts with the first call."""

    def __init__(self, switch, binary, folder):
        self.switch = switch
        self.folder = Path(folder)
        self.web = Web()
        self.daemon = Daemon(binary, self.folder, switch.kind)
        self.calls = []
        self._others = []  # web applications, daemons, and what else ends with the bench
        self._running = False

    def script(self, name, text):
        """Writes a script. In its text, WEB stands for the web application's address."""
        if self._running:
            raise AssertionError("the daemon has read its scripts already")
        (self.daemon.scripts / f"{name}.toml").write_text(text.replace("WEB", self.web.url))
        return self

    def sound(self, name, tone):
        """Adds a sound to the daemon's library, of the tone that the ear knows by this name."""
        path = self.folder / "sounds" / f"{name}.wav"
        path.parent.mkdir(exist_ok=True)
        tones.write(path, tones.LIBRARY[tone])

    def fetched(self, name):
        """A sound file that a web application can have: one of `tones.FETCHED`."""
        made = SOUNDS / f"{name}.mp3"
        if made.exists():
            return made
        file = self.folder / f"{name}.wav"
        tones.write(file, tones.FETCHED[name], rate=44100)
        return file

    def speaker(self, name="speaker"):
        """A voice that speaks in tones. It is the daemon's when its file names it: see `speech`."""
        return speech.Speaker(self.folder / name)

    def listener(self):
        """An ear that understands what it is told."""
        return speech.Listener(self.folder / "listener")

    def speech(self, more="", timeout="20s", **engines):
        """The daemon's [speech]: these engines, and these lines (and sections) below. The time that engines have is
        long: eight scenarios on two cores make any of them slow."""
        lines = [f"{name} = {engine}" for name, engine in engines.items()]
        self.daemon.configure("\n".join(["[speech]", f'timeout = "{timeout}"', *lines, more]))
        return self

    @property
    def cached(self):
        """The sounds that the daemon keeps."""
        return sorted(path for path in (self.folder / "cache").rglob("*.wav"))

    @property
    def recordings(self):
        """What is in the folder of recordings."""
        return sorted(path.name for path in (self.folder / "recordings").rglob("*"))

    def samples(self, programs=None):
        """Gives the daemon the files of dialplan/ as they are, but for ports, which others may be using, and the folder
        of the recipes. `programs`: a folder of those that it finds in PATH; without, the voice speaks in tones."""
        settings = (SAMPLES / "dialscript.toml").read_text().replace(RECIPES, f"{SAMPLES}/recipes/")
        for kind, (authority, _) in SAMPLES_FOR.items():
            ours = self.daemon.authority if kind == self.switch.kind else "127.0.0.1:0"
            settings = settings.replace(authority, ours)
        self.daemon.settings = settings
        self.finds(programs or self._programs_of_samples())
        for file in (SAMPLES / "scripts").glob("*.toml"):
            self.script(file.stem, file.read_text().replace(SAMPLE_WEB, "WEB"))
        return self

    def _programs_of_samples(self):
        folder = self.folder / "programs"
        self.speaker().in_place_of("espeak-ng", folder)
        (folder / speech.LISTENER).symlink_to(speech.programs() / speech.LISTENER)
        return folder

    def finds(self, programs):
        """The daemon finds the programs of this folder in PATH."""
        self.daemon.environment = {"PATH": f"{programs}:{os.environ['PATH']}"}
        return self

    def start(self):
        """Starts the daemon, unless it runs."""
        if not self._running:
            self.daemon.start()
            self._running = True
        return self

    def restart(self, environment):
        """Starts the daemon anew, with these environment variables."""
        self.daemon.kill()
        self.daemon.environment = environment
        self.daemon.start()

    def call(self, script="", extension="script", context="lab", headers=(), handed=None, daemon=None, **caller):
        """Dials. `script`: its name and the query with its arguments, as the switch's own way is to hand them over;
        `handed`: what else `script_call` of this switch takes; `daemon`: another than the first."""
        self.start()
        address = self.switch.daemon_address((daemon or self.daemon).authority)
        script_call = self.switch.script_call(script, **(handed or {}))
        headers = [("X-Context", context), ("X-Daemon", address), *script_call, *headers]
        call = BenchCall(self, daemon or self.daemon, script, self.switch.sip_port, extension, headers, **caller)
        self.calls.append(call)
        return call

    def together(self, what, calls):
        """Does the same with several calls at once; returns what came of each."""
        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(what, calls))

    def another_daemon(self, settings="", environment=None):
        """A second daemon, with the scripts that the first has by now; these sections and variables are its own."""
        daemon = Daemon(self.daemon.binary, self.folder / "second", self.switch.kind)
        daemon.configure(settings)
        daemon.environment = environment or {}
        for script in self.daemon.scripts.iterdir():
            shutil.copy(script, daemon.scripts)
        self.until_the_end(daemon).start()
        return daemon

    def until_the_end(self, other):
        """Closes this when the scenario is over."""
        self._others.append(other)
        return other

    def another_web(self, **how):
        """A second web application, at another address or with a certificate."""
        return self.until_the_end(Web(**how))

    def leaves_no_call(self):
        """Checks that the switch ends every call in time, however it was left: one that hangs in it is a call lost."""
        for call in self.calls:
            call.wait_until_over(STANDING)

    def close(self):
        """Ends everything but the switch."""
        for call in self.calls:
            call.close()
        for other in (self.daemon, self.web, *self._others):
            other.close()

    def evidence(self):
        """All that is known about what went on, for a scenario that failed."""
        lines = []
        for call in self.calls:
            lines += call.evidence()
        lines.append(f"the web application was asked: {self.web.asked()}")
        for daemon in (self.daemon, *(other for other in self._others if isinstance(other, Daemon))):
            lines += ["the daemon's log:", *daemon.log.splitlines()[-40:]]
        for call in self.calls[:3]:
            lines += ["the switch's log:", *self.switch.last_log(12, call.channel_name)]
        return "\n".join(lines)


class BenchCall(Call):
    """A call, with what the switch's dialplan saw of it."""

    def __init__(self, bench, daemon, script, *arguments, **caller):
        self._pbx = bench.switch
        self._daemon = daemon
        self._script = script.partition("?")[0].partition(",")[0]
        super().__init__(*arguments, **caller)

    @property
    def channel(self):
        """The channel of this call on the switch."""
        return self._pbx.channels.channel(self.id)

    @property
    def channel_name(self):
        """For example PJSIP/caller-00000001."""
        try:
            return self.channel.name
        except AssertionError:
            return "(no channel)"

    def wait_until_over(self, within=10.0):
        """Waits until the channel has gone, so that nothing in its dialplan is still to come."""
        wait_until(lambda: self.channel.cause is not None, within, "the switch to end the channel")
        return self

    def wait_for_step(self, extension, context=None, within=10.0):
        """Waits until the dialplan reaches a place."""
        place = f"{extension}@{context}" if context else extension
        return wait_until(lambda: self.channel.at(extension, context), within, f"the dialplan to reach {place}")

    def variables(self):
        """The variables as the dialplan's first step after the last script saw them."""
        steps = self.channel.steps
        scripts = [index for index, step in enumerate(steps) if step.application == self._pbx.hands_over]
        after = steps[scripts[-1] + 1:] if scripts else []
        return after[0].variables if after else self.channel.variables

    def dialplan_saw(self, outcome, code="", input="", http_status="", cache="off", script=None):
        """Checks the variables that every script leaves behind, all of them, and that the outcome came last.

        A channel of FreeSWITCH that has hung up takes no variables any more: the daemon's log tells the outcome.
        """
        self.wait_until_over()
        if outcome == "hangup" and self._pbx.kind == "freeswitch":
            return self._log_said(outcome, input)
        wanted = {
            "DIALSCRIPT_OUTCOME": outcome, "DIALSCRIPT_CODE": self._pbx.kept(code), "DIALSCRIPT_INPUT": input,
            "DIALSCRIPT_HTTP_STATUS": http_status, "DIALSCRIPT_CACHE": cache,
            "DIALSCRIPT_SCRIPT": script or self._script,
        }
        seen = self.variables()
        differ = [
            f"{name}: expected {value!r}, saw {seen.get(name)!r}"
            for name, value in wanted.items() if seen.get(name) != value
        ]
        expect("variables in the dialplan", differ, [])
        if self._pbx.kind == "asterisk":  # FreeSWITCH sets all of them at once
            order = [name for name, _ in self.channel.written if name in wanted]
            expect("the last variable written", order[-1], "DIALSCRIPT_OUTCOME")

    def _log_said(self, outcome, input):
        def line():
            return next((line for line in self._daemon.calls if line["call_id"] == self.channel.unique_id), None)

        told = wait_until(line, 5, "the call's line in the daemon's log")
        expect("outcome and digits", (told["outcome"], told["digits"]), (outcome, len(input)))

    def went_to(self, extension, context, priority=1):
        """Checks where the dialplan went on after the script."""
        self.wait_until_over()
        step = self.channel.at(extension, context)
        expect(f"a step at {extension}@{context}", step and step.priority, priority)

    def seconds_to(self, extension, context, since=None):
        """Seconds to the dialplan's step at a place, from its step that handed the call to the daemon or from a time of
        the machine's clock."""
        there = self.wait_for_step(extension, context)
        handed = next(step for step in self.channel.steps if step.application == self._pbx.hands_over)
        return there.at - (since or handed.at)

    def is_taken(self, since=None):
        """Waits until somebody has taken the call (9200@lab-places, where music is heard), and hangs up. Returns the
        seconds that it took to come there, as `seconds_to` counts them."""
        took = self.seconds_to("9200", "lab-places", since)
        self.hear("music")
        self.hang_up()
        self.wait_until_over()
        return took

    def was_not_served(self):
        """Checks that the dialplan went on, knowing that no script ran."""
        self.wait_until_over()
        if self._pbx.kind == "asterisk":
            expect("AGISTATUS", self.variables().get("AGISTATUS"), "FAILURE")
        expect("DIALSCRIPT_OUTCOME", self.variables().get("DIALSCRIPT_OUTCOME"), "")
        expect("the next step", self.next_step(), ": ")

    def next_step(self):
        """What the lab's dialplan said behind the script: `OUTCOME: CODE`. Nothing when it did not come there."""
        self.wait_until_over()
        steps = (step for step in self.channel.steps if step.context == "lab")
        remark = next((step.data for step in steps if step.application == self._pbx.remarks), None)
        return remark and remark.removeprefix("INFO ")

    def wait_until_taken(self, keys):
        """Waits until the switch has taken the keys that were pressed last. FreeSWITCH gives each its full length;
        Asterisk throws away those that it has not read yet when the caller hangs up."""
        what = f"the keys {keys} to be taken"
        wait_until(lambda: self._pbx.keys_of(self.channel).endswith(keys), 3, what, every=0.05)

    def evidence(self):
        """What is known about the call."""
        ending = f"by {self.hung_up_by}, cause {self.cause}, at {self.ended_at:.2f}" if self.ended_at else "not ended"
        lines = [f"call {self.id}: status {self.status}, {ending}", f"heard: {self.heard_line()}"]
        try:
            channel = self.channel
        except AssertionError as error:
            return [*lines, str(error)]
        own = {name: value for name, value in channel.variables.items() if name.startswith(("DIALSCRIPT_", "AGI"))}
        return [*lines, f"dialplan: {' · '.join(channel.path)}", f"variables: {own}"]


class Switch:
    """A switch with the telephones that it can call, and the place where benches for it are put up."""

    def __init__(self, make, folder):
        self._callee = Callee()
        self.running = make(folder / "switch", self._callee.port)
        self._folder = folder

    def __enter__(self):
        try:
            self.running.start()
        except SwitchFailed:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.running.stop()
        self._callee.close()

    def bench(self, binary, name):
        """A bench with a folder of this name."""
        return Bench(self.running, binary, self._folder / name)


def expect(what, seen, wanted):
    """Checks that something is as it should be."""
    if seen != wanted:
        raise AssertionError(f"{what}: expected {wanted!r}, saw {seen!r}")


def expect_about(what, seen, wanted, within=0.3):
    """Checks that a time is as it should be; the default leaves room for a busy machine."""
    if abs(seen - wanted) > within:
        raise AssertionError(f"{what}: expected {wanted:.2f} s (give or take {within:g}), saw {seen:.2f} s")
