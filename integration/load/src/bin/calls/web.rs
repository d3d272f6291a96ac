//! The web application: one answer for every request, with the headers that a usual server sends.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use dialscript_load::shop::ANSWER;
use dialscript_load::transcript::Action;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::socket::SharedTranscript;

/// The path of each request.
const REQUEST: &[u8] = b"GET /orders?";

#[derive(Clone, Default)]
pub(crate) struct WebApplication {
    requests: Arc<AtomicUsize>,
    transcript: Arc<Mutex<Option<SharedTranscript>>>,
}

impl WebApplication {
    pub(crate) async fn listen(address: &str) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let application = Self::default();
        let serving = application.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.serve(stream).await });
            }
        });
        Ok(application)
    }

    /// The number of requests so far.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// Records the requests from now on into a new transcript.
    pub(crate) fn record(&self) -> SharedTranscript {
        let shared = SharedTranscript::default();
        if let Ok(mut transcript) = self.transcript.lock() {
            *transcript = Some(shared.clone());
        }
        shared
    }

    async fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let reply = format!(
            "HTTP/1.1 200 OK\r\nserver: shop/1.0\r\ndate: Tue, 01 Dec 2026 08:00:00 GMT\r\n\
             content-type: application/json; charset=utf-8\r\ncontent-length: {}\r\n\
             cache-control: no-store\r\n\r\n{ANSWER}",
            ANSWER.len()
        );
        let mut request = Vec::with_capacity(1024);
        while stream.read_buf(&mut request).await? > 0 {
            if !request.ends_with(b"\r\n\r\n") {
                continue;
            }
            if !request.starts_with(REQUEST) {
                eprintln!("unexpected request: {}", String::from_utf8_lossy(&request));
                return Ok(());
            }
            request.clear();
            self.note_request();
            stream.write_all(reply.as_bytes()).await?;
        }
        Ok(())
    }

    fn note_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if let Ok(transcript) = self.transcript.lock()
            && let Some(Ok(mut transcript)) = transcript.as_ref().map(|shared| shared.lock())
        {
            transcript.add(Action::Ask);
        }
    }
}
