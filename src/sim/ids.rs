//! Identifiers and chance, all of them following from a seed.
//!
//! What is drawn depends on what it is drawn for, never on when: two machines of different names get the same
//! identifiers whichever is made first, so that a run whose requests overtake each other can be had again. The
//! generator is SplitMix64, a counter and a mixing function: enough for names and dice and nothing secret.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A row of random numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// Dice whose every throw follows from `seed`.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Dice for one purpose, told by its words: other words, other throws.
    pub fn of(seed: u64, words: &[&str]) -> Self {
        // FNV-1a, each word ended so that "ab", "c" is not "a", "bc".
        const PRIME: u64 = 0x0100_0000_01b3;
        let bytes = words.iter().flat_map(|word| word.bytes().chain([0xff]));
        let mixed = bytes.fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(PRIME)
        });
        Self::new(mixed)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Whether something of probability `p` (0 to 1) happens this time.
    pub fn chance(&mut self, p: f64) -> bool {
        // 53 bits: what a double can hold exactly.
        let draw = (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        draw < p
    }

    fn letters(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        let letter = |_| char::from(ALPHABET[(self.next_u64() % ALPHABET.len() as u64) as usize]);
        (0..length).map(letter).collect()
    }
}

/// The source of identifiers; saved with the world so that a later run does not repeat them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ids {
    seed: u64,
    /// How many were drawn, by what they were drawn for.
    drawn: BTreeMap<String, u64>,
}

impl Ids {
    /// A source whose every answer follows from `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            drawn: BTreeMap::new(),
        }
    }

    /// A short lower-case alphanumeric identifier: `prefix` and `length` characters, for something of that name.
    pub fn short(&mut self, prefix: &str, length: usize, of: &str) -> String {
        format!("{prefix}{}", self.dice(prefix, of).letters(length))
    }

    /// A machine's identifier, `ps...`.
    pub fn machine(&mut self, name: &str) -> String {
        self.short("ps", 10, name)
    }

    /// An event's identifier, a UUID; of an event of that name on that machine.
    pub fn event(&mut self, name: &str, machine_id: &str) -> String {
        let mut dice = self.dice(name, machine_id);
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&dice.next_u64().to_be_bytes());
        bytes[8..].copy_from_slice(&dice.next_u64().to_be_bytes());
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    fn dice(&mut self, what: &str, of: &str) -> Dice {
        let count = self.drawn.entry(format!("{what} {of}")).or_default();
        *count += 1;
        Dice::of(self.seed, &[what, of, &count.to_string()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_depend_on_what_they_are_for_and_not_on_the_order() {
        let (mut one, mut other) = (Ids::new(7), Ids::new(7));
        let (a, b) = (one.machine("a"), one.machine("b"));
        assert_eq!((other.machine("b"), other.machine("a")), (b, a.clone()));
        assert_eq!(one.event("create", &a), other.event("create", &a));
        assert_ne!(one.machine("a"), a);
        assert_ne!(Ids::new(8).machine("a"), a);
    }

    #[test]
    fn identifiers_have_the_services_shape() {
        let mut ids = Ids::new(1);
        let machine = ids.machine("box");
        assert!(machine.starts_with("ps") && machine.len() == 12, "{machine}");
        assert!(machine.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()));
        let event = uuid::Uuid::parse_str(&ids.event("create", &machine)).unwrap();
        assert_eq!(event.get_version_num(), 4);
    }

    #[test]
    fn words_are_told_apart_where_they_end() {
        let throw = |words: &[&str]| Dice::of(1, words).next_u64();
        assert_ne!(throw(&["ab", "c"]), throw(&["a", "bc"]));
        assert_eq!(throw(&["a"]), throw(&["a"]));
    }

    #[test]
    fn chance_knows_never_and_always() {
        let mut dice = Dice::new(3);
        assert!((0..100).all(|_| !dice.chance(0.0)));
        assert!((0..100).all(|_| dice.chance(1.0)));
    }
}
