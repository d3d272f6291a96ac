//! The built program, with what the daemon's file says of an upstream.

use std::process::Command;

use tokio::task::spawn_blocking;

use super::signatures::NEW;
use crate::support::web::Reply;
use crate::support::web::tls::{TlsWeb, Wants, file};

#[tokio::test]
async fn a_call_asks_by_the_certificate_and_the_keys_of_the_files() {
    let shop = TlsWeb::start(Wants::Demands, |_| Reply::json(r#"{"code":"200"}"#));
    let home = tempfile::TempDir::new().unwrap();
    let write = |name: &str, text: &str| {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let upstream = format!(
        "[upstream.localhost]\nca = '{}'\ncertificate = '{}'\nkey = '{{secret.KEY}}'\n",
        file("authority.pem"),
        file("client.pem")
    );
    write("dialscript.toml", &upstream);
    write("secrets/KEY", &std::fs::read_to_string(file("client.key")).unwrap());
    write("secrets/SIGN", NEW);
    write("secrets/PASSWORD", "open sesame\n");
    let script = format!(
        "[trigger]\nurl = '{}'\nsign = '{{secret.SIGN}}'\n\
         auth = {{ user = 'Aladdin', password = '{{secret.PASSWORD}}' }}\n\
         [response]\nkey = 'code'\n[[branch]]\nwhen = '200'\n[no_response]\nthen = 'hangup'\n",
        shop.url("localhost", "/orders?caller={caller}")
    );
    write("scripts/shop.toml", &script);
    let config = home.path().join("dialscript.toml");
    let mut call = Command::new(env!("CARGO_BIN_EXE_dialscript"));
    call.args(["call", "shop", "--json", "--config"]).arg(config);
    let output = spawn_blocking(move || call.output().unwrap()).await.unwrap();
    let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(!told.contains("open sesame") && !told.contains(NEW), "{told}");
    let (seen, shown) = shop.next();
    assert_eq!(shown, 1);
    assert_eq!(seen.headers("authorization"), ["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="]);
    assert!(super::signatures::is_signed_by(NEW, &seen), "{}", seen.head);
}
