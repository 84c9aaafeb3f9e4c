//! Until when the credentials of functions hold, as they noted it.

use listsync_core::alert::{Alert, AlertKind, Tidings};

use super::book::Book;
use crate::{
    credentials::{Holder, known},
    ports::PortResult,
    service::Service,
};

/// Takes in when each ends. One that was not noted for long is not told of: nobody uses it any more.
pub(super) async fn take_in(service: &Service, book: &mut Book, channels: &[&str]) -> PortResult<()> {
    for holder in [Holder::Worker, Holder::Api] {
        let end = known(service, holder).await?.and_then(|carried| carried.expires);
        let (now, holder) = (book.now, holder.to_string());
        book.page(&format!("credential/{holder}"), |page| {
            let kind = match page.told.take_in_credential(end, now) {
                Tidings::Alert(kind) => kind,
                Tidings::Recovery => AlertKind::Recovered,
                Tidings::Nothing | Tidings::Quiet => return,
            };
            if let Some(end) = end {
                page.add(Alert::of_credential(kind, &holder, end, now), Some(channels));
            }
        });
    }
    Ok(())
}
