//! Asking for a name: submission with the checks of form and of conflicts ([`asked`]), drafts and returned applications
//! sent in again, acceptance.

use minzheng_kit::{Error, Result, UserError, mutation};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DatabaseTransaction};
use serde_json::json;
use uuid::Uuid;

use super::{
    Step, advance,
    asked::{self, Asked, Parts, county_of},
    log_step, open,
    requests::{NamingStepInput, ResubmitNamingInput, SaveAs, SubmitNamingInput},
};
use crate::{
    model::{naming_application, naming_area, sealed, vocabulary::NamingKind},
    rules::state::NamingState,
    service::{
        act::{self, About, Act},
        divisions, places,
    },
};

/// All refusals of form of a submission.
pub fn refusals(input: &SubmitNamingInput, act: Act<'_>) -> Vec<UserError> {
    asked::of_form(input).map_or_else(
        |error| error.into_user_error().into_iter().collect(),
        |asked| asked.refusals(act),
    )
}

/// P-3: what stands in the way of a name; of its end, nothing.
pub(super) async fn conflicts(
    tx: &DatabaseTransaction,
    kind: NamingKind,
    wanted: places::Wanted<'_>,
) -> Result<Vec<places::Conflict>> {
    match kind {
        NamingKind::Cancel => Ok(Vec::new()),
        NamingKind::Name | NamingKind::Rename => places::conflicts(tx, wanted).await,
    }
}

/// The search for what stands in an application's way.
pub(super) fn wanted<'a>(row: &'a naming_application::Model, act: Act<'a>) -> places::Wanted<'a> {
    places::Wanted {
        name: &row.name,
        kind: row.place_kind,
        county: row.county,
        except: row.place,
        application: Some(row.id),
        today: act.today,
        province: act.services.province.as_str(),
    }
}

/// Submits an application: `DRAFT → SUBMITTED → ACCEPTED → CONFLICT_CHECK`, and on to `EVALUATION` where no
/// name in force stands in its way; less far where the caller asks to stop before.
///
/// # Errors
/// A refusal ([`Error::Invalid`]) for an unknown division or place, a place out of the officer's area, or
/// a name that is kept for its history (P-7).
pub async fn submit(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &SubmitNamingInput,
) -> Result<Uuid> {
    let asked = asked::of_form(input)?;
    if let Some(first) = asked.refusals(act).into_iter().next() {
        return Err(first.into());
    }
    let division = act::known(&input.division_id, "divisionId")?;
    let chain = divisions::chain(tx, division, act.today).await?;
    let county = county_of(&chain)?;
    if !act.principal.oversees(&county.code) {
        return Err(Error::Forbidden);
    }
    let standing = asked.stands(tx, act, division, None).await?;
    // A place lies where it lies, however closely the form says so.
    let chain = standing.as_ref().map_or(&chain, |place| &place.chain);
    let county = county_of(chain)?;
    asked.lies_in(tx, chain).await?;
    asked.agrees(tx, chain, act).await?;
    let Parts {
        name,
        specific,
        generic,
        roman,
        sound,
        point,
    } = asked.parts(standing.as_ref());
    let wanted = places::Wanted {
        name: &name,
        kind: asked.place_kind,
        county: county.division,
        except: asked.place,
        application: None,
        today: act.today,
        province: act.services.province.as_str(),
    };
    let conflicts = conflicts(tx, asked.kind, wanted).await?;
    let state = match input.save_as {
        Some(SaveAs::Draft) => NamingState::Draft,
        Some(SaveAs::Submitted) => NamingState::Submitted,
        None => checked(conflicts.len()),
    };
    let id = minzheng_kit::id::new();
    let division = chain.first().map_or(division, |own| own.division);
    naming_application::ActiveModel {
        id: Set(id),
        kind: Set(asked.kind),
        state: Set(state),
        place: Set(asked.place),
        place_kind: Set(asked.place_kind),
        division: Set(division),
        county: Set(county.division),
        sound: Set(sound),
        name: Set(name),
        specific: Set(specific),
        generic: Set(generic),
        roman: Set(roman),
        longitude: Set(point.map(|p| p.longitude)),
        latitude: Set(point.map(|p| p.latitude)),
        reasons: Set(sealed_reasons(tx, act, id, &input.reasons).await?),
        conflicts: Set(json_of(&conflicts)?),
        applicant: Set(act.subject()),
        submitted_at: Set(act.at),
        approved_on: Set(None),
        approved_month: Set(None),
        approved_by: Set(None),
        authority: Set(None),
        approval_doc: Set(None),
        effective_on: Set(None),
        position: Set(act::optional_text(
            input.position.as_deref(),
            "position",
            200,
        )?),
        reviewed_by: Set(None),
        reviewer_person: Set(None),
        is_demo: Set(false),
        version: Set(1),
    }
    .insert(tx)
    .await?;
    for area in chain {
        naming_area::ActiveModel {
            division: Set(area.division),
            application: Set(id),
        }
        .insert(tx)
        .await?;
    }
    log_step(tx, act, id, "submitNaming", state, None).await?;
    let told = json!({ "version": 1, "application": id, "state": act::stored(&state), "division": division,
        "conflicts": conflicts.len() });
    let key = id.to_string();
    mutation::history(
        tx,
        "NamingApplication",
        &key,
        act.principal,
        None,
        Some(told.clone()),
    )
    .await?;
    let about = About {
        division: Some(county.division),
        place: asked.place,
        application: Some(id),
    };
    act::record(tx, act.at, "NamingSubmitted", about, told).await?;
    Ok(id)
}

/// Where a complete application stands after the search for conflicts.
fn checked(conflicts: usize) -> NamingState {
    let states = NamingState::after_submission(conflicts);
    states.last().copied().unwrap_or(NamingState::Submitted)
}

fn json_of(conflicts: &[places::Conflict]) -> Result<serde_json::Value> {
    serde_json::to_value(conflicts).map_err(|e| Error::internal(e.to_string()))
}

/// The applicant's own words, encrypted for a row.
async fn sealed_reasons(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    row: Uuid,
    reasons: &str,
) -> Result<String> {
    let columns = &act.services.columns;
    columns
        .seal_text(tx, act.at, &sealed::REASONS, row, reasons)
        .await
}

/// Sends a draft or a returned application in again, as it is now: `DRAFT`, `RETURNED → SUBMITTED`. It is another
/// application in all but its number: what was reported on the first form, and who reviewed it, counts no more.
pub async fn resubmit(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &ResubmitNamingInput,
) -> Result<Uuid> {
    let row = open(tx, act, &input.application_id, input.version).await?;
    let state = row.state.step(NamingState::Submitted)?;
    let asked = Asked {
        kind: row.kind,
        place: row.place,
        place_kind: row.place_kind,
        specific: input.specific.trim(),
        generic: input.generic.trim(),
        point: input.point,
        reasons: &input.reasons,
    };
    if let Some(first) = asked.refusals(act).into_iter().next() {
        return Err(first.into());
    }
    // What stood against the first form may stand against the second, and what was listed since.
    let chain = divisions::chain(tx, row.division, act.today).await?;
    let county = county_of(&chain)?.division;
    let standing = asked.stands(tx, act, county, Some(row.id)).await?;
    asked.lies_in(tx, &chain).await?;
    asked.agrees(tx, &chain, act).await?;
    let parts = asked.parts(standing.as_ref());
    let position = act::optional_text(input.position.as_deref(), "position", 200)?;
    let step = Step {
        name: "resubmitNaming",
        event: "NamingSubmitted",
        state,
        remark: None,
    };
    let reasons = sealed_reasons(tx, act, row.id, &input.reasons).await?;
    advance(tx, act, row, step, |changed| {
        changed.sound = Set(parts.sound);
        changed.name = Set(parts.name);
        changed.specific = Set(parts.specific);
        changed.generic = Set(parts.generic);
        changed.roman = Set(parts.roman);
        changed.reasons = Set(reasons);
        changed.submitted_at = Set(act.at);
        changed.reviewed_by = Set(None);
        changed.reviewer_person = Set(None);
        if let Some(point) = parts.point {
            changed.longitude = Set(Some(point.longitude));
            changed.latitude = Set(Some(point.latitude));
        }
        if position.is_some() {
            changed.position = Set(position);
        }
    })
    .await
}

/// Accepts an application that is complete in form, and looks for conflicts again: `SUBMITTED → ACCEPTED →
/// CONFLICT_CHECK`, and on to `EVALUATION` where there are none.
pub async fn accept(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &NamingStepInput,
) -> Result<Uuid> {
    let row = open(tx, act, &input.application_id, input.version).await?;
    row.state.step(NamingState::Accepted)?;
    let conflicts = conflicts(tx, row.kind, wanted(&row, act)).await?;
    let step = Step {
        name: "acceptNaming",
        event: "NamingAccepted",
        state: checked(conflicts.len()),
        remark: act::optional_plain_text(input.remark.as_deref(), "remark", super::LONGEST_REMARK)?,
    };
    let found = json_of(&conflicts)?;
    advance(tx, act, row, step, |changed| changed.conflicts = Set(found)).await
}
