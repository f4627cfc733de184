//! Asking for a name: submission with the checks of form and of conflicts.

use minzheng_kit::{Error, Result, UserError, mutation};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    Step, advance, log_step, open,
    requests::{NamingStepInput, PlacePointInput, ResubmitNamingInput, SaveAs, SubmitNamingInput},
};
use crate::{
    model::{
        division_version, heritage_name, naming_application, naming_area, place, place_name,
        sealed,
        vocabulary::{DivisionKind, DivisionLevel, NameStatus, NamingKind},
    },
    rules::{
        geometry::Point,
        names::{self, Draft},
        romanise, scope,
        scope::PlaceKind,
        state::NamingState,
    },
    service::{
        act::{self, About, Act},
        divisions, places,
    },
};

/// The longest statement of reasons, in characters.
const LONGEST_REASONS: usize = 4000;

/// A name as it is asked for, whether for the first time or again.
struct Asked<'a> {
    kind: NamingKind,
    place: Option<Uuid>,
    place_kind: PlaceKind,
    specific: &'a str,
    generic: &'a str,
    point: Option<PlacePointInput>,
    reasons: &'a str,
}

impl Asked<'_> {
    fn name(&self) -> String {
        format!("{}{}", self.specific, self.generic)
    }

    /// The refusals of form that need no database, in the order of the form (P-1, P-2, P-8).
    fn refusals(&self, act: Act<'_>) -> Vec<UserError> {
        let mut refusals = Vec::new();
        if self.place_kind == PlaceKind::Division {
            refusals.push(
                UserError::new(
                    "DIVISION_BY_OTHER_LAW",
                    "Divisions are named by the regulations on administrative divisions, not here.",
                    "行政区划的命名、更名依照《行政区划管理条例》办理。",
                )
                .field(&["input", "placeKind"])
                .basis("地名管理条例第十二条"),
            );
        }
        if self.kind != NamingKind::Name && self.place.is_none() {
            refusals.push(
                UserError::new("PLACE_MISSING", "Say which place is meant.", "请指明地名。")
                    .field(&["input", "placeId"]),
            );
        }
        if self.reasons.chars().count() > LONGEST_REASONS {
            refusals.push(
                UserError::new(
                    "REASONS_TOO_LONG",
                    "The statement of reasons is too long.",
                    "理由过长。",
                )
                .field(&["input", "reasons"]),
            );
        }
        refusals.extend(names::check(&Draft {
            kind: self.place_kind,
            specific: self.specific,
            generic: self.generic,
            reasons: self.reasons,
            point: self.point.map(|p| Point {
                longitude: p.longitude,
                latitude: p.latitude,
            }),
            on: act.today,
        }));
        refusals
    }
}

/// All refusals of form of a submission.
pub fn refusals(input: &SubmitNamingInput, act: Act<'_>) -> Vec<UserError> {
    asked(input).map_or_else(
        |error| error.into_user_error().into_iter().collect(),
        |asked| asked.refusals(act),
    )
}

fn asked(input: &SubmitNamingInput) -> Result<Asked<'_>> {
    let place = input.place_id.as_ref();
    Ok(Asked {
        kind: input.kind,
        place: place.map(|id| act::known(id, "placeId")).transpose()?,
        place_kind: input.place_kind,
        specific: input.specific.trim(),
        generic: input.generic.trim(),
        point: input.point,
        reasons: &input.reasons,
    })
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
    let asked = asked(input)?;
    if let Some(first) = asked.refusals(act).into_iter().next() {
        return Err(first.into());
    }
    let division = act::known(&input.division_id, "divisionId")?;
    let chain = divisions::chain(tx, division, act.today).await?;
    let county = county_of(&chain)?;
    if !act.principal.oversees(&county.code) {
        return Err(Error::Forbidden);
    }
    stands(tx, &asked, county).await?;
    agrees(tx, &asked, &chain, act).await?;
    let name = asked.name();
    let conflicts = places::conflicts(
        tx,
        places::Wanted {
            name: &name,
            kind: asked.place_kind,
            county: county.division,
            except: asked.place,
            application: None,
            today: act.today,
            province: act.services.province.as_str(),
        },
    )
    .await?;
    let state = match input.save_as {
        Some(SaveAs::Draft) => NamingState::Draft,
        Some(SaveAs::Submitted) => NamingState::Submitted,
        None => checked(conflicts.len()),
    };
    let id = minzheng_kit::id::new();
    let roman = romanise::romanise(asked.specific, Some(asked.generic), asked.place_kind);
    naming_application::ActiveModel {
        id: Set(id),
        kind: Set(asked.kind),
        state: Set(state),
        place: Set(asked.place),
        place_kind: Set(asked.place_kind),
        division: Set(division),
        county: Set(county.division),
        sound: Set(scope::sound(&name)),
        name: Set(name),
        specific: Set(asked.specific.to_owned()),
        generic: Set(asked.generic.to_owned()),
        roman: Set(roman.plain),
        longitude: Set(asked.point.map(|p| p.longitude)),
        latitude: Set(asked.point.map(|p| p.latitude)),
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
        is_demo: Set(false),
        version: Set(1),
    }
    .insert(tx)
    .await?;
    for area in &chain {
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

/// The place to be renamed or cancelled: it lies in the county, has a name to lose, and may lose it (P-7).
async fn stands(
    tx: &DatabaseTransaction,
    asked: &Asked<'_>,
    county: &division_version::Model,
) -> Result<()> {
    let Some(id) = asked.place else { return Ok(()) };
    let place = place::Entity::find_by_id(id)
        .filter(place::Column::County.eq(county.division))
        .one(tx)
        .await?
        .ok_or_else(|| {
            UserError::new(
                "PLACE_UNKNOWN",
                "There is no such place in this division.",
                "该区划内无此地名。",
            )
            .field(&["input", "placeId"])
        })?;
    if asked.kind == NamingKind::Name {
        let named = place_name::Entity::find()
            .filter(place_name::Column::Place.eq(id))
            .filter(place_name::Column::Status.eq(NameStatus::Standard))
            .filter(place_name::Column::ValidTo.is_null())
            .one(tx)
            .await?;
        if named.is_some() {
            return Err(UserError::new(
                "PLACE_HAS_NAME",
                "This place has a standard name; ask for a renaming.",
                "该地名实体已有标准地名，应当申请更名。",
            )
            .field(&["input", "kind"])
            .into());
        }
        return Ok(());
    }
    let listing = heritage_name::Entity::find_by_id(id).one(tx).await?;
    let has_measures = listing.is_some_and(|row| row.measures.is_some());
    match names::heritage_is_kept(place.is_heritage, has_measures) {
        Some(refusal) => Err(refusal.into()),
        None => Ok(()),
    }
}

/// P-6 for facilities: compared with the divisions around it and the counties beside its own.
async fn agrees(
    tx: &DatabaseTransaction,
    asked: &Asked<'_>,
    chain: &[division_version::Model],
    act: Act<'_>,
) -> Result<()> {
    if asked.place_kind != PlaceKind::Facility {
        return Ok(());
    }
    let parents = chain.iter().filter_map(|one| one.parent);
    let siblings = division_version::Entity::find()
        .filter(division_version::Column::Parent.is_in(parents))
        .filter(division_version::Column::Level.ne(DivisionLevel::Township))
        .filter(division_version::Column::Kind.ne(DivisionKind::Zone))
        .filter(divisions::in_force(act.today))
        .all(tx)
        .await?;
    let short = |name: &str| romanise::split(name, PlaceKind::Division).0.to_owned();
    let around: Vec<String> = chain.iter().map(|one| short(&one.name)).collect();
    let elsewhere: Vec<String> = siblings
        .iter()
        .map(|one| short(&one.name))
        .filter(|name| !around.contains(name))
        .collect();
    let around: Vec<&str> = around.iter().map(String::as_str).collect();
    let elsewhere: Vec<&str> = elsewhere.iter().map(String::as_str).collect();
    let refusal = names::facility_agrees(asked.specific, &around, &elsewhere);
    match refusal {
        Some(refusal) => Err(refusal.into()),
        None => Ok(()),
    }
}

/// The county of a chain of divisions, or the city that stands for it.
pub fn county_of(chain: &[division_version::Model]) -> Result<&division_version::Model> {
    let unknown = || {
        UserError::new(
            "DIVISION_UNKNOWN",
            "Name a division in force, a county or one below.",
            "请填写现行县级或乡级行政区划。",
        )
        .field(&["input", "divisionId"])
    };
    let county = chain.iter().find(|d| d.level == DivisionLevel::County);
    // A city without counties (东莞) stands for its county.
    let city = || {
        chain
            .get(1)
            .filter(|d| d.level == DivisionLevel::Prefecture)
    };
    Ok(county.or_else(city).ok_or_else(unknown)?)
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

/// Sends a draft or a returned application in again, as it is now: `DRAFT`, `RETURNED → SUBMITTED`.
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
    stands(tx, &asked, county_of(&chain)?).await?;
    agrees(tx, &asked, &chain, act).await?;
    let name = asked.name();
    let roman = romanise::romanise(asked.specific, Some(asked.generic), asked.place_kind);
    let position = act::optional_text(input.position.as_deref(), "position", 200)?;
    let step = Step {
        name: "resubmitNaming",
        event: "NamingSubmitted",
        state,
        remark: None,
    };
    let reasons = sealed_reasons(tx, act, row.id, &input.reasons).await?;
    advance(tx, act, row, step, |changed| {
        changed.sound = Set(scope::sound(&name));
        changed.name = Set(name);
        changed.specific = Set(asked.specific.to_owned());
        changed.generic = Set(asked.generic.to_owned());
        changed.roman = Set(roman.plain);
        changed.reasons = Set(reasons);
        changed.submitted_at = Set(act.at);
        if let Some(point) = input.point {
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
    let conflicts = places::conflicts(
        tx,
        places::Wanted {
            name: &row.name,
            kind: row.place_kind,
            county: row.county,
            except: row.place,
            application: Some(row.id),
            today: act.today,
            province: act.services.province.as_str(),
        },
    )
    .await?;
    let step = Step {
        name: "acceptNaming",
        event: "NamingAccepted",
        state: checked(conflicts.len()),
        remark: act::optional_text(input.remark.as_deref(), "remark", super::LONGEST_REMARK)?,
    };
    let found = json_of(&conflicts)?;
    advance(tx, act, row, step, |changed| changed.conflicts = Set(found)).await
}
