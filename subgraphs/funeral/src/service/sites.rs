//! Land: zones where nobody is buried, the burial places of villages, and what a division plans.

use std::collections::HashMap;

use chrono::NaiveDate;
use minzheng_kit::contract::scope as contract_scope;
use minzheng_kit::{Error, Result, UserError, id};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    QueryFilter, QueryOrder,
};
use serde_json::json;
use uuid::Uuid;

use super::act::{Act, same_version, short};
use super::scope;
use super::sql::Binds;
use crate::model::{burial_zone, facility_plan, rural_burial_site};
use crate::rules::geo::Point;
use crate::rules::plan::{Need, gap, needed_together, plan};
use crate::rules::settings::Settings;
use crate::rules::terms::{FacilityKind, ZoneKind};
use crate::rules::zone::{self, Zone};

/// The most corners of a zone's ring.
const MOST_CORNERS: usize = 500;

/// Enters a zone in which nobody is buried (F-4).
pub async fn designate(
    act: &Act<'_>,
    division: Uuid,
    kind: ZoneKind,
    name: &str,
    ring: &[Point],
) -> Result<Uuid> {
    act.officer(contract_scope::FUNERAL_CASE, division)?;
    scope::ensure(act.tx, division).await?;
    if !(3..=MOST_CORNERS).contains(&ring.len()) {
        return Err(Error::Invalid(
            UserError::new(
                "RING",
                "A ring has 3 to 500 corners.",
                "边界须有3至500个点。",
            )
            .field(&["ring"]),
        ));
    }
    let fold = |pick: fn(&Point) -> f64, keep: fn(f64, f64) -> f64, from: f64| {
        ring.iter().map(pick).fold(from, keep)
    };
    let pairs: Vec<[f64; 2]> = ring.iter().map(|p| [p.lon, p.lat]).collect();
    let key = id::new();
    let row = burial_zone::ActiveModel {
        id: Set(key),
        division_id: Set(division),
        kind: Set(kind),
        name: Set(short(name, "name", 60)?.to_owned()),
        ring: Set(json!(pairs).to_string()),
        min_lon: Set(fold(|p| p.lon, f64::min, 180.0)),
        min_lat: Set(fold(|p| p.lat, f64::min, 90.0)),
        max_lon: Set(fold(|p| p.lon, f64::max, -180.0)),
        max_lat: Set(fold(|p| p.lat, f64::max, -90.0)),
        valid_from: Set(act.today),
        valid_to: Set(None),
    };
    burial_zone::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    act.done(
        ("BurialZone", key),
        "BurialZoneDesignated",
        None,
        json!({ "kind": kind, "division": division }),
    )
    .await?;
    Ok(key)
}

/// The ring of a zone as it is kept; empty where it cannot be read.
pub fn ring_of(row: &burial_zone::Model) -> Vec<Point> {
    let pairs: Vec<[f64; 2]> = serde_json::from_str(&row.ring).unwrap_or_default();
    pairs
        .into_iter()
        .map(|[lon, lat]| Point { lon, lat })
        .collect()
}

/// F-4: refuses a point at which nobody is buried today.
pub async fn outside_zones(act: &Act<'_>, here: Point) -> Result<()> {
    let rules = act.rules();
    let zones = zones_around(act.tx, here, zone::widest_margin_m(&rules), act.today).await?;
    Ok(zone::outside_zones(here, &zones, &rules)?)
}

/// The zones whose box comes so near to a point on a day, in metres.
async fn zones_around<C: ConnectionTrait>(
    c: &C,
    here: Point,
    metres: f64,
    on: NaiveDate,
) -> Result<Vec<Zone>> {
    // A little wider: the box is measured on a ball.
    let near = here.around(metres / 1_000.0 * 1.01);
    let rows = burial_zone::Entity::find()
        .filter(burial_zone::Column::MinLat.lte(near.high.lat))
        .filter(burial_zone::Column::MaxLat.gte(near.low.lat))
        .filter(burial_zone::Column::MinLon.lte(near.high.lon))
        .filter(burial_zone::Column::MaxLon.gte(near.low.lon))
        .filter(burial_zone::Column::ValidFrom.lte(on))
        .filter(
            Condition::any()
                .add(burial_zone::Column::ValidTo.is_null())
                .add(burial_zone::Column::ValidTo.gt(on)),
        )
        .all(c)
        .await?;
    Ok(rows
        .iter()
        .map(|row| Zone {
            kind: row.kind,
            ring: ring_of(row),
        })
        .collect())
}

/// A burial place of a village.
#[derive(Clone, Debug)]
pub struct Site {
    /// The division.
    pub division: Uuid,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub point: Point,
    /// Its area in thousandths of a square metre.
    pub area_milli_m2: i64,
    /// Graves in it.
    pub graves: i32,
}

/// Enters a burial place of a village.
pub async fn register(act: &Act<'_>, site: &Site) -> Result<Uuid> {
    act.officer(contract_scope::FUNERAL_CASE, site.division)?;
    scope::ensure(act.tx, site.division).await?;
    if site.graves < 0 || site.area_milli_m2 <= 0 {
        return Err(Error::Invalid(
            UserError::new(
                "SITE_INCOMPLETE",
                "The area or the number of graves cannot be right.",
                "面积或墓穴数不正确。",
            )
            .field(&["areaM2"]),
        ));
    }
    let key = id::new();
    let row = rural_burial_site::ActiveModel {
        id: Set(key),
        division_id: Set(site.division),
        name: Set(short(&site.name, "name", 60)?.to_owned()),
        lon: Set(site.point.lon),
        lat: Set(site.point.lat),
        area_milli_m2: Set(site.area_milli_m2),
        graves: Set(site.graves),
        managed: Set(false),
        registered_on: Set(act.today),
        inspected_on: Set(None),
        version: Set(1),
    };
    rural_burial_site::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    act.done(
        ("RuralBurialSite", key),
        "RuralBurialSiteRegistered",
        None,
        json!({ "division": site.division }),
    )
    .await?;
    Ok(key)
}

/// Records an inspection: how many graves there are now, and whether the place is looked after by the
/// rules.
pub async fn inspect(
    act: &Act<'_>,
    site: Uuid,
    version: i64,
    graves: i32,
    managed: bool,
) -> Result<Uuid> {
    let row = rural_burial_site::Entity::find_by_id(site)
        .one(act.tx)
        .await?
        .ok_or(Error::Forbidden)?;
    act.officer(contract_scope::FUNERAL_CASE, row.division_id)?;
    same_version(row.version, version)?;
    if graves < 0 {
        return Err(Error::Invalid(
            UserError::new(
                "SITE_INCOMPLETE",
                "The number of graves cannot be right.",
                "墓穴数不正确。",
            )
            .field(&["graves"]),
        ));
    }
    let before = json!({ "managed": row.managed, "graves": row.graves });
    let mut row: rural_burial_site::ActiveModel = row.into();
    row.graves = Set(graves);
    row.managed = Set(managed);
    row.inspected_on = Set(Some(act.today));
    row.version = Set(version + 1);
    row.update(act.tx).await?;
    act.done(
        ("RuralBurialSite", site),
        "RuralBurialSiteInspected",
        Some(before),
        json!({ "managed": managed, "graves": graves }),
    )
    .await?;
    Ok(site)
}

/// The burial places of villages in divisions and below them, at most `limit` each, with one statement.
pub async fn of_divisions<C: ConnectionTrait>(
    c: &C,
    divisions: &[Uuid],
    limit: usize,
) -> Result<HashMap<Uuid, Vec<rural_burial_site::Model>>> {
    use sea_orm::FromQueryResult;
    let mut binds = Binds::default();
    let wanted = binds.list(divisions);
    let limit = binds.one(i64::try_from(limit).unwrap_or(i64::MAX));
    let sql = format!(
        "SELECT * FROM (SELECT r.*, s.ancestor_id AS scope_key, \
           ROW_NUMBER() OVER (PARTITION BY s.ancestor_id ORDER BY r.id) AS place_in_scope \
         FROM rural_burial_site r JOIN division_scope s ON s.division_id = r.division_id \
         WHERE s.ancestor_id IN ({wanted})) x \
         WHERE x.place_in_scope <= {limit} ORDER BY x.scope_key, x.place_in_scope"
    );
    let mut found: HashMap<Uuid, Vec<rural_burial_site::Model>> = HashMap::new();
    for row in binds.all(c, &sql).await? {
        found
            .entry(row.try_get("", "scope_key")?)
            .or_default()
            .push(rural_burial_site::Model::from_query_result(&row, "")?);
    }
    Ok(found)
}

/// A plan to be set.
#[derive(Clone, Debug)]
pub struct NewPlan {
    /// The division.
    pub division: Uuid,
    /// The kind of facility.
    pub kind: FacilityKind,
    /// What it is to cover.
    pub need: Need,
    /// The plan's paper.
    pub basis: String,
    /// First day.
    pub from: NaiveDate,
}

/// Sets what a division plans for a kind of facility; the plan before ends on that day.
pub async fn set_plan(act: &Act<'_>, new: &NewPlan) -> Result<Uuid> {
    act.officer(contract_scope::FUNERAL_CASE, new.division)?;
    scope::ensure(act.tx, new.division).await?;
    plan(&new.need, new.from, act.today)?;
    use facility_plan::Column;
    facility_plan::Entity::update_many()
        .col_expr(Column::ValidTo, Expr::value(new.from))
        .filter(Column::DivisionId.eq(new.division))
        .filter(Column::Kind.eq(new.kind))
        .filter(
            Condition::any()
                .add(Column::ValidTo.is_null())
                .add(Column::ValidTo.gt(new.from)),
        )
        .exec(act.tx)
        .await?;
    let figure = |n: i64| i32::try_from(n).unwrap_or(i32::MAX);
    let key = id::new();
    let row = facility_plan::ActiveModel {
        id: Set(key),
        division_id: Set(new.division),
        kind: Set(new.kind),
        population: Set(new.need.population),
        deaths_per_ten_thousand: Set(figure(new.need.deaths_per_ten_thousand)),
        years: Set(figure(new.need.years)),
        share_percent: Set(figure(new.need.share_percent)),
        basis: Set(short(&new.basis, "basis", 80)?.to_owned()),
        valid_from: Set(new.from),
        valid_to: Set(None),
    };
    facility_plan::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    act.done(
        ("FacilityPlan", key),
        "FacilityPlanSet",
        None,
        json!({ "division": new.division, "kind": new.kind, "from": new.from }),
    )
    .await?;
    Ok(key)
}

/// What the plan of a division for a kind of facility asks for and what there is. Since a merger it may be two
/// plans, each for its part.
#[derive(Clone, Debug)]
pub struct Gap {
    /// The kind of facility.
    pub kind: FacilityKind,
    /// People whom it is planned for.
    pub population: i64,
    /// Years that are covered, the most of any part.
    pub years: i32,
    /// The plan's paper; of several parts all of them.
    pub basis: String,
    /// Places needed.
    pub needed: i64,
    /// Places there are, in operation.
    pub capacity: i64,
    /// Places being built.
    pub being_built: i64,
    /// Places missing.
    pub missing: i64,
}

/// The gaps of divisions on a day: their own plans against all facilities in them, with two statements.
pub async fn gaps<C: ConnectionTrait>(
    c: &C,
    divisions: &[Uuid],
    on: NaiveDate,
    rules: &Settings<'_>,
) -> Result<HashMap<Uuid, Vec<Gap>>> {
    let plans = facility_plan::Entity::find()
        .filter(facility_plan::Column::DivisionId.is_in(divisions.iter().copied()))
        .filter(facility_plan::Column::ValidFrom.lte(on))
        .filter(
            Condition::any()
                .add(facility_plan::Column::ValidTo.is_null())
                .add(facility_plan::Column::ValidTo.gt(on)),
        )
        .order_by_asc(facility_plan::Column::Id)
        .all(c)
        .await?;
    let capacities = capacities(c, divisions).await?;
    let mut parts: HashMap<(Uuid, FacilityKind), Vec<facility_plan::Model>> = HashMap::new();
    for plan in plans {
        parts
            .entry((plan.division_id, plan.kind))
            .or_default()
            .push(plan);
    }
    let mut gaps: HashMap<Uuid, Vec<Gap>> = HashMap::new();
    for ((division, kind), plans) in parts {
        let of = |open: bool| {
            capacities
                .get(&(division, kind, open))
                .copied()
                .unwrap_or(0)
        };
        gaps.entry(division)
            .or_default()
            .push(gap_of(kind, &plans, (of(true), of(false)), rules));
    }
    for list in gaps.values_mut() {
        list.sort_by_key(|g| g.kind);
    }
    Ok(gaps)
}

fn gap_of(
    kind: FacilityKind,
    plans: &[facility_plan::Model],
    (capacity, being_built): (i64, i64),
    rules: &Settings<'_>,
) -> Gap {
    let needs: Vec<Need> = plans
        .iter()
        .map(|plan| Need {
            population: plan.population,
            deaths_per_ten_thousand: i64::from(plan.deaths_per_ten_thousand),
            years: i64::from(plan.years),
            share_percent: i64::from(plan.share_percent),
        })
        .collect();
    let needed = needed_together(&needs, rules);
    let papers: Vec<&str> = plans.iter().map(|plan| plan.basis.as_str()).collect();
    Gap {
        kind,
        population: plans.iter().map(|plan| plan.population).sum(),
        years: plans.iter().map(|plan| plan.years).max().unwrap_or(0),
        basis: papers.join("；"),
        needed,
        capacity,
        being_built,
        missing: gap(needed, capacity),
    }
}

async fn capacities<C: ConnectionTrait>(
    c: &C,
    divisions: &[Uuid],
) -> Result<HashMap<(Uuid, FacilityKind, bool), i64>> {
    let mut binds = Binds::default();
    let wanted = binds.list(divisions);
    let sql = format!(
        "SELECT s.ancestor_id AS division, f.kind AS kind, f.state AS state, CAST(SUM(f.capacity) AS bigint) AS capacity \
         FROM facility f JOIN division_scope s ON s.division_id = f.division_id \
         WHERE s.ancestor_id IN ({wanted}) AND f.state <> 'CLOSED' GROUP BY s.ancestor_id, f.kind, f.state"
    );
    let mut sums = HashMap::new();
    for row in binds.all(c, &sql).await? {
        let open = row.try_get::<String>("", "state")? == "OPEN";
        sums.insert(
            (row.try_get("", "division")?, row.try_get("", "kind")?, open),
            row.try_get("", "capacity")?,
        );
    }
    Ok(sums)
}
