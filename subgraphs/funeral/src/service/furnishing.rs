//! What a facility has: niches and graves, halls, hearses, cremators. F-9 for the places, F-2 for the vehicles.

use minzheng_kit::contract::scope as contract_scope;
use minzheng_kit::{Error, Result, UserError, id};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, ExprTrait, PaginatorTrait,
    QueryFilter,
};
use serde_json::json;
use uuid::Uuid;

use super::act::{Act, same_version, short};
use crate::model::{facility, hall, hearse, plot};
use crate::rules::burial::plot_area;
use crate::rules::facility as rules;
use crate::rules::geo::Point;
use crate::rules::no_such_move;
use crate::rules::terms::{FacilityState, HearseState, PlotKind, PlotState};

/// A facility that an officer of its division furnishes; a closed one is not furnished.
async fn load(act: &Act<'_>, key: Uuid) -> Result<facility::Model> {
    let row = facility::Entity::find_by_id(key)
        .one(act.tx)
        .await?
        .ok_or(Error::Forbidden)?;
    act.officer(contract_scope::FUNERAL_CASE, row.division_id)?;
    if row.state == FacilityState::Closed {
        return Err(Error::Invalid(
            no_such_move("The facility is closed.", "该设施已关闭。").field(&["facility"]),
        ));
    }
    Ok(row)
}

/// How many niches and graves a facility has, those taken back not counted.
async fn built(act: &Act<'_>, facility: Uuid) -> Result<i64> {
    let count = plot::Entity::find()
        .filter(plot::Column::FacilityId.eq(facility))
        .filter(plot::Column::State.ne(PlotState::Closed))
        .count(act.tx)
        .await?;
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Niches or graves to be entered: numbered on from a first number, behind a label.
#[derive(Clone, Debug)]
pub struct Plots {
    /// The facility.
    pub facility: Uuid,
    /// What they are.
    pub kind: PlotKind,
    /// Area and row; the number follows.
    pub row: String,
    /// First number.
    pub first: i32,
    /// How many.
    pub count: i32,
    /// Area of each in thousandths of a square metre.
    pub area_milli_m2: i64,
    /// How many each holds.
    pub occupant_limit: i32,
}

/// F-9: enters niches or graves of a facility, within what was approved and as large as the province allows.
pub async fn add_plots(act: &Act<'_>, new: &Plots) -> Result<Uuid> {
    let home = load(act, new.facility).await?;
    rules::plots(
        home.kind,
        new.kind,
        (new.count, new.occupant_limit),
        (built(act, home.id).await?, home.capacity),
    )?;
    plot_area(new.kind, new.area_milli_m2, &act.rules())?;
    let row = short(&new.row, "row", 40)?;
    if !(1..=1_000_000).contains(&new.first) {
        return Err(Error::Invalid(
            UserError::new(
                "PLOT_NUMBER",
                "The first number is one or more.",
                "起始编号须为正整数。",
            )
            .field(&["first"]),
        ));
    }
    let labels: Vec<String> = (new.first..new.first + new.count)
        .map(|n| format!("{row}{n}号"))
        .collect();
    let twice = plot::Entity::find()
        .filter(plot::Column::FacilityId.eq(home.id))
        .filter(plot::Column::Label.is_in(labels.iter().cloned()))
        .one(act.tx)
        .await?;
    if twice.is_some() {
        return Err(Error::Invalid(
            UserError::new(
                "PLOT_LABEL_TAKEN",
                "A place with such a number is there already.",
                "该编号的格位或墓位已存在。",
            )
            .field(&["first"]),
        ));
    }
    let rows: Vec<plot::ActiveModel> = labels
        .into_iter()
        .map(|label| plot::ActiveModel {
            id: Set(id::new()),
            facility_id: Set(home.id),
            kind: Set(new.kind),
            label: Set(label),
            area_milli_m2: Set(new.area_milli_m2),
            occupant_limit: Set(new.occupant_limit),
            state: Set(PlotState::Free),
            held_until: Set(None),
            contract_from: Set(None),
            contract_to: Set(None),
            version: Set(1),
        })
        .collect();
    minzheng_kit::database::insert_many(act.tx, rows).await?;
    act.done(
        ("FuneralFacility", home.id),
        "PlotsAdded",
        None,
        json!({ "kind": new.kind, "count": new.count }),
    )
    .await?;
    Ok(home.id)
}

/// Enters a hall for farewells.
pub async fn add_hall(act: &Act<'_>, facility: Uuid, name: &str, seats: i32) -> Result<Uuid> {
    let home = load(act, facility).await?;
    rules::hall(home.kind, seats)?;
    let name = short(name, "name", 40)?;
    let twice = hall::Entity::find()
        .filter(hall::Column::FacilityId.eq(home.id))
        .filter(hall::Column::Name.eq(name))
        .one(act.tx)
        .await?;
    if twice.is_some() {
        return Err(Error::Invalid(
            UserError::new(
                "HALL_NAME_TAKEN",
                "The home has a hall of that name.",
                "该馆已有同名告别厅。",
            )
            .field(&["name"]),
        ));
    }
    let key = id::new();
    let row = hall::ActiveModel {
        id: Set(key),
        facility_id: Set(home.id),
        name: Set(name.to_owned()),
        seats: Set(seats),
    };
    hall::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    act.done(
        ("Hall", key),
        "HallAdded",
        None,
        json!({ "facility": home.id, "seats": seats }),
    )
    .await?;
    Ok(key)
}

/// F-2: enters a vehicle of a funeral home; it is ready where it stands.
pub async fn add_hearse(act: &Act<'_>, facility: Uuid, label: &str, at: Point) -> Result<Uuid> {
    let home = load(act, facility).await?;
    rules::of_a_home(home.kind)?;
    let label = short(label, "label", 20)?;
    let twice = hearse::Entity::find()
        .filter(hearse::Column::FacilityId.eq(home.id))
        .filter(hearse::Column::Label.eq(label))
        .one(act.tx)
        .await?;
    if twice.is_some() {
        return Err(Error::Invalid(
            UserError::new(
                "HEARSE_LABEL_TAKEN",
                "The home has a hearse of that name.",
                "该馆已有同名接运车。",
            )
            .field(&["label"]),
        ));
    }
    let key = id::new();
    let row = hearse::ActiveModel {
        id: Set(key),
        facility_id: Set(home.id),
        label: Set(label.to_owned()),
        lon: Set(at.lon),
        lat: Set(at.lat),
        seen_at: Set(act.now),
        state: Set(HearseState::Ready),
        reserved_for: Set(None),
        version: Set(1),
    };
    hearse::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    facility::Entity::update_many()
        .col_expr(
            facility::Column::Hearses,
            Expr::col(facility::Column::Hearses).add(1),
        )
        .col_expr(
            facility::Column::Version,
            Expr::col(facility::Column::Version).add(1),
        )
        .filter(facility::Column::Id.eq(home.id))
        .exec(act.tx)
        .await?;
    act.done(
        ("Hearse", key),
        "HearseAdded",
        None,
        json!({ "facility": home.id, "state": HearseState::Ready }),
    )
    .await?;
    Ok(key)
}

/// The events of hearses that move, whose key is the hearse.
pub const MOVES: [&str; 2] = ["HearseMoved", "HearseAdded"];

/// Where a hearse is, and whether it can be sent: what its driver or its box reports.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// The hearse.
    pub hearse: Uuid,
    /// Where it is.
    pub at: Point,
    /// Whether it goes to the workshop or comes back from there; none where that stays.
    pub in_service: Option<bool>,
}

/// F-2: a hearse reports its position. One that is on a task stays there; one that is not may go to the workshop and
/// come back.
pub async fn report_hearse(act: &Act<'_>, report: &Report) -> Result<Uuid> {
    let row = hearse::Entity::find_by_id(report.hearse)
        .one(act.tx)
        .await?
        .ok_or(Error::Forbidden)?;
    let home = facility::Entity::find_by_id(row.facility_id)
        .one(act.tx)
        .await?
        .ok_or(Error::Forbidden)?;
    act.officer(contract_scope::FUNERAL_CASE, home.division_id)?;
    let (before, version) = (row.state, row.version + 1);
    let state = rules::hearse(row.state, report.in_service)?;
    let mut row: hearse::ActiveModel = row.into();
    row.lon = Set(report.at.lon);
    row.lat = Set(report.at.lat);
    row.seen_at = Set(act.now);
    row.state = Set(state);
    row.version = Set(version);
    row.update(act.tx).await?;
    act.done(
        ("Hearse", report.hearse),
        "HearseMoved",
        Some(json!({ "state": before })),
        json!({ "state": state, "version": version }),
    )
    .await?;
    Ok(report.hearse)
}

/// Changes how much a facility takes, and how many cremators it has; not below what is there.
pub async fn change_capacity(
    act: &Act<'_>,
    facility: Uuid,
    version: i64,
    capacity: Option<i64>,
    cremators: Option<i32>,
) -> Result<Uuid> {
    let row = load(act, facility).await?;
    same_version(row.version, version)?;
    let places = capacity.unwrap_or(row.capacity);
    let ovens = cremators.unwrap_or(row.cremators);
    let built = built(act, facility).await?;
    rules::capacity((row.kind, row.sub_kind), places, ovens, built)?;
    let before = json!({ "capacity": row.capacity, "cremators": row.cremators });
    let mut row: facility::ActiveModel = row.into();
    row.capacity = Set(places);
    row.cremators = Set(ovens);
    row.version = Set(version + 1);
    row.update(act.tx).await?;
    act.done(
        ("FuneralFacility", facility),
        "FacilityChanged",
        Some(before),
        json!({ "capacity": places, "cremators": ovens }),
    )
    .await?;
    Ok(facility)
}
