//! Who is signed in. A session is a random name in a cookie; the store keeps its hash with what its holder may do, so that a
//! copy of the store opens nothing and signing out ends it in every process.

use std::{fmt::Write as _, time::Duration};

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

/// The cookie that holds a session.
pub(crate) const COOKIE: &str = "listsync_session";
/// A link is good for so long.
pub const LINK_GOOD: Duration = Duration::from_secs(5 * 60);
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
        Self::begin(seen, (Who { actor: Actor::Local, grant }, Source::Given), now).await.map(Some)
    }

    /// A new one, whatever there was before.
    pub(crate) async fn begin(
        seen: &dyn Seen,
        (Who { actor, grant }, source): (Who, Source),
        now: Timestamp,
    ) -> PortResult<Self> {
        let name_of_holder = actor.to_string();
        let holder = Holder { actor, grant, ends: later(now, SESSION_GOOD), source };
        let session = Self { secret: random(), holder, name_of_holder };
        let kept = serde_json::to_vec(&session.holder).unwrap_or_default();
        seen.replace(&session_name(&session.secret), &kept, session.holder.ends).await?;
        Ok(session)
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

    /// Ends it.
    pub(crate) async fn end(&self, seen: &dyn Seen) -> PortResult<()> {
        seen.forget(&session_name(&self.secret)).await
    }

    /// What has a browser keep it: no script reads it, and other sites' forms do not carry it.
    pub(crate) fn cookie(&self) -> String {
        let (secret, age) = (&self.secret, SESSION_GOOD.as_secs());
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
    Ok(Session::begin(seen, (who, Source::Given), now).await?.cookie())
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
