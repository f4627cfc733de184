//! What is waived, and the settlement of a month.

use chrono::NaiveDate;
use minzheng_kit::contract::scope as contract_scope;
use minzheng_kit::error::{Error, Result, UserError};
use minzheng_kit::{YearMonth, id};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder,
};
use serde_json::json;
use uuid::Uuid;

use super::act::{Act, short};
use super::scope;
use crate::model::{funeral_case, waiver, waiver_policy, waiver_settlement};
use crate::rules::terms::{CaseState, SettlementSource, WaiverPayer};
use crate::rules::waiver::{
    Candidate, Reversal, chosen, households, may_settle, policy, reverse, settlement_agrees,
};

/// A policy that counts where it is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct InForce {
    /// The policy.
    pub policy: waiver_policy::Model,
    /// Whether another one of the same division is in force beside it, since two were merged.
    pub contested: bool,
}

/// F-11: the policies that hold in a division on a day, by item: of several for one item the one that
/// [`chosen`] says.
pub async fn policies<C: ConnectionTrait>(
    c: &C,
    division: Uuid,
    on: NaiveDate,
) -> Result<Vec<InForce>> {
    let upwards = scope::upwards(c, division).await?;
    let rows = waiver_policy::Entity::find()
        .filter(waiver_policy::Column::DivisionId.is_in(upwards.iter().copied()))
        .filter(waiver_policy::Column::ValidFrom.lte(on))
        .filter(
            Condition::any()
                .add(waiver_policy::Column::ValidTo.is_null())
                .add(waiver_policy::Column::ValidTo.gt(on)),
        )
        .all(c)
        .await?;
    let candidates: Vec<Candidate<'_>> = rows
        .iter()
        .map(|row| Candidate {
            id: row.id,
            item: &row.item_code,
            distance: upwards
                .iter()
                .position(|d| *d == row.division_id)
                .unwrap_or(usize::MAX),
            valid_from: row.valid_from,
            standard: row.standard,
        })
        .collect();
    Ok(chosen(&candidates)
        .into_iter()
        .filter_map(|(at, contested)| {
            let policy = rows.get(at)?.clone();
            Some(InForce { policy, contested })
        })
        .collect())
}

/// A policy to be set; money in fen.
#[derive(Clone, Debug)]
pub struct NewPolicy {
    /// The division whose policy it is.
    pub division: Uuid,
    /// Its name.
    pub name: String,
    /// The item.
    pub item: String,
    /// The most that is waived of it.
    pub standard: i64,
    /// Who pays.
    pub payer: WaiverPayer,
    /// The document.
    pub basis: String,
    /// First day.
    pub from: NaiveDate,
    /// First day on which it no longer holds.
    pub to: Option<NaiveDate>,
}

/// F-11: sets what a division waives of an item from a day on; the policy before ends on that day.
pub async fn set_policy(act: &Act<'_>, new: &NewPolicy) -> Result<Uuid> {
    act.officer(contract_scope::FUNERAL_CASE, new.division)?;
    let items = super::facilities::items(act.tx).await?;
    let class = items.get(&new.item).map(|i| i.class);
    policy(class, new.standard, (new.from, new.to), act.today)?;
    scope::ensure(act.tx, new.division).await?;
    use waiver_policy::Column;
    let same = |c: Condition| {
        c.add(Column::DivisionId.eq(new.division))
            .add(Column::ItemCode.eq(&new.item))
    };
    // A policy that was to begin later is overtaken: it never holds.
    waiver_policy::Entity::update_many()
        .col_expr(Column::ValidTo, Expr::col(Column::ValidFrom))
        .filter(same(Condition::all()).add(Column::ValidFrom.gte(new.from)))
        .exec(act.tx)
        .await?;
    waiver_policy::Entity::update_many()
        .col_expr(Column::ValidTo, Expr::value(new.from))
        .filter(
            same(Condition::all())
                .add(Column::ValidFrom.lt(new.from))
                .add(
                    Condition::any()
                        .add(Column::ValidTo.is_null())
                        .add(Column::ValidTo.gt(new.from)),
                ),
        )
        .exec(act.tx)
        .await?;
    let key = id::new();
    let row = waiver_policy::ActiveModel {
        id: Set(key),
        division_id: Set(new.division),
        name: Set(short(&new.name, "name", 60)?.to_owned()),
        item_code: Set(new.item.clone()),
        standard: Set(new.standard),
        payer: Set(new.payer),
        legal_basis: Set(short(&new.basis, "legalBasis", 80)?.to_owned()),
        valid_from: Set(new.from),
        valid_to: Set(new.to),
    };
    waiver_policy::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    act.done(
        ("WaiverPolicy", key),
        "WaiverPolicySet",
        None,
        json!({ "division": new.division, "item": new.item, "standard": new.standard, "from": new.from }),
    )
    .await?;
    Ok(key)
}

/// What makes a waiver stand: it was not taken back, and takes none back itself.
pub fn standing() -> Condition {
    Condition::all()
        .add(waiver::Column::Reverses.is_null())
        .add(waiver::Column::ReversedOn.is_null())
}

/// F-11: takes back what was waived in a case, of one item or of all. What was not settled is struck out; what was
/// settled gets a negative row in the present month, so that the settled month stays as it was paid.
pub async fn take_back<C: ConnectionTrait>(
    tx: &C,
    case: Uuid,
    item: Option<&str>,
    today: NaiveDate,
) -> Result<()> {
    let mut select = waiver::Entity::find()
        .filter(waiver::Column::CaseId.eq(case))
        .filter(standing());
    if let Some(item) = item {
        select = select.filter(waiver::Column::ItemCode.eq(item));
    }
    for row in select.all(tx).await? {
        match reverse(row.amount, row.settlement_id.is_some()) {
            Reversal::Struck => {
                waiver::Entity::delete_by_id(row.id).exec(tx).await?;
            }
            Reversal::Negative(amount) => {
                let negative = waiver::Model {
                    id: id::new(),
                    amount,
                    granted_on: today,
                    granted_month: super::month_of(today),
                    settlement_id: None,
                    reverses: Some(row.id),
                    reversed_on: None,
                    ..row.clone()
                };
                waiver::Entity::insert(negative.into_active_model())
                    .exec_without_returning(tx)
                    .await?;
                let mut row: waiver::ActiveModel = row.into();
                row.reversed_on = Set(Some(today));
                row.update(tx).await?;
            }
        }
    }
    Ok(())
}

/// The cases whose waivers may be settled, as a sub-select, with those that take a paid one back.
fn settled_cases() -> Condition {
    use sea_orm::{Iterable, QuerySelect, QueryTrait};
    let cases = funeral_case::Entity::find()
        .select_only()
        .column(funeral_case::Column::Id)
        .filter(funeral_case::Column::State.is_in(CaseState::iter().filter(|s| may_settle(*s))))
        .into_query();
    Condition::any()
        .add(waiver::Column::CaseId.in_subquery(cases))
        .add(waiver::Column::Reverses.is_not_null())
}

/// F-11: settles what a division granted in a month to funerals whose bill is settled, and has not settled yet. The
/// batch equals the sum of its waivers of one payer; a month that has not ended, or with nothing to settle, is
/// refused. What belongs to a case that still runs is settled with a later batch of the same month.
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
        .filter(settled_cases())
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
    let households = households(mine.iter().map(|w| (w.household.as_str(), w.amount)));
    let amount: i64 = mine.iter().map(|w| w.amount).sum();
    let batch = waiver_settlement::ActiveModel {
        id: Set(id::new()),
        division_id: Set(division),
        month: Set(month.index()),
        households: Set(i64::try_from(households).unwrap_or(i64::MAX)),
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
) -> Result<Vec<waiver_settlement::Model>> {
    Ok(waiver_settlement::Entity::find()
        .filter(
            waiver_settlement::Column::DivisionId
                .in_subquery(super::facilities::divisions_in(division)),
        )
        .filter(waiver_settlement::Column::Month.between(from, to))
        .order_by_desc(waiver_settlement::Column::Month)
        .order_by_asc(waiver_settlement::Column::Id)
        .all(c)
        .await?)
}

/// F-11: what the household of a deceased has had waived, by item, in fen: in the name of the deceased or of the head
/// whom a case of theirs names, and in every case of that household, also where the head was recorded after the waiver.
pub async fn of_household<C: ConnectionTrait>(
    c: &C,
    deceased: &str,
) -> Result<std::collections::HashMap<String, i64>> {
    use funeral_case::Column;
    use sea_orm::{QuerySelect, QueryTrait};
    // The heads that were recorded for the deceased, who may be a head too.
    let heads = funeral_case::Entity::find()
        .select_only()
        .column(Column::Household)
        .filter(Column::Deceased.eq(deceased))
        .filter(Column::Household.is_not_null())
        .into_query();
    let cases = funeral_case::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(
            Condition::any()
                .add(Column::Deceased.eq(deceased))
                .add(Column::Household.eq(deceased))
                .add(Column::Household.in_subquery(heads.clone())),
        )
        .into_query();
    let rows = waiver::Entity::find()
        .filter(
            Condition::any()
                .add(waiver::Column::Household.eq(deceased))
                .add(waiver::Column::Household.in_subquery(heads))
                .add(waiver::Column::CaseId.in_subquery(cases)),
        )
        .filter(standing())
        .all(c)
        .await?;
    Ok(rows.into_iter().map(|w| (w.item_code, w.amount)).collect())
}
