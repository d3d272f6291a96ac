//! The first words of a call.

use dialscript::agi::codec::{AgiCodec, AgiMessage};
use dialscript::wire::decode_lossy;

use super::{environment, hear, transcript};

#[test]
fn the_environment_of_a_real_call_is_parsed() {
    let heard = hear(AgiCodec::default(), &[&transcript::named("22/sip-names").asterisk]);
    let AgiMessage::Environment(environment) = &heard.messages[0] else { panic!() };
    let caller = environment.caller();
    assert_eq!(caller.number, "+49301234567");
    assert_eq!(caller.name, r#"Jürgen "X" O\B 日本"#);
    assert_eq!((&caller.called[..], &caller.context[..]), ("s-names", "test"));
    assert_eq!((&caller.channel[..], &caller.language[..]), ("PJSIP/local-00000000", "en"));
    assert_eq!(caller.call_id, "1795355039.4");
}

#[test]
fn a_forged_environment_line_does_not_replace_one_from_asterisk() {
    let heard = hear(AgiCodec::default(), &[&transcript::named("22/env").asterisk]);
    let AgiMessage::Environment(environment) = &heard.messages[0] else { panic!() };
    assert_eq!(environment.argument(7).as_deref(), Some("l1"));
    let forged = "agi_callerid: 1\nagi_dnid: 2\nagi_arg_1: x\nagi_callerid: 666\nagi_dnid: 666\nagi_arg_1: y";
    let caller = super::environment(forged).caller();
    assert_eq!((&caller.number[..], &caller.called[..]), ("1", "2"));
    assert_eq!(super::environment(forged).argument(1).as_deref(), Some("x"));
}

#[test]
fn a_forged_script_does_not_count_where_the_dialplan_named_none() {
    let forged = "agi_network: yes\nagi_request: agi://h\nagi_arg_1: x\nagi_network_script: evil";
    assert_eq!(environment(forged).network_script(), None);
    assert_eq!(environment(forged).script_request().name, "");
    let meant = "agi_network: yes\nagi_network_script: good\nagi_request: agi://h/good";
    assert_eq!(environment(meant).script_request().name, "good");
}

#[test]
fn lines_without_a_value_are_ignored() {
    let environment =
        environment("agi_channel\nchannel: x\nagi_channel:y\nagi_context: a: b\nagi_language: ");
    assert_eq!(environment.channel(), None);
    assert_eq!(environment.context().as_deref(), Some("a: b"));
    assert_eq!(environment.language().as_deref(), Some(""));
}

#[test]
fn a_caller_who_is_withheld_or_unknown_has_no_number() {
    for (pres, number, name, expected) in [
        ("0", "100", "Ann", ("100", "Ann")),
        ("3", "100", "unknown", ("100", "")),
        ("67", "unknown", "unknown", ("", "")),
        ("67", "100", "Ann", ("100", "Ann")),
        ("32", "100", "Ann", ("", "")),
        ("35", "100", "Ann", ("", "")),
        ("99", "100", "Ann", ("100", "Ann")),
        ("x", "100", "Ann", ("100", "Ann")),
    ] {
        let lines =
            format!("agi_callerid: {number}\nagi_calleridname: {name}\nagi_callingpres: {pres}");
        let caller = environment(lines).caller();
        assert_eq!((&caller.number[..], &caller.name[..]), expected, "{pres}");
    }
}

#[test]
fn the_escapes_of_a_display_name_are_undone_once() {
    for (sent, name) in [
        (r#"J \"X\""#, r#"J "X""#),
        (r"a\\b", r"a\b"),
        (r#"\\\""#, r#"\""#),
        (r"C:\dir\", r"C:\dir\"),
    ] {
        let environment = environment(format!("agi_calleridname: {sent}"));
        assert_eq!(environment.calleridname().as_deref(), Some(name), "{sent}");
    }
}

#[test]
fn the_called_number_is_the_dialled_number_or_the_extension_but_never_h() {
    for (dnid, extension, called) in [
        ("200", "s", "200"),
        ("unknown", "300", "300"),
        ("", "300", "300"),
        ("unknown", "h", ""),
        ("200", "h", "200"),
        ("h", "300", "300"),
    ] {
        let caller = environment(format!("agi_dnid: {dnid}\nagi_extension: {extension}")).caller();
        assert_eq!(caller.called, called, "{dnid} {extension}");
    }
}

#[test]
fn a_script_is_a_path_and_its_arguments() {
    for (sent, name, arguments) in [
        ("order", "order", &[][..]),
        ("/order-status/?x=1&y=a%20b", "order-status", &[("x", "1"), ("y", "a b")]),
        ("a%2Fb%2541", "a/b%41", &[]),
        ("x?a=1&a=2&b=c+d&e", "x", &[("a", "1"), ("b", "c d"), ("e", "")]),
        ("x?u=J\u{fc}rgen&q=a?b", "x", &[("u", "J\u{fc}rgen"), ("q", "a?b")]),
        ("sub dir/x", "sub dir/x", &[]),
        ("?a=1", "", &[("a", "1")]),
    ] {
        let script = environment(format!("agi_network_script: {sent}")).script_request();
        let pairs: Vec<_> =
            script.arguments.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!((&script.name[..], &pairs[..]), (name, arguments), "{sent}");
        assert_eq!(
            script.argument("a"),
            arguments.iter().find(|(key, _)| *key == "a").map(|a| a.1)
        );
    }
}

#[test]
fn arguments_are_counted_from_one_and_may_have_gaps() {
    let environment =
        environment("agi_arg_0: no\nagi_arg_2: b\nagi_arg_1: a\nagi_arg_127: z\nagi_arg_128: no");
    let arguments: Vec<_> =
        environment.arguments().map(|(n, value)| (n, value.into_owned())).collect();
    assert_eq!(arguments, [(1, "a".into()), (2, "b".into()), (127, "z".into())]);
    assert_eq!((environment.argument(0), environment.argument(128)), (None, None));
}

#[test]
fn text_is_utf_8_where_it_can_be_and_else_windows_1252() {
    for (bytes, expected) in [
        (&b"Ann"[..], "Ann"),
        ("Jürgen 日本 €".as_bytes(), "Jürgen 日本 €"),
        (b"J\xfcrgen", "Jürgen"),
        (b"\x80 \x93x\x94", "€ “x”"),
        (b"\xc3\xbc \xfc", "Ã¼ ü"),
        (b"\xed\xa0\x80", "í\u{a0}€"),
        (b"\xc0\xaf", "À¯"),
        (b"\xf0\x9f\x98", "ðŸ˜"),
        (b"\x81", "\u{81}"),
        (b"\xef\xbb\xbfx", "\u{feff}x"),
        (b"\xff\xfex", "ÿþx"),
        (b"", ""),
    ] {
        assert_eq!(decode_lossy(bytes), expected, "{}", bytes.escape_ascii());
    }
    let name = environment(b"agi_calleridname: J\xfcrgen");
    assert_eq!(name.calleridname().as_deref(), Some("Jürgen"));
}
