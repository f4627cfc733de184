//! What this subsystem keeps encrypted at rest: the numbers of
//! judgments and of papers of evidence (see `kit::seal`). A new column of
//! this kind is one line here.

use crate::kit::seal::{RowKey, SealedColumn};

const ID: RowKey = RowKey::Uuid("id");

/// The number of a judgment; found again by its blind index.
pub const JUDGMENT: SealedColumn =
    SealedColumn::text("court_notice", "doc_no", ID).indexed("doc_index");

/// The document behind an annotation.
pub const ANNOTATION: SealedColumn = SealedColumn::text("annotation", "reference", ID);

/// The document behind a piece of evidence.
pub const EVIDENCE: SealedColumn = SealedColumn::text("case_evidence", "reference", ID);

/// The evidence of a correction.
pub const CORRECTION: SealedColumn = SealedColumn::text("correction", "evidence", ID);

/// All of them.
pub const ALL: [SealedColumn; 4] = [JUDGMENT, ANNOTATION, EVIDENCE, CORRECTION];
