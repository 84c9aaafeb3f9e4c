//! What people read after a run.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    address::Address,
    id::{LinkId, ObjectId, RunId},
    link::{Link, Phase, Side},
    member::Op,
    opt_outs::Surge,
    place::Place,
    shell::Quoted,
    trigger::Reason,
};

/// How both sides were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadKind {
    /// Every member.
    Full,
    /// What changed since the cursors.
    Incremental,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything that could be decided was done.
    Converged,
    /// Done as far as it could be: something failed or could not be read with certainty.
    Partial,
    /// Effects are kept back until a person approves them.
    Held,
    /// The link is stopped until a person resumes it.
    Halted,
    /// Ended early with its progress saved; another run goes on.
    Continued,
    /// Stopped at the plan for the group, which a person carries out.
    Planned,
    /// Everything that could be done now was done; of some members something is read or tried again later.
    Waiting,
    /// Another run of the link is going.
    Busy,
    /// Nothing could be done.
    Failed,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Converged => "converged",
            Self::Partial => "partial",
            Self::Held => "held",
            Self::Halted => "halted",
            Self::Continued => "continued",
            Self::Planned => "planned",
            Self::Waiting => "waiting",
            Self::Busy => "busy",
            Self::Failed => "failed",
        })
    }
}

/// The counters of one side.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SideCounts {
    /// The list's or group's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Members added.
    pub added: u64,
    /// Members removed.
    pub removed: u64,
    /// Additions that failed.
    pub add_failed: u64,
    /// Removals that failed.
    pub remove_failed: u64,
}

/// What of the run concerned addresses outside the tenant's own domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ExternalCounts {
    /// External members added to either side.
    pub added: u64,
    /// External members removed from either side.
    pub removed: u64,
    /// Guests invited.
    pub invited: u64,
}

/// What a guard kept back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HeldCounts {
    /// Removals from the list.
    pub list_removals: u64,
    /// Removals from the group.
    pub group_removals: u64,
    /// Additions to the list.
    #[serde(default)]
    pub list_additions: u64,
    /// Additions to the group.
    #[serde(default)]
    pub group_additions: u64,
    /// What an approval names; empty when nothing is held.
    pub digest: String,
}

impl HeldCounts {
    /// How many effects they are.
    #[must_use]
    pub fn total(&self) -> u64 {
        let Self { list_removals, group_removals, list_additions, group_additions, digest: _ } = self;
        list_removals + group_removals + list_additions + group_additions
    }

    /// The kinds of changes that are held, for a headline.
    fn kinds(&self) -> &'static str {
        match (self.list_removals + self.group_removals, self.list_additions + self.group_additions) {
            (_, 0) => "removals",
            (0, _) => "additions",
            _ => "changes",
        }
    }
}

impl fmt::Display for HeldCounts {
    /// `2 removals from the list, 60 additions to the group`: of each kind that is held both sides.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { list_removals, group_removals, list_additions, group_additions, digest: _ } = self;
        let (removals, additions) = (list_removals + group_removals, list_additions + group_additions);
        if removals > 0 || additions == 0 {
            write!(f, "{list_removals} removals from the list, {group_removals} from the group")?;
        }
        if additions > 0 {
            let then = if removals > 0 { "; " } else { "" };
            write!(f, "{then}{list_additions} additions to the list, {group_additions} to the group")?;
        }
        Ok(())
    }
}

/// The opt-outs that a run carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OptOutCounts {
    /// So many people were taken off the side that the link writes, as they opted out.
    pub carried_out: u64,
    /// With those of 24 hours they are more than the guard lets go of its own accord; none: they are not.
    pub above_share: Option<Surge>,
}

/// An effect that failed, for the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Where.
    pub side: Side,
    /// What was tried.
    pub op: Op,
    /// Whose.
    pub address: Option<Address>,
    /// Whose.
    pub object_id: Option<ObjectId>,
    /// A stable code, such as `no_such_user`.
    pub code: String,
    /// What the service said, or what we found.
    pub message: String,
    /// What the operator can do.
    pub hint: String,
    /// Whether it is tried again without a change by anybody.
    pub retryable: bool,
}

/// Something about people that the operator may want to put right. Nobody is left out because of it, or is counted as
/// skipped besides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// A stable code, such as `duplicate_contact`.
    pub code: String,
    /// The list's addresses that it is about.
    pub addresses: Vec<Address>,
    /// The people in the directory that it is about.
    pub object_ids: Vec<ObjectId>,
    /// What was found.
    pub message: String,
    /// What the operator can do.
    pub hint: String,
}

impl Summary {
    /// The addresses that it names.
    #[must_use]
    pub fn addresses(&self) -> BTreeSet<&Address> {
        let failed = self.failures.iter().filter_map(|failure| failure.address.as_ref());
        failed.chain(self.remarks.iter().flat_map(|remark| &remark.addresses)).collect()
    }

    /// Takes the addresses of somebody who was erased out of it; whether there were any. That something failed, or was
    /// found, stays.
    pub fn forget(&mut self, addresses: &BTreeSet<Address>) -> bool {
        let before = self.clone();
        for failure in &mut self.failures {
            failure.address.take_if(|of| addresses.contains(of));
        }
        for remark in &mut self.remarks {
            remark.addresses.retain(|of| !addresses.contains(of));
        }
        let of_failures = self.failures.iter_mut().flat_map(|one| [&mut one.message, &mut one.hint]);
        let of_remarks = self.remarks.iter_mut().flat_map(|one| [&mut one.message, &mut one.hint]);
        for text in of_failures.chain(of_remarks) {
            if addresses.iter().any(|of| text.contains(of.as_str())) {
                text.clear();
            }
        }
        *self != before
    }
}

/// What the run cost at the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GraphCost {
    /// HTTP requests, each `$batch` as one.
    pub requests: u64,
    /// Writes, each part of a `$batch` as one.
    pub writes: u64,
}

/// What people read after a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The run.
    pub run: RunId,
    /// The link.
    pub link: LinkId,
    /// Where the link leads; none: its group was still to be made, or the run was before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Whether it was of the link's first run, as it began; none: the run was before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// Why it ran.
    pub trigger: Reason,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// How both sides were read.
    pub read: ReadKind,
    /// How it ended.
    pub outcome: Outcome,
    /// A stable code for why it ended so, such as `count_mismatch`; empty where the outcome says all.
    #[serde(default)]
    pub reason: String,
    /// The same for a person.
    #[serde(default)]
    pub message: String,
    /// What the person can do about it; empty where there is nothing to do.
    #[serde(default)]
    pub hint: String,
    /// The list's counters.
    pub list: SideCounts,
    /// The group's counters.
    pub group: SideCounts,
    /// What of that concerned people outside.
    #[serde(default)]
    pub external: ExternalCounts,
    /// What is kept back.
    pub held: HeldCounts,
    /// Who opted out and was taken off.
    #[serde(default)]
    pub opt_outs: OptOutCounts,
    /// Who was left alone, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// Members whose reads contradict what we hold true, within the settle window.
    pub set_aside: u64,
    /// Contacts that took over the new primary address of their person.
    #[serde(default)]
    pub renamed: u64,
    /// Effects that failed.
    pub failures: Vec<Failure>,
    /// What was found about people whom this run looked at: a full read looks at everybody. At most [`REMARKS`] of each code.
    #[serde(default)]
    pub remarks: Vec<Remark>,
    /// What it cost.
    pub graph: GraphCost,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

/// A run as it begins.
#[derive(Debug, Clone)]
pub struct Begun<'a> {
    /// The run.
    pub run: RunId,
    /// The link.
    pub link: &'a Link,
    /// Whether it is of the link's first run.
    pub phase: Phase,
    /// Why it runs.
    pub trigger: Reason,
    /// When it begins.
    pub started_at: Timestamp,
}

/// So many remarks of one code are kept with a run.
pub const REMARKS: usize = 100;

impl Summary {
    /// One of a run in which nothing has happened yet. Of the list it has no name, which no link tells.
    #[must_use]
    pub fn begun(Begun { run, link, phase, trigger, started_at }: Begun<'_>) -> Self {
        let side = |id: String, name: &str| SideCounts { id, name: name.to_owned(), ..SideCounts::default() };
        Self {
            run,
            link: link.id.clone(),
            place: link.place(),
            phase: Some(phase),
            trigger,
            started_at,
            finished_at: started_at,
            read: ReadKind::Incremental,
            outcome: Outcome::Converged,
            reason: String::new(),
            message: String::new(),
            hint: String::new(),
            list: side(link.list.to_string(), ""),
            group: side(
                link.groups().next().map_or_else(String::new, ToString::to_string),
                &link.group_names(),
            ),
            external: ExternalCounts::default(),
            held: HeldCounts::default(),
            opt_outs: OptOutCounts::default(),
            skipped: BTreeMap::new(),
            set_aside: 0,
            renamed: 0,
            failures: Vec::new(),
            remarks: Vec::new(),
            graph: GraphCost::default(),
            duration_ms: 0,
        }
    }

    /// Adds what was found about people, up to [`REMARKS`] of each code.
    pub fn remark(&mut self, remarks: impl IntoIterator<Item = Remark>) {
        for remark in remarks {
            if self.remarks.iter().filter(|known| known.code == remark.code).count() < REMARKS {
                self.remarks.push(remark);
            }
        }
    }

    /// The counters of one side.
    pub fn side_mut(&mut self, side: Side) -> &mut SideCounts {
        match side {
            Side::List => &mut self.list,
            Side::Group => &mut self.group,
        }
    }

    /// Counts one failed effect and keeps it for the operator.
    pub fn fail(&mut self, failure: Failure) {
        let counts = self.side_mut(failure.side);
        match failure.op {
            Op::Add => counts.add_failed += 1,
            Op::Remove => counts.remove_failed += 1,
        }
        self.failures.push(failure);
    }

    /// What the command line exits with after this run: 4 held or halted, 3 incomplete, 1 nothing done, 2 changes wait
    /// for their time or to be made by hand, 0 done.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self.outcome {
            Outcome::Failed | Outcome::Busy => 1,
            Outcome::Held | Outcome::Halted => 4,
            Outcome::Partial | Outcome::Continued => 3,
            Outcome::Converged | Outcome::Planned | Outcome::Waiting if !self.failures.is_empty() => 3,
            Outcome::Planned | Outcome::Waiting => 2,
            Outcome::Converged => 0,
        }
    }
}

/// The summary window of the product, as text. Its moment is in UTC, as nothing here knows where it is read.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ended = self.finished_at.strftime("%-m/%-d/%Y, %-I:%M:%S %p UTC");
        self.write_window(&ended.to_string(), f)
    }
}

impl Summary {
    /// The same window, with the moment at which the run ended in the words of whoever reads it.
    #[must_use]
    pub fn window(&self, moment: impl Fn(Timestamp) -> String) -> String {
        let ended = moment(self.finished_at);
        fmt::from_fn(|f| self.write_window(&ended, f)).to_string()
    }

    fn write_window(&self, ended: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headline = match self.outcome {
            Outcome::Converged => "List Sync Completed".to_owned(),
            Outcome::Partial if self.reason == "failures" => "List Sync Completed, with failures".to_owned(),
            Outcome::Held => format!("List Sync Completed, with {} held", self.held.kinds()),
            Outcome::Planned => "List Sync Completed, with changes to be made by hand".to_owned(),
            Outcome::Waiting => "List Sync Completed, and somebody waits".to_owned(),
            other => format!("List Sync {other}"),
        };
        let mark = if self.exit_code() == 0 { '✔' } else { '!' };
        writeln!(f, "{mark} {} {headline}    {ended}", self.list.name)?;
        let rows = [
            (["contact", "contacts"], "added to", self.list.added, self.group.added),
            (["contact", "contacts"], "removed from", self.list.removed, self.group.removed),
            (["failure", "failures"], "adding members to", self.list.add_failed, self.group.add_failed),
            (
                ["failure", "failures"],
                "removing members from",
                self.list.remove_failed,
                self.group.remove_failed,
            ),
        ];
        for ([one, many], what, list, group) in rows {
            let counted = |number: u64| crate::text::count(number, one, many);
            let left = format!("{} {what} list.", counted(list));
            writeln!(f, "{left:<48}{} {what} Outlook list.", counted(group))?;
        }
        self.write_details(f)
    }

    fn write_details(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.message.is_empty() {
            writeln!(f, "{}", self.message)?;
        }
        if !self.hint.is_empty() {
            writeln!(f, "  {}", self.hint)?;
        }
        let ExternalCounts { added, removed, invited } = self.external;
        if added + removed + invited > 0 {
            writeln!(f, "External: {added} added, {removed} removed, {invited} invited as guests.")?;
        }
        if !self.held.digest.is_empty() {
            let digest = &self.held.digest;
            writeln!(f, "Held: {}.", self.held)?;
            writeln!(
                f,
                "  See them: listsync plan {}. Release just these: listsync links approve {digest}",
                Quoted(&self.list.name)
            )?;
        }
        if let Some(Surge { people, of, since: _ }) = self.opt_outs.above_share {
            writeln!(
                f,
                "Opted out: {people} of {of} within 24 hours. All were taken off, as their word holds."
            )?;
            writeln!(f, "  See who, and by what: listsync lists history {}", Quoted(&self.list.name))?;
        }
        if self.renamed > 0 {
            let whose = if self.renamed == 1 {
                "contact has the new address"
            } else {
                "contacts have the new addresses"
            };
            writeln!(f, "Renamed: {} {whose} of their person.", self.renamed)?;
        }
        for (reason, count) in &self.skipped {
            writeln!(f, "Skipped: {count} ({reason})")?;
        }
        if self.set_aside > 0 {
            writeln!(f, "Set aside until their reads settle: {}", self.set_aside)?;
        }
        for failure in &self.failures {
            let who = failure.address.as_ref().map(Address::as_str);
            let who = who.or(failure.object_id.as_ref().map(ObjectId::as_str)).unwrap_or("somebody");
            writeln!(f, "Failed: {who}: {} ({}). {}", failure.message, failure.code, failure.hint)?;
        }
        for Remark { code, addresses, object_ids: _, message, hint } in &self.remarks {
            let addresses: Vec<&str> = addresses.iter().map(Address::as_str).collect();
            writeln!(f, "Note: {}: {message} ({code}). {hint}", addresses.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_plain_lines_which_every_terminal_shows_as_they_are() {
        let counts = serde_json::json!({
            "id": "l1", "name": "News", "added": 1, "removed": 0, "add_failed": 0, "remove_failed": 0
        });
        let summary: Summary = serde_json::from_value(serde_json::json!({
            "run": "r1", "link": "k1", "trigger": "schedule",
            "started_at": "2026-12-01T09:00:00Z", "finished_at": "2026-12-01T09:00:01Z",
            "read": "full", "outcome": "converged", "list": counts, "group": counts,
            "held": {"list_removals": 0, "group_removals": 0, "digest": ""},
            "skipped": {}, "set_aside": 0, "failures": [],
            "graph": {"requests": 1, "writes": 0}, "duration_ms": 1000
        }))
        .expect("a summary of before reads");
        let text = summary.to_string();
        assert!(text.starts_with("✔ News List Sync Completed    12/1/2026, 9:00:01 AM UTC\n"), "{text}");
        // Whoever prints it escapes control characters, so it has none but the ends of lines.
        assert_eq!(crate::text::visible(&text.replace('\n', "")), text.replace('\n', ""));
    }
}
