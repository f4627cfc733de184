//! Ids of demonstration places that every subsystem may point to.
//!
//! `places` makes one of each in every county of the province shown, with a name, an address and the point
//! that is given as [`crate::demo`]'s; a registry, a facility or an organization of the demonstration data
//! refers to the one of its county by this id.

use uuid::Uuid;

use super::division_id;

/// What a demonstration place of a county is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DemoPlace {
    /// The civil-affairs service centre: marriage registries (政务服务中心).
    CivilAffairs,
    /// The park: marriage registries in a park (公园).
    Park,
    /// The funeral home (殡仪馆).
    FuneralHome,
    /// The public columbarium (骨灰堂).
    Columbarium,
    /// The office building of social organizations (写字楼).
    Offices,
}

impl DemoPlace {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::CivilAffairs,
        Self::Park,
        Self::FuneralHome,
        Self::Columbarium,
        Self::Offices,
    ];

    const fn key(self) -> &'static str {
        match self {
            Self::CivilAffairs => "civil-affairs",
            Self::Park => "park",
            Self::FuneralHome => "funeral-home",
            Self::Columbarium => "columbarium",
            Self::Offices => "offices",
        }
    }
}

/// The id of a county's demonstration place, by the county's six-digit code of today.
pub fn demo_place_id(county_code: &str, place: DemoPlace) -> Uuid {
    Uuid::new_v5(&division_id(county_code), place.key().as_bytes())
}
