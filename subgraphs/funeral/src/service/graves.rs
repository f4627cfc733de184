//! The clean-up of illegal graves: findings, the steps to restored land, and the figures.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use minzheng_kit::contract::scope as contract_scope;
use minzheng_kit::divisions::Divisions;
use minzheng_kit::divisions::assignment::number_under;
use minzheng_kit::error::{Error, Result, UserError};
use minzheng_kit::id;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder,
};
use serde_json::json;
use uuid::Uuid;

use super::act::{Act, plain, same_version};
use super::sql::Binds;
use super::{month_of, scope};
use crate::model::report_figure::RESTORED_AREA;
use crate::model::{grave_step, illegal_grave};
use crate::rules::geo::Point;
use crate::rules::grave as rules;
use crate::rules::terms::{GraveState, IllegalGraveKind};

/// The event of a clean-up whose time has run out, whose key is the grave.
pub const OVERDUE: &str = "IllegalGraveOverdue";

/// The clean-up of a division.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Cases by kind.
    pub by_kind: BTreeMap<IllegalGraveKind, i64>,
    /// Cases by state.
    pub by_state: BTreeMap<GraveState, i64>,
    /// Area with vegetation restored, in thousandths of a square metre, reports included.
    pub restored_milli_m2: i64,
}

/// Sums up a division and all below it, with one statement.
pub async fn summary<C: ConnectionTrait>(c: &C, division: Uuid) -> Result<Summary> {
    let mut binds = Binds::default();
    let (division, indicator) = (binds.one(division), binds.one(RESTORED_AREA));
    let sql = format!(
        "SELECT g.kind AS kind, g.state AS state, COUNT(*) AS n, CAST(SUM(g.restored_milli_m2) AS bigint) AS restored \
           FROM illegal_grave g JOIN division_scope s ON s.division_id = g.division_id \
           WHERE s.ancestor_id = {division} GROUP BY g.kind, g.state \
         UNION ALL \
         SELECT NULL, NULL, 0, CAST(COALESCE(SUM(r.value), 0) AS bigint) \
           FROM report_figure r JOIN division_scope s ON s.division_id = r.division_id \
           WHERE s.ancestor_id = {division} AND r.indicator = {indicator}"
    );
    let mut summary = Summary::default();
    for row in binds.all(c, &sql).await? {
        summary.restored_milli_m2 += row.try_get::<i64>("", "restored")?;
        let n: i64 = row.try_get("", "n")?;
        if let Some(kind) = row.try_get::<Option<IllegalGraveKind>>("", "kind")? {
            *summary.by_kind.entry(kind).or_default() += n;
        }
        if let Some(state) = row.try_get::<Option<GraveState>>("", "state")? {
            *summary.by_state.entry(state).or_default() += n;
        }
    }
    Ok(summary)
}

/// What is reported of an illegal grave.
#[derive(Clone, Copy, Debug)]
pub struct Finding {
    /// Why it is illegal.
    pub kind: IllegalGraveKind,
    /// The division it lies in.
    pub division: Uuid,
    /// Where it is.
    pub point: Point,
    /// Its area in thousandths of a square metre.
    pub area_milli_m2: i64,
    /// Day it was found.
    pub found_on: NaiveDate,
    /// Whether it is under heritage protection.
    pub heritage: bool,
}

/// Takes a finding: of an officer within their division, or of a citizen.
pub async fn report(act: &Act<'_>, finding: &Finding) -> Result<Uuid> {
    let is_officer = act
        .officer(contract_scope::FUNERAL_CASE, finding.division)
        .is_ok();
    let reporter = if is_officer {
        None
    } else {
        Some(act.person()?.to_owned())
    };
    scope::ensure(act.tx, finding.division).await?;
    if finding.found_on > act.today || !(1..=10_000_000).contains(&finding.area_milli_m2) {
        return Err(Error::Invalid(
            UserError::new(
                "FINDING_INCOMPLETE",
                "The day or the area cannot be right.",
                "发现日期或面积不正确。",
            )
            .field(&["areaM2"]),
        ));
    }
    let key = id::new();
    let row = illegal_grave::ActiveModel {
        id: Set(key),
        kind: Set(finding.kind),
        division_id: Set(finding.division),
        lon: Set(finding.point.lon),
        lat: Set(finding.point.lat),
        found_on: Set(finding.found_on),
        area_milli_m2: Set(finding.area_milli_m2),
        state: Set(GraveState::Found),
        restored_milli_m2: Set(0),
        closed_on: Set(None),
        closed_month: Set(None),
        number: Set(None),
        reporter: Set(reporter),
        heritage: Set(finding.heritage && is_officer),
        due_on: Set(None),
        overdue_told: Set(None),
        version: Set(1),
    };
    illegal_grave::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    step(act, key, GraveState::Found, finding.found_on, None).await?;
    act.done(
        ("IllegalGrave", key),
        "IllegalGraveReported",
        None,
        json!({ "state": GraveState::Found, "kind": finding.kind, "division": finding.division }),
    )
    .await?;
    Ok(key)
}

/// A step in a clean-up and what goes with it.
#[derive(Clone, Debug)]
pub enum Move {
    /// Entered in the register, with a number.
    Register,
    /// Notice was given; a day may be named by which it is to be put right.
    Notice(Option<NaiveDate>),
    /// The owner puts it right.
    Rectify,
    /// Removed by force of law, on an order.
    Force,
    /// Put right and verified on the spot.
    Verify,
    /// The land is restored, so many thousandths of a square metre.
    Restore(i64),
    /// Exempt as heritage.
    Exempt,
}

impl Move {
    const fn to(&self) -> GraveState {
        match self {
            Self::Register => GraveState::Registered,
            Self::Notice(_) => GraveState::Notice,
            Self::Rectify => GraveState::Rectifying,
            Self::Force => GraveState::Forced,
            Self::Verify => GraveState::Verified,
            Self::Restore(_) => GraveState::Restored,
            Self::Exempt => GraveState::Exempt,
        }
    }

    /// Whether a paper with a number belongs to the step.
    const fn needs_paper(&self) -> bool {
        matches!(self, Self::Notice(_) | Self::Force | Self::Exempt)
    }
}

/// Takes a step in the clean-up of a grave.
pub async fn advance(
    act: &Act<'_>,
    grave: Uuid,
    version: i64,
    step_to: &Move,
    paper: Option<&str>,
) -> Result<Uuid> {
    let row = illegal_grave::Entity::find_by_id(grave)
        .one(act.tx)
        .await?
        .ok_or(Error::Forbidden)?;
    act.officer(contract_scope::FUNERAL_CASE, row.division_id)?;
    same_version(row.version, version)?;
    // An exemption is what finds a grave to be heritage; for every other step it must not be.
    let heritage = row.heritage || matches!(step_to, Move::Exempt);
    let state = rules::advance(row.state, step_to.to(), heritage)?;
    let paper = match (step_to.needs_paper(), paper) {
        (true, given) => Some(plain(given.unwrap_or(""), "paper", 60)?),
        (false, given) => given.map(|text| plain(text, "paper", 60)).transpose()?,
    };
    let mut active: illegal_grave::ActiveModel = row.clone().into();
    active.heritage = Set(heritage);
    match step_to {
        Move::Register => {
            active.number = Set(Some(number(&act.principal.divisions, &row, act.today)?));
        }
        Move::Notice(due) => {
            active.due_on = Set(Some(rules::rectify_by(act.today, *due, &act.rules())?.day))
        }
        Move::Force => rules::may_force(row.due_on, act.today)?,
        Move::Restore(area) => {
            rules::restored(row.area_milli_m2, *area)?;
            active.restored_milli_m2 = Set(*area);
        }
        Move::Rectify | Move::Verify | Move::Exempt => {}
    }
    if matches!(state, GraveState::Restored | GraveState::Exempt) {
        active.closed_on = Set(Some(act.today));
        active.closed_month = Set(Some(month_of(act.today)));
    }
    active.state = Set(state);
    active.version = Set(version + 1);
    active.update(act.tx).await?;
    step(act, grave, state, act.today, paper).await?;
    act.done(
        ("IllegalGrave", grave),
        "IllegalGraveAdvanced",
        Some(json!({ "state": row.state })),
        json!({ "state": state, "version": version + 1 }),
    )
    .await?;
    Ok(grave)
}

async fn step(
    act: &Act<'_>,
    grave: Uuid,
    state: GraveState,
    on: NaiveDate,
    paper: Option<&str>,
) -> Result<()> {
    let last = grave_step::Entity::find()
        .filter(grave_step::Column::GraveId.eq(grave))
        .order_by_desc(grave_step::Column::Seq)
        .one(act.tx)
        .await?;
    let row = grave_step::ActiveModel {
        id: Set(id::new()),
        grave_id: Set(grave),
        seq: Set(last.map_or(1, |l| l.seq + 1)),
        state: Set(state),
        on_day: Set(on),
        paper: Set(paper.map(str::to_owned)),
        officer: Set(act.subject()),
    };
    grave_step::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    Ok(())
}

/// The number in the register: 坟 with the county's code, the day and the end of its id.
fn number(divisions: &Divisions, row: &illegal_grave::Model, day: NaiveDate) -> Result<String> {
    let now = divisions.successor(&row.division_id);
    let code = number_under(now.map(|d| d.code.as_str()))?;
    let tail = row.id.simple().to_string().split_off(24).to_uppercase();
    Ok(format!("FM{code}-{}-{tail}", day.format("%Y%m%d")))
}

/// The steps of graves, in order, with one statement.
pub async fn steps<C: ConnectionTrait>(
    c: &C,
    graves: &[Uuid],
) -> Result<HashMap<Uuid, Vec<grave_step::Model>>> {
    let rows = grave_step::Entity::find()
        .filter(grave_step::Column::GraveId.is_in(graves.iter().copied()))
        .order_by_asc(grave_step::Column::GraveId)
        .order_by_asc(grave_step::Column::Seq)
        .all(c)
        .await?;
    Ok(super::people::group(rows, usize::MAX, |s| s.grave_id))
}

/// A square of the map with the illegal graves in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Square {
    /// Degrees east of its middle.
    pub lon: f64,
    /// Degrees north of its middle.
    pub lat: f64,
    /// How many lie in it.
    pub count: i64,
}

/// Squares to a degree: a fiftieth is more than a kilometre wide everywhere in the country.
const SQUARES_TO_A_DEGREE: f64 = 50.0;

/// The most squares of one grid: the fullest ones.
const MOST_SQUARES: u32 = 5_000;

/// The illegal graves of a division that are not yet cleaned up, by squares, with one statement.
pub async fn grid<C: ConnectionTrait>(c: &C, division: Uuid) -> Result<Vec<Square>> {
    let mut binds = Binds::default();
    let division = binds.one(division);
    let sql = format!(
        "SELECT CAST(ROUND(g.lon * 50) AS bigint) AS x, CAST(ROUND(g.lat * 50) AS bigint) AS y, COUNT(*) AS n \
         FROM illegal_grave g JOIN division_scope s ON s.division_id = g.division_id \
         WHERE s.ancestor_id = {division} AND g.state NOT IN ('RESTORED', 'EXEMPT') \
         GROUP BY CAST(ROUND(g.lon * 50) AS bigint), CAST(ROUND(g.lat * 50) AS bigint) ORDER BY 3 DESC, 1, 2 LIMIT {MOST_SQUARES}"
    );
    let mut squares = Vec::new();
    for row in binds.all(c, &sql).await? {
        squares.push(Square {
            lon: row.try_get::<i64>("", "x")? as f64 / SQUARES_TO_A_DEGREE,
            lat: row.try_get::<i64>("", "y")? as f64 / SQUARES_TO_A_DEGREE,
            count: row.try_get("", "n")?,
        });
    }
    Ok(squares)
}
