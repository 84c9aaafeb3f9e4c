//! The laws of one member's decision, over every combination of what can be known of it.

use std::time::Duration;

use listsync_core::{
    Timestamp,
    address::Address,
    belief::{Belief, Seen, Settling},
    case::{
        Arrival, Asked, Case, Decided, ExtrasRelease, Identity, Onward, Policy, Protection, Reach, Retry,
        Verdict, failed_again, judge, skip,
    },
    hold::{Ruling, RulingKind},
    id::{ContactId, ObjectId},
    identity::{ListPresence, Unmatched},
    link::{Externals, Extras, FirstMerge, Mode, Phase, Side, Writes},
    member::{Change, HoldReason, Intent, Member, MemberKey, Op, Open},
    place::Scheme,
    plan::{Alias, Cause, Effect, Release},
};
use proptest::prelude::*;

const DAY: Duration = Duration::from_secs(86_400);
const WINDOW: Duration = Duration::from_secs(1800);

fn now() -> Timestamp {
    Timestamp::from_second(1_000_000).expect("in range")
}

fn ago(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 - seconds).expect("in range")
}

fn policy(mode: Mode) -> Policy {
    Policy {
        mode,
        extras: Extras::Keep,
        extras_release: ExtrasRelease::Unapproved,
        first_merge: FirstMerge::Union,
        phase: Phase::Steady,
        externals: Externals::Match,
        settling: Settling::new(Scheme::Entra.lag(), WINDOW),
        ruling: None,
        retry: Retry::WhenDue,
        writes: Writes::Direct,
        reach: Reach::One,
        onward: Onward::Nowhere,
        grace: Duration::ZERO,
    }
}

fn case(in_baseline: bool, list: ListPresence, seen: Seen) -> Case {
    let key = MemberKey::Principal(ObjectId::parse("u1").expect("an id"));
    let record = Member {
        in_baseline,
        address: Some(Address::parse("a@x.example").expect("an address")),
        ..Member::unknown(key.clone())
    };
    Case { record, list, seen, ..Case::unknown(key) }
}

fn effect(decided: &Decided) -> Option<&Effect> {
    match &decided.verdict {
        Verdict::Do(effect) => Some(effect),
        _ => None,
    }
}

fn change(decided: &Decided) -> Option<(Side, Op)> {
    effect(decided).map(|effect| (effect.change.side, effect.change.op))
}

fn held(digest: &str, side: Side, reason: HoldReason) -> Option<Open> {
    Some(Open::Held { digest: digest.into(), change: Change { side, op: Op::Remove }, reason })
}

fn held_addition(digest: &str, side: Side) -> Option<Open> {
    let (change, reason) = (Change { side, op: Op::Add }, HoldReason::Growth);
    Some(Open::Held { digest: digest.into(), change, reason })
}

fn any_mode() -> impl Strategy<Value = Mode> {
    prop_oneof![Just(Mode::TwoWay), Just(Mode::ListToGroup), Just(Mode::GroupToList)]
}

fn any_seen() -> impl Strategy<Value = Seen> {
    prop_oneof![
        Just(Seen::Present),
        Just(Seen::Absent),
        Just(Seen::Left),
        Just(Seen::Unmentioned),
        Just(Seen::Rumoured(Op::Add)),
        Just(Seen::Rumoured(Op::Remove)),
    ]
}

fn any_list() -> impl Strategy<Value = ListPresence> {
    prop_oneof![
        Just(ListPresence::Member),
        Just(ListPresence::OptedOut),
        Just(ListPresence::Suppressed),
        Just(ListPresence::Erased),
        Just(ListPresence::Absent)
    ]
}

fn any_open() -> impl Strategy<Value = Option<Open>> {
    let reason = prop_oneof![Just(HoldReason::Limit), Just(HoldReason::FirstMerge), Just(HoldReason::Extras)];
    let side = prop_oneof![Just(Side::List), Just(Side::Group)];
    prop_oneof![
        Just(None),
        Just(Some(Open::Due)),
        Just(Some(Open::Skipped { code: "protected".into() })),
        (side.clone(), reason).prop_map(|(side, reason)| held("d1", side, reason)),
        side.clone().prop_map(|side| held_addition("d1", side)),
        side.prop_map(|side| Some(Open::Declined { side })),
        (-60..60_i64).prop_map(|offset| Some(Open::SetAside { recheck_at: ago(offset) })),
        (1..5_u32, -60..60_i64).prop_map(|(attempts, offset)| {
            Some(Open::Failed { code: "guests_refused".into(), attempts, retry_at: ago(offset) })
        }),
    ]
}

prop_compose! {
    fn any_case()(
        in_baseline: bool,
        list in any_list(),
        seen in any_seen(),
        belief in proptest::option::of((any::<bool>(), 0..4_000_i64, any::<bool>())),
        intent in proptest::option::of(prop_oneof![Just(Op::Add), Just(Op::Remove)]),
        open in any_open(),
        protected: bool,
        addressed: bool,
    ) -> Case {
        let mut case = case(in_baseline, list, seen);
        case.record.group = belief.map(|(present, age, ours)| match ours {
            true => Belief::written(present, ago(age)),
            false => Belief::observed(present, ago(age)),
        });
        case.record.intent = intent.map(|op| Intent { op, since: ago(100) });
        case.record.open = open;
        if protected {
            case.protection = Protection::Protected;
        }
        if !addressed {
            case.record.address = None;
        }
        case
    }
}

prop_compose! {
    fn any_policy()(
        mode in any_mode(),
        remove_extras: bool,
        approved_extras: bool,
        first_merge in prop_oneof![Just(FirstMerge::Union), Just(FirstMerge::List), Just(FirstMerge::Group)],
        first: bool,
        ruling in proptest::option::of(prop_oneof![Just(RulingKind::Approved), Just(RulingKind::Discarded)]),
        retry_now: bool,
        by_hand: bool,
        leads_on: bool,
        gracious: bool,
    ) -> Policy {
        Policy {
            mode,
            extras: if remove_extras { Extras::Remove } else { Extras::Keep },
            extras_release: if approved_extras { ExtrasRelease::Approved } else { ExtrasRelease::Unapproved },
            first_merge,
            phase: if first { Phase::First } else { Phase::Steady },
            externals: Externals::Match,
            settling: Settling::new(Scheme::Entra.lag(), WINDOW),
            ruling: ruling.map(|kind| Ruling { digest: "d1".into(), kind }),
            retry: if retry_now { Retry::Now } else { Retry::WhenDue },
            writes: if by_hand { Writes::ByHand } else { Writes::Direct },
            reach: Reach::One,
            onward: if leads_on { Onward::Elsewhere } else { Onward::Nowhere },
            grace: if gracious { 7 * DAY } else { Duration::ZERO },
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, max_global_rejects: 1_000_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mode_never_writes_the_side_it_only_reads(case in any_case(), policy in any_policy()) {
        // An open intent is settled even if the mode was another when it was saved.
        prop_assume!(case.record.intent.is_none());
        if let Some(effect) = effect(&judge(&case, &policy, now())) {
            prop_assert!(policy.mode.writes(effect.change.side));
        }
    }

    /// Law 13.
    #[test]
    fn who_opted_out_is_never_added_anywhere(case in any_case(), policy in any_policy()) {
        prop_assume!(case.list.is_refusal() && case.record.intent.is_none());
        prop_assert!(effect(&judge(&case, &policy, now())).is_none_or(|effect| effect.change.op == Op::Remove));
    }

    /// Law 13.
    #[test]
    fn who_opted_out_leaves_a_group_that_we_write_at_once_and_uncounted(case in any_case(), policy in any_policy()) {
        prop_assume!(case.list.is_refusal() && case.protection == Protection::Ordinary);
        prop_assume!(policy.mode.writes(Side::Group));
        let decided = judge(&case, &policy, now());
        if decided.member.group.is_some_and(|belief| belief.present) || case.record.intent.is_some() {
            if case.record.intent.is_some_and(|intent| intent.op == Op::Remove)
                && !decided.member.group.is_some_and(|belief| belief.present)
                && decided.member.intent.is_none()
            {
                return Ok(()); // seen to be gone already
            }
            let effect = effect(&decided).expect("a removal");
            prop_assert_eq!(effect.change, Change { side: Side::Group, op: Op::Remove });
            prop_assert_eq!(effect.release, Release::Free);
        }
    }

    /// Law 16.
    #[test]
    fn a_protected_member_is_never_removed(case in any_case(), policy in any_policy()) {
        prop_assume!(case.protection == Protection::Protected && case.record.intent.is_none());
        prop_assert!(effect(&judge(&case, &policy, now())).is_none_or(|effect| effect.change.op == Op::Add));
    }

    /// Law 3.
    #[test]
    fn until_the_first_run_has_finished_nobody_is_removed_without_a_person(case in any_case(), policy in any_policy()) {
        prop_assume!(policy.phase == Phase::First && case.record.intent.is_none());
        if let Some(effect) = effect(&judge(&case, &policy, now())) {
            let by_a_person = effect.cause == Cause::OptedOut
                || matches!(effect.release, Release::Approved | Release::NeedsApproval(_));
            prop_assert!(effect.change.op == Op::Add || by_a_person, "{:?}", effect);
        }
    }

    /// Law 1.
    #[test]
    fn while_a_source_is_unread_nobody_leaves_the_list_but_by_their_own_word(case in any_case(), policy in any_policy()) {
        let policy = Policy { mode: Mode::GroupToList, reach: Reach::NotAll, ..policy };
        prop_assume!(case.record.intent.is_none());
        let decided = judge(&case, &policy, now());
        if let Some(effect) = effect(&decided) {
            prop_assert!(effect.change.op == Op::Add || effect.cause == Cause::OptedOut, "{:?}", effect);
        }
    }

    #[test]
    fn of_several_sources_an_absence_is_believed_once_it_was_seen_for_a_window(age in 0..4_000_i64, waited in 0..4_000_i64) {
        let policy = Policy { reach: Reach::All, ..policy(Mode::GroupToList) };
        let mut case = case(true, ListPresence::Member, Seen::Absent);
        case.record.group = Some(Belief::observed(true, ago(age + 4_000)));
        let first = judge(&case, &policy, ago(waited));
        prop_assert_eq!(&first.verdict, &Verdict::SetAside);
        case.record = first.member;
        let again = judge(&case, &policy, now());
        if waited < 1_800 {
            prop_assert_eq!(&again.verdict, &Verdict::SetAside);
            prop_assert_eq!(&again.member, &case.record);
        } else {
            prop_assert_eq!(change(&again), Some((Side::List, Op::Remove)));
        }
        case.seen = Seen::Present;
        prop_assert_eq!(change(&judge(&case, &policy, now())), None, "they are in one of them again");
    }

    /// Law 3.
    #[test]
    fn without_baseline_and_intent_a_union_only_adds(case in any_case(), mut policy in any_policy()) {
        policy.extras = Extras::Keep;
        policy.first_merge = FirstMerge::Union;
        prop_assume!(!case.record.in_baseline && case.record.intent.is_none());
        if let Some(effect) = effect(&judge(&case, &policy, now())) {
            prop_assert!(effect.change.op == Op::Add || effect.cause == Cause::OptedOut);
        }
    }

    /// Law 4.
    #[test]
    fn a_read_within_the_window_decides_nothing(case in any_case(), policy in any_policy()) {
        let Some(belief) = case.record.group else { return Ok(()) };
        prop_assume!(now() < belief.settles_at(WINDOW) && case.record.intent.is_none());
        // Two witnesses may speak of whoever was only found there: `evidence` has the table.
        prop_assume!(case.seen != Seen::Left || !belief.is_open_to_leave(now(), policy.settling));
        let believed = Case { seen: Seen::Unmentioned, ..case.clone() };
        let (with_read, without) = (judge(&case, &policy, now()), judge(&believed, &policy, now()));
        prop_assert_eq!(effect(&with_read), effect(&without));
        prop_assert_eq!(with_read.member.group, Some(belief));
    }

    /// Law 2.
    #[test]
    fn an_effect_of_ours_that_went_unrecorded_is_never_taken_for_somebody_elses(
        in_baseline: bool, listed: bool, added: bool, seen in any_seen(), mode in any_mode(),
    ) {
        prop_assume!(mode.writes(Side::Group));
        let list = if listed { ListPresence::Member } else { ListPresence::Absent };
        let mut case = case(in_baseline, list, seen);
        let op = if added { Op::Add } else { Op::Remove };
        case.record.intent = Some(Intent { op, since: ago(10) });
        let wanted = if listed { Op::Add } else { Op::Remove };
        let decided = judge(&case, &policy(mode), now());
        match change(&decided) {
            Some(found) => prop_assert_eq!(found, (Side::Group, wanted)),
            None => prop_assert_eq!(decided.member.group.map(|belief| belief.present), Some(listed)),
        }
    }

    #[test]
    fn a_discarded_removal_is_not_planned_again(case in any_case(), mut policy in any_policy()) {
        policy.ruling = Some(Ruling { digest: "d1".into(), kind: RulingKind::Discarded });
        policy.extras = Extras::Keep;
        let held = matches!(case.record.open, Some(Open::Held { change: Change { op: Op::Remove, .. }, .. }));
        prop_assume!(held && case.record.intent.is_none());
        if let Some(effect) = effect(&judge(&case, &policy, now())) {
            prop_assert!(effect.change.op == Op::Add || effect.cause == Cause::OptedOut);
        }
    }

    #[test]
    fn a_dropped_addition_is_not_planned_again(mut case in any_case(), mut policy in any_policy(), side in prop_oneof![Just(Side::List), Just(Side::Group)], at_once: bool) {
        policy.ruling = at_once.then(|| Ruling { digest: "d1".into(), kind: RulingKind::Discarded });
        case.record.open = if at_once { held_addition("d1", side) } else { Some(Open::Declined { side }) };
        case.record.intent = None;
        let decided = judge(&case, &policy, now());
        let again = Change { side, op: Op::Add };
        prop_assert!(effect(&decided).is_none_or(|effect| effect.change != again), "{:?}", decided);
    }
}

#[test]
fn an_approval_releases_only_the_effect_it_was_given_for() {
    let removal = |digest: &str| {
        let mut case = case(true, ListPresence::Absent, Seen::Present);
        case.record.open = held(digest, Side::Group, HoldReason::Limit);
        let policy = Policy {
            ruling: Some(Ruling { digest: "d1".into(), kind: RulingKind::Approved }),
            ..policy(Mode::TwoWay)
        };
        effect(&judge(&case, &policy, now())).map(|effect| effect.release)
    };
    assert_eq!(removal("d1"), Some(Release::Approved));
    assert_eq!(removal("d2"), Some(Release::Held(HoldReason::Limit)));
}

#[test]
fn an_addition_is_guarded_unless_it_was_judged_where_it_came_in_or_brings_back_who_was_there() {
    let joins = |side, in_baseline, arrival, (mode, phase)| {
        let (list, seen) = match side {
            Side::Group => (ListPresence::Member, Seen::Absent),
            Side::List => (ListPresence::Absent, Seen::Present),
        };
        let case = Case { arrival, ..case(in_baseline, list, seen) };
        let decided = judge(&case, &Policy { phase, ..policy(mode) }, now());
        let effect = effect(&decided).expect("somebody is added");
        assert_eq!(effect.change, Change { side, op: Op::Add });
        effect.release
    };
    use Arrival::{Judged, Unjudged};
    let steady = (Mode::TwoWay, Phase::Steady);
    for (side, arrival, release) in [
        (Side::Group, Unjudged, Release::Guarded),
        (Side::Group, Judged, Release::Free),
        (Side::List, Unjudged, Release::Guarded),
        (Side::List, Judged, Release::Guarded), // how somebody came to the list says nothing of the group
    ] {
        assert_eq!(joins(side, false, arrival, steady), release, "{side:?} {arrival:?}");
        assert_eq!(joins(side, false, arrival, (Mode::TwoWay, Phase::First)), Release::Free);
    }
    for (side, mode, release) in [
        (Side::List, Mode::TwoWay, Release::Guarded),
        (Side::List, Mode::GroupToList, Release::Guarded),
        (Side::Group, Mode::TwoWay, Release::Free), // its own group was never in step
    ] {
        let led = |case: Case| {
            let policy = Policy { phase: Phase::First, onward: Onward::Elsewhere, ..policy(mode) };
            effect(&judge(&case, &policy, now())).expect("somebody is added").release
        };
        let (list, seen) = match side {
            Side::Group => (ListPresence::Member, Seen::Absent),
            Side::List => (ListPresence::Absent, Seen::Present),
        };
        assert_eq!(led(case(false, list, seen)), release, "{side:?} of a list that leads on");
    }
    for (side, mode) in [(Side::Group, Mode::ListToGroup), (Side::List, Mode::GroupToList)] {
        assert_eq!(joins(side, true, Unjudged, (mode, Phase::Steady)), Release::Free, "the follower lost it");
    }
}

#[test]
fn a_held_addition_waits_for_a_person_and_a_dropped_one_for_a_change() {
    let judged = |open: Option<Open>, said: Option<RulingKind>, (list, seen)| {
        let mut case = case(false, list, seen);
        case.record.open = open;
        let ruling = said.map(|kind| Ruling { digest: "d1".into(), kind });
        judge(&case, &Policy { ruling, ..policy(Mode::TwoWay) }, now())
    };
    let release = |decided: &Decided| effect(decided).map(|effect| effect.release);
    let only_in_group = (ListPresence::Absent, Seen::Present);
    let held = held_addition("d1", Side::List);
    let waits = judged(held.clone(), None, only_in_group);
    assert_eq!(release(&waits), Some(Release::Held(HoldReason::Growth)));
    let approved = judged(held.clone(), Some(RulingKind::Approved), only_in_group);
    assert_eq!(release(&approved), Some(Release::Approved));
    let of_another = held_addition("d2", Side::List);
    let unnamed = judged(of_another, Some(RulingKind::Approved), only_in_group);
    assert_eq!(release(&unnamed), Some(Release::Held(HoldReason::Growth)));

    let declined = Verdict::Skip(skip::ADDITION_DECLINED.into());
    let dropped = judged(held, Some(RulingKind::Discarded), only_in_group);
    assert_eq!(
        (&dropped.verdict, &dropped.member.open),
        (&declined, &Some(Open::Declined { side: Side::List }))
    );
    let next = judged(dropped.member.open.clone(), None, only_in_group);
    assert_eq!((next.verdict, &next.member.open), (declined, &dropped.member.open));
    for (list, seen) in [(ListPresence::Member, Seen::Present), (ListPresence::Absent, Seen::Absent)] {
        let settled = judged(dropped.member.open.clone(), None, (list, seen));
        assert_eq!((settled.verdict, settled.member.open), (Verdict::Settled, None));
    }
    let other_side = judged(dropped.member.open, None, (ListPresence::Member, Seen::Absent));
    assert_eq!(release(&other_side), Some(Release::Guarded));
}

#[test]
fn what_the_guard_held_stays_held_for_as_long_as_it_is_to_be_removed() {
    let judged = |list, seen, reason| {
        let mut case = case(true, list, seen);
        case.record.open = held("d1", Side::Group, reason);
        judge(&case, &policy(Mode::TwoWay), now())
    };
    for reason in [HoldReason::Limit, HoldReason::Emptied] {
        let decided = judged(ListPresence::Absent, Seen::Present, reason);
        assert_eq!(effect(&decided).map(|effect| effect.release), Some(Release::Held(reason)));
        let back = judged(ListPresence::Member, Seen::Present, reason);
        assert_eq!((back.verdict, back.member.open), (Verdict::Settled, None), "they are on the list again");
        let left = judged(ListPresence::Absent, Seen::Absent, reason);
        assert_eq!((left.verdict, left.member.open), (Verdict::Settled, None), "they left the group, too");
        let other = judged(ListPresence::Member, Seen::Absent, reason);
        assert_eq!(
            effect(&other).map(|effect| effect.release),
            Some(Release::Guarded),
            "another side's removal"
        );
        let said = judged(ListPresence::OptedOut, Seen::Present, reason);
        assert_eq!(effect(&said).map(|effect| effect.release), Some(Release::Free), "their own word");
    }
}

#[test]
fn an_addition_that_the_directory_did_not_decide_on_waits_for_a_read_and_is_then_sent_once_more() {
    let judged = |seen, recheck_at| {
        let mut case = case(false, ListPresence::Member, seen);
        case.record.intent = Some(Intent { op: Op::Add, since: ago(60) });
        case.record.open = Some(Open::SetAside { recheck_at });
        judge(&case, &policy(Mode::TwoWay), now())
    };
    let later = Timestamp::from_second(1_000_900).expect("in range");
    for seen in [Seen::Absent, Seen::Unmentioned] {
        let waits = judged(seen, later);
        assert_eq!(
            (waits.verdict, waits.member.in_baseline),
            (Verdict::SetAside, false),
            "nothing was seen done"
        );
        assert_eq!(waits.member.intent.map(|intent| intent.op), Some(Op::Add));
        assert_eq!(waits.member.open, Some(Open::SetAside { recheck_at: later }));
        let asked = judged(seen, ago(1));
        assert_eq!(effect(&asked).map(|effect| effect.cause), Some(Cause::Unrecorded));
    }
    for recheck_at in [later, ago(1)] {
        let seen = judged(Seen::Present, recheck_at);
        assert_eq!((seen.verdict, seen.member.open, seen.member.intent), (Verdict::Settled, None, None));
        assert!(seen.member.in_baseline);
    }
}

#[test]
fn a_first_merge_stays_to_be_decided_after_the_first_run() {
    let mut case = case(false, ListPresence::Absent, Seen::Present);
    case.record.open = held("d1", Side::Group, HoldReason::FirstMerge);
    let mut policy = Policy { first_merge: FirstMerge::List, ..policy(Mode::TwoWay) };
    let release = effect(&judge(&case, &policy, now())).map(|effect| effect.release);
    assert_eq!(release, Some(Release::NeedsApproval(HoldReason::FirstMerge)));
    policy.ruling = Some(Ruling { digest: "d1".into(), kind: RulingKind::Discarded });
    assert_eq!(change(&judge(&case, &policy, now())), Some((Side::List, Op::Add)));
}

#[test]
fn an_unknown_address_fails_once_and_is_skipped_afterwards() {
    let mut case = case(false, ListPresence::Member, Seen::Unmentioned);
    case.identity = Identity::Unmatched(Unmatched::NoSuchUser, Asked::Now);
    let first = judge(&case, &policy(Mode::TwoWay), now());
    assert_eq!(first.verdict, Verdict::Fail(Unmatched::NoSuchUser));
    case.record = first.member;
    let again = judge(&case, &policy(Mode::TwoWay), now());
    assert_eq!(again.verdict, Verdict::Skip("no_such_user".into()));
    assert!(matches!(again.member.open, Some(Open::Failed { attempts: 2, .. })));
    case.identity = Identity::Unmatched(Unmatched::NoSuchUser, Asked::Earlier);
    assert_eq!(judge(&case, &policy(Mode::TwoWay), now()).member.open, case.record.open);
}

#[test]
fn what_the_directory_refused_waits_for_its_time_or_for_a_person() {
    let mut case = case(false, ListPresence::Member, Seen::Unmentioned);
    let retry_at = now().checked_add(Duration::from_secs(60)).expect("in range");
    case.record.open = Some(Open::Failed { code: "guests_refused".into(), attempts: 1, retry_at });
    let waiting = judge(&case, &policy(Mode::TwoWay), now());
    assert_eq!(waiting.verdict, Verdict::Skip("guests_refused".into()));
    assert_eq!(waiting.member.open, case.record.open);
    let asked = Policy { retry: Retry::Now, ..policy(Mode::TwoWay) };
    assert_eq!(change(&judge(&case, &asked, now())), Some((Side::Group, Op::Add)));
}

#[test]
fn who_is_on_the_list_under_two_addresses_leaves_it_under_both_and_the_group_once() {
    let also = vec![Alias {
        contact: ContactId::parse("c2").expect("an id"),
        address: Address::parse("alias@contoso.example").expect("an address"),
    }];
    let left_the_group = Case { also: also.clone(), ..case(true, ListPresence::Member, Seen::Absent) };
    let decided = judge(&left_the_group, &policy(Mode::TwoWay), now());
    let Verdict::Do(leaves) = decided.verdict else { panic!("{decided:?}") };
    assert_eq!((leaves.change, leaves.also), (Change { side: Side::List, op: Op::Remove }, also.clone()));
    let joins = Case { also, ..case(false, ListPresence::Member, Seen::Absent) };
    let decided = judge(&joins, &policy(Mode::TwoWay), now());
    let Verdict::Do(joins) = decided.verdict else { panic!("{decided:?}") };
    assert_eq!((joins.change, joins.entries()), (Change { side: Side::Group, op: Op::Add }, 1));
}

/// Of whom feed and read agree that they left, twenty minutes after they were found there or written.
#[test]
fn a_leave_that_feed_and_read_agree_on_counts_at_once_where_any_leave_would_and_nowhere_else() {
    let found = Belief::observed(true, ago(1_200));
    let case = Case {
        record: Member { group: Some(found), ..case(true, ListPresence::Member, Seen::Left).record },
        ..case(true, ListPresence::Member, Seen::Left)
    };
    let two_way = policy(Mode::TwoWay);
    let judged = |case: &Case, policy: &Policy| judge(case, policy, now());
    let leaves = (Side::List, Op::Remove);
    for mode in [Mode::TwoWay, Mode::GroupToList] {
        let decided = judged(&case, &policy(mode));
        assert_eq!(change(&decided), Some(leaves), "{mode:?}");
        assert_eq!(effect(&decided).map(|effect| effect.release), Some(Release::Guarded), "{mode:?}");
    }
    assert_eq!(change(&judged(&case, &policy(Mode::ListToGroup))), Some((Side::Group, Op::Add)), "put back");
    let by_hand = Policy { writes: Writes::ByHand, ..policy(Mode::TwoWay) };
    assert_eq!(change(&judged(&case, &by_hand)), Some(leaves), "where a person writes the group");

    let aside = |case: &Case, policy: &Policy| judged(case, policy).verdict == Verdict::SetAside;
    let written = Member { group: Some(Belief::written(true, ago(1_200))), ..case.record.clone() };
    assert!(aside(&Case { record: written, ..case.clone() }, &two_way), "our own write");
    let young = Member { group: Some(Belief::observed(true, ago(899))), ..case.record.clone() };
    assert!(aside(&Case { record: young, ..case.clone() }, &two_way), "younger than the lag");
    assert!(aside(&Case { seen: Seen::Absent, ..case.clone() }, &two_way), "one read alone");
    assert!(aside(&Case { seen: Seen::Rumoured(Op::Remove), ..case.clone() }, &two_way), "a feed alone");
    let of_several = Policy { reach: Reach::All, ..policy(Mode::GroupToList) };
    assert!(aside(&case, &of_several), "they may be in another group that feeds the list");

    let skipped = |case: &Case, policy: &Policy| match judged(case, policy).verdict {
        Verdict::Skip(code) => code,
        other => panic!("{other:?}"),
    };
    let unread = Policy { reach: Reach::NotAll, ..policy(Mode::GroupToList) };
    assert_eq!(skipped(&case, &unread), skip::SOURCE_UNREAD);
    let first = Policy { phase: Phase::First, ..two_way.clone() };
    assert_eq!(skipped(&case, &first), skip::FIRST_RUN);
    let protected = Case { protection: Protection::Protected, ..case.clone() };
    assert_eq!(skipped(&protected, &two_way), skip::PROTECTED);
    let open = held("d1", Side::List, HoldReason::Limit);
    let kept = Case { record: Member { open, ..case.record.clone() }, ..case };
    let release = effect(&judged(&kept, &two_way)).map(|effect| effect.release);
    assert_eq!(release, Some(Release::Held(HoldReason::Limit)), "what is held stays held");
}

#[test]
fn a_read_set_aside_stays_open_until_it_is_read_again() {
    let mut case = case(true, ListPresence::Member, Seen::Absent);
    case.record.group = Some(Belief::observed(true, ago(60)));
    let aside = judge(&case, &policy(Mode::TwoWay), now());
    assert_eq!(aside.verdict, Verdict::SetAside);
    case.record = aside.member.clone();
    case.seen = Seen::Unmentioned;
    assert_eq!(judge(&case, &policy(Mode::TwoWay), now()).member, aside.member);
    // A read that confirms may come from a replica that lags: it is read once more, a window after the first recheck.
    case.seen = Seen::Present;
    let first = now().checked_add(WINDOW).expect("in range");
    let confirmed = judge(&case, &policy(Mode::TwoWay), first);
    assert_eq!(confirmed.verdict, Verdict::SetAside);
    case.record = confirmed.member;
    let second = first.checked_add(WINDOW).expect("in range");
    assert_eq!(judge(&case, &policy(Mode::TwoWay), second).member.open, None);
}

#[test]
fn where_a_person_writes_the_group_an_intent_that_was_never_seen_lapses_after_the_window() {
    let by_hand = Policy { writes: Writes::ByHand, ..policy(Mode::TwoWay) };
    let lost = |seconds: i64| {
        let mut case = case(true, ListPresence::Member, Seen::Unmentioned);
        case.record.group = Some(Belief::observed(true, ago(1_000_000)));
        case.record.intent = Some(Intent { op: Op::Remove, since: ago(seconds) });
        judge(&case, &by_hand, now())
    };
    let window = i64::try_from(WINDOW.as_secs()).expect("short");
    let waiting = lost(window - 1);
    assert!(waiting.member.intent.is_some(), "it may still be seen");
    let lapsed = lost(window);
    assert_eq!(
        (lapsed.verdict, lapsed.member.intent, lapsed.member.in_baseline),
        (Verdict::Settled, None, true)
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// By the hour, somebody is on the list or not, and a run decides; their removal may be refused, or a crash forget it.
    #[test]
    fn grace_takes_out_nobody_who_came_back_in_time_and_keeps_nobody_for_ever(
        hours in proptest::collection::vec((proptest::bool::weighted(0.1), 0..4_u8), 1..300),
        grace in 1..60_u32,
        two_way: bool,
    ) {
        let hour = Duration::from_secs(3_600);
        let mode = if two_way { Mode::TwoWay } else { Mode::ListToGroup };
        let policy = Policy { grace: hour * grace, retry: Retry::Now, ..policy(mode) };
        let mut case = case(true, ListPresence::Member, Seen::Unmentioned);
        case.record.group = Some(Belief::written(true, ago(9_000)));
        let (mut listed, mut gone_for, mut refused) = (true, 0, false);
        for (number, (moves, luck)) in hours.into_iter().enumerate() {
            listed ^= moves;
            case.list = if listed { ListPresence::Member } else { ListPresence::Absent };
            let at = now() + hour * u32::try_from(number).expect("few");
            gone_for = if listed { 0 } else { gone_for + 1 };
            let decided = judge(&case, &policy, at);
            match change(&decided) {
                None => {
                    prop_assert!(listed || gone_for <= grace, "kept for {} of {}", gone_for, grace);
                    let waits = !listed && decided.verdict == Verdict::Skip(skip::GRACE.into());
                    prop_assert_eq!(waits, decided.member.grace.is_some());
                    case.record = decided.member;
                }
                Some(found) => {
                    prop_assert_eq!(found, (Side::Group, Op::Remove));
                    prop_assert!(!listed && gone_for > grace, "taken out after {} of {}", gone_for, grace);
                    prop_assert!(!refused || gone_for > grace, "a refusal gives no further time");
                    match luck {
                        0 => {
                            refused = true;
                            let open = failed_again(decided.member.open.as_ref(), "forbidden", at);
                            case.record = Member { open: Some(open), ..decided.member };
                        }
                        1 => case.record = Member { open: Some(Open::Due), ..decided.member },
                        2 => {}
                        _ => return Ok(()),
                    }
                }
            }
        }
    }
}

#[test]
fn only_what_the_guard_would_let_go_of_waits() {
    let gracious = |ruling| Policy { grace: 7 * DAY, ruling, ..policy(Mode::TwoWay) };
    let mut left = case(true, ListPresence::Absent, Seen::Present);
    left.record.group = Some(Belief::written(true, ago(9_000)));
    let decided = judge(&left, &gracious(None), now());
    assert_eq!(decided.verdict, Verdict::Skip(skip::GRACE.into()));
    assert_eq!(decided.member.grace.as_ref().map(|grace| grace.until), Some(now() + 7 * DAY));
    // Their own word waits for nothing, nor does what a person looked at.
    for list in [ListPresence::OptedOut, ListPresence::Suppressed, ListPresence::Erased] {
        let refusing = Case { list, record: decided.member.clone(), ..left.clone() };
        assert_eq!(
            change(&judge(&refusing, &gracious(None), now())),
            Some((Side::Group, Op::Remove)),
            "{list:?}"
        );
    }
    let mut held_before = left.clone();
    held_before.record.open = held("d1", Side::Group, HoldReason::Limit);
    let release = |policy: &Policy| effect(&judge(&held_before, policy, now())).map(|effect| effect.release);
    assert_eq!(release(&gracious(None)), Some(Release::Held(HoldReason::Limit)));
    let approved = Ruling { digest: "d1".into(), kind: RulingKind::Approved };
    assert_eq!(release(&gracious(Some(approved))), Some(Release::Approved));
    // What an owner takes out of the group leaves the list at once: there is nothing to come back to.
    let mut taken_out = case(true, ListPresence::Member, Seen::Absent);
    taken_out.record.group = Some(Belief::written(true, ago(9_000)));
    assert_eq!(change(&judge(&taken_out, &gracious(None), now())), Some((Side::List, Op::Remove)));
    // Who is back is as if they had never left.
    let back = Case { list: ListPresence::Member, record: decided.member, ..left };
    let decided = judge(&back, &gracious(None), now());
    assert_eq!((decided.verdict, decided.member.grace, decided.member.open), (Verdict::Settled, None, None));
}

#[test]
fn a_grace_that_began_under_a_clock_that_ran_ahead_begins_now() {
    let policy = Policy { grace: 7 * DAY, ..policy(Mode::TwoWay) };
    let mut left = case(true, ListPresence::Absent, Seen::Present);
    left.record.group = Some(Belief::written(true, ago(9_000)));
    left.record = judge(&left, &policy, now() + 400 * DAY).member;
    let decided = judge(&left, &policy, now());
    assert_eq!(decided.member.grace.map(|grace| (grace.since, grace.until)), Some((now(), now() + 7 * DAY)));
}
