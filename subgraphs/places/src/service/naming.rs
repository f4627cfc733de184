//! Asking for a name: submission with the checks of form and of conflicts, in one transaction with its
//! history, its place in the change feed and its event.

use chrono::{DateTime, NaiveDate, Utc};
use minzheng_kit::{
    Error, Principal, Result, UserError, YearMonth,
    events::{self, Event},
    mutation,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{divisions, places};
use crate::{
    model::{
        division_version, naming_application, naming_area, place, place_change,
        vocabulary::{DivisionLevel, NamingKind},
    },
    rules::{
        geometry::Point,
        names::{self, Draft},
        romanise, scope,
        scope::PlaceKind,
        state::NamingState,
    },
};

/// The longest statement of reasons, in characters.
const LONGEST_REASONS: usize = 4000;

/// What is asked for.
#[derive(Clone, Debug, Serialize)]
pub struct Submission {
    /// A name, another name, or its end.
    pub kind: &'static str,
    /// The same, typed.
    #[serde(skip)]
    pub asked: NamingKind,
    /// The place to be renamed or cancelled; none for a new name.
    pub place: Option<Uuid>,
    /// The kind of place, as its code.
    #[serde(serialize_with = "place_kind_code")]
    pub place_kind: PlaceKind,
    /// The smallest division around it; a county or below.
    pub division: Uuid,
    /// 专名.
    pub specific: String,
    /// 通名.
    pub generic: String,
    /// Longitude and latitude.
    pub point: Option<(f64, f64)>,
    /// Plan and reasons.
    pub reasons: String,
}

fn place_kind_code<S: serde::Serializer>(
    kind: &PlaceKind,
    s: S,
) -> std::result::Result<S::Ok, S::Error> {
    s.serialize_i32(kind.code())
}

impl Submission {
    /// The whole name.
    pub fn name(&self) -> String {
        format!("{}{}", self.specific, self.generic)
    }

    fn draft(&self) -> Draft<'_> {
        Draft {
            kind: self.place_kind,
            specific: &self.specific,
            generic: &self.generic,
            reasons: &self.reasons,
            point: self.point.map(|(longitude, latitude)| Point {
                longitude,
                latitude,
            }),
        }
    }
}

/// What became of it: the application, or the refusals.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Submitted {
    /// The application; none when it was refused.
    pub application: Option<Uuid>,
}

/// When and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    /// The caller.
    pub principal: &'a Principal,
    /// The instant.
    pub at: DateTime<Utc>,
    /// The legal day.
    pub today: NaiveDate,
}

/// The refusals of form that need no database, in the order of the form (P-1, P-2, P-8).
pub fn refusals(wanted: &Submission) -> Vec<UserError> {
    let mut refusals = Vec::new();
    if wanted.place_kind == PlaceKind::Division {
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
    if wanted.asked != NamingKind::Name && wanted.place.is_none() {
        refusals.push(
            UserError::new("PLACE_MISSING", "Say which place is meant.", "请指明地名。")
                .field(&["input", "placeId"]),
        );
    }
    if wanted.reasons.chars().count() > LONGEST_REASONS {
        refusals.push(
            UserError::new(
                "REASONS_TOO_LONG",
                "The statement of reasons is too long.",
                "理由过长。",
            )
            .field(&["input", "reasons"]),
        );
    }
    refusals.extend(names::check(&wanted.draft()));
    refusals
}

/// Submits an application: `DRAFT → SUBMITTED → ACCEPTED → CONFLICT_CHECK`, and on to `EVALUATION` where no
/// name in force stands in its way.
///
/// # Errors
/// A refusal ([`Error::Invalid`]) for an unknown division or place, a place out of the officer's area, or
/// a name that is kept for its history (P-7).
pub async fn submit(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    request_key: &str,
    wanted: &Submission,
) -> Result<Submitted> {
    mutation::once(tx, act.principal, request_key, wanted, async {
        let chain = divisions::chain(tx, wanted.division, act.today).await?;
        let county = county_of(&chain)?;
        if !act.principal.oversees(&county.code) {
            return Err(Error::Forbidden);
        }
        if let Some(place) = wanted.place {
            let place = place::Entity::find_by_id(place)
                .filter(place::Column::County.eq(county.division))
                .one(tx)
                .await?
                .ok_or_else(|| {
                    UserError::new("PLACE_UNKNOWN", "There is no such place in this division.", "该区划内无此地名。")
                        .field(&["input", "placeId"])
                })?;
            if let Some(refusal) = names::heritage_is_kept(place.is_heritage) {
                return Err(refusal.into());
            }
        }
        let name = wanted.name();
        let conflicts =
            places::conflicts(tx, &name, wanted.place_kind, county.division, wanted.place).await?;
        let states = NamingState::after_submission(conflicts.len());
        let state = states.last().copied().unwrap_or(NamingState::Submitted);
        let id = minzheng_kit::id::new();
        insert(tx, act, wanted, id, state, county, &conflicts).await?;
        for area in &chain {
            naming_area::ActiveModel { division: Set(area.division), application: Set(id) }.insert(tx).await?;
        }
        let told = json!({ "application": id, "state": state_text(state), "division": wanted.division, "conflicts": conflicts.len() });
        mutation::history(tx, "NamingApplication", &id.to_string(), act.principal, None, Some(told.clone())).await?;
        record(tx, act, "NamingSubmitted", county.division, wanted.place, Some(id), told).await?;
        Ok(Submitted { application: Some(id) })
    })
    .await
}

fn state_text(state: NamingState) -> String {
    use sea_orm::ActiveEnum;
    state.to_value()
}

fn county_of(chain: &[division_version::Model]) -> Result<&division_version::Model> {
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

async fn insert(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    wanted: &Submission,
    id: Uuid,
    state: NamingState,
    county: &division_version::Model,
    conflicts: &[places::Conflict],
) -> Result<()> {
    let name = wanted.name();
    let roman = romanise::romanise(&wanted.specific, Some(&wanted.generic), wanted.place_kind);
    naming_application::ActiveModel {
        id: Set(id),
        kind: Set(wanted.asked),
        state: Set(state),
        place: Set(wanted.place),
        place_kind: Set(wanted.place_kind),
        division: Set(wanted.division),
        county: Set(county.division),
        sound: Set(scope::sound(&name)),
        name: Set(name),
        specific: Set(wanted.specific.clone()),
        generic: Set(wanted.generic.clone()),
        roman: Set(roman.plain),
        longitude: Set(wanted.point.map(|p| p.0)),
        latitude: Set(wanted.point.map(|p| p.1)),
        reasons: Set(wanted.reasons.clone()),
        conflicts: Set(serde_json::to_value(conflicts).map_err(|e| Error::internal(e.to_string()))?),
        applicant: Set(act.principal.subject.clone()),
        submitted_at: Set(act.at),
        approved_on: Set(None),
        approved_month: Set(None),
        approved_by: Set(None),
        is_demo: Set(false),
        version: Set(1),
    }
    .insert(tx)
    .await?;
    Ok(())
}

/// Puts a change into the feed and the outbox.
async fn record(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    kind: &str,
    division: Uuid,
    place: Option<Uuid>,
    application: Option<Uuid>,
    body: serde_json::Value,
) -> Result<()> {
    let key = application.or(place).unwrap_or(division).to_string();
    // The outbox goes first: on PostgreSQL it takes the lock that keeps the feed's numbers in the order of
    // commits too.
    events::emit(
        tx,
        &Event {
            kind: kind.to_owned(),
            key,
            at: act.at,
            body,
        },
    )
    .await?;
    place_change::ActiveModel {
        seq: NotSet,
        at: Set(act.at),
        kind: Set(kind.to_owned()),
        division: Set(Some(division)),
        place: Set(place),
        application: Set(application),
    }
    .insert(tx)
    .await?;
    Ok(())
}

/// One application.
pub async fn application<C: ConnectionTrait>(
    db: &C,
    id: Uuid,
) -> Result<naming_application::Model> {
    naming_application::Entity::find_by_id(id)
        .one(db)
        .await?
        .ok_or(Error::NotFound)
}

/// The month of a day as the statistics store it.
pub fn month(day: NaiveDate) -> i32 {
    YearMonth::of(day).index()
}
