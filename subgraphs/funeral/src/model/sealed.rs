//! What this subsystem keeps encrypted at rest: telephones and the
//! numbers of papers that name a person (see `kit::seal`). A new column of
//! this kind is one line here.

use minzheng_kit::seal::{RowKey, SealedColumn};

const ID: RowKey = RowKey::Uuid("id");

/// The applicant's telephone, masked before it came here.
pub const CASE_PHONE: SealedColumn = SealedColumn::text("funeral_case", "phone_masked", ID);

/// The caller's telephone, masked before it came here.
pub const CALLER_PHONE: SealedColumn = SealedColumn::text("hotline_ticket", "caller_masked", ID);

/// The number of the paper of a death.
pub const DEATH_PAPER: SealedColumn = SealedColumn::text("death_record", "paper_number", ID);

/// The number of a written authority to take ashes.
pub const AUTHORITY: SealedColumn = SealedColumn::text("ashes_release", "authority", ID);

/// The number of the paper of a death, as a citizen said it.
pub const CLAIMED_PAPER: SealedColumn = SealedColumn::text("death_claim", "paper_number", ID);

/// The number of the paper by which a death is taken back.
pub const REVOCATION_PAPER: SealedColumn = SealedColumn::text("death_revocation", "paper", ID);

/// The proof of a relation to the deceased.
pub const KIN_PROOF: SealedColumn = SealedColumn::text("kin_record", "proof", ID);

/// The paper by which a unit arranges a funeral.
pub const MANDATE: SealedColumn = SealedColumn::text("funeral_case", "mandate", ID);

/// The paper by which the police were told of a body that nobody claims.
pub const NOTICE_PAPER: SealedColumn = SealedColumn::text("unclaimed_notice", "police_paper", ID);

/// The paper with which ashes come from elsewhere.
pub const GUEST_PAPER: SealedColumn = SealedColumn::text("sea_guest", "paper", ID);

/// All of them.
pub const ALL: [SealedColumn; 10] = [
    CASE_PHONE,
    CALLER_PHONE,
    DEATH_PAPER,
    AUTHORITY,
    CLAIMED_PAPER,
    REVOCATION_PAPER,
    KIN_PROOF,
    MANDATE,
    NOTICE_PAPER,
    GUEST_PAPER,
];
