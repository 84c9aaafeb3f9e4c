//! Signing in by the directory: a browser goes there with a question, and comes back with a code.
//!
//! Nothing is stored for who only asks. All that binds the answer to the question is made of one secret in a cookie of ten
//! minutes: the state, the nonce and the verifier (RFC 9700, sections 2.1.1 and 4.7.1). So an answer counts in the browser
//! that asked, once, and nowhere else.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use listsync_core::{Timestamp, grant::Verb, schedule::later};
use listsync_engine::ports::{Memory, PortResult, Seen, SignIns};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::session::{hash, is_secret, mac, random};

/// The cookie of somebody who is on their way.
pub(crate) const COOKIE: &str = "listsync_entering";
/// Where the directory sends browsers back to: it is registered with the app.
pub(crate) const BACK: &str = "/sign-in/back";
/// So long somebody may take to prove who they are.
const ON_THE_WAY: Duration = Duration::from_secs(10 * 60);
/// A page's address that is longer is not come back to: it travels in the address of the sign-in service.
const LONGEST: usize = 1_000;

/// Where people come in who have an account in the directory.
#[derive(Clone)]
pub struct Entrance {
    sign_ins: Arc<dyn SignIns>,
    redirect: String,
    /// `; Secure`, where browsers come by TLS.
    secure: &'static str,
}

impl Entrance {
    /// By a sign-in service, for a console that browsers reach at this address.
    #[must_use]
    pub fn new(sign_ins: Arc<dyn SignIns>, url: &str) -> Self {
        let url = url.trim_end_matches('/');
        let secure = if url.starts_with("https://") { "; Secure" } else { "" };
        Self { sign_ins, redirect: format!("{url}{BACK}"), secure }
    }

    pub(crate) fn sign_ins(&self) -> &dyn SignIns {
        self.sign_ins.as_ref()
    }

    pub(crate) fn redirect(&self) -> &str {
        &self.redirect
    }

    /// What a cookie has at its end.
    pub(crate) fn secure(&self) -> &'static str {
        self.secure
    }
}

/// Somebody's way to the directory and back.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Errand(String);

impl Errand {
    pub(crate) fn begin() -> Self {
        Self(random())
    }

    /// The one that a cookie names.
    pub(crate) fn of(cookie: &str) -> Option<Self> {
        is_secret(cookie).then(|| Self(cookie.to_owned()))
    }

    pub(crate) fn cookie(&self, secure: &str) -> String {
        let (secret, age) = (&self.0, ON_THE_WAY.as_secs());
        format!("{COOKIE}={secret}; Path=/sign-in; HttpOnly; SameSite=Lax; Max-Age={age}{secure}")
    }

    /// Goes with the question and comes back with the answer: to which page it leads, and since when it is on its way.
    pub(crate) fn state(&self, to: &str, now: Timestamp) -> String {
        let to = if to.len() > LONGEST { "/" } else { to };
        let said = format!("{}.{to}", now.as_second());
        format!("{}.{said}", self.made("state", &said))
    }

    pub(crate) fn nonce(&self) -> String {
        self.made("nonce", "")
    }

    pub(crate) fn verifier(&self) -> String {
        self.made("verifier", "")
    }

    pub(crate) fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier()))
    }

    /// To which page an answer leads; none: it is another browser's, too late, or came before.
    pub(crate) async fn answered(
        &self,
        seen: &dyn Seen,
        state: &str,
        now: Timestamp,
    ) -> PortResult<Option<String>> {
        let Some(to) = self.leads_to(state, now) else { return Ok(None) };
        let used = format!("console-entered/{}", hash(state));
        let memory = seen.remember(&used, b"", later(now, ON_THE_WAY), now).await?;
        Ok((memory == Memory::New).then_some(to))
    }

    fn leads_to(&self, state: &str, now: Timestamp) -> Option<String> {
        let (made, said) = state.split_once('.')?;
        if !bool::from(self.made("state", said).as_bytes().ct_eq(made.as_bytes())) {
            return None;
        }
        let (at, to) = said.split_once('.')?;
        let at = Timestamp::from_second(at.parse().ok()?).ok()?;
        (now < later(at, ON_THE_WAY)).then(|| to.to_owned())
    }

    fn made(&self, what: &str, of: &str) -> String {
        mac(&self.0, &format!("console entrance {what} {of}"))
    }
}

/// Takes the cookie away.
pub(crate) fn no_cookie() -> String {
    format!("{COOKIE}=; Path=/sign-in; HttpOnly; SameSite=Lax; Max-Age=0")
}

/// What somebody may do by the roles that were assigned to them in the app.
pub(crate) fn verbs(roles: &[String]) -> BTreeSet<Verb> {
    let role = |role: &String| match role.as_str() {
        "Listsync.Read" => Some(Verb::Read),
        "Listsync.Operate" => Some(Verb::Operate),
        "Listsync.Link" => Some(Verb::Link),
        "Listsync.Approve" => Some(Verb::Approve),
        "Listsync.Admin" => Some(Verb::Admin),
        _ => None,
    };
    roles.iter().filter_map(role).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a moment")
    }

    #[test]
    fn an_answer_counts_in_the_browser_that_asked_and_for_ten_minutes() {
        let (errand, other) = (Errand::begin(), Errand::begin());
        let state = errand.state("/lists?q=a.b", at(1_000));
        assert_eq!(errand.leads_to(&state, at(1_599)).as_deref(), Some("/lists?q=a.b"));
        assert_eq!(errand.leads_to(&state, at(1_600)), None, "it is too late");
        assert_eq!(other.leads_to(&state, at(1_000)), None, "another browser did not ask");
        let moved = state.replace("/lists", "/other");
        for odd in [moved.as_str(), "", ".", "..", &"0".repeat(70)] {
            assert_eq!(errand.leads_to(odd, at(1_000)), None, "{odd}");
        }
        assert!(errand.state(&"/".repeat(LONGEST + 1), at(0)).ends_with("./"));
    }

    /// RFC 7636, section 4.1: 43 to 128 unreserved characters; appendix B has an example of a challenge.
    #[test]
    fn the_proof_key_is_as_the_standard_has_it_and_no_two_values_are_alike() {
        let errand = Errand::begin();
        let made = [errand.nonce(), errand.verifier(), errand.challenge(), errand.state("/", at(0))];
        assert_eq!(made.iter().collect::<BTreeSet<_>>().len(), 4);
        assert!(made[1].len() == 64 && made[1].bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let example = URL_SAFE_NO_PAD.encode(Sha256::digest("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        assert_eq!(example, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!(made[2].len(), 43);
    }

    #[test]
    fn roles_are_what_scopes_of_keys_are_and_others_are_nothing() {
        let roles = ["Listsync.Read", "Listsync.Approve", "listsync.admin", "Admin"].map(str::to_owned);
        assert_eq!(verbs(&roles), [Verb::Read, Verb::Approve].into());
        for verb in Verb::ALL.into_iter().filter(|verb| ![Verb::Sync, Verb::Scim].contains(verb)) {
            let (first, rest) = verb.word().split_at(1);
            assert_eq!(verbs(&[format!("Listsync.{}{rest}", first.to_uppercase())]), [verb].into());
        }
    }
}
