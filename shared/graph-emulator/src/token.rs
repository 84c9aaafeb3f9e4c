//! The token endpoint of Entra ID, and the check of the tokens it issued.
//!
//! Shapes and codes from "Microsoft identity platform and the OAuth 2.0 client credentials flow" and "Microsoft Entra
//! authentication and authorization error codes".

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::access::Caller;
use crate::apps::{App, BadAssertion};
use crate::clock::millis;
use crate::errors::Refusal;
use crate::people_sign_in::{self, NotTaken};
use crate::state::date_time;
use crate::world::World;

const GRAPH: &str = "https://graph.microsoft.com";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The answer of the token endpoint.
pub(crate) struct TokenAnswer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// Who is asked, and what was sent.
pub(crate) struct TokenRequest<'a> {
    pub(crate) tenant: &'a str,
    /// `https://host` as the client addressed it.
    pub(crate) origin: &'a str,
    pub(crate) form: &'a [u8],
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    aud: String,
    iss: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    appid: String,
    oid: String,
    sub: String,
    tid: String,
    idtyp: String,
    /// Left out where no application permission was consented to ("Access token claims reference").
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    roles: Vec<String>,
    ver: String,
}

#[derive(Debug)]
struct Problem {
    status: u16,
    error: &'static str,
    code: u32,
    text: String,
}

/// Answers a request for a token.
pub(crate) fn issue(world: &mut World, request: &TokenRequest<'_>) -> TokenAnswer {
    match try_issue(world, request) {
        Ok(body) => TokenAnswer { status: 200, body },
        Err(problem) => TokenAnswer { status: problem.status, body: problem.body(world) },
    }
}

fn try_issue(world: &mut World, request: &TokenRequest<'_>) -> Result<Value, Problem> {
    if !world.is_tenant(request.tenant) {
        return Err(Problem::new(
            400,
            "invalid_request",
            90_002,
            format!(
                "Tenant '{}' not found. Check to make sure you have the correct tenant ID and are signing into the \
                 correct cloud.",
                request.tenant
            ),
        ));
    }
    let form: Vec<(String, String)> = form_urlencoded::parse(request.form).into_owned().collect();
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let required = |name: &str| {
        field(name).ok_or_else(|| {
            Problem::new(
                400,
                "invalid_request",
                900_144,
                format!("The request body must contain the following parameter: '{name}'."),
            )
        })
    };
    let grant_type = required("grant_type")?;
    if !["client_credentials", "authorization_code"].contains(&grant_type) {
        return Err(Problem::new(
            400,
            "unsupported_grant_type",
            70_003,
            "The app requested an unsupported grant type.",
        ));
    }
    let client = required("client_id")?;
    let app = world.apps.iter().find(|app| client.parse() == Ok(app.client_id)).ok_or_else(|| {
        Problem::new(
            400,
            "unauthorized_client",
            700_016,
            format!(
                "Application with identifier '{client}' was not found in the directory '{}'.",
                world.tenant.id
            ),
        )
    })?;
    let app = app.clone();
    authenticate(world, &app, request, &field)?;
    if grant_type == "authorization_code" {
        required("code")?;
        return people_sign_in::redeem(world, &app, request.origin, &field)
            .map_err(|NotTaken(code, text)| Problem::new(400, "invalid_grant", code, text));
    }
    let audience = audience(required("scope")?, request.origin)?;
    Ok(grant(world, &app, &audience))
}

fn authenticate<'a>(
    world: &World,
    app: &App,
    request: &TokenRequest<'_>,
    field: &impl Fn(&str) -> Option<&'a str>,
) -> Result<(), Problem> {
    let invalid = |code: u32, text: String| Problem::new(401, "invalid_client", code, text);
    if let Some(secret) = field("client_secret") {
        if app.secrets.iter().any(|known| known == secret) {
            return Ok(());
        }
        let text = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
             not the client secret ID, for a secret added to app '{}'.",
            app.client_id
        );
        return Err(invalid(7_000_215, text));
    }
    let Some(assertion) = field("client_assertion") else {
        let text =
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
        return Err(invalid(7_000_218, text.to_owned()));
    };
    if field("client_assertion_type") != Some(ASSERTION_TYPE) {
        let text = "The request body must contain the following parameter: 'client_assertion_type'.";
        return Err(Problem::new(400, "invalid_request", 900_144, text));
    }
    let audience = format!("{}/{}/oauth2/v2.0/token", request.origin, request.tenant);
    app.accepts(assertion, &audience, world.clock.now_ms() / 1_000).map_err(|bad| match bad {
        BadAssertion::Malformed => invalid(50_027, "JWT token is invalid or malformed.".to_owned()),
        BadAssertion::OutOfRange => invalid(
            700_024,
            "Client assertion is not within its valid time range or not for this audience.".to_owned(),
        ),
        BadAssertion::UnknownSubject => invalid(
            700_213,
            "No matching federated identity record found for presented assertion subject.".to_owned(),
        ),
        BadAssertion::UnknownKey => invalid(
            700_027,
            "Client assertion failed signature validation. The key was not found by its thumbprint."
                .to_owned(),
        ),
    })
}

/// The audience that a scope asks for: Graph under its own name, or the emulator's.
fn audience(scope: &str, origin: &str) -> Result<String, Problem> {
    let resource = scope.strip_suffix("/.default").map(|resource| resource.trim_end_matches('/'));
    match resource {
        Some(resource) if resource == GRAPH || resource == origin => Ok(resource.to_owned()),
        Some(resource) => Err(Problem::new(
            400,
            "invalid_resource",
            500_011,
            format!("The resource principal named {resource} was not found in the tenant."),
        )),
        None => Err(Problem::new(
            400,
            "invalid_scope",
            1_002_012,
            format!(
                "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."
            ),
        )),
    }
}

fn grant(world: &World, app: &App, audience: &str) -> Value {
    let now = world.clock.now_ms() / 1_000;
    let life = millis(world.settings.access_token_life) / 1_000;
    let claims = Claims {
        aud: audience.to_owned(),
        iss: format!("https://sts.windows.net/{}/", world.tenant.id),
        iat: now,
        nbf: now,
        exp: now + life,
        appid: app.client_id.to_string(),
        oid: app.service_principal.to_string(),
        sub: app.service_principal.to_string(),
        tid: world.tenant.id.to_string(),
        idtyp: "app".to_owned(),
        roles: app.roles.iter().cloned().collect(),
        ver: "1.0".to_owned(),
    };
    let key = EncodingKey::from_secret(&world.token_key);
    let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap_or_default();
    json!({"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": token})
}

/// The caller that an `Authorization` header stands for.
pub(crate) fn check(world: &World, header: Option<&str>, origin: &str) -> Result<Caller, Refusal> {
    let token = match header.map(|header| header.split_once(' ')) {
        None => return Err(Refusal::unauthenticated("Access token is empty.")),
        Some(Some((scheme, token))) if scheme.eq_ignore_ascii_case("bearer") => token,
        Some(_) => return Err(Refusal::unauthenticated("Access token is empty.")),
    };
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    validation.set_audience(&[GRAPH, origin]);
    let key = DecodingKey::from_secret(&world.token_key);
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation).map_err(|error| {
        Refusal::unauthenticated(match error.kind() {
            jsonwebtoken::errors::ErrorKind::InvalidAudience => {
                "Access token validation failure. Invalid audience."
            }
            jsonwebtoken::errors::ErrorKind::InvalidToken => "IDX14100: JWT is not well formed.",
            _ => "Signing key is invalid.",
        })
    })?;
    let claims = claims.claims;
    let now = world.clock.now_ms() / 1_000;
    if claims.exp <= now {
        return Err(Refusal::unauthenticated("Lifetime validation failed, the token is expired."));
    }
    Ok(Caller {
        app_id: claims.appid,
        service_principal: claims.oid.parse().unwrap_or_default(),
        roles: claims.roles.into_iter().collect(),
    })
}

impl Problem {
    fn new(status: u16, error: &'static str, code: u32, text: impl Into<String>) -> Self {
        Self { status, error, code, text: text.into() }
    }

    fn body(&self, world: &World) -> Value {
        let (trace, correlation) = (uuid::Uuid::new_v4().to_string(), uuid::Uuid::new_v4().to_string());
        let time = date_time(world.clock.now_ms()).replace('T', " ");
        json!({
            "error": self.error,
            "error_description": format!(
                "AADSTS{}: {} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {time}", self.code, self.text
            ),
            "error_codes": [self.code],
            "timestamp": time,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.code),
        })
    }
}
