//! The minimal work of a tokio server for a call: it reads to the end of a line and writes the next command of a file.
//!
//! `bare COMMANDS ADDRESS`

use std::sync::Arc;
use std::{env, fs, io};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [commands, address] = arguments.as_slice() else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let commands = fs::read_to_string(commands)?;
    let commands: Arc<[String]> = commands.split_inclusive('\n').map(String::from).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_io().build()?;
    let server = runtime.spawn(serve(commands, address.clone()));
    runtime.block_on(server)?
}

async fn serve(commands: Arc<[String]>, address: String) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    eprintln!("serving");
    loop {
        let (stream, _) = listener.accept().await?;
        let commands = commands.clone();
        tokio::spawn(async move {
            if let Err(error) = serve_call(stream, &commands).await {
                eprintln!("{error}");
            }
        });
    }
}

async fn serve_call(mut stream: TcpStream, commands: &[String]) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = [0; 2048];
    read_until(&mut stream, &mut buffer, b"\n\n").await?;
    for command in commands {
        stream.write_all(command.as_bytes()).await?;
        read_until(&mut stream, &mut buffer, b"\n").await?;
    }
    Ok(())
}

async fn read_until(stream: &mut TcpStream, buffer: &mut [u8], end: &[u8]) -> io::Result<()> {
    let mut filled = 0;
    while !buffer[..filled].ends_with(end) {
        match stream.read(&mut buffer[filled..]).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            bytes => filled += bytes,
        }
    }
    Ok(())
}
