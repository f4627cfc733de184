//! M-11: a marriage is registered, certified and entered in both ledgers in one transaction.
//!
//! The number is taken here and not before, so that a registration that fails gives it back.

use super::{certificates, ledger, statistics};
use crate::kit::{Result, YearMonth};
use crate::model::{certificate, marriage_record, registry};
use crate::rules::certificate::Prefix;
use crate::rules::eligibility::{finding, free_to_marry};
use crate::rules::ledger::LedgerEvent;
use crate::rules::record::{RecordState, effective_from};
use crate::rules::registration::conditions_not_met;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use sea_orm::{DatabaseTransaction, EntityTrait};

/// What is registered, after every check at the counter.
#[derive(Clone, Debug)]
pub struct Registration<'a> {
    /// The registry.
    pub registry: &'a registry::Model,
    /// Its division code on the day of issue.
    pub code_of_the_day: &'a str,
    /// `MARRIAGE`, `REMARRIAGE` or `RETROACTIVE`.
    pub kind: &'a str,
    /// Person token of the man.
    pub man: &'a str,
    /// Person token of the woman.
    pub woman: &'a str,
    /// M-13: for a registration made good later, when both first met the conditions.
    pub conditions_first_met: Option<NaiveDate>,
    /// A party belongs to another province.
    pub cross_province: bool,
}

/// Registers a marriage, in the caller's transaction, at the moment `now`.
pub async fn register(
    tx: &DatabaseTransaction,
    what: &Registration<'_>,
    now: DateTime<Utc>,
) -> Result<marriage_record::Model> {
    let on = super::shanghai(now).date();
    // M-5 once more, inside the transaction that makes the marriage.
    let couple = [what.man.to_owned(), what.woman.to_owned()];
    let ledgers = ledger::of_persons(tx, &couple).await?;
    for ledger in ledgers.values() {
        if let Some((_, refusal)) = free_to_marry(finding(&ledger.entries)) {
            return Err(refusal.into());
        }
    }
    // M-13, I-1: an effect that reaches back may lie over no other marriage of either.
    if let Some(day) = what.conditions_first_met {
        let entries = |person: &str| ledgers.get(person).map_or(&[][..], |l| &l.entries[..]);
        if let Some(refusal) = conditions_not_met([entries(what.man), entries(what.woman)], day) {
            return Err(refusal.into());
        }
    }
    let number =
        certificates::allocate(tx, Prefix::Marriage, what.code_of_the_day, on.year()).await?;
    let effective = effective_from(on, what.conditions_first_met);
    let record = marriage_record::Model {
        id: crate::kit::id::new(),
        registry_id: Some(what.registry.id),
        county_id: what.registry.county_id,
        certificate_no: Some(number.to_string()),
        legacy_no: None,
        kind: what.kind.to_owned(),
        registered_on: on,
        effective_from: effective,
        man: what.man.to_owned(),
        woman: what.woman.to_owned(),
        state: RecordState::Valid.as_str().to_owned(),
        ended_on: None,
        source: "ONLINE".to_owned(),
        quality: "A".to_owned(),
        cross_province: what.cross_province,
        version: 1,
    };
    marriage_record::Entity::insert(marriage_record::ActiveModel::from(record.clone()))
        .exec_without_returning(tx)
        .await?;
    for person in &couple {
        let paper = certificate::Model {
            id: crate::kit::id::new(),
            number: number.to_string(),
            kind: "MARRIAGE".to_owned(),
            holder: person.clone(),
            record_id: record.id,
            issued_on: on,
            state: "ISSUED".to_owned(),
            print_no: None,
            replaces: None,
            registry_id: Some(what.registry.id),
        };
        certificate::Entity::insert(certificate::ActiveModel::from(paper))
            .exec_without_returning(tx)
            .await?;
        let fact = ledger::Fact {
            event: LedgerEvent::Married,
            effective_on: effective,
            record: Some(record.id),
        };
        ledger::append(tx, person, fact, now).await?;
    }
    let act = statistics::Act {
        registered: 1,
        cross_province: i64::from(what.cross_province),
        ..statistics::Act::default()
    };
    statistics::count(tx, what.registry, YearMonth::of(on), act, now).await?;
    Ok(record)
}
