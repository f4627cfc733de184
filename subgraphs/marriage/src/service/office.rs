//! What the registers bring up by themselves 依职权: the trail of an act that no officer has made, and cases that nobody
//! has complained of. A case is one row on the work list of a registry; while it is open nothing is registered about
//! its record, and two officers end it as any other ([`super::impersonation`]).

use super::act::add;
use crate::kit::events::{Event, emit};
use crate::kit::mutation::history;
use crate::kit::{Principal, Result, Services};
use crate::model::{annotation, impersonation_case, marriage_record, registry};
use crate::rules::impersonation::Ground;
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use uuid::Uuid;

/// The states of a case that is not decided.
pub const UNDECIDED: [&str; 2] = ["OPEN", "PROPOSED"];

/// The transaction, who is told to have acted, and why.
pub struct Trail<'x> {
    /// The transaction.
    pub tx: &'x DatabaseTransaction,
    /// Who.
    pub actor: Principal,
    /// When.
    pub at: DateTime<Utc>,
    /// The legal day.
    pub today: NaiveDate,
    cause: &'static str,
}

impl std::fmt::Debug for Trail<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trail").finish_non_exhaustive()
    }
}

impl<'x> Trail<'x> {
    /// What another subsystem has told.
    pub fn told_by(
        source: &str,
        cause: &'static str,
        services: &Services,
        tx: &'x DatabaseTransaction,
        at: DateTime<Utc>,
    ) -> Self {
        Self {
            tx,
            actor: Principal::service(&services.province, source).at(services.clock.now()),
            at,
            today: services.clock.today(),
            cause,
        }
    }

    /// What time has brought about, whoever finds it first: the job, or an officer's act that it stands in the way of.
    pub fn of_time(services: &Services, tx: &'x DatabaseTransaction) -> Self {
        Self::told_by(services.name, "TIME", services, tx, services.clock.now())
    }

    /// What follows from an officer's act.
    pub fn of(act: &super::act::Act<'x>, cause: &'static str) -> Self {
        Self {
            tx: act.tx,
            actor: act.caller.clone(),
            at: act.now,
            today: act.today(),
            cause,
        }
    }

    /// Leaves a history row and an event.
    ///
    /// # Errors
    /// What the database says.
    pub async fn leave(&self, entity: &str, id: &str, before: &str, after: &str) -> Result<()> {
        let state = |state: &str| Some(json!({ "state": state }));
        history(
            self.tx,
            entity,
            id,
            &self.actor,
            state(before),
            state(after),
        )
        .await?;
        let event = Event {
            kind: format!("{entity}Changed"),
            key: id.to_owned(),
            at: self.at,
            body: json!({ "version": 1, "state": after, "cause": self.cause }),
        };
        emit(self.tx, &event).await
    }

    /// Writes beside a record what became of a case about it.
    async fn note(&self, record: Uuid, kind: &str) -> Result<()> {
        let note = annotation::Model {
            id: crate::kit::id::new(),
            record_id: record,
            kind: kind.to_owned(),
            noted_on: self.today,
            effective_on: None,
            reference: None,
        };
        add!(self.tx, annotation, note)?;
        Ok(())
    }
}

/// Opens a case about a record, if none is open; whether there is one more. One that was open only because two
/// marriages lie over each other is about this from now on.
///
/// # Errors
/// What the database says.
pub async fn open(
    trail: &Trail<'_>,
    record: &marriage_record::Model,
    about: &str,
    ground: Ground,
) -> Result<bool> {
    use impersonation_case::Column;
    let tx = trail.tx;
    let known = impersonation_case::Entity::find()
        .filter(Column::RecordId.eq(record.id))
        .filter(Column::State.is_in(UNDECIDED))
        .one(tx)
        .await?;
    if let Some(known) = known {
        let takes_over =
            known.ground == Ground::TwoMarriages.as_str() && ground != Ground::TwoMarriages;
        if takes_over {
            take_over(tx, &known, about, ground).await?;
            let id = known.id.to_string();
            trail
                .leave("ImpersonationCase", &id, &known.state, "OPEN")
                .await?;
        }
        return Ok(takes_over);
    }
    let Some(registry) = registry_of(tx, record).await? else {
        return Ok(false);
    };
    let row = impersonation_case::Model {
        id: crate::kit::id::new(),
        record_id: record.id,
        registry_id: registry,
        complainant: about.to_owned(),
        ground: ground.as_str().to_owned(),
        opened_on: trail.today,
        state: "OPEN".to_owned(),
        proposed: None,
        proposed_by: None,
        proposed_person: None,
        proposed_at: None,
        decided_by: None,
        decided_on: None,
        version: 1,
    };
    let id = row.id.to_string();
    add!(tx, impersonation_case, row)?;
    trail.note(record.id, "CASE_OPENED").await?;
    trail
        .leave("ImpersonationCase", &id, "NONE", "OPEN")
        .await?;
    Ok(true)
}

/// A case is about something else from now on; what was proposed for the other is over.
///
/// # Errors
/// What the database says.
pub async fn take_over(
    tx: &DatabaseTransaction,
    case: &impersonation_case::Model,
    about: &str,
    ground: Ground,
) -> Result<()> {
    use impersonation_case::Column;
    impersonation_case::Entity::update_many()
        .col_expr(Column::Complainant, Expr::value(about))
        .col_expr(Column::Ground, Expr::value(ground.as_str()))
        .col_expr(Column::State, Expr::value("OPEN"))
        .col_expr(Column::Proposed, Expr::value(None::<String>))
        .col_expr(Column::ProposedBy, Expr::value(None::<String>))
        .col_expr(Column::ProposedPerson, Expr::value(None::<String>))
        .col_expr(Column::ProposedAt, Expr::value(None::<DateTime<Utc>>))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(case.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Closes a case whose ground is gone by itself: nothing is left for two officers to decide.
///
/// # Errors
/// What the database says.
pub async fn close(trail: &Trail<'_>, case: &impersonation_case::Model) -> Result<()> {
    use impersonation_case::Column;
    impersonation_case::Entity::update_many()
        .col_expr(Column::State, Expr::value("DISMISSED"))
        .col_expr(
            Column::DecidedBy,
            Expr::value(trail.actor.subject.clone().unwrap_or_default()),
        )
        .col_expr(Column::DecidedOn, Expr::value(trail.today))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(case.id))
        .exec(trail.tx)
        .await?;
    trail.note(case.record_id, "CASE_DISMISSED").await?;
    let id = case.id.to_string();
    trail
        .leave("ImpersonationCase", &id, &case.state, "DISMISSED")
        .await
}

/// The registry that handles a case about a record: its own, or else one of its county, or else the first.
async fn registry_of(
    tx: &DatabaseTransaction,
    record: &marriage_record::Model,
) -> Result<Option<Uuid>> {
    if let Some(own) = record.registry_id {
        return Ok(Some(own));
    }
    let first = || registry::Entity::find().order_by_asc(registry::Column::Code);
    let near = first()
        .filter(registry::Column::CountyId.eq(record.county_id))
        .one(tx)
        .await?;
    let found = match near {
        Some(near) => Some(near),
        None => first().one(tx).await?,
    };
    Ok(found.map(|row| row.id))
}
