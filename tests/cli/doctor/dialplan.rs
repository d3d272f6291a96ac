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
