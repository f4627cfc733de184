//! `eligibilityCheck`: what the registers say about two people who want to marry.
//!
//! The identity numbers become tokens at once and go no further; of a person the answer keeps the
//! token, the age and a finding, never a spouse. The ledger of a person is kept by the province
//! whose digits begin the identity number (that province is the *authority*); what another
//! province would say is not guessed: the finding is `NotAnswered` and the verdict `Unverified`.

use super::couple::{Facts, Known};
use super::{counter, ledger, records, registries};
use crate::kit::{Result, Services};
use crate::model::{identity_doubt, registry};
use crate::rules::age::AgeSettings;
use crate::rules::eligibility::{
    ADDRESS_NOT_IN_USE, Finding, Judgment, PartyFacts, Verdict, age, by_papers, finding, judge,
};
use crate::rules::registration::{IDENTITY_DISPUTED, forbidden_kinship};
use crate::rules::scope::may_come_here;
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use std::sync::Arc;
use uuid::Uuid;

/// What is told of one party.
#[derive(Clone, Debug)]
pub struct PartyAnswer {
    /// Person token.
    pub person: String,
    /// Age in full years on the day of asking.
    pub age_years: i32,
    /// What the authority says.
    pub finding: Finding,
    /// M-25: the first day from which no record is missing; none where that is not known.
    pub coverage_from: Option<NaiveDate>,
    /// Two digits of the province that is the authority.
    pub authority: String,
    /// When the authority answered; none where it did not.
    pub answered_at: Option<DateTime<Utc>>,
}

/// The whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Outcome and reasons.
    pub judgment: Judgment,
    /// The man's part.
    pub man: PartyAnswer,
    /// The woman's part.
    pub woman: PartyAnswer,
    /// The registry that would register them.
    pub registry: Arc<registry::Model>,
    /// The day the answer is for.
    pub on: NaiveDate,
}

/// Checks two people for a registry on the clock's legal day, in five statements.
pub async fn check(
    services: &Services,
    man: (&Known, Facts),
    woman: (&Known, Facts),
    registry: Uuid,
) -> Result<Answer> {
    let db = services.db.read();
    let registry = registries::by_id(db, registry).await?;
    let (on, now) = (services.clock.today(), services.clock.now());
    let tokens = [man, woman].map(|(known, _)| known.token.clone());
    let ledgers = ledger::of_persons(db, &tokens).await?;
    let coverage = records::coverage_from(db).await?;
    let settings = AgeSettings::on(on);
    let facts = |(known, told): (&Known, Facts)| {
        let own = ledgers
            .get(&known.token)
            .map_or(Finding::NotAnswered, |ledger| finding(&ledger.entries));
        let here = known.authority(services) == services.province.as_str();
        PartyFacts {
            sex: told.sex,
            birth: told.birth,
            // A death that is known here counts whoever keeps the ledger.
            finding: match own {
                Finding::Deceased => own,
                // Papers stand for a register where there is none to ask, not for one that does not answer.
                _ if !here => Finding::NotAnswered,
                _ if !known.is_citizen() => by_papers(own),
                _ => own,
            },
            needs: known.needs(),
        }
    };
    let answer = |known: &Known, facts: &PartyFacts| {
        let answered = !matches!(facts.finding, Finding::NotAnswered | Finding::ByPapers);
        PartyAnswer {
            person: known.token.clone(),
            age_years: age(facts, on, settings),
            finding: facts.finding,
            coverage_from: coverage.filter(|_| answered),
            authority: known.authority(services),
            answered_at: answered.then_some(now),
        }
    };
    let (man_facts, woman_facts) = (facts(man), facts(woman));
    let ((man, _), (woman, _)) = (man, woman);
    let mut judgment = judge(
        &man_facts,
        &woman_facts,
        man.token == woman.token,
        &registries::competence(&registry),
        on,
        settings,
    );
    // 全国通办 is a dated rule: on a day of another scope a couple may have come to the wrong place.
    let households = [man.prefix(), woman.prefix()];
    if let Some(refusal) = may_come_here(&registry.county_code, households, on) {
        judgment.verdict = Verdict::Refused;
        judgment.reasons.push(refusal);
    }
    // What the checks at the counter would find too: kinship on record, an identity in doubt.
    if let Some(refusal) = forbidden_kinship(!counter::kin_among(db, &tokens).await?.is_empty()) {
        judgment.verdict = Verdict::Refused;
        judgment.reasons.push(refusal);
    }
    let doubts = identity_doubt::Entity::find()
        .filter(identity_doubt::Column::Person.is_in(tokens.iter().cloned()))
        .count(db)
        .await?;
    if doubts > 0 {
        judgment.verdict = judgment.verdict.max(Verdict::Unverified);
        judgment.reasons.push(IDENTITY_DISPUTED);
    }
    if [man, woman]
        .iter()
        .any(|known| known.address_in_use_at_birth(on) == Some(false))
    {
        judgment.notes.push(ADDRESS_NOT_IN_USE);
    }
    Ok(Answer {
        judgment,
        man: answer(man, &man_facts),
        woman: answer(woman, &woman_facts),
        registry: Arc::new(registry),
        on,
    })
}
