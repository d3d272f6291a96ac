//! `[cache]` of the daemon's file.

use crate::support::config_folder::ConfigFolder;

const SECRET: &str = "0123456789abcdef";

fn folder(cache: &str) -> ConfigFolder {
    let folder = ConfigFolder::new();
    folder.file("secrets/REDIS", "p@ss/word #1\n").file("secrets/SHARED", SECRET);
    folder.file("secrets/SHORT", "0123456789abcde").file("secrets/EMPTY", "");
    folder.daemon_file(format!("[cache]\n{cache}\n"));
    folder
}

#[test]
fn a_shared_cache_has_an_address_and_a_secret_and_shows_neither_password_nor_secret() {
    let redis = "shared = 'redis://:{secret.REDIS}@10.0.0.5:6379/2'";
    let folder = folder(&format!("{redis}\nshared_secret = '{{secret.SHARED}}'"));
    let config = folder.config();
    let shared = config.daemon.trigger.shared_cache.as_ref().unwrap();
    assert_eq!(&*shared.secret, SECRET);
    assert_eq!(shared.address, "redis://:p%40ss%2Fword%20%231@10.0.0.5:6379/2".parse().unwrap());
    let shown = format!("{:?}", config.daemon.trigger);
    assert!(shown.contains("redis://10.0.0.5:6379/2"), "{shown}");
    assert!(!shown.contains("ss%2F") && !shown.contains(SECRET), "{shown}");
    folder.file("secrets/SHARED", "another 0123456789");
    let other = folder.load().unwrap();
    assert_eq!(config.daemon.changed_tables(&other.daemon).collect::<Vec<_>>(), ["[cache]"]);
}

/// What is wrong with `[cache]`.
fn faults(cache: &str) -> String {
    folder(cache).faults().join("\n")
}

#[test]
fn what_is_no_address_of_a_server_is_reported_with_a_fix() {
    let faults = |shared: &str| faults(&format!("{shared}\nshared_secret = '{{secret.SHARED}}'"));
    for shared in ["10.0.0.5:6379", "http://10.0.0.5/", "redis:///0", "{secret.REDIS}"] {
        let faults = faults(&format!("shared = '{shared}'"));
        assert!(faults.starts_with("not the address of a Redis or Valkey server"), "{faults}");
        assert!(faults.contains("`redis://:{secret.NAME}@10.0.0.5:6379/0`"), "{faults}");
        assert!(!faults.contains("word"), "{faults}");
    }
    let database = faults("shared = 'redis://10.0.0.5/calls'");
    assert!(database.starts_with("the database must be a number"), "{database}");
    let rest = faults("shared = 'rediss://10.0.0.5/#insecure'");
    assert!(rest.contains("remove the part that begins with `?` or `#`"), "{rest}");
    let missing = faults("shared = 'redis://:{secret.NOWHERE}@10.0.0.5/'");
    assert!(missing.starts_with("the secret `NOWHERE` is not available"), "{missing}");
    let call = faults("shared = 'redis://:{caller}@10.0.0.5/'");
    assert!(
        call.starts_with("a value of a call cannot be used here: the cache serves all calls"),
        "{call}"
    );
}

#[test]
fn a_shared_cache_and_its_secret_need_each_other() {
    let alone = faults("shared = 'redis://10.0.0.5/'");
    assert!(alone.contains("`shared` needs `shared_secret`"), "{alone}");
    assert!(alone.contains("add `shared_secret = \"{secret.NAME}\"`"), "{alone}");
    let alone = faults("shared_secret = '{secret.SHARED}'");
    assert!(alone.starts_with("`shared_secret` has no effect without `shared`"), "{alone}");
}

#[test]
fn the_secret_is_a_long_one_and_is_never_in_the_file_itself() {
    let faults = |secret: &str| {
        faults(&format!("shared = 'unix:///redis.sock'\nshared_secret = '{secret}'"))
    };
    for literal in [SECRET, "{secret.SHARED}x", "{secret.SHARED}{secret.SHARED}", "{caller}", ""] {
        let faults = faults(literal);
        assert!(faults.starts_with("`shared_secret` must be a secret"), "{faults}");
        assert!(faults.contains("write the secret to a file in the secrets folder"), "{faults}");
    }
    let short = faults("{secret.SHORT}");
    assert!(short.starts_with("this secret is shorter than 16 characters"), "{short}");
    assert!(short.contains("openssl rand -hex 32") && !short.contains("0123"), "{short}");
    assert!(faults("{secret.NOWHERE}").starts_with("the secret `NOWHERE` is not available"));
    assert_eq!(
        faults("{secret.EMPTY}"),
        "the secret `EMPTY` is not available: it is empty | write the secret to that file"
    );
}

#[test]
fn scripts_with_one_cache_key_and_different_requests_keep_apart() {
    let folder = ConfigFolder::new();
    folder.daemon_file("");
    let script = |trigger: &str| {
        let url = "url = 'https://shop.example/api'";
        folder.file(
            "scripts/asks.toml",
            format!(
                "[prompt]\nsay = 'Hello'\n[trigger]\n{url}\n{trigger}\n[no_response]\n[response]\n\
                 key = 'code'\ncache = '5m'\ncache_key = '{{caller}}'\n[[branch]]\nwhen = '1'\n"
            ),
        );
        let trigger = folder.loaded("asks").trigger.clone().unwrap();
        trigger.cache_policy.unwrap().key.unwrap().source
    };
    let sent = [
        script("body = 'what=orders&of={caller}'"),
        script("body = 'what=debts&of={caller}'"),
        script("headers = 'X-Shop=1'"),
        script("headers = 'X-Shop=2'"),
        script("fallback_url = 'https://b.example/'"),
        script(""),
    ];
    let different: std::collections::HashSet<_> = sent.iter().collect();
    assert_eq!(different.len(), sent.len());
    assert_eq!(script(""), sent[5]);
}
