//! What can be set on a running emulator.

use std::time::Duration;

/// All settings, with the behaviour of an untroubled service as default.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How far reads may lag behind writes.
    pub lag: Lag,
    /// Time added to each HTTP request, parts of a batch together counting once.
    pub latency: Duration,
    /// Limits on resource units and writes.
    pub throttle: Throttle,
    /// The form of `Retry-After`.
    pub retry_after: RetryAfterForm,
    /// What the removal of somebody who is not a member answers.
    pub absent_removal: AbsentRemoval,
    /// How long after its creation a group refuses member writes because it is not replicated yet.
    pub new_group_unready: Duration,
    /// What becomes of a write to a group while another request is writing it.
    pub writers: Writers,
    /// Whether guests may join groups.
    pub guests: GuestPolicy,
    /// What becomes of invitations.
    pub invitations: Invitations,
    /// Change tracking.
    pub delta: DeltaSettings,
    /// How long the cursor of a listing lives; older ones answer `Directory_ExpiredPageToken`.
    pub page_token_life: Duration,
    /// Which state later pages of one listing show.
    pub paging: Paging,
    /// How long an access token lives.
    pub access_token_life: Duration,
    /// How change notifications are sent.
    pub notices: NoticeSettings,
    /// What the journal keeps of bodies.
    pub journal: JournalBodies,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lag: Lag { max: Duration::ZERO, replicas: 3 },
            latency: Duration::ZERO,
            throttle: Throttle::On { size: TenantSize::Counted, multiplier: 1.0 },
            retry_after: RetryAfterForm::Seconds,
            absent_removal: AbsentRemoval::NotFound,
            new_group_unready: Duration::ZERO,
            writers: Writers::Several,
            guests: GuestPolicy::Allowed,
            invitations: Invitations::Kept,
            delta: DeltaSettings::default(),
            page_token_life: Duration::from_secs(15 * 60),
            paging: Paging::Snapshot,
            access_token_life: Duration::from_secs(3_599),
            notices: NoticeSettings { delay: Duration::ZERO, copies: 1 },
            journal: JournalBodies::Requests,
        }
    }
}

/// Replica lag: each read is served by one of `replicas`, whose state is up to `max` old. A replica never goes back in
/// time, but replicas disagree. With `max` zero every read is exact. Writes are always judged by the newest state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lag {
    /// The greatest age of what a read shows.
    pub max: Duration,
    /// How many replicas there are; zero counts as one.
    pub replicas: u32,
}

/// Throttling as on the page "Microsoft Graph service-specific throttling limits" (identity and access): resource
/// units per 10 seconds and 3,000 writes per 150 seconds, per app and tenant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Throttle {
    /// No limits; costs are still reported in `x-ms-resource-unit`.
    Off,
    /// Limits apply.
    On {
        /// The size class of the tenant.
        size: TenantSize,
        /// A factor on all limits, for instance 0.1 for a tenant that other work keeps busy.
        multiplier: f64,
    },
}

/// Size classes of tenants, which decide the resource units per 10 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantSize {
    /// Decided by the number of users: below 50 small, up to 500 medium, above large.
    Counted,
    /// 3,500 units.
    Small,
    /// 5,000 units.
    Medium,
    /// 8,000 units.
    Large,
}

/// The two forms of `Retry-After` (RFC 9110, section 10.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfterForm {
    /// Whole seconds.
    Seconds,
    /// An HTTP date.
    HttpDate,
}

/// Both answers have been seen for the removal of somebody who is not a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbsentRemoval {
    /// 404 `Request_ResourceNotFound` naming the member.
    NotFound,
    /// 400 `Request_BadRequest` "One or more removed object references do not exist ...".
    BadRequest,
}

/// How many requests may write one group at a time. Microsoft promises nothing; the page "Microsoft Graph error responses and
/// resource types" has the refusal, and public code meets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writers {
    /// As many as come.
    Several,
    /// One: until it is answered, writes of others answer 409 `Directory_ConcurrencyViolation`. The parts of one batch are one
    /// request.
    One,
}

/// The tenant's rule on guests in groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuestPolicy {
    /// Guests may join.
    Allowed,
    /// Adding a guest answers 403.
    Refused,
}

/// What becomes of invitations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invitations {
    /// The guest exists at once.
    Kept,
    /// The answer is a success and names a guest who never appears, as has been reported of the service.
    Lost,
}

/// How change tracking answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeltaSettings {
    /// The most member rows that one appearance of a group carries.
    pub slice: usize,
    /// The most member rows (of users/delta: users) on one page.
    pub page: usize,
    /// How many empty pages with a nextLink come first in a round since whose beginning anything changed in the tenant.
    pub empty_pages: u32,
    /// Whether an incremental round shows the round before it once more.
    pub replay: Replay,
    /// How long a token lives; seven days for directory objects.
    pub token_life: Duration,
}

impl Default for DeltaSettings {
    fn default() -> Self {
        Self {
            slice: 500,
            page: 1_000,
            empty_pages: 0,
            replay: Replay::Off,
            token_life: Duration::from_secs(7 * 24 * 3_600),
        }
    }
}

/// How change notifications are sent. Microsoft promises no latency for groups, and that some come more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeSettings {
    /// How long after the change a notice is sent, and each copy after the one before.
    pub delay: Duration,
    /// How often each is sent; zero counts as one.
    pub copies: u32,
}

/// Whether changes are replayed; Microsoft's overview of delta query says that they may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    /// Each change is shown once per token chain.
    Off,
    /// Each incremental round repeats the one before it, and no earlier one.
    LastRound,
}

/// Which state the later pages of one listing show, where replicas lag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paging {
    /// That of the first page.
    Snapshot,
    /// That of whichever replica answers: rows can be missing or appear although none of the states had them so.
    AnyReplica,
}

/// What the journal keeps of bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalBodies {
    /// None.
    Neither,
    /// Those of requests.
    Requests,
    /// Those of requests and answers.
    Both,
}
