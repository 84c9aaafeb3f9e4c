//! What is held, as a question with its two answers.

use listsync_core::hold::Hold;
use listsync_engine::{
    ports::{LinkBrief, RulingKind},
    status::Row,
};
use maud::{Markup, html};

use crate::parts::{count, number, persons};

/// A hold with its link.
pub(super) struct Held {
    pub(super) row: Row,
    pub(super) link: LinkBrief,
    pub(super) hold: Hold,
}

/// What is held, counted as people read it.
pub(super) struct Question {
    pub(super) title: Markup,
    /// The same without marks, for the browser's own title.
    pub(super) short: String,
    /// What the button says that lets it go on.
    pub(super) go_on: String,
    /// What the other one says.
    pub(super) drop: String,
    /// Whether somebody would be taken out.
    pub(super) is_grave: bool,
}

impl Held {
    /// The question that it asks a person.
    pub(super) fn question(&self) -> Question {
        let Hold { list_removals, group_removals, list_additions, group_additions, .. } = self.hold;
        let (group, list) = (&self.link.group_names, &self.row.name);
        let (removals, additions) = (list_removals + group_removals, list_additions + group_additions);
        let place = match (list_removals + list_additions, group_removals + group_additions) {
            (0, _) => html! { "the group “" bdi { (group) } "”" },
            (_, 0) => html! { "the list “" bdi { (list) } "”" },
            _ => html! { "“" bdi { (list) } "” and its group" },
        };
        match (removals, additions) {
            (some, 0) => Question {
                title: html! { "Remove " (persons(some)) " from " (place) "?" },
                short: format!("Remove {} from {list}?", persons(some)),
                go_on: format!("Remove {}", persons(some)),
                drop: format!("Keep {}", persons(some)),
                is_grave: true,
            },
            (0, some) => Question {
                title: html! { "Add " (persons(some)) " to " (place) "?" },
                short: format!("Add {} to {list}?", persons(some)),
                go_on: format!("Add {}", persons(some)),
                drop: format!("Do not add {}", persons(some)),
                is_grave: false,
            },
            (out, come) => Question {
                title: html! { "Remove " (persons(out)) " from " (place) " and add " (number(come)) "?" },
                short: format!("Make {} to {list}?", count(out + come, "change", "changes")),
                go_on: format!("Remove {} and add {}", number(out), number(come)),
                drop: format!("Drop {}", count(out + come, "change", "changes")),
                is_grave: true,
            },
        }
    }

    /// What somebody said of it already; the next run carries it out.
    pub(super) fn ruling(&self) -> Option<RulingKind> {
        let ruling = self.link.ruling.as_ref()?;
        ruling.is_of(&self.hold.digest).then_some(ruling.kind)
    }
}
