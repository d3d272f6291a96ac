"""Everything that a scenario needs: a folder, a daemon with scripts, a web application, and calls on a switch."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import speech, tones
from .call import LabCall
from .callee import Callee
from .channel import SwitchFailed
from .daemon import Daemon
from .web import Web

SAMPLES = Path(__file__).resolve().parent.parent.parent / "dialplan"
SOUNDS = Path(__file__).resolve().parent.parent / "sounds"
SAMPLE_WEB_URL = "http://127.0.0.1:8000"  # of the web application in the sample scripts

# For each switch: the address of the daemon in the sample dialplan, and the file of this dialplan.
SAMPLE_DIALPLANS = {
    "asterisk": ("127.0.0.1:4573", SAMPLES / "asterisk" / "extensions.conf"),
    "freeswitch": ("127.0.0.1:8084", SAMPLES / "freeswitch" / "dialscript.xml"),
}
RECIPES = "/usr/local/lib/dialscript/"  # the folder of dialplan/recipes in the sample configuration
CALL_END_TIMEOUT = 15.0  # seconds after a scenario within which all of its calls must end by themselves


class Lab:
    """Everything that a scenario needs. The daemon starts with the first call."""

    def __init__(self, switch, binary, folder):
        self.switch = switch
        self.folder = Path(folder)
        self.web = Web()
        self.daemon = Daemon(binary, self.folder, switch.kind)
        self.calls = []
        self._others = []  # further web applications, daemons and the like, which are closed at the end
        self._running = False

    def script(self, name, text):
        """Writes a script. WEB in its text is replaced with the URL of the web application."""
        if self._running:
            raise AssertionError("the daemon has read its scripts already")
        (self.daemon.scripts / f"{name}.toml").write_text(text.replace("WEB", self.web.url))
        return self

    def sound(self, name, tone):
        """Adds a sound to the daemon's library, with a tone of `tones.LIBRARY`."""
        path = self.folder / "sounds" / f"{name}.wav"
        path.parent.mkdir(exist_ok=True)
        tones.write(path, tones.LIBRARY[tone])

    def sound_file(self, name):
        """A sound file for a web application, with a tone of `tones.FETCHED`."""
        mp3 = SOUNDS / f"{name}.mp3"
        if mp3.exists():
            return mp3
        file = self.folder / f"{name}.wav"
        tones.write(file, tones.FETCHED[name], rate=44100)
        return file

    def synthesizer(self, name="synthesizer"):
        """A text-to-speech program that speaks in tones. The daemon uses it if `configure_speech` names its engine."""
        return speech.TestSynthesizer(self.folder / name)

    def recognizer(self):
        """A speech recognition program with a fixed result."""
        return speech.TestRecognizer(self.folder / "recognizer")

    def configure_speech(self, more="", timeout="20s", **engines):
        """Sets the daemon's [speech]: its engines, and further lines and tables in `more`. The default timeout is long,
        since parallel scenarios slow every engine down."""
        lines = [f"{name} = {engine}" for name, engine in engines.items()]
        self.daemon.configure("\n".join(["[speech]", f'timeout = "{timeout}"', *lines, more]))
        return self

    @property
    def cached_sounds(self):
        """The daemon's cached sounds."""
        return sorted(path for path in (self.folder / "cache").rglob("*.wav"))

    @property
    def recordings(self):
        """The names of the files in the folder of recordings."""
        return sorted(path.name for path in (self.folder / "recordings").rglob("*"))

    def samples(self, programs=None):
        """Runs the daemon with the files of dialplan/. Only its ports, which other programs may use, and the folder of
        the recipes are replaced. `programs` is put into PATH; by default it has a synthesizer that speaks in tones."""
        settings = (SAMPLES / "dialscript.toml").read_text().replace(RECIPES, f"{SAMPLES}/recipes/")
        for kind, (authority, _) in SAMPLE_DIALPLANS.items():
            replacement = self.daemon.authority if kind == self.switch.kind else "127.0.0.1:0"
            settings = settings.replace(authority, replacement)
        self.daemon.settings = settings
        self.add_to_path(programs or self._sample_programs())
        for file in (SAMPLES / "scripts").glob("*.toml"):
            self.script(file.stem, file.read_text().replace(SAMPLE_WEB_URL, "WEB"))
        return self

    def _sample_programs(self):
        folder = self.folder / "programs"
        self.synthesizer().install_as("espeak-ng", folder)
        (folder / speech.RECOGNIZER).symlink_to(speech.programs() / speech.RECOGNIZER)
        return folder

    def add_to_path(self, programs):
        """Puts this folder first in the daemon's PATH."""
        self.daemon.environment = {"PATH": f"{programs}:{os.environ['PATH']}"}
        return self

    def start(self):
        """Starts the daemon if it is not running."""
        if not self._running:
            self.daemon.start()
            self._running = True
        return self

    def restart(self, environment):
        """Kills the daemon and starts it again with these environment variables."""
        self.daemon.kill()
        self.daemon.environment = environment
        self.daemon.start()

    def call(self, script="", extension="script", context="lab", headers=(), handover=None, daemon=None, **caller):
        """Dials an extension. `script` is its name and optionally a query with its arguments, which are passed in the
        way of the switch; `handover` has further arguments of the switch's `script_call`."""
        self.start()
        address = self.switch.daemon_address((daemon or self.daemon).authority)
        script_call = self.switch.script_call(script, **(handover or {}))
        headers = [("X-Context", context), ("X-Daemon", address), *script_call, *headers]
        port = self.switch.sip_port
        call = LabCall(self.switch, daemon or self.daemon, script, port, extension, headers, **caller)
        self.calls.append(call)
        return call

    def in_parallel(self, function, values):
        """Calls the function with all values at the same time, and returns the results in order."""
        with ThreadPoolExecutor(len(values)) as pool:
            return list(pool.map(function, values))

    def another_daemon(self, settings="", environment=None):
        """Starts a second daemon with the scripts that the first has now, and with these settings and environment
        variables."""
        daemon = Daemon(self.daemon.binary, self.folder / "second", self.switch.kind)
        daemon.configure(settings)
        daemon.environment = environment or {}
        for script in self.daemon.scripts.iterdir():
            shutil.copy(script, daemon.scripts)
        self.close_at_end(daemon).start()
        return daemon

    def close_at_end(self, other):
        """Closes this when the scenario has ended."""
        self._others.append(other)
        return other

    def another_web(self, **options):
        """A further web application, for example at another address or with a certificate."""
        return self.close_at_end(Web(**options))

    def expect_calls_to_end(self):
        """Checks that the switch ends every call in time: none may be left hanging."""
        for call in self.calls:
            call.wait_until_over(CALL_END_TIMEOUT)

    def close(self):
        """Stops everything except the switch."""
        for call in self.calls:
            call.close()
        for other in (self.daemon, self.web, *self._others):
            other.close()

    def evidence(self):
        """A description of everything that happened, for a failed scenario."""
        lines = []
        for call in self.calls:
            lines += call.evidence()
        lines.append(f"requests to the web application: {self.web.request_log()}")
        for daemon in (self.daemon, *(other for other in self._others if isinstance(other, Daemon))):
            lines += ["the daemon's log:", *daemon.log.splitlines()[-40:]]
        for call in self.calls[:3]:
            lines += ["the switch's log:", *self.switch.last_log(12, call.channel_name)]
        return "\n".join(lines)


class LabSwitch:
    """A running switch that is shared by the scenarios, and the telephone that it can call. `make` creates the switch
    from its folder and the port of that telephone."""

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

    def lab(self, binary, name):
        """The lab of a scenario, in a folder of this name."""
        return Lab(self.running, binary, self._folder / name)
