//! Requests and responses.

use super::setup::{SoundServerSetup, served, urls};

#[tokio::test]
async fn a_sound_is_served_with_the_headers_for_caching() {
    let setup = SoundServerSetup::open().await;
    let target = setup.served_file("sounds/de/hello.wav", "the sound");
    let reply = setup.get(&target).await;
    assert_eq!((reply.status, reply.body.as_slice()), (200, &b"the sound"[..]));
    assert_eq!(reply.header("content-type"), Some("audio/wav"));
    assert_eq!(reply.header("content-length"), Some("9"));
    assert_eq!(reply.header("cache-control"), Some("max-age=60"));
    assert!(reply.header("last-modified").unwrap().ends_with(" GMT"));
    let tag = reply.header("etag").unwrap();
    assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    let url = setup.served_file("cache/0123.wav", "kept");
    assert_eq!(setup.get(&url).await.header("cache-control"), Some("max-age=86400"));
    let heard_once = setup.served_file("cache/passing-0123.wav", "4711");
    assert_eq!(setup.get(&heard_once).await.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn only_a_wav_file_has_the_wav_content_type() {
    let setup = SoundServerSetup::open().await;
    for name in ["sounds/a.wav16", "sounds/a.gsm", "sounds/a.sln"] {
        let target = setup.served_file(name, "x");
        let kind = setup.get(&target).await.header("content-type").unwrap().to_owned();
        assert_eq!(kind, "application/octet-stream", "{name}");
    }
}

#[tokio::test]
async fn file_names_with_special_characters_are_decoded_correctly() {
    let setup = SoundServerSetup::open().await;
    for name in ["sounds/a b&c,(d)${e}%41?ü#.wav", "sounds/..wav", "sounds/%2e%2e.wav"] {
        let target = setup.served_file(name, name);
        let reply = setup.get(&target).await;
        assert_eq!((reply.status, reply.body), (200, name.as_bytes().to_vec()), "{target}");
    }
}

#[tokio::test]
async fn a_head_request_has_no_body() {
    let setup = SoundServerSetup::open().await;
    let target = setup.served_file("sounds/hello.wav", "the sound");
    let reply = setup.ask("HEAD", &target, "").await;
    assert_eq!((reply.status, reply.header("content-length")), (200, Some("9")));
    assert!(reply.body.is_empty() && reply.header("etag").is_some());
}

#[tokio::test]
async fn a_sound_that_the_switch_has_cached_is_not_sent_again() {
    let setup = SoundServerSetup::open().await;
    let target = setup.served_file("sounds/hello.wav", "the sound");
    let first = setup.get(&target).await;
    let (tag, date) = (first.header("etag").unwrap(), first.header("last-modified").unwrap());
    let knows = [
        format!("If-None-Match: {tag}\r\n"),
        format!("If-None-Match: \"other\", W/{tag}\r\n"),
        "If-None-Match: *\r\n".to_owned(),
        format!("If-Modified-Since: {date}\r\n"),
    ];
    for headers in &knows {
        for method in ["GET", "HEAD"] {
            let reply = setup.ask(method, &target, headers).await;
            assert_eq!((reply.status, reply.body.len()), (304, 0), "{method} {headers}");
            assert_eq!(reply.header("etag"), Some(tag));
        }
    }
    let knows_not = [
        "If-None-Match: \"other\"\r\n".to_owned(),
        format!("If-None-Match: \"other\"\r\nIf-Modified-Since: {date}\r\n"),
        "If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT\r\n".to_owned(),
        "If-Modified-Since: yesterday\r\n".to_owned(),
    ];
    for headers in &knows_not {
        assert_eq!(setup.ask("GET", &target, headers).await.status, 200, "{headers}");
    }
    setup.file("sounds/hello.wav", "another sound");
    let reply = setup.ask("GET", &target, &format!("If-None-Match: {tag}\r\n")).await;
    assert_eq!((reply.status, reply.body.as_slice()), (200, &b"another sound"[..]));
}

#[tokio::test]
async fn a_long_sound_is_sent_completely() {
    let setup = SoundServerSetup::open().await;
    let sound: Vec<u8> = (0..3_000_001u32).map(|n| (n % 251) as u8).collect();
    let target = setup.served_file("cache/long.wav", &sound);
    assert!(setup.get(&target).await.body == sound);
}

#[tokio::test]
async fn a_url_that_was_not_issued_is_not_found() {
    let setup = SoundServerSetup::open().await;
    setup.file("secret.wav", "secret");
    let target = setup.served_file("sounds/de/hello.wav", "the sound");
    let [_, root, signature, rest] = target.splitn(4, '/').collect::<Vec<_>>().try_into().unwrap();
    let first = if signature.starts_with('0') { '1' } else { '0' };
    let other = tempfile::TempDir::new().unwrap();
    let foreign = served(
        &urls(other.path(), &format!("http://{}", setup.address)),
        other.path().join("sounds/de/hello.wav").to_str().unwrap(),
    );
    let guesses = [
        "/".to_owned(),
        "*".to_owned(),
        format!("/{root}"),
        format!("/{root}/"),
        format!("/{root}/{signature}"),
        format!("/{root}/{signature}/"),
        format!("/{root}/{signature}/de"),
        format!("/{root}/{signature}/de/"),
        format!("/{root}/{signature}/de/other.wav"),
        format!("/{root}/{first}{}/{rest}", &signature[1..]),
        format!("/{root}/{}/{rest}", &signature[..32]),
        format!("/{root}//{rest}"),
        format!("/{root}/{}/{rest}", "0".repeat(64)),
        format!("/{root}/{}/{rest}", "ü".repeat(32)),
        format!("/cache/{signature}/{rest}"),
        format!("/{root}/{signature}/de/../de/hello.wav"),
        format!("/{root}/{signature}/../secret.wav"),
        format!("/{root}/{signature}/%2e%2e/secret.wav"),
        format!("/{root}/{signature}/..%2fsecret.wav"),
        format!("/{root}/{signature}//etc/passwd"),
        format!("/{root}/{signature}/de/hello.wav%00"),
        setup.target(&foreign),
    ];
    for guess in guesses.iter().filter(|guess| guess.is_ascii()) {
        let reply = setup.get(guess).await;
        assert_eq!((reply.status, reply.body.len()), (404, 0), "{guess}");
        assert_eq!(reply.header("content-type"), None);
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"] {
        assert_eq!(setup.ask(method, &target, "").await.status, 404, "{method}");
    }
}

#[tokio::test]
async fn a_signed_url_without_a_file_is_not_found() {
    let setup = SoundServerSetup::open().await;
    let target =
        |name: &str| setup.target(&served(&setup.urls, setup.path(name).to_str().unwrap()));
    let made = std::process::Command::new("mkfifo").arg(setup.path("sounds/pipe.wav")).status();
    assert!(made.unwrap().success());
    for name in ["sounds/gone.wav", "sounds/de", "sounds/pipe.wav"] {
        assert_eq!(setup.get(&target(name)).await.status, 404, "{name}");
    }
    let outside = setup.target(&setup.urls.cached_sound_url("../secret.wav"));
    setup.file("secret.wav", "secret");
    assert_eq!(setup.get(&outside).await.status, 404, "even if we signed it");
    assert_eq!(
        setup.get(&setup.target(&setup.urls.cached_sound_url("/etc/passwd"))).await.status,
        404
    );
}

#[tokio::test]
async fn a_file_with_a_time_before_1970_is_served_without_a_date() {
    let setup = SoundServerSetup::open().await;
    let target = setup.served_file("sounds/old.wav", "old");
    let file = std::fs::File::options().write(true).open(setup.path("sounds/old.wav")).unwrap();
    let before = std::time::SystemTime::UNIX_EPOCH - std::time::Duration::from_secs(86_400);
    file.set_modified(before).unwrap();
    let reply = setup.get(&target).await;
    assert_eq!((reply.status, reply.header("last-modified")), (200, None));
}
