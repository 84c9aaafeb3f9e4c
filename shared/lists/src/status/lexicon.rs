//! The usual words of status columns.
//!
//! Sources: the employment statuses that the documentation of Workday, BambooHR, ADP Workforce Now, UKG, Oracle HCM
//! (assignment statuses), PeopleSoft (HR statuses), SAP SuccessFactors (`emplStatus`), Personio, HiBob and Rippling lists.

use listsync_core::import::Meaning;

/// The usual words of a meaning.
///
/// What vendors use both ways is not among them, so that its row is refused: *Inactive* (gone in BambooHR, on leave or
/// between assignments elsewhere), *Not Active*, *Not on payroll* (unpaid leave, or gone), *Disabled*, *Dormant*.
pub(crate) fn usual(meaning: Meaning) -> &'static [&'static str] {
    match meaning {
        Meaning::Active => ACTIVE,
        Meaning::Leave => LEAVE,
        Meaning::Terminated => TERMINATED,
        Meaning::NotYet => NOT_YET,
    }
}

const ACTIVE: &[&str] = &[
    "active",
    "a",
    "employed",
    "current",
    "current employee",
    "actively employed",
    "working",
    "rehired",
    "active employee",
    "probation",
    "on probation",
    "notice period",
    "on notice",
    "under notice",
    "serving notice",
    "active assignment",
];

const LEAVE: &[&str] = &[
    "leave",
    "l",
    "on leave",
    "leave of absence",
    "on leave of absence",
    "loa",
    "paid leave",
    "unpaid leave",
    "leave with pay",
    "leave without pay",
    "parental leave",
    "maternity leave",
    "paternity leave",
    "sick leave",
    "medical leave",
    "military leave",
    "family leave",
    "sabbatical",
    "garden leave",
    "gardening leave",
    "suspended",
    "furlough",
    "furloughed",
    "on furlough",
    "short work break",
    "long term sick",
    "long term leave",
];

const TERMINATED: &[&str] = &[
    "terminated",
    "t",
    "left",
    "left company",
    "former",
    "former employee",
    "ex employee",
    "resigned",
    "retired",
    "retiree",
    "deceased",
    "separated",
    "dismissed",
    "discharged",
    "fired",
    "quit",
    "redundant",
    "made redundant",
    "laid off",
    "layoff",
    "archived",
    "deactivated",
    "departed",
    "exited",
    "offboarded",
    "employment ended",
    "contract ended",
    "ended",
    "termination",
    "terminated voluntary",
    "terminated involuntary",
    "voluntary termination",
    "involuntary termination",
    "voluntarily terminated",
    "involuntarily terminated",
    "terminated with pay",
    "terminated pension pay out",
    "retired with pay",
    "inactive payroll eligible",
    "inactive no payroll",
    "inactive process when earning",
];

const NOT_YET: &[&str] = &[
    "pre hire",
    "prehire",
    "pre start",
    "pre boarding",
    "preboarding",
    "onboarding",
    "future hire",
    "pending hire",
    "pending start",
    "not started",
    "not yet started",
    "hired not started",
    "offer accepted",
];
