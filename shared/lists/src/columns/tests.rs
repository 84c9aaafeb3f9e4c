use super::*;

fn find_by(header: &[&str], profile: &Profile) -> Result<Found, FileError> {
    let header: Vec<String> = header.iter().map(|&name| name.to_owned()).collect();
    Found::find(&header, profile)
}

fn find(header: &[&str], mapping: &str) -> Result<Found, FileError> {
    find_by(header, &Profile::generic().mapped(&mapping.parse().expect("a mapping")))
}

fn whole(column: usize) -> NameColumns {
    NameColumns { whole: vec![column], ..NameColumns::default() }
}

#[test]
fn an_email_column_is_known_by_its_usual_names() {
    for name in [
        "email",
        "E-Mail",
        "mail",
        "Email Address",
        "E-mail Address",
        "Work Email",
        "workEmail",
        "Mail Address",
        "Primary Email",
        "UserPrincipalName",
        "EMAIL_ADDRESS",
        " e-mail ",
    ] {
        assert_eq!(find(&["Id", name], "").expect(name).email, 1, "{name}");
    }
}

#[test]
fn a_sign_in_name_is_taken_only_where_nothing_else_is() {
    assert_eq!(find(&["UserPrincipalName", "Mail"], "").expect("found").email, 1);
}

#[test]
fn a_name_is_one_column_or_first_and_last() {
    assert_eq!(find(&["email", "Display Name"], "").expect("found").names, whole(1));
    let found = find(&["Last Name", "email", "First Name"], "").expect("found");
    assert_eq!((found.names.given, found.names.family), (vec![2], vec![0]));
    assert_eq!(found.fields.len(), 2);
    assert_eq!(find(&["email", "First Name"], "").expect("found").names, NameColumns::default());
}

#[test]
fn a_mapping_goes_before_the_known_names() {
    let found = find(&["email", "Private", "Who", "No"], "email=private,name=Who,external_id=no");
    let found = found.expect("found");
    assert_eq!((found.email, found.names, found.external_id), (1, whole(2), Some(3)));
    assert_eq!(found.fields, [(0, "email".to_owned())]);
}

#[test]
fn a_profile_calls_columns_by_its_own_names_and_keeps_or_drops_the_others() {
    let header = ["Employee_ID", "Email", "Cost Center", "Worker_Status", "Termination_Date", "T-Shirt"];
    let workday = Profile::named("workday").expect("built in");
    let found = find_by(&header, &workday).expect("found");
    assert_eq!((found.email, found.external_id), (1, Some(0)));
    let status: Vec<_> = found.status.iter().map(|each| (each.column, each.kind)).collect();
    assert_eq!((status, found.status_date), (vec![(3, StatusKind::Words)], Some(4)));
    let names: Vec<_> = found.fields.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, ["cost_center", "status", "status_date", "T-Shirt"]);
    let found = find_by(&header, &Profile { others: Others::Drop, ..workday }).expect("found");
    assert_eq!(found.fields.len(), 3);
}

#[test]
fn of_several_names_the_first_that_the_file_has_counts() {
    let workday = Profile::named("workday").expect("built in");
    let found = find_by(&["Email", "Work_Email", "Worker"], &workday).expect("found");
    assert_eq!((found.email, found.names), (1, whole(2)));
}

#[test]
fn an_own_address_column_is_not_replaced_by_another() {
    let own = Profile::from_json(r#"{"name": "own", "columns": {"address": ["Work", "Business"]}}"#);
    let error = find_by(&["Private Email", "Email"], &own.expect("a profile")).expect_err("neither is there");
    assert!(matches!(error, FileError::NoEmailColumn { .. }));
}

#[test]
fn what_is_missing_is_named_with_what_is_there() {
    let error = find(&["Id", "Team"], "").expect_err("no e-mail column").to_string();
    assert!(error.contains("'Id', 'Team'") && error.contains("--map email=COLUMN"), "{error}");
    let error = find(&["email"], "name=Who").expect_err("no such column").to_string();
    assert!(error.contains("'Who'") && error.contains("'email'"), "{error}");
}

#[test]
fn a_file_without_a_header_shows_no_data_in_its_error() {
    for mapping in ["", "email=Mail"] {
        let error = find(&["anna@contoso.example", "Anna"], mapping).expect_err("no header");
        assert!(matches!(error, FileError::NoHeader));
        assert!(!error.to_string().contains("anna"));
    }
}
