//! Random exports, month after month, against an oracle that knows who is employed.

use listsync_core::list::Standing;
use listsync_engine::ports::{Again, EntryQuery, ImportMode, ImportState};
use listsync_lists::Profile;
use listsync_sqlite::SqliteStore;
use listsync_testkit::dice::Dice;

use crate::fixture::{OneListFixture, now};

/// What somebody is to their company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Employed,
    OnLeave,
    Gone,
    NotYet,
    /// Nobody could say: the word is one that vendors use both ways.
    Unclear,
}

#[derive(Debug, Clone)]
struct Worker {
    number: u64,
    /// Several workers of a store may share one.
    mailbox: Option<String>,
    work: Work,
}

/// How a system writes its export.
#[derive(Debug, Clone, Copy)]
struct Layout {
    profile: &'static str,
    titles: [&'static str; 5],
    delimiter: char,
    above: &'static str,
    below: &'static str,
    words: [&'static [&'static str]; 5],
}

const WORDS: [&[&str]; 5] = [
    &["Active", "Active - Regular", "A", "active (full-time)"],
    &["On Leave", "Leave", "Furloughed", "LOA"],
    &["Terminated", "Terminated - Voluntary", "Laid Off", "Retired", "T"],
    &["Pre-hire", "Not started"],
    &["Not on payroll", "Not Active", "Sleeping"],
];
const FLAGS: [&[&str]; 5] =
    [&["Y", "Yes", "1", "true"], &["Y"], &["N", "No", "0", "false"], &["Pre-hire"], &["?"]];
const REVERSED: [&[&str]; 5] = [&["N", "No", "0"], &["N"], &["Y", "Yes", "1"], &["Pre-hire"], &["?"]];
const OWN: [&[&str]; 5] =
    [&["Full-Time", "Part-Time"], &["Furloughed"], &["Terminated", "Retired"], &["Pre-hire"], &["Full-Time"]];

const LAYOUTS: [Layout; 6] = [
    Layout {
        profile: "workday",
        titles: ["Employee ID", "Full Name", "Work Email", "Worker Status", "Termination Date"],
        delimiter: ',',
        above: "",
        below: "",
        words: WORDS,
    },
    Layout {
        profile: "workday",
        titles: ["Employee_ID", "Worker", "email_primary_work", "Active Status", "Last Day of Work"],
        delimiter: '\t',
        above: "Workers of Contoso\r\n\r\n",
        below: "Total\t\t\t\t12\r\n",
        words: FLAGS,
    },
    Layout {
        profile: "adp",
        titles: [
            "Associate ID (Employment Profile)",
            "Payroll Name (Personal Profile)",
            "Work Contact: Work Email (Personal Profile)",
            "Position Status (Employment Profile)",
            "Termination Date (Employment Profile)",
        ],
        delimiter: ',',
        above: "sep=,\r\n",
        below: "",
        words: WORDS,
    },
    Layout {
        profile: "bamboohr",
        titles: ["Employee #", "Employee", "Work Email", "Employment Status", "Termination Date"],
        delimiter: ';',
        above: "sep=;\r\n",
        below: "",
        words: OWN,
    },
    Layout {
        profile: "workday",
        titles: ["Worker ID", "Name", "Business Email", "Terminated", "Termination Date"],
        delimiter: ';',
        above: "#TYPE Selected.Worker\r\n",
        below: "3 rows;;;;\r\n",
        words: REVERSED,
    },
    Layout {
        profile: "ukg",
        titles: ["Employee Id", "Employee Name", "Primary Email", "Employee Status", "Date Terminated"],
        delimiter: ',',
        above: "",
        below: "",
        words: WORDS,
    },
];

const DATES_GONE: [&str; 5] = ["2026-03-15", "15-Mar-2026", "Mar 15, 2026", "20260315", ""];
const DATES_NEVER: [&str; 5] = ["", "0000-00-00", "N/A", "9999-12-31", "-"];

impl Layout {
    /// The file of a month. The dice decide how each cell is written, never who is employed.
    fn file(&self, workers: &[Worker], dice: &mut Dice) -> String {
        let quoted = |text: &str| format!("\"{text}\"");
        let line = |cells: &[String]| cells.join(&self.delimiter.to_string()) + "\r\n";
        let titles: Vec<String> = self.titles.iter().map(|title| quoted(title)).collect();
        let mut text = self.above.to_owned() + &line(&titles);
        for worker in workers {
            let words = self.words[worker.work as usize];
            let dates = if worker.work == Work::Gone { DATES_GONE } else { DATES_NEVER };
            let edge = if dice.chance(10) { "\u{200b}" } else { "" };
            let address = worker.mailbox.as_ref().map(|local| format!("{edge}{local}@contoso.com"));
            text += &line(&[
                quoted(&worker.number.to_string()),
                quoted(&format!("Example, W{}", worker.number)),
                quoted(&address.unwrap_or_default()),
                quoted(words[pick(dice, words.len())]),
                quoted(dates[pick(dice, dates.len())]),
            ]);
        }
        text + self.below
    }
}

fn pick(dice: &mut Dice, of: usize) -> usize {
    usize::try_from(dice.below(of as u64)).expect("a small number")
}

/// A month goes by: people are hired, leave, come back under a new number, and lose or get an address.
fn a_month_later(workers: &mut Vec<Worker>, next: &mut u64, dice: &mut Dice) {
    let mut hired = Vec::new();
    for worker in workers.iter_mut() {
        match dice.below(20) {
            0 => worker.work = Work::Gone,
            1 if worker.work == Work::Employed => worker.work = Work::OnLeave,
            2 if matches!(worker.work, Work::OnLeave | Work::NotYet | Work::Unclear) => {
                worker.work = Work::Employed
            }
            3 if worker.work == Work::Employed => worker.work = Work::Unclear,
            // Who has gone comes back under another number, and the old row may stay in the file.
            4 if worker.work == Work::Gone => {
                *next += 1;
                hired.push(Worker { number: *next, work: Work::Employed, ..worker.clone() });
            }
            _ => {}
        }
    }
    let gone = |worker: &Worker| worker.work == Work::Gone;
    workers.retain(|worker| !gone(worker) || dice.chance(70));
    for _ in 0..dice.below(3) {
        *next += 1;
        let mailbox = match dice.below(5) {
            0 => None,
            1 => Some("store12".to_owned()),
            _ => Some(format!("w{next}")),
        };
        let work = if dice.chance(20) { Work::NotYet } else { Work::Employed };
        hired.push(Worker { number: *next, mailbox, work });
    }
    workers.extend(hired);
}

/// What the workers of a mailbox come to, if the file tells.
#[derive(Debug, PartialEq, Eq)]
enum Truth {
    On,
    Off,
    /// They stay as they are.
    AsItWas,
}

fn truth(of: &[&Worker]) -> Truth {
    let any = |work: Work| of.iter().any(|worker| worker.work == work);
    match () {
        () if any(Work::Employed) || any(Work::OnLeave) => Truth::On,
        () if any(Work::Unclear) => Truth::AsItWas,
        () if any(Work::Gone) || of.is_empty() => Truth::Off,
        () => Truth::AsItWas,
    }
}

async fn play(seed: u64) {
    let mut dice = Dice::new(seed);
    let layout = LAYOUTS[pick(&mut dice, LAYOUTS.len())];
    let profile = Profile::named(layout.profile).expect("built in");
    let fixture = OneListFixture::new(SqliteStore::open_in_memory().unwrap()).await;
    let (mut next, mut workers) = (100, Vec::new());
    let mut before: Vec<String> = Vec::new();
    for month in 0..6 {
        for _ in 0..if month == 0 { 4 } else { 1 } {
            a_month_later(&mut workers, &mut next, &mut dice);
        }
        // In a column of the company's own words nobody can be unclear.
        let own = layout.words[4] == layout.words[0] || layout.words == OWN;
        workers
            .iter_mut()
            .filter(|worker| own && worker.work == Work::Unclear)
            .for_each(|worker| worker.work = Work::Employed);
        if workers.is_empty() {
            continue;
        }
        let text = layout.file(&workers, &mut dice);
        let told = format!("seed {seed}, month {month}, {layout:?}\n{text}");
        let taken = fixture.take(text.as_bytes(), (&profile, ImportMode::Full, Again::Skip)).await;
        let taken = taken.unwrap_or_else(|code| panic!("{code}: {told}"));
        if taken.import.state == ImportState::Held {
            let approved = fixture.service.ports.lists.approve_import(&taken.import.id, now()).await;
            approved.expect("it is held");
        }
        assert_ne!(taken.import.state, ImportState::RemovalsSkipped, "{told}");
        before = judged(&fixture, (&workers, &before), &told).await;
    }
}

/// Holds the list against the truth.
async fn judged(
    fixture: &OneListFixture,
    (workers, before): (&[Worker], &[String]),
    told: &str,
) -> Vec<String> {
    let entries = fixture.service.ports.lists.entries(&fixture.list, EntryQuery::All).await.expect("read");
    let on = |local: &str| {
        let of = |address: &str| address.split('@').next() == Some(local);
        entries.iter().any(|entry| of(entry.address.as_str()) && entry.standing == Standing::Member)
    };
    let mut mailboxes: Vec<&str> = workers.iter().filter_map(|worker| worker.mailbox.as_deref()).collect();
    mailboxes.extend(before.iter().map(String::as_str));
    mailboxes.sort_unstable();
    mailboxes.dedup();
    for mailbox in mailboxes {
        let of: Vec<&Worker> =
            workers.iter().filter(|worker| worker.mailbox.as_deref() == Some(mailbox)).collect();
        let expected = match truth(&of) {
            Truth::On => true,
            Truth::Off => false,
            Truth::AsItWas => before.iter().any(|local| local == mailbox),
        };
        assert_eq!(on(mailbox), expected, "{mailbox}, {of:?}, {told}");
    }
    fixture.members().await
}

#[tokio::test]
async fn month_after_month_the_list_has_those_who_are_employed() {
    for seed in 0..300 {
        play(seed).await;
    }
}
