//! Forms over what is kept already, such as settings: each field carries what it showed first. Only what somebody changed is
//! sent, so that a form that was opened long ago takes nothing back that others have changed meanwhile.

use maud::{Markup, html};

use crate::form::Form;

/// What the name of a field begins with that says what another one showed first.
pub(crate) const WAS: &str = "was.";

/// A form over what is kept.
pub(crate) struct Edit<'a> {
    sent: &'a Form,
    /// The same fields as they are kept now.
    kept: &'a Form,
}

impl<'a> Edit<'a> {
    pub(crate) fn new(sent: &'a Form, kept: &'a Form) -> Self {
        Self { sent, kept }
    }

    /// Whether others changed to something else what is changed here too: neither is the one that was meant.
    pub(crate) fn is_in_conflict(&self) -> bool {
        let names = self.kept.sent().map(|(name, _)| name.as_str());
        names
            .filter(|name| is_changed(self.sent, name) && self.moved(name).is_some())
            .any(|name| !is_alike(self.sent.get(name), self.kept.get(name)))
    }

    /// What a field is now, where others have changed it since it was shown.
    pub(crate) fn moved(&self, name: &str) -> Option<&'a str> {
        let (first, now) = (shown_first(self.sent, name)?, self.kept.get(name));
        (!is_alike(first, now)).then_some(now)
    }

    /// The form to be shown again after a conflict: what was typed stays, and is of what is kept now. What was not touched is as
    /// it is now.
    pub(crate) fn again(&self) -> Form {
        let fields = self.kept.sent().flat_map(|(name, now)| {
            let value = if is_changed(self.sent, name) { self.sent.get(name) } else { now };
            [(name.clone(), value.to_owned()), (format!("{WAS}{name}"), now.clone())]
        });
        Form::from_iter(fields)
    }
}

/// Whether a field says something else than it showed first. What was sent with nothing of that kind was changed.
pub(crate) fn is_changed(form: &Form, name: &str) -> bool {
    match (form.given(name), shown_first(form, name)) {
        (Some(value), Some(first)) => !is_alike(value, first),
        (Some(_), None) => true,
        (None, _) => false,
    }
}

/// What the fields of a form carry: what each showed first.
pub(crate) fn carried(form: &Form, kept: &Form) -> Markup {
    html! {
        @for (name, now) in kept.sent() {
            input type="hidden" name={ (WAS) (name) } value=(shown_first(form, name).unwrap_or(now));
        }
    }
}

fn shown_first<'a>(form: &'a Form, name: &str) -> Option<&'a str> {
    form.given(&format!("{WAS}{name}"))
}

/// A browser ends lines in its own way (HTML, section 4.10.21.4), and space around them says nothing.
fn is_alike(one: &str, other: &str) -> bool {
    let lines = |text: &'_ str| -> Vec<String> {
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    lines(one) == lines(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Form {
        Form::read(text.as_bytes())
    }

    #[test]
    fn a_field_is_changed_where_it_says_something_else_than_it_showed() {
        let sent = form("a=1&was.a=1&b=2&was.b=1&c=x%0D%0Ay&was.c=x%0Ay&d=1&was.e=1");
        let changed = ["a", "b", "c", "d", "e"].map(|name| is_changed(&sent, name));
        assert_eq!(changed, [false, true, false, true, false]);
    }

    #[test]
    fn only_what_both_changed_to_something_else_is_in_conflict() {
        let sent = form("a=1&was.a=1&b=2&was.b=1");
        for (kept, is_in_conflict) in
            [("a=1&b=1", false), ("a=9&b=1", false), ("a=1&b=2", false), ("a=1&b=9", true)]
        {
            assert_eq!(Edit::new(&sent, &form(kept)).is_in_conflict(), is_in_conflict, "{kept}");
        }
    }

    #[test]
    fn after_a_conflict_what_was_typed_stays_and_the_rest_is_as_it_is_now() {
        let (sent, kept) = (form("a=1&was.a=1&b=2&was.b=1"), form("a=8&b=9"));
        let edit = Edit::new(&sent, &kept);
        let again = edit.again();
        assert_eq!(["a", "b", "was.a", "was.b"].map(|name| again.get(name)), ["8", "2", "8", "9"]);
        assert_eq!((edit.moved("a"), edit.moved("b")), (Some("8"), Some("9")));
        assert!(!Edit::new(&again, &kept).is_in_conflict(), "sent again it is meant");
    }
}
