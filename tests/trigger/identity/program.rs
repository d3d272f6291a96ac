//! The built program with an `[upstream]` table in `dialscript.toml`.

use tokio::task::spawn_blocking;

use super::signatures::NEW;
use crate::support::config_folder::ConfigFolder;
use crate::support::program::ProgramResult;
use crate::support::web::Reply;
use crate::support::web::tls::{ClientAuth, TlsWeb, file};

#[tokio::test]
async fn the_program_uses_the_client_certificate_and_signing_keys_of_its_files() {
    let shop = TlsWeb::start(ClientAuth::Required, |_| Reply::json(r#"{"code":"200"}"#));
    let folder = ConfigFolder::new();
    let upstream = format!(
        "[upstream.localhost]\nca = '{}'\ncertificate = '{}'\nkey = '{{secret.KEY}}'\n",
        file("authority.pem"),
        file("client.pem")
    );
    folder.daemon_file(upstream);
    folder.file("secrets/KEY", std::fs::read_to_string(file("client.key")).unwrap());
    folder.file("secrets/SIGN", NEW);
    folder.file("secrets/PASSWORD", "open sesame\n");
    let script = format!(
        "[trigger]\nurl = '{}'\nsign = '{{secret.SIGN}}'\n\
         auth = {{ user = 'Aladdin', password = '{{secret.PASSWORD}}' }}\n\
         [response]\nkey = 'code'\n[[branch]]\nwhen = '200'\n[no_response]\nthen = 'hangup'\n",
        shop.url("localhost", "/orders?caller={caller}")
    );
    folder.script("shop", &script);
    let mut call = folder.program("call");
    call.args(["shop", "--json"]);
    let ran =
        spawn_blocking(move || ProgramResult::from_output(call.output().unwrap())).await.unwrap();
    let text = [ran.output, ran.errors].concat();
    assert_eq!(ran.code, 0, "{text}");
    assert!(!text.contains("open sesame") && !text.contains(NEW), "{text}");
    let (seen, shown) = shop.next();
    assert_eq!(shown, 1);
    assert_eq!(seen.headers("authorization"), ["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="]);
    assert!(super::signatures::is_signed_by(NEW, &seen), "{}", seen.head);
}
