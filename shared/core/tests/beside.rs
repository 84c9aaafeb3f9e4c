//! Which links may stand beside each other: every pair of modes, of one list or of two, at one place or at two.

use listsync_core::{
    id::{GroupId, ListId, TenantId},
    link::{Clash, Link, Mode, Source, may_stand},
    list::ListKind,
    new_group::{NewGroup, NewGroupKind, Visibility},
};
use serde_json::json;

const MODES: [Mode; 3] = [Mode::TwoWay, Mode::ListToGroup, Mode::GroupToList];

fn link(id: &str, list: &str, group: &str, mode: Mode) -> Link {
    serde_json::from_value(json!({
        "id": id, "list": list, "group": group, "group_name": group, "tenant": "tenant", "mode": mode,
    }))
    .expect("a link")
}

fn filtered() -> ListKind {
    ListKind::Filtered { filter: "title pr".to_owned() }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Fine,
    List,
    Taken,
    Twice,
}

fn word(judged: Result<(), Clash<'_>>) -> Word {
    match judged {
        Ok(()) => Word::Fine,
        Err(Clash::ListTaken(_) | Clash::ListFiltered) => Word::List,
        Err(Clash::PlaceTaken(_)) => Word::Taken,
        Err(Clash::PlaceTwice(_)) => Word::Twice,
    }
}

/// Of two links: the mode of the one that is there, of the new one, and what comes of it where they share the list, the
/// place, and both.
const TABLE: [(Mode, Mode, [Word; 3]); 9] = {
    use Mode::{GroupToList as Feeds, ListToGroup as Fills, TwoWay as Both};
    use Word::{Fine, List, Taken, Twice};
    [
        (Both, Both, [Fine, Taken, Taken]),
        (Both, Fills, [Fine, Taken, Taken]),
        (Both, Feeds, [List, Fine, List]),
        (Fills, Both, [Fine, Taken, Taken]),
        (Fills, Fills, [Fine, Taken, Taken]),
        (Fills, Feeds, [Fine, Fine, Twice]),
        (Feeds, Both, [List, Fine, List]),
        (Feeds, Fills, [Fine, Fine, Twice]),
        (Feeds, Feeds, [List, Fine, List]),
    ]
};

#[test]
fn every_pair_of_modes_of_one_list_or_of_two_at_one_place_or_at_two() {
    for (there, new, [same_list, same_place, both]) in TABLE {
        let first = link("first", "news", "staff", there);
        for (list, group, expected) in [
            ("news", "sales", same_list),
            ("events", "staff", same_place),
            ("news", "staff", both),
            ("events", "sales", Word::Fine),
        ] {
            let second = link("second", list, group, new);
            let judged = word(may_stand(&second, &ListKind::Static, [&first]));
            assert_eq!(judged, expected, "{there} and then {new}, of {list} to {group}");
            let elsewhere = Link { tenant: TenantId::parse("other").expect("an id"), ..second };
            let apart = word(may_stand(&elsewhere, &ListKind::Static, [&first]));
            let of_list = if list == "news" && same_list == Word::List { Word::List } else { Word::Fine };
            assert_eq!(apart, of_list, "groups of two tenants are two places: {there} and {new}");
        }
    }
    let pairs = MODES.iter().flat_map(|one| MODES.map(|other| (*one, other)));
    assert!(pairs.eq(TABLE.map(|(one, other, _)| (one, other))), "each pair stands in the table once");
}

#[test]
fn it_is_one_question_whichever_of_two_came_first() {
    for (one, other) in MODES.iter().flat_map(|one| MODES.map(|other| (*one, other))) {
        for group in ["staff", "sales"] {
            let (first, second) = (link("1", "news", "staff", one), link("2", "news", group, other));
            let there = word(may_stand(&second, &ListKind::Static, [&first]));
            assert_eq!(there, word(may_stand(&first, &ListKind::Static, [&second])), "{one} {other} {group}");
        }
    }
}

#[test]
fn a_list_has_any_number_of_two_way_links_and_of_those_that_fill_a_place() {
    let mut links: Vec<Link> = Vec::new();
    for number in 0..6 {
        let mode = if number % 2 == 0 { Mode::TwoWay } else { Mode::ListToGroup };
        let next = link(&format!("l{number}"), "news", &format!("g{number}"), mode);
        assert_eq!(may_stand(&next, &ListKind::Static, &links), Ok(()), "{number}");
        links.push(next);
    }
    let feeding = link("feeds", "news", "g9", Mode::GroupToList);
    assert_eq!(may_stand(&feeding, &ListKind::Static, &links), Err(Clash::ListTaken(&links[0])));
    let again = link("again", "events", "g3", Mode::ListToGroup);
    assert_eq!(may_stand(&again, &ListKind::Static, &links), Err(Clash::PlaceTaken(&links[3])));
}

#[test]
fn a_filtered_list_is_written_by_no_link() {
    for (mode, allowed) in [(Mode::TwoWay, false), (Mode::ListToGroup, true), (Mode::GroupToList, false)] {
        let new = link("new", "news", "staff", mode);
        let expected = if allowed { Ok(()) } else { Err(Clash::ListFiltered) };
        assert_eq!(may_stand(&new, &filtered(), []), expected, "{mode}");
    }
}

#[test]
fn every_source_is_a_place_of_the_link_that_it_feeds() {
    let source = |name: &str| Source { group: GroupId::parse(name).expect("an id"), name: name.to_owned() };
    let fed = Link { more: vec![source("b"), source("c")], ..link("fed", "news", "a", Mode::GroupToList) };
    for (group, fine) in [("a", false), ("b", false), ("c", false), ("d", true)] {
        let fills = link("fills", "news", group, Mode::ListToGroup);
        assert_eq!(may_stand(&fills, &ListKind::Static, [&fed]).is_ok(), fine, "{group}");
        let elsewhere = Link { list: ListId::parse("events").expect("an id"), ..fills };
        assert_eq!(may_stand(&elsewhere, &ListKind::Static, [&fed]), Ok(()), "{group} of another list");
    }
}

#[test]
fn a_group_that_is_still_to_be_made_is_nobody_elses_and_a_link_is_no_reason_against_itself() {
    let to_make = NewGroup {
        unique_name: "listsync-staff".to_owned(),
        name: "Staff".to_owned(),
        kind: NewGroupKind::Security,
        visibility: Visibility::Private,
        owners: Vec::new(),
    };
    let pending =
        |id: &str| Link { to_make: Some(to_make.clone()), ..link(id, "news", "pending-x", Mode::TwoWay) };
    assert_eq!(may_stand(&pending("2"), &ListKind::Static, [&pending("1")]), Ok(()));
    let made = link("1", "news", "staff", Mode::TwoWay);
    assert_eq!(may_stand(&made, &ListKind::Static, [&made]), Ok(()));
}
