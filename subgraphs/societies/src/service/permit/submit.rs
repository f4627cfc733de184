//! An application comes in: judged at once, kept as a case when nothing stands against it.

use super::{
    APPLICANT, Change, Form, HEAD, ending, founding, grantable, may_be_named, name_is_free,
    new_case,
};
use crate::input::registration::{OrgChangeInput, SubmitRegistrationInput};
use crate::model::{name_claim, organization, permit_case, permit_person};
use crate::rules::change;
use crate::rules::name::{NameAsked, name};
use crate::rules::office::full_capacity;
use crate::rules::permit::{PermitEvent, next};
use crate::rules::state::OrgEvent;
use crate::service::act::{Act, at, id, moved, not_negative, refused, same_version, text};
use crate::vocabulary::{OrgChangeItem, OrgKind, PermitItem, PermitState};
use futures_util::future::BoxFuture;
use kit::citizen_id::CitizenId;
use kit::{Error, Result};
use minzheng_kit as kit;
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;
use uuid::Uuid;

/// Who is to lead the organization: the checked number leaves sealed for the vault, the person's token stays.
pub struct Head {
    /// The number.
    pub id: CitizenId,
    /// The name.
    pub name: String,
}

/// An application as it comes in.
pub struct Submission {
    /// The form.
    pub input: SubmitRegistrationInput,
    /// Who is to lead.
    pub head: Option<Head>,
}

/// What a form asks for, judged.
struct Asked {
    division: Uuid,
    organization: Option<organization::Model>,
    name: Option<String>,
    form: Form,
    late: bool,
}

/// Hands an application in, or completes a returned one; answers the case.
pub fn submit<'a>(act: Act<'a>, s: &'a Submission) -> BoxFuture<'a, Result<Uuid>> {
    Box::pin(async move {
        let asked = asked(act, s).await?;
        let case = case(act, s, &asked).await?;
        if let Some(name) = wanted_name(&asked.form) {
            claim(act, name, case.id).await?;
        }
        if let Some(head) = &s.head {
            let token = kit::vault::announce(act.tx, act.services, &head.id, &head.name).await?;
            person(act, case.id, HEAD, token.as_str()).await?;
        }
        if let (None, Some(applicant)) = (&s.input.completes, &act.actor.person) {
            person(act, case.id, APPLICANT, applicant).await?;
        }
        let after = json!({
            "item": case.item.text(), "state": case.state.text(), "creditCode": case.credit_code,
            "division": case.division_id, "late": case.late,
        });
        act.done(
            "PermitCase",
            &case.id.to_string(),
            "RegistrationSubmitted",
            None,
            after,
        )
        .await?;
        Ok(case.id)
    })
}

async fn asked(act: Act<'_>, s: &Submission) -> Result<Asked> {
    let input = &s.input;
    if input.item == PermitItem::Found {
        let founding = input
            .founding
            .as_ref()
            .ok_or_else(|| part_missing("founding"))?;
        let (division, form) = founding::form(act, founding, s.head.as_ref()).await?;
        return Ok(Asked {
            division,
            organization: None,
            name: wanted_name(&form).map(str::to_owned),
            form,
            late: false,
        });
    }
    let code = input
        .credit_code
        .as_ref()
        .ok_or_else(|| part_missing("creditCode"))?;
    let organization = act.organization(&code.0).await?;
    act.officer_or_head(&organization).await?;
    // A change moves the organization, and its state machine refuses it (`changed`).
    if input.item != PermitItem::Change {
        grantable(input.item, &organization, act.today)?;
    }
    let (form, late) = match input.item {
        PermitItem::Change => {
            let wanted = input
                .change
                .as_ref()
                .ok_or_else(|| part_missing("change"))?;
            changed(act, &organization, wanted, s).await?
        }
        PermitItem::Deregister => {
            let (ended, late) = ending(act, &organization, input.deregistration.as_ref()).await?;
            (Form::Deregister(ended), late)
        }
        PermitItem::RecogniseCharity => (Form::RecogniseCharity, false),
        PermitItem::PublicRaising => (Form::PublicRaising, false),
        PermitItem::Charter | PermitItem::Found => (Form::Charter, false),
    };
    Ok(Asked {
        division: organization.registrar_division_id,
        name: Some(organization.name.clone()),
        organization: Some(organization),
        form,
        late,
    })
}

/// O-9: a change, with what the new value itself must satisfy.
async fn changed(
    act: Act<'_>,
    organization: &organization::Model,
    wanted: &OrgChangeInput,
    s: &Submission,
) -> Result<(Form, bool)> {
    // A returned change has left the organization in change.
    if s.input.completes.is_none() {
        moved(organization, OrgEvent::ApplyChange)?;
    }
    let consented = wanted.consented_on.map(|day| day.0);
    let late = change::change_asked(organization.supervisor.is_some(), consented, act.today)
        .map_err(|refusal| at(refusal, "consentedOn"))?;
    let mut form = Change {
        item: wanted.item,
        text: None,
        division_name: None,
        domicile: None,
        funds_fen: None,
    };
    match wanted.item {
        OrgChangeItem::Name => {
            let given = wanted
                .text
                .as_deref()
                .ok_or_else(|| part_missing("text"))?
                .trim();
            let begins =
                founding::divisions_of(&act.actor.divisions, &organization.registrar_division_id);
            name(&NameAsked {
                kind: organization.kind,
                level: organization.registrar_level,
                name: given,
                divisions: &begins,
                national_approval: wanted.national_name_approval.as_deref(),
            })
            .map_err(|refusal| at(refusal, "text"))?;
            form.division_name = founding::prefix(&begins, given);
            let bare = (organization.kind, form.division_name.as_deref(), given);
            let (registrar, code) = (
                &organization.registrar_division_id,
                &organization.credit_code,
            );
            name_is_free(act.tx, bare, registrar, code).await?;
            form.text = Some(given.to_owned());
        }
        OrgChangeItem::SupervisingDepartment => {
            let given = wanted.text.as_deref().ok_or_else(|| part_missing("text"))?;
            form.text = Some(text(given, 60, "text")?);
        }
        OrgChangeItem::Domicile => {
            let given = wanted
                .domicile
                .as_ref()
                .ok_or_else(|| part_missing("domicile"))?;
            form.domicile = Some(id(given, "domicile")?);
        }
        OrgChangeItem::Funds => {
            let given = wanted.funds.ok_or_else(|| part_missing("funds"))?;
            form.funds_fen = Some(not_negative(given.0, "funds")?);
            enough_funds(act, organization, given.0)?;
        }
        OrgChangeItem::LegalRepresentative => {
            let head = s
                .head
                .as_ref()
                .ok_or_else(|| part_missing("legalRepresentative"))?;
            full_capacity(head.id.birth_date(), act.today)
                .map_err(|refusal| at(refusal, "legalRepresentative"))?;
            may_be_named(act, head, organization.kind, &organization.credit_code).await?;
        }
    }
    Ok((Form::Change(form), late))
}

/// O-1, O-2: the funds stay above the minimum when they change.
fn enough_funds(act: Act<'_>, organization: &organization::Model, fen: i64) -> Result<()> {
    use crate::rules::founding::{foundation_fund, society_funds};
    let level = organization.registrar_level;
    match organization.kind {
        OrgKind::SocialGroup => society_funds(fen, level, act.today),
        OrgKind::Foundation => {
            let public = organization.raises_publicly;
            foundation_fund(fen, public, true, level, act.today)
        }
        OrgKind::CivilNonEnterprise => Ok(()),
    }
    .map_err(|refusal| at(refusal, "funds"))
}

/// The case: a new one, or the returned one completed.
async fn case(act: Act<'_>, s: &Submission, asked: &Asked) -> Result<permit_case::Model> {
    let form = serde_json::to_string(&asked.form).map_err(|e| Error::internal(e.to_string()))?;
    let code = asked
        .organization
        .as_ref()
        .map(|one| one.credit_code.clone());
    let Some(completes) = &s.input.completes else {
        if let Some(code) = &code {
            none_open(act, s.input.item, code).await?;
        }
        let case = permit_case::Model {
            name: asked.name.clone(),
            form: Some(form),
            late: asked.late,
            ..new_case(
                act,
                s.input.item,
                (asked.division, asked.form.as_charity()),
                code,
            )
        };
        permit_case::Entity::insert(case.clone().into_active_model())
            .exec_without_returning(act.tx)
            .await?;
        if let (PermitItem::Change, Some(organization)) = (s.input.item, &asked.organization) {
            act.advance(organization, OrgEvent::ApplyChange, "OrganizationChanging")
                .await?;
        }
        return Ok(case);
    };
    let old = super::read::case(act.tx, &id(completes, "completes")?).await?;
    same_version(old.version, s.input.version.unwrap_or_default())?;
    let same =
        old.item == s.input.item && old.credit_code == code && old.division_id == asked.division;
    if !same {
        return Err(refused(
            "ANOTHER_APPLICATION",
            "What completes an application asks for the same as it did.",
            "补正申请的事项和社会组织应与原申请一致。",
            "completes",
        ));
    }
    if act.actor.role == kit::Role::Citizen
        && super::person_of(act.tx, old.id, APPLICANT).await? != act.actor.person
    {
        return Err(Error::Forbidden);
    }
    let state =
        next(old.state, PermitEvent::Resubmit).map_err(|refusal| at(refusal, "completes"))?;
    release(act, old.id).await?;
    let case = permit_case::Model {
        state,
        received: act.today,
        submitted: Some(act.today),
        name: asked.name.clone(),
        form: Some(form),
        missing: None,
        late: asked.late,
        version: old.version + 1,
        ..old
    };
    case.clone()
        .into_active_model()
        .reset_all()
        .update(act.tx)
        .await?;
    Ok(case)
}

/// One organization has one open application of an item.
async fn none_open(act: Act<'_>, item: PermitItem, code: &str) -> Result<()> {
    let open = permit_case::Entity::find()
        .filter(permit_case::Column::CreditCode.eq(code))
        .filter(permit_case::Column::Item.eq(item))
        .filter(permit_case::Column::State.is_in(PermitState::OPEN))
        .one(act.tx)
        .await?;
    if open.is_none() {
        return Ok(());
    }
    Err(refused(
        "APPLICATION_OPEN",
        "An application for the same is open already.",
        "该社会组织已有同一事项的申请正在办理。",
        "item",
    ))
}

fn wanted_name(form: &Form) -> Option<&str> {
    match form {
        Form::Found(founding) => Some(&founding.name),
        Form::Change(change) if change.item == OrgChangeItem::Name => change.text.as_deref(),
        _ => None,
    }
}

/// O-7: a name is asked for by one open application at a time. Who was first has it.
async fn claim(act: Act<'_>, name: &str, case: Uuid) -> Result<()> {
    let taken = || {
        Error::Invalid(
            kit::UserError::new(
                "NAME_ASKED_FOR",
                "Another open application asks for this name.",
                "该名称已有其他申请在先。",
            )
            .field(&["input", "name"])
            .basis("社会组织名称管理办法 (2024) 第五条"),
        )
    };
    // Asked first, so that PostgreSQL tells two at once apart by a retry and not by a broken key.
    if name_claim::Entity::find_by_id(name)
        .one(act.tx)
        .await?
        .is_some()
    {
        return Err(taken());
    }
    let row = name_claim::ActiveModel {
        name: Set(name.to_owned()),
        case_id: Set(case),
    };
    match name_claim::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await
        .map_err(Error::from)
    {
        Ok(_) => Ok(()),
        Err(Error::Conflict) => Err(taken()),
        Err(other) => Err(other),
    }
}

/// Gives the name of a case free.
pub(super) async fn release(act: Act<'_>, case: Uuid) -> Result<()> {
    name_claim::Entity::delete_many()
        .filter(name_claim::Column::CaseId.eq(case))
        .exec(act.tx)
        .await?;
    Ok(())
}

async fn person(act: Act<'_>, case: Uuid, role: &str, token: &str) -> Result<()> {
    permit_person::Entity::delete_many()
        .filter(permit_person::Column::CaseId.eq(case))
        .filter(permit_person::Column::Role.eq(role))
        .exec(act.tx)
        .await?;
    let row = permit_person::ActiveModel {
        id: Set(kit::id::new()),
        case_id: Set(case),
        role: Set(role.to_owned()),
        person: Set(token.to_owned()),
    };
    permit_person::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    Ok(())
}

pub(super) fn part_missing(field: &str) -> Error {
    refused(
        "PART_MISSING",
        "This item needs this part of the form.",
        "该事项须填写此部分。",
        field,
    )
}
