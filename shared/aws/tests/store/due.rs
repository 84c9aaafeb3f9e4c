use std::collections::BTreeSet;

use listsync_core::id::LinkId;
use listsync_engine::ports::{Links as _, ListStore as _};
use listsync_testkit::sample::{link, moment};

use crate::kit::Kit;

async fn links(kit: &Kit, count: usize) -> BTreeSet<LinkId> {
    let mut ids = BTreeSet::new();
    for number in 0..count {
        let list = kit.store.create_list(&format!("List {number}"), moment(0)).await.unwrap().id;
        let link = link(&format!("link-{number}"), &list, &format!("group-{number}"));
        kit.store.create(&link, moment(0)).await.unwrap();
        ids.insert(link.id);
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn every_due_link_comes_once_though_each_is_asked_for_at_once() {
    let kit = Kit::start().await;
    let all = links(&kit, 40).await;
    let (mut seen, mut last) = (Vec::new(), None);
    loop {
        let page = kit.store.due(moment(1), last.as_ref(), 7).await.unwrap();
        let Some(end) = page.last() else { break };
        last = Some(end.link.clone());
        for due in &page {
            kit.store.request(&due.link, Some(moment(900))).await.unwrap();
        }
        seen.extend(page.into_iter().map(|due| due.link));
    }
    assert_eq!(seen.len(), 40);
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), all);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_goes_on_behind_any_link() {
    let kit = Kit::start().await;
    let all = links(&kit, 20).await;
    let (mut seen, mut last) = (BTreeSet::new(), all.first().cloned());
    seen.extend(last.clone());
    loop {
        let page = kit.other().due(moment(1), last.as_ref(), 6).await.unwrap();
        let Some(end) = page.last() else { break };
        last = Some(end.link.clone());
        seen.extend(page.into_iter().map(|due| due.link));
    }
    assert_eq!(seen, all);
}
