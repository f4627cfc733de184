//! To whom the organizations of a division go that was divided (D-8, O-4).

use super::Refusal;

/// What is known of a division whose organizations are to be assigned, and of the one that is to get them.
#[derive(Clone, Copy, Debug)]
pub struct Assignment {
    /// Whether the old division still exists.
    pub goes_on: bool,
    /// Of how many divisions the ground is made now.
    pub heirs: usize,
    /// Whether the new one is one of them.
    pub is_heir: bool,
    /// Whether the officer works above all of them.
    pub above_all: bool,
}

/// B.0.3, 行政区划管理条例 第二条 and 社会团体登记管理条例 第七条: what was registered in a division that was divided is registered
/// by one of its successors from then on, and only whoever stands above all of them can say by which. Where one
/// division follows, nothing is to be assigned: its officers act already.
pub fn assignment(asked: &Assignment) -> Result<(), Refusal> {
    let refuse = |code, en, zh| Err(Refusal::new(code, en, zh, "行政区划管理条例 (2019) 第二条"));
    if asked.goes_on || asked.heirs < 2 {
        return refuse(
            "DIVISION_NOT_DIVIDED",
            "Only a division that was divided among several leaves something to assign.",
            "仅原行政区划分设为多个行政区划的，需要指定承接的登记管理机关。",
        );
    }
    if !asked.is_heir {
        return refuse(
            "NOT_A_SUCCESSOR",
            "The new division is none of those that the old one became.",
            "指定的行政区划不是原行政区划的承接区划。",
        );
    }
    if !asked.above_all {
        return refuse(
            "HIGHER_OFFICER_NEEDED",
            "An officer above all successors assigns.",
            "应由各承接区划共同的上一级登记管理机关指定。",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 行政区划管理条例 2: 行政区划变更 leaves to the level above what the parts cannot decide by themselves.
    #[test]
    fn what_a_divided_division_leaves_is_assigned_from_above() {
        let divided = Assignment {
            goes_on: false,
            heirs: 2,
            is_heir: true,
            above_all: true,
        };
        for (asked, expected) in [
            (divided, "OK"),
            (
                Assignment {
                    goes_on: true,
                    ..divided
                },
                "DIVISION_NOT_DIVIDED",
            ),
            (
                Assignment {
                    heirs: 1,
                    ..divided
                },
                "DIVISION_NOT_DIVIDED",
            ),
            (
                Assignment {
                    is_heir: false,
                    ..divided
                },
                "NOT_A_SUCCESSOR",
            ),
            (
                Assignment {
                    above_all: false,
                    ..divided
                },
                "HIGHER_OFFICER_NEEDED",
            ),
        ] {
            let code = assignment(&asked)
                .err()
                .map_or("OK", |refusal| refusal.code);
            assert_eq!(code, expected, "{asked:?}");
        }
    }
}
