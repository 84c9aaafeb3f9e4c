//! Signing people in: the authorize endpoint with a proof key, id tokens, and the keys that they are signed with.
//!
//! Parameters, errors and claims from "Microsoft identity platform and OAuth 2.0 authorization code flow", "OpenID Connect on
//! the Microsoft identity platform", "ID token claims reference" and "Microsoft Entra authentication and authorization error
//! codes". Who sits before the page says who they are and which roles of the app they have: Entra asks for a password, and its
//! administrator assigns the roles.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

use crate::apps::App;
use crate::exchange::{Answer, Payload};
use crate::server::plain;
use crate::state::ObjectId;
use crate::world::World;

/// A code is good for so long ("about 10 minutes").
const CODE_LIFE_MS: i64 = 10 * 60 * 1_000;
/// The values of the roles that listsync's own app registration has.
const ROLES: [&str; 5] =
    ["Listsync.Read", "Listsync.Operate", "Listsync.Link", "Listsync.Approve", "Listsync.Admin"];

/// What a code stands for.
#[derive(Clone, Debug)]
pub(crate) struct Granted {
    client_id: ObjectId,
    redirect: String,
    challenge: String,
    nonce: String,
    person: ObjectId,
    roles: Vec<String>,
    ends_ms: i64,
    is_redeemed: bool,
}

/// Why a code is not taken: the number of the error, and its text.
pub(crate) struct NotTaken(pub(crate) u32, pub(crate) &'static str);

struct Signing {
    key: EncodingKey,
    public: JwkSet,
    name: String,
}

/// Making one takes a while, and only who signs people in needs it.
static SIGNING: LazyLock<Option<Signing>> = LazyLock::new(|| {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).ok()?;
    let key = EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes()).ok()?;
    let mut public = Jwk::from_encoding_key(&key, Algorithm::RS256).ok()?;
    let name = uuid::Uuid::new_v4().simple().to_string();
    public.common.key_id = Some(name.clone());
    Some(Signing { key, public: JwkSet { keys: vec![public] }, name })
});

/// The keys that id tokens are signed with.
pub(crate) fn keys() -> Answer {
    match SIGNING.as_ref() {
        Some(signing) => plain(200, json!(signing.public)),
        None => plain(500, json!({"error": "no key could be made"})),
    }
}

/// The question that a browser brought.
struct Question<'a> {
    app: &'a App,
    redirect: String,
    state: String,
    challenge: String,
    nonce: String,
}

/// `GET` shows who can be signed in, `POST` signs somebody in.
pub(crate) fn authorize(world: &mut World, method: &str, tenant: &str, query: &str, form: &[u8]) -> Answer {
    let question = match question(world, tenant, query) {
        Ok(question) => question,
        Err(refusal) => return refusal,
    };
    if method != "POST" {
        return page(query, "");
    }
    let sent: Vec<(String, String)> = form_urlencoded::parse(form).into_owned().collect();
    let field = |name: &str| sent.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    if field("deny") == "yes" {
        let why = ("access_denied", "AADSTS65004: User declined to consent to access the app.");
        return back(
            &question.redirect,
            &[("error", why.0), ("error_description", why.1), ("state", &question.state)],
        );
    }
    let newest = world.directory.newest();
    let found = world.directory.users_keyed(field("account")).iter().copied();
    let person = found
        .into_iter()
        .find(|id| world.directory.user_at(*id, newest).is_some_and(|user| user.account_enabled));
    let Some(person) = person else {
        return page(query, "AADSTS50034: The user account does not exist in the directory.");
    };
    let roles = sent.iter().filter(|(key, value)| key == "roles" && ROLES.contains(&value.as_str()));
    let granted = Granted {
        client_id: question.app.client_id,
        redirect: question.redirect.clone(),
        challenge: question.challenge,
        nonce: question.nonce,
        person,
        roles: roles.map(|(_, role)| role.clone()).collect(),
        ends_ms: world.clock.now_ms() + CODE_LIFE_MS,
        is_redeemed: false,
    };
    let code = format!("1.{}", uuid::Uuid::new_v4().simple());
    let answer = back(&question.redirect, &[("code", &code), ("state", &question.state)]);
    world.codes.insert(code, granted);
    answer
}

/// What cannot be told to the app itself is told to whoever sits there: it may be nobody's app.
fn question<'a>(world: &'a World, tenant: &str, query: &str) -> Result<Question<'a>, Answer> {
    let sent: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let get = |name: &str| sent.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    if !world.is_tenant(tenant) {
        return Err(told(&format!("AADSTS90002: Tenant '{tenant}' not found.")));
    }
    let client = get("client_id");
    let app = world.apps.iter().find(|app| client.parse() == Ok(app.client_id)).ok_or_else(|| {
        told(&format!("AADSTS700016: Application with identifier '{client}' was not found in the directory."))
    })?;
    let redirect = get("redirect_uri");
    if !app.redirects.iter().any(|known| known == redirect) {
        let text = "AADSTS50011: The redirect URI specified in the request does not match the redirect URIs configured for the application.";
        return Err(told(text));
    }
    let state = get("state");
    let refuse = |error: &str, text: &str| {
        Err(back(redirect, &[("error", error), ("error_description", text), ("state", state)]))
    };
    if get("response_type") != "code" || !["", "query"].contains(&get("response_mode")) {
        return refuse(
            "unsupported_response_type",
            "AADSTS700054: only the response type 'code' is supported here.",
        );
    }
    if !get("scope").split(' ').any(|scope| scope == "openid") {
        return refuse("invalid_request", "AADSTS900144: The request must contain the scope 'openid'.");
    }
    // Entra takes a question without a proof key from a web app; listsync never asks one.
    if get("code_challenge_method") != "S256" || get("code_challenge").len() != 43 {
        return refuse("invalid_request", "AADSTS501491: Invalid size of Code_Challenge parameter.");
    }
    Ok(Question {
        app,
        redirect: redirect.to_owned(),
        state: state.to_owned(),
        challenge: get("code_challenge").to_owned(),
        nonce: get("nonce").to_owned(),
    })
}

/// What a code is given for, once.
pub(crate) fn redeem<'a>(
    world: &mut World,
    app: &App,
    origin: &str,
    field: &impl Fn(&str) -> Option<&'a str>,
) -> Result<Value, NotTaken> {
    let (now, tenant) = (world.clock.now_ms(), world.tenant.id);
    let unknown = NotTaken(70_000, "The provided value for the 'code' parameter is not valid.");
    let Some(granted) = field("code").and_then(|code| world.codes.get_mut(code)) else { return Err(unknown) };
    if granted.is_redeemed {
        return Err(NotTaken(
            54_005,
            "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.",
        ));
    }
    granted.is_redeemed = true;
    if granted.ends_ms <= now {
        return Err(NotTaken(
            70_008,
            "The provided authorization code or refresh token has expired due to inactivity.",
        ));
    }
    if granted.client_id != app.client_id {
        return Err(unknown);
    }
    if field("redirect_uri") != Some(granted.redirect.as_str()) {
        return Err(NotTaken(
            500_112,
            "The reply address does not match the reply address provided when requesting Authorization code.",
        ));
    }
    let made = URL_SAFE_NO_PAD.encode(Sha256::digest(field("code_verifier").unwrap_or_default()));
    if made != granted.challenge {
        return Err(NotTaken(
            501_481,
            "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
        ));
    }
    let granted = granted.clone();
    let newest = world.directory.newest();
    let Some(user) = world.directory.user_at(granted.person, newest) else { return Err(unknown) };
    let seconds = now / 1_000;
    let mut claims = json!({
        "aud": app.client_id.to_string(),
        "iss": format!("{origin}/{tenant}/v2.0"),
        "iat": seconds,
        "nbf": seconds,
        "exp": seconds + 3_900,
        "name": user.display_name,
        "nonce": granted.nonce,
        "oid": granted.person.to_string(),
        "preferred_username": user.user_principal_name,
        // Pairwise: of this person for this app.
        "sub": URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{} {}", granted.person, app.client_id))),
        "tid": tenant.to_string(),
        "ver": "2.0",
    });
    if !granted.roles.is_empty() {
        claims["roles"] = json!(granted.roles);
    }
    let signing = SIGNING.as_ref().ok_or(unknown)?;
    let header = Header { kid: Some(signing.name.clone()), ..Header::new(Algorithm::RS256) };
    let token = jsonwebtoken::encode(&header, &claims, &signing.key).unwrap_or_default();
    Ok(json!({
        "token_type": "Bearer",
        "scope": "openid profile",
        "expires_in": 3_599,
        "ext_expires_in": 3_599,
        // Nobody asks Graph anything with it.
        "access_token": uuid::Uuid::new_v4().simple().to_string(),
        "id_token": token,
    }))
}

fn back(redirect: &str, fields: &[(&str, &str)]) -> Answer {
    let Ok(mut url) = Url::parse(redirect) else { return told("the redirect address is no URL") };
    url.query_pairs_mut().extend_pairs(fields);
    Answer { headers: vec![("location", url.into())], ..html(302, String::new()) }
}

fn told(text: &str) -> Answer {
    html(400, format!("<p role=\"alert\">{}</p>", escaped(text)))
}

fn page(query: &str, wrong: &str) -> Answer {
    let roles: String = ROLES
        .iter()
        .map(|role| {
            format!("<label><input type=\"checkbox\" name=\"roles\" value=\"{role}\"> {role}</label><br>")
        })
        .collect();
    html(
        200,
        format!(
            "<p role=\"alert\">{}</p><form method=\"post\" action=\"?{}\"><p><label>Account \
             <input name=\"account\" autocomplete=\"username\"></label></p><fieldset><legend>Roles that are assigned to it\
             </legend>{roles}</fieldset><button>Next</button> <button name=\"deny\" value=\"yes\">Cancel</button></form>",
            escaped(wrong),
            escaped(query)
        ),
    )
}

fn html(status: u16, body: String) -> Answer {
    let text = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Sign in</title></head><body><main>\
         <h1>Sign in to the emulated tenant</h1>{body}</main></body></html>"
    );
    Answer { body: Payload::Html(text), ..plain(status, Value::Null) }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
