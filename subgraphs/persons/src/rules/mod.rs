//! What follows from an identity, as pure functions.

use chrono::{Datelike, NaiveDate};

use crate::{
    kit::{
        citizen_id::{self, CitizenId},
        vault::Identity,
    },
    model::terms::IdentityStatus,
};

/// What the vault keeps of an identity in the clear: too little to single a person out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traits {
    /// GB/T 2261.1.
    pub sex: i16,
    /// The year of birth.
    pub birth_year: i32,
}

/// The traits that a citizen's number tells.
pub fn traits(id: &CitizenId) -> Traits {
    Traits {
        sex: id.sex().code(),
        birth_year: id.birth_date().year(),
    }
}

/// Checks an identity that came in sealed: the number must be a citizen's.
pub fn checked(identity: &Identity, today: NaiveDate) -> Option<CitizenId> {
    citizen_id::parse(&identity.id_number, today).ok()
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

/// Compares what is kept with what comes in. A verified name is never questioned by a declaration, and
/// a declaration without a name says nothing.
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
}
