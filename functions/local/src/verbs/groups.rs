//! `listsync groups`: the tenant's groups, for whoever looks for one to link.

use std::time::Duration;

use listsync_core::linkable::Voucher;
use listsync_engine::{
    groups::{SHOWN, Wanted, find},
    ports::{Call, Meter},
};
use listsync_http::documents::group::{CanBeLinked, GroupDocument, GroupsDocument};
use listsync_wiring::Wired;
use serde_json::json;

use crate::output::{self, Outcome, Reply};

/// So long the directory may take.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) async fn run(wired: &Wired, begins: &str) -> Outcome {
    let (ports, tenant, meter) = (&wired.ports, wired.tenant()?, Meter::default());
    let call = Call { until: ports.clock.now() + PATIENCE, meter: &meter };
    let wanted = Wanted { tenant: &tenant, begins, voucher: Voucher::Operator };
    let GroupsDocument { items } = GroupsDocument::load(ports, find(ports, wanted, call).await?).await?;
    let rows: Vec<_> = items.iter().map(row).collect();
    let mut text = match rows.is_empty() {
        true => format!("No group has a name or an address that begins with '{begins}'."),
        false => output::table(["GROUP", "CAN BE LINKED", "LISTS", "ID"], &rows),
    };
    if rows.len() == SHOWN {
        text = format!("{}\nThere may be more: give more letters of the name.", text.trim_end());
    }
    Ok(Reply::done(json!(items), text))
}

fn row(group: &GroupDocument) -> [String; 4] {
    let why = group.why.as_deref().unwrap_or_default();
    let can = match group.can_be_linked {
        CanBeLinked::BothWays => "yes".to_owned(),
        CanBeLinked::GroupToList => format!("only with --mode group-to-list: {why}"),
        CanBeLinked::No => format!("no: {why}"),
    };
    let lists: Vec<&str> = group.lists.iter().map(|list| list.name.as_str()).collect();
    [group.name.clone(), can, lists.join(", "), group.id.clone()]
}
