//! What this subsystem keeps encrypted at rest: what officers
//! write in their own words (see `kit::seal`). A new column of
//! this kind is one line here.

use minzheng_kit::seal::{RowKey, SealedColumn};

const ID: RowKey = RowKey::Uuid("id");

/// What was missing from the papers.
pub const MISSING: SealedColumn = SealedColumn::text("permit_case", "missing", ID);

/// All of them.
pub const ALL: [SealedColumn; 1] = [MISSING];
