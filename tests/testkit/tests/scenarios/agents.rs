//! Agents: software that has a user's account, in an emulated tenant.

use std::time::Duration;

use listsync_core::{
    link::{Agents, Extras, Mode},
    summary::{Outcome, ReadKind},
};
use listsync_graph_emulator::{GroupKind, Subtype, User};

use crate::{
    desk::{BOTH, Reading},
    office::{Office, existing, own},
    play,
};

const DAY: Duration = Duration::from_secs(24 * 3_600);

fn agent(office: &Office, name: &str) -> listsync_graph_emulator::ObjectId {
    office.tenant.add_user(User::agent(name, &format!("{name}@contoso.example")))
}

#[test]
fn an_agent_is_left_alone_on_both_sides_and_counted_however_it_is_read() {
    for reading in BOTH {
        play(async {
            let mut office = Office::new(reading).await;
            let (ann, bot, clerk) = (office.person("ann"), agent(&office, "bot"), agent(&office, "clerk"));
            let group = office.group(GroupKind::Security, &[ann, bot]);
            office.list_adds("clerk@contoso.example").await;
            office.link_to(group, Mode::TwoWay).await;
            for _ in 0..2 {
                let summary = office.sync().await;
                assert_eq!(summary.outcome, Outcome::Converged, "{summary:?}");
                assert_eq!(summary.skipped.get("agent"), Some(&2), "{summary:?}");
            }
            assert_eq!(office.listed().await, own(&["ann", "clerk"]));
            assert_eq!(office.grouped(group), [ann, bot].into());

            // Later comers, of whom an incremental run hears by the feed.
            office.wait(DAY).await;
            let (late, bea) = (agent(&office, "late"), office.person("bea"));
            office.tenant.add_member(group, late);
            office.tenant.add_member(group, bea);
            office.tenant.settle();
            let summary = office.sync().await;
            let read = if reading == Reading::Full { ReadKind::Full } else { ReadKind::Incremental };
            assert_eq!(summary.read, read);
            assert!(summary.skipped.get("agent").is_some_and(|count| *count >= 1), "{summary:?}");
            assert_eq!(office.listed().await, own(&["ann", "bea", "clerk"]));
            assert_eq!(office.grouped(group), [ann, bea, bot, late].into());
            assert!(!office.grouped(group).contains(&clerk));
        });
    }
}

#[test]
fn an_agent_and_a_user_of_a_type_that_nobody_knows_are_members_as_anybody_where_the_link_says_so() {
    for reading in BOTH {
        play(async {
            let mut office = Office::new(reading).await;
            let ann = office.person("ann");
            let group = office.group(GroupKind::Security, &[ann]);
            let mut wish = office.wish(existing(group), Mode::TwoWay);
            wish.members.agents = Agents::Keep;
            office.link(&wish).await.unwrap();
            office.sync().await;
            office.wait(DAY).await;
            let bot = agent(&office, "bot");
            let new = User { subtype: Subtype::Unheard, ..User::member("new", "new@contoso.example") };
            let new = office.tenant.add_user(new);
            office.tenant.add_member(group, bot);
            office.tenant.add_member(group, new);
            office.tenant.settle();
            office.list_adds("clerk@contoso.example").await;
            let clerk = agent(&office, "clerk");
            let summary = office.sync().await;
            assert_eq!(summary.skipped.get("agent"), None, "{summary:?}");
            assert_eq!(office.listed().await, own(&["ann", "bot", "clerk", "new"]));
            assert_eq!(office.grouped(group), [ann, bot, new, clerk].into());
        });
    }
}

#[test]
fn an_agent_is_no_extra_that_is_removed() {
    for reading in BOTH {
        play(async {
            let mut office = Office::new(reading).await;
            let (ann, bot) = (office.person("ann"), agent(&office, "bot"));
            let group = office.group(GroupKind::Security, &[ann, bot]);
            office.list_adds("ann@contoso.example").await;
            let mut wish = office.wish(existing(group), Mode::ListToGroup);
            wish.extras = Extras::Remove;
            office.link(&wish).await.unwrap();
            for _ in 0..3 {
                let summary = office.wait(DAY).await;
                assert_eq!(summary.outcome, Outcome::Converged, "{summary:?}");
            }
            assert_eq!(office.grouped(group), [ann, bot].into());
        });
    }
}
