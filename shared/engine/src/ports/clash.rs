use listsync_core::link::{Clash, Link, Mode};

use super::{Fault, PortError};

/// What people call the lists of two links that cannot stand beside each other.
#[derive(Debug, Clone, Copy)]
pub struct ListNames<'a> {
    /// That of the new one.
    pub new: &'a str,
    /// That of the other; the same where there is no other.
    pub other: &'a str,
}

impl PortError {
    /// A link that [`listsync_core::link::may_stand`] judged against, in the words that every store has for it.
    #[must_use]
    pub fn link_refused(new: &Link, clash: Clash<'_>, names: ListNames<'_>) -> Self {
        let ListNames { new: list, other: theirs } = names;
        let refuse = |code: &str, message: String, hint: &str| {
            Self::new(Fault::Rejected, code, message).with_hint(hint)
        };
        match clash {
            Clash::ListFiltered => refuse(
                "list_filtered",
                format!("list '{list}' is kept by its filter: it takes no member from a group"),
                "link it one-way with --mode list-to-group",
            ),
            Clash::ListTaken(other) => refuse(
                "list_taken",
                format!(
                    "list '{list}' takes changes already, from {} by link {} ({}), and a list that follows its groups takes \
                     none from elsewhere",
                    group_of(other),
                    other.id,
                    other.mode,
                ),
                match new.mode {
                    Mode::GroupToList => {
                        "unlink that first (listsync links unlink LIST); several groups that feed a list are one link: name \
                         each with --group"
                    }
                    _ => {
                        "link with --mode list-to-group, or unlink the other first (listsync links unlink LIST)"
                    }
                },
            ),
            Clash::PlaceTaken(other) => refuse(
                "group_taken",
                format!("{} is written already, from list '{theirs}' by link {}", group_of(new), other.id),
                "a group is written by one link: choose another group, or link with --mode group-to-list",
            ),
            Clash::PlaceTwice(other) => refuse(
                "group_linked",
                format!(
                    "list '{list}' and {} are linked already, by link {} ({}): who leaves by the one would be brought back by \
                     the other",
                    group_of(new),
                    other.id,
                    other.mode,
                ),
                "choose another group; or unlink that one (listsync links unlink LIST) and link it --mode two-way",
            ),
        }
    }
}

fn group_of(link: &Link) -> String {
    match link.place() {
        Some(place) => format!("group '{}' ({place})", link.group_name),
        None => format!("group '{}'", link.group_name),
    }
}
