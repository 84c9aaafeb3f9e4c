//! What the path of an operation leads to, in every way that it is written.

use scim_v2::filter::{AttrPath, PatchPath, ValFilter};

use crate::{
    refusal::{Refusal, ScimType},
    schema::{self, Attribute, Kind, Mutability, Shape},
};

/// What an operation is about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Target {
    /// All of a schema: the value is an object of its attributes.
    Schema(Where),
    /// An attribute, or a part of it.
    Attribute(Place),
    /// Those values of an attribute that a filter chooses, or a part of each.
    Chosen(Place, ValFilter),
    /// What is not kept.
    NotKept,
}

/// In which schema an attribute is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Where {
    /// That of the resource.
    Own,
    /// The one beside it.
    Extension(&'static str),
}

/// An attribute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    /// In which schema it is.
    pub(crate) home: Where,
    /// Which.
    pub(crate) attribute: &'static Attribute,
    /// Which part of it; none: all of it.
    pub(crate) part: Option<&'static Attribute>,
}

impl Target {
    /// Reads a path such as `active`, `name.givenName`, `emails[type eq "work"].value`, or either behind its schema's URN.
    ///
    /// # Errors
    /// [`ScimType::InvalidPath`] when it is none, or names what neither is kept nor is in the standard;
    /// [`ScimType::Mutability`] when the server alone changes it.
    pub(crate) fn parse(text: &str, shape: &Shape) -> Result<Self, Refusal> {
        let text = text.trim();
        if text.eq_ignore_ascii_case(shape.schema) {
            return Ok(Self::Schema(Where::Own));
        }
        if let Some((extension, _)) = shape.extension
            && text.eq_ignore_ascii_case(extension)
        {
            return Ok(Self::Schema(Where::Extension(extension)));
        }
        let path: PatchPath = text.parse().map_err(|_| {
            let shown: String = text.chars().take(80).collect();
            Refusal::of(ScimType::InvalidPath, format!("'{shown}' is no path (RFC 7644, section 3.5.2)"))
        })?;
        match path {
            PatchPath::Attr(path) => {
                Ok(place(&path, path.sub_attr.as_deref(), shape)?.map_or(Self::NotKept, Self::Attribute))
            }
            PatchPath::Value(path) => {
                let part = path.sub_attr.as_deref().or(path.attr.sub_attr.as_deref());
                let Some(place) = place(&path.attr, part, shape)? else { return Ok(Self::NotKept) };
                if place.attribute.number.is_many() {
                    return Ok(Self::Chosen(place, path.filter));
                }
                let name = place.attribute.name;
                Err(Refusal::of(
                    ScimType::InvalidPath,
                    format!("{name} has one value, and none to choose from"),
                ))
            }
        }
    }
}

/// The place of a path; none: it is not kept.
fn place(path: &AttrPath, part: Option<&str>, shape: &Shape) -> Result<Option<Place>, Refusal> {
    let unknown = || Refusal::of(ScimType::InvalidPath, format!("there is no attribute {path}"));
    let (home, attributes) = match (&path.uri, shape.extension) {
        (None, _) => (Where::Own, shape.own),
        (Some(uri), _) if uri.eq_ignore_ascii_case(shape.schema) => (Where::Own, shape.own),
        (Some(uri), Some((extension, attributes))) if uri.eq_ignore_ascii_case(extension) => {
            (Where::Extension(extension), attributes)
        }
        // Another extension, whatever is in it.
        (Some(_), _) => return Ok(None),
    };
    let is_in = |names: &[&str], name: &str| names.iter().any(|own| own.eq_ignore_ascii_case(name));
    let Some(attribute) = schema::named(attributes, &path.name) else {
        return if is_in(schema::NOT_KEPT, &path.name) { Ok(None) } else { Err(unknown()) };
    };
    if attribute.mutability == Mutability::ReadOnly {
        let detail = format!("{} is told by the server alone", attribute.name);
        return Err(Refusal::of(ScimType::Mutability, detail));
    }
    let part = match (part, attribute.kind) {
        (None, _) => None,
        (Some(name), Kind::Complex(parts)) => match schema::named(parts, name) {
            Some(part) => Some(part),
            None if is_in(schema::NOT_KEPT_WITHIN, name) => return Ok(None),
            None => return Err(unknown()),
        },
        (Some(_), _) => return Err(unknown()),
    };
    Ok(Some(Place { home, attribute, part }))
}
