//! Which requests to Graph are under way, and which groups they write.

use std::collections::BTreeMap;

use crate::errors::Refusal;
use crate::settings::Writers;
use crate::state::ObjectId;

/// One HTTP request that was not answered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RequestNumber(u64);

/// The requests under way.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    last: u64,
    /// Each with the groups that it writes.
    under_way: BTreeMap<RequestNumber, Vec<ObjectId>>,
    /// The one that is being served.
    served: Option<RequestNumber>,
}

impl Traffic {
    /// A request has come.
    pub(crate) fn begin(&mut self) -> RequestNumber {
        self.last += 1;
        let number = RequestNumber(self.last);
        self.under_way.insert(number, Vec::new());
        number
    }

    /// What is written from now on is written by this request.
    pub(crate) fn serve(&mut self, number: Option<RequestNumber>) {
        self.served = number;
    }

    /// A request was answered, or its connection ended.
    pub(crate) fn end(&mut self, number: RequestNumber) {
        self.under_way.remove(&number);
    }

    /// How many are under way.
    pub(crate) fn len(&self) -> u64 {
        self.under_way.len() as u64
    }

    /// How many of them have written a group.
    pub(crate) fn writing(&self) -> u64 {
        self.under_way.values().filter(|groups| !groups.is_empty()).count() as u64
    }

    /// Lets the request that is being served write a group.
    pub(crate) fn write(&mut self, group: ObjectId, writers: Writers) -> Result<(), Refusal> {
        let is_other = |number: &RequestNumber| Some(*number) != self.served;
        let is_taken =
            self.under_way.iter().any(|(number, groups)| is_other(number) && groups.contains(&group));
        if is_taken && writers == Writers::One {
            return Err(Refusal::concurrent());
        }
        if let Some(groups) = self.served.and_then(|number| self.under_way.get_mut(&number)) {
            groups.push(group);
        }
        Ok(())
    }
}
