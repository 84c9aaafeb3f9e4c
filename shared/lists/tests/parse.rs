//! What a file of contacts says, however it was written.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{self, Read};

use listsync_core::{address::AddressError, csv::unescaped, list::NewContact};
use listsync_lists::{FileError, Mapping, ParsedFile, Profile, Reading, RejectReason, parse};
use proptest::prelude::*;

fn read(bytes: impl AsRef<[u8]>) -> Result<ParsedFile, FileError> {
    parse(bytes.as_ref(), &Mapping::default(), |_| {})
}

fn contacts(file: &ParsedFile) -> Vec<NewContact> {
    file.people.iter().map(|person| person.contact).collect()
}

fn addresses(file: &ParsedFile) -> Vec<String> {
    contacts(file).iter().map(|contact| contact.address.to_string()).collect()
}

fn rejected(file: &ParsedFile) -> Vec<(u64, RejectReason)> {
    file.rejected.iter().map(|row| (row.row, row.reason.clone())).collect()
}

#[test]
fn a_plain_file_gives_its_contacts_with_name_and_fields() {
    let file = read("Email,Display Name,Dept\nAnna@B.example, Anna Meier ,Sales\nbo@b.example,,\n").unwrap();
    assert_eq!(addresses(&file), ["anna@b.example", "bo@b.example"]);
    assert_eq!(contacts(&file)[0].name, "Anna Meier");
    assert_eq!(contacts(&file)[0].fields["Dept"], "Sales");
    assert_eq!(contacts(&file)[1].fields["Dept"], "");
    assert_eq!((file.rows, file.repeated, file.rejected.len()), (2, 0, 0));
}

#[test]
fn the_apostrophe_before_a_formula_is_no_part_of_what_an_export_says() {
    let file = read("email,name,phone\n'+plus@b.example,'=Ann,'+41 79\nbo@b.example,''-Bo,O'Neil\n").unwrap();
    assert_eq!(addresses(&file), ["+plus@b.example", "bo@b.example"]);
    assert_eq!((&*contacts(&file)[0].name, &*contacts(&file)[0].fields["phone"]), ("=Ann", "+41 79"));
    assert_eq!((&*contacts(&file)[1].name, &*contacts(&file)[1].fields["phone"]), ("'-Bo", "O'Neil"));
}

#[test]
fn the_key_of_an_export_is_a_key_again() {
    let file = read("email,name,external_id\na@b.example,Anna,E-1\n").unwrap();
    let person = file.people.iter().next().unwrap();
    assert_eq!(person.external_id.as_ref().map(|id| id.as_str()), Some("E-1"));
    assert!(contacts(&file)[0].fields.is_empty());
}

#[test]
fn a_file_of_any_kind_is_refused_where_a_column_of_leaving_says_that_somebody_is_gone() {
    for file in [
        "email,Terminated\na@b.example,Yes\nc@b.example,No\n",
        "email,Termination Date\na@b.example,2020-01-01\n",
        "email,Status\na@b.example,ausgeschieden\nc@b.example,aktiv\n",
        "E-Mail;Austritt\na@b.example;01.01.2020\nc@b.example;\n",
    ] {
        assert!(matches!(read(file), Err(FileError::StatusNotUnderstood { .. })), "{file}");
    }
    assert!(read("email,Terminated,Austritt\na@b.example,No,\n").is_ok(), "nobody is gone");
}

#[test]
fn mark_line_ends_and_separator_change_nothing() {
    let plain = read("email,name,team\na@b.example,Anna,\"x\"\nc@b.example,Carl,\"y\"\n").unwrap();
    for other in [
        "\u{feff}email,name,team\na@b.example,Anna,x\nc@b.example,Carl,y",
        "email,name,team\r\na@b.example,Anna,\"x\"\r\nc@b.example,Carl,\"y\"\r\n",
        "email;name;team\r\na@b.example;Anna;x\r\nc@b.example;Carl;y\r\n",
        "email\tname\tteam\na@b.example\tAnna\tx\nc@b.example\tCarl\ty\n",
        "\u{feff}\"email\",\"name\",\"team\"\r\n\"a@b.example\",\"Anna\",\"x\"\r\n\"c@b.example\",\"Carl\",\"y\"",
        "email,name,team\n\na@b.example,Anna,x\n,,\nc@b.example,Carl,y\n\n\n",
    ] {
        let other_file = read(other).unwrap();
        assert_eq!(contacts(&other_file), contacts(&plain), "{other:?}");
        assert_eq!((other_file.rows, other_file.rejected), (2, vec![]));
    }
}

#[test]
fn first_and_last_name_make_a_display_name_and_stay_fields() {
    let file = read("First Name,Last Name,E-Mail\nAnna,Meier,a@b.example\n,Solo,c@b.example\n").unwrap();
    assert_eq!(contacts(&file)[0].name, "Anna Meier");
    assert_eq!(contacts(&file)[0].fields["Last Name"], "Meier");
    assert_eq!(contacts(&file)[1].name, "Solo");
}

#[test]
fn rejected_rows_are_numbered_as_a_spreadsheet_numbers_them() {
    for end in ["\n", "\r\n"] {
        let text = [
            "email,note",
            "a@b.example,x",
            "nobody,x",
            "",
            "",
            "c@b.example,\"two\nlines\"",
            "odd",
            ",",
            ",y",
        ];
        let file = read(text.join(end)).unwrap();
        let syntax = RejectReason::Address(AddressError::Syntax);
        let no_address = RejectReason::NoAddress;
        assert_eq!(rejected(&file), [(3, syntax.clone()), (7, syntax), (9, no_address)], "{end:?}");
        assert_eq!((file.rows, file.people.len()), (5, 2));
    }
}

#[test]
fn blank_lines_before_the_header_are_counted() {
    let file = read("\n\r\nemail\nnobody\n").unwrap();
    assert_eq!(file.rejected[0].row, 4);
}

#[test]
fn a_row_that_cannot_be_read_stops_no_other() {
    let mut bytes = b"email,name\na@b.example,Anna\n".to_vec();
    bytes.extend_from_slice(b"m@b.example,M\xfcller\nAnna <x@b.example>,A\n,Nobody\nb@b.example,B,extra\n");
    bytes.extend_from_slice(b"u_x.example#EXT#@t.example,G\nz@b.example,Zoe\n");
    let file = read(bytes).unwrap();
    assert_eq!(addresses(&file), ["a@b.example", "x@b.example", "z@b.example"]);
    let expected = [
        (3, RejectReason::NotUtf8),
        (5, RejectReason::NoAddress),
        (6, RejectReason::TooManyFields { expected: 2, found: 3 }),
        (7, RejectReason::Address(AddressError::GuestName)),
    ];
    assert_eq!(rejected(&file), expected);
    assert_eq!(file.rows, 7);
}

#[test]
fn a_short_row_is_taken_when_it_has_an_address() {
    let file = read("Dept,email,name,city\nSales,a@b.example\nSales\n").unwrap();
    assert_eq!(addresses(&file), ["a@b.example"]);
    assert_eq!(contacts(&file)[0].fields.get("city"), None);
    assert_eq!(rejected(&file), [], "a row without key, name and address is no person");
    assert_eq!((file.rows, file.passed.len()), (1, 1));
}

#[test]
fn empty_fields_beyond_the_header_do_no_harm() {
    assert_eq!(read("email,name\na@b.example,Anna,,\r\n").unwrap().people.len(), 1);
}

#[test]
fn the_first_of_repeated_rows_counts() {
    let file = read("email,name\nA@b.example,First\na@B.example,Second\nx@b.example,X\n").unwrap();
    assert_eq!(addresses(&file), ["a@b.example", "x@b.example"]);
    assert_eq!(contacts(&file)[0].name, "First");
    assert_eq!((file.rows, file.repeated), (3, 1));
}

#[test]
fn rows_that_an_open_quote_swallowed_are_never_lost_in_silence() {
    let closed_later = "email,name,dept\na@b.example,\"Anna,x\nb@b.example,Bo,y\nc@b.example,\"Cy\",z\n";
    assert_eq!(rejected(&read(closed_later).unwrap()), [(2, RejectReason::OpenQuote)]);
    for text in [
        "email,name\na@b.example,\"Anna\nb@b.example,Bo\nc@b.example,Cy\n",
        "email\n\"a@b.example\nb@b.example\n",
    ] {
        assert!(matches!(read(text), Err(FileError::OpenQuote { row: 2 })), "{text:?}");
    }
}

#[test]
fn a_field_may_hold_several_lines() {
    let file = read("email,note\na@b.example,\"Main St 1\nBern\"\nb@b.example,x\n").unwrap();
    assert_eq!(contacts(&file)[0].fields["note"], "Main St 1\nBern");
    assert_eq!(file.people.len(), 2);
}

#[test]
fn a_file_that_is_none_is_refused_with_what_to_do() {
    for (bytes, expected) in [
        (&b""[..], "empty"),
        (b"\n\r\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"Id,Team\n1,x\n", "'Id', 'Team'"),
        (b"a@b.example,Anna\nc@b.example,Carl\n", "add a header row"),
        (b"email,Stra\xdfe\na@b.example,x\n", "header row is not UTF-8"),
        (b"email,name\n", "a header and no row"),
        (b"email,name\n\r\n,\n", "a header and no row"),
        (b"email,name\na@b.example,\"Anna", "row 2 opens a quotation mark"),
        (b"email,name\na@b.example,Anna\nb@b.exa", "the last row, 3, breaks off: it has 1 of 2 fields"),
        (b"email\na@b.example\nb\0@b.example\n", "binary data"),
        (b"PK\x03\x04zip", "xlsx"),
    ] {
        let error = read(bytes).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn the_first_row_beyond_ascii_tells_the_encoding_where_the_profile_leaves_it_open() {
    let profile = Profile::from_json(r#"{"name": "own"}"#).unwrap();
    let reading = Reading { profile: &profile, today: jiff::civil::date(2025, 6, 1) };
    let read = |bytes: &[u8]| listsync_lists::read(bytes, reading, |_| {}).unwrap();
    let file = read(b"email,name\nz@b.example,Zoe\na@b.example,M\xfcller\n");
    assert_eq!(contacts(&file)[1].name, "Müller");
    let file = read("email,name\na@b.example,Müller\n".as_bytes());
    assert_eq!(contacts(&file)[0].name, "Müller");
    let mut mixed = "email,name\na@b.example,Müller\n".as_bytes().to_vec();
    mixed.extend_from_slice(b"b@b.example,M\xfcller\n");
    assert_eq!(rejected(&read(&mixed)), [(3, RejectReason::NotUtf8)]);
    let mut mixed = b"email,name\na@b.example,M\xfcller\n".to_vec();
    mixed.extend_from_slice("b@b.example,Müller\n".as_bytes());
    assert_eq!(rejected(&read(&mixed)), [(3, RejectReason::MixedEncoding)]);
}

#[test]
fn a_row_that_swallows_the_file_is_not_taken_into_memory() {
    let text = format!("email,name\na@b.example,\"{}", "x\n".repeat(2_000_000));
    assert!(matches!(read(text), Err(FileError::LongRow { row: 2, .. })));
}

#[test]
fn a_mapping_chooses_the_columns() {
    let mapping: Mapping = "email=Private,name=Who".parse().unwrap();
    let text = "email,Private,Who\nw@b.example,p@b.example,Anna\n";
    let file = parse(text.as_bytes(), &mapping, |_| {}).unwrap();
    assert_eq!(addresses(&file), ["p@b.example"]);
    assert_eq!(contacts(&file)[0].name, "Anna");
    assert_eq!(contacts(&file)[0].fields["email"], "w@b.example");
}

#[test]
fn a_file_that_breaks_off_is_an_error_and_no_short_file() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::from(io::ErrorKind::UnexpectedEof))
        }
    }
    let input = "email\na@b.example\n".as_bytes().chain(Broken);
    assert!(matches!(parse(input, &Mapping::default(), |_| {}), Err(FileError::Read(_))));
}

#[test]
fn progress_is_told_up_to_the_last_byte() {
    let mut text = "email\n".to_owned();
    for number in 0..2_500 {
        text.push_str(&format!("p{number}@b.example\n"));
    }
    let mut told = Vec::new();
    parse(text.as_bytes(), &Mapping::default(), |position| told.push(position)).unwrap();
    assert_eq!(told.iter().map(|position| position.rows).collect::<Vec<_>>(), [1_000, 2_000, 2_500]);
    assert_eq!(told.last().unwrap().bytes, text.len() as u64);
}

#[test]
fn a_rejected_row_shows_no_address() {
    let file = read("email,name\nanna@b.example; bo@b.example,A\n").unwrap();
    assert!(!format!("{:?}{}", file.rejected, file.rejected[0].reason).contains("anna@"));
}

fn quoted(field: &str) -> String {
    format!("\"{}\"", field.replace('"', "\"\""))
}

/// A value without the apostrophe that a spreadsheet is kept from a formula by.
fn as_read(value: &str) -> String {
    let bytes = unescaped(value.as_bytes()).into_owned();
    String::from_utf8(bytes).expect("text stays text").trim().to_owned()
}

/// A name without outer space, but with all that needs quoting.
fn any_name() -> impl Strategy<Value = String> {
    "[a-zA-Zäß0-9,;\"'\t\n]{0,12}( [a-zA-Z,]{1,5})?".prop_map(|name: String| name.trim().to_owned())
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_and_every_row_is_accounted_for(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut with_header = b"email,name\n".to_vec();
        with_header.extend_from_slice(&bytes);
        for input in [&bytes, &with_header] {
            if let Ok(file) = read(input) {
                let all = file.people.len() as u64 + file.repeated + file.rejected.len() as u64;
                prop_assert_eq!(all, file.rows);
            }
        }
    }

    #[test]
    fn a_well_formed_file_gives_back_its_contacts(
        people in proptest::collection::btree_map("[a-z0-9]{1,8}", (any_name(), any_name()), 1..20),
        delimiter in prop_oneof![Just(','), Just(';'), Just('\t')],
        end in prop_oneof![Just("\n"), Just("\r\n")],
        mark in prop_oneof![Just(""), Just("\u{feff}")],
    ) {
        let mut text = format!("{mark}name{delimiter}email{delimiter}dept{end}");
        for (local, (name, dept)) in &people {
            let (name, dept) = (quoted(name), quoted(dept));
            text.push_str(&format!("{name}{delimiter}{local}@b.example{delimiter}{dept}{end}"));
        }
        let file = read(&text).unwrap();
        prop_assert_eq!(&file.rejected, &[]);
        let got: Vec<_> = contacts(&file).iter().map(|contact| {
            (contact.address.as_str().to_owned(), contact.name.clone(), contact.fields["dept"].clone())
        }).collect();
        let expected: Vec<_> = people.iter().map(|(local, (name, dept))| {
            (format!("{local}@b.example"), as_read(name), as_read(dept))
        }).collect();
        prop_assert_eq!(got, expected);
    }

    #[test]
    fn a_row_cut_anywhere_loses_nobody_before_it(cut in 0_usize..80) {
        let text = "email,name\na@b.example,Anna\nb@b.example,\"Bo, the\nfirst\"\nc@b.example,Cy\n";
        let cut = cut.min(text.len());
        if let Ok(file) = read(&text[..cut]) {
            let whole = read(text).unwrap();
            let complete = text[..cut].matches("\n").count().saturating_sub(1).min(1);
            prop_assert!(file.people.len() >= complete);
            prop_assert_eq!(&contacts(&file)[..complete], &contacts(&whole)[..complete]);
        }
    }
}
