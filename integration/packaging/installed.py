"""The steps of an administrator in a booted Debian with Asterisk: install, call, mistakes, reboot, restart, remove."""

import re
import time

from lab.deadline import wait_until
from lab.expect import expect

from . import pages, telephone

DEB, NEWER = "/var/tmp/dialscript.deb", "/var/tmp/dialscript-newer.deb"
HELLO = "Hello. This is the voice of your telephone system. It works."
SECOND = "The second script speaks as well, whatever its neighbour does."
SCRIPTS = "/etc/dialscript/scripts"
MOST_EXPOSED = 1.2  # of systemd-analyze security, where 0 is the least exposed
RESTARTS = 3

# Folders: mode, user, group.
FOLDERS = {
    "/etc/dialscript": "755 root root", "/etc/dialscript/scripts": "755 root root",
    "/etc/dialscript/sounds": "755 root root", "/etc/dialscript/secrets": "700 dialscript root",
    "/var/cache/dialscript": "2750 dialscript dialscript", "/var/lib/dialscript": "750 dialscript dialscript",
    "/var/spool/dialscript/recordings": "2770 dialscript dialscript",
}

# Files that change without dialscript: logs, the state of apt, systemd and Asterisk, backups of the lists of users.
CHANGING = re.compile(
    r"/(proc|sys|dev|run|tmp|root|var/tmp|var/log|var/lib/(apt|dpkg|systemd|asterisk)|var/cache/(apt|ldconfig|man|debconf)"
    r"|var/spool/asterisk)(/|$)|/etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$|/etc/(machine-id|ld\.so\.cache)$"
)


class Installation:
    """The steps, in order. Each one is a sentence and a method; later ones need the earlier ones."""

    def __init__(self, machine, folder):
        self._machine, self._folder = machine, folder
        self._shell = machine.shell
        self._files, self._command = [], None

    def steps(self):
        """All steps in order."""
        return [
            ("apt installs the .deb with espeak-ng, and the service is neither enabled nor running", self.install),
            ("the user, its group and the folders exist, with their modes", self.check_folders),
            ("the configuration is valid as it is installed", self.check_configuration),
            ("the command that the installation prints gives Asterisk's user its rights", self.give_rights),
            ("the service starts, and two lines in the dialplan are enough for a caller to hear the prompt", self.call),
            ("nothing in the log complains about permissions", self.check_log),
            (f"systemd-analyze security reports {MOST_EXPOSED} or better", self.check_exposure),
            ("each command of the manual for an installed system prints what the manual shows", self.run_manual),
            ("a reload with a faulty file fails and shows the mistake, and the service goes on", self.reload_faulty),
            ("after a reboot with a faulty script, another script is heard", self.reboot_faulty),
            (f"of calls during {RESTARTS} restarts none is lost", self.restart_under_calls),
            ("an upgrade restarts the running service", self.upgrade),
            ("apt remove stops the service and keeps its configuration", self.remove),
            ("apt purge leaves nothing", self.purge),
        ]

    def install(self):
        self._configure_telephone()
        self._files = self._list_files()
        output = self._shell(f"apt-get -y install {DEB}")
        (self._folder / "apt-install.log").write_text(output)
        expect("espeak-ng came along", "Setting up espeak-ng" in output, True)
        found = re.search(r"setfacl .*", output)
        expect("the command for the rights of Asterisk's user is printed", bool(found), True)
        self._command = found[0]
        expect("enabled", self._state("is-enabled"), "disabled")
        expect("running", self._state("is-active"), "inactive")

    def _configure_telephone(self):
        for name, text in {"pjsip.conf": telephone.ACCOUNT, "extensions.conf": ""}.items():
            self._machine.path(f"/etc/asterisk/{name}").write_text(text)
        self._shell("systemctl restart asterisk")

    def check_folders(self):
        seen = {path: self._shell(f"stat -c '%a %U %G' {path}") for path in FOLDERS}
        expect("mode, user and group of the folders", seen, FOLDERS)
        shell = self._shell("getent passwd dialscript").rsplit(":", 1)[1]
        expect("the shell of the user", shell, "/usr/sbin/nologin")

    def check_configuration(self):
        output = self._shell("cd / && dialscript check")
        expect("the result", output, "1 script, no errors")
        self._shell("cd / && dialscript call hello --digits '' | grep -q Hello")

    def give_rights(self):
        self._shell(self._command)

    def call(self):
        self._shell("systemctl enable --now dialscript")
        for folder, needed in {"/var/cache/dialscript": "r-x", "/var/spool/dialscript/recordings": "rwx"}.items():
            rights = self._shell(f"getfacl -cpe {folder}")
            effective = re.search(r"^user:asterisk:(\S+)(?:\s+#effective:(\S+))?", rights, re.MULTILINE)
            expect(f"rights to {folder}", effective[2] or effective[1], needed)
        self._machine.path("/etc/asterisk/extensions.conf").write_text(telephone.DIALPLAN)
        self._shell("asterisk -rx 'dialplan reload'")
        self._hear("7000", HELLO)

    def check_log(self):
        log = self._journal()
        (self._folder / "journal.log").write_text(log)
        bad = [line for line in log.splitlines() if re.search(r"ermission|cannot|not permitted|Unknown key|Failed", line)]
        expect("lines of the journal", bad, [])

    def check_exposure(self):
        last = self._shell("systemd-analyze security dialscript --no-pager").splitlines()[-1]
        exposure = re.search(r"dialscript\.service: ([\d.]+)", last)
        expect(f"{last.strip()!r} is {MOST_EXPOSED} or better", float(exposure[1]) <= MOST_EXPOSED, True)

    def run_manual(self):
        blocks = pages.installed_blocks()
        expect("the manual has blocks for an installed system", bool(blocks), True)
        problems = [problem for block in blocks for problem in block.run(self._machine.status_of)]
        expect("different output", "\n".join(problems), "")

    def reload_faulty(self):
        self._write_script("second", f'[prompt]\nsay = "{SECOND}"\n')
        self._shell("systemctl reload dialscript")
        self._hear("7001", SECOND)
        self._write_script("hello", '[prompt]\nsey = "Hello."\n')
        code, output = self._machine.status_of("systemctl reload dialscript")
        expect("`systemctl reload` failed", code != 0, True)
        wait_until(lambda: "unknown key `sey`" in output + self._journal(), 10, "the mistake in the journal", every=0.5)
        expect("the service", self._state("is-active"), "active")
        self._hear("7001", SECOND)

    def reboot_faulty(self):
        try:
            self._machine.reboot()
            expect("the service after the reboot", self._state("is-active"), "active")
            self._hear("7001", SECOND)
            # The faulty script is served by its last valid version.
            self._hear("7000", HELLO)
            log = self._shell("journalctl --no-pager --boot -u dialscript -o cat")
            expect("the log names the mistake", "hello.toml:2: unknown key `sey`" in log, True)
        finally:
            # The next steps are about a service that runs.
            self._write_script("hello", f'[prompt]\nsay = "{HELLO}"\n')
            self._shell("systemctl restart dialscript")

    def restart_under_calls(self):
        with telephone.SteadyCalls("7001", per_second=2) as calls:
            for _ in range(RESTARTS):
                time.sleep(3)  # of calls; the test is about what happens to them
                self._shell("systemctl restart dialscript")
            time.sleep(3)
        expect(f"some of {len(calls.causes)} calls", len(calls.causes) >= 10, True)
        expect("calls that ended", len(calls.causes), calls.started())
        expect("how they ended", set(calls.causes), {telephone.HANDED_BACK})

    def upgrade(self):
        before = self._main_process()
        self._shell(f"apt-get -y install {NEWER}")
        version = self._shell("dpkg-query -W -f '${Version}' dialscript")
        expect("the version", version.startswith("99."), True)
        expect("the service", self._state("is-active"), "active")
        expect("it is another process", self._main_process() != before, True)
        self._hear("7001", SECOND)

    def remove(self):
        self._shell("apt-get -y remove dialscript")
        expect("processes", self._machine.status_of("pidof dialscript")[1].split("\n")[0], "")
        self._shell("test -e /etc/dialscript/dialscript.toml && test -e /etc/dialscript/scripts/second.toml")

    def purge(self):
        self._shell("apt-get -y purge dialscript && apt-get -y autoremove --purge")
        left = sorted(set(self._list_files()) - set(self._files))
        expect("new files", left, [])
        lost = sorted(set(self._files) - set(self._list_files()))
        expect("lost files", lost, [])

    def _hear(self, extension, text):
        telephone.expect_to_hear(self._machine, extension, text, self._folder)

    def _write_script(self, name, text):
        self._machine.path(f"{SCRIPTS}/{name}.toml").write_text(text)

    def _state(self, question):
        return self._machine.status_of(f"systemctl {question} dialscript")[1].strip()

    def _main_process(self):
        return self._shell("systemctl show dialscript --property=MainPID --value")

    def _journal(self):
        return self._shell("journalctl --no-pager -u dialscript -o cat")

    def _list_files(self):
        listed = self._shell("find / -xdev -print").splitlines()
        return [path for path in listed if not CHANGING.match(path)]
