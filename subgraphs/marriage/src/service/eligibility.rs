//! `eligibilityCheck`: what the registers say about two people who want to marry.
//!
//! The identity numbers become tokens at once and go no further; of a person the answer keeps the
//! token, the age and a finding, never a spouse. The ledger of a person is kept by the province
//! whose digits begin the identity number (that province is the *authority*); what another
//! province would say is not guessed: the finding is `NotAnswered` and the verdict `Unverified`.

use super::{ledger, records, registries};
use crate::kit::citizen_id::CitizenId;
use crate::kit::{Result, Services};
use crate::model::registry;
use crate::rules::age::{AgeSettings, Sex};
use crate::rules::eligibility::{Competence, Finding, Judgment, PartyFacts, Verdict, age, judge};
use crate::rules::scope::may_come_here;
use chrono::{DateTime, NaiveDate, Utc};
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

/// Which competence of the registry a party needs, by the issuing block of the number: 81, 82 and
/// 83 are residence permits of Hong Kong, Macao and Taiwan residents, 9 permanent residents.
#[must_use]
pub fn needs(id: &CitizenId) -> Competence {
    let code = id.division_code();
    if code.starts_with("81") || code.starts_with("82") || code.starts_with("83") {
        Competence::HmtOverseas
    } else if code.starts_with('9') {
        Competence::Foreign
    } else {
        Competence::Mainland
    }
}

/// The authority of the person's ledger, by the table of routes.
#[must_use]
pub fn authority(services: &Services, id: &CitizenId) -> String {
    crate::interop::counter::authority(services, id.division_code())
}

/// Sex as the rules name it.
#[must_use]
pub fn sex(id: &CitizenId) -> Sex {
    if matches!(id.sex(), crate::kit::citizen_id::Sex::Male) {
        Sex::Man
    } else {
        Sex::Woman
    }
}

/// Checks two people for a registry on the clock's legal day, in three statements.
pub async fn check(
    services: &Services,
    man: &CitizenId,
    woman: &CitizenId,
    registry: Uuid,
) -> Result<Answer> {
    let db = services.db.read();
    let registry = registries::by_id(db, registry).await?;
    let (on, now) = (services.clock.today(), services.clock.now());
    let tokens = [man, woman].map(|id| services.tokenizer.token(id).to_string());
    let here: Vec<String> = [man, woman]
        .into_iter()
        .zip(&tokens)
        .filter(|(id, _)| authority(services, id) == services.province.as_str())
        .map(|(_, token)| token.clone())
        .collect();
    let ledgers = ledger::of_persons(db, &here).await?;
    let coverage = records::coverage_from(db).await?;
    let settings = AgeSettings::default();
    let facts = |id: &CitizenId, token: &String| PartyFacts {
        sex: sex(id),
        birth: id.birth_date(),
        finding: ledgers
            .get(token)
            .map_or(Finding::NotAnswered, |ledger| ledger.status.into()),
        needs: needs(id),
    };
    let answer = |id: &CitizenId, token: &String, facts: &PartyFacts| {
        let answered = facts.finding != Finding::NotAnswered;
        PartyAnswer {
            person: token.clone(),
            age_years: age(facts, on, settings),
            finding: facts.finding,
            coverage_from: coverage.filter(|_| answered),
            authority: authority(services, id),
            answered_at: answered.then_some(now),
        }
    };
    let [man_token, woman_token] = &tokens;
    let (man_facts, woman_facts) = (facts(man, man_token), facts(woman, woman_token));
    let mut judgment = judge(
        &man_facts,
        &woman_facts,
        man_token == woman_token,
        &registries::competence(&registry),
        on,
        settings,
    );
    // 全国通办 is a dated rule: on a day of another scope a couple may have come to the wrong place.
    let households = [man.division_code(), woman.division_code()];
    if let Some(refusal) = may_come_here(&registry.county_code, households, on) {
        judgment.verdict = Verdict::Refused;
        judgment.reasons.push(refusal);
    }
    Ok(Answer {
        judgment,
        man: answer(man, man_token, &man_facts),
        woman: answer(woman, woman_token, &woman_facts),
        registry: Arc::new(registry),
        on,
    })
}
