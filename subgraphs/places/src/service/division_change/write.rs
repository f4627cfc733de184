//! A plan as rows: versions, lineage, the change itself with its sides, and the event to the others.

use minzheng_kit::{Error, Result, database::insert_many};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    sea_query::Expr,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    model::{
        division, division_change, division_lineage, division_side, division_version,
        vocabulary::{CodeSystem, DatePrecision, DivisionKind, DivisionLevel, DivisionSideRole},
    },
    rules::{
        clocks,
        divisions::{Change, Plan, State},
    },
    service::{
        act::{self, Act},
        division_requests::{ApplyDivisionChangeInput, DivisionChangeDraftInput},
    },
};

pub(super) async fn write_versions(
    tx: &DatabaseTransaction,
    change: &Change,
    plan: &Plan,
    draft: &DivisionChangeDraftInput,
) -> Result<()> {
    for closed in &plan.closed {
        let done = division_version::Entity::update_many()
            .col_expr(
                division_version::Column::ValidTo,
                Expr::value(change.effective),
            )
            .filter(division_version::Column::Division.eq(closed.division))
            .filter(division_version::Column::ValidTo.is_null())
            .exec(tx)
            .await?;
        if done.rows_affected != 1 {
            return Err(Error::Conflict);
        }
    }
    let founded = plan
        .opened
        .iter()
        .filter(|state| plan.founded.contains(&state.division));
    let lives = founded.map(|state| division::ActiveModel {
        id: Set(state.division),
        level: Set(state.level),
        first_code: Set(state.code.clone()),
        is_demo: Set(false),
        version: Set(1),
    });
    let lives: Vec<_> = lives.collect();
    insert_many(tx, lives).await?;
    let approval = act::text(&draft.approval_doc, "change", 100)?;
    let versions = plan
        .opened
        .iter()
        .map(|state| division_version::ActiveModel {
            division: Set(state.division),
            valid_from: Set(change.effective),
            valid_to: Set(None),
            code: Set(state.code.clone()),
            name: Set(state.name.clone()),
            level: Set(state.level),
            kind: Set(state.kind),
            code_system: Set(if state.kind == DivisionKind::Zone {
                CodeSystem::Nbs
            } else {
                CodeSystem::Mca
            }),
            date_precision: Set(DatePrecision::Day),
            parent: Set(state.parent),
            prefecture: Set(state.prefecture),
            province: Set(state.province),
            approval_doc: Set(Some(approval.clone())),
        });
    let versions: Vec<_> = versions.collect();
    insert_many(tx, versions).await
}

pub(super) async fn write_lineage(
    tx: &DatabaseTransaction,
    change: &Change,
    plan: &Plan,
) -> Result<()> {
    let last = division_lineage::Entity::find()
        .order_by_desc(division_lineage::Column::Seq)
        .one(tx)
        .await?
        .map_or(-1, |row| row.seq);
    let rows = (last + 1..)
        .zip(&plan.steps)
        .map(|(seq, step)| division_lineage::ActiveModel {
            seq: Set(seq),
            from_division: Set(step.from),
            to_division: Set(step.to),
            from_code: Set(step.from_code.clone()),
            to_code: Set(step.to_code.clone()),
            relation: Set(step.relation),
            effective: Set(change.effective),
            inferred: Set(false),
            share: Set(step.share),
        });
    let rows: Vec<_> = rows.collect();
    insert_many(tx, rows).await
}

pub(super) fn change_row(
    id: Uuid,
    act: Act<'_>,
    change: &Change,
    plan: &Plan,
    input: &ApplyDivisionChangeInput,
) -> Result<division_change::ActiveModel> {
    let first = plan
        .closed
        .first()
        .or(plan.opened.first())
        .ok_or_else(|| Error::internal("a change of nothing"))?;
    let named = |states: &[State], ids: &dyn Fn(Uuid) -> bool| -> String {
        let names: Vec<&str> = states
            .iter()
            .filter(|state| ids(state.division))
            .map(|state| state.name.as_str())
            .collect();
        names.join("、")
    };
    let is_below = |id: Uuid| plan.below.contains(&id);
    let sole = match plan.opened.iter().filter(|s| !is_below(s.division)).count() {
        1 => plan.opened.first().map(|state| state.division),
        _ => None,
    };
    let extension = input.change.extension_doc.as_deref();
    Ok(division_change::ActiveModel {
        id: Set(id),
        relation: Set(change.relation),
        division: Set(if first.level == DivisionLevel::Township {
            first.parent.unwrap_or(first.division)
        } else {
            first.division
        }),
        prefecture: Set(first.prefecture),
        province: Set(first.province),
        subject: Set(sole),
        before: Set(named(&plan.closed, &|id| !is_below(id))),
        after: Set(named(&plan.opened, &|id| !is_below(id))),
        sources: Set(i32::try_from(change.sources.len()).unwrap_or(i32::MAX)),
        effective: Set(change.effective),
        approval_doc: Set(Some(act::text(&input.change.approval_doc, "change", 100)?)),
        approved_on: Set(Some(change.approved_on)),
        authority: Set(Some(change.authority)),
        extension_doc: Set(act::optional_text(extension, "change", 100)?),
        code_due_on: Set(Some(clocks::code_due(change.approved_on).day)),
        recorded_at: Set(Some(act.at)),
        settled: Set(false),
        is_demo: Set(false),
    })
}

pub(super) async fn write_sides(
    tx: &DatabaseTransaction,
    id: Uuid,
    change: &Change,
    plan: &Plan,
) -> Result<()> {
    let mut sides: Vec<(Uuid, DivisionSideRole)> = change
        .sources
        .iter()
        .map(|division| (*division, DivisionSideRole::Source))
        .collect();
    sides.extend(plan.opened.iter().map(|state| {
        let role = if plan.below.contains(&state.division) {
            DivisionSideRole::Below
        } else {
            DivisionSideRole::Target
        };
        (state.division, role)
    }));
    let rows = sides
        .into_iter()
        .map(|(division, role)| division_side::ActiveModel {
            change: Set(id),
            division: Set(division),
            role: Set(role),
        });
    let rows: Vec<_> = rows.collect();
    insert_many(tx, rows).await
}

/// The event to the others, version 1: what ended, what began, and from which code to which all below went.
pub(super) fn told(id: Uuid, change: &Change, plan: &Plan) -> Value {
    let shown = |states: &[State]| -> Vec<Value> {
        states
            .iter()
            .filter(|state| !plan.below.contains(&state.division))
            .map(|state| {
                json!({ "id": state.division, "code": state.code, "name": state.name,
                    "parent": state.parent })
            })
            .collect()
    };
    let steps: Vec<Value> = plan
        .steps
        .iter()
        .map(|step| {
            json!({ "from": step.from, "to": step.to, "fromCode": step.from_code,
                "toCode": step.to_code, "relation": act::stored(&step.relation), "share": step.share })
        })
        .collect();
    json!({
        "version": 1,
        "change": id,
        "relation": act::stored(&change.relation),
        "effective": change.effective,
        "from": shown(&plan.closed),
        "to": shown(&plan.opened),
        "steps": steps,
    })
}
