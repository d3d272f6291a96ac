//! `dialscript check`, with and without `--connect`.

use std::net::{TcpListener, TcpStream};

use rustls::version::TLS13;

use crate::support::config_folder::ConfigFolder;
use crate::support::net::free_address;
use crate::support::program::ProgramResult;
use crate::support::web::Reply;
use crate::support::web::tls::{ClientAuth, TlsWeb, private_file, private_server, server};

const SCRIPT: &str = "[no_response]\nthen = 'hangup'\n[trigger]\nurl = ";

fn check(folder: &ConfigFolder) -> ProgramResult {
    ProgramResult::from_output(folder.program("check").arg("--connect").output().unwrap())
}

fn private(certificate: &str) -> TlsWeb {
    TlsWeb::start_with(private_server(certificate, &TLS13), |_| Reply::json("{}"))
}

/// Everything that the program prints about a server.
fn lines_about(result: &ProgramResult, port: u16) -> Vec<&str> {
    let port = format!(":{port}");
    result.lines().into_iter().filter(|line| line.contains(&port)).collect()
}

#[test]
fn an_unknown_currency_is_one_error_and_nothing_else() {
    let folder = ConfigFolder::new();
    folder.script("price", "[prompt]\nsay = 'It costs {money:arg.price XYZ}.'\n[otherwise]\n");
    let result = ProgramResult::from_output(folder.program("check").output().unwrap());
    let printed = format!("{}{}", result.output, result.errors);
    assert!(printed.starts_with("error: ") && printed.contains("1 error in 1 file"), "{printed}");
    assert!(!printed.contains("ICU"), "{printed}");
}

#[test]
fn each_server_is_connected_to_once_and_no_request_is_sent() {
    let pinned = private("version-1.pem");
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let (plain_port, pinned_port) = (plain.local_addr().unwrap().port(), pinned.address.port());
    let folder = ConfigFolder::new();
    folder.daemon_file(format!(
        "[upstream.localhost]\nca = '{}'\n[cache]\nshared = 'redis://127.0.0.1:{plain_port}'\n\
         shared_secret = '{{secret.SHARED}}'\n",
        private_file("version-1.pem")
    ));
    folder.file("secrets/SHARED", "a secret of the daemons");
    let url = format!("{SCRIPT}'https://ivr:hunter2@localhost:{pinned_port}/o?id={{caller}}'");
    folder.script("order", &url).script("stock", &url);
    let result = check(&folder);
    assert_eq!(result.code, 0, "{}{}", result.output, result.errors);
    let [line] = lines_about(&result, pinned_port)[..] else { panic!("{}", result.output) };
    for part in ["script order, script stock", "ok, TLS 1.3, certificate valid until 21"] {
        assert!(line.contains(part), "{line}");
    }
    let [line] = lines_about(&result, plain_port)[..] else { panic!("{}", result.output) };
    assert!(line.contains("shared cache") && line.ends_with("ok"), "{line}");
    assert!(!result.output.contains("hunter2"), "{}", result.output);
    assert!(result.output.contains("2 servers, no failures"), "{}", result.output);
    assert_eq!(pinned.unread_requests(), 0);
    let (mut connection, _): (TcpStream, _) = plain.accept().unwrap();
    let mut sent = Vec::new();
    std::io::Read::read_to_end(&mut connection, &mut sent).unwrap();
    assert_eq!(sent, b"");
}

#[test]
fn each_failure_is_explained() {
    let no_names = private("no-names.pem");
    let strict = TlsWeb::start_with(server(ClientAuth::Required), |_| Reply::json("{}"));
    let closed = free_address();
    let (no_names, strict) = (no_names.address.port(), strict.address.port());
    let folder = ConfigFolder::new();
    folder.daemon_file(format!(
        "[upstream.'localhost:{no_names}']\nca = '{}'\n[upstream.'localhost:{strict}']\nca = '{}'\n",
        private_file("office.pem"),
        crate::support::web::tls::file("authority.pem"),
    ));
    folder.script("a", &format!("{SCRIPT}'https://localhost:{no_names}/'"));
    folder.script(
        "b",
        &format!("{SCRIPT}'http://{closed}/'\nfallback_url = 'https://localhost:{strict}/'"),
    );
    let result = check(&folder);
    assert_eq!(result.code, 1, "{}{}", result.output, result.errors);
    assert!(result.output.contains("2 scripts"), "{}", result.errors);
    for (port, expected) in [
        (
            no_names,
            "no connection: its certificate has no subjectAltName (CN=localhost, issued by CN=Office CA",
        ),
        (strict, "no connection: it requires a client certificate"),
        (closed.port(), "no connection: Connection refused"),
    ] {
        let lines = lines_about(&result, port);
        assert!(lines[0].contains(expected), "{expected} in {lines:?}");
    }
    let help = lines_about(&result, no_names)[1];
    assert!(help.contains("openssl req -x509 -CA ca.pem"), "{help}");
    assert!(result.errors.contains("3 servers of 3 cannot be used"), "{}", result.errors);
}

#[test]
fn a_shared_cache_is_not_offered_the_protocols_of_http() {
    let mut strict = private_server("self-signed.pem", &TLS13);
    strict.alpn_protocols = vec![b"redis".to_vec()];
    let strict = TlsWeb::start_with(strict, |_| Reply::json("{}"));
    let folder = ConfigFolder::new();
    folder.daemon_file(format!(
        "[upstream.localhost]\nca = '{}'\n[cache]\nshared = 'rediss://localhost:{}'\n\
         shared_secret = '{{secret.SHARED}}'\n",
        private_file("self-signed.pem"),
        strict.address.port()
    ));
    folder.file("secrets/SHARED", "a secret of the daemons");
    let result = check(&folder);
    assert_eq!(result.code, 0, "{}{}", result.output, result.errors);
}

#[test]
fn a_host_that_a_value_decides_is_left_out() {
    let folder = ConfigFolder::new();
    folder.daemon_file("[egress]\nallow_hosts = ['*.shop.example']\n");
    folder.script("a", &format!("{SCRIPT}'https://{{called}}.shop.example/'"));
    let result = check(&folder);
    assert_eq!(result.code, 0, "{}{}", result.output, result.errors);
    assert!(result.output.contains("no servers to connect to"), "{}", result.output);
}

#[test]
fn the_command_that_shows_a_certificate_names_the_host_and_the_port() {
    let unknown = private("self-signed.pem");
    let port = unknown.address.port();
    let folder = ConfigFolder::new();
    folder.script("a", &format!("{SCRIPT}'https://localhost:{port}/'"));
    folder.daemon_file("[upstream.localhost]\nca = 'ca.pem'\n");
    std::fs::copy(crate::support::web::tls::file("authority.pem"), folder.at("ca.pem")).unwrap();
    let result = check(&folder);
    let help = lines_about(&result, port)[1];
    for part in [&format!("s_client -connect localhost:{port} <"), "[upstream.\"localhost\"]"] {
        assert!(help.contains(part), "{help}");
    }
}

#[test]
fn without_any_configuration_both_places_are_named() {
    let folder = tempfile::TempDir::new().unwrap();
    let mut program = crate::support::program::dialscript();
    let output = program.arg("check").current_dir(folder.path()).output().unwrap();
    let result = ProgramResult::from_output(output);
    // A machine on which dialscript is installed has this file.
    if std::path::Path::new("/etc/dialscript/dialscript.toml").exists() {
        return;
    }
    assert_eq!(result.code, 1);
    for part in ["/etc/dialscript/dialscript.toml", "the current folder has no `dialscript.toml`"] {
        assert!(result.errors.contains(part), "{}", result.errors);
    }
}

/// Opening a named pipe without a writer waits for one: `timeout` then ends with the code 124.
#[test]
fn a_named_pipe_given_by_name_is_refused_at_once() {
    let folder = ConfigFolder::new();
    folder.script("a", &format!("{SCRIPT}'http://127.0.0.1/'"));
    let pipe = folder.at("pipe.wav");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let pipe = pipe.to_str().unwrap();
    for arguments in
        [&["check", "-c", pipe][..], &["match", "a", "--answer", pipe], &["sounds", "import", pipe]]
    {
        let mut program = std::process::Command::new("timeout");
        program.arg("30").arg(env!("CARGO_BIN_EXE_dialscript")).args(arguments);
        let output = program.env_remove("DIALSCRIPT_CONFIG").current_dir(folder.path()).output();
        let result = ProgramResult::from_output(output.unwrap());
        assert_ne!(result.code, 124, "{arguments:?}");
        assert!(result.errors.contains("not a regular file"), "{arguments:?}: {}", result.errors);
    }
}

#[test]
fn with_json_each_diagnostic_is_an_object_with_its_place() {
    let folder = ConfigFolder::with_scripts(&[("menu", "[keypress]\nlenght = 4\ngäp = 1\n")]);
    let check =
        || ProgramResult::from_output(folder.program("check").arg("--json").output().unwrap());
    let result = check();
    assert_eq!((result.code, result.errors.as_str()), (1, ""));
    let [first, .., summary] = result.events() else { panic!("{}", result.output) };
    assert_eq!(first["level"], "error");
    assert!(first["file"].as_str().unwrap().ends_with("/menu.toml"), "{first}");
    let misspelled = result.events().iter().find(|line| line["line"] == 2).unwrap();
    assert_eq!((&misspelled["column"], &misspelled["end_column"]), (&1.into(), &7.into()));
    assert_eq!(misspelled["help"], "did you mean `length`?");
    assert_eq!(summary["errors"], result.events().len() - 1);
    folder.script("menu", "[prompt]\nsay = 'Hello {{caller}}.'\n");
    let result = check();
    let [warning, .., summary] = result.events() else { panic!("{}", result.output) };
    assert_eq!((result.code, &warning["level"]), (0, &"warning".into()));
    assert_eq!((&summary["scripts"], &summary["errors"]), (&1.into(), &0.into()));
}

#[test]
fn with_json_each_server_is_an_object() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let folder = ConfigFolder::new();
    folder.script("order", &format!("{SCRIPT}'http://127.0.0.1:{port}/'"));
    folder.script("stock", &format!("{SCRIPT}'http://127.0.0.1:1/'"));
    let mut program = folder.program("check");
    let output = program.args(["--json", "--connect"]).output().unwrap();
    let result = ProgramResult::from_output(output);
    assert_eq!(result.code, 1);
    let server = |name: &str| {
        let mut lines = result.events().iter();
        lines.find(|line| line["server"] == name).unwrap_or_else(|| panic!("{}", result.output))
    };
    let (up, down) = (server(&format!("127.0.0.1:{port}")), server("127.0.0.1:1"));
    assert_eq!((&up["ok"], &up["used_for"]), (&true.into(), &"script order".into()));
    assert_eq!(down["ok"], false);
    assert!(down["result"].as_str().unwrap().starts_with("no connection: "), "{down}");
}
