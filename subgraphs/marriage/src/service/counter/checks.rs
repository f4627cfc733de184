//! 联网核对: what the registers and the registrar's own entries say about an application.
//!
//! A party whose ledger another province keeps is not guessed at: where that province is connected it is
//! asked when the couple is registered, and then keeps the person for it; otherwise the finding is "not
//! answered" and the application waits as `SUSPENDED_UNVERIFIED`.

use super::{
    Application, State, advance, checks_of, competence, in_hand, kin_among, parties_of,
    registrar_faults,
};
use crate::kit::identity::NumberKind;
use crate::kit::{Error, Result};
use crate::model::{application_check, application_party, identity_doubt, registry};
use crate::rules::Refusal;
use crate::rules::application::NOT_FOUND_ELIGIBLE;
use crate::rules::eligibility::{
    Competence, Finding, Verdict, by_papers, competent, finding, free_to_marry,
};
use crate::rules::reasons::by_code;
use crate::rules::registration::{
    Document, IDENTITY_DISPUTED, PartyAtCounter, declaration_contradicts, forbidden_kinship,
    in_one_visit, missing_at_counter,
};
use crate::service::act::{Act, add};
use crate::service::{ledger, registries};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use uuid::Uuid;

/// The outcome of a check that another province will answer.
const ASKED_AT_REGISTRATION: &str = "ASKED_AT_REGISTRATION";

/// What is asked for.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Check {
    /// The application and the version it was read at.
    pub application: (Uuid, i64),
}

/// One finding before it is written.
struct Found {
    code: &'static str,
    role: &'static str,
    verdict: Verdict,
    reason: Option<String>,
}

impl Found {
    fn of(code: &'static str, role: &'static str, reason: Option<(Verdict, &str)>) -> Self {
        Self {
            code,
            role,
            verdict: reason.map_or(Verdict::Eligible, |(verdict, _)| verdict),
            reason: reason.map(|(_, code)| code.to_owned()),
        }
    }
}

/// Runs every check anew.
async fn asked_again(act: &Act<'_>, row: &Application) -> Result<Vec<Found>> {
    let parties = parties_of(act.tx, &[row.id])
        .await?
        .remove(&row.id)
        .unwrap_or_default();
    let [man, woman] = parties.as_slice() else {
        return Err(Error::internal("an application without two parties"));
    };
    findings(act, row, man, woman).await
}

/// M-10: what the checks find now against the marriage, as codes, which stays on file. What they found before counts
/// for nothing, for somebody may have been asked, or a judgment annotated, since.
pub(super) async fn grounds_now(act: &Act<'_>, row: &Application) -> Result<Vec<String>> {
    let found = asked_again(act, row).await?;
    write(act, row.id, &found).await?;
    Ok(found
        .into_iter()
        .filter(|found| found.verdict == Verdict::Refused)
        .filter_map(|found| found.reason)
        .collect())
}

/// M-5, M-6, M-7: everything that stands in the way at the moment of registration, each reason once: kinship may have
/// been recorded, or an identity doubted, since the couple was found eligible.
pub(super) async fn in_the_way(act: &Act<'_>, row: &Application) -> Result<Vec<Refusal>> {
    let mut reasons: Vec<Refusal> = Vec::new();
    for found in asked_again(act, row).await? {
        if found.verdict == Verdict::Eligible {
            continue;
        }
        let reason = found.reason.as_deref().and_then(by_code);
        let reason = reason.unwrap_or(NOT_FOUND_ELIGIBLE);
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    Ok(reasons)
}

/// Runs every check again and takes the application to what follows from them.
pub async fn run(act: Act<'_>, what: &Check) -> Result<Uuid> {
    let (id, version) = what.application;
    let row = in_hand(&act, id, version).await?;
    let found = asked_again(&act, &row).await?;
    write(&act, id, &found).await?;
    let worst = found
        .iter()
        .map(|f| f.verdict)
        .max()
        .unwrap_or(Verdict::Unverified);
    let course: &[State] = match worst {
        Verdict::Eligible => &[State::Checking, State::Eligible],
        Verdict::Unverified => &[State::Checking, State::SuspendedUnverified],
        Verdict::Refused => &[State::Checking],
    };
    advance(&act, row, course).await?;
    Ok(id)
}

async fn findings(
    act: &Act<'_>,
    row: &Application,
    man: &application_party::Model,
    woman: &application_party::Model,
) -> Result<Vec<Found>> {
    let registry = registries::by_id(act.tx, row.registry_id).await?;
    let tokens = [man.person.clone(), woman.person.clone()];
    let ledgers = ledger::of_persons(act.tx, &tokens).await?;
    let elsewhere = crate::interop::counter::prepared(act.tx, row.id).await?;
    let doubts = identity_doubt::Entity::find()
        .filter(identity_doubt::Column::Person.is_in(tokens.iter().cloned()))
        .all(act.tx)
        .await?;
    let mut found = Vec::new();
    for (role, party) in [("MAN", man), ("WOMAN", woman)] {
        let fault = faults_of(party).find(|code| *code != OUTSIDE);
        found.push(Found::of(
            "AGE",
            role,
            fault.map(|code| (Verdict::Refused, code)),
        ));
        let doubted = doubts.iter().any(|doubt| doubt.person == party.person);
        found.push(Found::of(
            "IDENTITY",
            role,
            doubted.then_some((Verdict::Unverified, IDENTITY_DISPUTED.code)),
        ));
        let own = ledgers.get(&party.person);
        let declared = party.declared_status.as_deref();
        let contradiction = own.and_then(|ledger| declaration_contradicts(declared, ledger.status));
        found.push(Found::of(
            "DECLARED_PAST",
            role,
            contradiction.map(|refusal| (Verdict::Refused, refusal.code)),
        ));
        let known = own.map_or(Finding::NotAnswered, |ledger| finding(&ledger.entries));
        let here = party.authority == act.services.province.as_str();
        // Another authority is asked when the couple is registered, and then keeps its promise; asking
        // before would promise nothing.
        if !here && elsewhere && known != Finding::Deceased {
            found.push(Found {
                code: "MARITAL_STATUS",
                role,
                verdict: Verdict::Eligible,
                reason: Some(ASKED_AT_REGISTRATION.to_owned()),
            });
            competence_of(&mut found, &registry, role, party);
            continue;
        }
        // A death that is known here counts whoever keeps the ledger.
        let answer = match known {
            Finding::Deceased => known,
            // Papers stand for a register where there is none to ask, not for one that does not answer.
            _ if !here => Finding::NotAnswered,
            _ if competence(&party.needs) != Competence::Mainland => by_papers(known),
            _ => known,
        };
        let status = free_to_marry(answer);
        found.push(Found::of(
            "MARITAL_STATUS",
            role,
            status.map(|(verdict, refusal)| (verdict, refusal.code)),
        ));
        competence_of(&mut found, &registry, role, party);
    }
    let kin = kin_among(act.tx, &tokens).await?;
    let refusal = forbidden_kinship(!kin.is_empty());
    found.push(Found::of(
        "KINSHIP",
        "BOTH",
        refusal.map(|r| (Verdict::Refused, r.code)),
    ));
    let outside = faults_of(man).any(|code| code == OUTSIDE);
    found.push(Found::of(
        "SERVICE_SCOPE",
        "BOTH",
        outside.then_some((Verdict::Refused, OUTSIDE)),
    ));
    if let Some(day) = row.conditions_first_met {
        let couple = [man.person.as_str(), woman.person.as_str()];
        let refusal = super::receive::retroactive_overlap(act, &couple, day).await?;
        found.push(Found::of(
            "CONDITIONS",
            "BOTH",
            refusal.map(|r| (Verdict::Refused, r.code)),
        ));
    }
    let missing = missing_at_counter(
        &at_counter(man),
        &at_counter(woman),
        in_one_visit(man.seen_on, woman.seen_on),
    );
    if missing.is_empty() {
        found.push(Found::of("COUNTER", "BOTH", None));
    }
    for refusal in missing {
        found.push(Found::of(
            refusal.code,
            "BOTH",
            Some((Verdict::Refused, refusal.code)),
        ));
    }
    let mut faults = match row.registrar_id {
        Some(registrar) => {
            registrar_faults(
                act,
                registrar,
                row.registry_id,
                &[&man.person, &woman.person],
            )
            .await?
        }
        None => Vec::new(),
    };
    found.push(Found::of(
        "REGISTRAR",
        "BOTH",
        faults.pop().map(|r| (Verdict::Refused, r.code)),
    ));
    let received_today = row.received_on == Some(act.today());
    let other_day = (!received_today).then_some((Verdict::Refused, "CHECKS_OF_ANOTHER_DAY"));
    found.push(Found::of("DAY", "BOTH", other_day));
    Ok(found)
}

/// The code of a couple that came to the wrong place, by the rule of the day of receipt.
const OUTSIDE: &str = "OUTSIDE_SERVICE_SCOPE";

/// What the numbers told against the marriage at the receipt.
fn faults_of(party: &application_party::Model) -> impl Iterator<Item = &str> {
    party
        .number_faults
        .split(',')
        .filter(|code| !code.is_empty())
}

/// Whether the registry may register this party at all.
fn competence_of(
    found: &mut Vec<Found>,
    registry: &registry::Model,
    role: &'static str,
    party: &application_party::Model,
) {
    let refusal = competent(&registries::competence(registry), competence(&party.needs));
    found.push(Found::of(
        "COMPETENCE",
        role,
        refusal.map(|r| (Verdict::Refused, r.code)),
    ));
}

fn at_counter(party: &application_party::Model) -> PartyAtCounter {
    PartyAtCounter {
        present: party.present,
        willing: party.willing,
        document: party.doc_kind.as_deref().and_then(document),
        declaration_signed: party.no_spouse_declared && party.no_kinship_declared,
        illness_duty_explained: party.illness_explained_at.is_some(),
        single_status_papers: party.single_status_papers,
        number: party.number_kind.as_deref().and_then(NumberKind::from_text),
        face_differs: party.face_match == "FAIL",
    }
}

fn document(text: &str) -> Option<Document> {
    Some(match text {
        "ID_CARD" => Document::IdCard,
        "TEMP_ID" => Document::TemporaryId,
        "HMT_PERMIT" => Document::HmtPermit,
        "RESIDENCE_PERMIT" => Document::ResidencePermit,
        "PASSPORT" => Document::Passport,
        "FPR_CARD" => Document::ForeignPermanentResident,
        _ => return None,
    })
}

async fn write(act: &Act<'_>, id: Uuid, found: &[Found]) -> Result<()> {
    application_check::Entity::delete_many()
        .filter(application_check::Column::ApplicationId.eq(id))
        .exec(act.tx)
        .await?;
    for finding in found {
        let outcome = match finding.verdict {
            Verdict::Eligible if finding.reason.as_deref() == Some(ASKED_AT_REGISTRATION) => {
                ASKED_AT_REGISTRATION
            }
            Verdict::Eligible => "PASS",
            Verdict::Unverified => "UNVERIFIED",
            Verdict::Refused => "FAIL",
        };
        let row = application_check::Model {
            application_id: id,
            code: finding.code.to_owned(),
            role: finding.role.to_owned(),
            outcome: outcome.to_owned(),
            reason: finding
                .reason
                .clone()
                .filter(|code| code != ASKED_AT_REGISTRATION),
            checked_on: act.today(),
            at: act.now,
        };
        add!(act.tx, application_check, row)?;
    }
    Ok(())
}

/// Whether the checks of an application are of today.
pub(super) async fn of_today(act: &Act<'_>, id: Uuid) -> Result<bool> {
    let checks = checks_of(act.tx, &[id])
        .await?
        .remove(&id)
        .unwrap_or_default();
    Ok(!checks.is_empty() && checks.iter().all(|check| check.checked_on == act.today()))
}
