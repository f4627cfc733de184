//! Dividing a reported total into plausible parts whose sum is exactly the total.

use kit::demo::RngExt;
use minzheng_kit as kit;
use rand::rngs::StdRng;

/// `parts` whole amounts around the mean that sum to `total`. All are at least 1 where `total` allows it.
pub(super) fn split(total: i64, parts: usize, rng: &mut StdRng) -> Vec<i64> {
    let weights: Vec<i64> = (0..parts).map(|_| rng.random_range(60..=140)).collect();
    let all: i64 = weights.iter().sum::<i64>().max(1);
    let mut amounts: Vec<i64> = weights.iter().map(|weight| total * weight / all).collect();
    let mut rest = total - amounts.iter().sum::<i64>();
    for amount in &mut amounts {
        if rest > 0 {
            *amount += 1;
            rest -= 1;
        }
    }
    amounts
}

/// One association's fee cuts: (cut for one enterprise in fen, enterprises).
pub(super) type Cuts = Vec<(i64, i64)>;

/// Fee cuts of `associations` that together help exactly `enterprises` and save exactly `yuan`, which
/// is a whole number of hundreds. Each cut for one enterprise is a whole number of hundred yuan: of an
/// association's enterprises some save one step more than the others.
pub(super) fn fee_cuts(
    yuan: i64,
    associations: usize,
    enterprises: i64,
    rng: &mut StdRng,
) -> Vec<Cuts> {
    const STEP_YUAN: i64 = 100;
    let helped = split(enterprises, associations, rng);
    // In proportion to the enterprises, so that cuts for one enterprise are alike.
    let steps_for_one = yuan / STEP_YUAN / enterprises.max(1);
    let mut steps: Vec<i64> = helped.iter().map(|n| n * steps_for_one).collect();
    let rest = yuan / STEP_YUAN - steps.iter().sum::<i64>();
    for (one, more) in steps.iter_mut().zip(split(rest, associations, rng)) {
        *one += more;
    }
    let cuts = |(enterprises, steps): (i64, i64)| {
        let (each, more) = (steps / enterprises.max(1), steps % enterprises.max(1));
        let fen = |steps: i64| steps * STEP_YUAN * 100;
        [(fen(each + 1), more), (fen(each), enterprises - more)]
            .into_iter()
            .filter(|(cut, enterprises)| *cut > 0 && *enterprises > 0)
            .collect()
    };
    helped.into_iter().zip(steps).map(cuts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn parts_sum_to_the_total(total in 1_i64..100_000_000, parts in 1_usize..200, seed in 0_u32..50) {
            let amounts = split(total, parts, &mut kit::demo::rng(&seed.to_string()));
            proptest::prop_assert_eq!(amounts.len(), parts);
            proptest::prop_assert_eq!(amounts.iter().sum::<i64>(), total);
            proptest::prop_assert!(amounts.iter().all(|amount| *amount >= 0));
        }

        #[test]
        fn fee_cuts_meet_both_totals(
            hundreds in 1_000_i64..300_000, associations in 1_usize..100, more in 0_i64..4_000, seed in 0_u32..20,
        ) {
            let enterprises = associations as i64 * 3 + more;
            let cuts = fee_cuts(hundreds * 100, associations, enterprises, &mut kit::demo::rng(&seed.to_string()));
            let lines = || cuts.iter().flatten();
            proptest::prop_assert_eq!(lines().map(|(cut, n)| cut * n).sum::<i64>(), hundreds * 100 * 100);
            if hundreds > enterprises {
                proptest::prop_assert_eq!(lines().map(|(_, n)| n).sum::<i64>(), enterprises);
            }
        }
    }
}
