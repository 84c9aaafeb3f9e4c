use listsync_core::snapshot::Depth;
use listsync_engine::ports::{Fault, GroupKind, GroupQuery, NewGroup, NewGroupKind, Visibility};

use super::{Bed, Tenant};
use crate::contracts::{Case, cases, fault, ok};

pub(super) fn cases<T: Tenant + 'static, M: AsyncFn() -> T>() -> Vec<Case<M>> {
    cases![
        a_group_is_found_by_id_or_name,
        a_name_of_several_groups_is_refused,
        groups_are_found_by_how_they_begin,
        the_kind_of_a_group_is_told,
        a_group_that_is_gone_is_said_to_be,
        a_group_is_created_once,
    ]
}

async fn a_group_is_found_by_id_or_name<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    for query in [GroupQuery::Id(bed.group.clone()), GroupQuery::Name("Staff".to_owned())] {
        let group = ok(bed.directory.group(bed.call(), &query).await);
        assert_eq!(
            (group.id, group.name, group.kind),
            (bed.group.clone(), "Staff".to_owned(), GroupKind::Security)
        );
    }
    let nobody = GroupQuery::Name("Nobody".to_owned());
    assert_eq!(fault(bed.directory.group(bed.call(), &nobody).await), Fault::Gone);
}

async fn a_name_of_several_groups_is_refused<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    bed.tenant.put_group("Staff", GroupKind::Security, &[]).await;
    let name = GroupQuery::Name("Staff".to_owned());
    assert_eq!(fault(bed.directory.group(bed.call(), &name).await), Fault::Rejected);
}

async fn groups_are_found_by_how_they_begin<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    for (name, kind) in [
        ("Stage crew", GroupKind::Microsoft365),
        ("Backstage", GroupKind::Security),
        ("Sta'ff", GroupKind::Dynamic),
    ] {
        bed.tenant.put_group(name, kind, &[]).await;
    }
    for (begins, most, expected) in [
        ("sta", 9, vec!["Sta'ff", "Staff", "Stage crew"]),
        ("Sta'", 9, vec!["Sta'ff"]),
        ("", 9, vec!["Backstage", "Sta'ff", "Staff", "Stage crew"]),
        ("nobody", 9, vec![]),
    ] {
        let mut groups = ok(bed.directory.groups(bed.call(), begins, most).await);
        groups.sort_by(|one, other| one.name.cmp(&other.name));
        let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
        assert_eq!(names, expected, "{begins}");
        let dynamic = groups.iter().find(|group| group.name == "Sta'ff");
        assert!(dynamic.is_none_or(|group| group.kind == GroupKind::Dynamic));
    }
    assert_eq!(ok(bed.directory.groups(bed.call(), "sta", 2).await).len(), 2);
}

async fn the_kind_of_a_group_is_told<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    for (number, kind) in [
        GroupKind::Microsoft365,
        GroupKind::Security,
        GroupKind::Dynamic,
        GroupKind::OnPremises,
        GroupKind::MailEnabledSecurity,
        GroupKind::DistributionList,
        GroupKind::RoleAssignable,
        GroupKind::Restricted,
    ]
    .into_iter()
    .enumerate()
    {
        let id = bed.tenant.put_group(&format!("Kind {number}"), kind, &[]).await;
        assert_eq!(ok(bed.directory.group(bed.call(), &GroupQuery::Id(id)).await).kind, kind);
    }
}

async fn a_group_that_is_gone_is_said_to_be<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    bed.tenant.delete_group(&bed.group).await;
    let query = GroupQuery::Id(bed.group.clone());
    assert_eq!(fault(bed.directory.group(bed.call(), &query).await), Fault::Gone);
    assert_eq!(fault(bed.directory.read(bed.call(), &bed.group, Depth::Direct).await), Fault::Gone);
}

async fn a_group_is_created_once<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    for (kind, made) in
        [(NewGroupKind::Security, GroupKind::Security), (NewGroupKind::Microsoft365, GroupKind::Microsoft365)]
    {
        let unique_name = format!("listsync-{made:?}").to_lowercase();
        let new = NewGroup {
            unique_name,
            name: "Neue Gruppe".to_owned(),
            kind,
            visibility: Visibility::Private,
            owners: Vec::new(),
        };
        let first = ok(bed.directory.create_group(bed.call(), &new).await);
        let second = ok(bed.directory.create_group(bed.call(), &new).await);
        assert_eq!(first, second, "a repeat finds the first");
        assert_eq!((first.name.as_str(), first.kind), ("Neue Gruppe", made));
        let named = GroupQuery::Name(new.unique_name.clone());
        assert_eq!(ok(bed.directory.group(bed.call(), &named).await), first);
        assert!(ok(bed.directory.read(bed.call(), &first.id, Depth::Direct).await).rows.is_empty());
    }
}
