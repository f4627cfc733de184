//! The demonstration data keeps the rules that it shows.

use super::*;
use crate::kit::divisions::dataset;
use crate::rules::certificate::CertificateNumber;
use std::collections::{HashMap, HashSet};

#[tokio::test]
async fn every_province_has_three_thousand_marriages_that_keep_the_law() {
    for digits in ["51", "32", "35", "36"] {
        let services = crate::kit::testing::memory(&Marriage, digits).await;
        let rows = crate::demo::rows(&services);
        assert_eq!(rows.marriages.len(), crate::demo::MARRIAGES, "{digits}");
        let people: HashMap<String, chrono::NaiveDate> = (0..7_000)
            .map(|i| {
                (
                    services.tokenizer.demo(&person(digits, i)).to_string(),
                    person(digits, i).birth_date,
                )
            })
            .collect();
        for record in &rows.marriages {
            let age = |token: &String| {
                crate::rules::age::full_years(
                    people[token],
                    record.registered_on,
                    crate::rules::age::AgeSettings::default(),
                )
            };
            assert!(
                age(&record.man) >= 22 && age(&record.woman) >= 20,
                "{digits} {record:?}"
            );
            assert!(record.registered_on < services.clock.today());
        }
        let numbers: HashSet<_> = rows
            .marriages
            .iter()
            .filter_map(|r| r.certificate_no.as_ref())
            .collect();
        assert!(numbers.len() > 500, "{digits}: {}", numbers.len());
        let mut runs: HashMap<(String, u16), Vec<u32>> = HashMap::new();
        for number in numbers {
            let number = CertificateNumber::parse(number).unwrap();
            assert!(
                // The history knows no economic zones.
                dataset()
                    .historic_at(&number.code, u32::from(number.year))
                    .is_some()
                    || !dataset().historic().iter().any(|h| h.code == number.code),
                "{number}"
            );
            runs.entry((number.code.clone(), number.year))
                .or_default()
                .push(number.serial);
        }
        for (run, mut serials) in runs {
            serials.sort_unstable();
            assert!(
                serials.iter().copied().eq(1..=serials.len() as u32),
                "{run:?} has a gap"
            );
        }
    }
}

#[tokio::test]
async fn no_ledger_of_the_demonstration_is_broken_or_disputed() {
    let p = Province::of("51").await;
    let tokens: Vec<String> = (0..6_000).map(|i| p.token(i)).collect();
    let mut seen = HashMap::new();
    for chunk in tokens.chunks(1_000) {
        let found = crate::service::ledger::of_persons(p.services.db.read(), chunk)
            .await
            .unwrap();
        for ledger in found.values() {
            assert!(ledger.chain_intact);
            *seen.entry(ledger.status).or_insert(0) += 1;
        }
    }
    use crate::rules::ledger::Status::{Disputed, Divorced, Married, NoRecord};
    assert!(!seen.contains_key(&Disputed), "{seen:?}");
    assert!(
        seen[&Married] > 4_000 && seen[&Divorced] > 100 && seen[&NoRecord] > 100,
        "{seen:?}"
    );
}

#[tokio::test]
async fn seeding_twice_changes_nothing_and_is_quick() {
    let started = std::time::Instant::now();
    let p = Province::of("51").await;
    let took = started.elapsed();
    assert!(took < std::time::Duration::from_secs(60), "{took:?}");
    crate::demo::seed(&p.services, &|_, _, _| ()).await.unwrap();
    let counted = p
        .data(
            p.public(),
            "{ registries(first: 500) { edges { cursor } } }",
            none(),
        )
        .await;
    assert_eq!(
        counted["registries"]["edges"].as_array().unwrap().len(),
        184
    );
    eprintln!("seeded in {took:?}");
}

#[tokio::test]
async fn counts_are_never_smaller_than_the_records_they_stand_for() {
    let services = crate::kit::testing::memory(&Marriage, "51").await;
    let rows = crate::demo::rows(&services);
    let mut records = HashMap::new();
    for record in &rows.marriages {
        *records
            .entry((
                record.county_id,
                crate::kit::YearMonth::of(record.registered_on).index(),
            ))
            .or_insert(0) += 1;
    }
    for count in &rows.counts {
        let records = records
            .get(&(count.county_id, count.month))
            .copied()
            .unwrap_or(0);
        assert!(count.registered >= records && count.cross_province <= count.registered);
    }
}
