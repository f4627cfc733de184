//! What an application asks for, and what stands against it: in its form, at its place, around it.
//!
//! The form is judged alone. What is asked of a place that is there is judged by the place: its kind, its division and
//! its standard name are its own and never the caller's, and they are asked again when the name is approved and when it
//! is made public, for another decision may have come between.

use minzheng_kit::{Result, UserError};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, Iterable, PaginatorTrait, QueryFilter,
};
use uuid::Uuid;

use super::{force, requests::PlacePointInput, requests::SubmitNamingInput};
use crate::{
    model::{
        division_version, heritage_name, naming_application, place, place_name,
        vocabulary::{DivisionKind, DivisionLevel, NamingKind},
    },
    rules::{
        geometry::Point,
        names::{self, Draft},
        naming as law, romanise, scope,
        scope::PlaceKind,
        state::NamingState,
    },
    service::{
        act::{self, Act},
        divisions, places,
        shape_fits::point_fits,
    },
};

/// The longest statement of reasons, in characters.
const LONGEST_REASONS: usize = 4000;

/// A name as it is asked for, whether for the first time or again.
pub(super) struct Asked<'a> {
    pub(super) kind: NamingKind,
    pub(super) place: Option<Uuid>,
    pub(super) place_kind: PlaceKind,
    pub(super) specific: &'a str,
    pub(super) generic: &'a str,
    pub(super) point: Option<PlacePointInput>,
    pub(super) reasons: &'a str,
}

/// A name as it is written down.
pub(super) struct Parts {
    pub(super) name: String,
    pub(super) specific: String,
    pub(super) generic: String,
    pub(super) roman: String,
    pub(super) sound: String,
    pub(super) point: Option<PlacePointInput>,
}

/// The place that an application is about, as it stands.
pub(super) struct Standing {
    /// The division it lies in today and those around it, from below.
    pub(super) chain: Vec<division_version::Model>,
    /// Where it is, where that is known.
    point: Option<PlacePointInput>,
    /// Its standard name.
    name: Option<place_name::Model>,
}

/// What is asked of a place that is there.
struct OfPlace<'a> {
    kind: NamingKind,
    place: Uuid,
    place_kind: PlaceKind,
    name: &'a str,
    /// The application that asks, which does not stand in its own way.
    application: Option<Uuid>,
}

/// What a first form asks for.
pub(super) fn of_form(input: &SubmitNamingInput) -> Result<Asked<'_>> {
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

impl Asked<'_> {
    pub(super) fn name(&self) -> String {
        format!("{}{}", self.specific, self.generic)
    }

    /// The refusals of form that need no database, in the order of the form (P-1, P-2, P-8). What is wrong with a name
    /// is no reason to keep it: of a cancellation only the reasons are judged.
    pub(super) fn refusals(&self, act: Act<'_>) -> Vec<UserError> {
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
        if self.kind == NamingKind::Cancel {
            refusals.extend(names::reasons_are_given(self.reasons));
            return refusals;
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

    /// The place that is meant, if one is: it lies in the division, and may be given, or lose, what is asked.
    pub(super) async fn stands(
        &self,
        tx: &DatabaseTransaction,
        act: Act<'_>,
        division: Uuid,
        application: Option<Uuid>,
    ) -> Result<Option<Standing>> {
        let Some(place) = self.place else {
            return Ok(None);
        };
        let own = places::division_of(tx, &[place], act.today)
            .await?
            .remove(&place);
        let chain = match own {
            Some(own) => divisions::chain(tx, own, act.today).await?,
            None => Vec::new(),
        };
        if !chain.iter().any(|around| around.division == division) {
            return Err(unknown().into());
        }
        let name = self.name();
        let asked = OfPlace {
            kind: self.kind,
            place,
            place_kind: self.place_kind,
            name: &name,
            application,
        };
        none_waits(tx, &asked).await?;
        let (row, name) = asked.may_be(tx).await?;
        let point = row.longitude.zip(row.latitude);
        Ok(Some(Standing {
            chain,
            point: point.map(|(longitude, latitude)| PlacePointInput {
                longitude,
                latitude,
            }),
            name,
        }))
    }

    /// The name as it is written down: as asked for, but of a cancellation the standard name that ends, where the place
    /// is.
    pub(super) fn parts(&self, standing: Option<&Standing>) -> Parts {
        if self.kind == NamingKind::Cancel
            && let Some(place) = standing
            && let Some(name) = &place.name
        {
            return Parts {
                name: name.name.clone(),
                specific: name.specific.clone(),
                generic: name.generic.clone().unwrap_or_default(),
                roman: name.roman.clone(),
                sound: name.sound.clone(),
                point: place.point,
            };
        }
        let name = self.name();
        let roman = romanise::romanise(self.specific, Some(self.generic), self.place_kind);
        Parts {
            sound: scope::sound(&name),
            name,
            specific: self.specific.to_owned(),
            generic: self.generic.to_owned(),
            roman: roman.plain,
            point: self.point,
        }
    }

    /// A.3-24: the point that is told with a name lies in the division that is told with it.
    pub(super) async fn lies_in(
        &self,
        tx: &DatabaseTransaction,
        chain: &[division_version::Model],
    ) -> Result<()> {
        let county = county_of(chain)?.division;
        match (self.kind, self.point, chain.first()) {
            (NamingKind::Name | NamingKind::Rename, Some(point), Some(own)) => {
                let point = Point {
                    longitude: point.longitude,
                    latitude: point.latitude,
                };
                point_fits(tx, (own.division, county), point, "point").await
            }
            _ => Ok(()),
        }
    }

    /// P-6 for facilities: compared with the divisions around it and the counties beside its own.
    pub(super) async fn agrees(
        &self,
        tx: &DatabaseTransaction,
        chain: &[division_version::Model],
        act: Act<'_>,
    ) -> Result<()> {
        if self.place_kind != PlaceKind::Facility || self.kind == NamingKind::Cancel {
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
        let refusal = names::facility_agrees(self.specific, &around, &elsewhere);
        match refusal {
            Some(refusal) => Err(refusal.into()),
            None => Ok(()),
        }
    }
}

impl OfPlace<'_> {
    /// Its kind, what stands there, and that it may be lost (P-7); answers the place with its standard name.
    async fn may_be(
        &self,
        tx: &DatabaseTransaction,
    ) -> Result<(place::Model, Option<place_name::Model>)> {
        let place = place::Entity::find_by_id(self.place)
            .one(tx)
            .await?
            .ok_or_else(unknown)?;
        let standing = force::standing(tx, self.place).await?;
        let unfit = law::kind_is_the_places(place.kind, self.place_kind)
            .or_else(|| law::fits_what_stands(self.kind, standing.is_some()));
        if let Some(refusal) = unfit {
            return Err(refusal.into());
        }
        if self.kind == NamingKind::Name {
            return Ok((place, None));
        }
        if let (NamingKind::Cancel, Some(name)) = (self.kind, &standing)
            && let Some(refusal) = law::is_the_standing_name(&name.name, self.name)
        {
            return Err(refusal.into());
        }
        let listing = heritage_name::Entity::find_by_id(self.place)
            .one(tx)
            .await?;
        let has_measures = listing.is_some_and(|row| row.measures.is_some());
        match names::heritage_is_kept(place.is_heritage, has_measures) {
            Some(refusal) => Err(refusal.into()),
            None => Ok((place, standing)),
        }
    }
}

/// B.3.5: no other decision on the place waits for its day.
async fn none_waits(tx: &DatabaseTransaction, asked: &OfPlace<'_>) -> Result<()> {
    use naming_application::Column as C;
    let mut waiting = naming_application::Entity::find()
        .filter(C::Place.eq(asked.place))
        .filter(C::State.is_in(NamingState::iter().filter(|state| state.is_decided())));
    if let Some(own) = asked.application {
        waiting = waiting.filter(C::Id.ne(own));
    }
    match law::none_is_waiting(waiting.count(tx).await? > 0) {
        Some(refusal) => Err(refusal.into()),
        None => Ok(()),
    }
}

/// The same of an application that is approved or made public: its place may have changed since it came in.
pub(super) async fn still_stands(
    tx: &DatabaseTransaction,
    row: &naming_application::Model,
) -> Result<()> {
    let Some(place) = row.place else {
        return Ok(());
    };
    let asked = OfPlace {
        kind: row.kind,
        place,
        place_kind: row.place_kind,
        name: &row.name,
        application: Some(row.id),
    };
    // What was decided already only waits for its own notice.
    if !row.state.is_decided() {
        none_waits(tx, &asked).await?;
    }
    asked.may_be(tx).await.map(drop)
}

fn unknown() -> UserError {
    UserError::new(
        "PLACE_UNKNOWN",
        "There is no such place in this division.",
        "该区划内无此地名。",
    )
    .field(&["input", "placeId"])
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
