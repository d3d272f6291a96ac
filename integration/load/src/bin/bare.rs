//! The minimal work of a tokio server for a call: it reads to the end of each message, and writes the bytes that
//! dialscript has written after that message. It asks the web application at the same place, and ignores the answer.
//!
//! `bare asterisk|freeswitch ADDRESS TRANSCRIPT [URL]`

use std::sync::Arc;
use std::{env, fs, io};

use dialscript_load::transcript::{Action, Step};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Agi,
    Esl,
}

struct Server {
    protocol: Protocol,
    steps: Vec<Step>,
    url: String,
    client: reqwest::Client,
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [switch, address, transcript, url @ ..] = arguments.as_slice() else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let server = Server {
        protocol: if switch == "asterisk" { Protocol::Agi } else { Protocol::Esl },
        steps: serde_json::from_str(&fs::read_to_string(transcript)?)?,
        url: url.first().map(|url| format!("{url}?caller=1000&orderID=4711")).unwrap_or_default(),
        client: reqwest::Client::new(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let server = runtime.spawn(serve(Arc::new(server), address.clone()));
    runtime.block_on(server)?
}

async fn serve(server: Arc<Server>, address: String) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    eprintln!("serving");
    loop {
        let (stream, _) = listener.accept().await?;
        let server = server.clone();
        tokio::spawn(async move {
            if let Err(error) = serve_call(stream, &server).await {
                eprintln!(" ERROR {error}");
            }
        });
    }
}

async fn serve_call(mut stream: TcpStream, server: &Server) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(if server.protocol == Protocol::Agi { 1024 } else { 8192 });
    let mut messages = 0;
    for step in &server.steps {
        while messages < step.after {
            read_message(&mut stream, &mut buffer, server.protocol, messages == 0).await?;
            messages += 1;
        }
        match &step.action {
            Action::Write(text) => stream.write_all(text.as_bytes()).await?,
            Action::Ask => ask(server).await.map_err(io::Error::other)?,
            Action::Close => return Ok(()),
        }
    }
    Ok(())
}

async fn ask(server: &Server) -> reqwest::Result<()> {
    server.client.get(&server.url).send().await?.bytes().await.map(drop)
}

async fn read_message(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
    protocol: Protocol,
    is_first: bool,
) -> io::Result<()> {
    loop {
        let length = match protocol {
            Protocol::Agi if is_first => find(buffer, b"\n\n").map(|at| at + 2),
            Protocol::Agi => find(buffer, b"\n").map(|at| at + 1),
            Protocol::Esl => esl_length(buffer),
        };
        if let Some(length) = length.filter(|length| *length <= buffer.len()) {
            buffer.drain(..length);
            return Ok(());
        }
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// The length of the first message with its body, if its head is complete.
fn esl_length(buffer: &[u8]) -> Option<usize> {
    const LENGTH: &[u8] = b"Content-Length: ";
    let head = find(buffer, b"\n\n")? + 2;
    let Some(at) = find(&buffer[..head], LENGTH) else { return Some(head) };
    let digits = buffer[at + LENGTH.len()..head].iter().take_while(|byte| byte.is_ascii_digit());
    Some(head + digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0')))
}

fn find(buffer: &[u8], text: &[u8]) -> Option<usize> {
    memchr::memmem::find(buffer, text)
}
