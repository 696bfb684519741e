//! When two values are equal, and an order that agrees with it.
//!
//! Terraform orders only numbers. The order of other values is arbitrary but total; it serves to find duplicates in
//! large sets and to compare sets without looking at each pair.

use std::cmp::Ordering;

use super::Value;

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.cmp(b),
            (Self::String(a), Self::String(b)) => a.cmp(b),
            (Self::List(a), Self::List(b)) | (Self::Tuple(a), Self::Tuple(b)) => a.cmp(b),
            (Self::Set(a), Self::Set(b)) => members(a).cmp(&members(b)),
            (Self::Map(a), Self::Map(b)) | (Self::Object(a), Self::Object(b)) => a.cmp(b),
            (Self::Dynamic(a), Self::Dynamic(b)) => a.cmp(b),
            (a, b) => rank(a).cmp(&rank(b)),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Unknown(_) => 1,
        Value::Bool(_) => 2,
        Value::Number(_) => 3,
        Value::String(_) => 4,
        Value::List(_) => 5,
        Value::Set(_) => 6,
        Value::Tuple(_) => 7,
        Value::Map(_) => 8,
        Value::Object(_) => 9,
        Value::Dynamic(_) => 10,
    }
}

/// The members of a set in order, each once. Values with something unknown in them are all kept: two of them may turn
/// out to differ.
fn members(elements: &[Value]) -> Vec<&Value> {
    let mut members: Vec<&Value> = elements.iter().collect();
    members.sort();
    members.dedup_by(|later, earlier| later == earlier && earlier.is_wholly_known());
    members
}

/// Removes duplicates from the elements of a set and keeps the order of the rest.
pub(super) fn deduplicate(elements: &mut Vec<Value>) {
    let mut order: Vec<usize> = (0..elements.len()).collect();
    // The sort is stable, so that of equal elements the first stays.
    order.sort_by(|a, b| elements[*a].cmp(&elements[*b]));
    let mut kept = vec![true; elements.len()];
    for pair in order.windows(2) {
        let (earlier, later) = (&elements[pair[0]], &elements[pair[1]]);
        kept[pair[1]] = earlier != later || !later.is_wholly_known();
    }
    let mut kept = kept.into_iter();
    elements.retain(|_| kept.next().unwrap_or(true));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Type;

    fn set<const N: usize>(elements: [Value; N]) -> Value {
        Value::Set(elements.into())
    }

    #[test]
    fn sets_are_equal_in_any_order_and_with_duplicates() {
        assert_eq!(set(["a".into(), "b".into()]), set(["b".into(), "a".into(), "b".into()]));
        assert_ne!(set(["a".into()]), set(["a".into(), "b".into()]));
        assert_eq!(set([set([1.into(), 2.into()])]), set([set([2.into(), 1.into()])]));
        assert_ne!(
            Value::List(vec![1.into(), 2.into()]),
            Value::List(vec![2.into(), 1.into()])
        );
    }

    #[test]
    fn unknown_elements_of_a_set_are_counted() {
        assert_ne!(set([Value::unknown(), Value::unknown()]), set([Value::unknown()]));
        assert_eq!(set([Value::unknown(), 1.into()]), set([1.into(), Value::unknown()]));
    }

    #[test]
    fn numbers_are_equal_by_value_and_kinds_differ() {
        let number = |text: &str| Value::Number(text.parse().unwrap());
        assert_eq!(number("1.50"), number("15e-1"));
        assert_ne!(Value::from("1"), Value::from(1));
        assert_ne!(Value::Null, Value::unknown());
        assert_ne!(Value::List(vec![]), Value::Tuple(vec![]));
        assert_ne!(Value::Dynamic(Box::new((Type::String, "a".into()))), Value::from("a"));
    }

    #[test]
    fn deduplication_keeps_the_first_and_everything_unknown() {
        let mut elements = vec![
            "b".into(),
            Value::unknown(),
            "a".into(),
            "b".into(),
            Value::unknown(),
            "a".into(),
        ];
        deduplicate(&mut elements);
        assert_eq!(elements, ["b".into(), Value::unknown(), "a".into(), Value::unknown()]);
    }
}
