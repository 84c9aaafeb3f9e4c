//! Who is signed in. A session is a random name in a cookie; the store keeps its hash with what its holder may do, so that a
//! copy of the store opens nothing and signing out ends it in every process.

use std::{fmt::Write as _, time::Duration};

use axum::http::HeaderMap;
use hmac::{Hmac, KeyInit as _, Mac as _};
use listsync_core::{
    Timestamp,
    audit::Actor,
    grant::{Grant, Lists, Verb},
    schedule::later,
};
use listsync_engine::ports::{Memory, PortResult, Seen};
use listsync_http::operations::Who;
use rand::Rng as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::{owners, visit::cookie};

/// The cookie that holds a session.
pub(crate) const COOKIE: &str = "listsync_session";
/// A link is good for so long.
pub const LINK_GOOD: Duration = Duration::from_secs(5 * 60);
/// Who signed in by the directory proves it again after so long: what they may do is asked for as often as whose groups are.
const PROOF_GOOD: Duration = owners::FRESH;
/// Who opens a page when their proof is older proves it before: a form that they fill in on it then has some time.
const PROOF_AGES: Duration = Duration::from_secs(10 * 60);
/// A session ends after so long, whatever is done in it: a working day.
pub(crate) const SESSION_GOOD: Duration = Duration::from_secs(9 * 3600);

/// A link that signs in whoever follows it first, as the one who has the command line.
#[derive(Clone, PartialEq, Eq)]
pub struct SignIn {
    /// What the link ends with: 256 random bits in hexadecimal. Only its hash is kept.
    pub token: String,
    /// Until when it is good.
    pub until: Timestamp,
}

impl SignIn {
    /// Makes one, good once and for five minutes.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn make(seen: &dyn Seen, now: Timestamp) -> PortResult<Self> {
        let (token, until) = (random(), later(now, LINK_GOOD));
        seen.replace(&link_name(&token), b"local", until).await?;
        Ok(Self { token, until })
    }
}

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    /// What the cookie holds.
    pub(crate) secret: String,
    pub(crate) holder: Holder,
    /// What its holder is called.
    pub(crate) name_of_holder: String,
}

/// What is kept of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holder {
    pub(crate) actor: Actor,
    pub(crate) grant: Grant,
    pub(crate) ends: Timestamp,
    /// Where the grant comes from.
    #[serde(default)]
    pub(crate) source: Source,
    /// When the directory last said who they are and which roles they have; none: nobody asked it.
    #[serde(default)]
    pub(crate) proven: Option<Timestamp>,
}

/// Where a grant comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    /// It was given for the whole session.
    #[default]
    Given,
    /// They own groups: it is what they own at each visit.
    Owner,
    /// They have a role, and what they own besides.
    Role,
}

impl Holder {
    /// Whether they may have any link synced that they see. Who owns groups may with those of their own.
    pub(crate) fn syncs_any(&self) -> bool {
        self.source != Source::Owner && self.grant.verbs.iter().any(|verb| verb.holds(Verb::Sync))
    }
}

/// How much a session's proof of who its holder is still says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// It holds.
    Good,
    /// It holds, and not for long.
    Ageing,
    /// It is to be made again before anything is shown or done.
    Over,
}

impl Session {
    /// Of whoever follows a link that is good still; none: it is not, or somebody followed it before.
    pub(crate) async fn by_link(seen: &dyn Seen, token: &str, now: Timestamp) -> PortResult<Option<Self>> {
        if !is_secret(token) || seen.recall(&link_name(token), now).await?.is_none() {
            return Ok(None);
        }
        // Of two who follow it at once only one is told that it is new.
        let used = format!("console-link-used/{}", hash(token));
        if seen.remember(&used, b"", later(now, LINK_GOOD), now).await? != Memory::New {
            return Ok(None);
        }
        seen.forget(&link_name(token)).await?;
        let grant = Grant { verbs: [Verb::Admin].into(), lists: Lists::All };
        Self::begin(seen, Who { actor: Actor::Local, grant }, Source::Given, now).await.map(Some)
    }

    /// A new one, whatever there was before.
    pub(crate) async fn begin(
        seen: &dyn Seen,
        Who { actor, grant }: Who,
        source: Source,
        now: Timestamp,
    ) -> PortResult<Self> {
        let name_of_holder = actor.to_string();
        let proven = (source != Source::Given).then_some(now);
        let holder = Holder { actor, grant, ends: later(now, SESSION_GOOD), source, proven };
        let session = Self { secret: random(), holder, name_of_holder };
        session.keep(seen).await?;
        Ok(session)
    }

    /// The same session of somebody who proved again who they are, with what they may do by now. It ends when it would have
    /// ended. Its secret stays, and with it forms and files of theirs.
    pub(crate) async fn proven_again(
        self,
        seen: &dyn Seen,
        grant: Grant,
        source: Source,
        now: Timestamp,
    ) -> PortResult<Self> {
        let holder = Holder { grant, source, proven: Some(now), ..self.holder };
        let session = Self { holder, ..self };
        session.keep(seen).await?;
        Ok(session)
    }

    async fn keep(&self, seen: &dyn Seen) -> PortResult<()> {
        let kept = serde_json::to_vec(&self.holder).unwrap_or_default();
        seen.replace(&session_name(&self.secret), &kept, self.holder.ends).await
    }

    /// How much the proof of who it is still says. A link of the machine itself is good for the whole session; of somebody from
    /// the directory of whom it is not kept when they proved it, as earlier versions did not, it is not known at all.
    pub(crate) fn proof(&self, now: Timestamp) -> Proof {
        let Holder { actor, proven, source, .. } = &self.holder;
        match (proven, actor) {
            (None, Actor::Person(_)) => Proof::Over,
            (None, _) => {
                if *source == Source::Given {
                    Proof::Good
                } else {
                    Proof::Over
                }
            }
            (Some(at), _) if now >= later(*at, PROOF_GOOD) => Proof::Over,
            (Some(at), _) if now >= later(*at, PROOF_AGES) => Proof::Ageing,
            (Some(_), _) => Proof::Good,
        }
    }

    /// The one that a cookie names; none: it has ended, or there never was one.
    pub(crate) async fn of(seen: &dyn Seen, secret: &str, now: Timestamp) -> PortResult<Option<Self>> {
        if !is_secret(secret) {
            return Ok(None);
        }
        let kept = seen.recall(&session_name(secret), now).await?;
        let holder = kept.and_then(|kept| serde_json::from_slice::<Holder>(&kept).ok());
        let holder = holder.filter(|holder| now < holder.ends);
        let named = |holder: Holder| {
            let name_of_holder = holder.actor.to_string();
            Self { secret: secret.to_owned(), holder, name_of_holder }
        };
        Ok(holder.map(named))
    }

    /// The one that a request's cookie names.
    pub(crate) async fn of_cookie(
        seen: &dyn Seen,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> PortResult<Option<Self>> {
        match cookie(headers, COOKIE) {
            Some(secret) => Self::of(seen, secret, now).await,
            None => Ok(None),
        }
    }

    /// Ends it.
    pub(crate) async fn end(&self, seen: &dyn Seen) -> PortResult<()> {
        seen.forget(&session_name(&self.secret)).await
    }

    /// What has a browser keep it: no script reads it, and other sites' forms do not carry it.
    pub(crate) fn cookie(&self, now: Timestamp) -> String {
        let left = self.holder.ends.duration_since(now).as_secs().max(0);
        let (secret, age) = (&self.secret, left);
        format!("{COOKIE}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}")
    }

    /// Who it is, for the operations.
    pub(crate) fn who(&self) -> Who {
        Who { actor: self.holder.actor.clone(), grant: self.holder.grant.clone() }
    }

    /// A name for it that opens nothing.
    pub(crate) fn name(&self) -> String {
        hash(&self.secret)
    }

    /// What every form of it carries: no other site knows it, nor another session.
    pub(crate) fn form_token(&self) -> String {
        mac(&self.secret, "console form")
    }

    pub(crate) fn is_form_token(&self, given: &str) -> bool {
        bool::from(self.form_token().as_bytes().ct_eq(given.as_bytes()))
    }
}

/// The `Set-Cookie` of a new session, for somebody whom the host has signed in by a way of its own.
///
/// # Errors
/// When the store does not take it.
pub async fn open(seen: &dyn Seen, who: Who, now: Timestamp) -> PortResult<String> {
    Ok(Session::begin(seen, who, Source::Given, now).await?.cookie(now))
}

fn link_name(token: &str) -> String {
    format!("console-link/{}", hash(token))
}

fn session_name(secret: &str) -> String {
    format!("console-session/{}", hash(secret))
}

pub(crate) fn is_secret(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

pub(crate) fn hash(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// 256 random bits.
pub(crate) fn random() -> String {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    hex(&bytes)
}

/// A keyed hash of a text.
pub(crate) fn mac(key: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any length is a key");
    mac.update(text.as_bytes());
    hex(&mac.finalize().into_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
