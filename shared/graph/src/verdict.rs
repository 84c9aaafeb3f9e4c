//! What one answer to a member write means for the members that it speaks of: a pure function.

use listsync_core::{id::GroupId, member::Op};
use listsync_engine::ports::{Applied, Fault, PortError};

use crate::{
    answer::{Answer, Earlier},
    deed::Deed,
    write::Job,
};

/// What follows from an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// This happened to each of them.
    Each(Applied),
    /// Something is wrong with one of them: each must be asked for alone.
    OneByOne,
    /// At least one of them is a member already, so none of them was added.
    SomeAlready,
    /// The group takes no such write at all.
    Refused(PortError),
    /// A permission lacks, or the group's kind refuses: the service says the same of both.
    AskForKind(PortError),
    /// The group or the member is gone, and the answer does not say which: if not the group, this happened.
    AskForGroup(Applied),
}

/// Codes that speak of the group as a whole.
const OF_THE_GROUP: [&str; 3] = ["group_dynamic", "group_onprem", "mail_enabled_security"];

/// Judges the answer to one part.
pub(crate) fn judge(deed: &Deed, job: &Job, answer: &Answer, group: &GroupId, op: Op) -> Verdict {
    let error = deed.refused(answer);
    let several = job.members.len() > 1;
    let code = error.code.as_str();
    match answer.status {
        200..=299 => Verdict::Each(Applied::Done),
        400.. if OF_THE_GROUP.contains(&code) => Verdict::Refused(error),
        404 => missing(deed, job, answer, group, op),
        400 if op == Op::Add && says(answer, "added object references already exist") => match several {
            true => Verdict::SomeAlready,
            false => Verdict::Each(so_already(job)),
        },
        400 if op == Op::Remove && says(answer, "removed object references do not exist") => {
            Verdict::Each(so_already(job))
        }
        400 if several && code != "quota_members" => Verdict::OneByOne,
        403 if several && code == "guests_refused" => Verdict::OneByOne,
        403 if error.fault == Fault::Denied => Verdict::AskForKind(error),
        401 => Verdict::Refused(error),
        500.. => Verdict::Each(Applied::Unknown(error)),
        _ => match job.earlier {
            Earlier::Perhaps if error.fault == Fault::Unavailable => Verdict::Each(Applied::Unknown(error)),
            _ => Verdict::Each(Applied::Rejected(error)),
        },
    }
}

/// Nothing was left to do: because an earlier attempt of ours did it, if there was one whose answer got lost.
fn so_already(job: &Job) -> Applied {
    match job.earlier {
        Earlier::Perhaps => Applied::Done,
        Earlier::Harmless => Applied::AlreadySo,
    }
}

/// A missing group and a missing member give the same code: the text names the one that it is.
fn missing(deed: &Deed, job: &Job, answer: &Answer, group: &GroupId, op: Op) -> Verdict {
    let named = named(answer.text());
    if named.is_some_and(|named| named.eq_ignore_ascii_case(group.as_str())) {
        let error = deed.failed(Fault::Gone, "group_gone", "the group is not there");
        return Verdict::Refused(
            error.with_hint("restore the group in the directory within 30 days, or unlink the list"),
        );
    }
    let outcome = match op {
        Op::Add if job.members.len() > 1 => return Verdict::OneByOne,
        Op::Add => Applied::Rejected(
            deed.failed(Fault::Rejected, "no_such_user", "the directory has no such user (any more)")
                .with_hint("the user was deleted, or made a moment ago: it is tried again later"),
        ),
        Op::Remove => so_already(job),
    };
    if named.is_some() { Verdict::Each(outcome) } else { Verdict::AskForGroup(outcome) }
}

fn says(answer: &Answer, part: &str) -> bool {
    answer.text().contains(part)
}

/// What "Resource '…' does not exist" names.
fn named(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("Resource '")?;
    rest.split_once('\'').map(|(named, _)| named)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::deed::WRITE_MEMBERS;

    const GROUP: &str = "11111111-0000-0000-0000-000000000000";
    const ALREADY: &str =
        "One or more added object references already exist for the following modified properties: 'members'.";
    const NOT_THERE: &str = "One or more removed object references do not exist for the following modified properties: 'members'.";

    fn missing_text(id: &str) -> String {
        format!(
            "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
        )
    }

    fn verdict(members: usize, op: Op, status: u16, text: &str) -> Verdict {
        let job = Job::for_test(members, Earlier::Harmless);
        judged(&job, op, status, text)
    }

    fn judged(job: &Job, op: Op, status: u16, text: &str) -> Verdict {
        let group = GroupId::parse(GROUP).expect("an id");
        let code = if status == 403 { "Authorization_RequestDenied" } else { "Request_BadRequest" };
        let body = json!({"error": {"code": code, "message": text}});
        let answer = Answer { status, body, ..Answer::default() };
        judge(&Deed::on_group("write", &group, WRITE_MEMBERS), job, &answer, &group, op)
    }

    fn code(verdict: Verdict) -> String {
        match verdict {
            Verdict::Each(Applied::Rejected(error))
            | Verdict::Refused(error)
            | Verdict::AskForKind(error) => error.code,
            other => panic!("not a refusal: {other:?}"),
        }
    }

    #[test]
    fn already_there_is_a_success_and_tells_of_a_chunk_that_some_are() {
        assert_eq!(verdict(1, Op::Add, 400, ALREADY), Verdict::Each(Applied::AlreadySo));
        assert_eq!(verdict(20, Op::Add, 400, ALREADY), Verdict::SomeAlready);
    }

    #[test]
    fn already_there_after_an_attempt_without_an_answer_is_our_own_doing() {
        let job = Job::for_test(1, Earlier::Perhaps);
        assert_eq!(judged(&job, Op::Add, 400, ALREADY), Verdict::Each(Applied::Done));
        assert_eq!(judged(&job, Op::Remove, 404, &missing_text("m")), Verdict::Each(Applied::Done));
    }

    #[test]
    fn both_forms_of_not_a_member_are_a_success_for_a_removal() {
        assert_eq!(verdict(1, Op::Remove, 400, NOT_THERE), Verdict::Each(Applied::AlreadySo));
        assert_eq!(verdict(1, Op::Remove, 404, &missing_text("m")), Verdict::Each(Applied::AlreadySo));
    }

    #[test]
    fn a_missing_group_is_told_from_a_missing_member() {
        for op in [Op::Add, Op::Remove] {
            assert_eq!(code(verdict(1, op, 404, &missing_text(GROUP))), "group_gone");
            assert!(matches!(verdict(1, op, 404, "gone"), Verdict::AskForGroup(_)));
        }
        assert_eq!(code(verdict(1, Op::Add, 404, &missing_text("m"))), "no_such_user");
        assert_eq!(verdict(20, Op::Add, 404, &missing_text("m")), Verdict::OneByOne);
    }

    #[test]
    fn a_refused_guest_does_not_refuse_the_other_nineteen() {
        let text = "Guests users are not allowed to join";
        assert_eq!(verdict(20, Op::Add, 403, text), Verdict::OneByOne);
        assert_eq!(code(verdict(1, Op::Add, 403, text)), "guests_refused");
    }

    #[test]
    fn a_group_that_cannot_be_written_refuses_at_once() {
        let text = "Cannot Update a mail-enabled security groups and or distribution list.";
        assert_eq!(code(verdict(20, Op::Add, 400, text)), "mail_enabled_security");
        let denied = verdict(20, Op::Add, 403, "Insufficient privileges to complete the operation.");
        assert!(matches!(denied, Verdict::AskForKind(_)));
    }

    #[test]
    fn what_a_server_error_did_is_unknown() {
        assert!(matches!(verdict(1, Op::Add, 503, ""), Verdict::Each(Applied::Unknown(_))));
    }
}
