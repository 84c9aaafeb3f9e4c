//! The grammar of `$filter`, as much of it as directory objects take.

use super::filter::{Filter, Literal, Test};
use crate::errors::Refusal;

/// Parses a filter.
pub(crate) fn parse(text: &str) -> Result<Filter, Refusal> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, next: 0 };
    let filter = parser.alternatives()?;
    match parser.tokens.get(parser.next) {
        None => Ok(filter),
        Some(token) => Err(invalid(&format!("unexpected {token:?}"))),
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Open,
    Close,
    Comma,
    Colon,
}

struct Parser<'a> {
    tokens: &'a [Token],
    next: usize,
}

impl Parser<'_> {
    fn alternatives(&mut self) -> Result<Filter, Refusal> {
        let mut parts = vec![self.conjunction()?];
        while self.word("or") {
            parts.push(self.conjunction()?);
        }
        Ok(flatten(parts, Filter::Or))
    }

    fn conjunction(&mut self) -> Result<Filter, Refusal> {
        let mut parts = vec![self.factor()?];
        while self.word("and") {
            parts.push(self.factor()?);
        }
        Ok(flatten(parts, Filter::And))
    }

    fn factor(&mut self) -> Result<Filter, Refusal> {
        if self.word("not") {
            return Ok(Filter::Not(Box::new(self.factor()?)));
        }
        if self.take(&Token::Open) {
            let inner = self.alternatives()?;
            self.expect(&Token::Close)?;
            return Ok(inner);
        }
        let name = self.name()?;
        if let Some(property) = name.strip_suffix("/any") {
            return self.any(property);
        }
        if self.take(&Token::Open) {
            return self.function(&name);
        }
        let test = self.comparison()?;
        Ok(Filter::Test { property: name, test })
    }

    fn any(&mut self, property: &str) -> Result<Filter, Refusal> {
        self.expect(&Token::Open)?;
        let variable = self.name()?;
        self.expect(&Token::Colon)?;
        let inner = self.factor()?;
        self.expect(&Token::Close)?;
        match inner {
            Filter::Test { property: named, test } if named == variable => {
                Ok(Filter::Any { property: property.to_owned(), test })
            }
            _ => Err(invalid("only one comparison of the variable is supported inside any()")),
        }
    }

    fn function(&mut self, name: &str) -> Result<Filter, Refusal> {
        let property = self.name()?;
        self.expect(&Token::Comma)?;
        let Literal::Text(text) = self.literal()? else {
            return Err(invalid("the second argument must be a string"));
        };
        self.expect(&Token::Close)?;
        let test = match name {
            "startsWith" | "startswith" => Test::StartsWith(text),
            "endsWith" | "endswith" => Test::EndsWith(text),
            other => return Err(invalid(&format!("unknown function '{other}'"))),
        };
        Ok(Filter::Test { property, test })
    }

    fn comparison(&mut self) -> Result<Test, Refusal> {
        let operator = self.name()?;
        match operator.as_str() {
            "eq" => Ok(Test::Equal(self.literal()?)),
            "ne" => Ok(Test::Unequal(self.literal()?)),
            "in" => {
                self.expect(&Token::Open)?;
                let mut literals = vec![self.literal()?];
                while self.take(&Token::Comma) {
                    literals.push(self.literal()?);
                }
                self.expect(&Token::Close)?;
                Ok(Test::In(literals))
            }
            other => Err(invalid(&format!("operator '{other}' is not supported"))),
        }
    }

    fn literal(&mut self) -> Result<Literal, Refusal> {
        let token = self.tokens.get(self.next).cloned();
        self.next += 1;
        match token {
            Some(Token::Text(text)) => Ok(Literal::Text(text)),
            Some(Token::Word(word)) => match word.as_str() {
                "true" => Ok(Literal::Flag(true)),
                "false" => Ok(Literal::Flag(false)),
                "null" => Ok(Literal::Null),
                other => Err(invalid(&format!("'{other}' is not a literal"))),
            },
            _ => Err(invalid("a literal is missing")),
        }
    }

    fn name(&mut self) -> Result<String, Refusal> {
        match self.tokens.get(self.next) {
            Some(Token::Word(word)) => {
                self.next += 1;
                Ok(word.clone())
            }
            _ => Err(invalid("a name is missing")),
        }
    }

    fn word(&mut self, word: &str) -> bool {
        self.take(&Token::Word(word.to_owned()))
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.tokens.get(self.next) == Some(token);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, token: &Token) -> Result<(), Refusal> {
        if self.take(token) { Ok(()) } else { Err(invalid(&format!("expected {token:?}"))) }
    }
}

fn flatten(mut parts: Vec<Filter>, wrap: impl Fn(Vec<Filter>) -> Filter) -> Filter {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            wrap(parts)
        }
        None => wrap(parts),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let used = match first {
            ' ' => 1,
            '(' | ')' | ',' | ':' => {
                tokens.push(match first {
                    '(' => Token::Open,
                    ')' => Token::Close,
                    ',' => Token::Comma,
                    _ => Token::Colon,
                });
                1
            }
            '\'' => {
                let (string, used) = quoted(rest)?;
                tokens.push(Token::Text(string));
                used
            }
            _ => {
                let end = rest.find(|c| " (),:'".contains(c)).unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..end].to_owned()));
                end
            }
        };
        rest = &rest[used..];
    }
    Ok(tokens)
}

/// A string in quotes, a quote inside it doubled, and how many bytes it took.
fn quoted(text: &str) -> Result<(String, usize), Refusal> {
    let mut string = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((index, character)) = characters.next() {
        match (character, characters.peek()) {
            ('\'', Some((_, '\''))) => {
                characters.next();
                string.push('\'');
            }
            ('\'', _) => return Ok((string, index + 1)),
            (other, _) => string.push(other),
        }
    }
    Err(invalid("a string has no end"))
}

fn invalid(reason: &str) -> Refusal {
    Refusal::named(400, "BadRequest", format!("Invalid filter clause: {reason}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubled_quote_is_one_quote() {
        let filter = parse("mail eq 'o''neil@contoso.example'").expect("it is a filter");
        let expected = Test::Equal(Literal::Text("o'neil@contoso.example".to_owned()));
        assert_eq!(filter, Filter::Test { property: "mail".to_owned(), test: expected });
    }

    #[test]
    fn and_binds_closer_than_or() {
        let filter = parse("mail eq 'a' or mail eq 'b' and accountEnabled eq true").expect("it is a filter");
        assert!(matches!(filter, Filter::Or(parts) if matches!(parts[1], Filter::And(_))));
    }

    #[test]
    fn what_is_not_a_filter_is_refused() {
        for text in ["mail eq", "mail eq 'a", "(mail eq 'a'", "mail like 'a'", "mail eq 'a' mail", ""] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
