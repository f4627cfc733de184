//! What the registry does with an application: complete or not, granted or refused.

use super::submit::release;
use super::{APPLICANT, HEAD, clock_start, grant, last_days, person_of, read, standing};
use crate::input::registration::{
    AcceptRegistrationInput, DecideRegistrationInput, ExtendRegistrationInput,
    WithdrawRegistrationInput,
};
use crate::model::{permit_case, permit_person, sealed};
use crate::rules::permit::{PermitEvent, next};
use crate::rules::refusal;
use crate::rules::state::OrgEvent;
use crate::rules::term::{self, Extension, days_taken};
use crate::service::act::{Act, at, id, is_rest, refused, same_version, text};
use crate::service::deceased::registrable;
use crate::vocabulary::{OrgState, PermitItem, PermitState};
use futures_util::future::BoxFuture;
use kit::calendar::WorkCalendar;
use kit::{Error, Result, Role, YearMonth};
use minzheng_kit as kit;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use serde_json::json;
use uuid::Uuid;

/// Most items of missing papers, and most characters of each.
const MISSING: (usize, usize) = (20, 100);

/// O-4, 行政许可法 第三十二条: says that the papers are complete, or gives them back with all that is missing.
pub fn accept<'a>(act: Act<'a>, input: &'a AcceptRegistrationInput) -> BoxFuture<'a, Result<Uuid>> {
    Box::pin(async move {
        let old = read::case(act.tx, &id(&input.id, "id")?).await?;
        act.officer(&old.division_id)?;
        same_version(old.version, input.version)?;
        let (event, name) = if input.missing.is_empty() {
            (PermitEvent::Accept, "RegistrationAccepted")
        } else {
            (PermitEvent::Return, "RegistrationReturned")
        };
        // After five silent working days it is accepted and cannot be given back any more.
        let state = match (standing(&old, act.today).state, event) {
            (PermitState::Accepted, PermitEvent::Accept) if old.state == PermitState::Submitted => {
                PermitState::Accepted
            }
            (stands, _) => next(stands, event).map_err(|refusal| at(refusal, "id"))?,
        };
        let mut case = permit_case::Model {
            state,
            ..old.clone()
        };
        if state == PermitState::Accepted {
            // Whoever handed it in was not told; who takes it up gives it back for another head.
            if let Some(head) = person_of(act.tx, old.id, HEAD).await? {
                registrable(act.tx, &head, "id").await?;
            }
            run_clock(&mut case, act.today);
        } else {
            let items = missing(&input.missing)?;
            let columns = &act.services.columns;
            let sealed = columns.seal_text(act.tx, act.now, &sealed::MISSING, old.id, &items);
            case.missing = Some(sealed.await?);
        }
        write(act, &old, case, name).await
    })
}

/// The days of an accepted case run.
fn run_clock(case: &mut permit_case::Model, today: chrono::NaiveDate) {
    let submitted = case.submitted.unwrap_or(case.received);
    let silent = crate::rules::permit::state_on(PermitState::Submitted, submitted, today, &is_rest)
        == PermitState::Accepted;
    let accepted = if silent { submitted } else { today };
    case.received = clock_start(case.unit, submitted, accepted);
    (case.statutory_due, case.committed_due) =
        last_days(&WorkCalendar::china(), case, case.received);
}

fn missing(named: &[String]) -> Result<String> {
    let (most, length) = MISSING;
    if named.len() > most {
        return Err(refused(
            "TOO_MANY_ITEMS",
            "At most twenty items may be named.",
            "补正材料不得超过二十项。",
            "missing",
        ));
    }
    let items: Result<Vec<String>> = named
        .iter()
        .map(|item| text(item, length, "missing"))
        .collect();
    serde_json::to_string(&items?).map_err(|e| Error::internal(e.to_string()))
}

/// O-5: grants or refuses; a grant changes the register at once.
pub fn decide<'a>(act: Act<'a>, input: &'a DecideRegistrationInput) -> BoxFuture<'a, Result<Uuid>> {
    Box::pin(async move {
        let old = read::case(act.tx, &id(&input.id, "id")?).await?;
        act.officer(&old.division_id)?;
        same_version(old.version, input.version)?;
        refusal::decision(input.granted, input.ground).map_err(|refusal| at(refusal, "ground"))?;
        let stands = standing(&old, act.today);
        let event = if input.granted {
            PermitEvent::Grant
        } else {
            PermitEvent::Refuse
        };
        let state = next(stands.state, event).map_err(|refusal| at(refusal, "id"))?;
        let mut case = permit_case::Model {
            state,
            received: stands.received,
            statutory_due: stands.statutory_due,
            committed_due: stands.committed_due,
            decided: Some(act.today),
            decided_month: Some(YearMonth::of(act.today).index()),
            days_taken: days_taken(stands.received, act.today, old.unit, &is_rest).map(i32::from),
            granted: Some(input.granted),
            ground: input.ground,
            ..old.clone()
        };
        if input.granted {
            let code = grant::apply(act, &case).await?;
            case.credit_code = code.or(case.credit_code);
        } else {
            change_ends(act, &case).await?;
        }
        release(act, case.id).await?;
        write(act, &old, case, "RegistrationDecided").await
    })
}

/// O-4, 行政许可法 第四十二条: makes the term of an application longer, by the head of the authority and with the
/// reason that the applicant is told; answers the case.
pub fn extend<'a>(act: Act<'a>, input: &'a ExtendRegistrationInput) -> BoxFuture<'a, Result<Uuid>> {
    Box::pin(async move {
        let old = read::case(act.tx, &id(&input.id, "id")?).await?;
        act.officer(&old.division_id)?;
        same_version(old.version, input.version)?;
        let reason = text(&input.reason, 200, "reason")?;
        let columns = &act.services.columns;
        let reason = columns
            .seal_text(act.tx, act.now, &sealed::EXTENSION, old.id, &reason)
            .await?;
        let stands = standing(&old, act.today);
        let asked = Extension {
            unit: old.unit,
            state: stands.state,
            by_head: act.actor.role == Role::Supervisor,
            extended: u16::try_from(old.extended_days).unwrap_or(u16::MAX),
            due: stands.statutory_due,
        };
        let days = term::extend(&asked, act.today).map_err(|refusal| at(refusal, "id"))?;
        let mut case = permit_case::Model {
            state: stands.state,
            received: stands.received,
            extended_days: i32::from(days),
            extension_reason: Some(reason),
            ..old.clone()
        };
        (case.statutory_due, case.committed_due) =
            last_days(&WorkCalendar::china(), &case, stands.received);
        write(act, &old, case, "RegistrationTermExtended").await
    })
}

/// Takes an application back: its applicant, the organization's head or an officer.
pub fn withdraw<'a>(
    act: Act<'a>,
    input: &'a WithdrawRegistrationInput,
) -> BoxFuture<'a, Result<Uuid>> {
    Box::pin(async move {
        let old = read::case(act.tx, &id(&input.id, "id")?).await?;
        match (&old.credit_code, act.actor.role) {
            (Some(code), _) => {
                let organization = act.organization(code).await?;
                act.officer_or_head(&organization).await?;
            }
            (None, Role::Citizen) => {
                let own = act.actor.person.is_some()
                    && person_of(act.tx, old.id, APPLICANT).await? == act.actor.person;
                if !own {
                    return Err(Error::Forbidden);
                }
            }
            (None, _) => act.officer(&old.division_id)?,
        }
        same_version(old.version, input.version)?;
        let state = next(old.state, PermitEvent::Withdraw).map_err(|refusal| at(refusal, "id"))?;
        let case = permit_case::Model {
            state,
            ..old.clone()
        };
        change_ends(act, &case).await?;
        release(act, case.id).await?;
        write(act, &old, case, "RegistrationWithdrawn").await
    })
}

/// What the applicant is told when who was to lead has died: that another is needed, and not why.
const ANOTHER_HEAD: &str = "另行推选的拟任法定代表人及其身份证件";

/// O-5, 行政许可法 第三十二条: gives back the open applications by which somebody was to lead an organization who has died.
/// The days run anew when another is named. Told again, it finds none.
pub async fn head_died(act: Act<'_>, person: &str) -> Result<()> {
    let named = permit_person::Entity::find()
        .filter(permit_person::Column::Person.eq(person))
        .filter(permit_person::Column::Role.eq(HEAD))
        .all(act.tx)
        .await?;
    if named.is_empty() {
        return Ok(());
    }
    let open = permit_case::Entity::find()
        .filter(permit_case::Column::Id.is_in(named.iter().map(|row| row.case_id)))
        .filter(permit_case::Column::State.is_in([PermitState::Submitted, PermitState::Accepted]))
        .order_by_asc(permit_case::Column::Id)
        .all(act.tx)
        .await?;
    for old in open {
        let state = next(standing(&old, act.today).state, PermitEvent::HeadDied)
            .map_err(|refusal| at(refusal, "id"))?;
        let items = missing(&[ANOTHER_HEAD.to_owned()])?;
        let columns = &act.services.columns;
        let sealed = columns.seal_text(act.tx, act.now, &sealed::MISSING, old.id, &items);
        let case = permit_case::Model {
            state,
            missing: Some(sealed.await?),
            statutory_due: None,
            committed_due: None,
            extended_days: 0,
            extension_reason: None,
            ..old.clone()
        };
        write(act, &old, case, "RegistrationReturned").await?;
    }
    Ok(())
}

/// A change that is not granted leaves the organization as it was.
async fn change_ends(act: Act<'_>, case: &permit_case::Model) -> Result<()> {
    let (PermitItem::Change, Some(code)) = (case.item, &case.credit_code) else {
        return Ok(());
    };
    let organization = act.organization(code).await?;
    // A penalty may have come between.
    if organization.state == OrgState::Changing {
        act.advance(&organization, OrgEvent::DecideChange, "OrganizationChanged")
            .await?;
    }
    Ok(())
}

async fn write(
    act: Act<'_>,
    old: &permit_case::Model,
    mut case: permit_case::Model,
    event: &str,
) -> Result<Uuid> {
    case.version = old.version + 1;
    let kept = case.clone();
    case.into_active_model().reset_all().update(act.tx).await?;
    let shown = |case: &permit_case::Model| {
        json!({
            "item": case.item.text(), "state": case.state.text(), "creditCode": case.credit_code,
            "division": case.division_id, "ground": case.ground.map(crate::vocabulary::OrgRefusalGround::text),
            "decided": case.decided, "caseVersion": case.version,
        })
    };
    act.done(
        "PermitCase",
        &kept.id.to_string(),
        event,
        Some(shown(old)),
        shown(&kept),
    )
    .await?;
    Ok(kept.id)
}

/// O-4, 行政许可法 第三十二条, the job: writes down what silence has accepted; answers how many. What is read
/// counts already without it.
pub async fn accept_silent(s: &kit::Services) -> Result<usize> {
    let (now, today) = (s.clock.now(), s.clock.today());
    let waiting = permit_case::Entity::find()
        .filter(permit_case::Column::State.eq(PermitState::Submitted))
        .filter(permit_case::Column::Submitted.lt(today))
        .order_by_asc(permit_case::Column::Id)
        .all(s.db.read())
        .await?;
    let due = |case: &permit_case::Model| standing(case, today).state == PermitState::Accepted;
    let due: Vec<Uuid> = waiting
        .iter()
        .filter(|case| due(case))
        .map(|case| case.id)
        .collect();
    if due.is_empty() {
        return Ok(0);
    }
    let services = s.clone();
    let actor = kit::Principal::service(&s.province, s.name).at(now);
    s.db.write(move |tx| {
        let (services, actor, due) = (services.clone(), actor.clone(), due.clone());
        Box::pin(async move {
            let act = Act {
                tx,
                services: &services,
                actor: &actor,
                now,
                today,
            };
            let mut written = 0;
            for id in due {
                let old = read::case(tx, &id).await?;
                // An officer may have come between.
                if old.state == PermitState::Submitted {
                    let mut case = permit_case::Model {
                        state: PermitState::Accepted,
                        ..old.clone()
                    };
                    run_clock(&mut case, today);
                    write(act, &old, case, "RegistrationAccepted").await?;
                    written += 1;
                }
            }
            Ok(written)
        })
    })
    .await
}
