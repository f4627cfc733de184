//! One page of organizations under each of many parents, in one statement.
//!
//! The rows of each parent are numbered by a window in order of their credit codes and cut at the
//! page's size, so that 500 divisions with 50 organizations each are one question and not 500.

use super::register::Filter;
use crate::model::{organization, territory};
use crate::vocabulary::OrgState;
use minzheng_kit as kit;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Order, Query, SelectStatement, WindowStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, FromQueryResult};
use std::collections::HashMap;
use uuid::Uuid;

#[derive(FromQueryResult)]
struct Row {
    parent: Uuid,
    credit_code: String,
}

/// Credit codes of living organizations in each division and below: at most `limit` each after `after`.
pub async fn in_divisions(
    db: &impl ConnectionTrait,
    divisions: &[Uuid],
    filter: &Filter,
    after: Option<&str>,
    limit: u64,
) -> kit::Result<HashMap<Uuid, Vec<String>>> {
    let mut rows = Query::select();
    rows.expr_as(
        Expr::col((territory::Entity, territory::Column::Ancestor)),
        "parent",
    )
    .column((organization::Entity, organization::Column::CreditCode))
    .from(territory::Entity)
    .inner_join(
        organization::Entity,
        Expr::col((territory::Entity, territory::Column::Division))
            .equals((organization::Entity, organization::Column::DivisionId)),
    )
    .and_where(territory::Column::Ancestor.is_in(divisions.iter().copied()));
    if let Some(kind) = filter.kind {
        rows.and_where(organization::Column::Kind.eq(kind));
    }
    if let Some(charity) = filter.charity {
        let since = organization::Column::CharitySince;
        rows.and_where(if charity {
            since.is_not_null()
        } else {
            since.is_null()
        });
    }
    numbered(
        db,
        rows,
        (territory::Entity, territory::Column::Ancestor),
        after,
        limit,
    )
    .await
}

/// Credit codes of living organizations with their domicile at each place: at most `limit` each.
pub async fn at_places(
    db: &impl ConnectionTrait,
    places: &[Uuid],
    after: Option<&str>,
    limit: u64,
) -> kit::Result<HashMap<Uuid, Vec<String>>> {
    let mut rows = Query::select();
    rows.expr_as(
        Expr::col((organization::Entity, organization::Column::DomicilePlaceId)),
        "parent",
    )
    .column((organization::Entity, organization::Column::CreditCode))
    .from(organization::Entity)
    .and_where(organization::Column::DomicilePlaceId.is_in(places.iter().copied()));
    numbered(
        db,
        rows,
        (organization::Entity, organization::Column::DomicilePlaceId),
        after,
        limit,
    )
    .await
}

async fn numbered<P>(
    db: &impl ConnectionTrait,
    mut rows: SelectStatement,
    parent: P,
    after: Option<&str>,
    limit: u64,
) -> kit::Result<HashMap<Uuid, Vec<String>>>
where
    P: sea_orm::sea_query::IntoColumnRef,
{
    rows.and_where(organization::Column::State.is_in(OrgState::LIVE));
    if let Some(after) = after {
        rows.and_where(organization::Column::CreditCode.gt(after));
    }
    rows.expr_window_as(
        Expr::cust("ROW_NUMBER()"),
        WindowStatement::partition_by(parent)
            .order_by(
                (organization::Entity, organization::Column::CreditCode),
                Order::Asc,
            )
            .take(),
        "place",
    );
    let cut = Query::select()
        .column("parent")
        .column("credit_code")
        .from_subquery(rows, Alias::new("numbered"))
        .and_where(Expr::col("place").lte(i64::try_from(limit).unwrap_or(i64::MAX)))
        .order_by("parent", Order::Asc)
        .order_by("credit_code", Order::Asc)
        .take();
    let mut pages: HashMap<Uuid, Vec<String>> = HashMap::new();
    for row in db.query_all(&cut).await? {
        let Row {
            parent,
            credit_code,
        } = Row::from_query_result(&row, "")?;
        pages.entry(parent).or_default().push(credit_code);
    }
    Ok(pages)
}
