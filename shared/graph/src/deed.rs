//! What was tried on what, and how a refusal of it reads.

use listsync_core::id::GroupId;
use listsync_engine::ports::{Fault, PortError};

use crate::{answer::Answer, pages::EXPIRED_PAGE};

pub(crate) const READ_GROUPS: &str = "GroupMember.Read.All";
pub(crate) const WRITE_MEMBERS: &str = "GroupMember.ReadWrite.All";
pub(crate) const READ_USERS: &str = "User.Read.All";
/// Subscriptions are refused to tokens that may read members only (the page "Create subscription").
pub(crate) const SUBSCRIBE_GROUPS: &str = "Group.Read.All";
pub(crate) const CREATE_GROUPS: &str = "Group.Create";
pub(crate) const INVITE_GUESTS: &str = "User.Invite.All";
pub(crate) const SEND_MAIL: &str = "Mail.Send";
pub(crate) const READ_MAILBOXES: &str = "MailboxSettings.Read";
/// The only one for groups (the page "Get onPremisesSyncBehavior"); listsync reads with it.
pub(crate) const SYNC_BEHAVIOR: &str = "Group-OnPremisesSyncBehavior.ReadWrite.All";
pub(crate) const READ_ORGANIZATION: &str = "Organization.Read.All";

/// What was tried on what, and the least permission that it needs.
#[derive(Debug, Clone)]
pub(crate) struct Deed {
    what: String,
    permission: &'static str,
}

impl Deed {
    pub(crate) fn new(what: impl Into<String>, permission: &'static str) -> Self {
        Self { what: what.into(), permission }
    }

    pub(crate) fn on_group(what: &str, group: &GroupId, permission: &'static str) -> Self {
        Self::new(format!("could not {what} group {group}"), permission)
    }

    /// An error of our own making.
    pub(crate) fn failed(&self, fault: Fault, code: &str, why: &str) -> PortError {
        PortError::new(fault, code, format!("{}: {why}", self.what))
    }

    /// An answer that says success and lacks what it must have.
    pub(crate) fn unreadable(&self, lacks: &str) -> PortError {
        self.failed(Fault::Unavailable, "unreadable_answer", &format!("the answer lacks {lacks}"))
    }

    /// Graph's refusal. Its own text is searched, not repeated: it may hold addresses.
    pub(crate) fn refused(&self, answer: &Answer) -> PortError {
        let known = Known::of(answer, self.permission);
        let own = answer.code();
        let own = if own.is_empty() { format!("HTTP {}", answer.status) } else { own.to_owned() };
        let id = answer.request_id();
        let id = if id.is_empty() { String::new() } else { format!(", request-id {id}") };
        let why = if known.why.is_empty() { String::new() } else { format!("{} ", known.why) };
        let code = if known.code.is_empty() { &own } else { known.code };
        PortError::new(known.fault, code, format!("{}: {why}(code {own}{id})", self.what))
            .with_hint(known.hint)
    }
}

/// What is known of a refusal.
struct Known {
    fault: Fault,
    code: &'static str,
    why: String,
    hint: String,
}

impl Known {
    fn of(answer: &Answer, permission: &str) -> Self {
        Self::by_text(answer).unwrap_or_else(|| Self::by_status(answer, permission))
    }

    /// Texts that say more than the code, which is `Request_BadRequest` for most.
    fn by_text(answer: &Answer) -> Option<Self> {
        const EXCHANGE: &str = "link a Microsoft 365 group or a security group without mail instead";
        let text = answer.text().to_ascii_lowercase();
        let says = |part: &str| text.contains(part);
        if !(400..500).contains(&answer.status) {
            return None;
        }
        if says("guests users are not allowed to join") || says("guest users are not allowed to join") {
            return Some(Self::rejected(
                "guests_refused",
                "the group or the tenant takes no guests",
                "allow guests in the group's settings, or set the link's externals to skip",
            ));
        }
        if says("mail-enabled security group") || says("originated within an external service") {
            return Some(Self::rejected(
                "mail_enabled_security",
                "only Exchange can write this kind of group",
                EXCHANGE,
            ));
        }
        if says("on-premises mastered") {
            return Some(Self::rejected(
                "group_onprem",
                "the group is mastered in the on-premises directory",
                "change it there, or link a group of the cloud",
            ));
        }
        if says("dynamic membership") || says("membership rule") {
            return Some(Self::rejected(
                "group_dynamic",
                "the group's members follow a rule",
                "link a group with assigned members",
            ));
        }
        let code = answer.code();
        if code.eq_ignore_ascii_case("Directory_QuotaExceeded") {
            return Some(Self::rejected(
                "quota_members",
                "the directory's quota is used up",
                "free some of it or ask Microsoft for more; nothing is tried again until then",
            ));
        }
        None
    }

    fn rejected(code: &'static str, why: &str, hint: &str) -> Self {
        Self { fault: Fault::Rejected, code, why: why.to_owned(), hint: hint.to_owned() }
    }

    fn by_status(answer: &Answer, permission: &str) -> Self {
        let (fault, why, hint) = match answer.status {
            401 => (
                Fault::Denied,
                "the directory does not take the token".to_owned(),
                "check that AZURE_TENANT_ID, AZURE_AUTHORITY_HOST and LISTSYNC_GRAPH_URL belong together"
                    .to_owned(),
            ),
            403 => (
                Fault::Denied,
                format!("the app lacks a permission, at the least {permission}"),
                format!(
                    "grant the application permission {permission} to the app registration, with admin consent, and wait some minutes"
                ),
            ),
            404 => (Fault::Gone, "it is not there".to_owned(), "check its id".to_owned()),
            410 => (Fault::Gone, "the cursor was reset".to_owned(), String::new()),
            429 => (
                Fault::Throttled(answer.retry_after.unwrap_or(std::time::Duration::from_secs(150))),
                "the directory asked for a pause".to_owned(),
                String::new(),
            ),
            500.. => {
                (Fault::Unavailable, "the directory is troubled for the moment".to_owned(), String::new())
            }
            _ if answer.code().eq_ignore_ascii_case(EXPIRED_PAGE) => {
                (Fault::Unavailable, "the paging cursor is too old".to_owned(), String::new())
            }
            _ if is_cursor_code(answer.code()) => {
                (Fault::Gone, "the cursor is too old".to_owned(), String::new())
            }
            _ if answer.is_clash() => {
                (Fault::Unavailable, "somebody else changed it at the same time".to_owned(), String::new())
            }
            400 if answer.is_unreplicated() => (
                Fault::Unavailable,
                "the directory has not spread something new yet".to_owned(),
                String::new(),
            ),
            _ => (
                Fault::Rejected,
                String::new(),
                "look the code up in the Graph documentation; Microsoft's support asks for the request-id"
                    .to_owned(),
            ),
        };
        Self { fault, code: "", why, hint }
    }
}

/// Codes, in whatever case, that say that a cursor will not do any more.
pub(crate) fn is_cursor_code(code: &str) -> bool {
    ["syncStateNotFound", "resyncRequired", "syncStateInvalid", EXPIRED_PAGE]
        .iter()
        .any(|known| code.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(status: u16, code: &str, text: &str) -> PortError {
        let body = json!({"error": {"code": code, "message": text, "innerError": {"request-id": "r-1"}}});
        Deed::new("could not add members to group g1", WRITE_MEMBERS).refused(&Answer {
            status,
            body,
            ..Answer::default()
        })
    }

    #[test]
    fn a_refusal_says_what_failed_on_what_with_code_and_request_id() {
        let error =
            refused(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
        assert_eq!(error.fault, Fault::Denied);
        assert!(error.message.starts_with("could not add members to group g1: "), "{error}");
        assert!(error.message.contains("(code Authorization_RequestDenied, request-id r-1)"), "{error}");
        assert!(error.message.contains(WRITE_MEMBERS) && error.hint.contains(WRITE_MEMBERS));
    }

    #[test]
    fn graphs_own_text_is_never_repeated() {
        for status in [400, 401, 403, 404, 409, 410, 429, 500] {
            let error = refused(status, "X", "Resource 'anna@contoso.example' does not exist");
            let shown = format!("{error:?}");
            assert!(!shown.contains("anna") && !shown.contains("contoso"), "{shown}");
        }
    }

    #[test]
    fn each_status_says_what_the_caller_may_do() {
        for (status, code, fault) in [
            (401, "InvalidAuthenticationToken", Fault::Denied),
            (403, "Authorization_RequestDenied", Fault::Denied),
            (404, "Request_ResourceNotFound", Fault::Gone),
            (410, "anything", Fault::Gone),
            (400, "SYNCSTATENOTFOUND", Fault::Gone),
            (400, "Request_BadRequest", Fault::Rejected),
            (409, "Directory_ConcurrencyViolation", Fault::Unavailable),
            (500, "", Fault::Unavailable),
            (504, "UnknownError", Fault::Unavailable),
        ] {
            assert_eq!(refused(status, code, "").fault, fault, "{status} {code}");
        }
    }

    #[test]
    fn texts_that_say_more_than_the_code_get_codes_of_their_own() {
        for (text, code) in [
            (
                "Cannot Update a mail-enabled security groups and or distribution list.",
                "mail_enabled_security",
            ),
            (
                "Unable to update the specified properties for objects that have originated within an external service.",
                "mail_enabled_security",
            ),
            (
                "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.",
                "group_onprem",
            ),
            ("Guests users are not allowed to join", "guests_refused"),
        ] {
            let error = refused(400, "Request_BadRequest", text);
            assert_eq!((error.fault, error.code.as_str()), (Fault::Rejected, code), "{text}");
            assert!(!error.hint.is_empty());
        }
        assert_eq!(refused(400, "Directory_QuotaExceeded", "").code, "quota_members");
    }
}
