//! What is waived, and the settlement of a month.

use chrono::NaiveDate;
use minzheng_kit::error::{Error, Result, UserError};
use minzheng_kit::{YearMonth, id};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    QueryFilter, QueryOrder,
};
use uuid::Uuid;

use super::scope;
use crate::model::{waiver, waiver_policy, waiver_settlement};
use crate::rules::terms::{SettlementSource, WaiverPayer};
use crate::rules::waiver::settlement_agrees;

/// The policies that hold in a division on a day, by item: of several for one item the nearest
/// division's.
pub async fn policies<C: ConnectionTrait>(
    c: &C,
    division: Uuid,
    on: NaiveDate,
) -> Result<Vec<waiver_policy::Model>> {
    let upwards = scope::upwards(division);
    let rows = waiver_policy::Entity::find()
        .filter(waiver_policy::Column::DivisionId.is_in(upwards.iter().copied()))
        .filter(waiver_policy::Column::ValidFrom.lte(on))
        .filter(
            Condition::any()
                .add(waiver_policy::Column::ValidTo.is_null())
                .add(waiver_policy::Column::ValidTo.gt(on)),
        )
        .order_by_asc(waiver_policy::Column::ItemCode)
        .all(c)
        .await?;
    let nearness = |p: &waiver_policy::Model| {
        upwards
            .iter()
            .position(|d| *d == p.division_id)
            .unwrap_or(usize::MAX)
    };
    let mut nearest: Vec<waiver_policy::Model> = Vec::new();
    for policy in rows {
        match nearest.last_mut() {
            Some(last) if last.item_code == policy.item_code => {
                if nearness(&policy) < nearness(last) {
                    *last = policy;
                }
            }
            _ => nearest.push(policy),
        }
    }
    Ok(nearest)
}

/// F-11: settles what a division granted in a month and has not settled. The batch equals the sum
/// of its waivers of one payer; a month that has not ended, or with nothing to settle, is refused.
pub async fn settle<C: ConnectionTrait>(
    tx: &C,
    division: Uuid,
    month: YearMonth,
    payer: Option<WaiverPayer>,
    today: NaiveDate,
) -> Result<waiver_settlement::Model> {
    if month.end().is_none_or(|end| end > today) {
        return Err(UserError::new(
            "MONTH_NOT_ENDED",
            "A month is settled after its end.",
            "当月尚未结束，不能结算。",
        )
        .field(&["month"])
        .into());
    }
    let open = waiver::Entity::find()
        .filter(waiver::Column::DivisionId.eq(division))
        .filter(waiver::Column::GrantedMonth.eq(month.index()))
        .filter(waiver::Column::SettlementId.is_null())
        .all(tx)
        .await?;
    let first = open.iter().find(|w| payer.is_none_or(|p| p == w.payer));
    let Some(payer) = first.map(|w| w.payer) else {
        return Err(UserError::new(
            "NOTHING_TO_SETTLE",
            "There is nothing to settle in that month.",
            "该月无待结算减免。",
        )
        .field(&["month"])
        .into());
    };
    let mine: Vec<&waiver::Model> = open.iter().filter(|w| w.payer == payer).collect();
    let households: std::collections::HashSet<&str> =
        mine.iter().map(|w| w.household.as_str()).collect();
    let amount: i64 = mine.iter().map(|w| w.amount).sum();
    let batch = waiver_settlement::ActiveModel {
        id: Set(id::new()),
        division_id: Set(division),
        month: Set(month.index()),
        households: Set(i64::try_from(households.len()).unwrap_or(i64::MAX)),
        amount: Set(amount),
        payer: Set(payer),
        source: Set(SettlementSource::Cases),
        settled_on: Set(today),
    }
    .insert(tx)
    .await?;
    waiver::Entity::update_many()
        .col_expr(waiver::Column::SettlementId, Expr::value(batch.id))
        .filter(waiver::Column::Id.is_in(mine.iter().map(|w| w.id)))
        .exec(tx)
        .await?;
    let settled = waiver::Entity::find()
        .filter(waiver::Column::SettlementId.eq(batch.id))
        .all(tx)
        .await?;
    settlement_agrees(batch.amount, settled.iter().map(|w| w.amount)).map_err(Error::Invalid)?;
    Ok(batch)
}

/// The settled batches of a division and all below it in a period, newest month first.
pub async fn settlements<C: ConnectionTrait>(
    c: &C,
    division: Uuid,
    from: i32,
    to: i32,
    limit: u64,
) -> Result<Vec<waiver_settlement::Model>> {
    use sea_orm::QuerySelect;
    Ok(waiver_settlement::Entity::find()
        .filter(
            waiver_settlement::Column::DivisionId
                .in_subquery(super::facilities::divisions_in(division)),
        )
        .filter(waiver_settlement::Column::Month.between(from, to))
        .order_by_desc(waiver_settlement::Column::Month)
        .order_by_asc(waiver_settlement::Column::Id)
        .limit(limit)
        .all(c)
        .await?)
}

/// What a household has had waived, by item, in fen.
pub async fn of_household<C: ConnectionTrait>(
    c: &C,
    household: &str,
) -> Result<std::collections::HashMap<String, i64>> {
    let rows = waiver::Entity::find()
        .filter(waiver::Column::Household.eq(household))
        .all(c)
        .await?;
    Ok(rows.into_iter().map(|w| (w.item_code, w.amount)).collect())
}
