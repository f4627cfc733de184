//! Reading places and their names.

use std::collections::HashMap;

use chrono::NaiveDate;
use minzheng_kit::Result;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, Iterable, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait, LikeExpr},
};
use uuid::Uuid;

use super::divisions;
use crate::{
    model::{
        division_version, naming_application, place, place_name,
        vocabulary::{DivisionLevel, NameStatus, NamingKind},
    },
    rules::{
        famous,
        geometry::BoundingBox,
        parameters::{self, Key},
        scope::{self, ConflictKind, PlaceKind, Scope},
        state::NamingState,
    },
};

/// The most conflicts that are told.
const MOST_CONFLICTS: u64 = 50;

/// These places.
pub async fn by_ids<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, place::Model>> {
    let rows = place::Entity::find()
        .filter(place::Column::Id.is_in(ids.iter().copied()))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// The division that each of these places lies in on a day: its own while that lasts, then its sole heir, and
/// the county where several took its ground.
pub async fn division_of<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
    on: NaiveDate,
) -> Result<HashMap<Uuid, Uuid>> {
    let rows = by_ids(db, ids).await?;
    let mut own: Vec<Uuid> = rows.values().map(|row| row.division).collect();
    own.sort_unstable();
    own.dedup();
    let heirs = divisions::today(db, &own, on).await?;
    Ok(rows
        .into_iter()
        .map(|(id, row)| {
            let division = match heirs.get(&row.division).map(Vec::as_slice) {
                Some([sole]) => *sole,
                Some([]) | None => row.division,
                Some(_) => row.county,
            };
            (id, division)
        })
        .collect())
}

/// All names of these places, earliest first.
pub async fn names<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<place_name::Model>>> {
    let rows = place_name::Entity::find()
        .filter(place_name::Column::Place.is_in(ids.iter().copied()))
        .order_by_asc(place_name::Column::ValidFrom)
        .order_by_asc(place_name::Column::Id)
        .all(db)
        .await?;
    let mut names: HashMap<Uuid, Vec<_>> = HashMap::with_capacity(ids.len());
    for row in rows {
        names.entry(row.place).or_default().push(row);
    }
    Ok(names)
}

/// What places are searched by. Everything given must hold.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// A part of any of its names, or the beginning of its Pinyin.
    pub text: Option<String>,
    /// Its kind.
    pub kind: Option<PlaceKind>,
    /// A county or township around it.
    pub division: Option<Uuid>,
    /// A box around its point.
    pub within: Option<BoundingBox>,
}

/// The places that are searched for, to be paged by id.
pub fn search(wanted: &Search) -> Select<place::Entity> {
    let mut select = place::Entity::find();
    if let Some(text) = wanted
        .text
        .as_deref()
        .map(str::trim)
        .filter(|t| !t.is_empty())
    {
        let literal: String = text
            .chars()
            .flat_map(|c| {
                matches!(c, '%' | '_' | '\\')
                    .then_some('\\')
                    .into_iter()
                    .chain([c])
            })
            .collect();
        let like = |pattern: String| LikeExpr::new(pattern).escape('\\');
        let named = place_name::Entity::find()
            .select_only()
            .column(place_name::Column::Place)
            .filter(if text.is_ascii() {
                let roman = Expr::expr(sea_orm::sea_query::Func::lower(Expr::col(
                    place_name::Column::Roman,
                )));
                Condition::all().add(roman.like(like(format!("{}%", literal.to_lowercase()))))
            } else {
                Condition::all()
                    .add(Expr::col(place_name::Column::Name).like(like(format!("%{literal}%"))))
            })
            .into_query();
        select = select.filter(place::Column::Id.in_subquery(named));
    }
    if let Some(kind) = wanted.kind {
        select = select.filter(place::Column::Kind.eq(kind));
    }
    if let Some(division) = wanted.division {
        select = select.filter(
            place::Column::Division
                .eq(division)
                .or(place::Column::County.eq(division)),
        );
    }
    if let Some(area) = wanted.within {
        select = select
            .filter(
                place::Column::Latitude.between(area.south_west.latitude, area.north_east.latitude),
            )
            .filter(
                place::Column::Longitude
                    .between(area.south_west.longitude, area.north_east.longitude),
            );
    }
    select
}

/// A name that stands in the way of another.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Conflict {
    /// The place that bears it; none for a division.
    pub place: Option<Uuid>,
    /// The division that bears it; none for a place.
    pub division: Option<Uuid>,
    /// The name.
    pub name: String,
    /// Whether it is the same or only sounds so.
    #[serde(with = "kind_text")]
    pub kind: ConflictKind,
}

mod kind_text {
    //! A conflict's kind as it is stored.
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::ConflictKind;

    pub(super) fn serialize<S: Serializer>(kind: &ConflictKind, s: S) -> Result<S::Ok, S::Error> {
        (*kind == ConflictKind::Same).serialize(s)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<ConflictKind, D::Error> {
        let same = bool::deserialize(d)?;
        Ok(if same {
            ConflictKind::Same
        } else {
            ConflictKind::Homophone
        })
    }
}

/// A name whose conflicts are sought.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The whole name.
    pub name: &'a str,
    /// The kind of place.
    pub kind: PlaceKind,
    /// Its county.
    pub county: Uuid,
    /// The place to be renamed, which is in nobody's way.
    pub except: Option<Uuid>,
    /// The application that asks, likewise.
    pub application: Option<Uuid>,
    /// The day.
    pub today: NaiveDate,
    /// The province, by whose settings names are compared: the first digits of its codes.
    pub province: &'a str,
}

/// P-3 and P-4: the names in force, or decided and soon to be, that are equal to a name or sound like it, of
/// the same kind and in the kind's scope.
pub async fn conflicts<C: ConnectionTrait>(db: &C, wanted: Wanted<'_>) -> Result<Vec<Conflict>> {
    let tones = parameters::value_at(Key::HomophoneTones, wanted.province, wanted.today) != 0;
    if wanted.kind == PlaceKind::Division {
        return division_conflicts(db, wanted.name, tones).await;
    }
    let mut found = Vec::new();
    let area = match wanted.kind.scope(wanted.name) {
        Scope::Unlimited => return Ok(found),
        Scope::Nation => {
            found.extend(famous_elsewhere(db, wanted, tones).await?);
            None
        }
        Scope::Province | Scope::County => Some(vec![wanted.county]),
        Scope::BuiltUpArea => Some(built_up_area(db, wanted.county, wanted.today).await?),
    };
    let is_wide = area.is_none();
    // A county that was joined to another brought its names along.
    let counties: Vec<Uuid> = match area {
        None => Vec::new(),
        Some(area) => {
            let family = divisions::forebears(db, &area).await?;
            family.into_values().flatten().map(|one| one.0).collect()
        }
    };
    found.extend(named(db, wanted, is_wide, &counties, tones).await?);
    found.extend(decided(db, wanted, is_wide, &counties, tones).await?);
    Ok(found)
}

/// The counties of one built-up area with this one, itself among them.
async fn built_up_area<C: ConnectionTrait>(
    db: &C,
    county: Uuid,
    today: NaiveDate,
) -> Result<Vec<Uuid>> {
    let own = divisions::versions_on(db, &[county], today)
        .await?
        .remove(&county);
    let mut area = vec![county];
    if let Some(own) = own
        && let Some(city) = own.parent
    {
        let beside = divisions::children(city, today).all(db).await?;
        let beside: Vec<_> = beside
            .into_iter()
            .map(|one| (one.division, one.kind, one.parent))
            .collect();
        area.extend(scope::same_built_up_area((own.kind, own.parent), &beside));
        area.sort_unstable();
        area.dedup();
    }
    Ok(area)
}

/// P-3: the famous features of other provinces, which this register does not hold.
async fn famous_elsewhere<C: ConnectionTrait>(
    db: &C,
    wanted: Wanted<'_>,
    tones: bool,
) -> Result<Vec<Conflict>> {
    let own = divisions::versions_on(db, &[wanted.county], wanted.today).await?;
    let province = own.get(&wanted.county).and_then(|one| one.code.get(..2));
    let found = famous::elsewhere(wanted.name, province.unwrap_or_default());
    Ok(found
        .into_iter()
        .filter_map(|famous| {
            Some(Conflict {
                place: None,
                division: None,
                name: famous.name.to_owned(),
                kind: scope::conflict(wanted.name, famous.name, tones)?,
            })
        })
        .collect())
}

async fn named<C: ConnectionTrait>(
    db: &C,
    wanted: Wanted<'_>,
    is_wide: bool,
    counties: &[Uuid],
    tones: bool,
) -> Result<Vec<Conflict>> {
    use place_name::Column as C;
    let mut select = place_name::Entity::find()
        .filter(C::Sound.eq(scope::sound(wanted.name)))
        .filter(C::Kind.eq(wanted.kind))
        .filter(C::Status.is_in([NameStatus::Standard, NameStatus::Former]))
        .filter(C::ValidTo.is_null().or(C::ValidTo.gt(wanted.today)));
    if !is_wide {
        select = select.filter(C::County.is_in(counties.iter().copied()));
    }
    if let Some(place) = wanted.except {
        select = select.filter(C::Place.ne(place));
    }
    let rows = select
        .order_by_asc(C::Id)
        .limit(MOST_CONFLICTS)
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let kind = scope::conflict(wanted.name, &row.name, tones)?;
            Some(Conflict {
                place: Some(row.place),
                division: None,
                name: row.name,
                kind,
            })
        })
        .collect())
}

/// Names that are approved and not yet in force stand in the way too.
async fn decided<C: ConnectionTrait>(
    db: &C,
    wanted: Wanted<'_>,
    is_wide: bool,
    counties: &[Uuid],
    tones: bool,
) -> Result<Vec<Conflict>> {
    use naming_application::Column as C;
    let mut select = naming_application::Entity::find()
        .filter(C::Sound.eq(scope::sound(wanted.name)))
        .filter(C::PlaceKind.eq(wanted.kind))
        .filter(C::Kind.ne(NamingKind::Cancel))
        .filter(C::State.is_in(NamingState::iter().filter(|s| s.is_decided())));
    if !is_wide {
        select = select.filter(C::County.is_in(counties.iter().copied()));
    }
    if let Some(application) = wanted.application {
        select = select.filter(C::Id.ne(application));
    }
    let rows = select
        .order_by_asc(C::Id)
        .limit(MOST_CONFLICTS)
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        // Its name stands in `place_name` already once the notice is out.
        .filter(|row| wanted.except.is_none() || row.place != wanted.except)
        .filter(|row| row.effective_on.is_none())
        .filter_map(|row| {
            let kind = scope::conflict(wanted.name, &row.name, tones)?;
            Some(Conflict {
                place: row.place,
                division: None,
                name: row.name,
                kind,
            })
        })
        .collect())
}

/// Divisions of county level and above are alone in the whole country. Their names are few (3,400) and
/// seldom asked for, so they are compared here.
async fn division_conflicts<C: ConnectionTrait>(
    db: &C,
    name: &str,
    tones: bool,
) -> Result<Vec<Conflict>> {
    let rows = division_version::Entity::find()
        .filter(division_version::Column::ValidTo.is_null())
        .filter(division_version::Column::Level.ne(DivisionLevel::Township))
        .order_by_asc(division_version::Column::Code)
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let kind = scope::conflict(name, &row.name, tones)?;
            Some(Conflict {
                place: None,
                division: Some(row.division),
                name: row.name,
                kind,
            })
        })
        .take(MOST_CONFLICTS as usize)
        .collect())
}
