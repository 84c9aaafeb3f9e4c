//! Whether what is stored was written under a clock that ran ahead, for `listsync doctor`.

use listsync_engine::{Ports, ports::LinkState};

use super::doctor::{Check, State};

const NAME: &str = "times";

/// That some were is put right by the next beat of the timer; that it happened is worth knowing.
pub(super) async fn check(ports: &Ports, links: &[LinkState]) -> Check {
    match ports.settings.settings().await {
        Ok(settings) => {
            let now = ports.clock.now();
            told(links.iter().filter(|state| state.is_ahead(now, settings.every)))
        }
        Err(error) => Check::failed(NAME, error),
    }
}

fn told<'a>(ahead: impl Iterator<Item = &'a LinkState>) -> Check {
    let names: Vec<String> =
        ahead.map(|state| format!("{} (due at {})", state.link.id, state.due_at)).collect();
    if names.is_empty() {
        return Check::ok(NAME, "no link was put off by a clock that ran ahead");
    }
    let message = format!("a clock that ran ahead put off: {}", names.join(", "));
    Check::new(NAME, State::Warn, message, "keep clocks set by NTP; the timer has these run at its next beat")
}

#[cfg(test)]
mod tests {
    use listsync_core::{Timestamp, id::ListId, trigger::Generation};
    use listsync_testkit::sample;

    use super::*;

    #[test]
    fn a_link_that_was_put_off_by_a_wrong_clock_is_named() {
        let list = ListId::parse("list-1").expect("an id");
        let link = LinkState {
            link: sample::link("link-1", &list, "staff"),
            progress: Default::default(),
            ruling: None,
            requested: Generation(1),
            synced: Generation(1),
            due_at: Timestamp::UNIX_EPOCH,
            leased_until: None,
            finished_at: None,
            token: 0,
            quiet: None,
            rev: 0,
        };
        assert_eq!(told([].iter()).state, State::Ok);
        let check = told([link].iter());
        assert!(check.state == State::Warn && check.message.contains("link-1"), "{}", check.message);
    }
}
