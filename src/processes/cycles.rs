//! Cycles in a graph of processes.

use std::collections::{BTreeMap, BTreeSet};

/// The groups of nodes that all reach each other: strongly connected components of two or more
/// nodes (Kosaraju's algorithm, without recursion because chains may be long).
pub(super) fn circles(edges: impl Iterator<Item = (i32, i32)>) -> Vec<Vec<i32>> {
    let mut forward: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    let mut backward: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for (from, to) in edges {
        forward.entry(from).or_default().push(to);
        backward.entry(to).or_default().push(from);
    }
    let mut seen = BTreeSet::new();
    let mut order = Vec::new();
    for start in forward.keys() {
        finish_order(*start, &forward, &mut seen, &mut order);
    }
    seen.clear();
    let mut circles = Vec::new();
    for start in order.iter().rev() {
        let mut circle = Vec::new();
        finish_order(*start, &backward, &mut seen, &mut circle);
        if circle.len() > 1 {
            circle.sort_unstable();
            circles.push(circle);
        }
    }
    circles.sort();
    circles
}

/// Visits all unseen nodes reachable from `start`, depth first; a node is appended after its
/// successors.
fn finish_order(
    start: i32,
    graph: &BTreeMap<i32, Vec<i32>>,
    seen: &mut BTreeSet<i32>,
    order: &mut Vec<i32>,
) {
    if !seen.insert(start) {
        return;
    }
    let mut stack = vec![(start, 0)];
    while let Some((node, next)) = stack.last_mut() {
        match graph.get(node).and_then(|all| all.get(*next)) {
            Some(successor) => {
                *next = next.saturating_add(1);
                if seen.insert(*successor) {
                    stack.push((*successor, 0));
                }
            }
            None => {
                order.push(*node);
                stack.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn finds_cycles_but_not_chains() {
        let edges = [(1, 2), (2, 3), (3, 1), (4, 1), (5, 6), (6, 5), (7, 8), (8, 9)];
        assert_eq!(circles(edges.into_iter()), [vec![1, 2, 3], vec![5, 6]]);
        assert!(circles([(1, 2), (1, 3), (2, 3)].into_iter()).is_empty());
    }

    #[test]
    fn a_long_chain_does_not_overflow_the_stack() {
        let chain = (1..50_000).map(|pid| (pid, pid + 1));
        assert!(circles(chain.clone()).is_empty());
        assert_eq!(circles(chain.chain([(50_000, 1)]))[0].len(), 50_000);
    }

    proptest! {
        #[test]
        fn members_of_a_circle_reach_each_other(
            edges in proptest::collection::vec((0..12i32, 0..12i32), 0..30),
        ) {
            let mut reach = [[false; 12]; 12];
            for (a, b) in &edges {
                reach[*a as usize][*b as usize] = true;
            }
            for via in 0..12 {
                for a in 0..12 {
                    for b in 0..12 {
                        reach[a][b] |= reach[a][via] && reach[via][b];
                    }
                }
            }
            let found = circles(edges.iter().copied());
            for (a, from_a) in reach.iter().enumerate() {
                for b in (0..12usize).filter(|b| *b != a) {
                    let (x, y) = (a as i32, b as i32);
                    let together = found.iter().any(|c| c.contains(&x) && c.contains(&y));
                    prop_assert_eq!(together, from_a[b] && reach[b][a]);
                }
            }
        }
    }
}
