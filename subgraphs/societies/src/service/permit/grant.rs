//! What a granted application does to the register.

use super::{Change, Form, Founding, HEAD, grantable, may_head, name_is_free, person_of};
use crate::model::{
    branch, code_segment, filing, liquidation, member_stat, office, organization,
    organization_name, permit_case,
};
use crate::rules::change::liquidated;
use crate::rules::state::OrgEvent;
use crate::service::act::{Act, at, moved, refused};
use crate::vocabulary::{
    CharityBasis, OfficeEnd, OfficeRole, OrgChangeItem, OrgFilingKind, OrgKind, OrgState,
};
use chrono::NaiveDate;
use kit::divisions::Divisions;
use kit::{Error, Result, YearMonth};
use minzheng_kit as kit;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use uuid::Uuid;

/// Applies what was granted; answers the code of a new organization.
pub(super) async fn apply(act: Act<'_>, case: &permit_case::Model) -> Result<Option<String>> {
    let form = Form::of(case).ok_or_else(|| {
        refused(
            "CASE_WITHOUT_FORM",
            "This application has no form that could be granted here.",
            "该申请没有可据以办理的申请内容。",
            "id",
        )
    })?;
    if let Form::Found(founding) = &form {
        return found(act, case, founding).await.map(Some);
    }
    let code = case.credit_code.as_deref().ok_or(Error::NotFound)?;
    let before = act.organization(code).await?;
    // It was judged when the application came in; what it is now counts.
    grantable(case.item, &before, act.today)?;
    match &form {
        Form::Change(change) => changed(act, case, &before, change).await?,
        Form::Charter => file(act, code, OrgFilingKind::Charter).await?,
        Form::Deregister(ended) => {
            let formed = super::group_formed(act.tx, code).await?;
            liquidated(formed, *ended, act.today).map_err(|refusal| at(refusal, "id"))?;
            deregister(act, &before, Ends::Liquidated(*ended)).await?;
        }
        Form::RecogniseCharity => {
            let after = organization::Model {
                charity_basis: Some(CharityBasis::Recognised),
                charity_since: Some(act.today),
                ..before.clone()
            };
            act.save(&before, after, "CharityRecognised").await?;
        }
        Form::PublicRaising => {
            let after = organization::Model {
                public_raising_since: Some(act.today),
                ..before.clone()
            };
            act.save(&before, after, "PublicRaisingLicensed").await?;
        }
        Form::Found(_) => {}
    }
    Ok(None)
}

/// A new organization with its code, name, head and members.
async fn found(act: Act<'_>, case: &permit_case::Model, form: &Founding) -> Result<String> {
    let bare = (form.kind, form.division_name.as_deref(), form.name.as_str());
    name_is_free(act.tx, bare, &case.division_id, "").await?;
    let head = person_of(act.tx, case.id, HEAD)
        .await?
        .ok_or(Error::NotFound)?;
    may_head(act.tx, &head, form.kind, "").await?;
    let code = new_code(act, case.division_id, form.kind).await?;
    let state = crate::rules::state::next(OrgState::Preparing, OrgEvent::Register)
        .map_err(|refusal| at(refusal, "id"))?;
    let row = organization::Model {
        credit_code: code.clone(),
        kind: form.kind,
        state,
        name: form.name.clone(),
        division_id: case.division_id,
        registrar_level: form.level,
        registrar_division_id: case.division_id,
        founded: act.today,
        founded_month: YearMonth::of(act.today).index(),
        ended: None,
        ended_month: None,
        domicile_place_id: form.domicile,
        longitude: None,
        latitude: None,
        supervisor: form.supervisor.clone(),
        funds_fen: form.funds_fen,
        hub_kind: None,
        charity_basis: form.as_charity.then_some(CharityBasis::Registered),
        charity_since: form.as_charity.then_some(act.today),
        public_raising_since: None,
        version: 1,
        activity: form.activity,
        industry_department: form.industry_department.clone(),
        activity_area: form.activity_area.clone(),
        raises_publicly: form.raises_publicly,
        direct_class: form.direct_class,
    };
    organization::Entity::insert(row.into_active_model())
        .exec_without_returning(act.tx)
        .await?;
    new_name(
        act,
        &code,
        case.division_id,
        &form.name,
        form.division_name.as_deref(),
    )
    .await?;
    new_head(act, &code, &head).await?;
    if form.kind == OrgKind::SocialGroup {
        let count = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let members = member_stat::ActiveModel {
            credit_code: Set(code.clone()),
            as_of: Set(act.today),
            individual: Set(count(form.members.0)),
            unit: Set(count(form.members.1)),
        };
        member_stat::Entity::insert(members)
            .exec_without_returning(act.tx)
            .await?;
    }
    let after = serde_json::json!({
        "creditCode": code, "name": form.name, "kind": form.kind.text(), "state": state.text(),
        "division": case.division_id,
    });
    act.done("Organization", &code, "OrganizationRegistered", None, after)
        .await?;
    Ok(code)
}

/// The next credit code: department 5, kind, the registrar's division, a body from the segment.
async fn new_code(act: Act<'_>, division: Uuid, kind: OrgKind) -> Result<String> {
    // Without I, O, S, V and Z, as the codes themselves.
    const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    const DIGITS: u32 = 4;
    let segment = code_segment::Entity::find()
        .order_by_asc(code_segment::Column::Prefix)
        .one(act.tx)
        .await?;
    let segment = match segment {
        Some(segment) => segment,
        None => {
            let first = code_segment::Model {
                prefix: format!("MJ{}", act.services.province),
                next: 0,
            };
            code_segment::Entity::insert(first.clone().into_active_model())
                .exec_without_returning(act.tx)
                .await?;
            first
        }
    };
    let base = ALPHABET.len() as i64;
    if segment.next >= base.pow(DIGITS) {
        return Err(Error::internal("the segment of credit codes is used up"));
    }
    let mut number = segment.next;
    let mut tail = Vec::new();
    for _ in 0..DIGITS {
        let at = usize::try_from(number % base).unwrap_or_default();
        tail.push(char::from(ALPHABET[at]));
        number /= base;
    }
    let tail: String = tail.into_iter().rev().collect();
    let mut next = segment.clone().into_active_model();
    next.next = Set(segment.next + 1);
    next.update(act.tx).await?;
    let letter = match kind {
        OrgKind::SocialGroup => '1',
        OrgKind::CivilNonEnterprise => '2',
        OrgKind::Foundation => '3',
    };
    let place = act
        .actor
        .divisions
        .successor(&division)
        .and_then(|division| division.code.get(..6))
        .ok_or(Error::NotFound)?;
    kit::credit_code::check_digits(&format!("5{letter}{place}{}{tail}", segment.prefix))
        .ok_or_else(|| Error::internal("a credit code could not be made"))
}

async fn changed(
    act: Act<'_>,
    case: &permit_case::Model,
    before: &organization::Model,
    change: &Change,
) -> Result<()> {
    let code = before.credit_code.as_str();
    let mut after = organization::Model {
        state: moved(before, OrgEvent::DecideChange)?,
        ..before.clone()
    };
    match change.item {
        OrgChangeItem::Name => {
            let name = change.text.clone().ok_or(Error::NotFound)?;
            let bare = (before.kind, change.division_name.as_deref(), name.as_str());
            name_is_free(act.tx, bare, &before.registrar_division_id, code).await?;
            let division = before.registrar_division_id;
            new_name(act, code, division, &name, change.division_name.as_deref()).await?;
            after.name = name;
        }
        OrgChangeItem::Domicile => {
            after.domicile_place_id = change.domicile;
            // The copy of the old place's point would be wrong.
            after.longitude = None;
            after.latitude = None;
        }
        OrgChangeItem::Funds => after.funds_fen = change.funds_fen.unwrap_or(before.funds_fen),
        OrgChangeItem::SupervisingDepartment => after.supervisor = change.text.clone(),
        OrgChangeItem::LegalRepresentative => {
            let head = person_of(act.tx, case.id, HEAD)
                .await?
                .ok_or(Error::NotFound)?;
            may_head(act.tx, &head, before.kind, code).await?;
            end_offices(
                act,
                code,
                Some(OfficeRole::LegalRepresentative),
                OfficeEnd::Resigned,
            )
            .await?;
            new_head(act, code, &head).await?;
        }
    }
    act.save(before, after, "OrganizationChanged").await?;
    Ok(())
}

/// How a registration ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ends {
    /// After its liquidation, which ended on this day.
    Liquidated(NaiveDate),
    /// Another organization takes it over; a liquidation that was begun ends with that.
    TakenOver,
}

/// O-18: the organization no longer exists, after its liquidation or because another took it over; its offices
/// and branches end with it.
pub(crate) async fn deregister(
    act: Act<'_>,
    before: &organization::Model,
    how: Ends,
) -> Result<organization::Model> {
    let code = before.credit_code.as_str();
    let (event, liquidated) = match how {
        Ends::Liquidated(on) => (OrgEvent::Deregister, on),
        Ends::TakenOver => (OrgEvent::TakeOver, act.today),
    };
    let after = organization::Model {
        state: moved(before, event)?,
        ended: before.ended.or(Some(act.today)),
        ended_month: before
            .ended_month
            .or(Some(YearMonth::of(act.today).index())),
        ..before.clone()
    };
    end_offices(act, code, None, OfficeEnd::OrganizationEnded).await?;
    branch::Entity::update_many()
        .col_expr(branch::Column::Closed, Expr::value(act.today))
        .filter(branch::Column::CreditCode.eq(code))
        .filter(branch::Column::Closed.is_null())
        .exec(act.tx)
        .await?;
    liquidation::Entity::update_many()
        .col_expr(liquidation::Column::Ended, Expr::value(liquidated))
        .filter(liquidation::Column::CreditCode.eq(code))
        .filter(liquidation::Column::Ended.is_null())
        .exec(act.tx)
        .await?;
    act.save(before, after, "OrganizationDeregistered").await
}

async fn end_offices(
    act: Act<'_>,
    code: &str,
    role: Option<OfficeRole>,
    why: OfficeEnd,
) -> Result<()> {
    let mut update = office::Entity::update_many()
        .col_expr(office::Column::Until, Expr::value(act.today))
        .col_expr(office::Column::Ended, Expr::value(why))
        .filter(office::Column::CreditCode.eq(code))
        .filter(office::Column::Until.is_null());
    if let Some(role) = role {
        update = update.filter(office::Column::Role.eq(role));
    }
    update.exec(act.tx).await?;
    Ok(())
}

async fn new_head(act: Act<'_>, code: &str, person: &str) -> Result<()> {
    let row = office::ActiveModel {
        id: Set(kit::id::new()),
        credit_code: Set(code.to_owned()),
        person: Set(person.to_owned()),
        role: Set(OfficeRole::LegalRepresentative),
        since: Set(act.today),
        until: Set(None),
        ended: Set(None),
    };
    office::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    Ok(())
}

/// The name holds from today; the one before ends today.
async fn new_name(
    act: Act<'_>,
    code: &str,
    division: Uuid,
    name: &str,
    division_name: Option<&str>,
) -> Result<()> {
    // Two names on one day: the second replaces the first, which held for no day.
    organization_name::Entity::delete_many()
        .filter(organization_name::Column::CreditCode.eq(code))
        .filter(organization_name::Column::ValidFrom.eq(act.today))
        .exec(act.tx)
        .await?;
    organization_name::Entity::update_many()
        .col_expr(organization_name::Column::ValidTo, Expr::value(act.today))
        .filter(organization_name::Column::CreditCode.eq(code))
        .filter(organization_name::Column::ValidTo.is_null())
        .exec(act.tx)
        .await?;
    let named =
        division_name.and_then(|named| division_named(&act.actor.divisions, &division, named));
    let row = organization_name::ActiveModel {
        credit_code: Set(code.to_owned()),
        valid_from: Set(act.today),
        valid_to: Set(None),
        name: Set(name.to_owned()),
        division_id: Set(named),
        division_name: Set(division_name.map(str::to_owned)),
    };
    organization_name::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    Ok(())
}

/// The registrar's division or one above it, by name.
fn division_named(data: &Divisions, division: &Uuid, name: &str) -> Option<Uuid> {
    let own = data.by_id(division).into_iter();
    own.chain(data.ancestors(division))
        .find(|one| one.name == name)
        .map(|one| one.id)
}

async fn file(act: Act<'_>, code: &str, kind: OrgFilingKind) -> Result<()> {
    let row = filing::ActiveModel {
        id: Set(kit::id::new()),
        credit_code: Set(code.to_owned()),
        kind: Set(kind),
        filed: Set(act.today),
    };
    filing::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    Ok(())
}
