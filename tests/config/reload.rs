//! Which keys of the daemon's file a reload applies.

use dialscript::config::{ChangedKeys, DaemonSettings};

use crate::support::config_folder::ConfigFolder;

const ENGINE: &str = "{ engine = 'command', command = ['speaks', '{out}'] }";

/// The settings in use after the daemon's file has changed from `before` to `after`, and the changed keys.
fn reloaded(before: &str, after: &str) -> (DaemonSettings, ChangedKeys) {
    let folder = ConfigFolder::new();
    folder.file("secrets/SHARED", "0123456789abcdef");
    folder.daemon_file(before);
    let running = folder.config().daemon;
    folder.daemon_file(after);
    running.reload(&folder.config().daemon)
}

#[test]
fn each_key_that_can_change_while_the_daemon_runs_is_applied() {
    let cases = [
        ("asterisk", "allow = ['10.0.0.0/8']"),
        ("asterisk", "environment_timeout = '1s'"),
        ("freeswitch", "allow = ['10.0.0.0/8']"),
        ("server", "max_calls = 7"),
        ("server", "longest_call = '1h'"),
        ("server", "grace = '1s'"),
        ("trigger", "timeout = '1s'"),
        ("trigger", "connect_timeout = '1s'"),
        ("trigger", "retry = 0"),
        ("trigger", "music_after = '1s'"),
        ("trigger", "max_requests = 7"),
        ("trigger", "max_per_upstream = 7"),
        ("trigger", "traceparent = false"),
        ("trigger", "proxy = 'http://proxy.example:3128'"),
        ("breaker", "failures = 7"),
        ("breaker", "open_for = '7s'"),
        ("cache", "max_entries = 7"),
        ("cache", "max_bytes = 100000"),
        ("egress", "allow_hosts = ['shop.example']"),
        ("log", "level = 'debug'"),
        ("speech", "timeout = '7s'"),
        ("speech", "at_once = 7"),
        ("speech", "cache_bytes = 2000000"),
    ];
    for (table, line) in cases {
        let (_, changed) = reloaded("", &format!("[{table}]\n{line}\n"));
        let key = line.split(' ').next().unwrap();
        assert_eq!(changed.applied, [format!("[{table}] {key}")], "{line}");
        assert!(changed.needs_restart.is_empty(), "{line}: {changed:?}");
    }
    let (_, changed) = reloaded("", "[upstream.'shop.example']\nmax_requests = 7\n");
    assert_eq!(changed.applied, ["[upstream]"]);
}

#[test]
fn the_settings_in_use_are_the_new_ones_where_a_reload_applies_them() {
    let after = "[asterisk]\nallow = ['10.0.0.0/8']\n[server]\nmax_calls = 7\n[trigger]\nmax_requests = 8\n\
                 [log]\nlevel = 'debug'\nformat = 'json'\n[speech]\nat_once = 9\nrate = 16000\n";
    let (settings, _) = reloaded("", after);
    assert_eq!(settings.asterisk.allow, ["10.0.0.0/8".parse().unwrap()]);
    assert_eq!((settings.limits.max_calls, settings.trigger.max_requests), (7, 8));
    assert_eq!(settings.log.level, tracing::Level::DEBUG);
    assert_eq!(settings.voice.max_concurrent, 9);
    let (unchanged, _) = reloaded("", "");
    assert_eq!(settings.log.format, unchanged.log.format, "needs a restart");
    assert_eq!(settings.voice.format, unchanged.voice.format, "needs a restart");
}

#[test]
fn a_changed_engine_is_applied() {
    let key = |line: &str| reloaded("", &format!("[speech]\n{line}\n")).1.applied;
    assert_eq!(key(&format!("say = {ENGINE}")), ["[speech] say"]);
    assert_eq!(key(&format!("engines.other = {ENGINE}")), ["[speech] engines"]);
    let listen = "listen = { engine = 'command', command = ['hears', '{in}'] }";
    assert_eq!(key(listen), ["[speech] listen"]);
    let say = format!("[speech]\nsay = {ENGINE}\n");
    let (settings, changed) = reloaded(&say, &format!("{say}fallback = {ENGINE}\n"));
    assert_eq!(changed.applied, ["[speech] fallback"]);
    assert!(settings.voice.fallback_engine.is_some());
}

#[test]
fn listeners_folders_the_control_socket_and_the_format_of_the_log_need_a_restart() {
    let cases = [
        ("asterisk", "listen = ['127.0.0.1:1']"),
        ("freeswitch", "listen = []"),
        ("folders", "cache = 'other'"),
        ("folders", "recordings = 'other'"),
        ("log", "format = 'json'"),
        ("metrics", "listen = '127.0.0.1:1'"),
        ("control", "socket = ''"),
        ("speech", "rate = 16000"),
    ];
    for (table, line) in cases {
        let (_, changed) = reloaded("", &format!("[{table}]\n{line}\n"));
        let key = line.split(' ').next().unwrap();
        assert_eq!(changed.needs_restart, [format!("[{table}] {key}")], "{line}");
        assert!(changed.applied.is_empty(), "{line}: {changed:?}");
    }
    let (settings, changed) = reloaded("", "[sound_server]\nlisten = '127.0.0.1:1'\n");
    assert_eq!(changed.needs_restart, ["[sound_server] listen", "[sound_server] url"]);
    assert!(settings.voice.sound_server.is_none());
}

#[test]
fn the_allow_lists_of_open_listeners_are_applied_and_their_addresses_stay() {
    let file = |port: u16, allow: &str| {
        format!(
            "[metrics]\nlisten = '127.0.0.1:{port}'\nallow = ['{allow}']\n\
             [sound_server]\nlisten = '127.0.0.1:2'\nurl = 'http://127.0.0.1:2'\nallow = ['{allow}']\n"
        )
    };
    let (settings, changed) = reloaded(&file(1, "127.0.0.0/8"), &file(3, "10.0.0.5"));
    assert_eq!(changed.applied, ["[metrics] allow", "[sound_server] allow"]);
    assert_eq!(changed.needs_restart, ["[metrics] listen"]);
    let metrics = settings.metrics.unwrap();
    assert_eq!(metrics.listen.port(), 1);
    let sound_server = settings.voice.sound_server.unwrap();
    for allow in [metrics.allow, sound_server.allow] {
        assert_eq!(allow, ["10.0.0.5/32".parse().unwrap()]);
    }
}

#[test]
fn a_changed_shared_cache_is_applied() {
    let shared = "[cache]\nshared = 'redis://10.0.0.5:6379/2'\nshared_secret = '{secret.SHARED}'\n";
    let (settings, changed) = reloaded("", shared);
    assert_eq!(changed.applied, ["[cache] shared", "[cache] shared_secret"]);
    assert!(settings.trigger.shared_cache.is_some());
}

#[test]
fn a_key_that_needs_a_restart_is_reported_by_each_reload_until_it_is_as_before() {
    let folder = ConfigFolder::new();
    let running = folder.config().daemon;
    folder.daemon_file("[control]\nsocket = ''\n");
    let (running, first) = running.reload(&folder.config().daemon);
    let (running, second) = running.reload(&folder.config().daemon);
    assert_eq!(
        (first.needs_restart, second.needs_restart),
        (vec!["[control] socket"], vec!["[control] socket"])
    );
    folder.daemon_file("");
    assert_eq!(running.reload(&folder.config().daemon).1, ChangedKeys::default());
}
