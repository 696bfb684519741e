//! What goes wrong with one request on its way: a single general rule, and the table that decides which one fires.
//!
//! A rule says which requests it is about, which of those it hits, and what then happens. Deciding is pure, but for a
//! throw of seeded dice; carrying an effect out is `http`'s part. Habits of the service itself are
//! [`quirks`](super::quirks).

use serde::{Deserialize, Serialize};

use super::ids::Ids;

/// What happens to a request that is hit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Effect {
    /// This status is answered.
    Status {
        /// The status code.
        code: u16,
        /// The value of a `Retry-After` header: seconds or an HTTP date.
        #[serde(default)]
        retry_after: Option<String>,
        /// The body, sent as it is; without it, the service's usual error object.
        #[serde(default)]
        body: Option<String>,
        /// Whether the service had acted before, as when a gateway gives up waiting for it.
        #[serde(default)]
        acted: bool,
    },
    /// The request is served after so many milliseconds.
    Delay(u64),
    /// The connection is closed without an answer, and nothing was done.
    DropBeforeAct,
    /// The service acts, and the connection is closed without an answer.
    DropAfterAct,
    /// The service acts; its answer promises more bytes than come before the connection closes.
    Truncate,
    /// The service acts; a page of HTML is answered in its stead, with status 200.
    Garbage,
    /// There is never an answer, and nothing is done, until the client leaves or the simulator stops.
    Hang,
}

impl Effect {
    /// A plain status, with nothing done.
    pub fn status(code: u16) -> Self {
        Self::Status {
            code,
            retry_after: None,
            body: None,
            acted: false,
        }
    }

    /// A plain status, after the service acted.
    pub fn status_after_act(code: u16) -> Self {
        Self::Status {
            code,
            retry_after: None,
            body: None,
            acted: true,
        }
    }

    /// A status with a `Retry-After` header.
    pub fn retry_after(code: u16, retry_after: impl Into<String>) -> Self {
        Self::Status {
            code,
            retry_after: Some(retry_after.into()),
            body: None,
            acted: false,
        }
    }
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// The method it is about; without it every method.
    #[serde(default)]
    pub method: Option<String>,
    /// The path below the base URL. `*` stands for one segment or a part of one, `**` for any rest.
    pub path: String,
    /// Hits begin at this one of the matching requests, counted from 1. With neither `limit` nor `probability` it is
    /// the only one hit.
    #[serde(default)]
    pub nth: Option<u32>,
    /// Hits happen by chance, with this probability from 0 to 1.
    #[serde(default)]
    pub probability: Option<f64>,
    /// At most so many hits.
    #[serde(default)]
    pub limit: Option<u32>,
    /// What happens.
    pub effect: Effect,
}

impl Fault {
    /// A rule for every request of this method (`*`: of any) and path pattern.
    pub fn on(method: &str, path: impl Into<String>, effect: Effect) -> Self {
        let method = (method != "*").then(|| method.to_owned());
        Self {
            method,
            path: path.into(),
            nth: None,
            probability: None,
            limit: None,
            effect,
        }
    }

    /// Only the nth match, counted from 1; with a limit, that many from there on.
    #[must_use]
    pub fn nth(mut self, nth: u32) -> Self {
        self.nth = Some(nth);
        self
    }

    /// At most so many hits.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// By chance.
    #[must_use]
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        self.method
            .as_deref()
            .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && path_matches(&self.path, path)
    }
}

/// Whether a path fits a pattern.
fn path_matches(pattern: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    for wanted in pattern.split('/') {
        if wanted == "**" {
            return true;
        }
        if !segments.next().is_some_and(|segment| segment_matches(wanted, segment)) {
            return false;
        }
    }
    segments.next().is_none()
}

/// Whether one segment fits, each `*` standing for any number of characters.
fn segment_matches(pattern: &str, segment: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == segment;
    };
    let Some(remaining) = segment.strip_prefix(head) else {
        return false;
    };
    let mut starts = remaining.char_indices().map(|(at, _)| at).chain([remaining.len()]);
    starts.any(|at| segment_matches(rest, &remaining[at..]))
}

/// A rule in the table, with what has come of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// Names the rule when it is to be removed.
    pub id: u64,
    /// The rule.
    pub rule: Fault,
    /// How many requests it was about.
    pub matched: u32,
    /// How many it hit.
    pub hits: u32,
}

/// All rules, in the order in which they were added.
#[derive(Clone, Debug)]
pub struct FaultTable {
    rules: Vec<Standing>,
    next_id: u64,
    dice: Ids,
}

impl FaultTable {
    /// An empty table, its dice seeded.
    pub fn new(seed: u64) -> Self {
        // Another stream than that of the identifiers, so that a fault does not rename machines.
        Self {
            rules: Vec::new(),
            next_id: 1,
            dice: Ids::new(seed ^ 0xfa17),
        }
    }

    /// Adds a rule and answers its id.
    pub fn add(&mut self, rule: Fault) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.rules.push(Standing {
            id,
            rule,
            matched: 0,
            hits: 0,
        });
        id
    }

    /// Removes one rule.
    pub fn remove(&mut self, id: u64) {
        self.rules.retain(|standing| standing.id != id);
    }

    /// Removes all rules.
    pub fn clear(&mut self) {
        self.rules.clear();
    }

    /// The rules and what has come of them.
    pub fn rules(&self) -> &[Standing] {
        &self.rules
    }

    /// What happens to this request. Every rule that is about it counts it; the first one that hits decides.
    pub fn pick(&mut self, method: &str, path: &str) -> Option<Effect> {
        let mut effect = None;
        for standing in &mut self.rules {
            if !standing.rule.matches(method, path) {
                continue;
            }
            standing.matched += 1;
            if effect.is_none() && hits(standing, &mut self.dice) {
                standing.hits += 1;
                effect = Some(standing.rule.effect.clone());
            }
        }
        effect
    }
}

fn hits(standing: &Standing, dice: &mut Ids) -> bool {
    let Fault {
        nth,
        probability,
        limit,
        ..
    } = &standing.rule;
    let limit = match (limit, nth, probability) {
        (None, Some(_), None) => Some(1),
        (limit, ..) => *limit,
    };
    if nth.is_some_and(|nth| standing.matched < nth) || limit.is_some_and(|limit| standing.hits >= limit) {
        return false;
    }
    probability.is_none_or(|probability| dice.chance(probability))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_by_segment() {
        assert!(path_matches("/machines", "/machines"));
        assert!(!path_matches("/machines", "/machines/ps1"));
        assert!(path_matches("/machines/*", "/machines/ps1"));
        assert!(!path_matches("/machines/*", "/machines"));
        assert!(!path_matches("/machines/*", "/machines/ps1/start"));
        assert!(path_matches("/machines/*/st*", "/machines/ps1/stop"));
        assert!(path_matches("/machines/**", "/machines/ps1/start"));
        assert!(path_matches("/**", "/anything"));
        assert!(path_matches("/*-templates", "/os-templates"));
        assert!(!path_matches("/*-templates", "/templates"));
    }

    fn hits_of(rule: Fault, requests: usize) -> Vec<usize> {
        let mut table = FaultTable::new(1);
        table.add(rule);
        (1..=requests)
            .filter(|_| table.pick("GET", "/machines").is_some())
            .collect()
    }

    #[test]
    fn nth_and_limit_choose_among_the_matches() {
        let rule = || Fault::on("GET", "/machines", Effect::Hang);
        assert_eq!(hits_of(rule(), 3), [1, 2, 3]);
        assert_eq!(hits_of(rule().nth(2), 4), [2]);
        assert_eq!(hits_of(rule().nth(2).limit(2), 5), [2, 3]);
        assert_eq!(hits_of(rule().limit(1), 3), [1]);
        assert_eq!(hits_of(Fault::on("POST", "/machines", Effect::Hang), 3), [0usize; 0]);
    }

    #[test]
    fn chance_is_the_same_in_every_run() {
        let rule = || Fault::on("*", "/**", Effect::DropAfterAct).probability(0.5);
        let hits = hits_of(rule(), 100);
        assert_eq!(hits, hits_of(rule(), 100));
        assert!((20..80).contains(&hits.len()), "{}", hits.len());
    }

    #[test]
    fn rules_read_from_json() {
        let rules: Vec<Fault> = serde_json::from_str(
            r#"[{"method": "POST", "path": "/machines", "nth": 1, "effect": "dropAfterAct"},
                {"path": "/**", "probability": 0.1, "effect": {"status": {"code": 429, "retryAfter": "1"}}},
                {"path": "/machines/*", "limit": 2, "effect": {"delay": 50}}]"#,
        )
        .unwrap();
        assert_eq!(rules[0], Fault::on("POST", "/machines", Effect::DropAfterAct).nth(1));
        assert_eq!(rules[1].effect, Effect::retry_after(429, "1"));
        assert_eq!(rules[2].effect, Effect::Delay(50));
    }
}
