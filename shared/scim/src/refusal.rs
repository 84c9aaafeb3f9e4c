//! Refusals, as every SCIM client gets them (RFC 7644, section 3.12).

use serde_json::{Value, json};

/// What kind of refusal it is: the words of RFC 7644, table 9, and of RFC 9865, section 2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScimType {
    /// The filter cannot be read, or asks what cannot be asked.
    InvalidFilter,
    /// Somebody has this already.
    Uniqueness,
    /// What is there, or who keeps it, does not let it be changed so.
    Mutability,
    /// The body is not of the form that the request asks for.
    InvalidSyntax,
    /// The path of an operation cannot be read, or names nothing that is kept.
    InvalidPath,
    /// The path of an operation chooses no value.
    NoTarget,
    /// A value is missing, or cannot be taken.
    InvalidValue,
    /// The cursor is none that a page gave.
    InvalidCursor,
}

impl ScimType {
    /// The standard's word.
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidCursor => "invalidCursor",
        }
    }

    /// The code of the API for it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::InvalidFilter => "scim_filter",
            Self::Uniqueness => "scim_uniqueness",
            Self::Mutability => "scim_mutability",
            Self::InvalidSyntax => "scim_syntax",
            Self::InvalidPath => "scim_path",
            Self::NoTarget => "scim_no_target",
            Self::InvalidValue => "scim_value",
            Self::InvalidCursor => "scim_cursor",
        }
    }

    /// The HTTP status that goes with it.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Uniqueness | Self::Mutability => 409,
            _ => 400,
        }
    }

    /// What a code of the API is in the standard's words; none: the standard has no word for it.
    #[must_use]
    pub fn of_code(text: &str) -> Option<Self> {
        const ALL: [ScimType; 8] = [
            ScimType::InvalidFilter,
            ScimType::Uniqueness,
            ScimType::Mutability,
            ScimType::InvalidSyntax,
            ScimType::InvalidPath,
            ScimType::NoTarget,
            ScimType::InvalidValue,
            ScimType::InvalidCursor,
        ];
        match text {
            "contact_exists" | "list_exists" => Some(Self::Uniqueness),
            "list_filtered" | "list_fed" | "list_linked" | "scim_held" => Some(Self::Mutability),
            "bad_json" => Some(Self::InvalidSyntax),
            "bad_list_name" | "invalid" => Some(Self::InvalidValue),
            other => ALL.into_iter().find(|it| it.code() == other),
        }
    }
}

/// Why a request cannot be taken. It names no person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    /// What kind of refusal it is.
    pub kind: ScimType,
    /// What is wrong, with what.
    pub detail: String,
}

impl Refusal {
    /// A refusal of this kind.
    #[must_use]
    pub fn of(kind: ScimType, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }
}

/// The document of a refusal.
#[must_use]
pub fn error_document(status: u16, kind: Option<ScimType>, detail: &str) -> Value {
    let mut document = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": status.to_string(),
        "detail": detail,
    });
    if let Some(kind) = kind {
        document["scimType"] = kind.keyword().into();
    }
    document
}
