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
fn the_settings_of_the_shared_cache_never_show_the_password_or_the_secret() {
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
    let (_, changed) = config.daemon.reload(&other.daemon);
    assert_eq!(changed.applied, ["[cache] shared_secret"]);
}

/// The errors in a table `[cache]`.
fn errors(cache: &str) -> String {
    folder(cache).errors().join("\n")
}

#[test]
fn an_invalid_server_address_is_an_error_with_a_fix() {
    let errors = |shared: &str| errors(&format!("{shared}\nshared_secret = '{{secret.SHARED}}'"));
    for shared in ["10.0.0.5:6379", "http://10.0.0.5/", "redis:///0", "{secret.REDIS}"] {
        let errors = errors(&format!("shared = '{shared}'"));
        assert!(errors.starts_with("not the address of a Redis or Valkey server"), "{errors}");
        assert!(errors.contains("`redis://:{secret.NAME}@10.0.0.5:6379/0`"), "{errors}");
        assert!(!errors.contains("word"), "{errors}");
    }
    let database = errors("shared = 'redis://10.0.0.5/calls'");
    assert!(database.starts_with("the database must be a number"), "{database}");
    let rest = errors("shared = 'rediss://10.0.0.5/#insecure'");
    assert!(rest.contains("remove the part that begins with `?` or `#`"), "{rest}");
    let missing = errors("shared = 'redis://:{secret.NOWHERE}@10.0.0.5/'");
    assert!(missing.starts_with("the secret `NOWHERE` is not available"), "{missing}");
    let call = errors("shared = 'redis://:{caller}@10.0.0.5/'");
    assert!(
        call.starts_with("a value of a call cannot be used here: the cache serves all calls"),
        "{call}"
    );
}

#[test]
fn shared_and_shared_secret_need_each_other() {
    let alone = errors("shared = 'redis://10.0.0.5/'");
    assert!(alone.contains("`shared` needs `shared_secret`"), "{alone}");
    assert!(alone.contains("add `shared_secret = \"{secret.NAME}\"`"), "{alone}");
    let alone = errors("shared_secret = '{secret.SHARED}'");
    assert!(alone.starts_with("`shared_secret` has no effect without `shared`"), "{alone}");
}

#[test]
fn the_shared_secret_must_be_long_and_in_a_secret_file() {
    let errors = |secret: &str| {
        errors(&format!("shared = 'unix:///redis.sock'\nshared_secret = '{secret}'"))
    };
    for literal in [SECRET, "{secret.SHARED}x", "{secret.SHARED}{secret.SHARED}", "{caller}", ""] {
        let errors = errors(literal);
        assert!(errors.starts_with("`shared_secret` must be a secret"), "{errors}");
        assert!(errors.contains("write the secret to a file in the secrets folder"), "{errors}");
    }
    let short = errors("{secret.SHORT}");
    assert!(short.starts_with("this secret is shorter than 16 characters"), "{short}");
    assert!(short.contains("openssl rand -hex 32") && !short.contains("0123"), "{short}");
    assert!(errors("{secret.NOWHERE}").starts_with("the secret `NOWHERE` is not available"));
    assert_eq!(
        errors("{secret.EMPTY}"),
        "the secret `EMPTY` is not available: it is empty | write the secret to that file"
    );
}

#[test]
fn scripts_with_the_same_cache_key_and_different_requests_share_no_answers() {
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
