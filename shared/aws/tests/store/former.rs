//! Links as releases before this one kept them: one item in a partition of its own, and a pointer among the links.

use std::{collections::HashMap, time::Duration};

use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};
use listsync_core::{
    id::LinkId,
    link::{Link, LinkStatus},
    trigger::Generation,
};
use listsync_engine::ports::{Acquired, LinkEdit, Links as _, ListStore as _};
use listsync_testkit::sample::{link, moment};

use crate::kit::Kit;

type Item = HashMap<String, AttributeValue>;

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn key(pk: &str, sk: &str) -> Item {
    HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

impl Kit {
    async fn item(&self, pk: &str, sk: &str) -> Option<Item> {
        let asked = self.client.get_item().table_name("listsync").set_key(Some(key(pk, sk)));
        asked.send().await.unwrap().item
    }

    async fn delete(&self, pk: &str, sk: &str) {
        let delete = DeleteRequest::builder().set_key(Some(key(pk, sk))).build().unwrap();
        let write = WriteRequest::builder().delete_request(delete).build();
        self.client.batch_write_item().request_items("listsync", vec![write]).send().await.unwrap();
    }

    async fn put(&self, item: Item) {
        self.client.put_item().table_name("listsync").set_item(Some(item)).send().await.unwrap();
    }

    /// A link of this name, kept as it was before.
    async fn former(&self, name: &str) -> Link {
        let list = self.store.create_list(name, moment(0)).await.unwrap().id;
        let link = link(name, &list, &format!("group-{name}"));
        self.store.create(&link, moment(0)).await.unwrap();
        let (head, body) = (format!("{name}#HEAD"), format!("{name}#BODY"));
        let mut whole = self.item("LINKS", &head).await.unwrap();
        let of_body = self.item("LINKS", &body).await.unwrap();
        whole.extend(
            of_body.into_iter().filter(|(attribute, _)| ["doc", "progress"].contains(&attribute.as_str())),
        );
        whole.remove("body");
        whole.extend(key(&format!("LINK#{name}"), "HEAD"));
        let mut pointer = key("LINKS", name);
        pointer.insert("link".to_owned(), text(name));
        for mut item in [whole, pointer] {
            item.insert("schema".to_owned(), AttributeValue::N("1".to_owned()));
            self.put(item).await;
        }
        self.delete("LINKS", &head).await;
        self.delete("LINKS", &body).await;
        link
    }

    /// That it is kept as links are now, and where it was is nothing but what earlier releases refuse by its number.
    async fn has_moved(&self, name: &str) -> bool {
        let now = [format!("{name}#HEAD"), format!("{name}#BODY")];
        let is_new =
            self.item("LINKS", &now[0]).await.is_some() && self.item("LINKS", &now[1]).await.is_some();
        let sign = self.item(&format!("LINK#{name}"), "HEAD").await.unwrap();
        let is_sign = sign.len() == 3 && sign["schema"] == AttributeValue::N("2".to_owned());
        is_new && is_sign && self.item("LINKS", name).await.is_none()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_an_earlier_release_is_read_where_it_was_and_moves_when_it_is_written() {
    let kit = Kit::start().await;
    let (mut old, store) = (Vec::new(), &kit.store);
    for name in ["b-taken", "d-raised", "f-edited", "h-deleted", "j-left"] {
        old.push(kit.former(name).await);
    }
    for name in ["a", "c", "e"] {
        let list = store.create_list(name, moment(0)).await.unwrap().id;
        store.create(&link(name, &list, &format!("group-{name}")), moment(0)).await.unwrap();
    }
    // Both kinds come in their order, whole, however many are asked for at a time.
    for limit in [1, 2, 3, 100] {
        let (mut seen, mut last) = (Vec::new(), None);
        loop {
            let page = store.page(last.as_ref(), limit).await.unwrap();
            let Some(end) = page.last() else { break };
            assert!(page.len() <= limit);
            last = Some(end.link.id.clone());
            seen.extend(page.into_iter().map(|state| state.link.id.to_string()));
        }
        assert_eq!(
            seen,
            ["a", "b-taken", "c", "d-raised", "e", "f-edited", "h-deleted", "j-left"],
            "{limit}"
        );
    }
    for link in &old {
        assert_eq!(store.load(&link.id).await.unwrap().unwrap().link, *link);
        assert_eq!(store.glimpse(&link.id).await.unwrap().unwrap().link, *link);
        assert_eq!(store.of_list(&link.list).await.unwrap()[0].link, *link);
        assert_eq!(store.of_group(&link.tenant, &link.group).await.unwrap()[0].link, *link);
    }
    assert_eq!(store.due(moment(1), None, 100).await.unwrap().len(), 8);

    let [taken, raised, edited, deleted, _left] = &old[..] else { panic!("five of them") };
    let lease = match store.acquire(&taken.id, moment(1), Duration::from_secs(60)).await.unwrap() {
        Acquired::Lease(lease) => lease,
        Acquired::Busy(_) => panic!("nobody has it"),
    };
    assert!(kit.has_moved("b-taken").await);
    store.renew(&lease, moment(2), Duration::from_secs(60)).await.unwrap();
    store.release(&lease).await.unwrap();

    let before = store.load(&raised.id).await.unwrap().unwrap().requested;
    assert_eq!(store.request(&raised.id, None).await.unwrap(), Generation(before.0 + 1));
    assert!(kit.has_moved("d-raised").await);

    store.edit(&edited.id, &LinkEdit::Status(LinkStatus::Paused), moment(1)).await.unwrap();
    assert!(kit.has_moved("f-edited").await);
    assert_eq!(store.load(&edited.id).await.unwrap().unwrap().link.status, LinkStatus::Paused);

    store.delete(&deleted.id).await.unwrap();
    assert_eq!(store.load(&deleted.id).await.unwrap(), None);
    assert!(kit.item("LINKS", "h-deleted").await.is_none());
    assert!(kit.item("LINK#h-deleted", "HEAD").await.is_none());
    assert_eq!(store.page(None, 100).await.unwrap().len(), 7);

    // Of a new link, too, an earlier release says that it is too old to read it, and not that there is none.
    assert!(kit.has_moved("a").await);
    store.delete(&LinkId::parse("a").unwrap()).await.unwrap();
    assert!(kit.item("LINK#a", "HEAD").await.is_none());

    // An id is taken wherever the link is kept.
    let list = store.create_list("another", moment(0)).await.unwrap().id;
    let again = store.create(&link("j-left", &list, "group-of-another"), moment(0)).await;
    assert_eq!(again.unwrap_err().code, "link_exists");
}
