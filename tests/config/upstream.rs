//! `[upstream]` and the proxy in the daemon's file.

use std::fs;

use dialscript::config::ChangedKeys;
use dialscript::trigger::TriggerSettings;
use dialscript::web::host_port::HostPort;

use crate::support::config_folder::ConfigFolder;
use crate::support::web::tls;

/// The content of a certificate or a key.
fn pem(name: &str) -> String {
    fs::read_to_string(tls::file(name)).unwrap()
}

/// A folder with these certificates and keys, and a daemon's file.
fn folder(files: &[&str], daemon: &str) -> ConfigFolder {
    let folder = ConfigFolder::new();
    for name in files {
        folder.file(name, pem(name));
    }
    // Without any script there is a warning.
    folder.daemon_file(daemon).script("a", "[otherwise]\nthen='hangup'\n");
    folder
}

fn warnings(folder: &ConfigFolder) -> Vec<String> {
    folder.config().warnings.iter().map(ToString::to_string).collect()
}

/// The numbers of CA certificates, of client certificates, and of concurrent requests that are set for a host.
fn upstream_settings(settings: &TriggerSettings, host: &str) -> (usize, usize, Option<usize>) {
    let host = host.parse().unwrap();
    let mut identities = settings.tls_identities.iter();
    let identity = identities.find(|(at, _)| *at == host).map(|(_, identity)| identity);
    let limit = settings.upstream_limits.max_concurrent_at.iter().find(|(at, _)| *at == host);
    let authorities = identity.map_or(0, |identity| identity.ca_certificates.len());
    let chain = identity.and_then(|identity| identity.client_certificate.as_ref());
    (authorities, chain.map_or(0, |(chain, _)| chain.len()), limit.map(|(_, limit)| *limit))
}

const PAIR: &str = "[upstream.'shop.example']\ncertificate = 'client.pem'\nkey = 'client.key'\n";

#[test]
fn every_key_of_upstream_is_read_and_a_port_inherits_from_its_host() {
    let folder = folder(
        &["authority.pem", "stranger.pem", "client.key"],
        "[upstream.'Shop.example']\nca = ['authority.pem', 'stranger.pem']\nmax_requests = 7\n\
         [upstream.'shop.example:8443']\ncertificate = 'tls/chain.pem'\nkey = 'client.key'\n\
         [upstream.'shop.example:9443']\nca = 'stranger.pem'\nmax_requests = 8\n\
         [upstream.'10.0.0.1']\nmax_requests = 9\n\
         [upstream.'[2001:db8::1]:8443']\n",
    );
    folder.file("tls/chain.pem", format!("{}{}", pem("client.pem"), pem("authority.pem")));
    let config = folder.config();
    for (host, expected) in [
        ("shop.example", (2, 0, Some(7))),
        ("shop.example:8443", (2, 2, Some(7))),
        ("shop.example:9443", (1, 0, Some(8))),
        ("10.0.0.1", (0, 0, Some(9))),
        ("[2001:db8::1]:8443", (0, 0, None)),
    ] {
        assert_eq!(upstream_settings(&config.daemon.trigger, host), expected, "{host}");
        assert_eq!(host.parse::<HostPort>().unwrap().to_string(), host);
    }
    let identities = config.daemon.trigger.tls_identities.iter().map(|(host, _)| host.to_string());
    let expected = ["shop.example", "shop.example:8443", "shop.example:9443"];
    assert_eq!(identities.collect::<Vec<_>>(), expected);
    assert!(config.warnings.is_empty(), "{}", config.warnings.render(false));
}

#[test]
fn a_path_may_be_absolute_and_a_key_may_be_a_secret() {
    let folder = folder(&["client.key"], "");
    let elsewhere = ConfigFolder::new();
    elsewhere.file("client.pem", pem("client.pem"));
    let path = elsewhere.path().join("client.pem");
    let daemon = format!(
        "[upstream.'shop.example']\ncertificate = '{}'\nkey = '{{secret.KEY}}'\n",
        path.display()
    );
    folder.daemon_file(daemon).file("secrets/KEY", pem("client.key"));
    assert_eq!(upstream_settings(&folder.config().daemon.trigger, "shop.example"), (0, 1, None));
    folder.file("secrets/KEY", "s3cret");
    let errors = folder.errors();
    assert!(errors[0].starts_with("the secret `KEY`: no private key found |"), "{errors:?}");
}

#[test]
fn a_reload_applies_a_changed_certificate() {
    let folder = folder(&["client.pem", "client.key"], PAIR);
    let first = folder.config();
    assert_eq!(first.daemon.reload(&folder.config().daemon).1, ChangedKeys::default());
    folder.file("client.pem", pem("expired.pem"));
    assert_eq!(first.daemon.reload(&folder.config().daemon).1.applied, ["[upstream]"]);
}

#[test]
fn a_certificate_that_is_expired_or_not_for_clients_is_a_warning() {
    let folder = folder(&["client.pem", "client.key"], PAIR);
    assert_eq!(warnings(&folder), Vec::<String>::new());
    folder.file("client.pem", pem("expired.pem"));
    let reported = warnings(&folder);
    assert!(
        reported.len() == 1 && reported[0].contains("toml:2: this certificate has expired on 20"),
        "{reported:?}"
    );
    folder.file("client.pem", pem("server.pem")).file("client.key", pem("server.key"));
    let reported = warnings(&folder);
    assert!(
        reported.len() == 1 && reported[0].contains("this certificate is not for clients"),
        "{reported:?}"
    );
}

#[test]
fn a_key_that_every_user_can_read_is_a_warning() {
    let folder = folder(&["client.pem", "client.key"], PAIR);
    folder.mode("", 0o755).mode("client.key", 0o644);
    let reported = warnings(&folder);
    assert!(
        reported.len() == 1 && reported[0].contains("every user of this host can read this key"),
        "{reported:?}"
    );
    folder.mode("client.key", 0o640);
    assert_eq!(warnings(&folder), Vec::<String>::new());
}

#[test]
fn the_content_of_a_key_file_is_never_shown() {
    let key = pem("client.key");
    let line = key.lines().nth(1).unwrap();
    let without_end = key.replace("-----END PRIVATE KEY-----", "");
    let two_begin_lines = key.replacen(line, &format!("{line}-----BEGIN {line}"), 1);
    let invalid_base64 = key.replace(line, &format!("*{line}"));
    let several = format!("{key}{key}");
    let der = "-----BEGIN PRIVATE KEY-----\naGVsbG8=\n-----END PRIVATE KEY-----\n".to_owned();
    let folder = folder(&["client.pem"], PAIR);
    for (content, what) in [
        (without_end, "the PEM text is damaged"),
        (two_begin_lines, "the PEM text is damaged"),
        (invalid_base64, "the PEM text is damaged"),
        (several, "several private keys found"),
        (der, "unsupported type of key"),
        (pem("locked.key"), "the private key is encrypted with a passphrase"),
        (String::new(), "no private key found"),
    ] {
        folder.file("client.key", &content).file("client.pem", pem("client.pem"));
        let errors = folder.load().unwrap_err();
        let (reported, debug) = (errors.to_string(), format!("{errors:?}"));
        assert!(errors.len() == 1 && reported.contains(what), "{what}: {reported}");
        assert!(!reported.contains(&line[..12]) && !debug.contains(&line[..12]), "{reported}");
        folder.file("client.pem", &content);
        let reported = folder.load().unwrap_err().to_string();
        assert!(!reported.contains(&line[..12]), "{reported}");
    }
    folder.file("client.key", &key).file("client.pem", pem("client.pem"));
    let shown = format!("{:?}", folder.config());
    assert!(shown.contains("TlsIdentity { ca_certificates: 0, certificates: Some(1) }"), "{shown}");
    assert!(!shown.contains(&line[..12]) && !shown.contains("Pkcs8"), "{shown}");
}

#[test]
fn the_password_of_a_proxy_is_escaped_and_never_shown() {
    let folder = ConfigFolder::new();
    folder.file("secrets/PROXY", "p@ss:w/rd#?%41 ü\n");
    folder.file(
        "dialscript.toml",
        "[trigger]\nproxy = 'http://ivr:{secret.PROXY}@proxy.example:3128'\n",
    );
    let config = folder.config();
    let proxy = config.daemon.trigger.proxy.clone().unwrap();
    assert_eq!(
        (proxy.username(), proxy.host_str(), proxy.port()),
        ("ivr", Some("proxy.example"), Some(3128))
    );
    assert_eq!(proxy.password(), Some("p%40ss%3Aw%2Frd%23%3F%2541%20%C3%BC"));
    let shown = format!("{config:?}");
    assert!(shown.contains("http://proxy.example:3128") && !shown.contains("p%40ss"), "{shown}");
    assert!(!shown.contains("w/rd"), "{shown}");
    folder.file("secrets/PROXY", "other");
    assert_eq!(config.daemon.reload(&folder.config().daemon).1.applied, ["[trigger] proxy"]);
}

#[test]
fn an_invalid_proxy_is_reported_without_its_secrets() {
    let folder = ConfigFolder::new();
    folder.file("secrets/PROXY", "s3cret");
    for (proxy, what) in [
        ("{secret.PROXY}", "not a valid proxy URL"),
        ("ftp://ivr:{secret.PROXY}@proxy.example", "not a valid proxy URL"),
        ("http://ivr:{secret.nowhere}@proxy.example", "the secret `nowhere` is not available"),
        (
            "http://{caller}@proxy.example",
            "a value of a call cannot be used here: a proxy serves all calls",
        ),
    ] {
        folder.daemon_file(format!("[trigger]\nproxy = '{proxy}'\n"));
        let errors = folder.load().unwrap_err();
        let reported = errors.to_string();
        assert!(
            errors.len() == 1 && reported.contains(what) && !reported.contains("s3cret"),
            "{reported}"
        );
    }
}

#[test]
fn a_trusted_certificate_that_would_be_rejected_is_a_warning() {
    let folder = ConfigFolder::with_scripts(&[("hello", "[prompt]\nplay = \"switch:hello\"\n")]);
    for (file, expected) in [
        ("expired.pem", Some("`CN=localhost` expired on 2021-02-03")),
        ("future.pem", Some("`CN=localhost` is not valid before 2100-01-01")),
        ("small-key.pem", Some("`CN=localhost` cannot be used: its RSA key has only 1024 bits")),
        ("version-1.pem", None),
        ("common-name.pem", None),
        ("office.pem", None),
    ] {
        let path = tls::private_file(file);
        folder.daemon_file(format!("[upstream.localhost]\nca = '{path}'\n"));
        let reported = warnings(&folder);
        assert_eq!(reported.len(), usize::from(expected.is_some()), "{file}: {reported:?}");
        assert!(reported.iter().all(|one| one.contains(expected.unwrap())), "{reported:?}");
    }
}
