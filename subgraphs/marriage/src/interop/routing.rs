//! Which authority keeps a person's marital ledger: a table from the first six digits of the identity
//! number, with an epoch that both sides put into every message.
//!
//! Two digits are not enough: the number never changes when a county moves to another province, as 43
//! counties did when 重庆 left 四川. So the table is made from the history of divisions: six digits that
//! were ever a code lead to the province that holds the ground today; six that never were lead to the
//! province of the first two; whatever has no mainland province leads to the national authority. At one
//! epoch routing is a function (I-11). A file `routing.json` in the folder of peers may give a later
//! epoch with rows of its own, which stand before the made ones:
//!
//! ```json
//! { "epoch": 2, "rows": [ { "prefix": "510231", "authority": "50" } ], "hub": null }
//! ```
//!
//! With `hub` set to an authority's code the province runs in HUB mode: that authority keeps everybody's
//! ledger.
//!
//! **A table moves no ledger.** Whoever newly gets digits by a file does not know what the former authority has
//! entered, and silence must not be taken for "nothing on record". So for the digits of every row of the file, and in
//! HUB mode for everybody whom the made table leads elsewhere, the new authority answers nobody (`UNVERIFIED`) until
//! its own file says under `handedOver` that it has the ledgers behind them: `["361103", "36", "*"]`, the first digits
//! or all. The statement is an operator's, made when the former authority's ledgers have been entered, or there are
//! none, as with a hub that starts before everybody else. A row that is to go back is written as a row, not taken
//! out: what was registered meanwhile comes back the same way.

use crate::kit::divisions;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The national authority, for everybody whom no province's digits name.
pub const NATIONAL: &str = "NAT";

/// The epoch of the table as it is made from the divisions.
pub const FIRST_EPOCH: u32 = 1;

/// Everybody, in what was handed over.
const ALL: &str = "*";

/// The two digits of the mainland provinces (GB/T 2260).
const PROVINCES: [&str; 31] = [
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41",
    "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65",
];

/// The table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routing {
    /// Rises with every change of a row.
    pub epoch: u32,
    /// In HUB mode, who keeps everybody's ledger.
    pub hub: Option<String>,
    /// Six digits that do not go to the province of their first two.
    rows: BTreeMap<String, String>,
    /// Those of them that the file names.
    given: BTreeSet<String>,
    /// First digits, or `*`, whose ledgers their authority here has.
    handed_over: BTreeSet<String>,
}

/// The table as a file holds it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RoutingFile {
    /// The epoch, above [`FIRST_EPOCH`].
    pub epoch: u32,
    /// Rows that stand before the made ones.
    #[serde(default)]
    pub rows: Vec<RoutingRow>,
    /// In HUB mode, who keeps everybody's ledger.
    #[serde(default)]
    pub hub: Option<String>,
    /// The first digits, or `*`, of which this province has the ledgers of before.
    #[serde(default, rename = "handedOver")]
    pub handed_over: Vec<String>,
}

/// One row of the file.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RoutingRow {
    /// Six digits.
    pub prefix: String,
    /// The authority's code.
    pub authority: String,
}

impl Default for Routing {
    fn default() -> Self {
        Self {
            epoch: FIRST_EPOCH,
            hub: None,
            rows: moved(),
            given: BTreeSet::new(),
            handed_over: BTreeSet::new(),
        }
    }
}

impl Routing {
    /// The table with a file's rows before the made ones.
    ///
    /// # Errors
    /// A sentence saying which row cannot be used.
    pub fn with(file: RoutingFile) -> Result<Self, String> {
        if file.epoch < FIRST_EPOCH {
            return Err("The epoch of the routing table must be 1 or more.".to_owned());
        }
        let mut table = Self {
            epoch: file.epoch,
            hub: file.hub,
            ..Self::default()
        };
        if table.hub.as_deref().is_some_and(|hub| !is_authority(hub)) {
            return Err("The hub is no authority: name a province's two digits or NAT.".to_owned());
        }
        let mut seen = BTreeSet::new();
        for row in file.rows {
            let digits = row.prefix.len() == 6 && row.prefix.bytes().all(|b| b.is_ascii_digit());
            if !digits || !is_authority(&row.authority) || !seen.insert(row.prefix.clone()) {
                return Err(format!(
                    "The row of {} in the routing table is wrong: six digits, once, and a province's two digits or NAT.",
                    if digits {
                        row.prefix.as_str()
                    } else {
                        "a prefix"
                    }
                ));
            }
            table.rows.insert(row.prefix, row.authority);
        }
        table.given = seen;
        for digits in file.handed_over {
            let good = matches!(digits.len(), 2..=6) && digits.bytes().all(|b| b.is_ascii_digit());
            if digits != ALL && !good {
                return Err(
                    "What is handed over is named by two to six first digits, or by * for all."
                        .to_owned(),
                );
            }
            table.handed_over.insert(digits);
        }
        Ok(table)
    }

    /// The authority of a number that begins with these six digits.
    #[must_use]
    pub fn authority(&self, prefix: &str) -> &str {
        match &self.hub {
            Some(hub) => hub,
            None => self.without_hub(prefix),
        }
    }

    /// Whether the authority of these digits, if it is this province, has the ledgers behind them: it always had
    /// them, or they were handed over.
    #[must_use]
    pub fn is_kept(&self, prefix: &str) -> bool {
        let came = self.given.contains(prefix)
            || (self.hub.as_deref()).is_some_and(|hub| hub != self.without_hub(prefix));
        let handed = |digits: &String| digits == ALL || prefix.starts_with(digits.as_str());
        !came || self.handed_over.iter().any(handed)
    }

    fn without_hub(&self, prefix: &str) -> &str {
        if let Some(authority) = self.rows.get(prefix) {
            return authority;
        }
        let province = prefix.get(..2).unwrap_or_default();
        PROVINCES
            .into_iter()
            .find(|code| *code == province)
            .unwrap_or(NATIONAL)
    }
}

/// Whether a text is the code of an authority.
#[must_use]
pub fn is_authority(code: &str) -> bool {
    code == NATIONAL || PROVINCES.contains(&code)
}

/// Codes whose ground lies in one other province today.
fn moved() -> BTreeMap<String, String> {
    let data = divisions::dataset();
    let mut rows = BTreeMap::new();
    for row in data.historic() {
        if row.code.len() != 6 || row.code.ends_with("0000") {
            continue;
        }
        // A code may have named several divisions in its time; the last one counts, as the list has it.
        let provinces: BTreeSet<&str> = data
            .today(&row.id)
            .into_iter()
            .filter_map(|division| division.code.get(..2))
            .collect();
        let own = row.code.get(..2).unwrap_or_default();
        if let (1, Some(now)) = (provinces.len(), provinces.first())
            && *now != own
            && PROVINCES.contains(now)
        {
            rows.insert(row.code.clone(), (*now).to_owned());
        }
    }
    // Where the same code was given out again and stayed, the ground that stayed decides nothing about
    // numbers of the time before; both lead to one place only if the table says so, hence: the moved one.
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_leads_to_the_province_that_holds_its_ground_today() {
        let table = Routing::default();
        for (prefix, authority) in [
            ("510118", "51"),
            ("519901", "51"),
            ("320300", "32"),
            ("350102", "35"),
            // 重庆 left 四川 in 1997; 海南 left 广东 in 1988.
            ("510202", "50"),
            ("510203", "50"),
            ("460100", "46"),
            ("442121", "46"),
            ("810000", NATIONAL),
            ("830000", NATIONAL),
            ("910101", NATIONAL),
            ("000000", NATIONAL),
            ("", NATIONAL),
        ] {
            assert_eq!(table.authority(prefix), authority, "{prefix}");
        }
    }

    #[test]
    fn a_later_epoch_moves_a_row_and_a_hub_takes_all() {
        let file = |text: &str| Routing::with(serde_json::from_str(text).unwrap());
        let moved = file(r#"{"epoch":2,"rows":[{"prefix":"361103","authority":"35"}]}"#).unwrap();
        assert_eq!(
            (
                moved.epoch,
                moved.authority("361103"),
                moved.authority("361104")
            ),
            (2, "35", "36")
        );
        let hub = file(r#"{"epoch":3,"hub":"NAT"}"#).unwrap();
        assert_eq!(hub.authority("510118"), NATIONAL);
        // A table moves no ledger: who newly gets digits does not have what is behind them, until that is said.
        for (table, prefix, kept) in [
            (&moved, "361103", false),
            (&moved, "361104", true),
            (&hub, "510118", false),
            (&hub, "830000", true),
            (&file(r#"{"epoch":2,"rows":[{"prefix":"361103","authority":"36"}]}"#).unwrap(), "361103", false),
            (&file(r#"{"epoch":2,"rows":[{"prefix":"361103","authority":"35"}],"handedOver":["361103"]}"#).unwrap(), "361103", true),
            (&file(r#"{"epoch":2,"hub":"32","handedOver":["51"]}"#).unwrap(), "510118", true),
            (&file(r#"{"epoch":2,"hub":"32","handedOver":["51"]}"#).unwrap(), "350102", false),
            (&file(r#"{"epoch":2,"hub":"32"}"#).unwrap(), "320311", true),
            (&file(r#"{"epoch":2,"hub":"32","handedOver":["*"]}"#).unwrap(), "350102", true),
            (&Routing::default(), "361103", true),
            (&Routing::default(), "510202", true),
        ] {
            assert_eq!(table.is_kept(prefix), kept, "{prefix} {table:?}");
        }
        for wrong in [
            r#"{"epoch":2,"handedOver":["x"]}"#,
            r#"{"epoch":2,"handedOver":["1"]}"#,
            r#"{"epoch":0}"#,
            r#"{"epoch":2,"hub":"99"}"#,
            r#"{"epoch":2,"rows":[{"prefix":"36110","authority":"35"}]}"#,
            r#"{"epoch":2,"rows":[{"prefix":"361103","authority":"88"}]}"#,
            r#"{"epoch":2,"rows":[{"prefix":"361103","authority":"35"},{"prefix":"361103","authority":"36"}]}"#,
        ] {
            assert!(file(wrong).is_err(), "{wrong}");
        }
    }
}
