//! The tables of `places`, one module each.
//!
//! Divisions: [`division`] (what never changes), [`division_version`] (code, name and place in the tree for a
//! time), [`division_lineage`] (descent). Names: [`place`], [`place_name`], [`naming_application`] with its
//! [`naming_step`]s, [`naming_report`]s, [`filing`] and [`public_notice`]; [`heritage_name`] and
//! [`outdated_address`]; [`signpost`]s and [`name_offence`]s. Boundaries: [`boundary_line`], [`marker`] with [`marker_act`], [`joint_inspection`].
//! Shapes of all of them: [`geometry`]. The
//! `*_area` tables say in which divisions of every level a thing lies, so that statistics need no tree.

pub mod boundary_area;
pub mod boundary_line;
pub mod division;
pub mod division_change;
pub mod division_lineage;
pub mod division_side;
pub mod division_version;
pub mod filing;
pub mod geometry;
pub mod heritage_name;
pub mod joint_inspection;
pub mod marker;
pub mod marker_act;
pub mod name_offence;
pub mod naming_application;
pub mod naming_area;
pub mod naming_report;
pub mod naming_step;
pub mod outdated_address;
pub mod place;
pub mod place_change;
pub mod place_name;
pub mod public_notice;
pub mod sealed;
pub mod signpost;
pub mod vocabulary;
