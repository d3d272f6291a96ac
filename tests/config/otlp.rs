//! `[otlp]`, and the header `traceparent`.

use crate::support::config_folder::ConfigFolder;

const ENDPOINT: &str = "[otlp]\nendpoint = 'http://collector.example:4318'\n";

#[test]
fn the_header_traceparent_is_sent_unless_it_is_turned_off() {
    let folder = ConfigFolder::new();
    assert!(folder.config().daemon.trigger.traceparent);
    let off = "[trigger]\ntraceparent = false\n";
    assert!(!folder.daemon_file(off).config().daemon.trigger.traceparent);
}

#[test]
#[cfg(not(feature = "otlp"))]
fn a_program_without_the_export_reports_its_table() {
    let errors = ConfigFolder::new().daemon_file(ENDPOINT).errors();
    let expected = "this program was built without the export of traces | use a package of dialscript, or build it with \
                    `cargo build --release --features otlp`";
    assert_eq!(errors, [expected]);
}

#[cfg(feature = "otlp")]
mod built {
    use super::*;

    fn with_keys(keys: &str) -> ConfigFolder {
        let folder = ConfigFolder::new();
        folder.daemon_file(format!("{ENDPOINT}{keys}")).file("secrets/TOKEN", "abc");
        folder
    }

    #[test]
    fn the_defaults_and_all_keys() {
        let settings = with_keys("").config().daemon.otlp.unwrap();
        assert_eq!(settings.url.as_str(), "http://collector.example:4318/v1/traces");
        assert_eq!((settings.sample_ratio, &*settings.service_name), (1.0, "dialscript"));
        let all = "sample_ratio = 0.25\nservice_name = 'ivr'\n\
                   headers = { Authorization = 'Bearer {secret.TOKEN}' }\n";
        let settings = with_keys(all).config().daemon.otlp.unwrap();
        assert_eq!((settings.sample_ratio, &*settings.service_name), (0.25, "ivr"));
        let [(name, value)] = &settings.headers[..] else { panic!("{settings:?}") };
        assert_eq!((name.as_str(), value.as_bytes()), ("authorization", &b"Bearer abc"[..]));
        assert!(!format!("{settings:?}").contains("abc"));
    }

    #[test]
    fn the_path_of_traces_is_added_once() {
        for (given, url) in [
            ("http://a", "http://a/v1/traces"),
            ("https://a/otlp/", "https://a/otlp/v1/traces"),
            ("https://a/v1/traces", "https://a/v1/traces"),
        ] {
            let folder = ConfigFolder::new();
            let config = folder.daemon_file(format!("[otlp]\nendpoint = '{given}'\n")).config();
            assert_eq!(config.daemon.otlp.unwrap().url.as_str(), url);
        }
    }

    #[test]
    fn each_error_says_what_to_write() {
        for (keys, error) in [
            ("sample_ratio = 2\n", "`sample_ratio` must be from 0 to 1 | 1 exports each call"),
            ("protocol = 'grpc'\n", "unknown key `protocol` in [otlp] | OTLP over HTTP is used"),
            ("headers = { Host = \"a\\nb\" }\n", "the value of a header must be a single line"),
        ] {
            let errors = with_keys(keys).errors();
            assert!(errors.len() == 1 && errors[0].starts_with(error), "{errors:?}");
        }
        for (table, error) in [
            ("[otlp]\n", "missing key `endpoint` in [otlp]"),
            ("[otlp]\nendpoint = 'collector:4317'\n", "not a valid URL of a collector"),
        ] {
            let errors = ConfigFolder::new().daemon_file(table).errors();
            assert!(errors.len() == 1 && errors[0].starts_with(error), "{errors:?}");
        }
    }

    #[test]
    fn a_change_needs_a_restart() {
        let folder = ConfigFolder::new();
        let before = folder.config().daemon;
        let (settings, changed) = before.reload(&folder.daemon_file(ENDPOINT).config().daemon);
        assert_eq!(changed.needs_restart, ["[otlp]"]);
        assert!(settings.otlp.is_none());
    }
}
