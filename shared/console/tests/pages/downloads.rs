//! CSV files, and what becomes of one that is larger than the host sends at once.

use std::collections::BTreeSet;

use crate::{browser::Browser, stage::Stage};

/// The page of a run that put three people into a new group.
async fn run(browser: &mut Browser<'_>) -> String {
    let made = browser.submit_only("/lists", &[("name", "News")]).await;
    let list = made.header("location").to_owned();
    for name in ["anna", "ben", "cleo"] {
        let person =
            [("address", format!("{name}@contoso.example")), ("name", format!("{name}, \"the\" reader"))];
        let person = person.each_ref().map(|(field, value)| (*field, value.as_str()));
        assert_eq!(browser.submit_only(&format!("{list}/members"), &person).await.status, 303);
    }
    browser.submit(&format!("{list}/links"), &[("how", "new"), ("new_group.name", "Readers")]).await;
    browser.stage.work().await;
    browser.open("/runs").await.link("/runs/0")
}

#[tokio::test]
async fn a_file_is_sent_whole_where_the_host_sends_so_much() {
    let stage = Stage::new();
    let mut browser = Browser::signed_in(&stage).await;
    let run = run(&mut browser).await;
    let file = browser.open(&format!("{run}/members.csv")).await;
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"members.csv\"");
    assert_eq!(file.text.lines().count(), 4, "{}", file.text);
}

#[tokio::test]
async fn a_file_that_is_too_large_to_be_sent_comes_in_parts_that_have_every_row_once() {
    let whole = {
        let stage = Stage::new();
        let mut browser = Browser::signed_in(&stage).await;
        let run = run(&mut browser).await;
        browser.open(&format!("{run}/members.csv")).await.text
    };
    let head = whole.lines().next().unwrap();
    // A head and one row, and not two.
    let stage = Stage::sending(whole.len() / 2);
    let mut browser = Browser::signed_in(&stage).await;
    let path = format!("{}/members.csv", run(&mut browser).await);
    let choice = browser.open(&path).await;
    choice.shows("In 3 parts").shows("larger than can be sent at once");
    let (mut rows, mut names) = (BTreeSet::new(), BTreeSet::new());
    for part in 1..=3 {
        let link = choice.link(&format!("{path}?part={part}"));
        let file = browser.open(&link).await;
        assert!(file.text.len() <= whole.len() / 2 && file.text.starts_with(head), "{}", file.text);
        names.insert(file.header("content-disposition").to_owned());
        rows.extend(file.text.lines().skip(1).map(|row| row.split('@').next().unwrap().to_owned()));
    }
    assert_eq!((rows.len(), names.len()), (3, 3), "{rows:?}");
    for odd in ["0", "4", "x", ""] {
        browser.open(&format!("{path}?part={odd}")).await.shows("In 3 parts");
    }
}
