//! `dialscript doctor`, on made-up hosts: a folder has the accounts, processes and dialplans of the switch.

mod dialplan;
mod sharing;
mod trust;

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::config_folder::ConfigFolder;
use crate::support::net::free_address;
use crate::support::program::{DaemonProcess, ProgramResult};
use crate::support::wav::tone;

const HELLO: &str = "[prompt]\nsay = 'Hello.'\n[otherwise]\nthen = 'hangup'\n";
const EXTENSIONS: &str = "[globals]\nIVR = agi://127.0.0.1:PORT\n[phones]\n\
    exten => 7000,1,Set(DIALSCRIPT_OUTCOME=)\n same => n,AGI(${IVR}/hello)\n \
    same => n,GotoIf($[\"${DIALSCRIPT_OUTCOME}\" = \"\"]?down)\n same => n(down),Hangup()\n";

/// A daemon's file with its scripts, and the file system of a switch.
struct Installation {
    folder: ConfigFolder,
    host: TempDir,
    address: SocketAddr,
}

impl Installation {
    /// An installation in which everything is right, except that the daemon does not run. Asterisk is the process 77, of
    /// the user `asterisk` in the group `dialscript`.
    fn new() -> Self {
        let folder = ConfigFolder::new();
        folder.file("hello.wav", tone(100)).script("hello", HELLO);
        folder.mode("", 0o755);
        let installation = Self { folder, host: TempDir::new().unwrap(), address: free_address() };
        installation.configure("");
        installation.host_file("etc/asterisk/modules.conf", "[modules]\nautoload=yes\n");
        let extensions = EXTENSIONS.replace("PORT", &installation.address.port().to_string());
        installation.host_file("etc/asterisk/extensions.conf", &extensions);
        installation.accounts(&["asterisk"]);
        installation.asterisk_runs_with_groups(&[4242, installation.shared_group()]);
        installation
    }

    /// Writes the daemon's file, with further tables.
    fn configure(&self, more: &str) -> &Self {
        let (address, sound) = (self.address, self.folder.at("hello.wav"));
        self.folder.daemon_file(format!(
            "[asterisk]\nlisten = ['{address}']\n[freeswitch]\nlisten = []\n[speech.say]\nengine = 'command'\n\
             command = ['cp', '{}', '{{out}}']\n{more}",
            sound.display()
        ));
        self
    }

    fn host_file(&self, name: &str, content: &str) -> &Self {
        let path = self.host.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// The user of this test is `dialscript` on the made-up host. These users are in the group `dialscript`.
    fn accounts(&self, members: &[&str]) -> &Self {
        let found = fs::metadata(self.folder.path()).unwrap();
        let users = format!(
            "dialscript:x:{}:{}::/:\nasterisk:x:4242:4242::/:\n",
            found.uid(),
            self.shared_group()
        );
        let groups = format!(
            "dialscript:x:{}:{}\nasterisk:x:4242:\n",
            self.shared_group(),
            members.join(",")
        );
        self.host_file("etc/passwd", &users).host_file("etc/group", &groups)
    }

    /// The group of the folders that the switch and the daemon share. Root can give a folder any group.
    fn shared_group(&self) -> u32 {
        let found = fs::metadata(self.folder.path()).unwrap();
        if found.gid() == 0 { 4300 } else { found.gid() }
    }

    fn asterisk_runs_with_groups(&self, groups: &[u32]) -> &Self {
        let groups: Vec<_> = groups.iter().map(u32::to_string).collect();
        let status = format!(
            "Name:\tasterisk\nUid:\t4242\t4242\t4242\t4242\nGid:\t4242\t4242\t4242\t4242\nGroups:\t{} \n",
            groups.join(" ")
        );
        self.host_file("proc/77/comm", "asterisk\n").host_file("proc/77/status", &status)
    }

    fn doctor(&self, arguments: &[&str]) -> Diagnosis {
        let mut program = self.folder.program("doctor");
        program.arg("--json").arg("--root").arg(self.host.path()).args(arguments);
        Diagnosis(ProgramResult::from_output(program.output().unwrap()))
    }

    /// The diagnosis while the daemon runs.
    fn doctor_of_running_daemon(self) -> Diagnosis {
        let Self { folder, host, address } = self;
        let daemon = DaemonProcess::start(folder, Stdio::null());
        drop(DaemonProcess::connect(address));
        daemon.wait_for_control_socket();
        let mut program = daemon.folder.program("doctor");
        program.arg("--json").arg("--root").arg(host.path());
        Diagnosis(ProgramResult::from_output(program.output().unwrap()))
    }
}

struct Diagnosis(ProgramResult);

impl Diagnosis {
    /// The findings of a check, each as `LEVEL: MESSAGE | FIX`.
    fn of(&self, check: &str) -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let findings = self.0.events().iter().filter(|finding| finding["check"] == check);
        let line = |finding: &Value| {
            let [level, message, fix] = ["level", "message", "fix"].map(|key| text(&finding[key]));
            format!("{level}: {message} | {fix}")
        };
        findings.map(line).collect()
    }

    /// The findings other than `ok` and `not_checked`.
    fn complaints(&self) -> Vec<String> {
        let checks: std::collections::BTreeSet<_> =
            self.0.events().iter().map(|finding| finding["check"].as_str().unwrap()).collect();
        let all = checks.into_iter().flat_map(|check| self.of(check));
        all.filter(|line| line.starts_with("warning") || line.starts_with("problem")).collect()
    }
}

#[test]
fn nothing_is_wrong_with_a_running_daemon_next_to_a_switch_in_its_group() {
    let diagnosis = Installation::new().doctor_of_running_daemon();
    assert_eq!(diagnosis.complaints(), [""; 0]);
    assert_eq!(diagnosis.0.code, 0, "{}", diagnosis.0.output);
    let daemon = diagnosis.of("daemon").join("\n");
    assert!(daemon.contains("it answers at the control socket"), "{daemon}");
    assert!(daemon.contains("it answers Asterisk at"), "{daemon}");
    assert!(diagnosis.of("switch")[0].contains("Asterisk runs as user asterisk (process 77)"));
    assert!(diagnosis.of("engines")[0].contains("the engine say (cp) speaks"));
}

#[test]
fn a_daemon_that_does_not_run_is_a_problem_with_the_command_that_starts_it() {
    let diagnosis = Installation::new().doctor(&[]);
    assert_eq!(diagnosis.0.code, 2);
    let daemon = diagnosis.of("daemon");
    assert_eq!(daemon.len(), 2, "{daemon:?}");
    for finding in daemon {
        assert!(finding.starts_with("problem: "), "{finding}");
        assert!(finding.contains("| dialscript serve --config"), "{finding}");
    }
}

#[test]
fn warnings_alone_have_the_exit_code_1() {
    let installation = Installation::new();
    installation.folder.file("secrets/SHOP", "s3cret").mode("secrets", 0o755);
    installation.folder.mode("secrets/SHOP", 0o644);
    let secret = installation.folder.at("secrets/SHOP").display().to_string();
    let diagnosis = installation.doctor_of_running_daemon();
    let expected = format!(
        "warning: every user of this host can read the secret {secret} | \
         chown dialscript {secret} && chmod 400 {secret}"
    );
    assert_eq!(diagnosis.complaints(), [expected]);
    assert_eq!(diagnosis.0.code, 1);
}

#[test]
fn a_faulty_configuration_is_the_only_problem_that_is_reported() {
    let installation = Installation::new();
    installation.folder.daemon_file("[asterisk]\nlisten = 7\n");
    let diagnosis = installation.doctor(&[]);
    assert_eq!(diagnosis.0.code, 2);
    let [finding] = &diagnosis.complaints()[..] else { panic!("{}", diagnosis.0.output) };
    assert!(finding.contains("the files have 1 error: "), "{finding}");
    assert!(finding.contains("| dialscript check --config"), "{finding}");
}

#[test]
fn a_faulty_script_is_a_problem_and_the_other_checks_run() {
    let installation = Installation::new();
    installation.folder.script("faulty", "[prompt]\nsai = 'Hello.'\n");
    let diagnosis = installation.doctor(&[]);
    let findings = diagnosis.of("configuration");
    let problem = findings.iter().find(|finding| finding.starts_with("problem")).unwrap();
    assert!(problem.contains("the script faulty is not served: "), "{problem}");
    assert!(diagnosis.of("engines")[0].starts_with("ok: "));
}

#[test]
fn a_switch_on_this_host_whose_address_is_not_allowed_is_a_problem() {
    let installation = Installation::new();
    let address = installation.address;
    installation.folder.daemon_file(format!(
        "[asterisk]\nlisten = ['{address}']\nallow = ['192.0.2.0/24']\n[freeswitch]\nlisten = []\n\
         [speech]\nsay = {{ engine = 'command', command = ['cp', '{}', '{{out}}'] }}\n",
        installation.folder.at("hello.wav").display()
    ));
    let findings = installation.doctor(&[]).of("switch");
    let problem = findings.iter().find(|finding| finding.starts_with("problem")).unwrap();
    assert!(problem.contains("127.0.0.1, which is not in `allow` of [asterisk]"), "{problem}");
    assert!(problem.contains("| add \"127.0.0.1\" to `allow`"), "{problem}");
}

#[test]
fn a_module_that_asterisk_is_told_not_to_load_is_a_problem() {
    let installation = Installation::new();
    installation.host_file("etc/asterisk/modules.conf", "autoload=yes\nnoload => res_agi.so\n");
    let [problem] = &installation.doctor(&[]).of("modules")[..] else { panic!() };
    assert!(
        problem.starts_with("problem: Asterisk does not load res_agi | asterisk -rx"),
        "{problem}"
    );
}

#[test]
fn an_empty_list_of_modules_says_nothing() {
    let installation = Installation::new();
    installation.host_file("etc/asterisk/modules.conf", "[modules]\n#include more.conf\n");
    let [finding] = &installation.doctor(&[]).of("modules")[..] else { panic!() };
    assert!(finding.starts_with("not_checked: the modules of Asterisk"), "{finding}");
}

#[test]
fn an_engine_that_fails_is_a_problem_with_its_reason() {
    let installation = Installation::new();
    let address = installation.address;
    installation.folder.daemon_file(format!(
        "[asterisk]\nlisten = ['{address}']\n[speech.say]\nengine = 'command'\ncommand = ['false', '{{out}}']\n"
    ));
    let [problem] = &installation.doctor(&[]).of("engines")[..] else { panic!() };
    assert!(problem.starts_with("problem: an engine does not speak: say (false): "), "{problem}");
}

#[test]
fn a_daemon_that_runs_a_program_that_was_replaced_has_to_be_restarted() {
    let installation = Installation::new();
    let file = installation.folder.config_file().display().to_string();
    installation.host_file("proc/99/comm", "dialscript\n");
    installation.host_file("proc/99/cmdline", &format!("dialscript\0serve\0--config\0{file}\0"));
    let program = installation.host.path().join("proc/99/exe");
    std::os::unix::fs::symlink("/usr/bin/dialscript (deleted)", program).unwrap();
    let finding = &installation.doctor(&[]).of("daemon")[0];
    assert!(
        finding.starts_with("warning: the daemon (process 99) still runs the old program"),
        "{finding}"
    );
    assert!(finding.ends_with("| systemctl restart dialscript"), "{finding}");
}

#[test]
fn the_text_has_the_fix_below_each_finding_and_ends_with_a_summary() {
    let installation = Installation::new();
    let mut program = installation.folder.program("doctor");
    program.arg("--root").arg(installation.host.path());
    let result = ProgramResult::from_output(program.output().unwrap());
    let lines = result.lines();
    let at = lines.iter().position(|line| line.starts_with("problem      daemon  ")).unwrap();
    assert!(lines[at + 1].trim_start().starts_with("fix: dialscript serve"), "{}", result.output);
    assert_eq!(lines.last(), Some(&"2 problems, 0 warnings"));
}

/// A command for the group would open the secrets to a switch in that group.
#[test]
fn secrets_that_the_daemon_cannot_read_become_its_own() {
    let installation = Installation::new();
    installation.host_file("etc/passwd", "dialscript:x:4300:4300::/:\n");
    installation.folder.file("secrets/SHOP", "s3cret").mode("secrets/SHOP", 0o600);
    let secret = installation.folder.at("secrets/SHOP").display().to_string();
    installation.folder.mode("secrets", 0o755);
    let [finding] = &installation.doctor(&[]).of("secrets")[..] else { panic!() };
    assert!(finding.starts_with("warning: user dialscript of the daemon cannot read"), "{finding}");
    let fix = format!(
        "| chown dialscript {secret} && chmod 400 {secret}; or LoadCredential= in the unit"
    );
    assert!(finding.ends_with(&fix), "{finding}");
}

#[test]
fn a_secret_that_the_user_of_the_switch_can_read_is_a_warning() {
    let installation = Installation::new();
    installation.folder.file("secrets/SHOP", "s3cret").mode("secrets/SHOP", 0o640);
    installation.folder.mode("secrets", 0o750);
    for name in ["secrets", "secrets/SHOP"] {
        let group = installation.shared_group();
        std::os::unix::fs::chown(installation.folder.at(name), None, Some(group)).unwrap();
    }
    let [finding] = &installation.doctor(&[]).of("secrets")[..] else { panic!() };
    assert!(finding.contains("user asterisk of the switch can read the secret"), "{finding}");
}

#[test]
fn what_listens_without_an_answer_is_told_from_what_is_no_daemon() {
    let installation = Installation::new();
    let socket =
        std::os::unix::net::UnixListener::bind(installation.folder.at("control.sock")).unwrap();
    std::thread::spawn(move || while socket.accept().is_ok() {});
    let listener = std::net::TcpListener::bind(installation.address).unwrap();
    let daemon = installation.doctor(&[]).of("daemon");
    assert_eq!(daemon.len(), 2, "{daemon:?}");
    assert!(daemon[0].starts_with("problem: the answer at the control socket"), "{daemon:?}");
    assert!(daemon[1].contains("does not answer Asterisk within 5 s"), "{daemon:?}");
    std::thread::spawn(move || while listener.accept().is_ok() {});
    let daemon = installation.doctor(&[]).of("daemon");
    assert!(daemon[1].contains("does not speak the protocol of Asterisk"), "{daemon:?}");
}

#[test]
fn what_a_symbolic_link_leads_to_gets_no_other_rights() {
    let installation = Installation::new();
    installation.host_file("etc/passwd", "dialscript:x:4300:4300::/:\n");
    installation.host_file("foreign/SHOP", "s3cret");
    let foreign = installation.host.path().join("foreign/SHOP");
    fs::create_dir(installation.folder.at("secrets")).unwrap();
    std::os::unix::fs::symlink(&foreign, installation.folder.at("secrets/SHOP")).unwrap();
    installation.folder.mode("secrets", 0o755);
    let findings = installation.doctor(&[]).of("secrets");
    assert!(!findings.is_empty());
    for finding in findings {
        let (message, fix) = finding.split_once(" | ").unwrap();
        let is_about_link = message.contains("SHOP") || message.contains("foreign");
        assert!(!is_about_link || fix.starts_with("replace the symbolic link"), "{finding}");
    }
}
