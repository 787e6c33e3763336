//! A table of values by name that never changes.

use std::collections::BTreeMap;

use crate::mix::mixed;

/// Values by name: a hash table without chance.
///
/// All entries stand in one array by their hash, and in front of it is where each range of hashes
/// begins. A range holds one entry on average, and one name is compared. Names whose hashes are made to
/// collide stand in order, so a search among them takes their logarithm: the hash need not be secret.
#[derive(Debug, Clone)]
pub(super) struct Table<V> {
    /// Where each range begins, and the end.
    begins: Vec<usize>,
    /// How far a hash is moved for the number of its range.
    shift: u32,
    /// By hash, and those of one hash by name.
    entries: Vec<Entry<V>>,
}

#[derive(Debug, Clone)]
struct Entry<V> {
    hash: u64,
    name: Box<str>,
    value: V,
}

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self { begins: Vec::new(), shift: u64::BITS, entries: Vec::new() }
    }
}

impl<V> Table<V> {
    pub(super) fn get(&self, name: &str) -> Option<&V> {
        self.find(hash(name), name)
    }

    fn find(&self, hash: u64, name: &str) -> Option<&V> {
        let range = range(hash, self.shift);
        let (begin, end) = (*self.begins.get(range)?, *self.begins.get(range.checked_add(1)?)?);
        let entries = self.entries.get(begin..end)?;
        let found = entries
            .binary_search_by(|entry| entry.hash.cmp(&hash).then_with(|| (*entry.name).cmp(name)));
        entries.get(found.ok()?).map(|entry| &entry.value)
    }

    fn new(mut entries: Vec<Entry<V>>) -> Self {
        entries.sort_unstable_by(|a, b| (a.hash, &a.name).cmp(&(b.hash, &b.name)));
        let ranges = entries.len().next_power_of_two();
        let shift = u64::BITS.saturating_sub(ranges.trailing_zeros());
        let begins = (0..=ranges)
            .map(|number| entries.partition_point(|entry| range(entry.hash, shift) < number))
            .collect();
        Self { begins, shift, entries }
    }
}

/// Each name once, or one of its values is lost.
impl<'a, V> FromIterator<(&'a str, V)> for Table<V> {
    fn from_iter<I: IntoIterator<Item = (&'a str, V)>>(values: I) -> Self {
        let by_name: BTreeMap<&str, V> = values.into_iter().collect();
        let entries = by_name.into_iter();
        let entries =
            entries.map(|(name, value)| Entry { hash: hash(name), name: name.into(), value });
        Self::new(entries.collect())
    }
}

/// The highest bits of a hash.
fn range(hash: u64, shift: u32) -> usize {
    // All bits are moved away where there is one range only.
    hash.checked_shr(shift).and_then(|number| usize::try_from(number).ok()).unwrap_or(0)
}

/// Spreads names over the ranges. It is the same in every run, and easy to find collisions of.
fn hash(name: &str) -> u64 {
    let mut words = name.as_bytes().chunks_exact(size_of::<u64>());
    let mut hash = name.len() as u64;
    for word in &mut words {
        let word = word.try_into().map_or(0, u64::from_le_bytes);
        hash = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        hash ^= hash >> 32;
    }
    let rest = words.remainder().iter().fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
    mixed(hash ^ rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_any_size_know_their_names_and_no_others() {
        for size in [0, 1, 2, 3, 7, 8, 9, 100, 5000] {
            let names: Vec<String> = (0..size).map(|number| format!("name-{number}")).collect();
            let numbered = names.iter().zip(0..).map(|(name, number)| (&**name, number));
            let table: Table<usize> = numbered.collect();
            for (number, name) in names.iter().enumerate() {
                assert_eq!(table.get(name), Some(&number));
            }
            for other in ["", "name", "name-", "name-5000", "Name-1", "name-1 "] {
                assert_eq!(table.get(other), None, "{other} of {size}");
            }
        }
    }

    #[test]
    fn names_of_one_hash_are_told_apart() {
        for hash in [0, 7, u64::MAX] {
            let entries = (0..3000).map(|number| {
                let name = format!("name-{number}").into();
                Entry { hash, name, value: number }
            });
            let table = Table::new(entries.collect());
            for number in 0..3000 {
                assert_eq!(table.find(hash, &format!("name-{number}")), Some(&number));
            }
            assert_eq!(table.find(hash, "name-3000"), None);
            assert_eq!(table.find(hash ^ 1, "name-7"), None);
        }
    }

    #[test]
    fn ranges_hold_few_names() {
        let names: Vec<String> = (0..4096).map(|number| format!("resource-{number}")).collect();
        let table: Table<()> = names.iter().map(|name| (&**name, ())).collect();
        let sizes = table.begins.windows(2).map(|pair| pair[1] - pair[0]);
        assert!(sizes.max().is_some_and(|size| size <= 12));
    }

    #[test]
    fn each_byte_of_a_name_counts() {
        let name = "stytch.organization.of.some.length";
        for length in 0..name.len() {
            let name = &name[..length];
            for place in 0..length {
                let mut other = name.to_owned().into_bytes();
                other[place] ^= 1;
                let other = String::from_utf8(other).unwrap();
                assert_ne!(hash(name), hash(&other), "{name} {other}");
            }
            assert_ne!(hash(name), hash(&format!("{name}\0")));
        }
    }
}
