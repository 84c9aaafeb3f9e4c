//! How values are stored: instants as nanoseconds, enums by their names, documents with their schema.

use std::{collections::BTreeMap, str::FromStr, time::Duration};

use listsync_core::{
    Timestamp,
    address::Address,
    list::{Origin, Standing},
    trigger::Schema,
};
use rusqlite::{CachedStatement, Error::FromSqlConversionFailure, Params, Row};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::error::{Fail, Outcome};

/// An instant as it is stored; what lies beyond 1677 or 2262 becomes that.
pub(crate) fn nanos(at: Timestamp) -> i64 {
    let exact = at.as_nanosecond();
    i64::try_from(exact).unwrap_or(if exact < 0 { i64::MIN } else { i64::MAX })
}

pub(crate) fn timestamp(nanos: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(nanos)).unwrap_or(Timestamp::MAX)
}

/// The stored form of the instant this long after another.
pub(crate) fn nanos_after(at: Timestamp, span: Duration) -> i64 {
    nanos(at.checked_add(span).unwrap_or(Timestamp::MAX))
}

/// The stored form of the instant this long before another.
pub(crate) fn nanos_before(at: Timestamp, span: Duration) -> i64 {
    nanos(at.checked_sub(span).unwrap_or(Timestamp::MIN))
}

pub(crate) fn stored_count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(crate) fn count(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or(0)
}

pub(crate) fn stored_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Reads a typed id or address from a column.
pub(crate) fn typed<T: FromStr>(row: &Row<'_>, column: usize, what: &'static str) -> Outcome<T> {
    text(row, column)?.and_then(|text| text.parse().ok()).ok_or(Fail::Stored(what))
}

/// The same where the column may be empty.
pub(crate) fn typed_option<T: FromStr>(
    row: &Row<'_>,
    column: usize,
    what: &'static str,
) -> Outcome<Option<T>> {
    text(row, column)?.map(|text| text.parse().map_err(|_| Fail::Stored(what))).transpose()
}

/// A column's text, where it lies.
fn text<'a>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<Option<&'a str>> {
    let value = row.get_ref(column)?;
    value.as_str_or_null().map_err(|wrong| FromSqlConversionFailure(column, value.data_type(), wrong.into()))
}

pub(crate) fn standing_name(standing: Standing) -> &'static str {
    match standing {
        Standing::Member => "member",
        Standing::OptedOut => "opted_out",
        Standing::Pending => "pending",
        Standing::Absent => "absent",
    }
}

pub(crate) fn standing(name: &str) -> Outcome<Standing> {
    Ok(match name {
        "member" => Standing::Member,
        "opted_out" => Standing::OptedOut,
        "pending" => Standing::Pending,
        "absent" => Standing::Absent,
        _ => return Err(Fail::Stored("standing")),
    })
}

pub(crate) fn origin_name(origin: Origin) -> &'static str {
    match origin {
        Origin::Manual => "manual",
        Origin::Csv => "csv",
        Origin::Entra => "entra",
        Origin::Own => "own",
        Origin::Filter => "filter",
        Origin::EndDate => "end_date",
    }
}

pub(crate) fn origin(name: &str) -> Outcome<Origin> {
    Ok(match name {
        "manual" => Origin::Manual,
        "csv" => Origin::Csv,
        "entra" => Origin::Entra,
        "own" => Origin::Own,
        "filter" => Origin::Filter,
        "end_date" => Origin::EndDate,
        _ => return Err(Fail::Stored("origin")),
    })
}

/// The name of a variant, as documents have it.
pub(crate) fn name_of<T: Serialize>(value: T) -> Outcome<String> {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => Ok(name),
        _ => Err(Fail::Stored("name")),
    }
}

/// The variant of a name.
pub(crate) fn named<T: DeserializeOwned>(name: String, what: &'static str) -> Outcome<T> {
    serde_json::from_value(Value::String(name)).map_err(|_| Fail::Stored(what))
}

/// A contact's further fields as they are stored.
pub(crate) fn fields_text(fields: &BTreeMap<String, String>) -> String {
    json!(fields).to_string()
}

pub(crate) fn fields(text: &str) -> Outcome<BTreeMap<String, String>> {
    serde_json::from_str(text).map_err(|_| Fail::Stored("contact's fields"))
}

/// Addresses as one JSON array, for a query that takes many.
pub(crate) fn address_array(addresses: &[Address]) -> String {
    json!(addresses).to_string()
}

/// A document with the version of its shape.
pub(crate) fn doc_text<T: Serialize>(value: &T) -> Outcome<String> {
    let value = serde_json::to_value(value).map_err(|_| Fail::Stored("document"))?;
    Ok(json!({ "schema": Schema::V1, "value": value }).to_string())
}

/// A document as it is stored.
#[derive(Deserialize)]
struct Shaped<T> {
    schema: Schema,
    value: T,
}

/// Reads a document back; a later shape is refused with what to do.
pub(crate) fn doc<T: DeserializeOwned>(text: &str, what: &'static str) -> Outcome<T> {
    // Thousands are read for one status. What does not read so is looked at again, for what is wrong with it.
    match serde_json::from_str(text) {
        Ok(Shaped { schema: Schema::V1, value }) => Ok(value),
        Err(_) => doc_of_any_shape(text, what),
    }
}

fn doc_of_any_shape<T: DeserializeOwned>(text: &str, what: &'static str) -> Outcome<T> {
    let mut doc: Value = serde_json::from_str(text).map_err(|_| Fail::Stored(what))?;
    let schema = doc.get("schema").and_then(Value::as_u64).and_then(|schema| u32::try_from(schema).ok());
    let schema = schema.ok_or(Fail::Stored(what))?;
    Schema::try_from(schema).map_err(|error| {
        let message = format!("could not read the stored {what}: {error}");
        Fail::rejected("schema_unknown", message, "update listsync")
    })?;
    let value = doc.get_mut("value").map(Value::take).ok_or(Fail::Stored(what))?;
    serde_json::from_value(value).map_err(|_| Fail::Stored(what))
}

/// Runs a query and reads each row.
pub(crate) fn collect<T, P: Params>(
    mut statement: CachedStatement<'_>,
    params: P,
    read: impl Fn(&Row<'_>) -> Outcome<T>,
) -> Outcome<Vec<T>> {
    let mut rows = statement.query(params)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(row)?);
    }
    // A run keeps all members of a large group: the room for as many again is not to stay with them.
    all.shrink_to_fit();
    Ok(all)
}

/// The first row of a query, if it has one.
pub(crate) fn first<T, P: Params>(
    mut statement: CachedStatement<'_>,
    params: P,
    read: impl Fn(&Row<'_>) -> Outcome<T>,
) -> Outcome<Option<T>> {
    let mut rows = statement.query(params)?;
    rows.next()?.map(read).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use listsync_core::settings::Settings;

    #[test]
    fn an_instant_reads_back_to_the_nanosecond() {
        let at: Timestamp = "2026-11-23T03:04:05.123456789Z".parse().expect("an instant");
        assert_eq!(timestamp(nanos(at)), at);
    }

    #[test]
    fn the_end_of_time_is_stored_as_the_last_instant_that_fits() {
        assert_eq!(nanos(Timestamp::MAX), i64::MAX);
        assert_eq!(nanos(Timestamp::MIN), i64::MIN);
        assert_eq!(nanos_after(Timestamp::MAX, Duration::MAX), i64::MAX);
    }

    #[test]
    fn a_document_of_a_later_shape_is_refused_with_what_to_do() {
        let failed = doc::<Settings>(r#"{"schema":2,"value":{}}"#, "settings").expect_err("too new");
        let error = failed.into_port("read the settings");
        assert_eq!(error.code, "schema_unknown");
        assert_eq!(error.hint, "update listsync");
    }

    #[test]
    fn names_of_standings_and_origins_read_back() {
        for each in [Standing::Member, Standing::OptedOut, Standing::Pending, Standing::Absent] {
            assert_eq!(standing(standing_name(each)).ok(), Some(each));
            assert_eq!(standing_name(each), each.to_string());
        }
        for each in [Origin::Manual, Origin::Csv, Origin::Entra, Origin::Own, Origin::Filter, Origin::EndDate]
        {
            assert_eq!(origin(origin_name(each)).ok(), Some(each));
            assert_eq!(origin_name(each), each.to_string());
        }
    }
}
