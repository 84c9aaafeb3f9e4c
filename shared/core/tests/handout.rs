//! What a person is handed is never taken for more than data, whatever people are called.

use listsync_core::{
    address::Address,
    handout::Handout,
    id::ObjectId,
    limit::{AdditionLimit, RemovalLimit},
    link::{Link, Side},
    member::{Change, MemberKey, Op},
    plan::{Cause, Effect, Limits, Naming, Plan, Release, Standing},
};
use proptest::prelude::*;
use tree_sitter::{Node, Parser};

const GROUP: &str = "2f4d0c1e-0000-4000-8000-0000000000ff";

fn link(group: &str, name: &str) -> Link {
    let document = serde_json::json!({
        "id": "link", "list": "list", "group": group, "group_name": name, "tenant": "tenant",
        "mode": "two-way", "writes": "by-hand",
    });
    serde_json::from_value(document).expect("a link")
}

fn effect(id: &str, (side, op): (Side, Op), (address, name): (&str, &str)) -> Effect {
    Effect {
        key: MemberKey::Principal(ObjectId::parse(id).expect("an id")),
        change: Change { side, op },
        cause: Cause::ListAdded,
        release: Release::Free,
        address: Address::parse(address).ok(),
        name: name.to_owned(),
        contact: None,
        also: Vec::new(),
        naming: Naming::Named,
    }
}

fn handout(effects: Vec<Effect>) -> Handout {
    let link = link(GROUP, "Staff");
    let limits = Limits { removals: RemovalLimit::Off, additions: AdditionLimit::Off, ..Limits::default() };
    let plan = Plan::assemble(link.id.clone(), effects, &Standing::default(), limits);
    Handout::of(&link, &plan).expect("a handout")
}

fn guid(number: usize) -> String {
    format!("2f4d0c1e-0000-4000-8000-{number:012x}")
}

/// The texts of all nodes of a kind, in order; demands that the grammar reads the script without an error.
fn nodes(script: &str, kind: &str) -> Vec<String> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).expect("the grammar fits the parser");
    let tree = parser.parse(script, None).expect("a tree");
    assert!(!tree.root_node().has_error(), "{}\n{script}", tree.root_node().to_sexp());
    let mut found = Vec::new();
    collect(tree.root_node(), kind, &mut |node| found.push(script[node.byte_range()].to_owned()));
    found
}

fn collect(node: Node<'_>, kind: &str, take: &mut impl FnMut(Node<'_>)) {
    if node.kind() == kind {
        take(node);
    }
    for child in node.children(&mut node.walk()) {
        collect(child, kind, take);
    }
}

#[test]
fn only_the_effects_on_the_group_are_handed_out() {
    let some = handout(vec![
        effect(&guid(1), (Side::Group, Op::Add), ("ann@contoso.example", "Ann")),
        effect(&guid(2), (Side::List, Op::Add), ("bob@contoso.example", "Bob")),
        effect(&guid(3), (Side::Group, Op::Remove), ("cid@contoso.example", "Cid")),
        effect("no-guid", (Side::Group, Op::Add), ("dan@contoso.example", "Dan")),
    ]);
    let ids = |lines: &[listsync_core::handout::Line]| -> Vec<String> {
        lines.iter().map(|line| line.object_id.to_string()).collect()
    };
    assert_eq!((ids(&some.add), ids(&some.remove), some.left_out), (vec![guid(1)], vec![guid(3)], 1));
    assert!(!some.is_empty());
    assert!(handout(Vec::new()).is_empty());
    assert_eq!(
        some.csv(),
        format!(
            "\"action\",\"group_id\",\"object_id\",\"address\",\"name\",\"reason\"\r\n\
             \"add\",\"{GROUP}\",\"{}\",\"ann@contoso.example\",\"Ann\",\"list_added\"\r\n\
             \"remove\",\"{GROUP}\",\"{}\",\"cid@contoso.example\",\"Cid\",\"list_added\"\r\n",
            guid(1),
            guid(3)
        )
    );
}

#[test]
fn a_group_whose_id_is_no_guid_gets_no_script() {
    let link = link("staff", "Staff");
    let error = Handout::of(&link, &Plan::empty(link.id.clone())).expect_err("no handout");
    assert_eq!(error.to_string(), "the id of group staff is not of the form of an object id");
}

#[test]
fn the_document_names_everything_that_is_to_be_done() {
    let one = handout(vec![effect(&guid(1), (Side::Group, Op::Add), ("ann@contoso.example", "Ann"))]);
    let document = serde_json::json!(one);
    assert_eq!(document["group"], serde_json::json!({"id": GROUP, "name": "Staff"}));
    assert_eq!(
        document["add"],
        serde_json::json!([{"object_id": guid(1), "address": "ann@contoso.example", "name": "Ann", "reason": "list_added"}])
    );
    assert_eq!((&document["remove"], &document["held"]), (&serde_json::json!([]), &0.into()));
}

#[test]
fn the_script_removes_only_references_and_asks_before_each_write() {
    let script = handout(vec![
        effect(&guid(1), (Side::Group, Op::Add), ("ann@contoso.example", "Ann")),
        effect(&guid(3), (Side::Group, Op::Remove), ("cid@contoso.example", "Cid")),
    ])
    .powershell();
    let commands = nodes(&script, "command_name");
    let writes: Vec<&str> = commands
        .iter()
        .map(String::as_str)
        .filter(|name| name.contains("-Mg") && !name.starts_with("Get-") && !name.starts_with("Connect-"))
        .collect();
    assert_eq!(writes, ["Update-MgGroup", "New-MgGroupMember", "Remove-MgGroupMemberDirectoryObjectByRef"]);
    assert!(script.contains("SupportsShouldProcess"));
    assert_eq!(script.matches("$PSCmdlet.ShouldProcess(").count(), 2);
    assert!(script.contains(&format!("    '{}'  # ann@contoso.example\n", guid(1))), "{script}");
    assert!(!script.contains("<add>") && !script.contains("<remove>") && !script.contains("<group>"));
}

#[test]
fn what_would_break_out_of_a_script_is_noticed() {
    let script =
        handout(vec![effect(&guid(1), (Side::Group, Op::Add), ("ann@contoso.example", "Ann"))]).powershell();
    let injected = script.replace("# ann@contoso.example", "; Stop-Computer");
    assert!(nodes(&injected, "command_name").contains(&"Stop-Computer".to_owned()));
}

/// What people with odd ideas call themselves.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("'; Remove-MgUser -UserId x; '".to_owned()),
        Just("$(Remove-Item -Recurse C:\\)".to_owned()),
        Just("`u{0027}; iex $env:X #>".to_owned()),
        Just("#> Stop-Computer <#".to_owned()),
        Just("\u{2019}; Stop-Computer; \u{2018}".to_owned()),
        Just("=cmd|' /C calc'!A0".to_owned()),
        Just("a\r\nStop-Computer\r\n".to_owned()),
        Just("a\u{2028}Stop-Computer\u{0085}\0".to_owned()),
        Just("\"@\nStop-Computer\n@\"".to_owned()),
        Just("# SIG # Begin signature block".to_owned()),
        "[-=+@'\"`$#<>(){};|&,\r\n\t a-c\u{2018}\u{2019}\u{201c}\u{2028}]{0,24}",
        "\\PC{0,24}",
    ]
}

fn hostile_address() -> impl Strategy<Value = String> {
    prop_oneof![
        hostile().prop_map(|local| format!("{local}@contoso.example")),
        hostile().prop_map(|local| format!("\"{local}\"@contoso.example")),
        "[-!#$%&'*+/=?^_`{|}~a-z0-9]{1,20}".prop_map(|local| format!("{local}@contoso.example")),
        "[a-z]{1,5}".prop_map(|local| format!("{local}@b\u{fc}cher.example")),
    ]
}

fn hostile_effects() -> impl Strategy<Value = Vec<Effect>> {
    let id = prop_oneof![
        4 => (0..1000_usize).prop_map(guid),
        1 => "[!-~]{1,36}",
    ];
    let one = (id, any::<bool>(), hostile_address(), hostile()).prop_filter_map(
        "an id",
        |(id, adds, address, name)| {
            ObjectId::parse(&id).ok()?;
            let op = if adds { Op::Add } else { Op::Remove };
            Some(effect(&id, (Side::Group, op), (&address, &name)))
        },
    );
    proptest::collection::vec(one, 0..6)
}

proptest! {
    #[test]
    fn the_script_is_read_without_error_and_holds_the_same_commands_whoever_is_in_it(effects in hostile_effects()) {
        let handout = handout(effects);
        let script = handout.powershell();
        prop_assert!(script.is_ascii());
        prop_assert!(!script.contains('\r'));
        let empty = nodes(&self::handout(Vec::new()).powershell(), "command_name");
        prop_assert_eq!(nodes(&script, "command_name"), empty);
        let literals = nodes(&script, "verbatim_string_characters");
        let ids = handout.add.iter().chain(&handout.remove).map(|line| format!("'{}'", line.object_id));
        for id in ids {
            prop_assert!(literals.contains(&id), "{}", id);
        }
    }

    #[test]
    fn the_table_has_one_row_of_six_cells_per_member_and_no_formula(effects in hostile_effects()) {
        let handout = handout(effects);
        let table = handout.csv();
        prop_assert_eq!(table.matches("\r\n").count(), 1 + handout.add.len() + handout.remove.len());
        for row in table.split_terminator("\r\n") {
            let cells = cells(row);
            prop_assert_eq!(cells.len(), 6, "{}", row);
            for cell in cells {
                prop_assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{:?}", cell);
                prop_assert!(!cell.chars().any(char::is_control), "{:?}", cell);
            }
        }
    }
}

/// The cells of a row in which each is quoted.
fn cells(row: &str) -> Vec<String> {
    let mut cells = Vec::new();
    let mut rest = row;
    while let Some(quoted) = rest.strip_prefix('"') {
        let mut cell = String::new();
        let mut chars = quoted.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if c != '"' {
                cell.push(c);
            } else if chars.next_if(|(_, next)| *next == '"').is_some() {
                cell.push('"');
            } else {
                rest = &quoted[at + 1..];
                break;
            }
        }
        cells.push(cell);
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
    assert!(rest.is_empty(), "{row:?}");
    cells
}
