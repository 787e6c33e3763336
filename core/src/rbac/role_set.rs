//! Some of a policy's roles.

/// The numbers of some roles. The first 64 are bits; a policy with more roles has the others in order
/// behind them, so that a set is never larger than what it was made from.
#[derive(Debug, Clone, Default)]
pub(super) struct RoleSet {
    low: u64,
    high: Vec<usize>,
}

impl RoleSet {
    /// Adds a number that is not lower than those before.
    pub(super) fn push(&mut self, number: usize) {
        match bit(number) {
            Some(bit) => self.low |= bit,
            None if self.high.last() == Some(&number) => {}
            None => self.high.push(number),
        }
    }

    pub(super) fn contains(&self, number: usize) -> bool {
        match bit(number) {
            Some(bit) => self.low & bit != 0,
            None => self.high.binary_search(&number).is_ok(),
        }
    }

    pub(super) fn intersects(&self, other: &Self) -> bool {
        self.low & other.low != 0
            || other.high.iter().any(|number| self.high.binary_search(number).is_ok())
    }
}

fn bit(number: usize) -> Option<u64> {
    u32::try_from(number).ok().and_then(|number| 1_u64.checked_shl(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_as_sorted_sets() {
        use std::collections::BTreeSet;

        let numbers = [0, 1, 62, 63, 64, 65, 127, 128, 1000];
        let subsets = (0_u32..512).map(|chosen| {
            let chosen = (0..9).filter(|place| chosen & (1 << place) != 0);
            chosen.map(|place| numbers[place]).collect::<BTreeSet<usize>>()
        });
        let pairs: Vec<(BTreeSet<usize>, RoleSet)> = subsets
            .map(|numbers| {
                let mut set = RoleSet::default();
                // Each twice: it is in the set once.
                numbers.iter().for_each(|number| (0..2).for_each(|_| set.push(*number)));
                (numbers, set)
            })
            .collect();
        for (known, set) in &pairs {
            for number in numbers {
                assert_eq!(set.contains(number), known.contains(&number), "{number} in {known:?}");
            }
            assert!(set.high.len() <= known.len());
        }
        for (known, set) in pairs.iter().step_by(7) {
            for (other_known, other) in pairs.iter().step_by(5) {
                let meet = !known.is_disjoint(other_known);
                assert_eq!(set.intersects(other), meet, "{known:?} {other_known:?}");
            }
        }
    }
}
