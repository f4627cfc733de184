//! Pages of lists, by key and never by offset: a page begins where the last one ended, whatever was
//! inserted in between, and the hundredth page costs what the first did.

use async_graphql::connection::{Connection, Edge};
use async_graphql::{Context, OutputType};
use chrono::{DateTime, NaiveDate, Utc};
use data_encoding::BASE64URL_NOPAD;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ModelTrait, Order, QueryFilter,
    QueryOrder, QuerySelect, Select, Value,
};
use uuid::Uuid;

use crate::{
    error::{Error, Result, UserError},
    principal::PrincipalExt,
};

/// Entries of a page when the caller names no number.
pub const DEFAULT_PAGE: usize = 50;

/// The most entries of a page.
pub const MAX_PAGE: usize = 500;

/// A page as it comes from a resolver: cursors are opaque texts.
pub type Page<N> = Connection<String, N>;

/// The Relay arguments of a list.
#[derive(Clone, Debug, Default)]
pub struct PageArgs {
    /// How many from the front.
    pub first: Option<i32>,
    /// Behind this cursor.
    pub after: Option<String>,
    /// How many from the back.
    pub last: Option<i32>,
    /// Before this cursor.
    pub before: Option<String>,
}

impl PageArgs {
    /// The four arguments as a resolver has them.
    pub fn new(
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Self {
        Self {
            first,
            after,
            last,
            before,
        }
    }

    /// The first `first` entries behind `after`.
    pub fn forward(first: Option<i32>, after: Option<String>) -> Self {
        Self::new(first, after, None, None)
    }

    /// How many entries, and whether from the back.
    ///
    /// # Errors
    /// A refusal when a number is negative or above [`MAX_PAGE`], or both ends are asked for.
    pub fn size(&self) -> Result<(usize, bool)> {
        let (asked, field, backward) = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                return Err(UserError::new(
                    "PAGE_BOTH_ENDS",
                    "Ask for the first or for the last entries, not for both.",
                    "first与last不能同时使用。",
                )
                .field(&["first"])
                .into());
            }
            (None, Some(last)) => (last, "last", true),
            (Some(first), None) => (first, "first", false),
            (None, None) => {
                return Ok((DEFAULT_PAGE, self.before.is_some() && self.after.is_none()));
            }
        };
        match usize::try_from(asked) {
            Ok(size) if size <= MAX_PAGE => Ok((size, backward)),
            _ => Err(UserError::new(
                "PAGE_SIZE",
                "A page has 0 to 500 entries.",
                "每页条数须在0至500之间。",
            )
            .field(&[field])
            .into()),
        }
    }
}

/// One page of a query, ordered by columns that are never null and whose last one is unique.
///
/// `node` makes the page's entries from its rows, all at once, so that they can be siblings
/// ([`crate::batch::Siblings`]).
///
/// # Errors
/// A refusal for a bad size or a cursor that is not of this list.
pub async fn keyset<E, N, C>(
    db: &C,
    select: Select<E>,
    order: &[(E::Column, Order)],
    args: &PageArgs,
    node: impl FnOnce(Vec<E::Model>) -> Vec<N>,
) -> Result<Page<N>>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E> + Sync,
    N: OutputType,
    C: ConnectionTrait,
{
    let (size, backward) = args.size()?;
    let mut query = select;
    if let Some(cursor) = &args.after {
        query = query.filter(beyond(order, &decode(cursor, order.len())?, false));
    }
    if let Some(cursor) = &args.before {
        query = query.filter(beyond(order, &decode(cursor, order.len())?, true));
    }
    for (column, direction) in order {
        query = query.order_by(*column, turned(direction, backward));
    }
    let mut rows = query.limit(size as u64 + 1).all(db).await?;
    let more = rows.len() > size;
    rows.truncate(size);
    if backward {
        rows.reverse();
    }
    let cursors: Vec<String> = rows
        .iter()
        .map(|row| encode(&order.iter().map(|(c, _)| row.get(*c)).collect::<Vec<_>>()))
        .collect();
    let (previous, next) = if backward {
        (more, args.before.is_some())
    } else {
        (args.after.is_some(), more)
    };
    let mut page = Page::new(previous, next);
    page.edges = cursors
        .into_iter()
        .zip(node(rows))
        .map(|(cursor, node)| Edge::new(cursor, node))
        .collect();
    Ok(page)
}

/// One page of a query in a request's database, ordered by one unique column: what most list fields
/// want. The other orders are [`keyset`]'s.
///
/// # Errors
/// A refusal for a bad size or a cursor that is not of this list.
pub async fn by_key<E, N>(
    ctx: &Context<'_>,
    select: Select<E>,
    key: E::Column,
    args: &PageArgs,
    node: impl FnOnce(Vec<E::Model>) -> Vec<N>,
) -> Result<Page<N>>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E> + Sync,
    N: OutputType,
{
    keyset(
        ctx.services().db.read(),
        select,
        &[(key, Order::Asc)],
        args,
        node,
    )
    .await
}

/// One page of a list that is already in memory and in order, for lists that a batch has loaded for
/// several parents at once. `key` gives an entry's unique cursor value.
pub fn of_sorted<N: OutputType>(
    entries: Vec<N>,
    args: &PageArgs,
    key: impl Fn(&N) -> String,
) -> Result<Page<N>> {
    let (size, backward) = args.size()?;
    let place = |cursor: &Option<String>| -> Result<Option<usize>> {
        let Some(cursor) = cursor else {
            return Ok(None);
        };
        let wanted = decode(cursor, 1)?;
        let found = entries
            .iter()
            .position(|entry| Some(&Value::from(key(entry))) == wanted.first());
        found.map(Some).ok_or_else(bad_cursor)
    };
    let mut start = place(&args.after)?.map_or(0, |at| at + 1);
    let mut end = place(&args.before)?.unwrap_or(entries.len()).max(start);
    let (previous, next);
    if backward {
        previous = end - start > size || args.after.is_some();
        next = end < entries.len();
        start = start.max(end.saturating_sub(size));
    } else {
        previous = start > 0;
        next = end - start > size || end < entries.len();
        end = end.min(start + size);
    }
    let mut page = Page::new(previous, next);
    page.edges = entries
        .into_iter()
        .skip(start)
        .take(end - start)
        .map(|entry| Edge::new(encode(&[key(&entry).into()]), entry))
        .collect();
    Ok(page)
}

/// The rows beyond a cursor: `a > x OR (a = x AND (b > y OR …))`.
fn beyond<C: ColumnTrait>(order: &[(C, Order)], values: &[Value], before: bool) -> Condition {
    let mut any = Condition::any();
    for place in 0..order.len() {
        let mut all = Condition::all();
        for ((column, direction), value) in order.iter().zip(values).take(place + 1) {
            let last = std::ptr::eq(column, &order[place].0);
            let column = *column;
            all = all.add(match (last, turned(direction, before)) {
                (false, _) => column.eq(value.clone()),
                (true, Order::Desc) => column.lt(value.clone()),
                (true, _) => column.gt(value.clone()),
            });
        }
        any = any.add(all);
    }
    any
}

fn turned(direction: &Order, backward: bool) -> Order {
    match (direction, backward) {
        (Order::Desc, true) => Order::Asc,
        (Order::Desc, false) => Order::Desc,
        (_, true) => Order::Desc,
        (_, false) => Order::Asc,
    }
}

/// An opaque cursor of column values. Each value is a letter for its type and its text.
pub fn encode(values: &[Value]) -> String {
    let texts: Vec<String> = values.iter().map(value_text).collect();
    let json = serde_json::Value::from(texts).to_string();
    BASE64URL_NOPAD.encode(json.as_bytes())
}

/// The values of a cursor with that many columns.
///
/// # Errors
/// A refusal for anything that [`encode`] did not write.
pub fn decode(cursor: &str, columns: usize) -> Result<Vec<Value>> {
    const MAX_CURSOR_BYTES: usize = 2048;
    if cursor.len() > MAX_CURSOR_BYTES {
        return Err(bad_cursor());
    }
    let bytes = BASE64URL_NOPAD
        .decode(cursor.as_bytes())
        .map_err(|_| bad_cursor())?;
    let texts: Vec<String> = serde_json::from_slice(&bytes).map_err(|_| bad_cursor())?;
    if texts.len() != columns {
        return Err(bad_cursor());
    }
    texts
        .iter()
        .map(|text| text_value(text).ok_or_else(bad_cursor))
        .collect()
}

/// The refusal of a cursor that is not of this list.
pub fn bad_cursor() -> Error {
    UserError::new(
        "BAD_CURSOR",
        "This cursor is not of this list.",
        "游标无效。",
    )
    .into()
}

fn value_text(value: &Value) -> String {
    match value {
        Value::Uuid(Some(id)) => format!("u{id}"),
        Value::String(Some(text)) => format!("s{text}"),
        Value::BigInt(Some(number)) => format!("i{number}"),
        Value::Int(Some(number)) => format!("j{number}"),
        Value::SmallInt(Some(number)) => format!("k{number}"),
        Value::Bool(Some(bit)) => format!("b{}", u8::from(*bit)),
        Value::Double(Some(number)) => format!("f{:x}", number.to_bits()),
        Value::ChronoDate(Some(day)) => format!("d{day}"),
        Value::ChronoDateTimeUtc(Some(at)) => format!("t{}", at.to_rfc3339()),
        Value::ChronoDateTimeWithTimeZone(Some(at)) => format!("t{}", at.to_rfc3339()),
        // Null or a type that no list is ordered by: such a cursor is refused when it comes back.
        _ => "-".to_owned(),
    }
}

fn text_value(text: &str) -> Option<Value> {
    let rest = text.get(1..)?;
    Some(match text.as_bytes().first()? {
        b'u' => Uuid::try_parse(rest).ok()?.into(),
        b's' => rest.into(),
        b'i' => rest.parse::<i64>().ok()?.into(),
        b'j' => rest.parse::<i32>().ok()?.into(),
        b'k' => rest.parse::<i16>().ok()?.into(),
        b'b' => (rest == "1").into(),
        b'f' => f64::from_bits(u64::from_str_radix(rest, 16).ok()?).into(),
        b'd' => rest.parse::<NaiveDate>().ok()?.into(),
        b't' => DateTime::parse_from_rfc3339(rest)
            .ok()?
            .with_timezone(&Utc)
            .into(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_gives_its_values_back() {
        let day: NaiveDate = "2026-11-22".parse().unwrap();
        let values = vec![
            Value::from("a \"b\""),
            Value::from(7_i64),
            Value::from(day),
            Value::from(103.81_f64),
            Value::from(Uuid::nil()),
        ];
        assert_eq!(decode(&encode(&values), 5).unwrap(), values);
    }

    #[test]
    fn a_foreign_cursor_is_refused() {
        let of_two = encode(&[1_i64.into(), 2_i64.into()]);
        for (cursor, columns) in [("", 1), ("!!!", 1), (of_two.as_str(), 1), ("WyJ6MSJd", 1)] {
            assert!(
                matches!(decode(cursor, columns), Err(Error::Invalid(_))),
                "{cursor}"
            );
        }
    }

    #[test]
    fn pages_of_a_sorted_list_meet_without_gap_or_double() {
        let all: Vec<i32> = (0..7).collect();
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = of_sorted(
                all.clone(),
                &PageArgs::forward(Some(3), after),
                i32::to_string,
            )
            .unwrap();
            seen.extend(page.edges.iter().map(|edge| edge.node));
            if !page.has_next_page {
                break;
            }
            after = page.edges.last().map(|edge| edge.cursor.clone());
        }
        assert_eq!(seen, all);
        let back = PageArgs::new(None, None, Some(2), None);
        let page = of_sorted(all, &back, i32::to_string).unwrap();
        assert_eq!(
            page.edges.iter().map(|e| e.node).collect::<Vec<_>>(),
            [5, 6]
        );
        assert!(page.has_previous_page && !page.has_next_page);
    }

    #[test]
    fn a_page_that_is_too_large_is_refused() {
        assert!(PageArgs::forward(Some(501), None).size().is_err());
        assert!(PageArgs::forward(Some(-1), None).size().is_err());
        assert_eq!(PageArgs::default().size().unwrap(), (50, false));
    }
}
