//! A registry whose county was divided or has ended: under what code it numbers, and where it goes on.

use super::Refusal;

/// What is known of a registry that is to go on in another county.
#[derive(Clone, Copy, Debug)]
pub struct Assignment {
    /// Its county is in force under the code that the registry numbers by.
    pub stands: bool,
    /// The new county is one of those that hold its ground now; where nothing does, one of what it lay in.
    pub is_heir: bool,
    /// The officer works above all of these.
    pub above_all: bool,
}

/// B.0.3, 行政区划管理条例 2, 婚姻登记条例 (登记机关): a registry of a county that was divided, or that ended, goes on in one of
/// those that hold its ground now, and only whoever works above all of them can say in which.
pub fn assignment(asked: &Assignment) -> Result<(), Refusal> {
    const BASIS: &str = "行政区划管理条例（2019）第二条";
    if asked.stands {
        return Err(Refusal::by_law(
            "DIVISION_NOT_DIVIDED",
            "Only a registry whose county was divided or has ended is assigned to another.",
            "仅原县级行政区划已分设或者撤销的婚姻登记机关，需要指定承接的行政区划。",
            BASIS,
        ));
    }
    if !asked.is_heir {
        return Err(Refusal::by_law(
            "NOT_A_SUCCESSOR",
            "The new division is none of those that the old one became.",
            "指定的行政区划不是原行政区划的承接区划。",
            BASIS,
        ));
    }
    if !asked.above_all {
        return Err(Refusal::by_law(
            "HIGHER_OFFICER_NEEDED",
            "An officer above all successors assigns.",
            "应由各承接区划共同的上一级民政部门指定。",
            BASIS,
        ));
    }
    Ok(())
}

/// B.1.3, 行政区划管理条例 17: a certificate is numbered under the code that is in force on its day. A registry whose
/// county has no such code is assigned first, and until then nothing is certified there.
#[must_use]
pub fn not_numbered(stands: bool) -> Option<Refusal> {
    (!stands).then_some(Refusal::by_law(
        "DIVISION_NOT_IN_FORCE",
        "The county of this registry was divided or has ended; an officer above assigns the registry to a county first.",
        "本登记机关所属的县级行政区划已分设或者撤销，须先由上一级民政部门指定承接的行政区划。",
        "行政区划管理条例（2019）第十七条",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_of_a_divided_county_is_assigned_from_above() {
        let divided = Assignment {
            stands: false,
            is_heir: true,
            above_all: true,
        };
        for (asked, expected) in [
            (divided, "OK"),
            (
                Assignment {
                    stands: true,
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
            let found = assignment(&asked)
                .err()
                .map_or("OK", |refusal| refusal.code);
            assert_eq!(found, expected, "{asked:?}");
        }
    }

    #[test]
    fn nothing_is_numbered_under_a_code_that_is_gone() {
        assert_eq!(not_numbered(true), None);
        let refused = not_numbered(false).map(|refusal| refusal.code);
        assert_eq!(refused, Some("DIVISION_NOT_IN_FORCE"));
    }
}
