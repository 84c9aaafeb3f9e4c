//! What each verb does where there is no store: one that only reads makes none.

use listsync_wiring::Missing;

use super::{ContactsVerb, Deed, ImportsVerb, KeysVerb, LinksVerb, ListsVerb, RunsVerb, SettingsVerb, Verb};

impl Verb {
    /// What it does where there is no embedded store.
    pub(crate) fn missing_store(&self) -> Missing {
        match self {
            // These look at nothing that is kept, or say so themselves.
            Self::Demo
            | Self::Completions { .. }
            | Self::Doctor(_)
            | Self::Imports(ImportsVerb::Profiles) => Missing::TakeForEmpty,
            Self::Lists(
                ListsVerb::Preview { .. }
                | ListsVerb::Explain(_)
                | ListsVerb::Ls
                | ListsVerb::Show { .. }
                | ListsVerb::Members { .. },
            )
            | Self::Contacts(ContactsVerb::Ls | ContactsVerb::Show(_))
            | Self::Imports(ImportsVerb::Ls | ImportsVerb::Show { .. })
            | Self::Links(LinksVerb::Ls | LinksVerb::Show(_))
            | Self::Keys(KeysVerb::Ls)
            | Self::Runs(RunsVerb::Ls { .. } | RunsVerb::Show { .. })
            | Self::Settings(SettingsVerb::Get { .. })
            | Self::Plan(_)
            | Self::Handout(_)
            | Self::Backup { .. } => Missing::Refuse,
            Self::Import(args) if matches!(args.deed(), Deed::Look(_)) => Missing::Refuse,
            Self::Lists(_)
            | Self::Contacts(_)
            | Self::Imports(_)
            | Self::Links(_)
            | Self::Keys(_)
            | Self::Settings(_)
            | Self::Import(_)
            | Self::Subscribe(_)
            | Self::Unsubscribe(_)
            | Self::Link(_)
            | Self::Sync(_)
            | Self::Tick
            | Self::Work(_)
            | Self::Serve(_) => Missing::Make,
        }
    }
}
