//! Rejected rows as they are given back, and what is known of a file when it comes again.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use jiff::civil::{Date, date};
use listsync_core::grant::Lists;
use listsync_engine::ports::{Again, ImportMode, Presence};
use listsync_lists::{
    FileError, ParsedFile, Profile, Reading, RejectsError, Source, Verdict, read, write_rejects,
};

const TODAY: Date = date(2025, 6, 15);

fn profile(name: &str) -> Profile {
    Profile::named(name).unwrap()
}

fn parsed(bytes: &[u8], profile: &Profile) -> ParsedFile {
    read(bytes, Reading { profile, today: TODAY }, |_| {}).unwrap()
}

fn rejects(bytes: &[u8], profile: &Profile) -> Vec<u8> {
    let mut out = Vec::new();
    let reading = Reading { profile, today: TODAY };
    write_rejects(bytes, reading, &parsed(bytes, profile), &mut out).unwrap();
    out
}

#[test]
fn rejected_rows_stand_with_their_number_and_the_reason_and_formulas_are_made_harmless() {
    let bytes =
        b"email,name,note\na@b.example,Anna,x\nbo,\"=HYPERLINK(\"\"x\"\")\",+41\n,-1,@x\nq,\"\ttab\",plain\n";
    let text = String::from_utf8(rejects(bytes, &Profile::generic())).unwrap();
    let expected = [
        r#""row","reason","email","name","note""#,
        r#""3","bad_address: not an e-mail address","bo","'=HYPERLINK(""x"")","'+41""#,
        r#""4","no_address: no e-mail address","","'-1","'@x""#,
        "\"5\",\"bad_address: not an e-mail address\",\"q\",\"'\ttab\",\"plain\"",
        "",
    ];
    assert_eq!(text, expected.join("\r\n"));
}

#[test]
fn rejected_rows_keep_delimiter_quotes_encoding_and_mark_of_their_file() {
    let bytes = b"technical_id;lastname;email\n1;M\xfcller;x\n2;'O''Neill; Jr';y\n";
    let out = rejects(bytes, &profile("ukg"));
    let expected = b"'row';'reason';'technical_id';'lastname';'email'\r\n\
        '2';'bad_address: not an e-mail address';'1';'M\xfcller';'x'\r\n\
        '3';'bad_address: not an e-mail address';'2';'O''Neill; Jr';'y'\r\n";
    assert_eq!(out, expected);
    assert!(rejects("\u{feff}email\nx\n".as_bytes(), &Profile::generic()).starts_with(b"\xef\xbb\xbf"));
}

#[test]
fn corrected_rows_can_be_imported_as_they_are() {
    let out = rejects(b"email,name\nbo,-Bo\n", &Profile::generic());
    let corrected = String::from_utf8(out).unwrap().replace("\"bo\"", "\"bo@b.example\"");
    let file = parsed(corrected.as_bytes(), &Profile::generic());
    let person = file.people.iter().next().unwrap();
    assert_eq!((person.contact.name.as_str(), person.contact.fields.len()), ("-Bo", 0));
}

#[test]
fn a_file_that_has_changed_gives_no_rejects() {
    let generic = Profile::generic();
    let file = parsed(b"email\nbo\n", &generic);
    let reading = Reading { profile: &generic, today: TODAY };
    let changed = write_rejects(&b"email\ncy\n"[..], reading, &file, &mut Vec::new());
    assert!(matches!(changed, Err(RejectsError::Changed)));
    let empty = write_rejects(&b""[..], reading, &file, &mut Vec::new());
    assert!(matches!(empty, Err(RejectsError::File(FileError::Empty))));
}

#[test]
fn a_file_is_known_again_where_it_is_read_the_same_way() {
    let bytes = b"Email,Employee ID\na@b.example,1\n";
    let (generic, workday) = (parsed(bytes, &Profile::generic()), parsed(bytes, &profile("workday")));
    assert_eq!(generic.digest, "07162a92274b8fdb3c651cd5a919b8066cf559af6328b8c60f92a27cd7273614");
    assert_eq!(generic.digest, workday.digest);
    assert_eq!(generic.fingerprint, parsed(bytes, &Profile::generic()).fingerprint);
    assert_ne!(generic.fingerprint, workday.fingerprint);
}

#[test]
fn days_of_grace_are_given_after_the_leave_date() {
    let profile = Profile { grace_days: 14, ..profile("workday") };
    let bytes = b"Email,Status,Termination Date\na@b.example,Terminated,2025-05-31\n";
    for (today, presence) in [(date(2025, 6, 14), Presence::Present), (date(2025, 6, 15), Presence::Leaving)]
    {
        let file = read(&bytes[..], Reading { profile: &profile, today }, |_| {}).unwrap();
        assert_eq!(file.people.iter().next().unwrap().presence, presence, "{today}");
    }
}

#[test]
fn a_file_with_a_leave_date_to_come_is_nobodys_repeat_until_it_has_passed() {
    let bytes = b"Email,Employee ID,Status,Termination Date\na@b.example,1,Terminated,2025-06-30\nb@b.example,2,Active,\n";
    let profile = profile("workday");
    let source = Source {
        file: "in/staff.csv",
        mode: ImportMode::Full,
        at: "2025-06-15T08:00:00Z".parse().unwrap(),
        given: &Lists::All,
    };
    for (today, known, first) in [
        (TODAY, false, Verdict::Taken),
        (date(2025, 6, 30), false, Verdict::Taken),
        (date(2025, 7, 1), true, Verdict::Leaving),
    ] {
        let file = read(&bytes[..], Reading { profile: &profile, today }, |_| {}).unwrap();
        assert_eq!(file.verdicts[0].verdict, first, "{today}");
        let import = file.into_import(source, Again::Skip);
        assert_eq!(import.digest.is_some(), known, "{today}");
        assert_eq!((import.file.as_str(), import.profile.as_str(), import.rows), ("staff.csv", "workday", 2));
        let ids: Vec<_> =
            import.people.iter().map(|person| person.external_id.clone().unwrap().to_string()).collect();
        assert_eq!(ids, ["1", "2"]);
    }
}
