//! What a citizen said of a death, and the officer who has seen the paper (F-1). Only then is the death recorded
//! and told to the other subsystems (F-19). Here too, what an officer confirms of a case besides: relatives
//! (F-20) and the paper by which a unit arranges a funeral (F-16).

use std::collections::HashMap;

use chrono::NaiveDate;
use minzheng_kit::{Error, Result, UserError, id};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder,
};
use uuid::Uuid;

use super::act::{Act, short};
use super::cases::{self, Paper};
use super::collection::Seen;
use super::course::{self, By, Step};
use super::people::group;
use crate::model::{death_claim, funeral_case, kin_record, sealed};
use crate::rules::terms::{CaseAct, KinRelation};
use crate::rules::{kin, no_such_move};

/// A paper as an officer has it before them.
pub struct Shown<'s> {
    /// Token of the person that it names.
    pub deceased: &'s str,
    /// The day that person was born.
    pub born_on: NaiveDate,
    /// What it says.
    pub paper: &'s Paper,
    /// What the applicant is to the deceased, as proved; none where no proof was shown.
    pub relation: Option<KinRelation>,
}

/// F-1: an officer has seen the paper: the death is recorded as it stands there, and told once.
pub async fn confirm(act: &Act<'_>, seen: Seen, shown: &Shown<'_>) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::Officer).await?;
    course::still_open(&row)?;
    if !row.paper_pending {
        return Err(Error::Invalid(
            no_such_move("The paper was confirmed already.", "死亡证明已核验。").field(&["case"]),
        ));
    }
    // Nobody confirms their own statement.
    if act.principal.is_person(&row.applicant) {
        return Err(Error::Forbidden);
    }
    if shown.deceased != row.deceased {
        return Err(Error::Invalid(
            UserError::new(
                "PAPER_OF_ANOTHER",
                "The paper names another person than the case.",
                "死亡证明所载人员与本案逝者不一致。",
            )
            .field(&["deceased"]),
        ));
    }
    shown.paper.judge(act.today, shown.born_on)?;
    // F-13: several may have claimed; the first whose paper is seen is the case.
    cases::no_case_beside(act, &row.deceased, Some(row.id)).await?;
    let (death, is_new) =
        cases::record_death(act, &row.deceased, shown.paper, row.division_id).await?;
    let said = death_claim::Entity::find()
        .filter(death_claim::Column::CaseId.eq(row.id))
        .one(act.tx)
        .await?;
    if let Some(said) = said {
        let mut said: death_claim::ActiveModel = said.into();
        said.confirmed_at = Set(Some(act.now));
        said.confirmed_by = Set(act.subject());
        said.update(act.tx).await?;
    }
    let step = Step::note(CaseAct::PaperConfirmed, death.id);
    course::step(act, &row, step, |case| {
        case.paper_pending = Set(false);
        case.death_id = Set(death.id);
        if let Some(relation) = shown.relation {
            case.relation = Set(relation);
            case.relation_confirmed = Set(true);
        }
    })
    .await?;
    if is_new {
        cases::tell(act.tx, &cases::death_registered(&death, act.now)).await?;
    }
    Ok(row.id)
}

/// A relative as an officer saw them proved.
#[derive(Clone, Copy, Debug)]
pub struct Relative<'r> {
    /// Token of the relative.
    pub person: &'r str,
    /// What they are to the deceased.
    pub relation: KinRelation,
    /// The proof that was seen.
    pub proof: &'r str,
    /// Whether the household register that was shown has them as head of the deceased's household (户主).
    pub heads_household: bool,
}

/// F-20: records a relative of the deceased on proof; F-11: and the household, where its register was shown.
pub async fn record_kin(act: &Act<'_>, seen: Seen, relative: &Relative<'_>) -> Result<Uuid> {
    let Relative {
        person,
        relation,
        proof,
        heads_household,
    } = *relative;
    let row = course::load(act, seen.case, seen.version, By::Officer).await?;
    // Nobody confirms their own statement.
    if act.principal.is_person(person) {
        return Err(Error::Forbidden);
    }
    kin::may_record(relation, person == row.deceased)?;
    let proof = short(proof, "proof", 60)?;
    let known = kin_record::Entity::find()
        .filter(kin_record::Column::CaseId.eq(row.id))
        .filter(kin_record::Column::Kin.eq(person))
        .one(act.tx)
        .await?;
    if known.is_some() {
        return Err(Error::Invalid(
            UserError::new(
                "KIN_RECORDED",
                "This relative is on record already.",
                "该亲属已登记。",
            )
            .field(&["kin"]),
        ));
    }
    let key = id::new();
    let record = kin_record::ActiveModel {
        id: Set(key),
        case_id: Set(row.id),
        kin: Set(person.to_owned()),
        relation: Set(relation),
        proof: Set(act.seal(&sealed::KIN_PROOF, key, proof).await?),
        recorded_on: Set(act.today),
        officer: Set(act.subject()),
    };
    kin_record::Entity::insert(record)
        .exec_without_returning(act.tx)
        .await?;
    let step = Step::note(CaseAct::KinRecorded, key);
    course::step(act, &row, step, |case| {
        if heads_household {
            case.household = Set(Some(person.to_owned()));
        }
    })
    .await?;
    Ok(row.id)
}

/// F-16: records the paper by which a unit arranges the funeral of its own right.
pub async fn record_mandate(act: &Act<'_>, seen: Seen, paper: &str) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::Officer).await?;
    course::still_open(&row)?;
    if row.relation != KinRelation::Institution {
        return Err(Error::Invalid(
            no_such_move(
                "Only a unit arranges a funeral on such a paper.",
                "仅单位申办的案件须登记治丧依据。",
            )
            .field(&["case"]),
        ));
    }
    let paper = short(paper, "paper", 60)?;
    let paper = act.seal(&sealed::MANDATE, row.id, paper).await?;
    let step = Step::note(CaseAct::MandateRecorded, row.id);
    course::step(act, &row, step, |case| case.mandate = Set(Some(paper))).await?;
    Ok(row.id)
}

/// F-10, F-20: what a person is to the deceased of a case, as an officer saw it proved; none where nobody did.
pub async fn proved<C: ConnectionTrait>(
    c: &C,
    case: &funeral_case::Model,
    person: &str,
) -> Result<Option<KinRelation>> {
    let recorded = kin_record::Entity::find()
        .filter(kin_record::Column::CaseId.eq(case.id))
        .filter(kin_record::Column::Kin.eq(person))
        .one(c)
        .await?;
    let applicant = (case.applicant == person).then_some((case.relation, case.relation_confirmed));
    Ok(kin::proved(applicant, recorded.map(|r| r.relation)))
}

/// The relatives on record of cases, oldest first, with one statement.
pub async fn kin_of<C: ConnectionTrait>(
    c: &C,
    cases: &[Uuid],
) -> Result<HashMap<Uuid, Vec<kin_record::Model>>> {
    let rows = kin_record::Entity::find()
        .filter(kin_record::Column::CaseId.is_in(cases.iter().copied()))
        .order_by_asc(kin_record::Column::Id)
        .all(c)
        .await?;
    Ok(group(rows, usize::MAX, |r| r.case_id))
}

/// What citizens said of the deaths of cases, with one statement.
pub async fn claims<C: ConnectionTrait>(
    c: &C,
    cases: &[Uuid],
) -> Result<HashMap<Uuid, death_claim::Model>> {
    let rows = death_claim::Entity::find()
        .filter(death_claim::Column::CaseId.is_in(cases.iter().copied()))
        .all(c)
        .await?;
    Ok(rows.into_iter().map(|r| (r.case_id, r)).collect())
}
