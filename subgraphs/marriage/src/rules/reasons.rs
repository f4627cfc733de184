//! The words of a reason that is kept as a code only: each is asked from the rule that gives it, so
//! that sentence and article stand in one place.

use super::Refusal;
use super::age::{AgeSettings, Sex, marriage_age};
use super::application::may_register;
use super::eligibility::{Competence, Finding, competent, free_to_marry};
use super::ledger::Status;
use super::registrar::recusal;
use super::registration::{
    CONDITIONS_NOT_MET, Document, IDENTITY_DISPUTED, PartyAtCounter, declaration_contradicts,
    forbidden_kinship, missing_at_counter,
};
use super::scope::may_come_here;
use crate::kit::identity::NumberKind;
use chrono::NaiveDate;

/// M-10, 婚姻登记条例: the reason of a refusal, to be stated in full; none for an unknown code.
#[must_use]
pub fn by_code(code: &str) -> Option<Refusal> {
    let nothing = PartyAtCounter {
        present: false,
        willing: None,
        document: None,
        declaration_signed: false,
        illness_duty_explained: false,
        single_status_papers: false,
        number: None,
        face_differs: true,
    };
    let foreigner = PartyAtCounter {
        willing: Some(false),
        document: Some(Document::Passport),
        number: Some(NumberKind::CitizenId),
        ..nothing
    };
    // A day of today's law on which nobody is of age yet.
    let today = NaiveDate::from_ymd_opt(2026, 1, 1)?;
    let age = [Sex::Man, Sex::Woman]
        .into_iter()
        .filter_map(|sex| marriage_age(sex, today, today, AgeSettings::default()));
    let status = [
        Finding::SpouseOnRecord,
        Finding::Held,
        Finding::Disputed,
        Finding::LegacyUnresolved,
        Finding::NotAnswered,
    ]
    .into_iter()
    .filter_map(|finding| free_to_marry(finding).map(|(_, refusal)| refusal));
    let place = NaiveDate::from_ymd_opt(2004, 1, 1)
        .and_then(|day| may_come_here("110101", ["310101", "310101"], day));
    missing_at_counter(&nothing, &foreigner, false)
        .into_iter()
        .chain(age)
        .chain(status)
        .chain(competent(&[], Competence::Mainland))
        .chain(forbidden_kinship(true))
        .chain(recusal(true, false))
        .chain(place)
        .chain(may_register(super::application::State::Eligible, false).err())
        .chain(declaration_contradicts(Some(""), Status::Divorced))
        .chain([IDENTITY_DISPUTED, CONDITIONS_NOT_MET])
        .chain(super::elsewhere::REASONS)
        .find(|refusal| refusal.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_of_a_check_has_its_words_and_its_article() {
        for code in [
            "BOTH_MUST_BE_PRESENT",
            "NOT_FULLY_WILLING",
            "WILL_NOT_ASKED",
            "DECLARATION_MISSING",
            "IDENTITY_DOCUMENT_MISSING",
            "SINGLE_STATUS_PAPERS_MISSING",
            "ILLNESS_DUTY_NOT_EXPLAINED",
            "MAN_UNDER_AGE",
            "WOMAN_UNDER_AGE",
            "SPOUSE_ON_RECORD",
            "REGISTRATION_IN_PROGRESS",
            "AUTHORITY_NOT_ANSWERED",
            "REGISTRY_NOT_COMPETENT",
            "FORBIDDEN_KINSHIP",
            "REGISTRAR_MUST_STAND_BACK",
            "OUTSIDE_SERVICE_SCOPE",
            "CHECKS_OF_ANOTHER_DAY",
            "PARTY_DEAD_ON_RECORD",
            "DOCUMENT_DOES_NOT_FIT",
            "FACE_DOES_NOT_FIT",
            "DECLARATION_CONTRADICTS_RECORD",
            "IDENTITY_DISPUTED",
        ] {
            let reason = by_code(code);
            assert_eq!(reason.map(|r| r.code), Some(code));
            assert!(reason.is_some_and(|r| r.basis.is_some()), "{code}");
        }
        for code in ["RECORDS_DISPUTED", "LEGACY_RECORD_UNRESOLVED"] {
            assert_eq!(by_code(code).map(|r| r.code), Some(code));
        }
        assert_eq!(by_code("NOTHING"), None);
    }
}
