//! Members added and removed. Additions go twenty to a PATCH, which the service takes whole or not at all; what refuses one
//! of the twenty is found by asking for each alone. Removals go one by one. Each answer settles the members it speaks of.

use std::collections::VecDeque;

use listsync_core::{
    id::{GroupId, ObjectId},
    member::Op,
};
use listsync_engine::ports::{Applied, Call, Fault, KindRefusal, PortError};
use serde_json::json;

use crate::{
    answer::{Answer, Earlier},
    ask::{Ask, Effect},
    deed::{Deed, WRITE_MEMBERS},
    member_link::MemberLink,
    parts::{PARTS, Wait},
    path,
    retry::{self, Next, Tries},
    send::{Failed, Sender},
    verdict::{Verdict, judge},
};

/// The most links of one PATCH (the page "Add members").
const LINKS: usize = 20;
/// The most PATCHes of one batch: with more of them the service answers 503 to many.
const PATCHES: usize = 5;
/// How many additions one batch holds.
pub(crate) const ADD_BATCH: usize = LINKS * PATCHES;
/// How many removals one batch holds.
pub(crate) const REMOVE_BATCH: usize = PARTS;

/// Members that one part of a batch writes.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) members: Vec<usize>,
    tries: Tries,
    pub(crate) earlier: Earlier,
}

/// What becomes of members whom one PATCH refuses because some of them are in the group already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    /// Each is asked for alone.
    Ask,
    /// They are left, and so are those that were not sent yet: the first PATCH, which goes alone, speaks for an earlier
    /// request as a whole.
    LeaveAll,
    /// They are left.
    Leave,
}

/// A write under way.
struct Writing<'a> {
    sender: &'a Sender,
    call: Call<'a>,
    group: &'a GroupId,
    op: Op,
    ids: &'a [ObjectId],
    deed: Deed,
    refused: Refused,
    waiting: VecDeque<Job>,
    outcomes: Vec<Applied>,
}

impl Sender {
    pub(crate) async fn write(
        &self,
        call: Call<'_>,
        group: &GroupId,
        op: Op,
        ids: &[ObjectId],
    ) -> Vec<Applied> {
        self.writing(call, group, (op, ids), Refused::Ask).await
    }

    /// The same of additions that an earlier request may have made.
    pub(crate) async fn write_again(
        &self,
        call: Call<'_>,
        group: &GroupId,
        ids: &[ObjectId],
    ) -> Vec<Applied> {
        self.writing(call, group, (Op::Add, ids), Refused::LeaveAll).await
    }

    async fn writing(
        &self,
        call: Call<'_>,
        group: &GroupId,
        (op, ids): (Op, &[ObjectId]),
        refused: Refused,
    ) -> Vec<Applied> {
        let what = match op {
            Op::Add => "add members to",
            Op::Remove => "remove members from",
        };
        let mut writing = Writing {
            sender: self,
            call,
            group,
            op,
            ids,
            deed: Deed::on_group(what, group, WRITE_MEMBERS),
            refused,
            waiting: jobs(op, ids.len()),
            outcomes: vec![Applied::NotSent; ids.len()],
        };
        writing.run().await;
        writing.outcomes
    }
}

fn jobs(op: Op, count: usize) -> VecDeque<Job> {
    let size = match op {
        Op::Add => LINKS,
        Op::Remove => 1,
    };
    let indices: Vec<usize> = (0..count).collect();
    indices.chunks(size).map(|members| Job::new(members.to_vec())).collect()
}

impl Job {
    fn new(members: Vec<usize>) -> Self {
        Self { members, tries: Tries::default(), earlier: Earlier::default() }
    }

    #[cfg(test)]
    pub(crate) fn for_test(members: usize, earlier: Earlier) -> Self {
        Self { earlier, ..Self::new((0..members).collect()) }
    }

    /// How much of a batch it takes up.
    fn weight(&self) -> usize {
        if self.members.len() > 1 { PARTS / PATCHES } else { 1 }
    }
}

impl Writing<'_> {
    async fn run(&mut self) {
        loop {
            let round = self.next_round();
            if round.is_empty() {
                return;
            }
            let asks: Vec<Ask> = round.iter().map(|job| self.ask(job)).collect();
            let mut wait = Wait::default();
            match self.sender.batch(self.call, &asks, &self.deed).await {
                Err(failed) => return self.fail(round, &failed),
                Ok(answers) => {
                    for (job, answer) in round.into_iter().zip(answers) {
                        self.hear(job, answer, &mut wait).await;
                    }
                }
            }
            if self.refused == Refused::LeaveAll && self.outcomes.contains(&Applied::Done) {
                self.refused = Refused::Leave;
            }
            if let Err(error) = self.sender.keep(self.call, Effect::Write, wait).await {
                return self.fail(Vec::new(), &Failed { error, earlier: Earlier::Harmless });
            }
        }
    }

    fn next_round(&mut self) -> Vec<Job> {
        let (mut round, mut weight) = (Vec::new(), 0);
        while let Some(job) = self.waiting.pop_front() {
            weight += job.weight();
            let alone = self.refused == Refused::LeaveAll && !round.is_empty();
            if weight > PARTS || alone {
                self.waiting.push_front(job);
                break;
            }
            round.push(job);
        }
        round
    }

    fn ask(&self, job: &Job) -> Ask {
        let group = path::segment(self.group.as_str());
        let object = |index: &usize| {
            self.sender
                .root
                .address(&format!("/directoryObjects/{}", path::segment(self.ids[*index].as_str())))
        };
        match (self.op, job.members.as_slice()) {
            (Op::Remove, members) => Ask::unlink(&MemberLink::new(
                self.group,
                &self.ids[members.first().copied().unwrap_or_default()],
            )),
            (Op::Add, [only]) => {
                Ask::post(format!("/groups/{group}/members/$ref"), json!({ "@odata.id": object(only) }))
            }
            (Op::Add, members) => {
                let links: Vec<String> = members.iter().map(object).collect();
                Ask::patch(format!("/groups/{group}"), json!({ "members@odata.bind": links }))
            }
        }
    }

    /// Takes the answer to one part, which either settles it or puts it back.
    async fn hear(&mut self, mut job: Job, answer: Option<Answer>, wait: &mut Wait) {
        let next = retry::next(answer.as_ref(), job.tries);
        job.earlier = job.earlier.or(effect_of(answer.as_ref()));
        match next {
            Next::Again(_) => job.tries.failures += 1,
            Next::Close(_) => job.tries.throttles += 1,
            Next::Take | Next::NewToken | Next::GiveUp => return self.settle(job, answer).await,
        }
        wait.note(next);
        self.waiting.push_back(job);
    }

    async fn settle(&mut self, job: Job, answer: Option<Answer>) {
        let Some(answer) = answer else {
            let error = self.deed.unreadable("a part of the batch");
            return self.conclude(&job, &Applied::Unknown(error));
        };
        match judge(&self.deed, &job, &answer, self.group, self.op) {
            Verdict::Each(applied) => self.conclude(&job, &applied),
            Verdict::OneByOne => self.ask_for_each(&job),
            Verdict::SomeAlready => match self.refused {
                Refused::Ask => self.ask_for_each(&job),
                Refused::Leave => self.conclude(&job, &Applied::Undecided),
                Refused::LeaveAll => {
                    for job in std::iter::once(job).chain(std::mem::take(&mut self.waiting)) {
                        self.conclude(&job, &Applied::Undecided);
                    }
                }
            },
            Verdict::Refused(error) => self.refuse(job, &error),
            Verdict::AskForKind(error) => {
                let error = self.with_kind(error).await;
                self.refuse(job, &error);
            }
            Verdict::AskForGroup(otherwise) => match self.sender.group_by_id(self.call, self.group).await {
                Err(error) if error.fault == Fault::Gone => self.refuse(job, &error),
                _ => self.conclude(&job, &otherwise),
            },
        }
    }

    fn ask_for_each(&mut self, job: &Job) {
        let earlier = job.earlier;
        let alone = job.members.iter().map(|member| Job { earlier, ..Job::new(vec![*member]) });
        self.waiting.extend(alone);
    }

    /// The same refusal, or the group's kind where that is what stands behind it.
    async fn with_kind(&self, error: PortError) -> PortError {
        match self.sender.group_by_id(self.call, self.group).await.ok().and_then(|group| group.kind.refusal())
        {
            Some(KindRefusal { code, why, instead }) => {
                self.deed.failed(Fault::Rejected, code, why).with_hint(instead)
            }
            None => error,
        }
    }

    fn conclude(&mut self, job: &Job, applied: &Applied) {
        for member in &job.members {
            self.outcomes[*member] = applied.clone();
        }
    }

    /// The group, or the app, is refused: that answers for all that is left.
    fn refuse(&mut self, job: Job, error: &PortError) {
        for job in std::iter::once(job).chain(std::mem::take(&mut self.waiting)) {
            self.conclude(&job, &unsettled(job.earlier, error));
        }
    }

    /// A whole batch failed.
    fn fail(&mut self, round: Vec<Job>, failed: &Failed) {
        let error = &failed.error;
        for job in round {
            self.conclude(&job, &unsettled(job.earlier.or(failed.earlier), error));
        }
        for job in std::mem::take(&mut self.waiting) {
            let whole = !matches!(error.fault, Fault::Throttled(_) | Fault::Unavailable);
            if whole || job.earlier == Earlier::Perhaps {
                self.conclude(&job, &unsettled(job.earlier, error));
            }
        }
    }
}

/// What can be said of a member whose last attempt had no effect.
fn unsettled(earlier: Earlier, error: &PortError) -> Applied {
    match earlier {
        Earlier::Perhaps => Applied::Unknown(error.clone()),
        Earlier::Harmless if error.code == "out_of_time" => Applied::NotSent,
        Earlier::Harmless => Applied::Rejected(error.clone()),
    }
}

/// Whether an attempt that was answered so may have taken effect.
fn effect_of(answer: Option<&Answer>) -> Earlier {
    match answer {
        None => Earlier::Perhaps,
        Some(answer) if answer.status >= 500 => Earlier::Perhaps,
        Some(answer) => answer.earlier,
    }
}
