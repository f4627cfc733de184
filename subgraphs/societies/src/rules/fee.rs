//! Fees that associations cut for enterprises (O-23).

use super::Refusal;

/// One line of a declared reduction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeLine {
    /// The fee before, in fen for one member and period.
    pub old_fen: i64,
    /// The fee after, in fen for one member and period.
    pub new_fen: i64,
    /// Enterprises that pay the lower fee.
    pub enterprises: i64,
}

/// O-23, statistical rule of the reports: a reduction lowers a fee that exists, for at least one
/// enterprise.
pub fn fee_line(line: &FeeLine) -> Result<(), Refusal> {
    if line.new_fen < 0 || line.old_fen <= line.new_fen || line.enterprises < 1 {
        return Err(Refusal::new(
            "NOT_A_REDUCTION",
            "A reduction needs a new fee below the old one and at least one enterprise.",
            "减免须新收费标准低于原标准，且至少惠及一家企业。",
            "涉企收费减免统计口径",
        ));
    }
    Ok(())
}

/// O-23, statistical rule of the reports: what a line saves, in fen.
#[must_use]
pub const fn saved_fen(line: &FeeLine) -> i64 {
    (line.old_fen - line.new_fen).saturating_mul(line.enterprises)
}

/// O-23, statistical rule of the reports: the total is the sum of the lines, never a number of its
/// own, so that a dashboard equals what was declared.
#[must_use]
pub fn total_fen(lines: &[FeeLine]) -> i64 {
    lines.iter().map(saved_fen).fold(0, i64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_must_lower_a_fee_for_someone() {
        for (old_fen, new_fen, enterprises, allowed) in [
            (200_000, 100_000, 10, true),
            (200_000, 0, 1, true),
            (200_000, 200_000, 10, false),
            (100_000, 200_000, 10, false),
            (200_000, -1, 10, false),
            (200_000, 100_000, 0, false),
        ] {
            let line = FeeLine {
                old_fen,
                new_fen,
                enterprises,
            };
            assert_eq!(fee_line(&line).is_ok(), allowed, "{line:?}");
        }
    }

    #[test]
    fn the_total_is_the_sum_of_the_lines() {
        let lines = [
            FeeLine {
                old_fen: 300_000,
                new_fen: 100_000,
                enterprises: 3,
            },
            FeeLine {
                old_fen: 50_000,
                new_fen: 0,
                enterprises: 2,
            },
        ];
        assert_eq!(total_fen(&lines), 700_000);
        assert_eq!(total_fen(&[]), 0);
    }
}
