use std::collections::BTreeSet;

use listsync_core::{
    address::Address,
    snapshot::{Principal, PrincipalKind},
};
use listsync_engine::ports::{Fault, Lookup};

use super::{Bed, Tenant, id, id_set, ids, user};
use crate::{
    contracts::{Case, cases, fault, ok},
    sample::address,
};

pub(super) fn cases<T: Tenant + 'static, M: AsyncFn() -> T>() -> Vec<Case<M>> {
    cases![
        people_are_found_by_every_form_of_their_address,
        mail_comes_before_the_other_forms,
        an_address_of_several_is_ambiguous,
        an_awkward_address_is_looked_up_as_any,
        many_addresses_are_answered_in_order,
        all_people_come_by_page,
        people_are_given_by_id,
        deletions_and_changes_of_people_are_told_once_and_cost_one_request,
        an_old_cursor_for_changes_of_people_is_refused_as_gone,
    ]
}

fn person(number: u32) -> Principal {
    Principal { mail: None, proxies: Vec::new(), ..user(number) }
}

async fn found<T: Tenant>(bed: &Bed<T>, address: &Address) -> Option<Principal> {
    let answers = ok(bed.directory.look_up(bed.call(), std::slice::from_ref(address)).await);
    match answers.as_slice() {
        [Lookup::Found(person)] => Some(person.clone()),
        [_] => None,
        _ => panic!("one address has one answer"),
    }
}

async fn people_are_found_by_every_form_of_their_address<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    let rich = Principal {
        mail: Some(address("primary")),
        proxies: vec![address("primary"), address("second")],
        upn: Some(address("sign-in")),
        others: vec![address("private")],
        ..user(50)
    };
    bed.tenant.put_person(&rich).await;
    for form in ["primary", "second", "sign-in", "private"] {
        assert_eq!(found(&bed, &address(form)).await, Some(rich.clone()), "{form}");
    }
    let guest = Principal {
        mail: Some(address("visitor")),
        proxies: Vec::new(),
        upn: None,
        kind: PrincipalKind::Guest,
        ..user(51)
    };
    bed.tenant.put_person(&guest).await;
    assert_eq!(found(&bed, &address("visitor")).await, Some(guest), "a guest's sign-in name is no address");
}

async fn mail_comes_before_the_other_forms<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    let by_mail = Principal { mail: Some(address("shared")), ..person(50) };
    let by_other = Principal { others: vec![address("shared")], ..person(51) };
    bed.tenant.put_person(&by_other).await;
    bed.tenant.put_person(&by_mail).await;
    assert_eq!(found(&bed, &address("shared")).await.map(|person| person.id), Some(id(50)));
}

async fn an_address_of_several_is_ambiguous<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    for number in [50, 51] {
        bed.tenant.put_person(&Principal { others: vec![address("twins")], ..person(number) }).await;
    }
    let answers = ok(bed.directory.look_up(bed.call(), &[address("twins")]).await);
    match answers.as_slice() {
        [Lookup::Ambiguous(several)] => {
            assert_eq!(several.iter().cloned().collect::<BTreeSet<_>>(), id_set(&[50, 51]));
        }
        other => panic!("nobody is taken: {other:?}"),
    }
}

async fn an_awkward_address_is_looked_up_as_any<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    for (number, local) in [(50, "o'neil"), (51, "a+news"), (52, "q&a"), (53, "50%"), (54, "x=y")] {
        bed.tenant.put_person(&Principal { mail: Some(address(local)), ..person(number) }).await;
        assert_eq!(found(&bed, &address(local)).await.map(|person| person.id), Some(id(number)), "{local}");
    }
}

async fn many_addresses_are_answered_in_order<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    let numbers: Vec<u32> = (100..500).collect();
    for number in numbers.iter().filter(|number| *number % 3 != 0) {
        bed.tenant.put_person(&user(*number)).await;
    }
    let asked: Vec<_> = numbers.iter().map(|number| address(&format!("user-{number}"))).collect();
    let answers = ok(bed.directory.look_up(bed.call(), &asked).await);
    assert_eq!(answers.len(), asked.len());
    for (number, answer) in numbers.iter().zip(answers) {
        match answer {
            Lookup::Found(person) => assert_eq!((person.id, number % 3 != 0), (id(*number), true)),
            other => assert_eq!((other, number % 3), (Lookup::Nobody, 0)),
        }
    }
    assert!(ok(bed.directory.look_up(bed.call(), &[]).await).is_empty());
}

async fn all_people_come_by_page<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    for number in 100..1_150 {
        bed.tenant.put_person(&user(number)).await;
    }
    let total = ok(bed.directory.head_count(bed.call()).await);
    let (mut seen, mut rows, mut next) = (BTreeSet::new(), 0_u64, None);
    loop {
        let page = ok(bed.directory.people(bed.call(), next.as_ref()).await);
        assert!(page.people.len() <= bed.directory.people_page());
        rows += page.people.len() as u64;
        seen.extend(page.people.into_iter().map(|person| person.id));
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!((seen.len() as u64, rows), (total, total), "each comes once");
    assert!(id_set(&(100..1_150).collect::<Vec<_>>()).is_subset(&seen));
}

async fn people_are_given_by_id<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    let rich = Principal { others: vec![address("private")], ..user(50) };
    bed.tenant.put_person(&rich).await;
    let people = ok(bed.directory.by_id(bed.call(), &ids(&[50, 777, 1])).await);
    let given: BTreeSet<_> = people.iter().map(|person| person.id.clone()).collect();
    assert_eq!(given, id_set(&[50, 1]), "who is not there is left out");
    let given = people.into_iter().find(|person| person.id == id(50));
    assert_eq!(given, Some(rich), "with all addresses");
    assert!(ok(bed.directory.by_id(bed.call(), &[]).await).is_empty());
}

async fn deletions_and_changes_of_people_are_told_once_and_cost_one_request<T: Tenant>(
    make: &impl AsyncFn() -> T,
) {
    let bed = Bed::make(make).await;
    let start = ok(bed.directory.people_cursor(bed.call()).await);
    bed.tenant.put_person(&user(50)).await;
    bed.tenant.delete_person(&id(1)).await;
    let news = ok(bed.directory.people_changes(bed.call(), &start).await);
    assert_eq!(news.gone, id_set(&[1]));
    assert_eq!(news.changed, [(id(50), user(50).mail)].into(), "with the primary address");
    let before = bed.meter.cost().requests;
    let quiet = ok(bed.directory.people_changes(bed.call(), &news.cursor).await);
    assert!(quiet.gone.is_empty() && quiet.changed.is_empty());
    assert_eq!(bed.meter.cost().requests - before, 1);
}

async fn an_old_cursor_for_changes_of_people_is_refused_as_gone<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    let start = ok(bed.directory.people_cursor(bed.call()).await);
    bed.tenant.expire_people_cursors().await;
    assert_eq!(fault(bed.directory.people_changes(bed.call(), &start).await), Fault::Gone);
}
