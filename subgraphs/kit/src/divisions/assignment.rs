//! What a division that was divided leaves behind: to which of its successors it goes, who says so, and under which code
//! papers are numbered until then.

use uuid::Uuid;

use super::Divisions;
use crate::error::UserError;

/// The regulation, as it is cited.
const REGULATION: &str = "行政区划管理条例（2019）";

/// What is known of a division whose offices, facilities or organizations are to be assigned, and of the one that is to
/// get them.
#[derive(Clone, Copy, Debug)]
pub struct Assignment {
    /// Whether the old division stands, or one alone has followed it and took everything along.
    pub stands: bool,
    /// Whether the new one is one of those that hold its ground now; where nothing does, one of what it lay in.
    pub is_heir: bool,
    /// Whether the officer works above all of these.
    pub above_all: bool,
}

impl Assignment {
    /// What a division leaves to one of those that it was divided into; none where the officer works in none of them.
    pub fn to_successor(
        order: &Divisions,
        from: &Uuid,
        to: &Uuid,
        works: impl Fn(&Uuid) -> bool,
    ) -> Option<Self> {
        let heirs = order.today(from);
        heirs.iter().any(|heir| works(&heir.id)).then(|| Self {
            stands: order.by_id(from).is_some() || heirs.len() < 2,
            is_heir: heirs.iter().any(|heir| heir.id == *to),
            above_all: heirs.iter().all(|heir| works(&heir.id)),
        })
    }
}

/// B.0.3, 行政区划管理条例 2: what stood under a division that was divided or ended stands under one of those that hold its
/// ground from then on, and only whoever works above all of them can say under which. Where one division follows, nothing
/// is to be assigned: it has moved along.
pub fn may_assign(asked: &Assignment) -> Result<(), UserError> {
    let refuse = |code: &str, en: &str, zh: &str| {
        Err(UserError::new(code, en, zh).basis(&format!("{REGULATION}第二条")))
    };
    if asked.stands {
        return refuse(
            "DIVISION_NOT_DIVIDED",
            "Only what stood under a division that was divided or has ended is assigned to another.",
            "仅原行政区划已分设或者撤销的，需要指定承接的行政区划。",
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
            "应由各承接区划共同的上一级民政部门指定。",
        );
    }
    Ok(())
}

/// B.1.3, D-7, 行政区划管理条例 17: a paper is numbered under the code that is in force on its day, and under none where the
/// division has become several or ended: what stands under it is assigned first.
pub fn number_under(code: Option<&str>) -> Result<&str, UserError> {
    code.ok_or_else(|| {
        UserError::new(
            "DIVISION_NOT_IN_FORCE",
            "The division that this office stands under was divided or has ended, so nothing is numbered under its code. Have the office assigned to a successor first, by an officer above (assignFacilities, assignRegistry).",
            "所属行政区划已分设或者撤销，不能以其代码编号；请先由上一级民政部门指定承接的行政区划（assignFacilities、assignRegistry）。",
        )
        .basis(&format!("{REGULATION}第十七条"))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::divisions::dataset;

    #[test]
    fn who_works_in_one_part_only_knows_of_the_assignment_and_does_not_decide_it() {
        let order = Divisions::default();
        let divided = dataset().lineage().iter().find_map(|step| {
            let from = step.from.filter(|from| order.by_id(from).is_none())?;
            (order.today(&from).len() > 1).then_some(from)
        });
        let divided = divided.unwrap();
        let heirs = order.today(&divided);
        let (one, stranger) = (heirs[0].id, Uuid::nil());
        let asked = |to, works: &dyn Fn(&Uuid) -> bool| {
            Assignment::to_successor(&order, &divided, &to, works)
                .map(|asked| (asked.stands, asked.is_heir, asked.above_all))
        };
        assert_eq!(asked(one, &|_| true), Some((false, true, true)));
        assert_eq!(asked(stranger, &|_| true), Some((false, false, true)));
        assert_eq!(asked(one, &|at| *at == one), Some((false, true, false)));
        assert_eq!(asked(one, &|_| false), None);
        // What stands leaves nothing.
        let asked = Assignment::to_successor(&order, &one, &one, |_| true);
        assert_eq!(asked.map(|asked| asked.stands), Some(true));
    }

    /// 行政区划管理条例 2: 行政区划变更 leaves to the level above what the parts cannot decide by themselves.
    #[test]
    fn what_a_divided_division_leaves_is_assigned_from_above() {
        let asked = |stands, is_heir, above_all| Assignment {
            stands,
            is_heir,
            above_all,
        };
        for (asked, expected) in [
            (asked(false, true, true), None),
            (asked(true, true, true), Some("DIVISION_NOT_DIVIDED")),
            (asked(false, false, true), Some("NOT_A_SUCCESSOR")),
            (asked(false, true, false), Some("HIGHER_OFFICER_NEEDED")),
        ] {
            let code = may_assign(&asked).err().map(|refusal| refusal.code);
            assert_eq!(code.as_deref(), expected, "{asked:?}");
        }
    }

    /// 行政区划管理条例 17: 行政区划代码由民政部门确定、公布; one that is no longer in force numbers nothing.
    #[test]
    fn nothing_is_numbered_under_a_code_that_is_not_in_force() {
        assert_eq!(number_under(Some("510118")).ok(), Some("510118"));
        let refusal = number_under(None).err().map(|refusal| refusal.code);
        assert_eq!(refusal.as_deref(), Some("DIVISION_NOT_IN_FORCE"));
    }
}
