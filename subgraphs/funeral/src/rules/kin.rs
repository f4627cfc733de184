//! What near kin may ask for the dead.

use chrono::NaiveDate;
use minzheng_kit::calendar::Deadline;
use minzheng_kit::error::UserError;

use super::Verdict;
use super::period;
use super::settings::{Parameter, Settings};
use super::terms::{KinRelation, KinRequestState, KinRight};

/// The article, as it is cited.
pub const ARTICLE: &str = "个人信息保护法第四十九条";

/// F-20, 个人信息保护法 49 with 民法典 1045: near kin are husband or wife, parents, children, brothers and
/// sisters, grandparents and grandchildren on either side; other relatives and units are not.
pub const fn is_near(relation: KinRelation) -> bool {
    matches!(
        relation,
        KinRelation::Spouse
            | KinRelation::Child
            | KinRelation::Parent
            | KinRelation::Sibling
            | KinRelation::Grandparent
            | KinRelation::Grandchild
    )
}

/// F-10 and F-20, 个人信息保护法 49: what a person is to the deceased counts when an officer saw the proof: of the
/// applicant when the case was confirmed, of anyone when they were recorded as kin. What somebody says of
/// themselves does not.
pub fn proved(
    applicant: Option<(KinRelation, bool)>,
    recorded: Option<KinRelation>,
) -> Option<KinRelation> {
    let as_applicant = applicant.and_then(|(relation, confirmed)| confirmed.then_some(relation));
    match as_applicant {
        // A nearer record goes before what the applicant came as.
        Some(relation) if is_near(relation) => Some(relation),
        _ => recorded.or(as_applicant),
    }
}

/// F-20, 民法典 1045: a person is recorded as kin, a unit is not; nobody is their own kin.
pub fn may_record(relation: KinRelation, is_deceased: bool) -> Verdict {
    if relation != KinRelation::Institution && !is_deceased {
        return Ok(());
    }
    Err(UserError::new(
        "KIN_IS_A_PERSON",
        "A living person is recorded as kin, not a unit and not the deceased.",
        "近亲属须为在世自然人，不能为单位或者逝者本人。",
    )
    .field(&["relation"])
    .basis("民法典第一千零四十五条"))
}

/// F-20, 个人信息保护法 49: near kin may see, correct and delete what is kept of the dead, once a
/// death is recorded.
pub fn may_ask(relation: Option<KinRelation>) -> Verdict {
    if relation.is_some_and(is_near) {
        return Ok(());
    }
    Err(UserError::new(
        "NOT_NEAR_KIN",
        "Only near kin on record may use the rights of the deceased.",
        "仅在案近亲属可行使逝者个人信息相关权利。",
    )
    .basis(ARTICLE))
}

/// F-20, 个人信息保护法 45, 46, 47 and 49: access that is granted shows what is kept; a correction is granted when it was made; what
/// the law makes an archive is not deleted, and a record of a death and of a cremation is one.
pub fn decide(
    state: KinRequestState,
    right: KinRight,
    grant: bool,
    corrected: bool,
) -> Verdict<KinRequestState> {
    if state != KinRequestState::Open {
        return Err(super::no_such_move(
            "The request was decided already.",
            "该请求已处理。",
        ));
    }
    match (right, grant) {
        (_, false) => Ok(KinRequestState::Refused),
        (KinRight::Deletion, true) => Err(UserError::new(
            "ARCHIVE_KEPT",
            "Records of deaths and cremations are archives and are not deleted; refuse with this reason.",
            "死亡、火化登记属于档案，依法不得删除，应予拒绝并说明。",
        )
        .field(&["grant"])
        .basis("个人信息保护法第四十七条")),
        (KinRight::Correction, true) if !corrected => Err(UserError::new(
            "CORRECTION_NOT_MADE",
            "Nothing of this deceased was corrected since the request: correct the record first (correctDeath, correctCremation, correctInterment, correctBillLine), then grant.",
            "自申请之日起尚未作出更正，请先更正相应登记，再同意该请求。",
        )
        .field(&["grant"])
        .basis("个人信息保护法第四十六条")),
        (_, true) => Ok(KinRequestState::Granted),
    }
}

/// F-20, 个人信息保护法 49 with 民法典 203: the day by which a request is answered.
pub fn answer_due(asked_on: NaiveDate, settings: &Settings<'_>) -> Deadline {
    period::days_after(asked_on, settings.value(Parameter::KinAnswerDays))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rules::settings;
    use sea_orm::Iterable;

    #[test]
    fn near_kin_ask_and_nobody_else() {
        for relation in KinRelation::iter() {
            let near = !matches!(
                relation,
                KinRelation::OtherRelative | KinRelation::Institution
            );
            assert_eq!(may_ask(Some(relation)).is_ok(), near, "{relation:?}");
        }
        assert_eq!(may_ask(None).unwrap_err().code, "NOT_NEAR_KIN");
    }

    #[test]
    fn grandparents_and_grandchildren_are_near_kin() {
        // 民法典 1045: 配偶、父母、子女、兄弟姐妹、祖父母、外祖父母、孙子女、外孙子女为近亲属.
        use KinRelation::*;
        for relation in [Spouse, Parent, Child, Sibling, Grandparent, Grandchild] {
            assert!(is_near(relation), "{relation:?}");
        }
        assert!(!is_near(OtherRelative) && !is_near(Institution));
    }

    #[test]
    fn what_somebody_says_of_themselves_proves_nothing() {
        use KinRelation::*;
        let table = [
            (Some((Child, true)), None, Some(Child)),
            (Some((Child, false)), None, None),
            (Some((Spouse, false)), Some(Spouse), Some(Spouse)),
            (
                Some((OtherRelative, true)),
                Some(Grandchild),
                Some(Grandchild),
            ),
            (Some((OtherRelative, true)), None, Some(OtherRelative)),
            (None, Some(Sibling), Some(Sibling)),
            (None, None, None),
        ];
        for (applicant, recorded, expected) in table {
            assert_eq!(
                proved(applicant, recorded),
                expected,
                "{applicant:?} {recorded:?}"
            );
        }
        assert!(may_record(Child, false).is_ok());
        assert!(may_record(Child, true).is_err() && may_record(Institution, false).is_err());
    }

    #[test]
    fn an_archive_is_not_deleted_and_a_request_is_decided_once() {
        use KinRequestState::*;
        let table = [
            (Open, KinRight::Access, true, false, Some(Granted)),
            (Open, KinRight::Correction, true, true, Some(Granted)),
            (Open, KinRight::Correction, true, false, None),
            (Open, KinRight::Correction, false, false, Some(Refused)),
            (Open, KinRight::Deletion, true, false, None),
            (Open, KinRight::Deletion, false, false, Some(Refused)),
            (Granted, KinRight::Access, false, false, None),
        ];
        for (state, right, grant, corrected, expected) in table {
            assert_eq!(
                decide(state, right, grant, corrected).ok(),
                expected,
                "{state:?} {right:?} {grant} {corrected}"
            );
        }
    }

    #[test]
    fn an_answer_is_due_after_fifteen_days() {
        let day = |d| NaiveDate::from_ymd_opt(2026, 11, d).unwrap();
        let rules = settings::on("51", day(1));
        assert_eq!(answer_due(day(1), &rules).day, day(16));
        // 民法典 203: the 21st is a Saturday.
        assert_eq!(answer_due(day(6), &rules).day, day(23));
    }
}
