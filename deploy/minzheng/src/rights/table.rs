//! The reviewed table: rules that say of coordinates what each role gets.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

/// The roles in the order of the columns.
const COLUMNS: usize = 8;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    /// Fields that lead to a person and tell nothing: what is shown of the person tells it.
    leads: Vec<String>,
    rule: Vec<Rule>,
    #[serde(default)]
    input: Vec<Rule>,
}

/// One row: a kind of data, what each role gets of it, and where it stands in the schema.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// The kind of data, as domain.md E.4 or the reviewer calls it.
    data: String,
    /// One letter for each role: R read, m masked, a aggregate, p predicate only, - refused.
    roles: String,
    /// `Type.field`, `Type.*`, or for inputs also `Type.field(argument:)`.
    coordinates: Vec<String>,
    /// Where a question names the person: of these coordinates, those that tell nothing of them. All others must be
    /// marked as personal, so that showing them is recorded.
    not_personal: Option<Vec<String>>,
    /// Why, where it is not plain.
    #[serde(default)]
    #[expect(dead_code, reason = "for people")]
    note: String,
}

impl Rule {
    fn row(&self) -> [bool; COLUMNS] {
        let mut row = [false; COLUMNS];
        let cells: Vec<&str> = self.roles.split_whitespace().collect();
        assert_eq!(cells.len(), COLUMNS, "{}: {}", self.data, self.roles);
        for (to, cell) in row.iter_mut().zip(cells) {
            *to = match cell {
                "R" | "m" | "a" | "p" => true,
                "-" => false,
                _ => panic!("{}: {cell} is no cell", self.data),
            };
        }
        row
    }
}

/// The table, by pattern.
pub(super) struct Table {
    rules: BTreeMap<String, [bool; COLUMNS]>,
    inputs: BTreeMap<String, [bool; COLUMNS]>,
    /// The patterns that tell of persons.
    personal: BTreeSet<String>,
    /// The coordinates of those that do not.
    not_personal: BTreeSet<String>,
    /// Fields that lead to a person and tell nothing.
    leads: BTreeSet<String>,
}

impl Table {
    pub(super) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let text: Text = toml::from_str(&text).unwrap();
        let collect = |rules: &[Rule]| {
            let mut all = BTreeMap::new();
            for rule in rules {
                for pattern in &rule.coordinates {
                    let before = all.insert(pattern.clone(), rule.row());
                    assert!(before.is_none(), "{pattern} stands in two rules");
                }
            }
            all
        };
        let of_people = || text.rule.iter().filter(|rule| rule.not_personal.is_some());
        let patterns = of_people().flat_map(|rule| &rule.coordinates);
        let exceptions = of_people().filter_map(|rule| rule.not_personal.as_ref());
        Self {
            rules: collect(&text.rule),
            inputs: collect(&text.input),
            personal: patterns.cloned().collect(),
            not_personal: exceptions.flatten().cloned().collect(),
            leads: text.leads.iter().cloned().collect(),
        }
    }

    /// What the roles get of a coordinate: its own rule, else its type's.
    pub(super) fn expected(&self, coordinate: &str) -> Option<[bool; COLUMNS]> {
        let of_type = || {
            let (ty, _) = coordinate.split_once('.')?;
            self.rules.get(&format!("{ty}.*"))
        };
        self.rules.get(coordinate).or_else(of_type).copied()
    }

    /// Whether a coordinate tells of single persons, by its own rule or its type's.
    pub(super) fn tells_of_persons(&self, coordinate: &str) -> bool {
        let own = self.rules.contains_key(coordinate);
        let pattern = match coordinate.split_once('.') {
            Some((ty, _)) if !own => format!("{ty}.*"),
            _ => coordinate.to_owned(),
        };
        self.personal.contains(&pattern) && !self.not_personal.contains(coordinate)
    }

    /// The coordinates of which a reviewer has said that they tell nothing of anybody.
    pub(super) fn exceptions(&self) -> BTreeSet<String> {
        self.not_personal.union(&self.leads).cloned().collect()
    }

    /// What the roles may use of an input.
    pub(super) fn input(&self, coordinate: &str) -> Option<[bool; COLUMNS]> {
        self.inputs.get(coordinate).copied()
    }

    /// The inputs of the table.
    pub(super) fn inputs(&self) -> BTreeSet<String> {
        self.inputs.keys().cloned().collect()
    }

    /// Coordinates that no rule covers, and rules that cover nothing.
    pub(super) fn problems(&self, coordinates: &BTreeSet<String>) -> Vec<String> {
        let uncovered = coordinates
            .iter()
            .filter(|coordinate| self.expected(coordinate).is_none())
            .map(|coordinate| format!("{coordinate} is covered by no rule"));
        let idle = self
            .rules
            .keys()
            .filter(|pattern| match pattern.strip_suffix(".*") {
                Some(ty) => {
                    let start = format!("{ty}.");
                    !coordinates.iter().any(|coordinate| {
                        coordinate.starts_with(&start) && !self.rules.contains_key(coordinate)
                    })
                }
                None => !coordinates.contains(*pattern),
            });
        uncovered
            .chain(idle.map(|pattern| format!("the rule for {pattern} covers nothing")))
            .collect()
    }
}
