//! What one officer asked for and no second one confirmed in time: the release of ashes, the taking back of a death.
//! Every reader judges by the present time ([`crate::rules::proposal`]); this writes it down, at the latest before the
//! same is asked for anew.

use chrono::{DateTime, TimeDelta, Utc};
use minzheng_kit::Result;
use minzheng_kit::events::{self, Event};
use minzheng_kit::mutation::history;
use minzheng_kit::{Principal, Services};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
};
use serde_json::json;
use uuid::Uuid;

use super::act::Act;
use crate::model::{ashes_release, death_revocation};
use crate::rules::settings::{Parameter, Settings};
use crate::rules::terms::{ReleaseState, RevocationState};

/// What ended by running out.
struct Ended {
    /// The entity whose history tells of it: the case, or the record of the death.
    entity: &'static str,
    /// Its identity.
    of: Uuid,
    /// The proposal.
    proposal: Uuid,
    /// The event that tells of it.
    event: &'static str,
}

/// Everything asked for up to this moment has waited too long.
pub fn asked_before(now: DateTime<Utc>, rules: &Settings<'_>) -> DateTime<Utc> {
    now - TimeDelta::days(rules.value(Parameter::ProposalDays))
}

async fn releases(
    tx: &DatabaseTransaction,
    before: DateTime<Utc>,
    of: Option<Uuid>,
    most: u64,
) -> Result<Vec<Ended>> {
    use ashes_release::Column;
    let rows: Vec<(Uuid, Uuid)> = ashes_release::Entity::find()
        .select_only()
        .columns([Column::Id, Column::CaseId])
        .filter(Column::State.eq(ReleaseState::Asked))
        .filter(Column::AskedAt.lte(before))
        .apply_if(of, |select, case| select.filter(Column::CaseId.eq(case)))
        .limit(most)
        .into_tuple()
        .all(tx)
        .await?;
    ashes_release::Entity::update_many()
        .col_expr(Column::State, Expr::value(ReleaseState::Expired))
        .filter(Column::Id.is_in(rows.iter().map(|(id, _)| *id)))
        .filter(Column::State.eq(ReleaseState::Asked))
        .exec(tx)
        .await?;
    let ended = |(proposal, of)| Ended {
        entity: "FuneralCase",
        of,
        proposal,
        event: "AshesReleaseExpired",
    };
    Ok(rows.into_iter().map(ended).collect())
}

async fn revocations(
    tx: &DatabaseTransaction,
    before: DateTime<Utc>,
    of: Option<Uuid>,
    most: u64,
) -> Result<Vec<Ended>> {
    use death_revocation::Column;
    let rows: Vec<(Uuid, Uuid)> = death_revocation::Entity::find()
        .select_only()
        .columns([Column::Id, Column::DeathId])
        .filter(Column::State.eq(RevocationState::Asked))
        .filter(Column::AskedAt.lte(before))
        .apply_if(of, |select, death| select.filter(Column::DeathId.eq(death)))
        .limit(most)
        .into_tuple()
        .all(tx)
        .await?;
    death_revocation::Entity::update_many()
        .col_expr(Column::State, Expr::value(RevocationState::Expired))
        .filter(Column::Id.is_in(rows.iter().map(|(id, _)| *id)))
        .filter(Column::State.eq(RevocationState::Asked))
        .exec(tx)
        .await?;
    let ended = |(proposal, of)| Ended {
        entity: "DeathRecord",
        of,
        proposal,
        event: "DeathRevocationExpired",
    };
    Ok(rows.into_iter().map(ended).collect())
}

async fn told(
    tx: &DatabaseTransaction,
    by: &Principal,
    now: DateTime<Utc>,
    ended: &[Ended],
) -> Result<()> {
    for one in ended {
        let after = json!({ "proposal": one.proposal, "state": "EXPIRED" });
        let id = one.of.to_string();
        let event = Event {
            kind: one.event.to_owned(),
            key: one.proposal.to_string(),
            at: now,
            body: json!({ "version": 1, "id": one.of, "after": after }),
        };
        history(
            tx,
            one.entity,
            &id,
            by,
            Some(json!({ "state": "ASKED" })),
            Some(after),
        )
        .await?;
        events::emit(tx, &event).await?;
    }
    Ok(())
}

/// Ends the release of a case that ran out, so that another can be asked for.
pub async fn end_lapsed_release(act: &Act<'_>, case: Uuid) -> Result<()> {
    let before = asked_before(act.now, &act.rules());
    let ended = releases(act.tx, before, Some(case), 1).await?;
    told(act.tx, act.principal, act.now, &ended).await
}

/// Ends the revocation of a death that ran out, so that another can be asked for.
pub async fn end_lapsed_revocation(act: &Act<'_>, record: Uuid) -> Result<()> {
    let before = asked_before(act.now, &act.rules());
    let ended = revocations(act.tx, before, Some(record), 1).await?;
    told(act.tx, act.principal, act.now, &ended).await
}

/// Writes down what ran out, at most so many of each kind; answers how many.
pub async fn run(
    tx: &DatabaseTransaction,
    services: &Services,
    rules: &Settings<'_>,
    most: u64,
) -> Result<u64> {
    let now = services.clock.now();
    let before = asked_before(now, rules);
    let mut ended = releases(tx, before, None, most).await?;
    ended.extend(revocations(tx, before, None, most).await?);
    told(
        tx,
        &Principal::service(&services.province, "funeral"),
        now,
        &ended,
    )
    .await?;
    Ok(u64::try_from(ended.len()).unwrap_or(u64::MAX))
}
