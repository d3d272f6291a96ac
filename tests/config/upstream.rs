//! Web applications that have rules of their own, and what requests go through.

use std::fs;

use dialscript::trigger::TriggerSettings;
use dialscript::web::host_port::HostPort;

use crate::support::config_folder::ConfigFolder;
use crate::support::web::tls;

/// A certificate or a key.
fn pem(name: &str) -> String {
    fs::read_to_string(tls::file(name)).unwrap()
}

/// A folder with these files of it, and a daemon's file.
fn folder(files: &[&str], daemon: &str) -> ConfigFolder {
    let folder = ConfigFolder::new();
    for name in files {
        folder.file(name, pem(name));
    }
    folder.daemon_file(daemon);
    folder
}

fn warnings(folder: &ConfigFolder) -> Vec<String> {
    folder.config().warnings.iter().map(ToString::to_string).collect()
}

/// How many authorities, how many certificates of ours, and how many requests.
fn rules(settings: &TriggerSettings, place: &str) -> (usize, usize, Option<usize>) {
    let place = place.parse().unwrap();
    let mut identities = settings.tls_identities.iter();
    let identity = identities.find(|(at, _)| *at == place).map(|(_, identity)| identity);
    let most = settings.upstream_limits.max_concurrent_at.iter().find(|(at, _)| *at == place);
    let authorities = identity.map_or(0, |identity| identity.ca_certificates.len());
    let chain = identity.and_then(|identity| identity.client_certificate.as_ref());
    (authorities, chain.map_or(0, |(chain, _)| chain.len()), most.map(|(_, most)| *most))
}

const PAIR: &str = "[upstream.'shop.example']\ncertificate = 'client.pem'\nkey = 'client.key'\n";

#[test]
fn every_key_of_an_upstream_is_read_and_a_port_has_what_its_host_has() {
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
    for (place, expected) in [
        ("shop.example", (2, 0, Some(7))),
        ("shop.example:8443", (2, 2, Some(7))),
        ("shop.example:9443", (1, 0, Some(8))),
        ("10.0.0.1", (0, 0, Some(9))),
        ("[2001:db8::1]:8443", (0, 0, None)),
    ] {
        assert_eq!(rules(&config.daemon.trigger, place), expected, "{place}");
        assert_eq!(place.parse::<HostPort>().unwrap().to_string(), place);
    }
    let identities =
        config.daemon.trigger.tls_identities.iter().map(|(place, _)| place.to_string());
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
    assert_eq!(rules(&folder.config().daemon.trigger, "shop.example"), (0, 1, None));
    folder.file("secrets/KEY", "s3cret");
    let faults = folder.faults();
    assert!(faults[0].starts_with("the secret `KEY`: no private key found |"), "{faults:?}");
}

#[test]
fn a_change_of_a_certificate_needs_a_restart() {
    let folder = folder(&["client.pem", "client.key"], PAIR);
    let first = folder.config();
    assert_eq!(first.daemon.changed_tables(&folder.config().daemon).next(), None);
    folder.file("client.pem", pem("expired.pem"));
    let differs = folder.config();
    assert_eq!(first.daemon.changed_tables(&differs.daemon).collect::<Vec<_>>(), ["[upstream]"]);
}

#[test]
fn a_certificate_that_is_out_of_date_is_a_warning() {
    let folder = folder(&["client.pem", "client.key"], PAIR);
    assert_eq!(warnings(&folder), Vec::<String>::new());
    folder.file("client.pem", pem("expired.pem"));
    let told = warnings(&folder);
    assert!(
        told.len() == 1 && told[0].contains("toml:2: this certificate has expired"),
        "{told:?}"
    );
    folder.file("client.pem", pem("server.pem")).file("client.key", pem("server.key"));
    let told = warnings(&folder);
    assert!(told.len() == 1 && told[0].contains("this certificate is not for clients"), "{told:?}");
}

#[test]
fn a_key_that_every_user_can_read_is_a_warning() {
    let folder = folder(&["client.pem", "client.key"], PAIR);
    folder.mode("", 0o755).mode("client.key", 0o644);
    let told = warnings(&folder);
    assert!(
        told.len() == 1 && told[0].contains("every user of this host can read this key"),
        "{told:?}"
    );
    folder.mode("client.key", 0o640);
    assert_eq!(warnings(&folder), Vec::<String>::new());
}

#[test]
fn nothing_of_a_file_of_keys_is_shown() {
    let key = pem("client.key");
    let line = key.lines().nth(1).unwrap();
    let broken = key.replace("-----END PRIVATE KEY-----", "");
    let wordy = key.replacen(line, &format!("{line}-----BEGIN {line}"), 1);
    let garbled = key.replace(line, &format!("*{line}"));
    let several = format!("{key}{key}");
    let der = "-----BEGIN PRIVATE KEY-----\naGVsbG8=\n-----END PRIVATE KEY-----\n".to_owned();
    let folder = folder(&["client.pem"], PAIR);
    for (content, what) in [
        (broken, "the PEM text is damaged"),
        (wordy, "the PEM text is damaged"),
        (garbled, "the PEM text is damaged"),
        (several, "several private keys found"),
        (der, "unsupported type of key"),
        (pem("locked.key"), "the private key is encrypted with a passphrase"),
        (String::new(), "no private key found"),
    ] {
        folder.file("client.key", &content).file("client.pem", pem("client.pem"));
        let faults = folder.load().unwrap_err();
        let (told, debug) = (faults.to_string(), format!("{faults:?}"));
        assert!(faults.len() == 1 && told.contains(what), "{what}: {told}");
        assert!(!told.contains(&line[..12]) && !debug.contains(&line[..12]), "{told}");
        folder.file("client.pem", &content);
        let told = folder.load().unwrap_err().to_string();
        assert!(!told.contains(&line[..12]), "{told}");
    }
    folder.file("client.key", &key).file("client.pem", pem("client.pem"));
    let shown = format!("{:?}", folder.config());
    assert!(shown.contains("TlsIdentity { ca_certificates: 0, certificates: Some(1) }"), "{shown}");
    assert!(!shown.contains(&line[..12]) && !shown.contains("Pkcs8"), "{shown}");
}

#[test]
fn the_password_of_a_proxy_is_a_secret_and_ends_at_no_sign_of_it() {
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
    assert_eq!(
        config.daemon.changed_tables(&folder.config().daemon).collect::<Vec<_>>(),
        ["[trigger]"]
    );
}

#[test]
fn a_proxy_that_is_none_is_reported_without_its_secrets() {
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
        let faults = folder.load().unwrap_err();
        let told = faults.to_string();
        assert!(faults.len() == 1 && told.contains(what) && !told.contains("s3cret"), "{told}");
    }
}

#[test]
fn a_proxy_by_https_would_be_shown_the_certificate_of_another_host() {
    let daemon = format!("[trigger]\nproxy = 'https://proxy.example'\n{PAIR}");
    let folder = folder(&["client.pem", "client.key"], &daemon);
    let faults = folder.faults();
    assert!(
        faults.len() == 1
            && faults[0].starts_with(
                "the HTTP client would use `ca` and `certificate` for the HTTPS proxy"
            ),
        "{faults:?}"
    );
    folder.daemon_file(daemon.replace("https:", "http:"));
    folder.config();
}
