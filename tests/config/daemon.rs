//! The daemon's file.

use std::time::Duration;

use dialscript::channel::Sound;
use dialscript::telemetry::LogFormat;

use crate::support::config_folder::ConfigFolder;

#[test]
fn an_empty_file_serves_calls_on_loopback() {
    let config = ConfigFolder::new().load().unwrap();
    assert_eq!(config.daemon.asterisk.listen, ["127.0.0.1:4573".parse().unwrap()]);
    assert_eq!(config.daemon.freeswitch.listen, ["127.0.0.1:8084".parse().unwrap()]);
    let shown: Vec<_> = config.daemon.asterisk.allow.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["127.0.0.0/8", "::1/128"]);
    assert_eq!(config.daemon.limits.handshake_timeout, Duration::from_secs(5));
    assert_eq!(
        (config.daemon.limits.grace, config.daemon.limits.max_calls),
        (Duration::from_secs(30), 10000)
    );
    assert_eq!(config.daemon.limits.longest_call, Duration::from_secs(4 * 3600));
    assert_eq!(config.daemon.trigger.connect_timeout, Duration::from_secs(2));
    assert_eq!((&config.daemon.trigger.proxy, config.daemon.trigger.max_requests), (&None, 10000));
    assert_eq!(
        (config.daemon.trigger.cache.max_entries, config.daemon.trigger.cache.max_bytes),
        (10000, 33_554_432)
    );
    assert_eq!((config.daemon.log.level, config.daemon.log.format), (tracing::Level::INFO, None));
}

#[test]
fn two_listeners_cannot_use_the_same_port_of_one_address() {
    let table = [
        ("127.0.0.1:4000", "127.0.0.1:4000", true),
        ("0.0.0.0:4000", "127.0.0.1:4000", true),
        ("10.0.0.1:4000", "0.0.0.0:4000", true),
        ("[::]:4000", "127.0.0.1:4000", true),
        ("[::1]:4000", "[::]:4000", true),
        ("[::ffff:127.0.0.1]:4000", "127.0.0.1:4000", true),
        ("0.0.0.0:4000", "[::1]:4000", false),
        ("127.0.0.1:4000", "127.0.0.2:4000", false),
        ("127.0.0.1:4000", "127.0.0.1:4001", false),
        ("127.0.0.1:0", "127.0.0.1:0", false),
    ];
    let allow = "allow=['127.0.0.1']";
    for (one, other, conflict) in table {
        let folder = ConfigFolder::new();
        let errors = |tables: &str| folder.daemon_file(tables).errors();
        let expected = usize::from(conflict);
        let asterisk = format!("[asterisk]\nlisten=['{one}']\n{allow}\n");
        let found = errors(&format!("{asterisk}[freeswitch]\nlisten=['{other}']\n{allow}\n"));
        assert_eq!(found.len(), expected, "{one} {other}: {found:?}");
        let found = errors(&format!("{asterisk}[metrics]\nlisten='{other}'\n{allow}\n"));
        assert_eq!(found.len(), expected, "{one} {other}: {found:?}");
        let sounds =
            format!("[sound_server]\nlisten='{other}'\nurl='http://10.0.0.1:1'\n{allow}\n");
        let found = errors(&format!("{asterisk}{sounds}"));
        assert_eq!(found.len(), expected, "{one} {other}: {found:?}");
        let found = errors(&format!("[asterisk]\nlisten=['{one}', '{other}']\n{allow}\n"));
        assert_eq!(found.len(), expected, "{one} {other}: {found:?}");
    }
    let folder = ConfigFolder::new();
    let errors = folder.daemon_file("[metrics]\nlisten='127.0.0.1:8084'\n").errors();
    assert!(
        errors[0].contains("127.0.0.1:8084 is what [freeswitch] listens on by default"),
        "{errors:?}"
    );
}

const EVERY_KEY: &str = r#"
    [asterisk]
    listen = ["0.0.0.0:4000", "[::1]:4000"]
    allow  = ["10.1.2.3", "10.2.0.0/16"]
    environment_timeout = "2s"
    [freeswitch]
    listen = []
    [folders]
    scripts = "web/scripts"
    sounds = "sounds"
    sounds_on_switch = "/mnt/sounds"
    secrets = "secrets"
    state = "state"
    [server]
    grace = "10s"
    max_calls = 5
    longest_call = "1h"
    last_valid = false
    [trigger]
    timeout = "3s"
    connect_timeout = "1s"
    music_after = "0s"
    proxy = "http://proxy.example:3128"
    max_requests = 7
    [cache]
    max_entries = 8
    max_bytes = 1000000
    [egress]
    allow_hosts = ["Shop.example", "*.shop.example"]
    allow_networks = ["192.168.0.0/16"]
    [log]
    level = "debug"
    format = "json"
    [metrics]
    listen = "[::]:9464"
    allow = ["10.0.0.9"]
    [control]
    socket = "run/asked.sock"
"#;

#[test]
fn every_key_of_the_daemons_file_is_read() {
    let folder = ConfigFolder::new();
    folder.file("web/scripts/a.toml", "[prompt]\nplay = 'hello'\n");
    folder.file("secrets/token", "unused");
    folder.sound("hello.wav");
    folder.daemon_file(EVERY_KEY);
    let config = folder.config();
    assert_eq!(config.daemon.asterisk.listen.len(), 2);
    assert_eq!(config.daemon.asterisk.allow[0].to_string(), "10.1.2.3/32");
    assert!(config.daemon.freeswitch.listen.is_empty());
    assert_eq!(config.daemon.limits.handshake_timeout, Duration::from_secs(2));
    assert_eq!(config.daemon.limits.max_calls, 5);
    assert_eq!(config.daemon.trigger_defaults.music_after, Duration::ZERO);
    assert_eq!(
        config.daemon.trigger.proxy.as_ref().unwrap().as_str(),
        "http://proxy.example:3128/"
    );
    assert_eq!(
        (config.daemon.trigger.cache.max_entries, config.daemon.trigger.cache.max_bytes),
        (8, 1_000_000)
    );
    assert_eq!(
        (config.daemon.log.level, config.daemon.log.format),
        (tracing::Level::DEBUG, Some(LogFormat::Json))
    );
    let metrics = config.daemon.metrics.unwrap();
    assert_eq!((metrics.listen.port(), metrics.allow[0].to_string()), (9464, "10.0.0.9/32".into()));
    assert_eq!(config.daemon.control.unwrap(), folder.path().join("run/asked.sock"));
    assert_eq!(config.daemon.trigger.allow_networks[0].to_string(), "192.168.0.0/16");
    assert_eq!(config.daemon.trigger.allow_hosts.len(), 2);
    let hello = Sound::File("/mnt/sounds/hello.wav".into());
    assert_eq!(super::recorded(&config.library.scripts["a"].prompt.sounds, "en"), [hello]);
}

/// An address with a prefix length opens the whole network: a warning, in every table with networks.
#[test]
fn a_network_that_is_larger_than_the_address_in_it_is_a_warning() {
    let folder = ConfigFolder::with_scripts(&[("hello", "[prompt]\nplay = \"switch:hello\"\n")]);
    for (table, key) in [
        ("asterisk", "allow"),
        ("freeswitch", "allow"),
        ("metrics", "listen = '127.0.0.1:9464'\nallow"),
        ("sound_server", "listen = '127.0.0.1:8085'\nallow"),
        ("egress", "allow_networks"),
    ] {
        folder.daemon_file(format!("[{table}]\n{key} = ['10.0.0.5/8', '2001:db8::1/32']\n"));
        let config = folder.config();
        let reported = config.warnings.render(false);
        for part in [
            "`10.0.0.5/8` is the whole network `10.0.0.0/8`",
            "write \"10.0.0.0/8\" if you mean the network, or \"10.0.0.5/32\" for the one address",
            "`2001:db8::1/32` is the whole network `2001:db8::/32`",
            "or \"2001:db8::1/128\" for the one address",
        ] {
            assert!(reported.contains(part), "{table}: {part} in {reported}");
        }
        folder.daemon_file(format!("[{table}]\n{key} = ['10.0.0.0/8', '10.0.0.5', '::1/128']\n"));
        assert!(folder.config().warnings.is_empty(), "{}", folder.config().warnings.render(false));
    }
}

#[test]
fn a_pattern_for_all_hosts_of_a_public_suffix_is_a_warning() {
    let folder = ConfigFolder::with_scripts(&[("hello", "[prompt]\nplay = \"switch:hello\"\n")]);
    for (pattern, suffix) in [("*.com", "com"), ("*.co.uk", "co.uk"), ("*.EXAMPLE.", "example")] {
        folder.daemon_file(format!("[egress]\nallow_hosts = ['{pattern}']\n"));
        let reported = folder.config().warnings.render(false);
        for part in [
            format!("`*.{suffix}` allows every host under `{suffix}`, whoever owns it"),
            format!("name your own domain, such as \"*.shop.{suffix}\""),
        ] {
            assert!(reported.contains(&part), "{part} in {reported}");
        }
    }
    folder.daemon_file(
        "[egress]\nallow_hosts = ['com', '*.shop.example', '*.internal', '*.shop.de', '*.co.example']\n",
    );
    assert!(folder.config().warnings.is_empty(), "{}", folder.config().warnings.render(false));
}
