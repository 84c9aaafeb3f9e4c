//! Inviting guests (the page "Create invitation"): twenty to a batch, without any mail to them.

use std::collections::VecDeque;

use listsync_core::id::ObjectId;
use listsync_engine::ports::{Call, Fault, Guest, Invited, PortError};
use serde_json::{Value, json};

use crate::{
    answer::{Answer, Earlier},
    ask::{Ask, Effect},
    deed::{Deed, INVITE_GUESTS},
    parts::{PARTS, Wait},
    retry::{self, Next, Tries},
    send::{Failed, Sender},
};

/// How many invitations one batch holds.
pub(crate) const INVITE_BATCH: usize = PARTS;

/// Where somebody lands who redeems an invitation: their own list of apps.
const REDEEMED: &str = "https://myapplications.microsoft.com";

#[derive(Debug, Clone, Copy, Default)]
struct Job {
    index: usize,
    tries: Tries,
    earlier: Earlier,
}

impl Sender {
    pub(crate) async fn invite(&self, call: Call<'_>, guests: &[Guest]) -> Vec<Invited> {
        let deed = Deed::new("could not invite a guest", INVITE_GUESTS);
        let mut outcomes = vec![Invited::NotSent; guests.len()];
        let mut waiting: VecDeque<Job> =
            (0..guests.len()).map(|index| Job { index, ..Job::default() }).collect();
        while !waiting.is_empty() {
            let round: Vec<Job> = waiting.drain(..waiting.len().min(PARTS)).collect();
            let asks: Vec<Ask> = round.iter().map(|job| ask(&guests[job.index])).collect();
            let mut wait = Wait::default();
            match self.batch(call, &asks, &deed).await {
                Err(failed) => {
                    fail(&mut outcomes, round.iter().chain(&waiting), &failed);
                    return outcomes;
                }
                Ok(answers) => {
                    for (job, answer) in round.into_iter().zip(answers) {
                        match heard(&deed, job, answer, &mut wait) {
                            Heard::Settled(outcome) => outcomes[job.index] = outcome,
                            Heard::Again(job) => waiting.push_back(job),
                        }
                    }
                }
            }
            if let Err(error) = self.keep(call, Effect::Write, wait).await {
                fail(&mut outcomes, waiting.iter(), &Failed { error, earlier: Earlier::Harmless });
                return outcomes;
            }
        }
        outcomes
    }
}

fn ask(Guest { address, name }: &Guest) -> Ask {
    let mut body = json!({
        "invitedUserEmailAddress": address.as_str(),
        "inviteRedirectUrl": REDEEMED,
        "sendInvitationMessage": false,
    });
    if !name.is_empty() {
        body["invitedUserDisplayName"] = json!(name);
    }
    Ask::post("/invitations", body)
}

enum Heard {
    Settled(Invited),
    Again(Job),
}

fn heard(deed: &Deed, mut job: Job, answer: Option<Answer>, wait: &mut Wait) -> Heard {
    let next = retry::next(answer.as_ref(), job.tries);
    if answer.as_ref().is_none_or(|answer| answer.status >= 500) {
        job.earlier = Earlier::Perhaps;
    }
    match (next, answer) {
        (Next::Again(_), _) => job.tries.failures += 1,
        (Next::Close(_), _) => job.tries.throttles += 1,
        (_, None) => return Heard::Settled(Invited::Unknown(deed.unreadable("a part of the batch"))),
        (_, Some(answer)) => return Heard::Settled(judge(deed, &answer)),
    }
    wait.note(next);
    Heard::Again(job)
}

fn judge(deed: &Deed, answer: &Answer) -> Invited {
    let guest = answer.body.pointer("/invitedUser/id").and_then(Value::as_str);
    match (answer.status, guest.and_then(|id| ObjectId::parse(id).ok())) {
        (200..=299, Some(id)) => Invited::Guest(id),
        (200..=299, None) => Invited::Unknown(deed.unreadable("the guest's id")),
        (500.., _) => Invited::Unknown(deed.refused(answer)),
        _ => match known(answer.text()) {
            Some(id) => Invited::Known(id),
            None => Invited::Refused(refusal(deed, answer)),
        },
    }
}

fn refusal(deed: &Deed, answer: &Answer) -> PortError {
    let error = deed.refused(answer);
    if error.fault != Fault::Rejected || error.code != answer.code() {
        return error;
    }
    PortError { code: "invitation_refused".to_owned(), ..error }
        .with_hint("invite the guest in the directory, which says more, or correct the address in the list")
}

/// Whom "The invited user already exists in the directory as objectID: …" names.
fn known(text: &str) -> Option<ObjectId> {
    let (_, rest) = text.split_once("already exists in the directory as objectID: ")?;
    let id = rest.split(|c: char| !c.is_ascii_hexdigit() && c != '-').next()?;
    uuid::Uuid::try_parse(id).ok().and_then(|_| ObjectId::parse(id).ok())
}

fn fail<'a>(outcomes: &mut [Invited], jobs: impl Iterator<Item = &'a Job>, failed: &Failed) {
    for job in jobs {
        outcomes[job.index] = match failed.earlier.or(job.earlier) {
            Earlier::Perhaps => Invited::Unknown(failed.error.clone()),
            Earlier::Harmless if failed.error.code == "out_of_time" => Invited::NotSent,
            Earlier::Harmless => Invited::Refused(failed.error.clone()),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_the_tenants_own_names_its_person() {
        let id = "11111111-2222-4333-8444-555555555555";
        let text = format!(
            "The invited user already exists in the directory as objectID: {id}. They can use that account to sign in."
        );
        assert_eq!(known(&text), ObjectId::parse(id).ok());
        assert_eq!(known("The invited user already exists in the directory as objectID: ../x"), None);
        assert_eq!(known("anything else"), None);
    }
}
