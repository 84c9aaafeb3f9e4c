//! The words that documents have for the values of enums, for the OpenAPI document. The values themselves are the core's.

/// Declares string schemas with fixed words.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident: $($word:literal)|+;)+) => {$(
        $(#[$doc])*
        pub enum $name {}

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some([$($word),+]))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    )+};
}

words! {
    /// Which side follows which.
    Mode: "two-way" | "list-to-group" | "group-to-list";
    /// What becomes of members that only the written side has, in a one-way mode.
    Extras: "keep" | "remove";
    /// How the first run brings both sides together.
    FirstMerge: "union" | "list" | "group";
    /// What is done with contacts of foreign domains.
    Externals: "match" | "invite" | "skip";
    /// What is done with agents: software that has a user's account.
    Agents: "skip" | "keep";
    /// What is done with shared mailboxes, rooms and equipment.
    SharedMailboxes: "sync" | "skip";
    /// Who carries out what is planned for the group: each run, or a person from its handout.
    Writes: "direct" | "by-hand";
    /// Who may join a created Microsoft 365 group without being added.
    Visibility: "private" | "public";
    /// Whether a link is run; `pending`: its next run first creates its group; `failing`: it is run, to no end.
    LinkStatus: "active" | "pending" | "failing" | "paused" | "halted";
    /// How a link stands, or a list.
    State: "paused" | "halted" | "failing" | "held" | "import_held" | "stale_source" | "not_placed" | "approved" | "discarded"
        | "throttled" | "never_ran" | "syncing" | "queued" | "waiting" | "by_hand" | "overdue" | "in_step"
        | "not_linked";
    /// A question on the way from a contact to a member of the group.
    Question: "contact" | "consent" | "directory" | "group" | "exceptions" | "next";
    /// How it is answered: as it has to be; it stops here; it only tells.
    Answer: "fine" | "stop" | "note";
    /// How it ends that both sides do not share somebody: by itself; once somebody corrects something; not at all, by a rule.
    Prospect: "waiting" | "not_placed" | "left_out";
    /// What says what a link looks at.
    ScopePart: "filter" | "groups" | "mode" | "status_words" | "internal_domains";
    /// Why a link was stopped for safety.
    HaltReason: "no_progress" | "no_group";
    /// Whether the first run has finished.
    Phase: "first" | "steady";
    /// One of the two memberships of a link.
    Side: "list" | "group";
    /// What is done to a member.
    Op: "add" | "remove";
    /// Why a run began.
    Reason: "schedule" | "on-demand" | "event" | "delayed-event" | "continuation" | "follow-up";
    /// How both sides were read.
    ReadKind: "full" | "incremental";
    /// How a run ended.
    Outcome: "converged" | "partial" | "held" | "halted" | "continued" | "planned" | "waiting" | "busy"
        | "failed";
    /// How a contact stands to a list.
    Standing: "member" | "opted_out" | "pending" | "absent";
    /// Who brought a contact or a value.
    Origin: "manual" | "csv" | "entra" | "own" | "filter" | "end_date";
    /// How far something came that somebody did.
    Completion: "done" | "broken_off";
    /// Who decides who is on a list.
    Kind: "static" | "filtered";
    /// Whether members may leave a list by themselves.
    OptOutRule: "allowed" | "not_allowed";
    /// What a person says of a list.
    Decision: "subscribed" | "opted_out";
    /// The way that a decision came.
    Via: "operator" | "api" | "page" | "one_click" | "event";
    /// Why a person is on no list.
    OptOutReason: "own" | "complaint" | "erased";
    /// Why messages do not reach a contact.
    UndeliverableReason: "hard_bounce" | "no_such_user" | "manual";
    /// What a file says of those whom it does not name.
    ImportMode: "full" | "incremental";
    /// What became of what an import would move.
    ImportState: "done" | "held" | "discarded" | "removals_skipped" | "repeated" | "undone";
    /// What a person said of a hold.
    Ruling: "approved" | "discarded";
    /// What a key may do.
    Scope: "read" | "operate" | "link" | "approve" | "admin" | "scim";
    /// Who sends events.
    SourceKind: "standard" | "mailchimp" | "sendgrid" | "ses";
}
