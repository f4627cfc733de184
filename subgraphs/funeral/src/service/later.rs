//! Ashes that are laid to rest later: a case of their own, opened on the cremation certificate (F-10). It goes on
//! where the closed one ended: the same death, the same chain of custody (F-15), the same box while they are kept.

use minzheng_kit::contract::scope;
use minzheng_kit::divisions::assignment::number_under;
use minzheng_kit::{Error, Result, UserError, id};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::act::{Act, short, unique, unknown};
use super::course::{self, Step};
use super::{authority, cases, cremations, interments};
use crate::model::{ashes_custody, cremation, funeral_case, sealed};
use crate::rules::case;
use crate::rules::terms::{CaseAct, KinRelation};

/// What is needed to open such a case. The applicant is a token; their identity is sealed already.
#[derive(Clone, Debug)]
pub struct Later {
    /// Number of the cremation certificate.
    pub certificate_no: String,
    /// Token of the applicant.
    pub applicant: String,
    /// What the applicant is to the deceased.
    pub relation: KinRelation,
    /// The applicant's phone, masked.
    pub phone_masked: String,
}

/// F-10: opens a case for ashes of a closed one. For officers of its division, and for whoever applied for the
/// closed one.
pub async fn open(act: &Act<'_>, later: &Later) -> Result<Uuid> {
    let number = short(&later.certificate_no, "certificateNo", 60)?;
    let burnt = cremation::Entity::find()
        .filter(cremation::Column::CertificateNo.eq(number))
        .filter(cremation::Column::Superseded.eq(false))
        .one(act.tx)
        .await?;
    let earlier = match &burnt {
        Some(burnt) => {
            funeral_case::Entity::find_by_id(burnt.case_id)
                .one(act.tx)
                .await?
        }
        None => None,
    };
    // Whoever may not see the case is not told whether there is such a certificate.
    let earlier = earlier
        .filter(|case| authority::case(act.principal, &act.services.province, case).is_ok())
        .ok_or_else(|| {
            unknown(
                "certificateNo",
                "There is no such cremation certificate here.",
                "没有该火化证明。",
            )
        })?;
    let officer = act
        .officer(scope::FUNERAL_CASE, earlier.division_id)
        .is_ok();
    if !officer && act.person()? != later.applicant {
        return Err(Error::Forbidden);
    }
    if later.applicant == earlier.deceased {
        return Err(Error::Invalid(
            UserError::new(
                "APPLICANT_IS_DECEASED",
                "The applicant is the deceased.",
                "申办人不能是逝者本人。",
            )
            .field(&["applicant"]),
        ));
    }
    // The ashes may have been laid to rest in a later case already: the last one tells.
    let last = last_of(act, earlier.clone()).await?;
    cases::no_case_beside(act, &earlier.deceased, None).await?;
    let interred = interments::of_cases(act.tx, &[last.id]).await?;
    let kept = cremations::in_custody(act, last.id).await?;
    let state = case::later_interment(last.state, !interred.is_empty(), kept.is_some())?;
    // The closed case may be older than a change of its division.
    let now_in = act.principal.divisions.successor(&last.division_id);
    let code = number_under(now_in.map(|d| d.code.as_str()))?;
    let division = now_in.map_or(last.division_id, |d| d.id);
    super::scope::ensure(act.tx, division).await?;
    let key = id::new();
    let opened = funeral_case::ActiveModel {
        id: Set(key),
        number: Set(cases::number(code, act.today, key)),
        deceased: Set(last.deceased.clone()),
        death_id: Set(last.death_id),
        applicant: Set(later.applicant.clone()),
        relation: Set(later.relation),
        phone_masked: Set(act
            .seal(&sealed::CASE_PHONE, key, &later.phone_masked)
            .await?),
        facility_id: Set(last.facility_id),
        division_id: Set(division),
        state: Set(state),
        opened_at: Set(act.now),
        cremated_on: Set(last.cremated_on),
        // The month counts cremations, and this one was counted with the earlier case.
        cremated_month: Set(None),
        closed_on: Set(None),
        settled_at: Set(None),
        payable: Set(None),
        cancel_reason: Set(None),
        paper_pending: Set(false),
        // Nobody confirms their own statement.
        relation_confirmed: Set(officer && !act.principal.is_person(&later.applicant)),
        mandate: Set(None),
        continues: Set(Some(last.id)),
        counted_in: Set(None),
        household: Set(last.household.clone()),
        version: Set(1),
    }
    .insert(act.tx)
    .await
    .map_err(|e| {
        unique(e, || {
            UserError::new(
                "CASE_ALREADY_OPEN",
                "A case for this deceased is open already.",
                "该逝者已有在办治丧案件。",
            )
            .field(&["certificateNo"])
        })
    })?;
    if let Some(kept) = kept {
        take_over(act, &opened, kept).await?;
    }
    course::entry(act, key, state, &Step::note(CaseAct::Opened, key)).await?;
    act.done(
        ("FuneralCase", key),
        "FuneralCaseOpened",
        None,
        serde_json::json!({ "state": state, "facility": opened.facility_id, "continues": last.id }),
    )
    .await?;
    Ok(key)
}

/// How many cases may follow one another.
const MOST_LATER: usize = 20;

/// The last case that goes on with a case's ashes; the case itself where none does.
async fn last_of(act: &Act<'_>, mut case: funeral_case::Model) -> Result<funeral_case::Model> {
    for _ in 0..MOST_LATER {
        let next = funeral_case::Entity::find()
            .filter(funeral_case::Column::Continues.eq(case.id))
            .filter(funeral_case::Column::State.ne(crate::rules::terms::CaseState::Cancelled))
            .one(act.tx)
            .await?;
        match next {
            Some(next) => case = next,
            None => break,
        }
    }
    Ok(case)
}

/// The ashes stay in their box; from now on it is this case's.
async fn take_over(
    act: &Act<'_>,
    case: &funeral_case::Model,
    kept: ashes_custody::Model,
) -> Result<()> {
    let (facility, box_no, paid_until) = (kept.facility_id, kept.box_no.clone(), kept.paid_until);
    let mut kept: ashes_custody::ActiveModel = kept.into();
    kept.ended_at = Set(Some(act.now));
    kept.update(act.tx).await?;
    let row = ashes_custody::ActiveModel {
        id: Set(id::new()),
        case_id: Set(case.id),
        facility_id: Set(facility),
        box_no: Set(box_no),
        from_at: Set(act.now),
        paid_until: Set(paid_until),
        ended_at: Set(None),
    };
    ashes_custody::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    Ok(())
}
