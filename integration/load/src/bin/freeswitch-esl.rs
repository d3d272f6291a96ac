//! The measured call, written with freeswitch-esl: `freeswitch-esl ADDRESS [URL uncached|cached]`.

use std::env;
use std::sync::Arc;

use dialscript_load::shop::{CALLER, Shop, VARIABLE};
use freeswitch_esl::{Esl, EslConnection, EslError};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (address, shop) = arguments.split_first().ok_or("no address")?;
    // The library loses a reply that another thread reads before `send_recv` has noted that it waits for it. So nothing
    // runs on the main thread: on one core, tokio has one other thread.
    tokio::spawn(serve(address.clone(), Arc::new(Shop::from_arguments(shop)))).await??;
    Ok(())
}

async fn serve(address: String, shop: Arc<Shop>) -> Result<(), EslError> {
    let listener = Esl::outbound(address).await?;
    eprintln!("serving");
    // It subscribes to CHANNEL_EXECUTE_COMPLETE and to `myevents`, in JSON.
    loop {
        let (connection, _) = listener.accept().await?;
        let shop = shop.clone();
        tokio::spawn(async move {
            if let Err(error) = serve_call(connection, &shop).await {
                eprintln!(" ERROR {error}");
            }
        });
    }
}

async fn serve_call(connection: EslConnection, shop: &Shop) -> Result<(), String> {
    let text = |error: EslError| error.to_string();
    connection.answer().await.map_err(text)?;
    let prompt = "ivr/ivr-enter_order_number.wav";
    let invalid = "ivr/ivr-that_was_an_invalid_entry.wav";
    let digits = connection.play_and_get_digits(4, 4, 1, 4000, "#", prompt, invalid);
    let digits = digits.await.map_err(text)?;
    // The library does not hand out the channel data, so the caller is not known here.
    let status = shop.order_status(CALLER, &digits).await?;
    connection.set_variable(VARIABLE, &status).await.map_err(text)?;
    connection.disconnect().await.map_err(text)
}
