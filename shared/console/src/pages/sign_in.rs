//! Signing in by a link, and out.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, Uri, header},
    response::Response,
};
use listsync_http::Problem;
use maud::{Markup, html};

use crate::{
    Console,
    answer::{self, document, refused},
    form::Form,
    frame::{self, Here},
    parts::token,
    session::{COOKIE, Session},
    visit::{Posted, Visit, foreign, is_of_own_page},
};

/// Where somebody signs in who asked for a page.
pub(crate) fn first(wanted: &Uri) -> String {
    let path = wanted.path_and_query().map_or("/", |path| path.as_str());
    crate::parts::url("/sign-in", [("to", path)])
}

/// The page that a link leads to: whoever has it signs in by a button, so that nothing which only looks at links uses it up.
pub(crate) async fn ask(State(console): State<Console>, request: Request) -> Response {
    let client = console.operations.client(request.extensions(), request.headers());
    if let Err(problem) = console.operations.admit_stranger(client) {
        return refused(problem);
    }
    let query = Form::read(request.uri().query().unwrap_or_default().as_bytes());
    let body = html! {
        @if query.get("link").is_empty() {
            p.lead { "On the machine that runs listsync, type " code { "listsync console" } " and open the link that it prints." }
            p.quiet { "The link is good once, for five minutes, and on that machine alone." }
        } @else {
            p.lead { "You will be signed in as whoever has the command line of this machine, for nine hours at most." }
            form method="post" action="/sign-in" {
                input type="hidden" name="link" value=(query.get("link"));
                input type="hidden" name="to" value=(query.get("to"));
                button.primary { "Sign in" }
            }
        }
    };
    document(StatusCode::OK, frame::bare("Sign in", &body))
}

/// Signs in whoever has a link that is good, on the machine itself.
pub(crate) async fn enter(State(console): State<Console>, request: Request) -> Response {
    match entered(&console, request).await {
        Ok(response) => response,
        Err(problem) => refused(problem),
    }
}

async fn entered(console: &Console, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let client = console.operations.client(&parts.extensions, &parts.headers);
    console.operations.admit_stranger(client)?;
    if !is_of_own_page(&parts.headers) {
        return Err(foreign());
    }
    // A link is printed on the machine's own terminal. Who brings it from elsewhere has found it.
    if !client.is_some_and(|client| client.is_loopback()) {
        let detail = "a link of 'listsync console' signs in on the machine that printed it, and nowhere else";
        return Err(Problem::new(StatusCode::FORBIDDEN, "not_here", detail)
            .hint("open it in a browser of that machine, or forward its port to yours with ssh -L"));
    }
    let form = Form::read(&console.operations.form(body).await?);
    let seen = console.service().seen.as_ref();
    let Some(session) = Session::by_link(seen, form.get("link"), console.now()).await? else {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "link_used",
            "this link was used before, or is older than five minutes",
        )
        .hint("type 'listsync console' for another"));
    };
    let mut response = answer::to(own_path(form.get("to")));
    set_cookie(&mut response, &session.cookie());
    Ok(response)
}

/// Ends the session.
pub(crate) async fn leave(Posted { visit, .. }: Posted) -> Response {
    if let Err(error) = visit.session.end(visit.console.service().seen.as_ref()).await {
        return answer::refusal(&visit, Here::Status, error.into());
    }
    let mut response = answer::to("/sign-in");
    set_cookie(&mut response, &format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"));
    response
}

fn set_cookie(response: &mut Response, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
}

/// A page of this host and no other: a browser takes two slashes, or a slash and a backslash, for another host's name.
fn own_path(text: &str) -> &str {
    let is_own = text.starts_with('/')
        && !text[1..].starts_with(['/', '\\'])
        && !text.contains(|c: char| c.is_control() || c == '\\');
    if is_own { text } else { "/" }
}

/// What was typed when the session had ended: nothing is lost, and nothing is done before somebody is signed in.
pub(crate) fn lost(path: &Uri, form: &Form) -> Response {
    let body = html! {
        p.lead { "You are not signed in any more. Nothing was changed, and what you typed is kept on this page." }
        p { "Sign in in another window: type " code { "listsync console" } " and open the link that it prints. Then come back, and go on." }
        (again(path.path(), form, &html! {}))
    };
    document(StatusCode::UNAUTHORIZED, frame::bare("Sign in, then go on", &body))
}

/// The same where somebody is signed in by now, and the form is of an earlier session.
pub(crate) fn send_again(visit: &Visit, form: &Form) -> Response {
    let body = html! {
        p.lead { "This form is of an earlier sign-in. Nothing was changed yet: look at it, and send it again." }
        (again(visit.uri.path(), form, &token(visit)))
    };
    document(StatusCode::CONFLICT, frame::bare("Send it again?", &body))
}

fn again(path: &str, form: &Form, token: &Markup) -> Markup {
    html! {
        form.stack-3 method="post" action=(path) {
            (token)
            dl.facts {
                @for (name, value) in form.typed() { dt { (name) } dd { bdi { (value) } } }
            }
            @for (name, value) in form.typed() { input type="hidden" name=(name) value=(value); }
            div { button.primary { "Send it" } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_no_other_host() {
        for own in ["/", "/lists?q=a", "/runs/1#members"] {
            assert_eq!(own_path(own), own);
        }
        for odd in ["", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "lists"] {
            assert_eq!(own_path(odd), "/", "{odd}");
        }
    }
}
