//! `listsync links`: what is linked, and a person's word on it.

use std::time::Duration;

use listsync_core::{
    link::{Link, LinkPatch, LinkStatus, Writes},
    trigger::Reason,
};
use listsync_engine::{
    Ports,
    connect::{self, Asker},
    ports::{Call, LinkEdit, LinkState, Meter, PortResult, RulingKind},
    rule::{keeps_extras, rule as engine_rule},
    status, trigger,
};
use listsync_http::documents::link::LinkChange;
use serde_json::{Value, json};

use super::unanswered;

use crate::{
    cli::{LinkEditArgs, LinksVerb},
    find,
    output::{self, Outcome, Refusal, Reply},
    view::{self, LinkView},
};

/// So long the directory may take to say what the app may do.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) async fn run(ports: &Ports, verb: &LinksVerb) -> Outcome {
    match verb {
        LinksVerb::Ls => ls(ports).await,
        LinksVerb::Show(one) => {
            let state = find::link(ports, one).await?;
            let people = view::out_of_step(&status::unsettled(ports, &state).await?);
            let view = LinkView::load(ports, state).await?;
            Ok(Reply::done(view.document(), view.text() + &people))
        }
        LinksVerb::Pause(one) => pause(ports, find::link(ports, one).await?.link).await,
        LinksVerb::Resume(one) => resume(ports, find::link(ports, one).await?.link).await,
        LinksVerb::Approve { digest } => rule(ports, digest, RulingKind::Approved).await,
        LinksVerb::Discard { digest } => rule(ports, digest, RulingKind::Discarded).await,
        LinksVerb::Relink(one) => relink(ports, find::link(ports, one).await?.link).await,
        LinksVerb::Writes { link, writes } => {
            set_writes(ports, find::link(ports, link).await?.link, (*writes).into()).await
        }
        LinksVerb::Edit(args) => edit(ports, args).await,
        LinksVerb::Unlink(one) => unlink(ports, find::link(ports, one).await?.link).await,
    }
}

async fn ls(ports: &Ports) -> Outcome {
    let mut documents = Vec::new();
    let mut rows = Vec::new();
    for state in find::every_link(ports).await? {
        let view = LinkView::load(ports, state).await?;
        documents.push(view.document());
        rows.push(view.row());
    }
    let text = match rows.is_empty() {
        true => "There is no link yet. Make one: listsync link LIST --group GROUP".to_owned(),
        false => output::table(LinkView::HEADING, &rows),
    };
    Ok(Reply::done(Value::Array(documents), text))
}

async fn pause(ports: &Ports, link: Link) -> Outcome {
    if matches!(link.status, LinkStatus::Halted(_)) {
        return Err(Refusal::new(
            "halted",
            format!("the link is {} and does not run anyway", link.status),
            "put that right and resume it, or leave it as it is",
        ));
    }
    set_status(ports, &link, LinkStatus::Paused).await?;
    changed(ports, &link, "Paused the link; run it again with 'listsync links resume'.").await
}

async fn resume(ports: &Ports, link: Link) -> Outcome {
    set_status(ports, &link, LinkStatus::Active).await?;
    trigger::raise(ports, &link.id, Reason::OnDemand).await?;
    changed(ports, &link, "Resumed the link and queued it for a sync.").await
}

async fn set_status(ports: &Ports, link: &Link, status: LinkStatus) -> PortResult<()> {
    ports.links.edit(&link.id, &LinkEdit::Status(status), ports.clock.now()).await
}

async fn set_writes(ports: &Ports, link: Link, writes: Writes) -> Outcome {
    let patch = LinkPatch { writes: Some(writes), ..LinkPatch::default() };
    change(ports, &link, &patch).await?;
    let text = match writes {
        Writes::Direct => "From now on, syncs write the group. One is queued.",
        Writes::ByHand => {
            "From now on, no sync writes the group: see what is to be done with 'listsync handout'. A sync is queued."
        }
    };
    changed(ports, &link, text).await
}

async fn edit(ports: &Ports, args: &LinkEditArgs) -> Outcome {
    let link = find::link(ports, &args.link).await?.link;
    let patch = LinkChange::from(args).read().map_err(|refused| {
        let flag = refused.name.replace("protected", "protect").replace('_', "-");
        Refusal::new(refused.name, refused.why, format!("give another --{flag}"))
    })?;
    let after = change(ports, &link, &patch).await?;
    if patch.protected.is_some() {
        unanswered::tell(&unanswered::of_protected(ports, &after.link.members.protected).await);
    }
    let view = LinkView::load(ports, after).await?;
    let text = format!("Changed the link, and queued a sync.\n\n{}", view.text());
    Ok(Reply::done(view.document(), text))
}

async fn change(ports: &Ports, link: &Link, patch: &LinkPatch) -> Result<LinkState, Refusal> {
    let meter = Meter::default();
    let call = Call { until: ports.clock.now() + PATIENCE, meter: &meter };
    let after = connect::change(ports, &link.id, patch, Asker::Runner, call).await?;
    trigger::raise(ports, &link.id, Reason::OnDemand).await?;
    Ok(after)
}

async fn relink(ports: &Ports, link: Link) -> Outcome {
    ports.links.edit(&link.id, &LinkEdit::Relink, ports.clock.now()).await?;
    trigger::raise(ports, &link.id, Reason::OnDemand).await?;
    changed(
        ports,
        &link,
        "Forgot what both sides had in common. The next run unions them and removes nobody; it is queued.",
    )
    .await
}

async fn changed(ports: &Ports, link: &Link, text: &str) -> Outcome {
    let state = ports.links.load(&link.id).await?;
    let document = match state {
        Some(state) => LinkView::load(ports, state).await?.document(),
        None => Value::Null,
    };
    Ok(Reply::done(document, text))
}

async fn unlink(ports: &Ports, link: Link) -> Outcome {
    ports.links.delete(&link.id).await?;
    let text = format!("Removed the link to {}. Both sides stay as they are.", view::groups(&link));
    Ok(Reply::done(json!({"id": link.id, "list": link.list, "group": link.group, "unlinked": true}), text))
}

async fn rule(ports: &Ports, digest: &str, kind: RulingKind) -> Outcome {
    let (link, hold) = find::held_link(ports, digest).await?;
    let stays = keeps_extras(ports, &link, &hold).await?;
    engine_rule(ports, &link, &hold, kind).await?;
    let text = match (kind, stays) {
        (RulingKind::Approved, _) => "Approved: the next run does just these, once. It is queued.".to_owned(),
        (RulingKind::Discarded, false) => {
            "Discarded: who was to be removed stays. The next run is queued.".to_owned()
        }
        (RulingKind::Discarded, true) => format!(
            "Discarded: who was to be removed stays, and so do extras from now on. The next run is queued.\n\
             To have extras go again: listsync links edit {link} --extras remove"
        ),
    };
    Ok(Reply::done(json!({"link": link, "digest": hold.digest, "ruling": kind}), text))
}
