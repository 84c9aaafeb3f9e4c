//! What a filter admits, and whom it can admit at most.

#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use listsync_scim::{Filter, Needle, ScimType};
use serde_json::{Value, json};

fn anna() -> Value {
    json!({
        "id": "c1", "externalId": "E-7", "userName": "Anna", "active": true, "displayName": "Anna Ärm",
        "name": {"givenName": "Anna"},
        "emails": [
            {"value": "anna@contoso.example", "type": "work", "primary": true},
            {"value": "a@home.example", "type": "home"},
        ],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Sales"},
    })
}

#[test]
fn filters_admit_whom_the_standard_says() {
    for (filter, expected) in [
        // RFC 7644, section 3.4.2.2: texts without regard to case, but for those that are caseExact.
        (r#"userName eq "anna""#, true),
        (r#"USERNAME EQ "ANNA""#, true),
        (r#"externalId eq "E-7""#, true),
        (r#"externalId eq "e-7""#, false),
        (r#"id eq "C1""#, false),
        (r#"userName ne "anna""#, false),
        (r#"title ne "x""#, true),
        (r#"displayName co "ÄRM""#, true),
        (r#"displayName sw "anna" and active eq true"#, true),
        (r#"active eq "False""#, false),
        ("active ne false", true),
        ("title pr", false),
        ("emails pr and name.givenName pr", true),
        ("title eq null", true),
        (r#"emails co "home.example""#, true),
        (r#"emails.type eq "home""#, true),
        (r#"emails[type eq "work" and value co "contoso"]"#, true),
        (r#"emails[type eq "home" and value co "contoso"]"#, false),
        (r#"not (emails[type eq "other"])"#, true),
        (r#"userName eq "b" or (title pr or name.givenName ew "na")"#, true),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "sales""#, true),
        (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "An""#, true),
        (r#"userName gt "a" and userName lt "b""#, true),
        // As Entra sends what it matches by (Microsoft Learn, "Understand how provisioning works", matching attributes).
        (r#"emails[type eq "work"].value eq "anna@contoso.example""#, true),
        (r#"emails[type eq "home"].value eq "anna@contoso.example""#, false),
        (r#"(emails[type eq "work"].value eq "] x") or emails[type eq "home"].value pr"#, true),
    ] {
        let read = Filter::parse(filter).unwrap_or_else(|error| panic!("{filter}: {error}"));
        assert_eq!(read.admits(&anna()), expected, "{filter}");
    }
}

#[test]
fn what_is_no_filter_is_refused_as_one() {
    let deep = format!("{}title pr{}", "(".repeat(100), ")".repeat(100));
    let long = format!(r#"userName eq "{}""#, "a".repeat(9_000));
    for filter in
        ["", "userName", "userName eq", "userName is 1", "active gt true", deep.as_str(), long.as_str()]
    {
        assert_eq!(Filter::parse(filter).unwrap_err().kind, ScimType::InvalidFilter, "{filter}");
    }
}

#[test]
fn whoever_is_named_is_looked_up_and_nobody_else_is_read() {
    let text = |text: &str| text.to_owned();
    for (filter, needle) in [
        (r#"userName eq "anna""#, Some(Needle::UserName(text("anna")))),
        (r#"active eq true and externalId eq "7""#, Some(Needle::ExternalId(text("7")))),
        (r#"emails[type eq "work"].value eq "a@b""#, Some(Needle::Email(text("a@b")))),
        (r#"emails.value eq "a@b""#, Some(Needle::Email(text("a@b")))),
        (r#"displayName eq "News""#, Some(Needle::DisplayName(text("News")))),
        (r#"id eq "c1""#, Some(Needle::Id(text("c1")))),
        // Whoever meets another part is admitted, too.
        (r#"userName eq "anna" or title pr"#, None),
        (r#"not (userName eq "anna")"#, None),
        (r#"userName sw "anna""#, None),
    ] {
        assert_eq!(Filter::parse(filter).unwrap().needle(), needle, "{filter}");
    }
}
