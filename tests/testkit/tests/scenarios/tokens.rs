//! Access tokens that live shorter than a run: the client of the real directory, on its emulator.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use listsync_core::{link::Mode, summary::Outcome};
use listsync_engine::ports::{ListSide as _, PortResult};
use listsync_graph_emulator::{Clock, GroupKind, Settings};
use listsync_testkit::faults::{Faults, Way};

use crate::{desk::Reading, office::Office, play};

const MINUTE: Duration = Duration::from_secs(60);
/// So long each call to the directory takes, on the clock of both sides.
const CALL: Duration = Duration::from_secs(20);

/// Time that passes with each call.
struct Passing(Clock);

#[async_trait]
impl Way for Passing {
    async fn begin(&self) -> PortResult<()> {
        self.0.advance(CALL);
        Ok(())
    }
}

#[test]
fn a_run_of_several_minutes_ends_well_on_tokens_of_one() {
    play(async {
        let settings = Settings { access_token_life: MINUTE, ..Settings::default() };
        let mut office = Office::with(Reading::Incremental, &[], settings).await;
        let grouped: Vec<_> = (0..30).map(|number| office.person(&format!("g{number}"))).collect();
        let group = office.group(GroupKind::Microsoft365, &grouped);
        for number in 0..350 {
            office.person(&format!("l{number}"));
            office.list_adds(&format!("l{number}@contoso.example")).await;
        }
        office.link_to(group, Mode::TwoWay).await;
        let clock = office.tenant.clock();
        let (began, before) = (clock.now(), office.tenant.counters().token_requests);
        office.ports = Faults::none().by_way_of(Arc::new(Passing(clock.clone()))).over(&office.ports);

        let summary = office.sync().await;
        assert_eq!((summary.outcome, summary.failures.len()), (Outcome::Converged, 0), "{summary:?}");
        assert_eq!((summary.group.added, summary.list.added), (350, 30));
        assert_eq!(office.store.size(&office.list).await.unwrap(), 380);
        assert_eq!(office.grouped(group).len(), 380);

        // Each token serves for three quarters of its minute, and none that is over is ever sent. Those whose calls are under
        // way at the same time share one, and one was there before.
        let took = clock.now().duration_since(began).unsigned_abs();
        assert!(took > 3 * MINUTE, "{took:?}");
        let asked = office.tenant.counters().token_requests - before;
        let at_a_time = office.tenant.counters().most_under_way;
        assert!(
            asked > 1 && (asked + 1) * (60 + 20 * at_a_time) >= took.as_secs(),
            "{asked} tokens in {took:?}"
        );
        let refused = office.tenant.journal().into_iter().filter(|entry| entry.status == 401).count();
        assert_eq!(refused, 0, "none was refused for its token");
    });
}
