//! What the vault keeps encrypted ([`crate::kit::seal`]). Values of persons are bound to the token, reasons to their
//! own row.

use crate::kit::seal::{RowKey, SealedColumn};

const TOKEN: RowKey = RowKey::Text("token");
const ID: RowKey = RowKey::Uuid("id");

/// The identity number. The token is itself its keyed blind index.
pub const ID_NUMBER: SealedColumn = SealedColumn::bytes("person", "id_number", TOKEN);

/// The name.
pub const NAME: SealedColumn = SealedColumn::bytes("person", "name", TOKEN);

/// Why an officer proposed a case.
pub const CASE_REASON: SealedColumn =
    SealedColumn::bytes("identity_case", "reason", ID).bound_as("reason");

/// Why somebody read a person in full.
pub const REVEAL_REASON: SealedColumn =
    SealedColumn::bytes("reveal", "reason", ID).bound_as("reason");

/// All of them.
pub const ALL: [SealedColumn; 4] = [ID_NUMBER, NAME, CASE_REASON, REVEAL_REASON];
