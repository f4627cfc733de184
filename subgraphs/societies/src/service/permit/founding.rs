//! An application to found an organization: O-1, O-2, O-3, O-5, O-6, O-7 and O-24 at the counter.

use super::submit::Head;
use super::{Form, Founding, may_be_named, name_is_free};
use crate::input::registration::FoundingInput;
use crate::rules::founding::{self, Parts, ServiceBody, Supervision};
use crate::rules::name::{NameAsked, name, not_to_register};
use crate::rules::office::full_capacity;
use crate::service::act::{Act, at, id, not_negative, refused, text};
use crate::vocabulary::{OrgKind, RegistrarLevel};
use kit::Result;
use kit::divisions::{Divisions, Level};
use minzheng_kit as kit;
use uuid::Uuid;

/// The form of a founding and the division of its registrar.
pub(super) async fn form(
    act: Act<'_>,
    input: &FoundingInput,
    head: Option<&Head>,
) -> Result<(Uuid, Form)> {
    not_to_register(input.exempt).map_err(|refusal| at(refusal, "exempt"))?;
    let division = id(&input.division, "division")?;
    let level = level_of(&act.actor.divisions, &division)?;
    // Officers found at their own counter; citizens hand in for whoever is to lead.
    if act.actor.role != kit::Role::Citizen {
        act.officer(&division)?;
    } else if act.actor.person.is_none() {
        return Err(kit::Error::Forbidden);
    }
    let whole = input.name.trim();
    let begins = divisions_of(&act.actor.divisions, &division);
    name(&NameAsked {
        kind: input.kind,
        level,
        name: whole,
        divisions: &begins,
        national_approval: input.national_name_approval.as_deref(),
    })
    .map_err(|refusal| at(refusal, "name"))?;
    let division_name = prefix(&begins, whole);
    let bare = (input.kind, division_name.as_deref(), whole);
    name_is_free(act.tx, bare, &division, "").await?;
    conditions(act, input, level)?;
    let head = head.ok_or_else(|| {
        refused(
            "HEAD_NEEDED",
            "The legal representative to be is needed.",
            "须填写拟任法定代表人。",
            "legalRepresentative",
        )
    })?;
    full_capacity(head.id.birth_date(), act.today)
        .map_err(|refusal| at(refusal, "legalRepresentative"))?;
    may_be_named(act, head, input.kind, "").await?;
    let optional = |given: &Option<String>, field| {
        given
            .as_deref()
            .map(|given| text(given, 60, field))
            .transpose()
    };
    let form = Founding {
        kind: input.kind,
        level,
        name: whole.to_owned(),
        division_name,
        funds_fen: input.funds.0,
        members: (input.individual_members, input.unit_members),
        domicile: input
            .domicile
            .as_ref()
            .map(|place| id(place, "domicile"))
            .transpose()?,
        supervisor: optional(&input.supervisor, "supervisor")?,
        industry_department: optional(&input.industry_department, "industryDepartment")?,
        activity_area: optional(&input.activity_area, "activityArea")?,
        activity: input.activity,
        as_charity: input.as_charity,
        raises_publicly: input.raises_publicly,
        direct_class: input.direct_class,
    };
    Ok((division, Form::Found(Box::new(form))))
}

/// O-1, O-2, O-3: what each kind must have.
fn conditions(act: Act<'_>, input: &FoundingInput, level: RegistrarLevel) -> Result<()> {
    let (today, funds) = (act.today, not_negative(input.funds.0, "funds")?);
    let parts = Parts {
        bodies: input.has_bodies,
        staff: input.has_staff,
        domicile: input.has_premises,
        liability: input.bears_liability,
    };
    let general = |field| founding::parts(input.kind, parts).map_err(|refusal| at(refusal, field));
    match input.kind {
        OrgKind::SocialGroup => {
            founding::society_members(input.individual_members, input.unit_members, level, today)
                .map_err(|refusal| at(refusal, "individualMembers"))?;
            general("hasBodies")?;
            founding::society_funds(funds, level, today).map_err(|refusal| at(refusal, "funds"))?;
        }
        OrgKind::Foundation => {
            founding::foundation_fund(
                funds,
                input.raises_publicly,
                input.paid_in_cash,
                level,
                today,
            )
            .map_err(|refusal| at(refusal, "funds"))?;
            general("hasBodies")?;
        }
        OrgKind::CivilNonEnterprise => {
            founding::service_body(&ServiceBody {
                name: &input.name,
                has_staff: input.has_staff,
                has_property: input.has_property,
                has_premises: input.has_premises,
            })
            .map_err(|refusal| at(refusal, "hasProperty"))?;
        }
    }
    founding::founders_fit(input.is_deprived_of_rights)
        .map_err(|refusal| at(refusal, "isDeprivedOfRights"))?;
    let named = |department: &String| !department.trim().is_empty();
    let body = Supervision {
        kind: input.kind,
        level,
        name: input.name.trim(),
        as_charity: input.as_charity,
        has_supervisor: input.supervisor.as_ref().is_some_and(named),
        consented: input.consented_on.map(|day| day.0),
        direct: input.direct_class,
    };
    founding::consent(&body, today).map_err(|refusal| {
        let field = match refusal.code {
            "SUPERVISOR_CONSENT_MISSING" => "consentedOn",
            _ => "supervisor",
        };
        at(refusal, field)
    })
}

/// The registrar's level by its division: provinces, prefectures and counties register.
fn level_of(data: &Divisions, division: &Uuid) -> Result<RegistrarLevel> {
    match data.by_id(division).map(|division| division.level) {
        Some(Level::Province) => Ok(RegistrarLevel::Province),
        Some(Level::Prefecture) => Ok(RegistrarLevel::Prefecture),
        Some(Level::County) => Ok(RegistrarLevel::County),
        _ => Err(at(founding::REGISTRAR_NOT_COMPETENT, "division")),
    }
}

/// The names with which an organization of this registrar may begin: its division's and those above.
pub(super) fn divisions_of<'a>(data: &'a Divisions, division: &Uuid) -> Vec<&'a str> {
    let own = data.by_id(division).into_iter();
    own.chain(data.ancestors(division))
        .map(|division| division.name.as_str())
        .collect()
}

/// The longest of these names with which the name begins.
pub(super) fn prefix(divisions: &[&str], name: &str) -> Option<String> {
    divisions
        .iter()
        .filter(|division| name.starts_with(**division))
        .max_by_key(|division| division.len())
        .map(|division| (*division).to_owned())
}
