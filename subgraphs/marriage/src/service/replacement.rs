//! M-20: a lost certificate is replaced by any registry, after the archive and the courts' notices
//! were checked; the old print goes out of force and no new marriage comes of it.

use super::act::Act;
use super::certificates::{self, Paper};
use super::counter::registrar_faults;
use super::couple::Known;
use super::{ledger, moves};
use crate::kit::{Error, Result, UserError};
use crate::model::{
    certificate, correction, court_notice, divorce_record, impersonation_case, marriage_record,
};
use crate::rules::ledger::death_in;
use crate::rules::record::RecordState;
use crate::rules::replacement::{
    Replaced, ReplacementFacts, SEEN_AT_THE_COUNTER, not_replaced, notice_speaks,
};
use chrono::Datelike;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// What is asked for at the counter.
#[derive(Clone, Debug, Serialize)]
pub struct Ask {
    /// The registry; any will do.
    pub registry: Uuid,
    /// Who handles it.
    pub registrar: Uuid,
    /// The holder, by identity card.
    pub holder: Known,
    /// Which certificate: true for the divorce certificate.
    pub divorce: bool,
    /// The marriage record; the latest one of the holder where none is named.
    pub record: Option<Uuid>,
    /// The holder stands before the registrar with the card.
    pub holder_identified: bool,
    /// The archive was consulted.
    pub archive_checked: bool,
    /// Number of the printed form.
    pub print_no: String,
}

/// Replaces the holder's certificate; gives the new one's id.
pub async fn replace(act: Act<'_>, what: &Ask) -> Result<Uuid> {
    let registry = act.office(what.registry).await?;
    let holder = &what.holder.token;
    let record = record_of(&act, what).await?;
    let divorce = match &record {
        Some(record) => {
            divorce_record::Entity::find()
                .filter(divorce_record::Column::MarriageId.eq(record.id))
                .order_by_desc(divorce_record::Column::RegisteredOn)
                .one(act.tx)
                .await?
        }
        None => None,
    };
    let kind = if what.divorce {
        Replaced::Divorce
    } else {
        Replaced::Marriage
    };
    let facts = ReplacementFacts {
        what: kind,
        holder_identified: what.holder_identified,
        archive_checked: what.archive_checked,
        record: record
            .as_ref()
            .and_then(|r| RecordState::from_text(&r.state)),
        divorce_registered: divorce.is_some(),
        court_notice: court_spoke(&act, record.as_ref()).await?,
        disputed: disputed(&act, record.as_ref()).await?,
        holder_dead: holder_dead(&act, holder).await?,
    };
    let (seen, on_record): (Vec<_>, Vec<_>) = not_replaced(&facts)
        .into_iter()
        .partition(|refusal| SEEN_AT_THE_COUNTER.contains(&refusal.code));
    let acting = registrar_faults(&act, what.registrar, registry.id, &[holder]).await?;
    let seen = seen
        .into_iter()
        .chain(acting)
        .map(UserError::from)
        .chain(moves::numbers_nothing(&act, &registry))
        .collect();
    let on_record = on_record.into_iter().map(UserError::from).collect();
    act.unless_on_record([holder, holder], seen, on_record)
        .await?;
    what.holder.announce(&act).await?;
    let certified = match (kind, &record, &divorce) {
        (Replaced::Divorce, _, Some(divorce)) => divorce.id,
        (Replaced::Marriage, Some(record), _) => record.id,
        _ => return Err(Error::NotFound),
    };
    let today = act.today();
    let number =
        certificates::allocate(act.tx, kind.prefix(), &registry.county_code, today.year()).await?;
    let old = old_paper(&act, holder, certified).await?;
    let paper = Paper {
        number: &number.to_string(),
        kind: if what.divorce {
            "DIVORCE_REPLACEMENT"
        } else {
            "MARRIAGE_REPLACEMENT"
        },
        holder,
        record: certified,
        replaces: old,
        registry: registry.id,
    };
    let made = certificates::issue(act.tx, paper, today, None).await?;
    certificates::print(&act, certified, &[(holder, &what.print_no)]).await?;
    act.leave(
        "Certificate",
        made.id,
        None,
        "ISSUED",
        json!({ "record": certified }),
    )
    .await?;
    Ok(made.id)
}

/// Takes the holder's certificate in force out of force; gives its id.
async fn old_paper(act: &Act<'_>, holder: &str, record: Uuid) -> Result<Option<Uuid>> {
    let old = certificate::Entity::find()
        .filter(certificate::Column::RecordId.eq(record))
        .filter(certificate::Column::Holder.eq(holder))
        .filter(certificate::Column::State.eq("ISSUED"))
        .one(act.tx)
        .await?;
    let Some(old) = old else { return Ok(None) };
    certificate::Entity::update_many()
        .col_expr(certificate::Column::State, Expr::value("REPLACED"))
        .filter(certificate::Column::Id.eq(old.id))
        .exec(act.tx)
        .await?;
    act.leave("Certificate", old.id, Some("ISSUED"), "REPLACED", json!({}))
        .await?;
    Ok(Some(old.id))
}

/// The record asked for, if it is one of the holder's; a valid one goes before an ended one.
async fn record_of(act: &Act<'_>, what: &Ask) -> Result<Option<marriage_record::Model>> {
    use marriage_record::Column;
    let holder = &what.holder.token;
    let rows = marriage_record::Entity::find()
        .filter(
            Condition::any()
                .add(Column::Man.eq(holder))
                .add(Column::Woman.eq(holder)),
        )
        .order_by_desc(Column::RegisteredOn)
        .all(act.tx)
        .await?;
    let wanted = match (what.record, what.divorce) {
        (Some(id), _) => rows.iter().find(|row| row.id == id),
        (None, true) => rows
            .iter()
            .find(|row| row.state == RecordState::DissolvedDivorce.as_str())
            .or_else(|| rows.first()),
        (None, false) => rows
            .iter()
            .find(|row| row.state == RecordState::Valid.as_str())
            .or_else(|| rows.first()),
    };
    Ok(wanted.cloned())
}

/// M-25a: whether a court has given notice about the couple, annotated or not.
async fn court_spoke(act: &Act<'_>, record: Option<&marriage_record::Model>) -> Result<bool> {
    let Some(record) = record else {
        return Ok(false);
    };
    let notices = court_notice::Entity::find()
        .filter(court_notice::Column::Man.eq(&record.man))
        .filter(court_notice::Column::Woman.eq(&record.woman))
        .filter(court_notice::Column::EffectiveOn.gte(record.registered_on))
        .all(act.tx)
        .await?;
    if notices.is_empty() {
        return Ok(false);
    }
    let found_valid = correction::Entity::find()
        .filter(correction::Column::RecordId.eq(record.id))
        .filter(correction::Column::State.eq("APPLIED"))
        .filter(correction::Column::ToState.eq(RecordState::Valid.as_str()))
        .order_by_desc(correction::Column::DecidedAt)
        .one(act.tx)
        .await?
        .and_then(|row| row.decided_at)
        .map(crate::kit::clock::legal_day);
    Ok(notices.iter().any(|notice| {
        let of_this = notice.record_id == Some(record.id);
        notice_speaks(notice.annotated_on, found_valid.filter(|_| of_this))
    }))
}

async fn holder_dead(act: &Act<'_>, holder: &str) -> Result<bool> {
    let ledgers = ledger::of_persons(act.tx, &[holder.to_owned()]).await?;
    Ok(ledgers
        .get(holder)
        .is_some_and(|ledger| death_in(&ledger.entries, None).is_some()))
}

async fn disputed(act: &Act<'_>, record: Option<&marriage_record::Model>) -> Result<bool> {
    let Some(record) = record else {
        return Ok(false);
    };
    let case = impersonation_case::Entity::find()
        .filter(impersonation_case::Column::RecordId.eq(record.id))
        .filter(impersonation_case::Column::State.is_in(["OPEN", "PROPOSED"]))
        .one(act.tx)
        .await?;
    Ok(case.is_some())
}
