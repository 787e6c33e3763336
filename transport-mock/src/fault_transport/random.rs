//! Faults at random, the same for the same seed.

use crate::fault::Fault;

/// Which requests meet which faults. Each request draws twice, whether it meets one or not: so what
/// the n-th request meets depends on the seed alone.
#[derive(Clone, Debug)]
pub(super) struct Random {
    seed: u64,
    rate: f64,
    faults: Vec<Fault>,
    generator: Generator,
}

impl Random {
    pub(super) fn new(seed: u64, rate: f64, faults: Vec<Fault>) -> Self {
        Self { seed, rate, faults, generator: Generator(seed) }
    }

    pub(super) const fn seed(&self) -> u64 {
        self.seed
    }

    pub(super) const fn rate(&self) -> f64 {
        self.rate
    }

    /// The fault of the next request, if it is to meet one.
    pub(super) fn draw(&mut self) -> Option<Fault> {
        let (chance, choice) = (self.generator.fraction(), self.generator.next());
        if chance >= self.rate {
            return None;
        }
        // There are far fewer faults than numbers, so the remainder favours none that matters.
        let count = u64::try_from(self.faults.len()).unwrap_or(u64::MAX).max(1);
        self.faults.get(usize::try_from(choice % count).unwrap_or_default()).cloned()
    }
}

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
#[derive(Clone, Debug)]
struct Generator(u64);

impl Generator {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to 1, without 1.
    fn fraction(&mut self) -> f64 {
        let bits = u32::try_from(self.next() >> 32).unwrap_or_default();
        f64::from(bits) / (f64::from(u32::MAX) + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Generator;

    #[test]
    fn the_generator_gives_the_published_numbers() {
        let mut generator = Generator(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| generator.next()).collect();
        let published =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(drawn, published);
    }
}
