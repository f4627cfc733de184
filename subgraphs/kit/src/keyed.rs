//! What is keyed to a division and would move with it, counted for the rehearsal of a change of divisions. Which
//! rows these are each subsystem says for itself; it is the other side of what consumes the change.

use std::{borrow::Cow, collections::HashMap};

use sea_orm::{ConnectionTrait, Statement, Value};
use uuid::Uuid;

use crate::error::{Error, Result};

/// One kind of rows under a division, and where in `K` their number stands.
pub struct Kind<K> {
    rows: Cow<'static, str>,
    division: &'static str,
    alive: Cow<'static, str>,
    number: fn(&mut K) -> &mut i64,
}

impl<K> Kind<K> {
    /// All rows of a table, or of several that are joined, by the column of the division.
    pub fn new(
        rows: impl Into<Cow<'static, str>>,
        division: &'static str,
        number: fn(&mut K) -> &mut i64,
    ) -> Self {
        Self {
            rows: rows.into(),
            division,
            alive: Cow::Borrowed("1 = 1"),
            number,
        }
    }

    /// Those of them only of which this holds, in SQL. The statement's own values stand in it as `$1` and so on.
    #[must_use]
    pub fn alive(mut self, alive: impl Into<Cow<'static, str>>) -> Self {
        self.alive = alive.into();
        self
    }
}

/// Counts all kinds under each of these divisions itself, with one statement. `values` are those that the conditions
/// of the kinds name.
///
/// # Errors
/// What the database says.
pub async fn of_divisions<K: Clone + Default>(
    db: &impl ConnectionTrait,
    divisions: &[Uuid],
    kinds: &[Kind<K>],
    mut values: Vec<Value>,
) -> Result<HashMap<Uuid, K>> {
    let mut found: HashMap<Uuid, K> = divisions.iter().map(|d| (*d, K::default())).collect();
    if divisions.is_empty() {
        return Ok(found);
    }
    let wanted: Vec<String> = (1..=divisions.len())
        .map(|at| format!("${}", values.len() + at))
        .collect();
    let wanted = wanted.join(", ");
    values.extend(divisions.iter().map(|division| Value::from(*division)));
    let parts: Vec<String> = kinds
        .iter()
        .enumerate()
        .map(|(place, kind)| {
            let (rows, division, alive) = (&kind.rows, kind.division, &kind.alive);
            format!(
                "SELECT {place} AS kind, {division} AS division, COUNT(*) AS n FROM {rows} \
                 WHERE {division} IN ({wanted}) AND ({alive}) GROUP BY {division}"
            )
        })
        .collect();
    let rows = db
        .query_all_raw(Statement::from_sql_and_values(
            db.get_database_backend(),
            parts.join(" UNION ALL "),
            values,
        ))
        .await?;
    for row in rows {
        let kind = usize::try_from(row.try_get::<i32>("", "kind")?).ok();
        let kind = kind
            .and_then(|kind| kinds.get(kind))
            .ok_or_else(|| Error::internal("a count is of no kind that was asked for"))?;
        let counts = found.entry(row.try_get("", "division")?).or_default();
        *(kind.number)(counts) = row.try_get("", "n")?;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use sea_orm::{ActiveValue::Set, EntityTrait};

    use super::*;
    use crate::database::tests::{databases, thing};

    #[derive(Clone, Debug, Default, PartialEq)]
    struct Counts {
        all: i64,
        heavy: i64,
    }

    #[tokio::test]
    async fn each_division_is_told_its_own_of_every_kind_and_none_of_others() {
        let kinds = [
            Kind::new("thing t", "t.id", |counts: &mut Counts| &mut counts.all),
            Kind::new("thing", "id", |counts: &mut Counts| &mut counts.heavy)
                .alive("weight > $1 OR name = $2"),
        ];
        let [light, heavy, named, empty] = [1_u128, 2, 3, 4].map(Uuid::from_u128);
        for services in databases().await {
            let things = [(light, 1, "a"), (heavy, 9, "a"), (named, 1, "b")];
            let things = things.map(|(id, weight, name)| thing::ActiveModel {
                id: Set(id),
                name: Set(name.to_owned()),
                weight: Set(weight),
                day: Set(services.clock.today()),
                at: Set(services.clock.now()),
                heavy: Set(false),
                share: Set(0.0),
            });
            let write = services.db.write(move |tx| {
                let things = things.clone();
                Box::pin(async move {
                    thing::Entity::insert_many(things)
                        .exec_without_returning(tx)
                        .await?;
                    Ok(())
                })
            });
            write.await.unwrap();
            let asked = [light, named, empty];
            let values = || vec![5_i64.into(), "b".into()];
            let found = of_divisions(services.db.read(), &asked, &kinds, values())
                .await
                .unwrap();
            let counts = |all, heavy| Counts { all, heavy };
            let expected = [
                (light, counts(1, 0)),
                (named, counts(1, 1)),
                (empty, counts(0, 0)),
            ];
            assert_eq!(found, HashMap::from(expected));
            let none = of_divisions(services.db.read(), &[], &kinds, values()).await;
            assert_eq!(none.unwrap(), HashMap::new());
        }
    }
}
