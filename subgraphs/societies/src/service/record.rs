//! What the registry keeps on organizations besides their registration, always for many at once.

use super::{among, grouped};
use crate::model::{branch, filing, inspection, liquidation, penalty};
use kit::Result;
use minzheng_kit as kit;
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use std::collections::HashMap;

type ByCode<T> = Result<HashMap<String, T>>;

/// Their branches, newest first, closed ones too.
pub async fn branches(db: &impl ConnectionTrait, codes: &[String]) -> ByCode<Vec<branch::Model>> {
    let rows = branch::Entity::find()
        .filter(among(branch::Column::CreditCode, codes))
        .order_by_desc(branch::Column::Opened)
        .order_by_asc(branch::Column::Id)
        .all(db)
        .await?;
    Ok(grouped(rows, |row| row.credit_code.clone()))
}

/// What they filed, newest first.
pub async fn filings(db: &impl ConnectionTrait, codes: &[String]) -> ByCode<Vec<filing::Model>> {
    let rows = filing::Entity::find()
        .filter(among(filing::Column::CreditCode, codes))
        .order_by_desc(filing::Column::Filed)
        .order_by_asc(filing::Column::Id)
        .all(db)
        .await?;
    Ok(grouped(rows, |row| row.credit_code.clone()))
}

/// Their penalties, newest first.
pub async fn penalties(db: &impl ConnectionTrait, codes: &[String]) -> ByCode<Vec<penalty::Model>> {
    let rows = penalty::Entity::find()
        .filter(among(penalty::Column::CreditCode, codes))
        .order_by_desc(penalty::Column::Decided)
        .order_by_asc(penalty::Column::Id)
        .all(db)
        .await?;
    Ok(grouped(rows, |row| row.credit_code.clone()))
}

/// Their inspections, newest first.
pub async fn inspections(
    db: &impl ConnectionTrait,
    codes: &[String],
) -> ByCode<Vec<inspection::Model>> {
    let rows = inspection::Entity::find()
        .filter(among(inspection::Column::CreditCode, codes))
        .order_by_desc(inspection::Column::Inspected)
        .order_by_asc(inspection::Column::Id)
        .all(db)
        .await?;
    Ok(grouped(rows, |row| row.credit_code.clone()))
}

/// Their liquidations.
pub async fn liquidations(
    db: &impl ConnectionTrait,
    codes: &[String],
) -> ByCode<liquidation::Model> {
    let rows = liquidation::Entity::find()
        .filter(among(liquidation::Column::CreditCode, codes))
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.credit_code.clone(), row))
        .collect())
}
