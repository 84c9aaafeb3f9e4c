//! Names within commands that are shown to be copied.

use std::fmt;

/// A text as one word of a command: between double quotation marks, as POSIX shells and PowerShell have them, or between single ones
/// as POSIX has them where a shell would make something of what stands between double ones. Who may name a list must not have a
/// command run by whoever copies a line.
#[derive(Debug, Clone, Copy)]
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text) = self;
        match text.contains(['"', '$', '`', '\\', '!']) {
            true => write!(f, "'{}'", text.replace('\'', r"'\''")),
            false => write!(f, "\"{text}\""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_shell_makes_anything_of_a_name() {
        for (name, word) in [
            ("News", "\"News\""),
            ("Inner circle's", "\"Inner circle's\""),
            ("a\"b$(id)", "'a\"b$(id)'"),
            ("It's $HOME `x`", r"'It'\''s $HOME `x`'"),
            ("wow!", "'wow!'"),
            (r"a\b", r"'a\b'"),
        ] {
            assert_eq!(Quoted(name).to_string(), word);
        }
    }
}
