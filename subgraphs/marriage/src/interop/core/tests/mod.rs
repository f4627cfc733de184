//! Checkers of the core: [`model`] walks every state of a small world, [`simulator`] throws dice in
//! a larger one, [`cases`], [`identity`], [`races`], [`restores`], [`glass`] and
//! [`freed`] play the failure cases one by one on a [`stage`].
//!
//! **Where each failure case of the domain study is shown.** Names without a path are here; `rules`,
//! `service` and `tests` are this crate's. The dice and the walk meet most of 1–22, 26–33, 57, 60
//! and 61 in every run besides.
//!
//! | case | test |
//! |---|---|
//! | 1, 2, 3 | `cases::case_1_2_3_a_coordinator_that_dies_before_the_commit_…` |
//! | 4 | `cases::case_4_a_commit_whose_answer_was_lost_…` |
//! | 5 | `cases::case_5_a_commit_that_comes_after_the_question_…` |
//! | 6 | `cases::case_6_a_coordinator_lost_for_good_…` |
//! | 7, 8 | `cases::case_7_8_the_certificate_exists_in_the_moment_…` |
//! | 9 | `cases::case_9_a_decider_that_dies_in_its_transaction_…` |
//! | 10 | `cases::case_10_a_holder_that_starts_again_…` |
//! | 11 | `cases::case_11_a_holder_restored_without_its_hold_…`, `…case_11_a_confirm_without_a_hold_…` |
//! | 12 | `cases::case_12_the_older_of_two_coordinators_…` |
//! | 13, 14 | `cases::case_13_14_what_comes_twice_…` |
//! | 15 | `cases::case_15_a_cancel_before_its_try_…` |
//! | 16 | `cases::case_16_an_answer_to_the_try_that_comes_after_the_confirm_…` |
//! | 17 | `cases::case_17_another_body_under_the_same_key_…` |
//! | 18 | `cases::case_18_a_line_cut_one_way_…` |
//! | 19 | `cases::case_19_a_holder_cut_off_for_26_hours_…` |
//! | 20 | `cases::case_20_in_whatever_order_messages_come_…`; [`model`]: every order |
//! | 21 | `cases::case_21_at_exactly_the_soft_expiry_…` |
//! | 22 | `cases::case_22_a_holder_whose_clock_is_a_day_off_…` |
//! | 23 | `identity::case_23_62_…`; the nonce: `tests::interop::only_a_peer_speaks_and_never_twice_with_one_text` |
//! | 24 | `identity::case_24_25_what_nobody_can_verify_…`; the keys: `interop::book::a_signature_is_judged_with_the_key_of_its_time`, `interop::wire::jws::who_when_and_to_whom_must_be_right` |
//! | 25 | `identity::case_24_25_…`; the table: `interop::routing::a_number_leads_to_the_province_…` |
//! | 26 | `races::case_26_the_same_person_at_two_registries_…` |
//! | 27, 28 | `races::case_27_28_crossing_pairs_and_triangles_…` |
//! | 29 | `races::case_29_who_is_still_married_…` |
//! | 30 | `races::case_30_of_two_applications_in_two_provinces_…` |
//! | 31 | `races::case_31_a_withdrawal_and_a_certificate_…` |
//! | 32 | `races::case_32_a_death_during_the_hold_aborts_…`, `…goes_to_two_officers`, `…the_deciders_own_dead_…`; with databases: `tests::interop::holds::a_death_during_a_hold_…` |
//! | 33 | `races::case_33_a_court_paper_before_the_upload_…` |
//! | 34 | `races::case_34_a_late_court_divorce_of_the_earlier_marriage_…`; `rules::court::a_late_judgment_never_overwrites_…` |
//! | 35 | `kit::identity::an_old_number_leads_to_the_modern_one_and_a_placeholder_to_nobody` (one token, one ledger) |
//! | 36, 37 | `identity::case_36_37_41_who_is_unclear_or_unknown_…`; `kit::identity` as 35 |
//! | 38 | `identity::case_38_peers_with_other_routing_tables_…` |
//! | 39 | `identity::case_39_a_table_that_changes_during_a_hold_…`; the ledger that moves: `tests::interop::routes` |
//! | 40 | `races::case_40_a_registration_by_impersonation_…`; `tests::cases::a_registration_by_impersonation_…` |
//! | 41 | `identity::case_36_37_41_…`; `rules::ledger::the_status_follows_from_the_events_…` |
//! | 42 | `tests::events::merging_two_persons_…`, `tests::followed::a_split_gives_back_the_chain_…`; what is open meanwhile, and whatever number is shown: `tests::interop::merged` |
//! | 43 | `rules::age::the_birthday_counts_as_reached`, `kit::clock::the_legal_day_begins_at_sixteen_hours_utc` |
//! | 44 | `rules::age::a_leap_day_child_grows_older_on_the_first_of_march_…` |
//! | 45 | `rules::cooling_off::the_worked_dates_of_the_study_hold` |
//! | 46 | `races::case_46_a_commit_known_after_midnight_…` |
//! | 47 | `tests::interop::details::a_marriage_whose_record_cannot_be_kept_…` (a division that is not known), `tests::people::a_citizen_sees_the_own_marriage_under_the_code_of_its_day`, `kit::divisions::a_code_is_borne_by_one_division_at_a_time` |
//! | 48 | `tests::race::certificate_numbers_have_no_gap_whatever_is_rolled_back` |
//! | 50 | `races::case_50_who_has_no_part_in_it_…` |
//! | 56 | `cases::case_56_a_crowd_in_one_minute_…`; the rate is measured beside the shell |
//! | 57 | `restores::case_57_…` (thirteen), `freed::…`; with databases: `tests::interop::peers::an_ending_that_a_province_has_lost_…`, `…a_start_is_given_what_came_since_…` |
//! | 58 | `tests::courts::a_judgment_waits_for_a_person_and_blocks_a_replacement_meanwhile` |
//! | 59 | `identity::case_59_a_ledger_without_a_word_…` |
//! | 60 | `glass::case_60_…` (three), `glass::what_was_freed_is_taken_over_…`, `glass::only_its_holder_frees_…`, `glass::break_glass_needs_a_day_two_officers_…`; by officers: `tests::interop::holds::two_officers_break_the_glass_…` |
//! | 61 | `cases::case_61_a_cancel_without_proof_frees_nobody` |
//! | 62 | `identity::case_23_62_what_is_older_than_thirty_days_…` |
//! | 63 | `races::case_63_a_stolen_log_of_messages_names_nobody` |
//!
//! **The dice.** 400 schedules are part of every test run; all 100,000 by
//!
//! ```sh
//! cargo test --release --config profile.release.package.minzheng-marriage.opt-level=3 \
//!     -p minzheng-marriage --lib a_hundred_thousand -- --ignored --nocapture
//! ```
//!
//! which says the seed of every one that fails; `MINZHENG_SCHEDULE=seed … one_schedule_is_told` tells
//! it step by step. On 2026-11-24 none failed: 124,308,165 steps, 494,782 marriages, 226,209 marks set or taken back,
//! 15,883 divorces, 1,419,661 aborts, 841,094 crashes, 121,974 older disks, 4,669 forced aborts; 7 min 20 s, 285 s of CPU,
//! one thread beside other builds.
//!
//! An hour before, ten failed. Three were errors of the core (35312 and 53600, an ending that was not told again; 9156, a
//! decision that was believed while catching up), one an alarm by a wrong name (89518): each is a case of `restores` now.
//! Six (29227, 42157, 51947, 59777, 61514, 74076) are beyond what the protocol promises: an act stood on two disks, another
//! was built on it, and both disks were replaced by copies of before it, the second while the first had not heard from its
//! peers; nobody was left who knew. There the dice replace one disk at a time since, which is what the description asks of
//! provinces, and `freed::what_every_disk_has_lost_…` shows what becomes of it: an alarm, and nobody is freed.
//!
//! **The walk** (one thread for each; 2026-11-22 at opt-level 1, those of Y,X and Y,Y with two couples
//! again on 2026-11-23 without optimising on a busy machine). States of the whole space, without a
//! violation, for the deciders of the two transactions; losses, doublings, delays, any order, and
//! the loss of everything but the disk at every step need no bound:
//!
//! | world | X,X | X,Y | Y,X | Y,Y |
//! |---|---|---|---|---|
//! | two couples | 569,334 in 6.8 s | 1,309,692 in 17.6 s | 90,729 in 1.1 s | 415,264 in 16 s |
//! | two applications | 569,334 in 5.4 s | 1,403,804 in 11.9 s | 97,125 in 0.6 s | 569,334 in 4.2 s |
//!
//! A start raises the epoch and asks the peer, and multiplies the space. One couple with a start of
//! X at any moment: 94,969 states, of Y: 24,702; with an older disk of either at any moment:
//! 805,991. **Two couples with a start at any moment** have not been walked to the end: it is
//! `two_couples_and_a_crash_of_either_province_…`, one space for each value of `MINZHENG_WALK`; nor
//! has one couple with a start of both, `a_start_of_both_at_every_moment_…`.
//!
//! Each broken rule is found by both: in the walk after 14,860 to 878,976 states, by the dice at
//! seeds 1, 1, 15 and 85. But for two, which only the dice have: what break-glass frees needs three provinces and a day
//! (seed 3774; its case is `glass::case_60_a_hasty_take_over_…`), what an unheard divorce has freed an act upon it
//! (seed 283; `freed::case_57_without_that_rule_…`).

mod cases;
mod freed;
mod glass;
mod identity;
mod model;
mod races;
mod restores;
mod simulator;
pub(in crate::interop) mod stage;
pub(in crate::interop) mod world;
