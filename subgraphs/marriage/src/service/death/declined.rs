//! The written word of a widowed spouse that the marriage is not to live again should the declared death be
//! taken back (民法典 51). It stands beside the record and is read by [`super::take_back`].

use crate::kit::{Error, Result};
use crate::model::{annotation, marriage_record};
use crate::rules::death::may_decline;
use crate::rules::ledger::death_in;
use crate::rules::record::RecordState;
use crate::service::act::{Act, same_version};
use crate::service::couple::Known;
use crate::service::{counter, court, ledger};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// The kind of the annotation.
const KIND: &str = "REVIVAL_DECLINED";

/// What the spouse declares.
#[derive(Clone, Debug, Serialize)]
pub struct Decline {
    /// The registry that takes the declaration.
    pub registry: Uuid,
    /// The marriage record and the version it was read at.
    pub record: (Uuid, i64),
    /// The spouse who lives.
    pub survivor: Known,
    /// Number of the written declaration.
    pub reference: String,
}

/// Takes the declaration of the spouse who lives; answers the record.
pub async fn decline(act: Act<'_>, what: &Decline) -> Result<Uuid> {
    act.office(what.registry).await?;
    let (id, version) = what.record;
    let record = marriage_record::Entity::find_by_id(id)
        .one(act.tx)
        .await?
        .ok_or(Error::NotFound)?;
    same_version(version, record.version)?;
    let couple = [record.man.as_str(), record.woman.as_str()];
    act.unless(counter::officer_faults(&act, what.registry, &couple).await?)?;
    let state = RecordState::from_text(&record.state)
        .ok_or_else(|| Error::internal("unknown state of a marriage record"))?;
    what.survivor.stands(&act).await?;
    let person = &what.survivor.token;
    let own = [person.clone()];
    let ledgers = ledger::of_persons(act.tx, &own).await?;
    let lives = ledgers
        .get(person)
        .is_none_or(|ledger| death_in(&ledger.entries, None).is_none());
    let is_party = record.man == *person || record.woman == *person;
    act.unless(
        may_decline(state, is_party && lives)
            .err()
            .into_iter()
            .collect(),
    )?;
    if !declined(act.tx, id).await? {
        let day = Some(act.today());
        court::note(&act, id, KIND, day, Some(&what.reference)).await?;
        act.leave(
            "MarriageRecord",
            id,
            Some(&record.state),
            &record.state,
            json!({ "annotation": KIND }),
        )
        .await?;
    }
    Ok(id)
}

/// Whether the spouse has declared so.
pub(super) async fn declined(db: &impl ConnectionTrait, record: Uuid) -> Result<bool> {
    let found = annotation::Entity::find()
        .filter(annotation::Column::RecordId.eq(record))
        .filter(annotation::Column::Kind.eq(KIND))
        .count(db)
        .await?;
    Ok(found > 0)
}
