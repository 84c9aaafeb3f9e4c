use crate::{
    contact::Version,
    id::{ContactId, ListId},
};

/// Why something is not done to a person or a list. Each has a stable code, one sentence, and what the person who asked can do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody leaves the list by themselves.
    #[error("list {0} is mandatory: nobody leaves it by themselves")]
    Mandatory(ListId),
    /// A complaint stands against a yes.
    #[error("the person reported a message as spam, which stands against subscribing them")]
    Complained,
    /// A contact cannot become itself.
    #[error("contact {0} cannot be merged with itself")]
    SameContact(ContactId),
    /// An address or external id is somebody else's.
    #[error("the address or the external id is contact {0}'s already")]
    Taken(ContactId),
    /// A contact was edited since it was read.
    #[error("contact {contact} was edited meanwhile: it is at version {}", .now.0)]
    Edited {
        /// Which.
        contact: ContactId,
        /// At which version it is.
        now: Version,
    },
    /// A list was.
    #[error("list {list} was edited meanwhile: it is at version {}", .now.0)]
    ListEdited {
        /// Which.
        list: ListId,
        /// At which version it is.
        now: Version,
    },
    /// No list can have the name.
    #[error("a list's name must not be empty, hold control characters or be longer than 1,000 bytes")]
    ListName,
    /// A list has the name already.
    #[error("there is a list '{name}' already ({id})")]
    ListExists {
        /// Its name, as it is written there.
        name: String,
        /// The list.
        id: ListId,
    },
    /// A list that is linked is not deleted.
    #[error("list {0} is linked to a group")]
    Linked(ListId),
    /// What a link writes to cannot have a filter.
    #[error("list {0} takes members from its group, and a filtered list takes none")]
    Written(ListId),
    /// Who is on a list with a filter is decided by it alone.
    #[error("list {0} is kept by its filter")]
    Filtered(ListId),
    /// A list has no filter to be followed.
    #[error("list {0} has no filter")]
    Static(ListId),
}

impl Refusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Mandatory(_) => "opt_out_not_allowed",
            Self::Complained => "complained",
            Self::SameContact(_) => "same_contact",
            Self::Taken(_) => "contact_exists",
            Self::Edited { .. } | Self::ListEdited { .. } => "version",
            Self::ListName => "bad_list_name",
            Self::ListExists { .. } => "list_exists",
            Self::Linked(_) | Self::Written(_) => "list_linked",
            Self::Filtered(_) => "list_filtered",
            Self::Static(_) => "list_static",
        }
    }

    /// What can be done about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Mandatory(_) => {
                "an operator can allow opting out: listsync lists edit LIST --opt-out allowed"
            }
            Self::Complained => {
                "an operator can subscribe them when they ask for it: listsync subscribe LIST EMAIL"
            }
            Self::SameContact(_) => "name two contacts",
            Self::Taken(_) => "edit that contact, or merge the two",
            Self::Edited { .. } | Self::ListEdited { .. } => "read it again, and edit what you find",
            Self::ListName => "give another name",
            Self::ListExists { .. } => "give another name, or use that list",
            Self::Linked(_) => "unlink it first: listsync links unlink LIST",
            Self::Written(_) => {
                "unlink it first (listsync links unlink LIST), and link it with --mode list-to-group"
            }
            Self::Filtered(_) => "edit the filter or the contact's fields, or make the list static",
            Self::Static(_) => "add and remove its members one by one",
        }
    }
}
