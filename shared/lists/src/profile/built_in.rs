//! The profiles of HR systems that are known. Reports are named by their authors, so each column has several names.
//!
//! Sources: Workday's reports as a service; the field names of BambooHR's employee directory; "Employee
//! synchronization" of the UKG HR Service Delivery documentation and the saved reports of UKG Ready; the standard
//! reports of ADP Workforce Now.

use std::collections::BTreeMap;

use super::{ColumnNames, Columns, Dates, Encoding, NameOrder, Profile, Quote, StatusWords};
use crate::Meaning;

pub(super) fn named(name: &str) -> Option<Profile> {
    let generic = Profile::generic();
    let own = |columns| Profile {
        name: name.to_owned(),
        columns,
        encoding: Encoding::Auto,
        names: NameOrder::FamilyFirst,
        ..generic.clone()
    };
    Some(match name {
        "generic" => generic,
        "workday" => own(workday()),
        "bamboohr" => Profile { status_words: bamboohr_words(), ..own(bamboohr()) },
        "ukg" => Profile { quote: Quote::Single, dates: Dates::MonthFirst, ..own(ukg()) },
        "adp" => Profile { dates: Dates::MonthFirst, ..own(adp()) },
        _ => return None,
    })
}

fn names(names: &[&str]) -> ColumnNames {
    names.into()
}

fn fields(own: &[(&str, &[&str])]) -> BTreeMap<String, ColumnNames> {
    own.iter().map(|(field, columns)| ((*field).to_owned(), names(columns))).collect()
}

fn workday() -> Columns {
    Columns {
        address: names(&[
            "Work Email",
            "Primary Work Email",
            "Email Primary Work",
            "Business Email",
            "Email",
            "Email Address",
        ]),
        name: names(&["Full Name", "Preferred Name", "Worker", "Employee Name", "Legal Name", "Name"]),
        given_name: names(&["Preferred First Name", "First Name", "Legal First Name"]),
        family_name: names(&["Preferred Last Name", "Last Name", "Legal Last Name"]),
        external_id: names(&["Employee ID", "Worker ID", "Workday ID", "WID"]),
        status: names(&["Worker Status", "Employee Status", "Employment Status", "Active Status", "Status"]),
        employment_status: names(&[]),
        status_date: names(&[
            "Termination Date",
            "Last Day of Work",
            "Last Working Day",
            "End Employment Date",
            "Employment End Date",
            "Date of Termination",
        ]),
        fields: fields(&[
            ("department", &["Department", "Supervisory Organization", "Team Name"]),
            ("location", &["Location", "Work Location"]),
            ("job_title", &["Job Title", "Business Title", "Position Title"]),
            ("cost_center", &["Cost Center", "Cost Centre"]),
            ("company", &["Company"]),
            ("manager", &["Manager ID", "Manager", "Manager Name"]),
            ("employee_type", &["Employee Type", "Worker Type"]),
            ("start_date", &["Start Date", "Hire Date"]),
        ]),
    }
}

fn bamboohr() -> Columns {
    Columns {
        address: names(&["Work Email", "Email"]),
        name: names(&["Display Name", "Full Name", "Employee Name", "Employee", "Name"]),
        given_name: names(&["Preferred Name", "First Name"]),
        family_name: names(&["Last Name"]),
        external_id: names(&["Employee Number", "Employee #", "Employee ID", "EEID", "id"]),
        status: names(&["Status", "Employee Status"]),
        employment_status: names(&["Employment Status"]),
        status_date: names(&["Termination Date", "Terminated Date"]),
        fields: fields(&[
            ("department", &["Department"]),
            ("division", &["Division"]),
            ("location", &["Location"]),
            ("job_title", &["Job Title"]),
            ("manager", &["Supervisor", "Reporting To", "Reports To"]),
            ("start_date", &["Hire Date"]),
        ]),
    }
}

/// BambooHR's *Status* knows but two words, Active and Inactive, and who is Inactive is gone.
fn bamboohr_words() -> StatusWords {
    let mut words = StatusWords::default();
    words.set("inactive", Meaning::Terminated);
    words
}

fn ukg() -> Columns {
    Columns {
        address: names(&["email", "Primary Email", "Work Email", "Email Address"]),
        name: names(&["Full Name", "Employee Name"]),
        given_name: names(&["firstname", "First Name"]),
        family_name: names(&["lastname", "Last Name"]),
        external_id: names(&[
            "technical_id",
            "Employee Id",
            "registration_reference",
            "Employee Number",
            "Account Id",
        ]),
        status: names(&["Employee Status", "Employment Status", "Status"]),
        employment_status: names(&[]),
        status_date: names(&["Termination Date", "Date Terminated", "departure_date"]),
        fields: fields(&[
            ("organization", &["organization_code"]),
            ("department", &["Department", "Default Department"]),
            ("location", &["Location", "Default Location"]),
            ("job_title", &["Job Title", "Default Job"]),
            ("manager", &["Manager", "Manager 1"]),
            ("start_date", &["Date Hired", "Hire Date"]),
        ]),
    }
}

fn adp() -> Columns {
    Columns {
        address: names(&["Work Contact: Work Email", "Work Email", "Business Email", "Email Address"]),
        name: names(&["Payroll Name", "Employee Name", "Full Name"]),
        given_name: names(&["Preferred or Chosen First Name", "Legal First Name", "First Name"]),
        family_name: names(&["Preferred or Chosen Last Name", "Legal Last Name", "Last Name"]),
        external_id: names(&["Associate ID", "Associate OID", "Worker ID", "Employee ID"]),
        status: names(&["Position Status", "Worker Status", "Employee Status", "Status"]),
        employment_status: names(&[]),
        status_date: names(&["Termination Date", "Date of Termination"]),
        fields: fields(&[
            ("department", &["Home Department Description", "Department"]),
            ("department_code", &["Home Department Code"]),
            ("location", &["Location Description", "Location"]),
            ("job_title", &["Job Title Description", "Job Title"]),
            ("business_unit", &["Business Unit Description"]),
            ("cost_center", &["Home Cost Number Code", "Cost Center"]),
            ("manager", &["Reports To Name", "Reports To Associate ID"]),
            ("start_date", &["Hire Date", "Hire/Rehire Date"]),
        ]),
    }
}
