//! The tables of `places`, one module each.
//!
//! Divisions: [`division`] (what never changes), [`division_version`] (code, name and place in the tree for a
//! time), [`division_lineage`] (descent). Names: [`place`], [`place_name`], [`naming_application`] with its
//! [`filing`] and [`public_notice`]. Boundaries: [`boundary_line`], [`marker`], [`joint_inspection`]. The
//! `*_area` tables say in which divisions of every level a thing lies, so that statistics need no tree.

pub mod boundary_area;
pub mod boundary_line;
pub mod division;
pub mod division_change;
pub mod division_lineage;
pub mod division_version;
pub mod filing;
pub mod joint_inspection;
pub mod marker;
pub mod naming_application;
pub mod naming_area;
pub mod place;
pub mod place_change;
pub mod place_name;
pub mod public_notice;
pub mod vocabulary;
