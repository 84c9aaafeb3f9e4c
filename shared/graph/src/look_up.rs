//! People by address. Whoever `mail` does not answer for is asked for by proxy address, user principal name and other mails,
//! all in one go; the answers are then taken in that order.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{address::Address, id::ObjectId, snapshot::Principal};
use listsync_engine::ports::{Call, Lookup, PortResult};

use crate::{
    ask::{self, Ask},
    deed::{Deed, READ_USERS},
    members::VALUES,
    parts::PARTS,
    path,
    principal::SELECT,
    send::Sender,
};

/// How many addresses one batch of the first round holds.
pub(crate) const LOOK_UP_BATCH: usize = VALUES * PARTS;

/// By which property somebody is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    Mail,
    Proxy,
    Upn,
    Other,
}

impl Form {
    const AFTER_MAIL: [Self; 3] = [Self::Proxy, Self::Upn, Self::Other];

    /// How many addresses one filter holds. A proxy address is asked for in both spellings of its prefix, and each counts
    /// as a clause.
    fn per_filter(self) -> usize {
        match self {
            Self::Mail | Self::Upn | Self::Other => VALUES,
            Self::Proxy => VALUES / 2,
        }
    }

    fn filter(self, addresses: &[&Address]) -> String {
        let texts = addresses.iter().map(|address| address.as_str());
        match self {
            Self::Mail => path::is_in("mail", texts),
            Self::Upn => path::is_in("userPrincipalName", texts),
            Self::Proxy => {
                any("proxyAddresses", texts.flat_map(|a| [format!("smtp:{a}"), format!("SMTP:{a}")]))
            }
            Self::Other => any("otherMails", texts.map(str::to_owned)),
        }
    }

    fn answers(self, principal: &Principal, address: &Address) -> bool {
        match self {
            Self::Mail => principal.mail.as_ref() == Some(address),
            Self::Proxy => principal.proxies.contains(address),
            Self::Upn => principal.upn.as_ref() == Some(address),
            Self::Other => principal.others.contains(address),
        }
    }
}

fn any(property: &str, values: impl Iterator<Item = String>) -> String {
    let clauses: Vec<String> =
        values.map(|value| format!("{property}/any(x:x eq {})", path::quoted(&value))).collect();
    clauses.join(" or ")
}

/// Who answered for an address in each form.
type Found = BTreeMap<Form, BTreeMap<ObjectId, Principal>>;

impl Sender {
    pub(crate) async fn look_up(&self, call: Call<'_>, addresses: &[Address]) -> PortResult<Vec<Lookup>> {
        let mut found: BTreeMap<&Address, Found> =
            addresses.iter().map(|address| (address, Found::new())).collect();
        let everybody: Vec<&Address> = found.keys().copied().collect();
        self.ask_for(call, &[Form::Mail], &everybody, &mut found).await?;
        let rest: Vec<&Address> =
            found.iter().filter(|(_, found)| found.is_empty()).map(|(address, _)| *address).collect();
        self.ask_for(call, &Form::AFTER_MAIL, &rest, &mut found).await?;
        Ok(addresses.iter().map(|address| judge(found.get(address))).collect())
    }

    async fn ask_for<'a>(
        &self,
        call: Call<'_>,
        forms: &[Form],
        addresses: &[&'a Address],
        found: &mut BTreeMap<&'a Address, Found>,
    ) -> PortResult<()> {
        let deed = Deed::new("could not look people up", READ_USERS);
        let questions: Vec<(Form, &[&Address])> = forms
            .iter()
            .flat_map(|form| addresses.chunks(form.per_filter()).map(|chunk| (*form, chunk)))
            .collect();
        let asks: Vec<Ask> = questions
            .iter()
            .map(|(form, chunk)| Ask::get(ask::filtered("/users", SELECT, &form.filter(chunk))))
            .collect();
        for ((form, chunk), people) in questions.iter().zip(self.users(call, &asks, &deed).await?) {
            for person in &people {
                for address in chunk.iter().filter(|address| form.answers(person, address)) {
                    let found = found.entry(*address).or_default().entry(*form).or_default();
                    found.insert(person.id.clone(), person.clone());
                }
            }
        }
        Ok(())
    }
}

/// The first form that anybody answered in decides; several who answer in it are told apart by nothing.
fn judge(found: Option<&Found>) -> Lookup {
    let Some(first) = found.and_then(|found| found.values().next()) else { return Lookup::Nobody };
    let mut people = first.values();
    match (people.next(), people.next()) {
        (None, _) => Lookup::Nobody,
        (Some(only), None) => Lookup::Found(only.clone()),
        (Some(_), Some(_)) => {
            let ids: BTreeSet<&ObjectId> = first.keys().collect();
            Lookup::Ambiguous(ids.into_iter().cloned().collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_filter_has_more_than_fifteen_clauses_and_quotes_are_doubled() {
        let addresses: Vec<Address> = (0..15)
            .map(|number| Address::parse(&format!("o'neil+{number}@x.example")).expect("an address"))
            .collect();
        let all: Vec<&Address> = addresses.iter().collect();
        for form in [Form::Mail, Form::Proxy, Form::Upn, Form::Other] {
            let filter = form.filter(&all[..form.per_filter()]);
            assert!(filter.matches("@x.example'").count() <= 15, "{filter}");
            assert!(!filter.contains("o'n") && filter.contains("o''neil+0@x.example"), "{filter}");
        }
    }

    #[test]
    fn a_proxy_is_asked_for_in_both_spellings() {
        let address = Address::parse("a@x.example").expect("an address");
        assert_eq!(
            Form::Proxy.filter(&[&address]),
            "proxyAddresses/any(x:x eq 'smtp:a@x.example') or proxyAddresses/any(x:x eq 'SMTP:a@x.example')"
        );
    }
}
