//! A vosk server as recognizer. The fake server replies as `websocket/asr_server.py` of vosk-server does.

use dialscript::voice::settings::AsrBackend;
use dialscript::web::client::HttpClientSettings;
use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, accept_async};

use crate::support::config_folder::ConfigFolder;
use crate::support::net::free_address;
use crate::support::own_process::run_test;
use crate::support::wav::wav;
use crate::support::web::{Reply, Web, tls};
use crate::voice::recognition::setup::{LONG, RecognitionSetup, SHORT, speech};

type Socket = WebSocketStream<TcpStream>;

/// A server that handles one connection.
async fn server<F, S>(serve: S) -> AsrBackend
where
    F: Future<Output = ()> + Send,
    S: FnOnce(Socket) -> F + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        serve(accept_async(stream).await.unwrap()).await;
    });
    AsrBackend::Vosk(url.parse().unwrap())
}

/// Replies to each message except the configuration. The words come after the second chunk and at the end.
async fn recognise(mut socket: Socket, sender: mpsc::UnboundedSender<Message>) -> Socket {
    let mut chunks = 0;
    while let Some(Ok(message)) = socket.next().await {
        let is_end = message == Message::text(r#"{"eof" : 1}"#);
        let reply = match &message {
            _ if is_end => Some(r#"{"text" : "seven"}"#),
            Message::Binary(_) => {
                chunks += 1;
                let is_final = chunks == 2;
                Some(if is_final {
                    r#"{"result":[{"word":"four"}],"text":"four"}"#
                } else {
                    r#"{"partial":"x"}"#
                })
            }
            _ => None,
        };
        sender.send(message).unwrap();
        if let Some(reply) = reply {
            socket.send(Message::text(reply)).await.unwrap();
        }
        if is_end {
            break;
        }
    }
    socket
}

#[tokio::test]
async fn rate_samples_and_end_are_sent_and_all_words_are_collected() {
    let (sender, mut received) = mpsc::unbounded_channel();
    let by = server(|socket| async move {
        recognise(socket, sender).await.close(None).await.unwrap();
    });
    let setup = RecognitionSetup::new(by.await);
    assert_eq!(setup.transcribe(&speech()).await.unwrap(), "four seven");
    setup.assert_no_recordings();
    let first = received.recv().await.unwrap();
    assert_eq!(first.to_text().unwrap(), r#"{"config":{"sample_rate":8000}}"#);
    let mut samples = Vec::new();
    while let Some(Message::Binary(chunk)) = received.recv().await {
        assert!(chunk.len() <= 8000);
        samples.extend_from_slice(&chunk);
    }
    assert_eq!(samples, speech()[44..]);
}

#[tokio::test]
async fn the_sample_rate_of_the_recording_is_sent() {
    let (sender, mut received) = mpsc::unbounded_channel();
    let by = server(|socket| async move {
        recognise(socket, sender).await.close(None).await.unwrap();
    });
    let setup = RecognitionSetup::new(by.await);
    assert_eq!(setup.transcribe(&wav(16_000, 1, [7; 100])).await.unwrap(), "seven");
    assert_eq!(
        received.recv().await.unwrap().to_text().unwrap(),
        r#"{"config":{"sample_rate":16000}}"#
    );
}

#[tokio::test]
async fn a_server_that_leaves_the_connection_open_is_not_waited_for() {
    let (sender, _received) = mpsc::unbounded_channel();
    let by = server(|socket| async move {
        let _open = recognise(socket, sender).await;
        std::future::pending::<()>().await;
    });
    let setup = RecognitionSetup::with(by.await, LONG, 4);
    assert_eq!(setup.transcribe(&speech()).await.unwrap(), "four seven");
}

#[tokio::test]
async fn an_invalid_reply_is_an_error() {
    let by = server(|mut socket| async move {
        socket.send(Message::text("canary")).await.unwrap();
        while socket.next().await.is_some() {}
    });
    assert_eq!(
        RecognitionSetup::new(by.await).asr_error().await,
        "recognizer: its reply is not valid"
    );
}

#[tokio::test]
async fn an_endless_reply_is_not_read() {
    let by = server(|mut socket| async move {
        let long = format!(r#"{{"text":"{}"}}"#, "four ".repeat(200_000));
        let _ = socket.send(Message::text(long)).await;
        while let Some(Ok(_)) = socket.next().await {}
    });
    assert_eq!(
        RecognitionSetup::new(by.await).asr_error().await,
        "recognizer: its reply is too long"
    );
}

#[tokio::test]
async fn a_server_that_closes_without_a_result_is_an_error() {
    let by = server(|mut socket| async move {
        let _ = socket.next().await;
        let _ = socket.close(None).await;
        while let Some(Ok(_)) = socket.next().await {}
    });
    let error = RecognitionSetup::new(by.await).asr_error().await;
    let known = [
        "recognizer: it closed the connection without a reply",
        "recognizer: the connection was lost",
    ];
    assert!(
        known.contains(&error.as_str()) || error.starts_with("recognizer: no connection"),
        "{error}"
    );
}

#[tokio::test]
async fn a_server_that_hangs_times_out() {
    let by = server(|socket| async move {
        let _open = socket;
        std::future::pending::<()>().await;
    });
    assert_eq!(
        RecognitionSetup::with(by.await, SHORT, 4).asr_error().await,
        "recognizer: no result within 400ms"
    );
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", silent.local_addr().unwrap());
    let setup = RecognitionSetup::with(AsrBackend::Vosk(url.parse().unwrap()), SHORT, 4);
    assert_eq!(setup.asr_error().await, "recognizer: no result within 400ms");
}

#[tokio::test]
async fn an_unreachable_server_or_one_without_websocket_is_an_error() {
    let web = Web::start(|_| Reply::with(404, "", "canary")).await;
    let url = format!("ws://{}", web.address);
    let setup = RecognitionSetup::new(AsrBackend::Vosk(url.parse().unwrap()));
    assert_eq!(setup.asr_error().await, "recognizer: HTTP status 404");
    let free = free_address();
    let setup = RecognitionSetup::new(AsrBackend::Vosk(format!("ws://{free}").parse().unwrap()));
    let error = setup.asr_error().await;
    assert!(error.starts_with("recognizer: no connection"), "{error}");
}

/// The fake TLS server replies with 200 to everything. A client that gets this reply has accepted the certificate.
async fn by_tls() -> String {
    let url = format!("wss://localhost:{}", tls::start().port());
    RecognitionSetup::new(AsrBackend::Vosk(url.parse().unwrap())).asr_error().await
}

#[tokio::test]
async fn a_server_with_an_untrusted_certificate_is_rejected() {
    let error = by_tls().await;
    assert_eq!(error, "recognizer: no connection: its certificate was not issued by a trusted CA");
}

#[tokio::test]
async fn the_certificates_of_the_upstream_table_are_trusted() {
    let server = tls::start();
    let folder = ConfigFolder::new();
    let ca = tls::CA;
    for (table, expected) in [
        ("localhost".to_owned(), "recognizer: HTTP status 200"),
        (server.to_string().replace("127.0.0.1", "localhost"), "recognizer: HTTP status 200"),
        (
            "localhost:1".to_owned(),
            "recognizer: no connection: its certificate was not issued by a trusted CA",
        ),
    ] {
        folder.daemon_file(format!("[upstream.'{table}']\nca = '{ca}'\n"));
        let tls_identities = folder.config().daemon.trigger.tls_identities;
        let settings = HttpClientSettings { tls_identities, ..HttpClientSettings::default() };
        let url = format!("wss://localhost:{}", server.port()).parse().unwrap();
        let setup = RecognitionSetup::with_client(AsrBackend::Vosk(url), &settings);
        assert_eq!(setup.asr_error().await, expected, "{table}");
    }
}

/// Runs in its own process, since all tests of a process share one environment.
#[tokio::test]
#[ignore = "run by the next test"]
async fn child_a_server_certificate_of_a_system_root() {
    assert_eq!(by_tls().await, "recognizer: HTTP status 200");
}

#[test]
fn a_server_certificate_of_a_system_root_is_trusted() {
    let environment = [("SSL_CERT_FILE", tls::CA), ("SSL_CERT_DIR", "/nonexistent")];
    run_test(module_path!(), "child_a_server_certificate_of_a_system_root", &environment);
}
