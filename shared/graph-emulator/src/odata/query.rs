//! Query options: each is known and used, or refused.

use percent_encoding::percent_decode_str;

use crate::errors::Refusal;

/// The greatest `$top`.
pub(crate) const MAX_TOP: usize = 999;

/// The options of one request, decoded, with the text they came as.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    pairs: Vec<Pair>,
}

#[derive(Clone, Debug)]
struct Pair {
    raw: String,
    name: String,
    value: String,
}

impl Query {
    pub(crate) fn parse(raw: &str) -> Result<Self, Refusal> {
        let mut query = Self::default();
        for piece in raw.split('&').filter(|piece| !piece.is_empty()) {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            let (name, value) = (decode_form(name)?, decode_form(value)?);
            if query.get(&name).is_some() {
                return Err(Refusal::named(
                    400,
                    "BadRequest",
                    format!(
                        "Query option '{name}' was specified more than once, but it must be specified at most once."
                    ),
                ));
            }
            query.pairs.push(Pair { raw: piece.to_owned(), name, value });
        }
        Ok(query)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|pair| pair.name == name).map(|pair| pair.value.as_str())
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Refuses every option that is not in `known`, and values of `$count` that are neither true nor false.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        for pair in &self.pairs {
            if !known.contains(&pair.name.as_str()) {
                return Err(Refusal::unsupported_query(format!(
                    "The query option '{}' is not supported on this resource.",
                    pair.name
                )));
            }
        }
        match self.get("$count") {
            None | Some("true" | "false") => Ok(()),
            Some(other) => {
                Err(Refusal::named(400, "BadRequest", format!("Invalid value '{other}' for $count.")))
            }
        }
    }

    /// The options as sent, without those named.
    pub(crate) fn raw_without(&self, dropped: &[&str]) -> String {
        let kept: Vec<&str> = self
            .pairs
            .iter()
            .filter(|pair| !dropped.contains(&pair.name.as_str()))
            .map(|pair| pair.raw.as_str())
            .collect();
        kept.join("&")
    }

    /// The options decoded and ordered, without those named: equal for equal requests.
    pub(crate) fn canonical_without(&self, dropped: &[&str]) -> String {
        let mut kept: Vec<String> = self
            .pairs
            .iter()
            .filter(|pair| !dropped.contains(&pair.name.as_str()))
            .map(|pair| format!("{}={}", pair.name, pair.value))
            .collect();
        kept.sort();
        kept.join("&")
    }

    /// `$top`, between 1 and 999.
    pub(crate) fn top(&self) -> Result<Option<usize>, Refusal> {
        let Some(text) = self.get("$top") else { return Ok(None) };
        match text.parse::<usize>() {
            Ok(top) if (1..=MAX_TOP).contains(&top) => Ok(Some(top)),
            _ => Err(Refusal::bad_request(format!(
                "Invalid page size specified: '{text}'. Must be between 1 and {MAX_TOP} inclusive."
            ))),
        }
    }

    /// The names in `$select`, each one of `known`.
    pub(crate) fn select(&self, known: &[&str], type_name: &str) -> Result<Option<Vec<String>>, Refusal> {
        let Some(text) = self.get("$select") else { return Ok(None) };
        let mut names = Vec::new();
        for name in text.split(',').map(str::trim) {
            let Some(found) = known.iter().find(|known| known.eq_ignore_ascii_case(name)) else {
                return Err(Refusal::named(
                    400,
                    "BadRequest",
                    format!(
                        "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type \
                         'microsoft.graph.{type_name}'."
                    ),
                ));
            };
            names.push((*found).to_owned());
        }
        Ok(Some(names))
    }
}

/// Percent-decoding of one path segment.
pub(crate) fn decode(text: &str) -> Result<String, Refusal> {
    percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| Refusal::named(400, "BadRequest", "The request URL is not valid UTF-8."))
}

fn decode_form(text: &str) -> Result<String, Refusal> {
    decode(&text.replace('+', " "))
}
