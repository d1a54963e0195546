//! What can be learnt by adding and subtracting answers.
//!
//! Each answer is a row of 0 and 1: which page views it counts. Whatever anybody adds or subtracts is a vector of the space
//! of these rows. Page views whose columns are equal cannot be told apart by any of them: they are an *atom*, and every
//! vector of the space is constant on it. So a combination that speaks of few page views speaks of whole atoms, and there is
//! one within a set of columns exactly if the rows lose rank without these columns.

use std::collections::{BTreeMap, BTreeSet};

/// Populations below this must not be spoken of.
const POPULATION_MIN: usize = 10;
/// A prime: ranks are taken modulo it, which never makes them larger and with so large a one not smaller either.
const PRIME: u128 = (1 << 61) - 1;

/// Page views that no answer tells apart, without those that no answer counts.
pub(super) fn atoms(answers: &BTreeSet<Vec<usize>>) -> Vec<Vec<usize>> {
    let mut columns: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (row, answer) in answers.iter().enumerate() {
        answer
            .iter()
            .for_each(|view| columns.entry(*view).or_default().push(row));
    }
    let mut atoms: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
    for (view, rows) in columns {
        atoms.entry(rows).or_default().push(view);
    }
    atoms.into_values().collect()
}

/// Page views, fewer than 10, of which some combination of the answers speaks and of no others; `None` where there is no
/// such combination at all.
pub(super) fn speaks_of_few(answers: &BTreeSet<Vec<usize>>) -> Option<Vec<usize>> {
    let atoms = atoms(answers);
    let small: Vec<usize> = (0..atoms.len())
        .filter(|at| atoms[*at].len() < POPULATION_MIN)
        .collect();
    let rows: Vec<Vec<bool>> = answers
        .iter()
        .map(|answer| {
            atoms
                .iter()
                .map(|atom| answer.binary_search(&atom[0]).is_ok())
                .collect()
        })
        .collect();
    let whole = rank(&rows, &BTreeSet::new());
    let mut sets = vec![(0, BTreeSet::new(), 0)];
    while let Some((from, set, size)) = sets.pop() {
        if !set.is_empty() && rank(&rows, &set) < whole {
            return Some(set.iter().flat_map(|at: &usize| atoms[*at].clone()).collect());
        }
        for (next, at) in small.iter().enumerate().skip(from) {
            let size = size + atoms[*at].len();
            if size < POPULATION_MIN {
                let larger = set.iter().copied().chain([*at]).collect();
                sets.push((next + 1, larger, size));
            }
        }
    }
    None
}

/// The rank of the rows without these columns, by elimination.
fn rank(rows: &[Vec<bool>], without: &BTreeSet<usize>) -> usize {
    let kept = |row: &Vec<bool>| -> Vec<u128> {
        let columns = row.iter().enumerate().filter(|(at, _)| !without.contains(at));
        columns.map(|(_, one)| u128::from(*one)).collect()
    };
    let mut rows: Vec<Vec<u128>> = rows.iter().map(kept).collect();
    let mut rank = 0;
    for column in 0..rows.first().map_or(0, Vec::len) {
        let Some(pivot) = (rank..rows.len()).find(|row| rows[*row][column] != 0) else {
            continue;
        };
        rows.swap(rank, pivot);
        let inverse = power(rows[rank][column], PRIME - 2);
        let pivot: Vec<u128> = rows[rank].iter().map(|value| value * inverse % PRIME).collect();
        for row in &mut rows[rank + 1..] {
            let factor = row[column];
            if factor != 0 {
                let of_pivot = pivot.iter().map(|value| factor * value % PRIME);
                row.iter_mut()
                    .zip(of_pivot)
                    .for_each(|(value, less)| *value = (*value + PRIME - less) % PRIME);
            }
        }
        rank += 1;
    }
    rank
}

fn power(base: u128, exponent: u128) -> u128 {
    let (mut result, mut base, mut exponent) = (1, base, exponent);
    while exponent > 0 {
        if exponent % 2 == 1 {
            result = result * base % PRIME;
        }
        base = base * base % PRIME;
        exponent /= 2;
    }
    result
}

#[test]
fn a_combination_of_answers_that_speaks_of_few_is_found() {
    let answers = |sets: &[&[(usize, usize)]]| -> BTreeSet<Vec<usize>> {
        let views = |ranges: &&[(usize, usize)]| ranges.iter().flat_map(|(from, to)| *from..*to).collect();
        sets.iter().map(views).collect()
    };
    // Two answers whose difference is 3 page views; the same, hidden behind a third; and one that only looks like it.
    let difference = answers(&[&[(0, 20)], &[(0, 23)]]);
    assert_eq!(speaks_of_few(&difference), Some(vec![20, 21, 22]));
    let behind = answers(&[&[(0, 20), (40, 60)], &[(0, 23)], &[(40, 60)]]);
    assert_eq!(speaks_of_few(&behind), Some(vec![20, 21, 22]));
    let alike = answers(&[&[(0, 5), (5, 10)], &[(5, 10), (10, 15)]]);
    assert_eq!(atoms(&alike).len(), 3);
    assert_eq!(speaks_of_few(&alike), None, "what differs are 10 page views");
    assert_eq!(speaks_of_few(&answers(&[&[(0, 20)], &[(0, 30)]])), None);
}
