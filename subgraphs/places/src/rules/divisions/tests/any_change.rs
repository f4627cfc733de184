//! D-1 to D-9 hold whatever is changed: changes of every sort, drawn over the whole country.

use super::*;

/// A code of the class under a county that nobody bears.
fn free_town(county: &str) -> String {
    (190..200)
        .rev()
        .map(|n| format!("{county}{n}"))
        .find(|code| !country().codes.contains(code))
        .unwrap()
}

/// A change of one of these sorts, of a county chosen by a number.
fn any_change(sort: u8, pick: usize) -> Option<Change> {
    let set = dataset();
    let counties: Vec<_> = set
        .current()
        .iter()
        .filter(|d| {
            matches!(
                DivisionKind::from(d.kind),
                DivisionKind::County | DivisionKind::District
            )
        })
        .collect();
    let county = counties[pick % counties.len()];
    let neighbour = counties[(pick + 1) % counties.len()];
    let towns: Vec<Uuid> = set.children(&county.id).map(|one| one.id).collect();
    let national = |wanted: Change| Change {
        authority: NamingAuthority::StateCouncil,
        ..wanted
    };
    Some(match sort {
        0 => change(
            LineageRelation::Merge,
            towns.get(..2)?.to_vec(),
            vec![target(
                None,
                &free_town(&county.code),
                "合镇",
                DivisionKind::Town,
            )],
        ),
        1 => change(
            LineageRelation::Merge,
            towns.get(..3)?.to_vec(),
            vec![target(
                Some(towns[0]),
                &free_town(&county.code),
                "合镇",
                DivisionKind::Town,
            )],
        ),
        2 => change(
            LineageRelation::Split,
            vec![*towns.first()?],
            vec![
                target(None, &free_town(&county.code), "东镇", DivisionKind::Town),
                target(
                    None,
                    &format!("{}39{}", county.code, 9),
                    "西乡",
                    DivisionKind::Township,
                ),
            ],
        ),
        3 => change(
            LineageRelation::Transfer,
            vec![*towns.first()?],
            vec![Target {
                parent: Some(neighbour.id),
                ..target(
                    None,
                    &free_town(&neighbour.code),
                    "迁镇",
                    DivisionKind::Town,
                )
            }],
        ),
        4 => change(LineageRelation::Abolish, vec![*towns.first()?], vec![]),
        5 => change(
            LineageRelation::Create,
            vec![],
            vec![Target {
                parent: Some(county.id),
                ..target(None, &free_town(&county.code), "新镇", DivisionKind::Town)
            }],
        ),
        6 => national(change(
            LineageRelation::Merge,
            vec![county.id, neighbour.id],
            vec![target(
                Some(county.id),
                &county.code,
                &county.name,
                county.kind.into(),
            )],
        )),
        7 => {
            let half = towns.len() / 2;
            national(change(
                LineageRelation::Split,
                vec![county.id],
                vec![
                    Target {
                        takes: towns[..half].to_vec(),
                        ..target(
                            Some(county.id),
                            &county.code,
                            &county.name,
                            county.kind.into(),
                        )
                    },
                    Target {
                        takes: towns[half..].to_vec(),
                        ..target(
                            None,
                            &free_county(&county.code),
                            "新区",
                            DivisionKind::District,
                        )
                    },
                ],
            ))
        }
        _ => national(change(
            LineageRelation::Recode,
            vec![county.id],
            vec![target(
                None,
                &free_county(&county.code),
                &county.name,
                county.kind.into(),
            )],
        )),
    })
}

fn free_county(code: &str) -> String {
    (60..100)
        .rev()
        .map(|n| format!("{}{n}", &code[..4]))
        .find(|code| !country().codes.contains(code))
        .unwrap()
}

/// What a plan makes of the history.
fn after(plan: &Plan, effective: NaiveDate) -> Vec<Span> {
    let closed: HashSet<Uuid> = plan.closed.iter().map(|state| state.division).collect();
    let mut spans = history();
    for span in &mut spans {
        if span.to.is_none() && closed.contains(&span.division) {
            span.to = Some(effective);
        }
    }
    spans.extend(plan.opened.iter().map(|state| Span {
        division: state.division,
        code: state.code.clone(),
        level: state.level,
        parent: state.parent,
        from: effective,
        to: None,
    }));
    spans
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_change_breaks_d1_to_d9(sort in 0_u8..9, pick in 0_usize..3000) {
        let Some(wanted) = any_change(sort, pick) else { return Ok(()) };
        let Ok(made) = plan(&wanted, country()) else { return Ok(()) };
        let spans = after(&made, wanted.effective);
        prop_assert_eq!(broken(&spans), Vec::<String>::new());
        // D-5.
        let sources = made.steps.iter().filter_map(|step| step.from).collect::<HashSet<_>>();
        if wanted.relation == LineageRelation::Merge {
            prop_assert!(sources.len() >= 2);
        }
        // D-6: what ended leads on, unless it was abolished.
        let live: HashSet<Uuid> = spans.iter().filter(|s| s.to.is_none()).map(|s| s.division).collect();
        let mut heirs: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
        for step in &made.steps {
            if let (Some(from), Some(to)) = (step.from, step.to) {
                heirs.entry(from).or_default().push(to);
            }
        }
        for state in &made.closed {
            let leads = leads_to_life(state.division, &live, &heirs);
            prop_assert_eq!(leads, wanted.relation != LineageRelation::Abolish);
        }
        // D-7: no version of before was touched but for its end.
        for state in &made.closed {
            let kept = spans.iter().any(|span| span.division == state.division
                && span.code == state.code && span.to == Some(wanted.effective));
            prop_assert!(kept);
        }
        // D-9: nothing of it is in force before its day.
        let before = wanted.effective.pred_opt().unwrap();
        for state in &made.opened {
            let served = spans.iter().find(|span| span.division == state.division && span.holds(before));
            prop_assert!(served.is_none_or(|span| span.from < wanted.effective));
        }
    }

    #[test]
    fn parts_side_by_side_get_all_of_a_figure(
        figure in 0_i64..100_000,
        shares in proptest::collection::vec(0.01_f64..1.0, 1..8),
    ) {
        let shares: Vec<Option<f64>> = shares.into_iter().map(Some).collect();
        let parts = parts(&shares).unwrap();
        let sum: i64 = parts.iter().map(|part| rebased(figure, *part)).sum();
        prop_assert_eq!(sum, figure);
        prop_assert!(parts.iter().all(|part| rebased(figure, *part) >= 0));
    }
}

#[test]
fn most_changes_of_each_sort_can_be_made() {
    for sort in 0..9 {
        let made = (0..24)
            .filter_map(|n| any_change(sort, n * 47))
            .filter(|wanted| plan(wanted, country()).is_ok())
            .count();
        assert!(made >= 8, "sort {sort}: {made}");
    }
}
