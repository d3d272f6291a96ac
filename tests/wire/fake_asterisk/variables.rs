//! SET VARIABLE with the function `ARRAY`. The values were split by Asterisk's own function (`main/app.c`); `array` in
//! `func_strings.c` sets the variables.

use dialscript::fake::asterisk::{FakeAsteriskCall, FakeDestinations};
use dialscript::fake::dtmf::DtmfSource;

use crate::support::phone_log::PhoneLog;
use crate::wire::fake_asterisk::session::Server;

/// Sets the variables A, B and C by one command, and returns what Asterisk says when it is asked for each.
async fn set_together(value: &str, has_func_strings: bool) -> [String; 3] {
    let phone = PhoneLog::default().phone(DtmfSource::none(), None);
    let call = FakeAsteriskCall { has_func_strings, ..FakeAsteriskCall::default() };
    let mut server = Server::of(call, FakeDestinations::All, phone).await;
    let quoted = value.replace('\\', r"\\").replace('"', r#"\""#);
    let set = format!(r#"SET VARIABLE "ARRAY(A,B,C)" "{quoted}""#);
    assert_eq!(server.asks(&set).await, "200 result=1");
    [
        server.asks("GET VARIABLE A").await,
        server.asks("GET VARIABLE B").await,
        server.asks("GET VARIABLE C").await,
    ]
}

#[tokio::test(start_paused = true)]
async fn array_splits_values_as_asterisk_does_and_empties_the_variables_without_a_value() {
    for (value, variables) in [
        ("a,b,c", ["a", "b", "c"].as_slice()),
        (" a ,, c ", &[" a ", "", " c "]),
        (",", &["", ""]),
        ("", &[]),
        ("a(b,c),d", &["a(b,c)", "d"]),
        ("a),b", &["a)", "b"]),
        ("[a,b],c", &["[a,b]", "c"]),
        (r#""a,b",c"#, &["a,b", "c"]),
        (r"a\,b,c", &["a,b", "c"]),
        (r"end\", &["end"]),
        ("(,a", &["(,a"]),
    ] {
        let mut wanted = ["200 result=1 ()"; 3].map(str::to_owned);
        for (wanted, value) in wanted.iter_mut().zip(variables) {
            *wanted = format!("200 result=1 ({value})");
        }
        assert_eq!(set_together(value, true).await, wanted, "{value}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_func_strings_array_sets_nothing_and_len_has_no_value() {
    assert_eq!(set_together("a,b,c", false).await, ["200 result=0"; 3]);
    for (has_func_strings, reply) in [(true, "200 result=1 (3)"), (false, "200 result=0")] {
        let phone = PhoneLog::default().phone(DtmfSource::none(), None);
        let call = FakeAsteriskCall { has_func_strings, ..FakeAsteriskCall::default() };
        let mut server = Server::of(call, FakeDestinations::All, phone).await;
        assert_eq!(server.asks(r#"GET VARIABLE "LEN(abc)""#).await, reply);
    }
}
