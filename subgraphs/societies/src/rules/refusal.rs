//! When the registry must refuse (O-5).

use super::Refusal;
use crate::vocabulary::OrgRefusalGround;

/// What the registry knows of an application when it decides.
#[derive(Clone, Copy, Debug, Default)]
pub struct Judged {
    /// Against article 4: constitution, state, public interest, morals.
    pub against_purpose: bool,
    /// A same or similar body in the same area makes it needless.
    pub similar_body: bool,
    /// A founder or head is deprived of political rights or not of full capacity.
    pub founder_unfit: bool,
    /// Something was feigned.
    pub fraud: bool,
    /// A condition of the law is not met.
    pub conditions_missing: bool,
}

/// O-5, 社会团体登记管理条例 第十三条: the grounds on which a registration is refused; none means that it is
/// granted, for the registry may refuse on no other ground.
#[must_use]
pub fn grounds(judged: &Judged) -> Vec<OrgRefusalGround> {
    [
        (judged.against_purpose, OrgRefusalGround::AgainstPurpose),
        (judged.similar_body, OrgRefusalGround::NotNeeded),
        (judged.founder_unfit, OrgRefusalGround::FounderUnfit),
        (judged.fraud, OrgRefusalGround::Fraud),
        (
            judged.conditions_missing,
            OrgRefusalGround::ConditionsNotMet,
        ),
    ]
    .into_iter()
    .filter_map(|(holds, ground)| holds.then_some(ground))
    .collect()
}

/// O-5, 社会团体登记管理条例 第十三条: a refusal names its ground, a grant has none.
pub fn decision(granted: bool, ground: Option<OrgRefusalGround>) -> Result<(), Refusal> {
    if granted == ground.is_none() {
        return Ok(());
    }
    Err(Refusal::new(
        "GROUND_DOES_NOT_FIT",
        "A refusal names one of the grounds of the law; a grant names none.",
        "不予登记应载明法定理由；准予登记不得载明不予登记的理由。",
        "社会团体登记管理条例 (2016) 第十三条",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fact_is_one_ground() {
        use OrgRefusalGround as G;
        let none = Judged::default();
        for (judged, expected) in [
            (none, vec![]),
            (
                Judged {
                    against_purpose: true,
                    ..none
                },
                vec![G::AgainstPurpose],
            ),
            (
                Judged {
                    similar_body: true,
                    ..none
                },
                vec![G::NotNeeded],
            ),
            (
                Judged {
                    founder_unfit: true,
                    fraud: true,
                    ..none
                },
                vec![G::FounderUnfit, G::Fraud],
            ),
            (
                Judged {
                    conditions_missing: true,
                    ..none
                },
                vec![G::ConditionsNotMet],
            ),
        ] {
            assert_eq!(grounds(&judged), expected, "{judged:?}");
        }
    }

    #[test]
    fn a_refusal_needs_a_ground_and_a_grant_needs_none() {
        assert!(decision(true, None).is_ok());
        assert!(decision(false, Some(OrgRefusalGround::Fraud)).is_ok());
        assert!(decision(false, None).is_err());
        assert!(decision(true, Some(OrgRefusalGround::Fraud)).is_err());
    }
}
