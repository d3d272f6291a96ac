//! The measured call, written with blazing_agi: `blazing_agi ADDRESS [URL uncached|cached]`.

use std::env;
use std::sync::OnceLock;

use blazing_agi::AGIError;
use blazing_agi::command::{AGIResponse, Answer, RawCommand, SetVariable};
use blazing_agi::router::Router;
use blazing_agi_macros::create_handler;
use dialscript_load::shop::{Shop, VARIABLE};
use tokio::net::TcpListener;

/// A handler has no state of its own.
static SHOP: OnceLock<Shop> = OnceLock::new();

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (address, shop) = arguments.split_first().ok_or("no address")?;
    SHOP.get_or_init(|| Shop::from_arguments(shop));
    let router = Router::new().route("/menu", menu);
    let listener = TcpListener::bind(address).await?;
    eprintln!("serving");
    blazing_agi::serve::serve(listener, router).await?;
    Ok(())
}

#[create_handler]
async fn menu(connection: &mut Connection, request: &AGIRequest) -> Result<(), AGIError> {
    connection.send_command(Answer::new()).await?;
    let prompt = RawCommand::new("GET DATA enter-your-order-number 4000 4".into());
    let AGIResponse::Ok(input) = connection.send_command(prompt).await? else {
        return Err(AGIError::ClientSideError("no digits".into()));
    };
    let shop = SHOP.get().ok_or_else(|| AGIError::ClientSideError("no shop".into()))?;
    let status = shop.order_status(&request.variables.callerid, &input.result).await;
    let status = status.map_err(AGIError::ClientSideError)?;
    connection.send_command(SetVariable::new(VARIABLE.into(), status)).await?;
    Ok(())
}
