//! Requests and what comes back.

use super::studio::{Studio, served, urls};

#[tokio::test]
async fn a_sound_is_served_with_all_that_caches_need() {
    let studio = Studio::open().await;
    let target = studio.served_file("sounds/de/hello.wav", "the sound");
    let reply = studio.get(&target).await;
    assert_eq!((reply.status, reply.body.as_slice()), (200, &b"the sound"[..]));
    assert_eq!(reply.header("content-type"), Some("audio/wav"));
    assert_eq!(reply.header("content-length"), Some("9"));
    assert_eq!(reply.header("cache-control"), Some("max-age=60"));
    assert!(reply.header("last-modified").unwrap().ends_with(" GMT"));
    let tag = reply.header("etag").unwrap();
    assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    let kept = studio.served_file("cache/0123.wav", "kept");
    assert_eq!(studio.get(&kept).await.header("cache-control"), Some("max-age=86400"));
    let heard_once = studio.served_file("cache/passing-0123.wav", "4711");
    assert_eq!(studio.get(&heard_once).await.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn only_a_wav_calls_itself_one() {
    let studio = Studio::open().await;
    for name in ["sounds/a.wav16", "sounds/a.gsm", "sounds/a.sln"] {
        let target = studio.served_file(name, "x");
        let kind = studio.get(&target).await.header("content-type").unwrap().to_owned();
        assert_eq!(kind, "application/octet-stream", "{name}");
    }
}

#[tokio::test]
async fn names_of_all_kinds_find_their_way_back() {
    let studio = Studio::open().await;
    for name in ["sounds/a b&c,(d)${e}%41?ü#.wav", "sounds/..wav", "sounds/%2e%2e.wav"] {
        let target = studio.served_file(name, name);
        let reply = studio.get(&target).await;
        assert_eq!((reply.status, reply.body), (200, name.as_bytes().to_vec()), "{target}");
    }
}

#[tokio::test]
async fn a_head_has_no_body() {
    let studio = Studio::open().await;
    let target = studio.served_file("sounds/hello.wav", "the sound");
    let reply = studio.ask("HEAD", &target, "").await;
    assert_eq!((reply.status, reply.header("content-length")), (200, Some("9")));
    assert!(reply.body.is_empty() && reply.header("etag").is_some());
}

#[tokio::test]
async fn what_a_switch_has_is_not_sent_again() {
    let studio = Studio::open().await;
    let target = studio.served_file("sounds/hello.wav", "the sound");
    let first = studio.get(&target).await;
    let (tag, date) = (first.header("etag").unwrap(), first.header("last-modified").unwrap());
    let knows = [
        format!("If-None-Match: {tag}\r\n"),
        format!("If-None-Match: \"other\", W/{tag}\r\n"),
        "If-None-Match: *\r\n".to_owned(),
        format!("If-Modified-Since: {date}\r\n"),
    ];
    for headers in &knows {
        for method in ["GET", "HEAD"] {
            let reply = studio.ask(method, &target, headers).await;
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
        assert_eq!(studio.ask("GET", &target, headers).await.status, 200, "{headers}");
    }
    studio.file("sounds/hello.wav", "another sound");
    let reply = studio.ask("GET", &target, &format!("If-None-Match: {tag}\r\n")).await;
    assert_eq!((reply.status, reply.body.as_slice()), (200, &b"another sound"[..]));
}

#[tokio::test]
async fn a_long_sound_comes_whole() {
    let studio = Studio::open().await;
    let sound: Vec<u8> = (0..3_000_001u32).map(|n| (n % 251) as u8).collect();
    let target = studio.served_file("cache/long.wav", &sound);
    assert!(studio.get(&target).await.body == sound);
}

#[tokio::test]
async fn whatever_was_not_handed_out_is_not_there() {
    let studio = Studio::open().await;
    studio.file("secret.wav", "secret");
    let target = studio.served_file("sounds/de/hello.wav", "the sound");
    let [_, root, signature, rest] = target.splitn(4, '/').collect::<Vec<_>>().try_into().unwrap();
    let first = if signature.starts_with('0') { '1' } else { '0' };
    let other = tempfile::TempDir::new().unwrap();
    let foreign = served(
        &urls(other.path(), &format!("http://{}", studio.address)),
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
        studio.target(&foreign),
    ];
    for guess in guesses.iter().filter(|guess| guess.is_ascii()) {
        let reply = studio.get(guess).await;
        assert_eq!((reply.status, reply.body.len()), (404, 0), "{guess}");
        assert_eq!(reply.header("content-type"), None);
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"] {
        assert_eq!(studio.ask(method, &target, "").await.status, 404, "{method}");
    }
}

#[tokio::test]
async fn what_is_signed_but_no_file_is_not_there() {
    let studio = Studio::open().await;
    let target =
        |name: &str| studio.target(&served(&studio.urls, studio.path(name).to_str().unwrap()));
    let made = std::process::Command::new("mkfifo").arg(studio.path("sounds/pipe.wav")).status();
    assert!(made.unwrap().success());
    for name in ["sounds/gone.wav", "sounds/de", "sounds/pipe.wav"] {
        assert_eq!(studio.get(&target(name)).await.status, 404, "{name}");
    }
    let outside = studio.target(&studio.urls.of_cache("../secret.wav"));
    studio.file("secret.wav", "secret");
    assert_eq!(studio.get(&outside).await.status, 404, "even if we signed it");
    assert_eq!(studio.get(&studio.target(&studio.urls.of_cache("/etc/passwd"))).await.status, 404);
}

#[tokio::test]
async fn a_file_from_before_all_dates_is_served_without_one() {
    let studio = Studio::open().await;
    let target = studio.served_file("sounds/old.wav", "old");
    let file = std::fs::File::options().write(true).open(studio.path("sounds/old.wav")).unwrap();
    let before = std::time::SystemTime::UNIX_EPOCH - std::time::Duration::from_secs(86_400);
    file.set_modified(before).unwrap();
    let reply = studio.get(&target).await;
    assert_eq!((reply.status, reply.header("last-modified")), (200, None));
}
