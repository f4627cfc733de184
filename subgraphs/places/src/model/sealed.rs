//! What this subsystem keeps encrypted at rest: what applicants
//! write in their own words (see `kit::seal`). A new column of
//! this kind is one line here.

use minzheng_kit::seal::{RowKey, SealedColumn};

const ID: RowKey = RowKey::Uuid("id");

/// Plan and reasons of an application.
pub const REASONS: SealedColumn = SealedColumn::text("naming_application", "reasons", ID);

/// All of them.
pub const ALL: [SealedColumn; 1] = [REASONS];
