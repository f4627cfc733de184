//! Several divisions become several others: 四乡镇并为两镇, each merger for itself.

use super::*;

/// The country after a plan was carried out.
fn then(world: &World, made: &Plan) -> World {
    let mut states = world.states.clone();
    let mut codes = world.codes.clone();
    let mut used = world.used.clone();
    for closed in &made.closed {
        states.remove(&closed.division);
        codes.remove(&closed.code);
    }
    for opened in &made.opened {
        codes.insert(opened.code.clone());
        used.insert(opened.division);
        states.insert(opened.division, opened.clone());
    }
    World {
        states,
        used,
        codes,
    }
}

/// D-5, D-6: four in, two out; a town whose ground goes to both is divided on the day before.
#[test]
fn four_towns_become_two_by_a_merger_for_each_and_a_split_before() {
    let county = dataset().by_code("510118").unwrap();
    let towns: Vec<Uuid> = dataset().children(&county.id).map(|one| one.id).collect();
    let [a, b, c, d] = towns[..4] else {
        unreachable!()
    };
    let at_once = change(
        LineageRelation::Merge,
        vec![a, b, c, d],
        vec![
            target(None, "510118190", "东镇", DivisionKind::Town),
            target(None, "510118191", "西镇", DivisionKind::Town),
        ],
    );
    assert_eq!(codes(&check(&at_once, country())), ["SIDES_UNFIT"]);

    let part = |code: &str, name: &str, share: f64| Target {
        share: Some(share),
        ..target(None, code, name, DivisionKind::Town)
    };
    let split = Change {
        effective: day("2027-02-28"),
        ..change(
            LineageRelation::Split,
            vec![b],
            vec![
                part("510118192", "乙东片", 0.7),
                part("510118193", "乙西片", 0.3),
            ],
        )
    };
    let divided = plan(&split, country()).unwrap();
    let world = then(country(), &divided);
    let [east, west] = [0, 1].map(|n| divided.opened[n].division);
    let merger = |sources: Vec<Uuid>, code: &str, name: &str| {
        change(
            LineageRelation::Merge,
            sources,
            vec![target(None, code, name, DivisionKind::Town)],
        )
    };
    let on_the_day = Change {
        effective: split.effective,
        ..merger(vec![a, east], "510118190", "东镇")
    };
    assert_eq!(
        codes(&check(&on_the_day, &world)),
        ["SOURCE_NOT_IN_FORCE"],
        "what begins on a day does not end on it"
    );
    let first = plan(&merger(vec![a, east], "510118190", "东镇"), &world).unwrap();
    let world = then(&world, &first);
    let second = plan(&merger(vec![west, c, d], "510118191", "西镇"), &world).unwrap();
    let world = then(&world, &second);

    let mut heirs: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for step in [&divided, &first, &second]
        .iter()
        .flat_map(|made| &made.steps)
    {
        if let (Some(from), Some(to)) = (step.from, step.to) {
            heirs.entry(from).or_default().push(to);
        }
    }
    let live: HashSet<Uuid> = world.states.keys().copied().collect();
    for town in [a, b, c, d] {
        assert!(!live.contains(&town) && leads_to_life(town, &live, &heirs));
    }
    let new = [&first, &second].map(|made| made.opened[0].division);
    let reached: Vec<Uuid> = heirs[&b]
        .iter()
        .flat_map(|one| heirs[one].clone())
        .collect();
    assert_eq!(reached, new, "the divided town leads to both");
    assert_eq!(heirs[&a], [new[0]]);
    assert_eq!(heirs[&c], [new[1]]);
}
