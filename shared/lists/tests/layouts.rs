//! Layouts that HR systems and spreadsheets write around and above a table, and titles that nobody can change.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use jiff::civil::{Date, date};
use listsync_lists::{
    AddressBy, Encoding, FileError, Meaning, OptOutRule, Overrides, ParsedFile, Passed, Profile, Reading,
    StatusRule, read,
};

const TODAY: Date = date(2026, 11, 29);

fn with(bytes: impl AsRef<[u8]>, profile: &str, said: &Overrides) -> Result<ParsedFile, FileError> {
    read_by(bytes, &Profile::named(profile).unwrap().with(said))
}

fn read_by(bytes: impl AsRef<[u8]>, profile: &Profile) -> Result<ParsedFile, FileError> {
    read(bytes.as_ref(), Reading { profile, today: TODAY }, |_| {})
}

fn plain(bytes: impl AsRef<[u8]>, profile: &str) -> ParsedFile {
    with(bytes, profile, &Overrides::default()).unwrap()
}

/// Who is there, by the first letter of their address.
fn there(file: &ParsedFile) -> String {
    let present =
        file.people.iter().filter(|row| row.in_force().next().is_some() || row.external_id.is_none());
    let present = present.filter(|row| row.presence == listsync_engine::ports::Presence::Present);
    present.map(|row| row.contact.address.as_str()[..1].to_owned()).collect()
}

fn passed(file: &ParsedFile) -> Vec<(u64, Passed)> {
    file.passed.iter().map(|passed| (passed.row, passed.why)).collect()
}

#[test]
fn what_stands_above_the_header_is_passed_over_and_told() {
    let table = "email,name\na@b.example,Anna\nb@b.example,Ben\n";
    for (above, rows) in [
        ("sep=,\r\n", vec![1]),
        ("\"sep=,\"\r\n", vec![1]),
        ("#TYPE Selected.System.Management.Automation.PSCustomObject\n", vec![1]),
        ("version:v1.0\n", vec![1]),
        ("Employees of Contoso\n\n", vec![1]),
        ("Report: Active workers\nRun on 2026-11-28\n\n", vec![1, 2]),
        ("Employees,\n", vec![1]),
    ] {
        let file = plain(format!("{above}{table}"), "generic");
        assert_eq!(there(&file), "ab", "{above:?}");
        let above: Vec<u64> = passed(&file).into_iter().map(|(row, _)| row).collect();
        assert_eq!(above, rows);
        assert_eq!(file.report.passed_over, rows);
    }
}

#[test]
fn a_header_below_is_found_whatever_the_first_line_shows_of_the_delimiter() {
    let file = plain(
        "Staff list, exported 2026-11-28, by HR\r\n\r\nE-Mail;Name;Abteilung\r\na@b.example;Anna;x\r\n",
        "generic",
    );
    assert_eq!(there(&file), "a");
}

#[test]
fn a_person_above_is_never_taken_for_a_title() {
    let error = with("a@b.example,Anna\nemail,name\nb@b.example,Ben\n", "generic", &Overrides::default());
    assert!(matches!(error, Err(FileError::NoHeader)));
}

#[test]
fn rows_above_the_header_can_be_told() {
    let said = Overrides { skip_rows: Some(2), ..Overrides::default() };
    let file = with("email,mail,x\nemail,mail,x\nemail,name\na@b.example,Anna\n", "generic", &said).unwrap();
    assert_eq!(there(&file), "a");
}

#[test]
fn entras_bulk_file_is_read_by_its_technical_names() {
    let text = "version:v1.0,,\nName [displayName] Required,User name [userPrincipalName] Required,Block sign in (Yes/No) [accountEnabled] Required\n\
                Example: Chris Green,chris@contoso.example,No\nAnna Example,anna@b.example,No\n";
    let file = with(
        text,
        "generic",
        &Overrides { status_rule: Some(StatusRule::PassedOver), ..Overrides::default() },
    );
    let file = file.unwrap();
    assert_eq!(there(&file), "a");
    assert_eq!(passed(&file), [(1, Passed::AboveHeader), (3, Passed::Example)]);
}

#[test]
fn rows_that_sum_up_are_nobody() {
    for total in [
        "Total,,,3",
        "Total: 3 employees,,,",
        "3 rows,,,",
        "Grand Total,,,",
        ",,,3",
        ",Total,,",
        "End of report,,,",
    ] {
        let text =
            format!("Employee ID,Full Name,Work Email,Worker Status\n1,Anna,a@b.example,Active\n{total}\n");
        let file = plain(text, "workday");
        assert_eq!((file.rows, passed(&file)), (1, vec![(3, Passed::NoPerson)]), "{total}");
        assert_eq!((file.unreadable, file.rejected.len()), (0, 0), "{total}");
    }
    let file = plain("Employee ID,Full Name,Work Email\n1,Anna,a@b.example\n2,Total Ben,\n", "workday");
    assert_eq!((file.rows, file.unreachable), (2, 1), "a person who is called so");
}

#[test]
fn a_column_that_smells_of_status_is_named_and_nothing_is_taken() {
    for (profile, text, column) in [
        ("workday", "Employee ID,Work Email,Job Status\n1,a@b.example,x\n", "Job Status"),
        (
            "adp",
            "Associate ID,Work Email,Status (Job),Status (Payroll)\nA1,a@b.example,x,x\n",
            "Status (Job)",
        ),
        (
            "bamboohr",
            "Employee #,Work Email,Category\n1,a@b.example,Full-Time\n2,b@b.example,Terminated\n",
            "Category",
        ),
        ("generic", "email,Situation\na@b.example,Active\nb@b.example,Terminated\n", "Situation"),
        ("workday", "Employee ID,Work Email,Termination Reason\n1,a@b.example,\n", "Termination Reason"),
    ] {
        let error = with(text, profile, &Overrides::default()).unwrap_err();
        assert_eq!(error.code(), "file_status_not_understood", "{text}");
        assert!(error.to_string().contains(&format!("'{column}'")), "{error}");
        let looked = Overrides { status_rule: Some(StatusRule::PassedOver), ..Overrides::default() };
        assert!(with(text, profile, &looked).is_ok(), "{text}");
    }
    let named = Overrides { status_columns: vec!["Category".to_owned()], ..Overrides::default() };
    let text = "Employee #,Work Email,Category\n1,a@b.example,Active\n2,b@b.example,Terminated\n";
    assert_eq!(there(&with(text, "bamboohr", &named).unwrap()), "a");
    assert_eq!(
        there(&plain("Employee #,Work Email,Marital Status\n1,a@b.example,Married\n", "bamboohr")),
        "a"
    );
}

#[test]
fn a_file_that_tells_who_opted_out_is_refused_whatever_else_it_tells() {
    let looked = Overrides { status_rule: Some(StatusRule::PassedOver), ..Overrides::default() };
    for (profile, text, column) in [
        ("generic", "email,Email Opt Out\na@b.example,0\nb@b.example,1\n", "Email Opt Out"),
        ("generic", "email,UNSUB_TIME\na@b.example,\nb@b.example,2024-05-01 10:11:12\n", "UNSUB_TIME"),
        ("generic", "email,Subscribed\na@b.example,Yes\nb@b.example,No\n", "Subscribed"),
        ("generic", "email,status\na@b.example,enabled\nb@b.example,blocklisted\n", "status"),
        (
            "workday",
            "Employee ID,Work Email,Worker Status,Unsubscribed\n1,a@b.example,Active,\n2,b@b.example,Active,x\n",
            "Unsubscribed",
        ),
    ] {
        for said in [&Overrides::default(), &looked] {
            let error = with(text, profile, said).unwrap_err();
            assert_eq!(error.code(), "file_tells_opt_outs", "{text}");
            assert!(error.to_string().contains(&format!("'{column}'")), "{error}");
        }
        let looked = Overrides { opt_out_rule: Some(OptOutRule::PassedOver), ..Overrides::default() };
        assert!(with(text, profile, &looked).is_ok(), "{text}");
        let opted_out = Profile::named(profile).unwrap().of_addresses();
        assert!(read_by(text, &opted_out).is_ok(), "who opted out is brought by such a file: {text}");
    }
    let nobody = "email,Email Opt Out,Unsubscribe link\na@b.example,0,https://b.example/u/1\n";
    assert_eq!(there(&plain(nobody, "generic")), "a");
}

#[test]
fn whoever_is_gone_in_any_status_column_is_gone() {
    let text = "Employee #,Work Email,Status,Employment Status\n1,a@b.example,Active,Full-Time\n\
                2,b@b.example,Active,Terminated\n3,c@b.example,Inactive,Full-Time\n";
    assert_eq!(there(&plain(text, "bamboohr")), "a");
}

#[test]
fn a_hint_never_invites_to_drop_what_the_profile_needs() {
    let error = with("Nr,Kontakt\n1,a@b.example\n", "adp", &Overrides::default()).unwrap_err().to_string();
    assert!(error.contains("email=COLUMN,external_id=COLUMN,status=COLUMN"), "{error}");
    assert!(error.contains("'Position Status'") && error.contains("'Kontakt' are addresses"), "{error}");
}

#[test]
fn the_one_column_of_addresses_is_offered_and_taken_where_it_is_asked_for() {
    let text = "Nr,Kontakt,Ort\n1,a@b.example,Bern\n2,,Basel\n3,c@b.example,\n";
    let error = with(text, "generic", &Overrides::default()).unwrap_err().to_string();
    assert!(error.contains("'Kontakt'") && error.contains("--email-column auto"), "{error}");
    let auto = Overrides { address_by: Some(AddressBy::Cells), ..Overrides::default() };
    assert_eq!(there(&with(text, "generic", &auto).unwrap()), "ac");
    let two = "Nr,Kontakt,Chef\n1,a@b.example,d@b.example\n";
    assert!(matches!(with(two, "generic", &auto), Err(FileError::NoEmailColumn { offered: None, .. })));
}

#[test]
fn keys_with_spaces_are_no_keys_and_told_by_their_rows() {
    let said = Overrides { mapping: "external_id=Employee".parse().unwrap(), ..Overrides::default() };
    let text =
        "Employee,Work Email,Status\nAnna Example,a@b.example,Active\nBen Example,b@b.example,Active\n";
    let file = with(text, "bamboohr", &said).unwrap();
    let rows: Vec<_> = file.rejected.iter().map(|row| (row.row, row.reason.code())).collect();
    assert_eq!(rows, [(2, "bad_external_id"), (3, "bad_external_id")]);
    assert_eq!((file.unreadable, file.kept.len()), (0, 2), "their addresses tell whom they name");
}

#[test]
fn a_status_word_can_be_given_a_meaning() {
    let text = "Employee ID,Work Email,Worker Status\n1,a@b.example,Active\n2,b@b.example,Dormant\n";
    let file = plain(text, "workday");
    assert!(file.rejected[0].reason.to_string().contains("'Dormant'"));
    let said =
        Overrides { status_words: vec![("Dormant".to_owned(), Meaning::Leave)], ..Overrides::default() };
    assert_eq!(there(&with(text, "workday", &said).unwrap()), "ab");
}

#[test]
fn the_order_of_day_and_month_is_that_of_the_whole_column() {
    let rows = |third: &str| {
        format!(
            "Employee ID,Work Email,Worker Status,Termination Date\n1,a@b.example,Terminated,05/12/2026\n{third}\n"
        )
    };
    let day_first = plain(rows("2,b@b.example,Active,30/11/2026"), "workday");
    assert_eq!(there(&day_first), "ab", "5 December is to come");
    let month_first = plain(rows("2,b@b.example,Terminated,05/31/2026"), "workday");
    assert_eq!(there(&month_first), "", "12 May has passed");
    let neither = plain(rows("2,b@b.example,Active,"), "workday");
    assert_eq!(neither.rejected[0].reason.code(), "ambiguous_date");
    assert!(neither.rejected[0].reason.to_string().contains("--dates"));
}

#[test]
fn titles_of_the_languages_of_the_union_are_known() {
    for (header, name) in [
        ("E-Mail-Adresse;Vorname;Nachname", "Anna Example"),
        ("Courriel;Prénom;Nom", "Anna Example"),
        ("Correo electrónico;Nombre;Apellidos", "Anna Example"),
        ("Indirizzo e-mail;Nome;Cognome", "Anna Example"),
        ("Sähköpostiosoite;Etunimi;Sukunimi", "Anna Example"),
        ("Имейл;Име;Фамилия", "Anna Example"),
        ("Διεύθυνση email;Όνομα;Επώνυμο", "Anna Example"),
        ("El. paštas;Vardas;Pavardė", "Anna Example"),
        ("Seoladh ríomhphoist;Céadainm;Sloinne", "Anna Example"),
    ] {
        let file = plain(format!("{header}\na@b.example;Anna;Example\n"), "generic");
        assert_eq!(file.people.iter().next().unwrap().contact.name, name, "{header}");
    }
}

#[test]
fn encodings_are_read_as_they_are_told() {
    let bytes = b"email,name\na@b.example,J\xf6rg\n";
    let error = plain(bytes, "generic").rejected[0].reason.to_string();
    assert!(error.contains("--encoding windows-1252"), "{error}");
    let said = Overrides { encoding: Some(Encoding::Windows1252), ..Overrides::default() };
    assert_eq!(with(bytes, "generic", &said).unwrap().people.iter().next().unwrap().contact.name, "Jörg");
    let wide: Vec<u8> =
        "\u{feff}email\tname\r\na@b.example\tJörg\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(plain(wide, "generic").people.iter().next().unwrap().contact.name, "Jörg");
}
