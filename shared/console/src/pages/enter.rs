//! The way to the directory and back: who comes back proved is signed in.

use std::time::Duration;

use axum::{
    extract::State,
    http::{StatusCode, request::Parts},
    response::{IntoResponse as _, Redirect, Response},
};
use listsync_core::{
    audit::Actor,
    grant::{Grant, Lists},
    schedule::later,
};
use listsync_engine::{
    colleagues,
    ports::{Call, Fault, Meter, PortError, Proven, SignInAnswer, SignInQuestion},
};
use listsync_http::{Problem, operations::Who};

use super::sign_in::{own_path, set_cookie};
use crate::{
    Console,
    answer::{self, refused},
    entrance::{self, Entrance, Errand, verbs},
    form::Form,
    owners::{self, Owned},
    session::{Session, Source},
    visit::cookie,
};

/// So long the directory may take for one step.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sends a browser to the directory.
pub(crate) async fn go(State(console): State<Console>, parts: Parts) -> Response {
    answered(went(&console, &parts).await)
}

/// Where the directory sends it back to.
pub(crate) async fn back(State(console): State<Console>, parts: Parts) -> Response {
    let mut response = answered(came(&console, &parts).await);
    // Whatever came of it, it is over.
    set_cookie(&mut response, &entrance::no_cookie());
    response
}

fn answered(result: Result<Response, Problem>) -> Response {
    result.unwrap_or_else(refused)
}

fn entrance<'a>(console: &'a Console, parts: &Parts) -> Result<&'a Entrance, Problem> {
    let client = console.operations.client(&parts.extensions, &parts.headers);
    console.operations.admit_stranger(client)?;
    console.entrance.as_ref().ok_or_else(|| {
        let detail = "nobody signs in here by the directory";
        Problem::new(StatusCode::NOT_FOUND, "no_entrance", detail)
            .hint("set LISTSYNC_CONSOLE_CLIENT_ID, or sign in on the machine itself: listsync console")
    })
}

async fn went(console: &Console, parts: &Parts) -> Result<Response, Problem> {
    let entrance = entrance(console, parts)?;
    let query = Form::read(parts.uri.query().unwrap_or_default().as_bytes());
    let (errand, now, meter) = (Errand::begin(), console.now(), Meter::default());
    let hint = signed_in_as(console, parts).await?;
    let question = SignInQuestion {
        state: &errand.state(own_path(query.get("to")), now),
        nonce: &errand.nonce(),
        challenge: &errand.challenge(),
        redirect: entrance.redirect(),
        hint: hint.as_deref(),
    };
    let call = Call { until: later(now, PATIENCE), meter: &meter };
    let address = entrance.sign_ins().address(call, question).await?;
    let mut response = Redirect::to(&address).into_response();
    set_cookie(&mut response, &errand.cookie(entrance.secure()));
    Ok(response)
}

/// The name that whoever is signed in here signed in with at the directory.
async fn signed_in_as(console: &Console, parts: &Parts) -> Result<Option<String>, Problem> {
    let Some(session) = current(console, parts).await? else { return Ok(None) };
    let Actor::Person(number) = &session.holder.actor else { return Ok(None) };
    let colleague = colleagues::find(console.service(), number).await?;
    Ok(colleague.map(|colleague| colleague.address))
}

/// The session of this browser, however long ago its holder proved who they are.
async fn current(console: &Console, parts: &Parts) -> Result<Option<Session>, Problem> {
    let seen = console.service().seen.as_ref();
    Ok(Session::of_cookie(seen, &parts.headers, console.now()).await?)
}

async fn came(console: &Console, parts: &Parts) -> Result<Response, Problem> {
    let entrance = entrance(console, parts)?;
    let query = Form::read(parts.uri.query().unwrap_or_default().as_bytes());
    let (seen, now) = (console.service().seen.as_ref(), console.now());
    let errand = cookie(&parts.headers, entrance::COOKIE).and_then(Errand::of).ok_or_else(not_asked)?;
    let to = errand.answered(seen, query.get("state"), now).await?.ok_or_else(not_asked)?;
    if query.get("code").is_empty() {
        let detail = "Microsoft Entra ID did not sign you in";
        return Err(Problem::new(StatusCode::FORBIDDEN, "sign_in_refused", detail).hint(
            "sign in again; if it stays so, ask the administrator whether you are assigned to the app",
        ));
    }
    let answer = SignInAnswer {
        code: query.get("code"),
        verifier: &errand.verifier(),
        nonce: &errand.nonce(),
        redirect: entrance.redirect(),
    };
    let meter = Meter::default();
    let call = Call { until: later(now, PATIENCE), meter: &meter };
    let proven = entrance.sign_ins().redeem(call, answer).await.map_err(unproven)?;
    let session = session_of(console, parts, &proven).await?;
    let mut response = answer::to(own_path(&to));
    set_cookie(&mut response, &format!("{}{}", session.cookie(now), entrance.secure()));
    Ok(response)
}

/// The session of somebody who proved who they are: theirs in this browser, or a new one.
async fn session_of(console: &Console, parts: &Parts, proven: &Proven) -> Result<Session, Problem> {
    let (seen, now) = (console.service().seen.as_ref(), console.now());
    let former = current(console, parts).await?;
    let (grant, source) = match granted(console, proven).await {
        Ok(granted) => granted,
        Err(problem) => {
            // Who has nothing to do here any more is not signed in either.
            if let Some(former) = former.filter(|_| problem.code == no_role().code) {
                former.end(seen).await?;
            }
            return Err(problem);
        }
    };
    let actor = Actor::Person(colleagues::note(console.service(), proven).await?);
    match former {
        Some(same) if same.holder.actor == actor => Ok(same.proven_again(seen, grant, source, now).await?),
        former => {
            // Whoever was signed in here is not any more.
            if let Some(former) = former {
                former.end(seen).await?;
            }
            Ok(Session::begin(seen, Who { actor, grant }, source, now).await?)
        }
    }
}

/// What somebody may do: by their roles on all lists; without one, on the lists of groups that they own.
async fn granted(console: &Console, proven: &Proven) -> Result<(Grant, Source), Problem> {
    let verbs = verbs(&proven.roles);
    if !verbs.is_empty() {
        return Ok((Grant { verbs, lists: Lists::All }, Source::Role));
    }
    let Owned { lists, .. } = console.owners.owned_by(console.service(), &proven.object).await?;
    if lists.is_empty() {
        return Err(no_role());
    }
    Ok((owners::grant(lists), Source::Owner))
}

/// The refusal of somebody who is known and has nothing to do here.
pub(crate) fn no_role() -> Problem {
    let detail = "you have no role in listsync, and own no group that a list is linked to";
    Problem::new(StatusCode::FORBIDDEN, "no_role", detail).hint(
        "ask an administrator of Microsoft Entra ID to assign you a role: Enterprise applications > the app > Users and groups; \
         or the owner of the group to make you one",
    )
}

fn not_asked() -> Problem {
    let detail = "this sign-in was not begun in this browser, came before, or took longer than ten minutes";
    Problem::new(StatusCode::FORBIDDEN, "sign_in_refused", detail)
        .hint("sign in again, and allow cookies of this site")
}

/// What the proof lacks is the visitor's to hear; what the settings lack is told as it is.
fn unproven(error: PortError) -> Problem {
    let is_visitors = error.fault == Fault::Rejected;
    tracing::warn!(code = error.code, hint = error.hint, "nobody was signed in: {error}");
    let mut problem = Problem::from(error);
    if is_visitors {
        problem.status = StatusCode::FORBIDDEN;
    }
    problem
}
