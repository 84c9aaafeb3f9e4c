use listsync_http::Problem;
use maud::{Markup, html};

use super::anchor;
use crate::visit::Visit;

/// A text that is asked for.
pub(crate) struct Field<'a> {
    pub(crate) name: &'a str,
    pub(crate) label: &'a str,
    pub(crate) hint: &'a str,
    pub(crate) value: &'a str,
    /// What was wrong with the form that was sent before.
    pub(crate) wrong: Option<&'a Problem>,
    /// What others have made of it since it was shown; none: nothing.
    pub(crate) now: Option<&'a str>,
}

impl Field<'_> {
    fn id(&self) -> String {
        anchor(self.name)
    }

    fn error(&self) -> Option<&str> {
        let problem = self.wrong?;
        let field = problem.field.as_deref()?;
        (anchor(field) == self.id()).then_some(problem.detail.as_str())
    }

    fn described_by(&self) -> Option<String> {
        let id = self.id();
        let hint = (!self.hint.is_empty()).then(|| format!("{id}-hint"));
        let error = self.error().map(|_| format!("{id}-error"));
        let now = self.now.map(|_| format!("{id}-now"));
        let all: Vec<String> = hint.into_iter().chain(error).chain(now).collect();
        (!all.is_empty()).then(|| all.join(" "))
    }

    fn changed(&self, now: &str) -> Markup {
        html! {
            strong { "Changed by others meanwhile. " }
            @if now.is_empty() { "It is empty now." } @else { "It is now: " bdi { (now.lines().collect::<Vec<_>>().join(", ")) } }
        }
    }

    fn before(&self) -> Markup {
        let id = self.id();
        html! {
            label for=(id) { (self.label) }
            @if !self.hint.is_empty() { span.hint id={ (id) "-hint" } { (self.hint) } }
            @if let Some(error) = self.error() { span.error id={ (id) "-error" } { (error) } }
            @if let Some(now) = self.now { span.hint id={ (id) "-now" } { (self.changed(now)) } }
        }
    }
}

/// It, in one line.
pub(crate) fn field(field: &Field<'_>) -> Markup {
    let invalid = field.error().map(|_| "true");
    html! {
        p.field {
            (field.before())
            input.wide id=(field.id()) name=(field.name) value=(field.value) autocomplete="off"
                aria-invalid=[invalid] aria-describedby=[field.described_by()];
        }
    }
}

/// The same, in several lines.
pub(crate) fn area(field: &Field<'_>) -> Markup {
    let invalid = field.error().map(|_| "true");
    html! {
        p.field {
            (field.before())
            textarea id=(field.id()) name=(field.name) rows="3" aria-invalid=[invalid]
                aria-describedby=[field.described_by()] { (field.value) }
        }
    }
}

/// One of several values.
pub(crate) fn select(field: &Field<'_>, options: &[(&str, &str)]) -> Markup {
    let invalid = field.error().map(|_| "true");
    html! {
        p.field {
            (field.before())
            select id=(field.id()) name=(field.name) aria-invalid=[invalid] aria-describedby=[field.described_by()] {
                @for (value, words) in options {
                    option value=(value) selected[*value == field.value] { (words) }
                }
            }
        }
    }
}

/// One of several things that are told at length.
pub(crate) struct Choice<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: &'a str,
    pub(crate) is_chosen: bool,
    /// Why it cannot be chosen; empty: it can.
    pub(crate) barred: &'a str,
}

/// It, with what it says and what stands below it.
pub(crate) fn choice(choice: &Choice<'_>, label: &Markup, below: &Markup) -> Markup {
    let id = format!("{}-{}", anchor(choice.name), anchor(choice.value));
    html! {
        div.choice {
            input type="radio" id=(id) name=(choice.name) value=(choice.value) checked[choice.is_chosen]
                disabled[!choice.barred.is_empty()];
            label for=(id) {
                (label)
                @if !choice.barred.is_empty() { span.under { (choice.barred) } }
            }
            (below)
        }
    }
}

/// What every form carries.
pub(crate) fn token(visit: &Visit) -> Markup {
    html! { input type="hidden" name="token" value=(visit.session.form_token()); }
}

/// A form of one button: it does what it says.
pub(crate) fn button(visit: &Visit, action: &str, fields: &[(&str, &str)], inner: &Markup) -> Markup {
    html! {
        form method="post" action=(action) {
            (token(visit))
            @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
            (inner)
        }
    }
}

/// A quiet line.
pub(crate) fn hint(text: &str) -> Markup {
    html! { p.quiet.small { (text) } }
}
