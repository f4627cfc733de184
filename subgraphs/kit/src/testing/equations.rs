//! Sums that were published, solved as their reader would.

/// What counts as no coefficient.
const NOTHING: f64 = 1e-9;

/// Solves equations for real numbers (Gauss) and gives those unknowns that have one value only, each by its place and
/// with that value. An equation is the coefficient of each unknown and, last, what they sum up to.
pub fn determined(mut equations: Vec<Vec<f64>>, unknowns: usize) -> Vec<(usize, f64)> {
    let mut done = 0;
    for at in 0..unknowns {
        let Some(pivot) = (done..equations.len()).find(|row| equations[*row][at].abs() > NOTHING)
        else {
            continue;
        };
        equations.swap(done, pivot);
        let lead = equations[done][at];
        equations[done].iter_mut().for_each(|value| *value /= lead);
        let base = equations[done].clone();
        for (place, row) in equations.iter_mut().enumerate() {
            let times = row[at];
            if place != done && times.abs() > NOTHING {
                row.iter_mut()
                    .zip(&base)
                    .for_each(|(value, base)| *value -= times * base);
            }
        }
        done += 1;
    }
    equations
        .iter()
        .filter_map(|row| {
            let (sum, coefficients) = row.split_last()?;
            let mut at = (0..unknowns).filter(|at| coefficients[*at].abs() > NOTHING);
            match (at.next(), at.next()) {
                (Some(only), None) => Some((only, *sum)),
                _ => None,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_sums_tell_is_found_and_what_they_leave_open_is_not() {
        // a + b + c + d = 10, a + b = 7, a = 3: b follows, c and d are any that make 3.
        let equations = vec![
            vec![1.0, 1.0, 1.0, 1.0, 10.0],
            vec![1.0, 1.0, 0.0, 0.0, 7.0],
            vec![1.0, 0.0, 0.0, 0.0, 3.0],
        ];
        assert_eq!(determined(equations, 4), [(0, 3.0), (1, 4.0)]);
        assert_eq!(determined(Vec::new(), 4), []);
    }
}
