//! `listsync console`: a link that signs in on this machine.

use listsync_console::session::SignIn;
use listsync_engine::service::Service;
use serde_json::json;

use crate::{
    cli::ConsoleArgs,
    output::{Outcome, Refusal, Reply},
};

pub(super) async fn run(service: &Service, ConsoleArgs { at }: ConsoleArgs) -> Outcome {
    if !at.ip().is_loopback() {
        let message = format!(
            "{at} is not on this machine alone, and a link of the console is good here and nowhere else"
        );
        return Err(Refusal::new(
            "not_here",
            message,
            "give a loopback address: listsync console --at 127.0.0.1:8080",
        ));
    }
    let SignIn { token, until } = SignIn::make(service.seen.as_ref(), service.ports.clock.now()).await?;
    let url = format!("http://{at}/sign-in?link={token}");
    let text = format!(
        "{url}\nOpen it in a browser of this machine, while 'listsync serve' runs. It is good once, for five minutes."
    );
    Ok(Reply::done(json!({"url": url, "until": until}), text))
}
