//! Groups: found, judged, created.

use listsync_core::id::GroupId;
use listsync_engine::ports::{
    Call, Fault, Group, GroupKind, GroupQuery, NewGroup, NewGroupKind, PortError, PortResult, Visibility,
};
use serde_json::{Value, json};

use crate::{
    answer::Answer,
    ask::{self, Ask, Effect},
    deed::{CREATE_GROUPS, Deed, READ_GROUPS, READ_USERS},
    group_kind::{Judged, SELECT, judged},
    members::PAGE,
    nickname,
    pages::{as_is, next_link, read_rows},
    path, principal,
    retry::backoff,
    send::Sender,
};

/// The most owners that the creation of a group takes: twenty links in all, and no members are among them.
const OWNERS: usize = 20;
/// So many pages are looked at for groups that are asked for, however empty they are.
const PAGES: usize = 20;
/// How often a new group is looked for before it is taken to be readable: half a second, doubled each time.
const LOOKS: u32 = 5;

impl Sender {
    pub(crate) async fn group(&self, call: Call<'_>, query: &GroupQuery) -> PortResult<Group> {
        let judged = match query {
            GroupQuery::Id(id) => self.judged_by_id(call, id).await?,
            GroupQuery::Name(name) => match self.group_by_unique_name(call, name).await? {
                Some(judged) => judged,
                None => self.group_by_name(call, name).await?,
            },
        };
        self.under_its_authority(call, judged).await
    }

    /// What is known of a group by itself: who is its source of authority is not asked.
    pub(crate) async fn group_by_id(&self, call: Call<'_>, id: &GroupId) -> PortResult<Group> {
        self.judged_by_id(call, id).await.map(|judged| judged.group)
    }

    async fn judged_by_id(&self, call: Call<'_>, id: &GroupId) -> PortResult<Judged> {
        let deed = Deed::on_group("read", id, READ_GROUPS);
        let path = format!("/groups/{}?$select={SELECT}", path::segment(id.as_str()));
        match self.obtain(call, &Ask::get(path), &deed).await {
            Ok(answer) => judged(&answer.body, &deed),
            Err(error) if error.fault == Fault::Gone => Err(self.gone(call, id, &deed).await),
            Err(error) => Err(error),
        }
    }

    /// Why a group is not there: it may be among the deleted items, from where it can be restored. Not every app may
    /// look there.
    async fn gone(&self, call: Call<'_>, id: &GroupId, deed: &Deed) -> PortError {
        let path =
            format!("/directory/deletedItems/{}?$select=id,deletedDateTime", path::segment(id.as_str()));
        match self.obtain(call, &Ask::get(path), deed).await {
            Ok(answer) => {
                let when = answer.body.get("deletedDateTime").and_then(Value::as_str).unwrap_or("lately");
                let why = format!("the group was deleted ({when})");
                deed.failed(Fault::Gone, "group_deleted", &why).with_hint(
                    "restore it within 30 days (in Entra: Groups > Deleted groups), or link another group",
                )
            }
            Err(_) => deed.failed(Fault::Gone, "group_gone", "there is no such group").with_hint(
                "check the group's object id, and that it is in the tenant of AZURE_TENANT_ID; if it was deleted, it \
                 can be restored for 30 days",
            ),
        }
    }

    async fn group_by_unique_name(&self, call: Call<'_>, name: &str) -> PortResult<Option<Judged>> {
        let deed = Deed::new("could not read a group by its unique name", READ_GROUPS);
        let ask = Ask::get(format!("{}?$select={SELECT}", unique(name)));
        let answer = self.send(call, &ask, &deed).await?;
        match answer.status {
            404 => Ok(None),
            _ if answer.is_success() => judged(&answer.body, &deed).map(Some),
            _ => Err(deed.refused(&answer)),
        }
    }

    async fn group_by_name(&self, call: Call<'_>, name: &str) -> PortResult<Judged> {
        let deed = Deed::new("could not find a group by its name", READ_GROUPS);
        let quoted = path::quoted(name);
        let filter = match name.contains('@') {
            true => format!("displayName eq {quoted} or mail eq {quoted}"),
            false => format!("displayName eq {quoted}"),
        };
        let listing =
            self.list(call, &Ask::get(ask::filtered("/groups", SELECT, &filter)), &deed, as_is).await?;
        match listing.rows.as_slice() {
            [] => Err(deed
                .failed(Fault::Gone, "group_gone", "no group has this unique name, display name or address")
                .with_hint(
                    "see which there are: listsync groups ls; or let listsync create it: --new-group",
                )),
            [only] => judged(only, &deed),
            several => {
                let ids: Vec<&str> = several.iter().filter_map(|row| row.get("id")?.as_str()).collect();
                let why = format!("several groups have this name: {}", ids.join(", "));
                Err(deed.failed(Fault::Rejected, "ambiguous_group", &why).with_hint("give one of the ids"))
            }
        }
    }

    /// Groups whose display name or address begins so; all of them where nothing is given. The default engine takes
    /// `startswith` of both (the page "Use the $filter query parameter").
    pub(crate) async fn groups(&self, call: Call<'_>, begins: &str, most: usize) -> PortResult<Vec<Group>> {
        let deed = Deed::new("could not look for groups", READ_GROUPS);
        let path = match path::quoted(begins) {
            _ if begins.is_empty() => format!("/groups?$select={SELECT}"),
            begins => {
                let filter = format!("startswith(displayName,{begins}) or startswith(mail,{begins})");
                ask::filtered("/groups", SELECT, &filter)
            }
        };
        let first = Ask::get(format!("{path}&$top={}", most.clamp(1, PAGE)));
        let mut page = self.obtain(call, &first, &deed).await?;
        let mut found: Vec<Judged> = read_rows(&mut page, &deed, judged)?;
        // A page may have fewer rows than it could, and another after it.
        for _ in 0..PAGES {
            let Some(link) = next_link(&page).filter(|_| found.len() < most) else { break };
            page = self.obtain(call, &first.page(self.below(link, &deed)?), &deed).await?;
            found.extend(read_rows(&mut page, &deed, judged)?);
        }
        let mut groups = Vec::new();
        for judged in found.into_iter().take(most) {
            groups.push(self.under_its_authority(call, judged).await?);
        }
        Ok(groups)
    }

    /// Looks first, so that a repeat changes nothing; the upsert makes two who come at once agree.
    pub(crate) async fn create_group(&self, call: Call<'_>, new: &NewGroup) -> PortResult<Group> {
        let deed = Deed::new("could not create the group", CREATE_GROUPS);
        if new.owners.len() > OWNERS {
            let why = format!("a new group takes at most {OWNERS} owners");
            return Err(deed
                .failed(Fault::Rejected, "too_many_owners", &why)
                .with_hint("name fewer, and add the others in the directory"));
        }
        if let Some(judged) = self.group_by_unique_name(call, &new.unique_name).await? {
            return as_asked(judged.group, new, &deed);
        }
        let owners = self.owner_ids(call, &new.owners).await?;
        let mut body = self.description(new, &owners);
        body["mailNickname"] = json!(nickname::of_name(&new.name));
        let mut answer = self.upsert(call, &new.unique_name, &body, &deed).await?;
        if is_nickname_clash(&answer) {
            body["mailNickname"] = json!(nickname::told_apart(&new.name, &new.unique_name));
            answer = self.upsert(call, &new.unique_name, &body, &deed).await?;
        }
        match answer.status {
            404 => return Err(no_such_owner(&deed)),
            400 if owns_already(&answer) => {}
            _ if !answer.is_success() => return Err(deed.refused(&answer)),
            _ => {}
        }
        let made = answer.is_success().then(|| judged(&answer.body, &deed).ok()).flatten();
        let made = made.map(|judged| judged.group);
        self.readable(call, &new.unique_name, (made, &deed)).await
    }

    async fn upsert(&self, call: Call<'_>, key: &str, body: &Value, deed: &Deed) -> PortResult<Answer> {
        let ask = Ask::patch(unique(key), body.clone()).with_header("Prefer", "create-if-missing");
        Ok(self.send(call, &ask, deed).await?)
    }

    /// Object ids of owners: only by them can a new group refer to somebody. What has the form of an id is one.
    async fn owner_ids(&self, call: Call<'_>, owners: &[String]) -> PortResult<Vec<String>> {
        let deed = Deed::new("could not find the owners of the group", READ_USERS);
        let is_id = |owner: &&String| uuid::Uuid::try_parse(owner).is_ok();
        let (mut ids, names): (Vec<String>, Vec<String>) = owners.iter().cloned().partition(|o| is_id(&o));
        let asks: Vec<Ask> =
            names.iter().map(|name| Ask::get(format!("/users/{}?$select=id", path::segment(name)))).collect();
        let answers = self.read_parts(call, &asks, &deed).await.map_err(|error| match error.fault {
            Fault::Gone => no_such_owner(&deed),
            _ => error,
        })?;
        for answer in &answers {
            ids.push(principal::id(&answer.body, &deed)?.to_string());
        }
        Ok(ids)
    }

    fn description(&self, new: &NewGroup, owners: &[String]) -> Value {
        let mut body = json!({
            "displayName": new.name,
            "mailEnabled": new.kind == NewGroupKind::Microsoft365,
            "securityEnabled": new.kind == NewGroupKind::Security,
            "groupTypes": [],
        });
        if new.kind == NewGroupKind::Microsoft365 {
            body["groupTypes"] = json!(["Unified"]);
            body["resourceBehaviorOptions"] = json!(["WelcomeEmailDisabled"]);
            body["visibility"] = json!(match new.visibility {
                Visibility::Private => "Private",
                Visibility::Public => "Public",
            });
        }
        if !owners.is_empty() {
            let owner = |id: &String| self.root.address(&format!("/directoryObjects/{}", path::segment(id)));
            body["owners@odata.bind"] = owners.iter().map(owner).collect();
        }
        body
    }

    /// Waits for a while until a new group can be read: replicas hear of it one after the other. Where that takes longer,
    /// what its creation answered stands for it.
    async fn readable(
        &self,
        call: Call<'_>,
        unique_name: &str,
        (made, deed): (Option<Group>, &Deed),
    ) -> PortResult<Group> {
        for look in 0..LOOKS {
            if let Some(judged) = self.group_by_unique_name(call, unique_name).await? {
                return Ok(judged.group);
            }
            if self.pause(call, Effect::Read, backoff(look)).await.is_err() {
                break;
            }
        }
        let why = "it was created and cannot be read yet";
        made.ok_or_else(|| {
            deed.failed(Fault::Unavailable, "not_replicated", why).with_hint("try again in some minutes")
        })
    }
}

/// A repeat finds the group of the first try, unless it now asks for another kind.
fn as_asked(group: Group, new: &NewGroup, deed: &Deed) -> PortResult<Group> {
    match (group.kind, new.kind) {
        (GroupKind::Microsoft365, NewGroupKind::Security)
        | (GroupKind::Security, NewGroupKind::Microsoft365) => {
            let why = format!(
                "group {} was made for this list and name before, and is of the other kind",
                group.id
            );
            Err(deed.failed(Fault::Rejected, "group_kind_differs", &why).with_hint(
                "link that group with --group, give another --new-group name, or leave --kind as it was",
            ))
        }
        _ => Ok(group),
    }
}

fn unique(name: &str) -> String {
    format!("/groups(uniqueName={})", path::segment(&path::quoted(name)))
}

fn is_nickname_clash(answer: &Answer) -> bool {
    answer.status == 400
        && answer.text().contains("Another object with the same value")
        && answer.text().to_ascii_lowercase().contains("mailnickname")
}

fn no_such_owner(deed: &Deed) -> PortError {
    deed.failed(Fault::Rejected, "no_such_owner", "one of the owners is not in the directory")
        .with_hint("name owners by their user principal name or object id")
}

fn owns_already(answer: &Answer) -> bool {
    answer.text().contains("added object references already exist")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unique_name_cannot_leave_its_quotes() {
        assert_eq!(unique("a'b/c"), "/groups(uniqueName=%27a%27%27b%2Fc%27)");
    }
}
