//! What is told about a person, and what a second telling makes of the first.

use chrono::{Datelike, NaiveDate};

use crate::{
    kit::{
        identity::{self, NumberKind, PersonNumber},
        vault::Identity,
    },
    model::terms::{IdKind, IdentityStatus},
};

/// What the vault keeps of an identity in the clear: too little to single a person out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traits {
    /// GB/T 2261.1; 0 when the number does not tell.
    pub sex: i16,
    /// The year of birth; `None` when the number does not tell.
    pub birth_year: Option<i32>,
    /// What kind of number it is.
    pub kind: IdKind,
}

/// N-1, 居民身份证法 3: sex and year of birth as the number tells them; a passport tells neither.
pub fn traits(number: &PersonNumber) -> Traits {
    Traits {
        sex: number.sex().map_or(0, |sex| sex.code()),
        birth_year: number.birth_date().map(|day| day.year()),
        kind: match number.kind() {
            NumberKind::CitizenId => IdKind::CitizenId,
            NumberKind::OldCitizenId => IdKind::OldCitizenId,
            NumberKind::ResidencePermit => IdKind::ResidencePermit,
            NumberKind::PermanentResidence => IdKind::PermanentResidence,
            NumberKind::Passport => IdKind::Passport,
            NumberKind::Placeholder => IdKind::Placeholder,
        },
    }
}

/// N-1, 居民身份证法 3: an identity that came in sealed counts only with a number of a known form.
pub fn checked(identity: &Identity, today: NaiveDate) -> Option<PersonNumber> {
    identity::read(&identity.id_number, today).ok()
}

/// N-2, domain.md B.0.1: the status a person begins with. A placeholder and a 15-digit number occur in old
/// records only.
pub fn first_status(kind: IdKind) -> IdentityStatus {
    match kind {
        IdKind::OldCitizenId | IdKind::Placeholder => IdentityStatus::Legacy,
        _ => IdentityStatus::Declared,
    }
}

/// What a second declaration of the same person makes of the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// Nothing new.
    Keep,
    /// The name was not known before.
    FillName,
    /// The names differ: a person must look at it.
    Dispute,
}

/// N-2, 个人信息保护法 8: compares what is kept with what comes in, so that what is kept stays right and
/// complete. A verified name is never questioned by a declaration, and a declaration without a name
/// says nothing.
pub fn merge(status: IdentityStatus, known_name: Option<&str>, told_name: &str) -> Merge {
    if told_name.is_empty() {
        return Merge::Keep;
    }
    match known_name {
        None | Some("") => Merge::FillName,
        Some(known) if known == told_name => Merge::Keep,
        Some(_) if status == IdentityStatus::Verified => Merge::Keep,
        Some(_) => Merge::Dispute,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_fills_a_missing_name_disputes_another_and_never_shakes_a_verified_one() {
        use IdentityStatus::{Declared, Verified};
        let table = [
            (Declared, None, "陈一", Merge::FillName),
            (Declared, Some(""), "陈一", Merge::FillName),
            (Declared, Some("陈一"), "陈一", Merge::Keep),
            (Declared, Some("陈一"), "", Merge::Keep),
            (Declared, Some("陈一"), "陈二", Merge::Dispute),
            (Verified, Some("陈一"), "陈二", Merge::Keep),
        ];
        for (status, known, told, expected) in table {
            assert_eq!(merge(status, known, told), expected, "{known:?} {told}");
        }
    }

    #[test]
    fn what_a_number_tells_depends_on_its_kind() {
        let table = [
            (
                "519901199003030032",
                1,
                Some(1990),
                IdKind::CitizenId,
                IdentityStatus::Declared,
            ),
            (
                "510132900303004",
                2,
                Some(1990),
                IdKind::OldCitizenId,
                IdentityStatus::Legacy,
            ),
            (
                "CHN:E12345678",
                0,
                None,
                IdKind::Passport,
                IdentityStatus::Declared,
            ),
            (
                "000000491231000",
                0,
                Some(1949),
                IdKind::Placeholder,
                IdentityStatus::Legacy,
            ),
        ];
        for (text, sex, birth_year, kind, status) in table {
            let identity = Identity {
                id_number: text.to_owned(),
                name: String::new(),
            };
            let number = checked(&identity, "2026-11-22".parse().unwrap()).unwrap();
            let expected = Traits {
                sex,
                birth_year,
                kind,
            };
            assert_eq!(traits(&number), expected, "{text}");
            assert_eq!(first_status(kind), status, "{text}");
        }
    }
}
