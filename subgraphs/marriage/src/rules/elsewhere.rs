//! Why a registration that other provinces must agree to came to nothing: classes, never the other person.

use super::Refusal;

/// A divorce by consent of a couple whose ledgers are kept by two provinces.
pub const DIVORCE_NOT_CONNECTED: Refusal = Refusal::by_form(
    "LEDGERS_KEPT_ELSEWHERE",
    "The ledgers of this marriage are kept by several provinces, and divorces between them are not received here yet.",
    "该婚姻的台账由多个省份保管，跨省离婚登记暂未在本处受理。",
);

/// The reasons besides those that the checks know.
pub const REASONS: [Refusal; 5] = [
    Refusal::by_law(
        "PARTY_DEAD_ON_RECORD",
        "The records say that one party has died; the identity must be cleared first.",
        "一方已有死亡记录，须先核实身份。",
        "民法典第一千零四十六条",
    ),
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
