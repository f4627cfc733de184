//! Facilities as institutions: founded by whom the law lets (F-17), opened, closed, and the verified name of
//! who runs them.

use chrono::NaiveDate;
use minzheng_kit::contract::scope as contract_scope;
use minzheng_kit::{Error, Result, UserError, credit_code, id};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use serde_json::json;
use uuid::Uuid;

use super::act::{Act, same_version, short};
use super::scope;
use crate::model::facility;
use crate::rules::facility as rules;
use crate::rules::geo::Point;
use crate::rules::settings;
use crate::rules::terms::{FacilityKind, FacilityOperator, FacilityState, FacilitySubKind};

/// A facility to be founded.
#[derive(Clone, Debug)]
pub struct Founding {
    /// One of the three kinds.
    pub kind: FacilityKind,
    /// Whom it serves.
    pub sub_kind: FacilitySubKind,
    /// Who runs it.
    pub operator: FacilityOperator,
    /// Its name.
    pub name: String,
    /// Credit code of who runs it.
    pub credit_code: String,
    /// Name of who runs it, as on its certificate.
    pub operator_name: String,
    /// The division.
    pub division: Uuid,
    /// The place of its address.
    pub place: Uuid,
    /// Where it is.
    pub point: Point,
    /// Day of the approval.
    pub approved_on: NaiveDate,
    /// Who approved it.
    pub approved_by: String,
    /// Niches, graves or bodies a day.
    pub capacity: i64,
    /// Published telephone.
    pub phone: String,
}

/// F-17, F-4: founds a facility; it is under construction until it is opened.
pub async fn found(act: &Act<'_>, new: &Founding) -> Result<Uuid> {
    act.officer(contract_scope::FUNERAL_CASE, new.division)?;
    scope::ensure(act.tx, new.division).await?;
    let on_approval = settings::on(act.services.province.as_str(), new.approved_on);
    rules::operator(new.sub_kind, new.operator, &on_approval)?;
    // F-4: where people are to be buried lies outside the zones of today; a funeral home buries nobody.
    if new.kind != FacilityKind::FuneralHome {
        super::sites::outside_zones(act, new.point).await?;
    }
    if credit_code::parse(&new.credit_code).is_err() {
        return Err(Error::Invalid(
            UserError::new(
                "CREDIT_CODE",
                "This is not a unified social credit code.",
                "统一社会信用代码不正确。",
            )
            .field(&["creditCode"]),
        ));
    }
    if new.approved_on > act.today || new.capacity <= 0 {
        return Err(Error::Invalid(
            UserError::new(
                "FOUNDING_INCOMPLETE",
                "The approval or the capacity cannot be right.",
                "批准日期或容量不正确。",
            )
            .field(&["capacity"]),
        ));
    }
    let key = id::new();
    let row = facility::ActiveModel {
        id: Set(key),
        kind: Set(new.kind),
        sub_kind: Set(new.sub_kind),
        operator: Set(new.operator),
        state: Set(FacilityState::UnderConstruction),
        name: Set(short(&new.name, "name", 60)?.to_owned()),
        credit_code: Set(new.credit_code.clone()),
        operator_name: Set(Some(
            short(&new.operator_name, "operatorName", 60)?.to_owned(),
        )),
        operator_verified_on: Set(Some(act.today)),
        division_id: Set(new.division),
        place_id: Set(new.place),
        lon: Set(new.point.lon),
        lat: Set(new.point.lat),
        approved_on: Set(new.approved_on),
        approved_by: Set(short(&new.approved_by, "approvedBy", 60)?.to_owned()),
        investment: Set(None),
        capacity: Set(new.capacity),
        cremators: Set(0),
        hearses: Set(0),
        phone: Set(short(&new.phone, "phone", 20)?.to_owned()),
        version: Set(1),
    };
    facility::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    act.done(
        ("FuneralFacility", key),
        "FacilityFounded",
        None,
        json!({ "kind": new.kind, "operator": new.operator }),
    )
    .await?;
    Ok(key)
}

/// Opens or closes a facility.
pub async fn set_state(
    act: &Act<'_>,
    facility: Uuid,
    version: i64,
    to: FacilityState,
) -> Result<Uuid> {
    let row = load(act, facility, version).await?;
    let (before, state) = (row.state, rules::advance(row.state, to)?);
    let mut row: facility::ActiveModel = row.into();
    row.state = Set(state);
    row.version = Set(version + 1);
    row.update(act.tx).await?;
    act.done(
        ("FuneralFacility", facility),
        "FacilityChanged",
        Some(json!({ "state": before })),
        json!({ "state": state }),
    )
    .await?;
    Ok(facility)
}

/// Records the verified name of who runs a facility.
pub async fn verify_operator(
    act: &Act<'_>,
    facility: Uuid,
    version: i64,
    name: &str,
) -> Result<Uuid> {
    let row = load(act, facility, version).await?;
    let mut row: facility::ActiveModel = row.into();
    row.operator_name = Set(Some(short(name, "operatorName", 60)?.to_owned()));
    row.operator_verified_on = Set(Some(act.today));
    row.version = Set(version + 1);
    row.update(act.tx).await?;
    act.done(
        ("FuneralFacility", facility),
        "FacilityChanged",
        None,
        json!({ "operatorVerifiedOn": act.today }),
    )
    .await?;
    Ok(facility)
}

async fn load(act: &Act<'_>, facility: Uuid, version: i64) -> Result<facility::Model> {
    let row = facility::Entity::find_by_id(facility)
        .one(act.tx)
        .await?
        .ok_or(Error::Forbidden)?;
    act.officer(contract_scope::FUNERAL_CASE, row.division_id)?;
    same_version(row.version, version)?;
    Ok(row)
}
