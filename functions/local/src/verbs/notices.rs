//! Whether changes of groups are heard of at once, for `listsync doctor`.

use listsync_engine::notices::{Standing, Trouble, standing};
use listsync_wiring::Wired;

use super::doctor::{Check, State};

const NAME: &str = "change notifications";

/// That they are off, or not yet there, is no fault: links are looked at when they are due.
pub(super) async fn check(wired: &Wired) -> Check {
    match standing(&wired.service).await {
        Ok(standing) => told(standing, wired.public_url.as_deref()),
        Err(error) => Check::failed(NAME, error),
    }
}

fn told(standing: Option<Standing>, public_url: Option<&str>) -> Check {
    let (order, trouble) = standing.map_or((None, None), |standing| (standing.order, standing.trouble));
    match (order, trouble, public_url) {
        (_, Some(Trouble { message, hint, .. }), _) => {
            Check::new(NAME, State::Warn, format!("off: {message}"), hint)
        }
        (Some(order), None, _) => {
            Check::ok(NAME, format!("sent to {} until {}, and prolonged before", order.url, order.until))
        }
        (None, None, Some(url)) => Check::ok(
            NAME,
            format!(
                "not there yet: the timer has them sent to {url} once there is a link (Group.Read.All is needed)"
            ),
        ),
        (None, None, None) => Check::ok(
            NAME,
            "off: LISTSYNC_PUBLIC_URL is not set, so changes of groups are found when links are due",
        ),
    }
}

#[cfg(test)]
mod tests {
    use listsync_core::Timestamp;

    use super::*;

    #[test]
    fn only_a_refusal_is_a_warning() {
        let url = "https://lists.contoso.com";
        assert_eq!(told(None, None).state, State::Ok);
        assert_eq!(told(None, Some(url)).state, State::Ok);
        let (code, message, hint) = ("denied".to_owned(), "refused".to_owned(), "grant it".to_owned());
        let trouble = Some(Trouble { code, message, hint });
        let refused = Standing { order: None, due_at: Timestamp::UNIX_EPOCH, missed: false, trouble };
        assert_eq!(told(Some(refused), Some(url)).state, State::Warn);
    }
}
