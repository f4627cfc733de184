//! Laying to rest (安葬): F-3, F-4, F-5, F-9, F-10 and F-12.

use std::collections::HashMap;

use chrono::NaiveDate;
use minzheng_kit::{Error, Result, UserError, id};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
};
use uuid::Uuid;

use super::act::{Act, unique, unknown};
use super::collection::{self, Seen};
use super::course::{self, By, Handover, Step};
use super::{cases, cremations, facilities, month_of};
use crate::model::{
    body_storage, eco_burial, facility, funeral_case, interment, plot, plot_occupant,
};
use crate::rules::burial::is_of_body as of_body;
use crate::rules::geo::Point;
use crate::rules::settings::{self, Parameter};
use crate::rules::terms::{
    CaseAct, CaseState, CorrectionReason, CustomGroup, FacilityKind, FacilityState, Holder,
    IntermentKind, PlotKind,
};
use crate::rules::{burial, no_such_move, zone};

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Form.
    pub kind: IntermentKind,
    /// The facility, where no niche or grave is allocated to the case.
    pub facility: Option<Uuid>,
    /// Day.
    pub on: NaiveDate,
    /// Whether ashes are kept.
    pub keeps_ashes: bool,
    /// Whether the deceased was of the village.
    pub villager: bool,
    /// The group whose custom is claimed; it is judged and not kept.
    pub custom: Option<CustomGroup>,
}

/// The form of a place that belongs to a form of interment.
const fn plot_kind(kind: IntermentKind) -> Option<PlotKind> {
    match kind {
        IntermentKind::Niche => Some(PlotKind::Niche),
        IntermentKind::AshPlot => Some(PlotKind::AshPlot),
        IntermentKind::BodyPlot => Some(PlotKind::BodyPlot),
        _ => None,
    }
}

/// Inters ashes, or a body where the law lets it be buried.
pub async fn inter(act: &Act<'_>, seen: Seen, asked: &Asked) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::Officer).await?;
    if asked.kind == IntermentKind::Sea {
        return Err(Error::Invalid(
            UserError::new(
                "SEA_BY_VOYAGE",
                "Burials at sea are done by a voyage; enrol the ashes.",
                "海葬须通过航次办理，请先报名。",
            )
            .field(&["kind"]),
        ));
    }
    let to = if of_body(asked.kind) {
        CaseState::BodyBuried
    } else {
        CaseState::Interred
    };
    crate::rules::case::advance(row.state, to)?;
    let died_on = if of_body(asked.kind) {
        Some(cremations::paper_of_body(act, &row).await?.died_on)
    } else {
        None
    };
    burial::interment_day(asked.on, died_on, row.cremated_on, act.today)?;
    if of_body(asked.kind) {
        cremations::claimed_or_noticed(act, &row, asked.on).await?;
    }
    let place = place_of(act, &row, asked).await?;
    let respected = judge(act, &place, asked).await?;
    let subsidy = if burial::is_ecological(asked.kind) && !asked.keeps_ashes {
        act.rules().value(Parameter::EcoSubsidyFen)
    } else {
        0
    };
    let key = id::new();
    let made = Interred {
        key,
        asked: *asked,
        facility: Some(place.facility.id),
        plot: place.plot.as_ref().map(|p| p.id),
        voyage: None,
        respected,
        subsidy,
    };
    write(act, &row, &made, None).await?;
    leave(act, &row, asked, place.plot.as_ref()).await?;
    if of_body(asked.kind) {
        let buried = course::step(
            act,
            &row,
            Step::moves(CaseAct::BodyBuried, CaseState::BodyBuried, Some(key)),
            |_| (),
        )
        .await?;
        course::step(
            act,
            &buried,
            Step::moves(CaseAct::Interred, CaseState::Interred, Some(key)),
            |_| (),
        )
        .await?;
    } else {
        course::step(
            act,
            &row,
            Step::moves(CaseAct::Interred, CaseState::Interred, Some(key)),
            |_| (),
        )
        .await?;
    }
    Ok(row.id)
}

struct Place {
    facility: facility::Model,
    plot: Option<plot::Model>,
}

/// F-10: where it is to be: the niche or grave allocated to the case, or the facility named.
async fn place_of(act: &Act<'_>, row: &funeral_case::Model, asked: &Asked) -> Result<Place> {
    let wanted = plot_kind(asked.kind);
    let plot = match wanted {
        None => None,
        Some(kind) => Some(
            super::contracts::allocated(act.tx, row.id)
                .await?
                .filter(|p| p.kind == kind)
                .ok_or_else(|| {
                    Error::Invalid(
                        UserError::new(
                            "PLOT_NOT_ALLOCATED",
                            "No niche or grave of this kind is allocated to the case.",
                            "本案未取得该类格位或墓位。",
                        )
                        .field(&["kind"]),
                    )
                })?,
        ),
    };
    let facility = plot.as_ref().map(|p| p.facility_id).or(asked.facility);
    zone::in_a_facility(asked.kind, facility.is_some())?;
    let facility = facility.unwrap_or_default();
    let facility = facilities::by_ids(act.tx, &[facility])
        .await?
        .remove(&facility)
        .filter(|f| f.state == FacilityState::Open && f.kind != FacilityKind::FuneralHome)
        .ok_or_else(|| {
            unknown(
                "facility",
                "There is no such open cemetery or columbarium.",
                "没有该运营中的安葬设施。",
            )
        })?;
    Ok(Place { facility, plot })
}

/// F-3, F-4, F-5, F-9 and F-12; answers whether a custom was respected.
async fn judge(act: &Act<'_>, place: &Place, asked: &Asked) -> Result<bool> {
    let home = &place.facility;
    let divisions = &act.principal.divisions;
    let code = divisions
        .successor(&home.division_id)
        .map_or("", |d| d.code.as_str());
    let rules = act.rules();
    let respected = burial::custom_respected(asked.custom, code, &rules);
    // F-3: areas are drawn within the province. Where the division is several by now, the province's rule holds.
    let area = match code {
        "" => rules,
        code => settings::on(code, act.today),
    };
    burial::body_burial(asked.kind, respected, &area)?;
    burial::serves(home.sub_kind, asked.villager)?;
    burial::keeps_ashes(asked.kind, asked.keeps_ashes)?;
    if let Some(plot) = &place.plot {
        burial::plot_area(plot.kind, plot.area_milli_m2, &rules)?;
    }
    let here = Point {
        lon: home.lon,
        lat: home.lat,
    };
    super::sites::outside_zones(act, here).await?;
    Ok(respected && of_body(asked.kind))
}

/// The cabinet, the custody and the chain end in the grave.
async fn leave(
    act: &Act<'_>,
    row: &funeral_case::Model,
    asked: &Asked,
    plot: Option<&plot::Model>,
) -> Result<()> {
    if let Some(stored) = collection::stored(act, row.id).await? {
        let mut stored: body_storage::ActiveModel = stored.into();
        stored.left_at = Set(Some(act.now));
        stored.update(act.tx).await?;
    }
    // Ashes that are laid to rest on land sail nowhere: their place aboard is another family's.
    super::voyages::call_off_of_case(act, row.id).await?;
    let box_no = cremations::end_custody(act, row.id).await?;
    course::hand_over(
        act,
        row,
        None,
        Holder::Grave,
        act.now,
        Handover {
            box_no,
            checker: None,
        },
    )
    .await?;
    if let Some(plot) = plot {
        plot_occupant::Entity::update_many()
            .col_expr(plot_occupant::Column::LaidOn, Expr::value(asked.on))
            .filter(plot_occupant::Column::PlotId.eq(plot.id))
            .filter(plot_occupant::Column::Person.eq(&row.deceased))
            .filter(plot_occupant::Column::LeftOn.is_null())
            .exec(act.tx)
            .await?;
    }
    Ok(())
}

/// An interment to be written.
pub struct Interred {
    /// Its identity.
    pub key: Uuid,
    /// What was asked for.
    pub asked: Asked,
    /// The facility, on land.
    pub facility: Option<Uuid>,
    /// The niche or grave.
    pub plot: Option<Uuid>,
    /// The voyage, at sea.
    pub voyage: Option<Uuid>,
    /// Whether a custom was respected.
    pub respected: bool,
    /// Subsidy in fen.
    pub subsidy: i64,
}

/// Writes an interment and, where it is ecological, its row in the statistics.
pub async fn write(
    act: &Act<'_>,
    row: &funeral_case::Model,
    made: &Interred,
    corrects: Option<Uuid>,
) -> Result<()> {
    let asked = made.asked;
    let interred = interment::ActiveModel {
        id: Set(made.key),
        case_id: Set(row.id),
        kind: Set(asked.kind),
        facility_id: Set(made.facility),
        plot_id: Set(made.plot),
        voyage_id: Set(made.voyage),
        interred_on: Set(asked.on),
        keeps_ashes: Set(asked.keeps_ashes),
        custom_respected: Set(made.respected),
        subsidy: Set(made.subsidy),
        corrects: Set(corrects),
        superseded: Set(false),
    };
    interment::Entity::insert(interred)
        .exec_without_returning(act.tx)
        .await
        .map_err(|e| {
            unique(e, || {
                no_such_move("The interment is recorded already.", "安葬已登记。")
            })
        })?;
    if !burial::is_ecological(asked.kind) {
        return Ok(());
    }
    let eco = eco_burial::ActiveModel {
        id: Set(made.key),
        case_id: Set(row.id),
        kind: Set(asked.kind),
        facility_id: Set(made.facility),
        voyage_id: Set(made.voyage),
        division_id: Set(row.division_id),
        buried_on: Set(asked.on),
        buried_month: Set(month_of(asked.on)),
        keeps_ashes: Set(asked.keeps_ashes),
        subsidy: Set(made.subsidy),
        superseded: Set(false),
    };
    eco_burial::Entity::insert(eco)
        .exec_without_returning(act.tx)
        .await?;
    Ok(())
}

/// Corrects the day of an interment by a new row.
pub async fn correct(
    act: &Act<'_>,
    seen: Seen,
    on: NaiveDate,
    reason: CorrectionReason,
) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::Officer).await?;
    let old = of_cases(act.tx, &[row.id])
        .await?
        .remove(&row.id)
        .ok_or_else(|| unknown("case", "No interment is recorded.", "本案无安葬登记。"))?;
    let died_on = cases::deaths_of(act.tx, &[row.id])
        .await?
        .get(&row.id)
        .map(|death| death.died_on);
    burial::interment_day(on, died_on, row.cremated_on, act.today)?;
    if of_body(old.kind) {
        cremations::claimed_or_noticed(act, &row, on).await?;
    }
    let entry = cremations::entry_of(act, row.id, old.id).await?;
    let made = Interred {
        key: id::new(),
        asked: Asked {
            kind: old.kind,
            facility: old.facility_id,
            on,
            keeps_ashes: old.keeps_ashes,
            villager: false,
            custom: None,
        },
        facility: old.facility_id,
        plot: old.plot_id,
        voyage: old.voyage_id,
        respected: old.custom_respected,
        subsidy: old.subsidy,
    };
    let old_id = old.id;
    let mut old: interment::ActiveModel = old.into();
    old.superseded = Set(true);
    old.update(act.tx).await?;
    eco_burial::Entity::update_many()
        .col_expr(eco_burial::Column::Superseded, Expr::value(true))
        .filter(eco_burial::Column::Id.eq(old_id))
        .exec(act.tx)
        .await?;
    write(act, &row, &made, Some(old_id)).await?;
    let step = Step {
        corrects: Some((entry, reason)),
        ..Step::note(CaseAct::Corrected, made.key)
    };
    course::step(act, &row, step, |_| ()).await?;
    Ok(row.id)
}

/// The interments of cases as they stand after corrections, with one statement.
pub async fn of_cases<C: ConnectionTrait>(
    c: &C,
    cases: &[Uuid],
) -> Result<HashMap<Uuid, interment::Model>> {
    let rows = interment::Entity::find()
        .filter(interment::Column::CaseId.is_in(cases.iter().copied()))
        .filter(interment::Column::Superseded.eq(false))
        .all(c)
        .await?;
    Ok(rows.into_iter().map(|r| (r.case_id, r)).collect())
}
