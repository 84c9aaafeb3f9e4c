//! The words of the audit. They are stored and documented, so a word never changes; new ones are added.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::AuditError;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$what:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum $name {
            $($(#[$what])* $variant,)+
        }

        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its word.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }

        impl FromStr for $name {
            type Err = AuditError;
            fn from_str(text: &str) -> Result<Self, AuditError> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(AuditError(text.to_owned())),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = AuditError;
            fn try_from(text: String) -> Result<Self, AuditError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(it: $name) -> Self {
                it.word().to_owned()
            }
        }
    };
}

words! {
    /// What somebody did.
    Action {
        /// Made a list.
        ListCreate = "list.create",
        /// Changed a list.
        ListEdit = "list.edit",
        /// Deleted a list.
        ListDelete = "list.delete",
        /// Put somebody on a list, as an operator.
        MemberAdd = "member.add",
        /// Took somebody off a list, as an operator.
        MemberRemove = "member.remove",
        /// Recorded that a person wants to be on a list, or takes back that they want none.
        ConsentSubscribe = "consent.subscribe",
        /// Recorded that a person wants to be on a list no more, or on none.
        ConsentOptOut = "consent.opt_out",
        /// Recorded the opt-outs of a whole file.
        ConsentImport = "consent.import",
        /// Made a contact.
        ContactCreate = "contact.create",
        /// Changed a contact.
        ContactEdit = "contact.edit",
        /// Made two contacts one.
        ContactMerge = "contact.merge",
        /// Deleted a contact.
        ContactDelete = "contact.delete",
        /// Deleted the contacts that are on no list.
        ContactPrune = "contact.prune",
        /// Erased a person.
        ContactErase = "contact.erase",
        /// Took a file into a list.
        ImportCreate = "import.create",
        /// Did what an import held.
        ImportApprove = "import.approve",
        /// Dropped what an import held.
        ImportDiscard = "import.discard",
        /// Took back what an import did.
        ImportUndo = "import.undo",
        /// Linked a list and a group.
        LinkCreate = "link.create",
        /// Changed a link.
        LinkEdit = "link.edit",
        /// Stopped a link.
        LinkPause = "link.pause",
        /// Let a link run again.
        LinkResume = "link.resume",
        /// Had a link forget what both sides had in common.
        LinkRelink = "link.relink",
        /// Removed a link.
        LinkDelete = "link.delete",
        /// Had a link run. What the run did is its summary.
        LinkSync = "link.sync",
        /// Took back what a run did.
        RunUndo = "run.undo",
        /// Released what a link held.
        HoldApprove = "hold.approve",
        /// Dropped what a link held.
        HoldDiscard = "hold.discard",
        /// Changed the settings.
        SettingsEdit = "settings.edit",
        /// Made a key of the API.
        KeyCreate = "key.create",
        /// Revoked a key of the API.
        KeyRevoke = "key.revoke",
        /// Made a new key that signs opt-out links.
        SigningKeyRotate = "signing_key.rotate",
        /// Made a key that signed opt-out links worth nothing.
        SigningKeyRetire = "signing_key.retire",
        /// Trusted a sender of events.
        SourceCreate = "source.create",
        /// Trusted a sender no more.
        SourceDelete = "source.delete",
        /// Let calls to the directory begin although it asked for a pause.
        GateOpen = "gate.open",
    }
}

words! {
    /// What something is that was acted upon.
    ObjectKind {
        /// A list.
        List = "list",
        /// A link.
        Link = "link",
        /// A contact.
        Contact = "contact",
        /// An import, and so a file.
        Import = "import",
        /// A run of a link.
        Run = "run",
        /// What a link held, by its digest.
        Hold = "hold",
        /// A setting, by its name.
        Setting = "setting",
        /// A key of the API.
        Key = "key",
        /// A key that signs opt-out links.
        SigningKey = "signing_key",
        /// A sender of events.
        Source = "source",
        /// The directory's tenant.
        Tenant = "tenant",
    }
}
