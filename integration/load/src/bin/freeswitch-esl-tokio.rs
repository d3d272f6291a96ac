//! The measured call, written with freeswitch-esl-tokio: `freeswitch-esl-tokio ADDRESS [URL uncached|cached]`.

use std::env;
use std::sync::Arc;
use std::time::Duration;

use dialscript_load::shop::{CALLER, Shop, VARIABLE};
use freeswitch_esl_tokio::{
    AppCommand, EslClient, EslEvent, EslEventStream, EslEventType, EventFormat, EventHeader,
    HeaderLookup,
};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (address, shop) = arguments.split_first().ok_or("no address")?;
    let shop = Arc::new(Shop::from_arguments(shop));
    let listener = TcpListener::bind(address).await?;
    eprintln!("serving");
    loop {
        let (client, events) = EslClient::accept_outbound(&listener).await?;
        let shop = shop.clone();
        tokio::spawn(async move {
            if let Err(error) = serve_call(&client, events, &shop).await {
                eprintln!(" ERROR {error}");
            }
        });
    }
}

/// As in the library's example `outbound_server`: `myevents`, and the answer is awaited.
async fn serve_call(
    client: &EslClient,
    mut events: EslEventStream,
    shop: &Shop,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    client.set_command_timeout(COMMAND_TIMEOUT);
    let channel_data = client.connect_session().await?.into_result()?;
    let caller = channel_data.caller_id_number().unwrap_or(CALLER).to_owned();
    client.myevents(EventFormat::Plain).await?;
    client.send_command(AppCommand::answer()).await?.check()?;
    wait_for(&mut events, |event| event.event_type() == Some(EslEventType::ChannelAnswer)).await?;
    client.execute("play_and_get_digits", Some(PROMPT), None).await?.check()?;
    let completed = wait_for(&mut events, |event| {
        event.event_type() == Some(EslEventType::ChannelExecuteComplete)
            && event.header(EventHeader::Application) == Some("play_and_get_digits")
    });
    let completed = completed.await?;
    let digits = completed.header_str("variable_digits").ok_or("no digits")?;
    let status = shop.order_status(&caller, digits).await?;
    client.send_command(AppCommand::set_var(VARIABLE, &status)).await?.check()?;
    client.exit().await?.check()?;
    Ok(())
}

/// Its default, 5 s, is too short for it when 10,000 callers press their keys within a second.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);
const PROMPT: &str = "4 4 1 4000 # ivr/ivr-enter_order_number.wav \
                      ivr/ivr-that_was_an_invalid_entry.wav digits \\d+";

async fn wait_for(
    events: &mut EslEventStream,
    is_awaited: impl Fn(&EslEvent) -> bool,
) -> Result<EslEvent, Box<dyn std::error::Error + Send + Sync>> {
    while let Some(event) = events.recv().await {
        let event = event?;
        if is_awaited(&event) {
            return Ok(event);
        }
    }
    Err("the connection has ended".into())
}
