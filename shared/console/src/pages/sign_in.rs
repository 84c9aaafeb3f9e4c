//! Signing in by a link, and out.

use std::net::IpAddr;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header, request::Parts},
    response::Response,
};
use listsync_http::Problem;
use maud::{Markup, html};
use url::{Host, Url};

use crate::{
    Console,
    answer::{self, document, refused},
    form::Form,
    frame,
    parts::token,
    session::{COOKIE, Session},
    visit::{Visit, foreign, is_of_own_page},
};

/// Where somebody signs in who asked for a page.
pub(crate) fn first(wanted: &Uri) -> String {
    let path = wanted.path_and_query().map_or("/", |path| path.as_str());
    crate::parts::url("/sign-in", [("to", path)])
}

/// Where somebody goes who is signed in and has to prove again who they are, to come back to the page that they asked for.
pub(crate) fn anew(console: &Console, wanted: &Uri) -> String {
    let path = wanted.path_and_query().map_or("/", |path| path.as_str());
    if console.entrance.is_some() { by_directory(path) } else { first(wanted) }
}

/// Where somebody goes who signs in by the directory.
fn by_directory(to: &str) -> String {
    crate::parts::url("/sign-in/directory", [("to", to)])
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
            @if console.entrance.is_some() {
                p.lead { a.button.primary href=(by_directory(query.get("to"))) { "Sign in with Microsoft Entra ID" } }
                p { "Or, on the machine that runs listsync, type " code { "listsync console" } " and open the link that it prints." }
            } @else {
                p.lead { "On the machine that runs listsync, type " code { "listsync console" } " and open the link that it prints." }
            }
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
    if !is_of_this_machine(client, &parts.headers) {
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
    set_cookie(&mut response, &session.cookie(console.now()));
    Ok(response)
}

/// What a proxy adds to a request that it passes on (RFC 7239; RFC 9110, section 7.6.3).
const PASSED_ON: [&str; 3] = ["forwarded", "x-forwarded-for", "via"];

/// Whether a request was made on this machine. A proxy beside the program connects from loopback whoever asks it, so that the
/// connection alone does not tell: what was passed on is not of this machine, nor is a page under a name that others can open.
fn is_of_this_machine(client: Option<IpAddr>, headers: &HeaderMap) -> bool {
    client.is_some_and(|client| client.is_loopback())
        && PASSED_ON.iter().all(|name| !headers.contains_key(*name))
        && headers.get_all(header::ORIGIN).iter().all(is_loopback_origin)
}

fn is_loopback_origin(origin: &HeaderValue) -> bool {
    let url = origin.to_str().ok().and_then(|text| Url::parse(text).ok());
    url.is_some_and(|url| match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    })
}

/// Ends the session, however long ago its holder proved who they are.
pub(crate) async fn leave(State(console): State<Console>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match left(&console, &parts, body).await {
        Ok(()) => {
            let mut response = answer::to("/sign-in");
            set_cookie(&mut response, &format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"));
            response
        }
        Err(problem) => refused(problem),
    }
}

async fn left(console: &Console, parts: &Parts, body: Body) -> Result<(), Problem> {
    let client = console.operations.client(&parts.extensions, &parts.headers);
    console.operations.admit_stranger(client)?;
    let form = Form::read(&console.operations.form(body).await?);
    let seen = console.service().seen.as_ref();
    let Some(session) = Session::of_cookie(seen, &parts.headers, console.now()).await? else { return Ok(()) };
    if !is_of_own_page(&parts.headers) || !session.is_form_token(form.get("token")) {
        return Err(foreign());
    }
    Ok(session.end(seen).await?)
}

pub(super) fn set_cookie(response: &mut Response, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// A page of this host and no other: a browser takes two slashes, or a slash and a backslash, for another host's name.
pub(super) fn own_path(text: &str) -> &str {
    let is_own = text.starts_with('/')
        && !text[1..].starts_with(['/', '\\'])
        && !text.contains(|c: char| c.is_control() || c == '\\');
    if is_own { text } else { "/" }
}

/// So many bytes of a form are given back at most to whoever is not signed in.
const GIVEN_BACK: usize = 64 * 1024;

/// What was typed when the session had ended: nothing is lost, and nothing is done before somebody is signed in.
pub(crate) fn lost(console: &Console, path: &Uri, form: &Form) -> Response {
    if form.size() > GIVEN_BACK {
        let detail = "you are not signed in any more, and this form is too large to be kept on a page";
        return refused(
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
                .hint("nothing was changed: go back to the form in your browser, sign in in another window, and send it again"),
        );
    }
    let body = html! {
        p.lead { "You are not signed in any more. Nothing was changed, and what you typed is kept on this page." }
        @if console.entrance.is_some() {
            p { a href=(by_directory("/")) target="_blank" { "Sign in in another window" } ". Then come back, and go on." }
        } @else {
            p { "Sign in in another window: type " code { "listsync console" } " and open the link that it prints. Then come back, and go on." }
        }
        (again(path.path(), form, &html! {}))
    };
    document(StatusCode::UNAUTHORIZED, frame::bare("Sign in, then go on", &body))
}

/// The same where the session goes on once its holder has proved again who they are: the form can be sent as it is then.
pub(crate) fn unproven(console: &Console, session: &Session, path: &Uri, form: &Form) -> Response {
    if console.entrance.is_none() || !session.is_form_token(form.get("token")) {
        return lost(console, path, form);
    }
    let body = html! {
        p.lead { "It is more than a quarter of an hour ago that Microsoft Entra ID said who you are. Nothing was changed, and what you typed is kept on this page." }
        p { a href=(by_directory("/")) target="_blank" { "Sign in again in another window" } ". Then come back, and go on." }
        (again(path.path(), form, &html! { input type="hidden" name="token" value=(session.form_token()); }))
    };
    document(StatusCode::UNAUTHORIZED, frame::bare("Sign in again, then go on", &body))
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
            @for (name, value) in form.sent() { input type="hidden" name=(name) value=(value); }
            div { button.primary { "Send it" } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_this_machine_is_at_a_loopback_address_or_localhost() {
        for own in ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:9000", "http://127.0.0.2"] {
            assert!(is_loopback_origin(&HeaderValue::from_static(own)), "{own}");
        }
        for other in
            ["null", "", "https://lists.contoso.example", "http://localhost.evil.example", "http://10.0.0.1"]
        {
            assert!(!is_loopback_origin(&HeaderValue::from_static(other)), "{other}");
        }
    }

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
