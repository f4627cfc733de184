//! Why a registration that other provinces must agree to came to nothing: classes, never the other person.

use super::Refusal;

/// A correction of a record that the ledgers of several provinces hold, of a kind that no message between them
/// carries.
pub const CORRECTION_NOT_SHARED: Refusal = Refusal::by_form(
    "LEDGERS_KEPT_ELSEWHERE",
    "Another province keeps a ledger of this marriage and cannot be told of such a correction: open a case with it.",
    "该婚姻的台账另由他省保管，此类更正无法跨省送达，请与该省立案会办。",
);

/// An earlier application is closed here, and the other ledgers have yet to hear of it.
pub const STILL_CLOSING: Refusal = Refusal::by_form(
    "EARLIER_APPLICATION_CLOSING",
    "An earlier application of the couple is being closed on the ledgers of the provinces; try again in a moment.",
    "双方此前的离婚登记申请正在各省办结，请稍后再试。",
);

/// A couple of other provinces whose marriage was registered in another one still.
pub const MARRIAGE_NOT_ON_FILE: Refusal = Refusal::by_form(
    "MARRIAGE_NOT_ON_FILE_HERE",
    "This province has no record of the marriage; apply where it was registered, or in the province of either party.",
    "本省没有该婚姻的登记记录，请到原登记地或任何一方登记主管省份的登记机关申请。",
);

/// The reasons besides those that the checks know.
pub const REASONS: [Refusal; 6] = [
    Refusal::by_law(
        "APPLICATION_ALREADY_OPEN",
        "The couple already has an open application for divorce.",
        "双方已有正在办理的离婚登记申请。",
        "民法典第一千零七十七条",
    ),
    super::eligibility::DECEASED,
    Refusal::by_form(
        "AUTHORITY_DOES_NOT_KNOW",
        "The authority of one party cannot verify the identity; check the paper that was shown.",
        "一方登记主管省份无法核实其身份，请核对证件。",
    ),
    Refusal::by_form(
        "NOT_DECIDED_IN_TIME",
        "The provinces did not agree in time and nothing was registered; receive the application again.",
        "各省未能在规定时间内达成一致，登记未成立，请重新受理。",
    ),
    Refusal::by_form(
        "COUPLE_LEFT",
        "The couple left before the provinces had agreed; nothing was registered.",
        "当事人在各省确认前离开，登记未成立。",
    ),
    Refusal::by_form(
        "RECORD_DOES_NOT_FIT",
        "The records of one party do not fit what was asked for.",
        "一方登记记录与所办事项不符。",
    ),
];
