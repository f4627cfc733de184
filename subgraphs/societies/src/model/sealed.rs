//! What this subsystem keeps encrypted at rest: what officers
//! write in their own words (see `kit::seal`). A new column of
//! this kind is one line here.

use minzheng_kit::seal::{RowKey, SealedColumn};

const ID: RowKey = RowKey::Uuid("id");

/// What was missing from the papers.
pub const MISSING: SealedColumn = SealedColumn::text("permit_case", "missing", ID);

/// Why a term was made longer.
pub const EXTENSION: SealedColumn = SealedColumn::text("permit_case", "extension_reason", ID);

/// All of them.
pub const ALL: [SealedColumn; 2] = [MISSING, EXTENSION];
