//! The people of the tenant.

use listsync_core::{id::ObjectId, snapshot::Principal};
use listsync_engine::ports::{Call, Cursor, Fault, PeoplePage, PortResult};

use crate::{
    ask::{self, Ask},
    deed::{Deed, READ_USERS},
    members::{PAGE, VALUES},
    pages::{EXPIRED_PAGE, next_link, read_rows},
    path,
    principal::{SELECT, principal},
    send::Sender,
};

impl Sender {
    pub(crate) async fn people(&self, call: Call<'_>, page: Option<&Cursor>) -> PortResult<PeoplePage> {
        let deed = Deed::new("could not read the people of the tenant", READ_USERS);
        let path = match page {
            None => format!("/users?$select={SELECT}&$top={PAGE}"),
            Some(Cursor(link)) => self.below(link, &deed)?,
        };
        let mut answer = self.obtain(call, &Ask::get(path), &deed).await.map_err(|error| {
            match error.code.eq_ignore_ascii_case(EXPIRED_PAGE) {
                true => deed.failed(Fault::Gone, "cursor_expired", "the page's cursor expired: begin anew"),
                false => error,
            }
        })?;
        let people = read_rows(&mut answer, &deed, principal)?;
        Ok(PeoplePage { people, next: next_link(&answer).map(|link| Cursor(link.to_owned())) })
    }

    pub(crate) async fn head_count(&self, call: Call<'_>) -> PortResult<u64> {
        let deed = Deed::new("could not count the people of the tenant", READ_USERS);
        let answer = self.obtain(call, &Ask::get("/users/$count").eventual(), &deed).await?;
        answer.number().ok_or_else(|| deed.unreadable("the count"))
    }

    pub(crate) async fn by_id(&self, call: Call<'_>, ids: &[ObjectId]) -> PortResult<Vec<Principal>> {
        let deed = Deed::new("could not read people by id", READ_USERS);
        let asks: Vec<Ask> = ids
            .chunks(VALUES)
            .map(|chunk| path::is_in("id", chunk.iter().map(ObjectId::as_str)))
            .map(|filter| Ask::get(ask::filtered("/users", SELECT, &filter)))
            .collect();
        Ok(self.users(call, &asks, &deed).await?.into_iter().flatten().collect())
    }

    /// The users that each of these listings gives, all pages of it.
    pub(crate) async fn users(
        &self,
        call: Call<'_>,
        asks: &[Ask],
        deed: &Deed,
    ) -> PortResult<Vec<Vec<Principal>>> {
        let mut found = Vec::with_capacity(asks.len());
        for (ask, answer) in asks.iter().zip(self.read_parts(call, asks, deed).await?) {
            found.push(self.follow(call, (ask, answer), deed, principal).await?);
        }
        Ok(found)
    }
}
