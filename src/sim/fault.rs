//! What goes wrong with one request on its way: a single general rule, and the table that decides which one fires.
//!
//! A rule says which requests it is about, which of those it hits, and what then happens. Deciding is pure: chance
//! follows from the seed, the rule, the request's method and path, and how many such requests there have been, so that
//! a run can be had again even though requests overtake each other. Carrying an effect out is `http`'s part; habits of
//! the service itself are [`quirks`](super::quirks).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ids::Dice;

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
        /// The body, sent as it is: as JSON if it begins with a brace, else as a page of HTML. Without it, the
        /// service's usual error object.
        #[serde(default)]
        body: Option<String>,
        /// Whether the service had acted before, as when a gateway gives up waiting for it.
        #[serde(default)]
        acted: bool,
    },
    /// A redirect (302) to this address is answered, and nothing was done.
    Redirect(String),
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

    /// A status with a body of its own, JSON or HTML, with nothing done.
    pub fn body(code: u16, body: impl Into<String>) -> Self {
        Self::Status {
            code,
            retry_after: None,
            body: Some(body.into()),
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

    /// Why the rule could never hit a request of an API of these methods and paths, if it could not. A segment in
    /// braces stands for any.
    pub(crate) fn futility<'a>(&self, operations: impl Iterator<Item = (&'a str, &'a str)>) -> Option<String> {
        if self.nth == Some(0) {
            return Some("nth: requests are counted from 1".to_owned());
        }
        if self.limit == Some(0) {
            return Some("limit: 0 hits nothing".to_owned());
        }
        if self.probability.is_some_and(|p| !(p > 0.0 && p <= 1.0)) {
            return Some("probability: must be above 0 and at most 1".to_owned());
        }
        if let Effect::Status { code, .. } = self.effect
            && !(200..=599).contains(&code)
        {
            return Some(format!("effect: {code} is no status of an answer"));
        }
        let of_path: Vec<&str> = operations
            .filter(|(_, path)| pattern_covers(&self.path, path))
            .map(|(method, _)| method)
            .collect();
        let methods = of_path.join(", ");
        match &self.method {
            _ if of_path.is_empty() => Some(format!(
                "path: the API has no path like {}; paths begin below the base URL, as in /machines/*",
                self.path
            )),
            Some(method) if !of_path.iter().any(|known| known.eq_ignore_ascii_case(method)) => Some(format!(
                "method: the API knows {} only with {methods}, not with {method}",
                self.path
            )),
            _ => None,
        }
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        self.method
            .as_deref()
            .is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && pattern_covers(&self.path, path)
    }
}

/// Whether a path fits a pattern, or, where a segment of the path stands in braces, might.
fn pattern_covers(pattern: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    for wanted in pattern.split('/') {
        if wanted == "**" {
            return true;
        }
        let fits = |segment: &str| segment.starts_with('{') || segment_matches(wanted, segment);
        if !segments.next().is_some_and(fits) {
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
    seed: u64,
    /// How many requests there have been, by method and path.
    seen: BTreeMap<String, u64>,
}

impl FaultTable {
    /// An empty table, its chances following from the seed.
    pub fn new(seed: u64) -> Self {
        Self {
            rules: Vec::new(),
            next_id: 1,
            seed,
            seen: BTreeMap::new(),
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
        let line = format!("{method} {path}");
        let count = self.seen.entry(line.clone()).or_default();
        *count += 1;
        let count = count.to_string();
        let mut effect = None;
        for standing in &mut self.rules {
            if !standing.rule.matches(method, path) {
                continue;
            }
            standing.matched += 1;
            let mut dice = Dice::of(self.seed, &["fault", &standing.id.to_string(), &line, &count]);
            if effect.is_none() && hits(standing, &mut dice) {
                standing.hits += 1;
                effect = Some(standing.rule.effect.clone());
            }
        }
        effect
    }
}

fn hits(standing: &Standing, dice: &mut Dice) -> bool {
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
        for (pattern, path, fits) in [
            ("/machines", "/machines", true),
            ("/machines", "/machines/ps1", false),
            ("/machines/*", "/machines/ps1", true),
            ("/machines/*", "/machines", false),
            ("/machines/*", "/machines/ps1/start", false),
            ("/machines/*/st*", "/machines/ps1/stop", true),
            ("/machines/**", "/machines/ps1/start", true),
            ("/**", "/anything", true),
            ("/*-templates", "/os-templates", true),
            ("/*-templates", "/templates", false),
        ] {
            assert_eq!(pattern_covers(pattern, path), fits, "{pattern} {path}");
        }
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
    fn the_first_rule_that_hits_decides_and_the_others_wait_for_their_turn() {
        let mut table = FaultTable::new(1);
        table.add(Fault::on("GET", "/machines", Effect::Hang).limit(1));
        table.add(Fault::on("*", "/**", Effect::Truncate).limit(1));
        let picked = [(); 3].map(|()| table.pick("GET", "/machines"));
        assert_eq!(picked, [Some(Effect::Hang), Some(Effect::Truncate), None]);
        let counts: Vec<_> = table.rules().iter().map(|rule| (rule.matched, rule.hits)).collect();
        assert_eq!(counts, [(3, 1), (3, 1)]);
    }

    #[test]
    fn chance_knows_no_order_of_arrival() {
        let hit = |lines: &[&str]| {
            let mut table = FaultTable::new(5);
            table.add(Fault::on("*", "/**", Effect::Hang).probability(0.5));
            let mut hit: Vec<String> = Vec::new();
            let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
            for line in lines {
                let count = seen.entry(line).or_default();
                *count += 1;
                if table.pick("GET", line).is_some() {
                    hit.push(format!("{line} {count}"));
                }
            }
            hit.sort();
            hit
        };
        let (a, b) = (["/machines/a"; 40], ["/machines/b"; 40]);
        let in_turn: Vec<&str> = a.into_iter().zip(b).flat_map(|(a, b)| [a, b]).collect();
        let hits = hit(&[a, b].concat());
        assert_eq!(hits, hit(&in_turn));
        assert!((20..60).contains(&hits.len()), "{hits:?}");
    }

    #[test]
    fn rules_throw_dice_of_their_own() {
        let mut table = FaultTable::new(1);
        for _ in 0..2 {
            table.add(Fault::on("GET", "/machines", Effect::Hang).probability(0.5));
        }
        let hits = (0..400).filter(|_| table.pick("GET", "/machines").is_some()).count();
        assert!((260..340).contains(&hits), "about three in four: {hits}");
    }

    #[test]
    fn a_rule_that_can_hit_nothing_is_told_with_a_reason() {
        let operations = [
            ("GET", "/machines"),
            ("GET", "/machines/{id}"),
            ("PATCH", "/machines/{id}/start"),
        ];
        let futility = |rule: &Fault| rule.futility(operations.into_iter());
        let rule = |method: &str, path: &str| Fault::on(method, path, Effect::Hang);
        for fine in [
            rule("GET", "/machines"),
            rule("get", "/machines/ps1"),
            rule("*", "/**"),
            rule("PATCH", "/machines/*/*"),
            rule("GET", "/machines/*").nth(1).limit(1).probability(1.0),
        ] {
            assert_eq!(futility(&fine), None, "{fine:?}");
        }
        for (vain, why) in [
            (rule("GET", "machines"), "no path like machines"),
            (rule("GET", "/v1/machines"), "no path like /v1/machines"),
            (
                rule("POST", "/machines"),
                "knows /machines only with GET, not with POST",
            ),
            (rule("GET", "/machines").nth(0), "counted from 1"),
            (rule("GET", "/machines").limit(0), "hits nothing"),
            (rule("GET", "/machines").probability(0.0), "above 0"),
            (rule("GET", "/machines").probability(1.5), "at most 1"),
            (rule("GET", "/machines").probability(f64::NAN), "above 0"),
            (Fault::on("GET", "/machines", Effect::status(99)), "99 is no status"),
        ] {
            let told = futility(&vain).unwrap_or_default();
            assert!(told.contains(why), "{vain:?}: {told}");
        }
    }

    #[test]
    fn rules_read_from_json() {
        let rules: Vec<Fault> = serde_json::from_str(
            r#"[{"method": "POST", "path": "/machines", "nth": 1, "effect": "dropAfterAct"},
                {"path": "/**", "probability": 0.1, "effect": {"status": {"code": 429, "retryAfter": "1"}}},
                {"path": "/machines/*", "limit": 2, "effect": {"delay": 50}},
                {"path": "/machines/*", "effect": {"redirect": "/login"}}]"#,
        )
        .unwrap();
        assert_eq!(rules[0], Fault::on("POST", "/machines", Effect::DropAfterAct).nth(1));
        assert_eq!(rules[1].effect, Effect::retry_after(429, "1"));
        assert_eq!(rules[2].effect, Effect::Delay(50));
        assert_eq!(rules[3].effect, Effect::Redirect("/login".to_owned()));
    }
}
