//! `listsync link`: one list and one group, from now on in step.

use std::time::Duration;

use listsync_core::{
    audit::{Action, Object, ObjectKind},
    id::LinkId,
    link::{Externals, Extras, FirstMerge, Link, MemberRules, Mode, Writes},
    linkable::Voucher,
    list::List,
    new_group::unique_name,
    settings::{Protected, parse_owner},
    shell::Quoted,
    text::name_key,
};
use listsync_engine::{
    Ports,
    connect::{Asker, NewLink, Target, connect},
    ports::{Call, GroupQuery, Meter, NewGroup, NewGroupKind, Visibility},
};
use listsync_wiring::Wired;
use uuid::Uuid;

use super::{domains, record, unanswered};
use crate::{
    cli::{LinkArgs, NewGroupKindArg},
    confirm::{self, Going, Weight},
    find,
    output::{Outcome, Refusal, Reply},
    view::{self, LinkView},
};

const PATIENCE: Duration = Duration::from_secs(60);
/// So many groups that begin with a name are looked through for those that have just it.
const OF_ONE_NAME: usize = 100;

pub(super) async fn run(wired: &Wired, args: &LinkArgs) -> Outcome {
    let ports = &wired.ports;
    let list = find::list(ports, &args.list).await?;
    let mode = Mode::from(args.mode);
    let target = target(&list, args)?;
    if let Target::New(new) = &target {
        ask_of_the_same_name(ports, new, args.yes).await?;
    }
    let more = args.group.iter().skip(1).map(|group| find::group(group)).collect::<Result<_, _>>()?;
    let new = NewLink {
        id: new_link_id(),
        list: list.id.clone(),
        target,
        more,
        tenant: wired.tenant()?,
        mode,
        extras: args.extras.into(),
        first_merge: args.first_merge.into(),
        every: args.every,
        settle_window: args.settle_window,
        externals: args.externals.into(),
        max_removals: args.max_removals,
        grace: args.grace,
        members: MemberRules {
            shared_mailboxes: args.shared_mailboxes.into(),
            agents: args.agents.into(),
            protected: protected(args)?,
        },
        writes: args.writes.into(),
        voucher: Voucher::Operator,
        asker: Asker::Runner,
    };
    let link = saved(wired, &new).await?;
    unanswered::tell(&unanswered::of_protected(ports, &link.members.protected).await);
    domains::learn(&wired.service, call(ports, &Meter::default())).await?;
    let text = format!(
        "Linked '{}' to {} ({mode}).{}\nSee what a sync would do: listsync plan {name}\nThen: listsync sync {name}",
        list.name,
        view::groups(&link),
        advice(args),
        name = Quoted(&list.name),
    );
    let state = ports.links.load(&link.id).await?.ok_or_else(|| {
        Refusal::new(
            "no_such_link",
            "the link was removed by somebody else meanwhile",
            "look with 'listsync links ls'",
        )
    })?;
    Ok(Reply::done(LinkView::load(ports, state).await?.document(), text))
}

/// Links a list to an existing group, two-way; none: it is linked to it already.
pub(super) async fn existing_group(wired: &Wired, list: &List, group: &str) -> Result<Option<Link>, Refusal> {
    let ports = &wired.ports;
    let query = find::group(group)?;
    let group = ports.directory.group(call(ports, &Meter::default()), &query).await?;
    let links = ports.links.of_list(&list.id).await?;
    if links.iter().any(|state| state.link.groups().any(|linked| *linked == group.id)) {
        return Ok(None);
    }
    let new = NewLink {
        id: new_link_id(),
        list: list.id.clone(),
        target: Target::Existing(GroupQuery::Id(group.id)),
        more: Vec::new(),
        tenant: wired.tenant()?,
        mode: Mode::TwoWay,
        extras: Extras::default(),
        first_merge: FirstMerge::default(),
        every: None,
        settle_window: None,
        externals: Externals::default(),
        max_removals: None,
        grace: Duration::ZERO,
        members: MemberRules::default(),
        writes: Writes::default(),
        voucher: Voucher::Operator,
        asker: Asker::Runner,
    };
    let link = saved(wired, &new).await?;
    domains::learn(&wired.service, call(ports, &Meter::default())).await?;
    Ok(Some(link))
}

/// Entra takes any number of groups of one name, and nobody can tell them apart in Outlook. A script that is run twice makes a
/// second one by a slip, so it has to say that it means it.
async fn ask_of_the_same_name(ports: &Ports, new: &NewGroup, said: bool) -> Result<(), Refusal> {
    let begins = ports.directory.groups(call(ports, &Meter::default()), &new.name, OF_ONE_NAME).await?;
    let namesakes = begins.iter().filter(|group| name_key(&group.name) == name_key(&new.name));
    let ids: Vec<String> = namesakes.map(|group| group.id.to_string()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let question = format!(
        "There is a group of the name '{}' already ({}), which could be linked by --group. Make another of that name?",
        new.name,
        ids.join(", ")
    );
    confirm::ask(&Going { question: &question, weight: Weight::Heavy, said })
}

fn protected(args: &LinkArgs) -> Result<Protected, Refusal> {
    Protected::parse(args.protect.iter().map(String::as_str)).map_err(|error| {
        Refusal::new("protect", error.to_string(), "give --protect once for each, such as --protect owners")
    })
}

/// What of the directory a person should know before the first sync.
fn advice(args: &LinkArgs) -> &'static str {
    match (&args.new_group, args.owner.is_empty(), args.kind) {
        (Some(_), true, None | Some(NewGroupKindArg::M365)) => {
            "\nThe group has no owner: nobody can manage it in Outlook until an administrator names one in Entra.\
             \nIt is filled by the next sync."
        }
        (Some(_), ..) => "\nThe group is filled by the next sync.",
        (None, ..) => "",
    }
}

/// Saves it, and records that at once: what comes after it may fail, and the link stays.
async fn saved(wired: &Wired, new: &NewLink) -> Result<Link, Refusal> {
    let ports = &wired.ports;
    let link = connect(ports, new, call(ports, &Meter::default())).await?;
    let objects = vec![Object::new(ObjectKind::Link, &link.id), Object::new(ObjectKind::List, &link.list)];
    record::done(&wired.service, Action::LinkCreate, objects).await;
    Ok(link)
}

fn call<'a>(ports: &Ports, meter: &'a Meter) -> Call<'a> {
    Call { until: ports.clock.now() + PATIENCE, meter }
}

fn new_link_id() -> LinkId {
    LinkId::parse(&Uuid::now_v7().to_string()).expect("a UUID is an id")
}

fn target(list: &List, args: &LinkArgs) -> Result<Target, Refusal> {
    let Some(name) = &args.new_group else {
        return find::group(args.group.first().map_or("", String::as_str)).map(Target::Existing);
    };
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 256 {
        return Err(Refusal::new(
            "group_name",
            "a group's name has 1 to 256 characters",
            "give another --new-group",
        ));
    }
    Ok(Target::New(NewGroup {
        unique_name: unique_name(name, &list.id),
        name: name.to_owned(),
        kind: match args.kind {
            None | Some(NewGroupKindArg::M365) => NewGroupKind::Microsoft365,
            Some(NewGroupKindArg::Security) => NewGroupKind::Security,
        },
        visibility: args.visibility.map(Visibility::from).unwrap_or_default(),
        owners: args.owner.iter().map(|owner| parse_owner(owner)).collect::<Result<_, _>>().map_err(
            |error| Refusal::new("owner", error.to_string(), "give --owner once for each, as they sign in"),
        )?,
    }))
}
