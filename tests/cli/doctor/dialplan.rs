//! Whether the dialplan hands calls to scripts that exist, and tests the outcome.

use super::Installation;

impl Installation {
    /// The findings about a dialplan in which PORT is the port of the daemon, without the folder of the files.
    fn dialplan(&self, name: &str, text: &str) -> Vec<String> {
        self.host_file(name, &text.replace("PORT", &self.address.port().to_string()));
        let file = self.host.path().join(name);
        let findings = self.doctor(&["--dialplan", file.to_str().unwrap()]).of("dialplan");
        let folder = format!("{}/", file.parent().unwrap().display());
        findings.iter().map(|finding| finding.replace(&folder, "")).collect()
    }

    /// Serves FreeSWITCH instead of Asterisk.
    fn for_freeswitch() -> Self {
        let installation = Self::new();
        let address = installation.address;
        installation.folder.daemon_file(format!(
            "[asterisk]\nlisten = []\n[freeswitch]\nlisten = ['{address}']\n"
        ));
        installation
    }
}

#[test]
fn a_script_that_does_not_exist_is_named_with_file_line_and_a_similar_one() {
    let findings = Installation::new().dialplan(
        "extensions.conf",
        "[phones]\nexten => 1,1,Set(DIALSCRIPT_OUTCOME=)\n same => n,AGI(agi://127.0.0.1:PORT/helo?shop=north)\n \
         same => n,Verbose(1,${DIALSCRIPT_OUTCOME})\n",
    );
    assert_eq!(
        findings,
        ["problem: extensions.conf:3: the daemon has no script helo | write hello instead of helo"]
    );
}

#[test]
fn an_outcome_that_is_neither_cleared_nor_tested_is_a_warning_each() {
    let findings = Installation::new().dialplan(
        "extensions.conf",
        "[phones]\n; AGI(agi://127.0.0.1:PORT/comment)\nexten => 1,1,AGI(agi://localhost:PORT/hello)\n\
         exten => 2,1,Set(DIALSCRIPT_OUTCOME=)\nexten => 2,2,Verbose(1,${DIALSCRIPT_OUTCOME})\n",
    );
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(
        findings[0].starts_with("warning: extensions.conf:3: DIALSCRIPT_OUTCOME is not cleared")
    );
    assert!(
        findings[1].starts_with("warning: extensions.conf:3: DIALSCRIPT_OUTCOME is not tested")
    );
    assert!(findings[1].contains("| add a step after this one: GotoIf("));
}

#[test]
fn included_files_are_read_and_named() {
    let installation = Installation::new();
    let port = installation.address.port();
    let part = format!("[more]\nexten => 1,1,AGI(agi://127.0.0.1:{port}/hello)\n");
    installation.host_file("extensions.d/a.conf", &part).host_file("extensions.d/b.txt", &part);
    let findings = installation
        .dialplan("extensions.conf", "#include \"extensions.d/*.conf\"\n#include gone.conf\n");
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(findings[0].contains("extensions.d/a.conf:2: "), "{findings:?}");
}

#[test]
fn a_dialplan_without_the_daemon_is_a_warning_and_other_servers_do_not_count() {
    let text = "[phones]\nexten => 1,1,AGI(agi://127.0.0.1:1/other)\n same => n,AGI(script.sh)\n";
    let findings = Installation::new().dialplan("extensions.conf", text);
    assert_eq!(findings.len(), 1);
    assert!(
        findings[0].starts_with("warning: no step of the dialplan hands a call to this daemon")
    );
}

#[test]
fn a_file_that_does_not_exist_is_not_checked() {
    let [finding] = &Installation::new().doctor(&["--dialplan", "gone.conf"]).of("dialplan")[..]
    else {
        panic!()
    };
    assert!(finding.starts_with("not_checked: the dialplan gone.conf: No such file"), "{finding}");
}

#[test]
fn the_socket_line_of_freeswitch_needs_its_options_and_a_test_of_the_outcome() {
    let installation = Installation::for_freeswitch();
    let extension = |actions: &str| {
        format!(
            "<include>\n<X-PRE-PROCESS cmd=\"set\" data=\"daemon=127.0.0.1:PORT\"/>\n<extension name=\"a\">\n\
             <condition>\n{actions}</condition></extension></include>\n"
        )
    };
    let good = "<action application=\"unset\" data=\"dialscript_outcome\"/>\n\
                <action application=\"socket\" data=\"${daemon}/hello async full\"/>\n\
                <action application=\"transfer\" data=\"after-${dialscript_outcome}\"/>\n";
    let findings = installation.dialplan("good.xml", &extension(good));
    assert!(findings[0].starts_with("ok: 1 step that hand"), "{findings:?}");
    let bad = "<action application=\"socket\" data=\"$${daemon}/gone full\"/>\n";
    let findings = installation.dialplan("bad.xml", &extension(bad));
    let expected =
        ["the daemon has no script gone", "no `async full`", "not cleared", "not tested"];
    assert_eq!(findings.len(), expected.len(), "{findings:?}");
    for (finding, expected) in findings.iter().zip(expected) {
        assert!(finding.contains("bad.xml:5: ") && finding.contains(expected), "{finding}");
    }
}

#[test]
fn variables_that_double_each_other_are_not_expanded_without_end() {
    let mut text = "[globals]\nV0 = 12345678\nDAEMON = agi://127.0.0.1:PORT\n".to_owned();
    for number in 1..60 {
        let before = number - 1;
        text += &format!("V{number} = ${{V{before}}}${{V{before}}}\n");
    }
    text += "[phones]\nexten => 1,1,AGI(${DAEMON}/hello?shop=${V59})\nexten => 2,1,AGI(${V59})\n";
    let findings = Installation::new().dialplan("extensions.conf", &text);
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(findings[0].contains("extensions.conf:64: "), "{findings:?}");
}

#[test]
fn variables_of_freeswitch_may_contain_others_and_not_double_without_end() {
    let installation = Installation::for_freeswitch();
    let mut vars = "<include>\n".to_owned();
    let set =
        |name: &str, value: &str| format!("<X-PRE-PROCESS cmd=\"set\" data=\"{name}={value}\"/>\n");
    vars += &set("port", &installation.address.port().to_string());
    vars += &set("daemon", "127.0.0.1:$${port}");
    vars += &set("v0", "12345678");
    for number in 1..60 {
        let value = format!("$${{v{0}}}$${{v{0}}}", number - 1);
        vars += &set(&format!("v{number}"), &value);
    }
    installation.host_file("vars.xml", &format!("{vars}</include>"));
    let text = "<include><extension name=\"a\"><condition>\n\
                <action application=\"socket\" data=\"$${v59}\"/>\n\
                <action application=\"socket\" data=\"$${daemon}/gone async full\"/>\n\
                </condition></extension></include>";
    let findings = installation.dialplan("dialplan/a.xml", text);
    assert!(findings[0].contains("a.xml:3: the daemon has no script gone"), "{findings:?}");
}

#[test]
fn a_dialplan_that_is_a_pipe_or_too_large_is_not_checked() {
    let installation = Installation::new();
    let pipe = installation.host.path().join("pipe.conf");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let [finding] =
        &installation.doctor(&["--dialplan", pipe.to_str().unwrap()]).of("dialplan")[..]
    else {
        panic!()
    };
    assert!(finding.starts_with("not_checked: "), "{finding}");
    assert!(finding.contains("pipe.conf: it is not a regular file"), "{finding}");
    let [finding] = &installation.dialplan("long.conf", &"; comment\n".repeat(500_000))[..] else {
        panic!()
    };
    assert!(finding.contains("long.conf: it is larger than 4194304 bytes"), "{finding}");
}

#[test]
fn accounts_and_lists_of_modules_that_are_pipes_are_not_waited_for() {
    let installation = Installation::new();
    for name in ["etc/passwd", "etc/group", "etc/asterisk/modules.conf"] {
        let path = installation.host.path().join(name);
        std::fs::remove_file(&path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    }
    let modules = installation.doctor(&[]).of("modules");
    assert!(modules[0].starts_with("not_checked: the modules of Asterisk"), "{modules:?}");
}
