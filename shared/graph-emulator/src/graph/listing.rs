//! Pages of a listing and the cursors between them.

use serde_json::{Map, Value, json};

use crate::clock::millis;
use crate::errors::Refusal;
use crate::exchange::{Answer, Call};
use crate::odata::cursor::{Cursor, place};
use crate::settings::Paging;
use crate::state::ObjectId;
use crate::state::history::Seq;
use crate::world::World;

const DEFAULT_TOP: usize = 100;
const KIND: u8 = 1;
const TOKEN: &str = "$skiptoken";

/// Where a listing stands.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) top: usize,
    pub(crate) at: Seq,
    pub(crate) after: Option<ObjectId>,
    /// The query that its cursors belong to.
    spec: String,
}

impl Page {
    /// The page that the call asks for: the first, or the one its cursor names.
    pub(crate) fn open(world: &mut World, call: &Call) -> Result<Self, Refusal> {
        let top = call.query.top()?.unwrap_or(DEFAULT_TOP);
        let spec = format!("{}?{}", call.path, call.query.canonical_without(&[TOKEN]));
        let Some(text) = call.query.get(TOKEN) else {
            return Ok(Self { top, at: world.read_point(), after: None, spec });
        };
        let cursor = world
            .cursors
            .open(text)
            .filter(|cursor| {
                cursor.kind == KIND && world.cursors.spec_text(cursor.spec) == Some(spec.as_str())
            })
            .ok_or_else(|| Refusal::bad_request("The specified skip token is not valid for this request."))?;
        if world.now() - cursor.issued > millis(world.settings.page_token_life) {
            return Err(Refusal::expired_page());
        }
        let at = match world.settings.paging {
            Paging::Snapshot => cursor.at,
            Paging::AnyReplica => world.read_point(),
        };
        Ok(Self { top, at, after: place(cursor.after), spec })
    }

    pub(crate) fn is_first(&self) -> bool {
        self.after.is_none()
    }

    /// The answer, of up to `top` rows; more than that say that there is a next page.
    pub(crate) fn close(
        &self,
        world: &mut World,
        call: &Call,
        rows: Vec<(ObjectId, Value)>,
        count: Option<usize>,
    ) -> Answer {
        let mut body = Map::new();
        body.insert("@odata.context".to_owned(), json!(context(call)));
        if let Some(count) = count.filter(|_| self.is_first()) {
            body.insert("@odata.count".to_owned(), json!(count));
        }
        if rows.len() > self.top
            && let Some((last, _)) = rows.get(self.top - 1)
        {
            body.insert("@odata.nextLink".to_owned(), json!(self.next_link(world, call, *last)));
        }
        let value: Vec<Value> = rows.into_iter().take(self.top).map(|(_, row)| row).collect();
        body.insert("value".to_owned(), Value::Array(value));
        Answer::ok(Value::Object(body))
    }

    fn next_link(&self, world: &mut World, call: &Call, last: ObjectId) -> String {
        let cursor = Cursor {
            spec: world.cursors.spec(&self.spec),
            kind: KIND,
            from: 0,
            at: self.at,
            fresh: 0,
            after: last.as_u128(),
            inner: 0,
            issued: world.now(),
            epoch: 0,
        };
        let token = world.cursors.seal(&cursor);
        let kept = call.query.raw_without(&[TOKEN]);
        let separator = if kept.is_empty() { "" } else { "&" };
        format!("{}{}?{kept}{separator}$skiptoken={token}", call.base, call.path)
    }
}

/// The context URL of a collection.
pub(crate) fn context(call: &Call) -> String {
    let set = match call.segments.first().map(String::as_str) {
        Some("users") => "users",
        Some("contacts") => "contacts",
        Some("organization") => "organization",
        Some("groups") if call.segments.len() == 1 => "groups",
        _ => "directoryObjects",
    };
    format!("{}/$metadata#{set}", call.base)
}
