//! What stands in the databases as text: each column is encrypted, or a reviewer has said that it may stand in plain
//! (`tests/rights/plain_columns.txt`).

use std::collections::BTreeSet;

use minzheng_kit::testing::{columns, memory};

use crate::subsystems;

/// The lines `SUBGRAPH TABLE: COLUMN COLUMN …` as `SUBGRAPH TABLE.COLUMN`; `*` is every subgraph.
fn reviewed() -> BTreeSet<String> {
    let list = include_str!("../../../tests/rights/plain_columns.txt");
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once(':'))
        .flat_map(|(table, columns)| {
            let columns = columns.split_whitespace();
            columns.map(move |column| format!("{table}.{column}"))
        })
        .collect()
}

#[tokio::test]
async fn every_column_of_text_is_sealed_or_was_looked_at() {
    let reviewed = reviewed();
    let mut met = BTreeSet::new();
    let mut wrong = Vec::new();
    for subsystem in subsystems::all() {
        let name = subsystem.name();
        let services = memory(subsystem.as_ref(), "51").await;
        let sealed: BTreeSet<String> = subsystem.sealed().iter().map(ToString::to_string).collect();
        for column in columns::of_text(&services.db).await {
            let known = [format!("{name} {column}"), format!("* {column}")];
            let known: Vec<_> = known
                .into_iter()
                .filter(|line| reviewed.contains(line))
                .collect();
            match (sealed.contains(&column), known.len()) {
                (true, 0) | (false, 1) => {}
                (true, _) => wrong.push(format!("{name} {column} is sealed and on the list")),
                (false, 0) => wrong.push(format!(
                    "{name} {column} is neither named in model/sealed.rs nor on the list"
                )),
                (false, _) => wrong.push(format!("{name} {column} is on the list twice")),
            }
            met.extend(known);
        }
    }
    let gone = reviewed.difference(&met);
    wrong.extend(gone.map(|line| format!("{line} is on the list and nowhere else")));
    assert!(wrong.is_empty(), "{wrong:#?}");
}
