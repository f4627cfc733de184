//! The answer to `eligibilityCheck`. It names neither a spouse nor a record.

use super::enums::{EligibilityVerdict, MaritalFinding};
use super::person::Person;
use super::registry::MarriageRegistry;
use crate::kit::federation::directives::*;
use crate::kit::{Date, DateTime};
use crate::rules::Refusal;
use crate::service::eligibility::{Answer, PartyAnswer};
use async_graphql::SimpleObject;

/// What the registers say about two people who want to marry (结婚登记资格核验).
#[derive(SimpleObject, Clone, Debug)]
pub struct EligibilityCheck {
    /// The outcome (结论).
    #[graphql(directive = personal::apply("marital".into(), "parties { person { id } }".into()))]
    pub verdict: EligibilityVerdict,
    /// Why it is not ELIGIBLE; empty otherwise (理由).
    #[graphql(directive = personal::apply("marital".into(), "parties { person { id } }".into()))]
    pub reasons: Vec<EligibilityReason>,
    /// What the couple must know all the same (提示).
    #[graphql(directive = personal::apply("marital".into(), "parties { person { id } }".into()))]
    pub notes: Vec<EligibilityReason>,
    /// The man and the woman, in this order (双方当事人).
    pub parties: Vec<EligibilityParty>,
    /// The registry that would register them (登记机关).
    pub registry: MarriageRegistry,
    /// The legal day the answer is for (核验日期).
    pub checked_on: Date,
}

/// One reason, in two languages, with its article (理由).
#[derive(SimpleObject, Clone, Debug)]
pub struct EligibilityReason {
    /// Stable code (代码).
    pub code: &'static str,
    /// The reason in Chinese (中文说明).
    pub message_zh: &'static str,
    /// The reason in English (英文说明).
    pub message_en: &'static str,
    /// The article it rests on; null for a reason of form (法律依据).
    pub legal_basis: Option<&'static str>,
}

impl From<&Refusal> for EligibilityReason {
    fn from(refusal: &Refusal) -> Self {
        Self {
            code: refusal.code,
            message_zh: refusal.zh,
            message_en: refusal.en,
            legal_basis: refusal.basis,
        }
    }
}

/// One of the two (当事人).
#[derive(SimpleObject, Clone, Debug)]
pub struct EligibilityParty {
    /// The person; null when nothing is kept of this person yet (自然人).
    pub person: Option<Person>,
    /// Age in full years on the day of the check (周岁).
    #[graphql(directive = personal::apply("IDENTITY".into(), "person { id }".into()))]
    pub age_years: i32,
    /// What the authority says; never whom someone is married to (婚姻状况核验结果).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    pub status: MaritalFinding,
    /// The first day from which no record is missing; null where that is not known (记录完整起始日).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    pub coverage_from: Option<Date>,
    /// Who keeps the person's records (婚姻信息所属方).
    #[graphql(directive = personal::apply("marital".into(), "person { id }".into()))]
    pub authority: PersonAuthority,
}

impl From<PartyAnswer> for EligibilityParty {
    fn from(party: PartyAnswer) -> Self {
        Self {
            person: Some(Person::alone(party.person)),
            age_years: party.age_years,
            status: party.finding.into(),
            coverage_from: party.coverage_from.map(Date),
            authority: PersonAuthority {
                province_code: party.authority,
                answered_at: party.answered_at.map(DateTime),
            },
        }
    }
}

/// The province that keeps a person's marital records (婚姻信息所属省份).
#[derive(SimpleObject, Clone, Debug)]
pub struct PersonAuthority {
    /// The two digits that begin the identity number (省级代码).
    pub province_code: String,
    /// When it answered; null when it has not (答复时间).
    pub answered_at: Option<DateTime>,
}

impl From<Answer> for EligibilityCheck {
    fn from(answer: Answer) -> Self {
        let list = |refusals: &[Refusal]| refusals.iter().map(EligibilityReason::from).collect();
        Self {
            verdict: answer.judgment.verdict.into(),
            reasons: list(&answer.judgment.reasons),
            notes: list(&answer.judgment.notes),
            parties: vec![answer.man.into(), answer.woman.into()],
            registry: MarriageRegistry::alone(answer.registry),
            checked_on: Date(answer.on),
        }
    }
}
