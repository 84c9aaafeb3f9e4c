use listsync_core::{
    consent::SinceNo,
    contact::{Decision, OptOutReason, Saying, Scope, Via},
    list::{OptOutRule, Standing},
    register::{
        Answer, By, Change, ContactEdit, Edit, Farewell, HeldOff, Keeper, Person, Refusal, Speaker, Stand,
        Stranger, Suppressed, Terms, Word, create, edit, merge, part, say,
    },
};

use super::{Origin, address, at, blank, list, no, stance, terms};

const STANDINGS: [Standing; 4] = [Standing::Member, Standing::Pending, Standing::Absent, Standing::OptedOut];
const RULES: [OptOutRule; 2] = [OptOutRule::Allowed, OptOutRule::NotAllowed];
const REASONS: [OptOutReason; 3] = [OptOutReason::Own, OptOutReason::Complaint, OptOutReason::Erased];

fn words() -> [Option<Word>; 3] {
    [None, Some(Word::Yes), Some(Word::No(no(OptOutReason::Own)))]
}

/// Every way to stand to a list.
fn stands() -> Vec<Stand> {
    let mut all = Vec::new();
    for standing in STANDINGS {
        for word in words() {
            for to_all in [None].into_iter().chain(REASONS.map(|reason| Some(no(reason)))) {
                for since in [SinceNo::Nothing, SinceNo::Yes] {
                    for erased in [None, Some(no(OptOutReason::Erased))] {
                        all.push(Stand { standing, word, to_all, since, erased });
                    }
                }
            }
        }
    }
    all
}

#[test]
fn who_is_held_off_and_by_what() {
    for stand in stands() {
        for rule in RULES {
            let said_no = matches!(stand.word, Some(Word::No(_)));
            let unless_since = stand.since == SinceNo::Nothing;
            let erased = stand.erased.is_some() || stand.to_all == Some(no(OptOutReason::Erased));
            let (mandatory, held) = (rule == OptOutRule::NotAllowed, stand.held_off(rule));
            match stand.standing {
                Standing::Member | Standing::Pending => assert_eq!(held, None, "{stand:?}"),
                Standing::OptedOut => assert_eq!(held, Some(HeldOff::Word), "{stand:?}"),
                Standing::Absent if said_no && !mandatory => assert_eq!(held, Some(HeldOff::Word)),
                Standing::Absent if erased && unless_since => {
                    let by = stand.erased.map_or(HeldOff::NoToAll, |_| HeldOff::Erasure);
                    assert_eq!(held, Some(by), "{stand:?} {rule:?}");
                }
                Standing::Absent if stand.to_all.is_some() && unless_since => {
                    assert_eq!(held, (!mandatory).then_some(HeldOff::NoToAll), "{stand:?} {rule:?}");
                }
                Standing::Absent => assert_eq!(held, None, "{stand:?} {rule:?}"),
            }
        }
    }
}

#[test]
fn a_list_that_becomes_mandatory_has_no_opt_outs_and_one_that_does_not_is_left_by_who_said_no() {
    for stand in stands() {
        let mandatory = stand.under(OptOutRule::NotAllowed);
        match stand.standing {
            Standing::OptedOut => assert_eq!(mandatory, Standing::Absent),
            standing => assert_eq!(mandatory, standing),
        }
        let voluntary = stand.under(OptOutRule::Allowed);
        let after = Stand { standing: voluntary, ..stand };
        let is_there = |stand: Stand| matches!(stand.standing, Standing::Member | Standing::Pending);
        assert_eq!(
            is_there(after),
            is_there(stand) && stand.refuses(OptOutRule::Allowed).is_none(),
            "{stand:?}"
        );
        assert!(voluntary == stand.standing || voluntary == Standing::OptedOut, "{stand:?}");
    }
}

fn saying(decision: Decision, scope: Scope, via: Via) -> Saying {
    Saying { address: address("anna"), decision, scope, reason: OptOutReason::Own, via, at: at(9) }
}

fn says(person: Person, decision: Decision, scope: Scope, via: Via) -> Result<Change, Refusal> {
    match say(Speaker::Kept(Box::new(person)), &saying(decision, scope, via))? {
        Answer::Changed(change) => Ok(*change),
        Answer::Suppressed(said) => panic!("a contact is kept: {said:?}"),
    }
}

/// Anna in every state that her word about one list can meet.
fn annas() -> Vec<Person> {
    let mut all = Vec::new();
    for standing in STANDINGS {
        for word in words().into_iter().chain([Some(Word::No(no(OptOutReason::Complaint)))]) {
            for reason in [None].into_iter().chain(REASONS.map(Some)) {
                for keeper in [Keeper::People, Keeper::Filter] {
                    let terms = Terms { opt_out: OptOutRule::Allowed, keeper };
                    let mut anna = blank("anna");
                    anna.contact.opted_out = reason.map(no);
                    anna.stances.insert(list("news"), stance(terms, standing, word));
                    anna.stances.insert(list("other"), stance(terms, Standing::OptedOut, None));
                    all.push(anna);
                }
            }
        }
    }
    all
}

#[test]
fn a_no_to_one_list_takes_them_off_it_and_is_written_down_unless_it_repeats() {
    for anna in annas() {
        let news = anna.stances[&list("news")];
        let change = says(anna.clone(), Decision::OptedOut, Scope::List(list("news")), Via::Page)
            .expect("nobody forbids it");
        assert_eq!(change.person.stances[&list("news")].standing, Standing::OptedOut);
        assert_eq!(change.moves.is_empty(), news.standing == Standing::OptedOut);
        let said_no = matches!(news.word, Some(Word::No(_)));
        assert_eq!(change.words.is_empty(), said_no, "{anna:?}");
        if said_no {
            assert_eq!(change.person.stances[&list("news")].word, news.word, "a complaint stays one");
        }
        assert_eq!(change.person.contact.opted_out, anna.contact.opted_out);
        assert_eq!(change.person.stances[&list("other")], anna.stances[&list("other")]);
    }
}

#[test]
fn a_yes_to_one_list_is_about_it_alone_and_a_complaint_stands_against_it() {
    for anna in annas() {
        let news = anna.stances[&list("news")];
        let complaint = [anna.contact.opted_out, news.word.and_then(Word::no)]
            .into_iter()
            .flatten()
            .any(|no| no.reason == OptOutReason::Complaint);
        let by_page = says(anna.clone(), Decision::Subscribed, Scope::List(list("news")), Via::Page);
        assert_eq!(by_page.is_err(), complaint, "{anna:?}");
        let change = says(anna.clone(), Decision::Subscribed, Scope::List(list("news")), Via::Operator)
            .expect("an operator may");
        let now = change.person.stances[&list("news")];
        assert_eq!(now.word, Some(Word::Yes));
        match news.terms.keeper {
            Keeper::People => assert_eq!(now.standing, Standing::Member),
            Keeper::Filter => assert_ne!(now.standing, Standing::OptedOut),
        }
        assert_eq!(change.person.stand(&list("news")).refuses(OptOutRule::NotAllowed), None);
        assert_eq!(change.person.contact.opted_out, anna.contact.opted_out);
        assert_eq!(change.person.stances[&list("other")], anna.stances[&list("other")]);
        let later = change.person.stand(&list("later")).held_off(OptOutRule::Allowed);
        assert_eq!(later.is_some(), anna.contact.opted_out.is_some(), "every other list is as before");
    }
}

#[test]
fn a_no_to_all_takes_them_off_every_list_and_a_yes_to_all_brings_back_what_it_took() {
    for anna in annas() {
        let news = anna.stances[&list("news")];
        let gone = says(anna.clone(), Decision::OptedOut, Scope::All, Via::Page).expect("nobody forbids it");
        for name in ["news", "other", "later"] {
            assert!(gone.person.stand(&list(name)).held_off(OptOutRule::Allowed).is_some(), "{anna:?}");
        }
        let back = says(gone.person.clone(), Decision::Subscribed, Scope::All, Via::Operator)
            .expect("an operator may");
        assert_eq!((back.person.contact.opted_out, back.person.erased), (None, None));
        let after = back.person.stances[&list("news")];
        let comes_back = matches!(gone.person.stances[&list("news")].standing, Standing::OptedOut)
            && !matches!(news.word, Some(Word::No(_)));
        match (comes_back, news.terms.keeper) {
            (true, Keeper::People) => assert_eq!(after.standing, Standing::Member, "{anna:?}"),
            (true, Keeper::Filter) => assert_eq!(after.standing, Standing::Absent, "{anna:?}"),
            (false, _) => assert_eq!(after.standing, gone.person.stances[&list("news")].standing, "{anna:?}"),
        }
        let again = says(back.person, Decision::Subscribed, Scope::All, Via::Page).expect("nothing stands");
        assert!(again.words.is_empty() && again.moves.is_empty(), "a repeat is none");
    }
}

#[test]
fn a_no_to_all_that_an_address_brings_is_no_word_of_theirs_until_they_say_it() {
    let said = [Suppressed { scope: Scope::All, no: no(OptOutReason::Own) }];
    let brought = Change::bringing(blank("anna"), &said, at(5));
    assert_eq!(brought.person.contact.opted_out, Some(no(OptOutReason::Own)));
    assert!(brought.words.is_empty(), "whose it is, is not known");
    let own = says(brought.person, Decision::OptedOut, Scope::All, Via::Page).expect("nobody forbids it");
    assert_eq!(own.words.len(), 1);
    let again = says(own.person, Decision::OptedOut, Scope::All, Via::Page).expect("nobody forbids it");
    assert!(again.words.is_empty(), "a repeat is none");
}

#[test]
fn a_mandatory_list_is_left_by_nobody() {
    for standing in STANDINGS {
        let mut anna = blank("anna");
        anna.stances.insert(list("staff"), stance(terms(OptOutRule::NotAllowed), standing, None));
        let refused = says(anna.clone(), Decision::OptedOut, Scope::List(list("staff")), Via::Page);
        assert_eq!(refused, Err(Refusal::Mandatory(list("staff"))));
        let all = says(anna, Decision::OptedOut, Scope::All, Via::Page).expect("all may be left");
        assert!(all.moves.is_empty(), "but not this one");
    }
}

#[test]
fn of_a_stranger_only_what_they_want_kept_is_kept() {
    let mut person = blank("anna");
    person.stances.insert(list("news"), stance(terms(OptOutRule::Allowed), Standing::Absent, None));
    let said = |scope| Suppressed { scope, no: no(OptOutReason::Own) };
    let of = |said: &[Suppressed]| {
        Speaker::Stranger(Box::new(Stranger { blank: person.clone(), said: said.to_vec() }))
    };
    let before = [said(Scope::List(list("other")))];
    for (decision, scope, before, kept) in [
        (Decision::OptedOut, Scope::All, &[][..], false),
        (Decision::OptedOut, Scope::List(list("news")), &[], true),
        (Decision::OptedOut, Scope::List(list("news")), &before, false),
        (Decision::Subscribed, Scope::List(list("news")), &before, true),
        (Decision::Subscribed, Scope::All, &before, true),
    ] {
        match say(of(before), &saying(decision, scope.clone(), Via::Page)).expect("nothing stands") {
            Answer::Changed(change) => {
                assert!(kept, "{decision:?} {scope:?}");
                let former = change.person.of_former.get(&list("other"));
                assert_eq!(former.is_some(), !before.is_empty(), "what was said before is theirs");
            }
            Answer::Suppressed(after) => {
                assert!(!kept, "{decision:?} {scope:?}");
                assert_eq!(after.len(), before.len() + 1);
                assert!(after.iter().any(|said| said.scope == scope));
            }
        }
    }
}

#[test]
fn of_two_who_are_one_a_no_of_either_is_one_of_both() {
    for one in annas() {
        for other in annas() {
            let mut other = other;
            other.contact.id = blank("other").contact.id;
            other.contact.address = address("other");
            let merged = merge(&one, &other, at(9)).expect("two contacts");
            assert_eq!(merged.person.contact.opted_out.is_some(), {
                one.contact.opted_out.is_some() || other.contact.opted_out.is_some()
            });
            let [a, b, after] = [&one, &other, &merged.person].map(|person| person.stances[&list("news")]);
            let no = |word: Option<Word>| matches!(word, Some(Word::No(_)));
            assert_eq!(no(after.word), no(a.word) || no(b.word));
            if a.standing == Standing::OptedOut || b.standing == Standing::OptedOut {
                assert_eq!(after.standing, Standing::OptedOut);
            }
            let there = |standing| matches!(standing, Standing::Member | Standing::Pending);
            let held = merged.person.stand(&list("news")).refuses(OptOutRule::Allowed).is_some();
            assert!(!(there(after.standing) && held), "{one:?} {other:?}");
            if there(a.standing) && there(b.standing) && !held {
                assert!(there(after.standing));
            }
        }
    }
    let anna = blank("anna");
    assert_eq!(merge(&anna, &anna, at(9)), Err(Refusal::SameContact(anna.contact.id.clone())));
}

#[test]
fn an_address_brings_its_nos_and_takes_those_of_its_person_along() {
    let by = By { origin: Origin::Manual, at: at(9) };
    let mut anna = blank("anna");
    anna.stances.insert(list("news"), stance(terms(OptOutRule::Allowed), Standing::Member, None));
    let brought = [Suppressed { scope: Scope::List(list("news")), no: no(OptOutReason::Own) }];
    let adds = ContactEdit { add_aliases: [address("ann")].into(), ..ContactEdit::default() };
    let asked = |edit, said, taken_by| Edit { edit, said, recognized: &[], taken_by };
    let change = edit(&anna, None, asked(&adds, &brought, None), by).expect("free").expect("an edit");
    assert_eq!(change.person.stances[&list("news")].standing, Standing::OptedOut);
    let drops = ContactEdit { remove_aliases: [address("ann")].into(), ..ContactEdit::default() };
    let dropped = edit(&change.person, None, asked(&drops, &[], None), by).expect("free").expect("an edit");
    assert_eq!(dropped.lost(&change.person.contact), [&address("ann")]);
    assert_eq!(dropped.left, brought);
    assert_eq!(dropped.person.contact.version.0, 3);
    let taken = Some(blank("other").contact.id);
    let refusal = Refusal::Taken(blank("other").contact.id);
    assert_eq!(edit(&anna, None, asked(&adds, &[], taken.clone()), by), Err(refusal.clone()));
    assert_eq!(create(blank("b"), asked(&adds, &[], taken), by), Err(refusal));
    assert_eq!(edit(&anna, None, asked(&ContactEdit::default(), &[], None), by), Ok(None));
}

#[test]
fn what_was_said_under_a_key_is_theirs_who_comes_to_have_it_but_for_what_they_said_yes_to() {
    let said = |scope, reason| [Suppressed { scope, no: no(reason) }];
    let comes = |word, of_all, said: &[Suppressed]| {
        let mut anna = blank("anna");
        anna.stances.insert(list("news"), stance(terms(OptOutRule::Allowed), Standing::Member, word));
        anna.of_all = of_all;
        let after = Change::recognizing(anna, said, at(5)).person;
        (after.stances[&list("news")].standing, after.contact.opted_out.is_some(), after.erased.is_some())
    };
    let (of_news, to_all) = (Scope::List(list("news")), Scope::All);
    let (out, on, yes) = (Standing::OptedOut, Standing::Member, Some(Word::Yes));
    let news = said(of_news, OptOutReason::Own);
    assert_eq!(comes(None, None, &news), (out, false, false));
    assert_eq!(comes(yes, None, &news), (on, false, false), "they came back by themselves");
    let complaint = said(Scope::List(list("news")), OptOutReason::Complaint);
    assert_eq!(comes(yes, None, &complaint), (out, false, false), "a yes alone lifts no complaint");
    let complaint = said(Scope::All, OptOutReason::Complaint);
    assert_eq!(comes(yes, Some(Decision::Subscribed), &complaint), (out, true, false));
    for (reason, erased) in [(OptOutReason::Own, false), (OptOutReason::Erased, true)] {
        let all = said(to_all.clone(), reason);
        assert_eq!(comes(None, None, &all), (out, true, erased));
        assert_eq!(comes(yes, None, &all), (on, true, erased), "to that list alone they said yes");
        assert_eq!(comes(None, Some(Decision::Subscribed), &all), (on, false, false), "they took it back");
    }
}

#[test]
fn who_goes_leaves_their_nos_and_who_is_erased_one_to_all() {
    for anna in annas() {
        let deleted = part(anna.clone(), Farewell::Deleted, at(9));
        let erased = part(anna.clone(), Farewell::Erased, at(9));
        let to_all = anna.contact.opted_out.is_some_and(|no| no.reason != OptOutReason::Erased);
        let word = matches!(anna.stances[&list("news")].word, Some(Word::No(_)));
        assert_eq!(deleted.left.len(), usize::from(to_all) + usize::from(word), "{anna:?}");
        assert_eq!(erased.left.len(), deleted.left.len() + 1);
        for rule in RULES {
            assert!(Stand::of_stranger(&erased.left, |id| *id == list("x")).held_off(rule).is_some());
        }
        assert_eq!(deleted.lists, erased.lists);
    }
}
