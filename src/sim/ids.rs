//! Identifiers and chance, from one small seeded generator, so that the same run gives the same ids and the same faults.
//!
//! The generator is SplitMix64: a counter and a mixing function, enough for names and dice and nothing secret. This
//! module knows what the service's identifiers look like and nothing of what they name.

use serde::{Deserialize, Serialize};

/// The generator's whole state; saved with the world so that a later run does not repeat ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ids {
    state: u64,
}

impl Ids {
    /// A generator whose every answer follows from `seed`.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
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

    /// A short lower-case alphanumeric identifier: `prefix` and `length` characters.
    pub fn short(&mut self, prefix: &str, length: usize) -> String {
        const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        let mut id = String::from(prefix);
        for _ in 0..length {
            let index = (self.next_u64() % ALPHABET.len() as u64) as usize;
            id.push(char::from(ALPHABET[index]));
        }
        id
    }

    /// A machine's identifier, `ps...`.
    pub fn machine(&mut self) -> String {
        self.short("ps", 10)
    }

    /// A template's identifier, `t...`.
    pub fn template(&mut self) -> String {
        self.short("t", 7)
    }

    /// An event's identifier, a UUID.
    pub fn event(&mut self) -> String {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.next_u64().to_be_bytes());
        bytes[8..].copy_from_slice(&self.next_u64().to_be_bytes());
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_ids() {
        let (mut one, mut other) = (Ids::new(7), Ids::new(7));
        assert_eq!(one.machine(), other.machine());
        assert_eq!(one.event(), other.event());
        assert_ne!(one.machine(), one.machine());
    }

    #[test]
    fn identifiers_have_the_services_shape() {
        let mut ids = Ids::new(1);
        let machine = ids.machine();
        assert!(machine.starts_with("ps") && machine.len() == 12, "{machine}");
        assert!(machine.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()));
        assert!(ids.template().starts_with('t'));
        let event = uuid::Uuid::parse_str(&ids.event()).unwrap();
        assert_eq!(event.get_version_num(), 4);
    }

    #[test]
    fn chance_knows_never_and_always() {
        let mut ids = Ids::new(3);
        assert!((0..100).all(|_| !ids.chance(0.0)));
        assert!((0..100).all(|_| ids.chance(1.0)));
    }
}
