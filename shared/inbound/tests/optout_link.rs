//! Laws of the signed links.
#![expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use listsync_core::{
    Timestamp,
    contact::Scope,
    id::{ContactId, ListId},
};
use listsync_engine::ports::{Secret, SigningKey};
use listsync_inbound::optout_link::{BaseUrlError, OptOutLink, list_unsubscribe_headers, read};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

fn key(id: &str, secret: [u8; 32]) -> SigningKey {
    SigningKey { id: id.to_owned(), secret: Secret(secret.to_vec()), made: NOW, retired: None }
}

fn link() -> OptOutLink {
    let list = Scope::List(ListId::parse("0198-list").unwrap());
    OptOutLink::new(ContactId::parse("0198-contact").unwrap(), list, NOW)
}

fn any_link() -> impl Strategy<Value = OptOutLink> {
    let id = "[!-~&&[^/\\\\'\"?#%&A-Z]]{1,128}";
    (id, proptest::option::of(id), 0..40_000i64).prop_map(|(contact, list, issued)| OptOutLink {
        contact: ContactId::parse(&contact).unwrap(),
        scope: list.map_or(Scope::All, |list| Scope::List(ListId::parse(&list).unwrap())),
        issued,
    })
}

proptest! {
    #[test]
    fn a_link_is_read_as_it_was_made(link in any_link(), secret: [u8; 32]) {
        let key = key("k1", secret);
        prop_assert_eq!(read(std::slice::from_ref(&key), &link.sign(&key), NOW), Some(link));
    }

    #[test]
    fn a_token_is_fit_for_a_url_and_holds_no_address(link in any_link(), secret: [u8; 32]) {
        let token = link.sign(&key("k1", secret));
        prop_assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)));
    }

    #[test]
    fn no_forged_token_is_read(link in any_link(), ours: [u8; 32], theirs: [u8; 32]) {
        prop_assume!(ours != theirs);
        let forged = link.sign(&key("k1", theirs));
        prop_assert_eq!(read(&[key("k1", ours)], &forged, NOW), None);
    }

    #[test]
    fn no_other_text_is_read(text in "(v1\\.k1\\.)?\\PC{0,80}", secret: [u8; 32]) {
        prop_assert_eq!(read(&[key("k1", secret)], &text, NOW), None);
    }

    #[test]
    fn the_signature_of_one_link_is_worth_nothing_on_another(one in any_link(), other in any_link()) {
        prop_assume!(one != other);
        let key = key("k1", [7; 32]);
        let (one, other) = (one.sign(&key), other.sign(&key));
        let mixed = format!("{}.{}", one.rsplit_once('.').unwrap().0, other.rsplit_once('.').unwrap().1);
        prop_assert_eq!(read(&[key], &mixed, NOW), None);
    }
}

#[test]
fn each_flipped_bit_is_refused() {
    let key = key("k1", [7; 32]);
    let token = link().sign(&key);
    for index in 0..token.len() {
        for bit in 0..8 {
            let mut bytes = token.clone().into_bytes();
            bytes[index] ^= 1 << bit;
            let Ok(flipped) = String::from_utf8(bytes) else { continue };
            assert_eq!(read(std::slice::from_ref(&key), &flipped, NOW), None, "{index}.{bit}");
        }
    }
    for end in 0..token.len() {
        assert_eq!(read(std::slice::from_ref(&key), &token[..end], NOW), None);
    }
}

/// As the code of f97bd83 made them, and as they lie in people's mailboxes: they go on to work for ever.
#[test]
fn links_that_were_sent_long_ago_work_as_ever() {
    let key = key("k1", [7; 32]);
    let of_list = "v1.k1.MDE5OC1jb250YWN0LzAxOTgtbGlzdC8yMDgzMw.\
        KZHQDmcz8kxQZA8PNxGo0U-CyYljSTJGgOF5PuBwIag";
    let of_all = "v1.k1.MDE5OC1jb250YWN0Ly8yMDgzMw.\
        NMd0l85ycYxYqvYDsN12RufTfi3jZmk0hA5bLi8V0LI";
    assert_eq!(read(std::slice::from_ref(&key), of_list, NOW), Some(link()));
    assert_eq!(read(&[key], of_all, NOW), Some(OptOutLink { scope: Scope::All, ..link() }));
}

#[test]
fn an_old_key_works_until_it_is_retired() {
    let mut old = key("k1", [7; 32]);
    let token = link().sign(&old);
    let keys = |old: &SigningKey| [key("k2", [8; 32]), old.clone()];
    let years_later = Timestamp::from_second(NOW.as_second() + 5 * 365 * 86_400).unwrap();
    assert_eq!(read(&keys(&old), &token, years_later), Some(link()));
    old.retired = Some(years_later);
    let before = Timestamp::from_second(years_later.as_second() - 1).unwrap();
    assert_eq!(read(&keys(&old), &token, before), Some(link()));
    assert_eq!(read(&keys(&old), &token, years_later), None);
    assert_eq!(read(&[key("k2", [8; 32])], &token, NOW), None, "a key that is forgotten");
    assert_eq!(read(&[key("k1", [8; 32])], &token, NOW), None, "another key of the same name");
}

/// A header as a mail library sends it and another reads it: unfolded, and with nothing done to it.
fn sent(message: &lettre::Message, name: &str) -> String {
    let text = String::from_utf8(message.formatted()).unwrap();
    let head = text.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ");
    let line = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
    line.unwrap_or_default().trim().to_owned()
}

#[test]
fn the_headers_reach_a_message_of_lettre_as_they_are() {
    use lettre::message::header::{HeaderName, HeaderValue};
    let token = link().sign(&key("k1", [7; 32]));
    let headers = list_unsubscribe_headers("https://lists.contoso.example", &token).unwrap();
    let mut message = lettre::Message::builder()
        .from("news@contoso.example".parse().unwrap())
        .to("anna@contoso.example".parse().unwrap())
        .body("News.".to_owned())
        .unwrap();
    for (name, value) in [
        ("List-Unsubscribe", headers.list_unsubscribe.clone()),
        ("List-Unsubscribe-Post", headers.list_unsubscribe_post.to_owned()),
    ] {
        let name = HeaderName::new_from_ascii(name.to_owned()).unwrap();
        message.headers_mut().insert_raw(HeaderValue::new(name, value));
    }
    assert!(headers.list_unsubscribe.len() > 75, "longer than many libraries leave alone");
    assert_eq!(sent(&message, "List-Unsubscribe"), headers.list_unsubscribe);
    assert_eq!(sent(&message, "List-Unsubscribe-Post"), headers.list_unsubscribe_post);
}

#[test]
fn the_headers_are_those_of_one_click() {
    let headers = list_unsubscribe_headers("https://lists.contoso.example/sync/", "v1.a.b.c").unwrap();
    assert_eq!(headers.list_unsubscribe, "<https://lists.contoso.example/sync/u/v1.a.b.c>");
    assert_eq!(headers.list_unsubscribe_post, "List-Unsubscribe=One-Click");
    let refused = |base| list_unsubscribe_headers(base, "t").unwrap_err();
    assert_eq!(refused("http://lists.contoso.example"), BaseUrlError::NotHttps);
    assert_eq!(refused("lists.contoso.example"), BaseUrlError::NotPlain);
    assert_eq!(refused("https://lists.contoso.example/?a=b"), BaseUrlError::NotPlain);
}
