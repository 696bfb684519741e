//! What the data sources share that find things by their properties: filters, order, and the choice of exactly one.
//!
//! A [`Filter`] is the block's arguments as a model of their own, so that the singular and the plural data source of a
//! kind declare and test them once. Choosing is pure; what there is to choose from is fetched by the data sources.

use std::cmp::Ordering;

use super::likeness::Distance;
use super::name_regex::NameRegex;
use super::region;
use crate::api::Date;
use crate::diag::{Diagnostic, Diagnostics};
use crate::schema::{Check, Model, Schema};
use crate::value::Tf;

/// How many candidates an error lists.
const LISTED: usize = 5;

/// After how many items other work gets its turn. The dearest expression takes some milliseconds for each.
const TURN: usize = 16;

/// Arguments that choose among the items of a kind.
pub(super) trait Filter: Model {
    /// What is chosen among, as a data source tells it.
    type Item: Item;

    /// The name that is asked for.
    fn name(&self) -> &Tf<String>;

    /// The regular expression that a name must match.
    fn name_regex(&self) -> &Tf<String>;

    /// The names of the arguments that an item does not satisfy.
    fn failing(&self, regex: Option<&NameRegex>, item: &Self::Item) -> Vec<&'static str>;

    /// The item's values by the arguments that would ask for them, to tell items apart.
    fn arguments_of(item: &Self::Item) -> Vec<(&'static str, Tf<String>)>;

    /// The items, each with the names of the arguments that it does not satisfy.
    ///
    /// # Errors
    /// An error at `name_regex` where that is no regular expression.
    fn judge(
        &self,
        items: Vec<Self::Item>,
    ) -> impl Future<Output = Result<Vec<Judged<Self::Item>>, Diagnostic>> + Send {
        async {
            let regex = compile(self.name_regex())?;
            let mut judged = Vec::with_capacity(items.len());
            for (before, item) in items.into_iter().enumerate() {
                if before % TURN == TURN - 1 {
                    tokio::task::yield_now().await;
                }
                let failing = self.failing(regex.as_ref(), &item);
                judged.push(Judged { item, failing });
            }
            Ok(judged)
        }
    }

    /// The items that satisfy every argument.
    ///
    /// # Errors
    /// See [`Filter::judge`].
    fn choose(&self, items: Vec<Self::Item>) -> impl Future<Output = Result<Vec<Self::Item>, Diagnostic>> + Send {
        async {
            let judged = self.judge(items).await?;
            let chosen = judged.into_iter().filter(|judged| judged.failing.is_empty());
            Ok(chosen.map(|judged| judged.item).collect())
        }
    }
}

/// An item with what is known of it.
pub(super) struct Judged<T> {
    item: T,
    /// The arguments that it does not satisfy.
    failing: Vec<&'static str>,
}

impl<T> Judged<T> {
    /// Whether it satisfies every argument.
    pub(super) fn is_chosen(&self) -> bool {
        self.failing.is_empty()
    }
}

/// One of the things to choose from.
pub(super) trait Item: Model {
    /// What a thing of this kind is called.
    const NOUN: &'static str;

    /// The id, which no other thing has.
    fn id(&self) -> &str;

    /// The name.
    fn name(&self) -> &str;

    /// When it was made.
    fn created_at(&self) -> Option<&str>;

    /// The same as a moment; `None` where it is not known.
    fn age(&self) -> Option<jiff::Timestamp> {
        self.created_at().and_then(|date| Date::from(date).instant())
    }
}

/// Declares `name_regex` for a field.
pub(super) fn declare_name_regex<M: Model>(s: &mut Schema<M>, noun: &str, lens: fn(&mut M) -> &mut Tf<String>) {
    s.attr("name_regex", lens)
        .check(Check::Custom("", |value| match value.as_str() {
            Some(text) => NameRegex::parse(text).map(drop),
            None => Ok(()),
        }))
        .doc(format!(
            "Only {noun}s whose name matches this regular expression, anywhere in the name unless `^` and `$` bind it."
        ));
}

fn compile(pattern: &Tf<String>) -> Result<Option<NameRegex>, Diagnostic> {
    let regex = pattern.as_deref().map(NameRegex::parse).transpose();
    regex.map_err(|clause| Diagnostic::error("Invalid Value", format!("`name_regex` {clause}.")).at("name_regex"))
}

/// The names whose test failed.
pub(super) fn failing<const N: usize>(tests: [(&'static str, bool); N]) -> Vec<&'static str> {
    let failed = tests.into_iter().filter(|(_, passed)| !passed);
    failed.map(|(name, _)| name).collect()
}

/// Whether an argument is not set or is exactly this.
pub(super) fn is<T: PartialEq>(wanted: &Tf<T>, value: &Tf<T>) -> bool {
    wanted.known().is_none_or(|wanted| value.known() == Some(wanted))
}

/// Whether an argument is not set or is this but for upper and lower case.
pub(super) fn is_ignoring_case(wanted: &Tf<String>, value: &Tf<String>) -> bool {
    let same = |wanted: &str| value.as_deref().is_some_and(|value| value.eq_ignore_ascii_case(wanted));
    wanted.as_deref().is_none_or(same)
}

/// Whether an argument is not set or names this region in any spelling.
pub(super) fn is_region(wanted: &Tf<String>, value: &Tf<String>) -> bool {
    let same = |wanted: &str| {
        value
            .as_deref()
            .is_some_and(|value| region::slug(value) == region::slug(wanted))
    };
    wanted.as_deref().is_none_or(same)
}

/// Whether there is no expression or the name matches it.
pub(super) fn matches(regex: Option<&NameRegex>, name: &Tf<String>) -> bool {
    regex.is_none_or(|regex| regex.matches(name.as_deref().unwrap_or_default()))
}

/// The arguments that say how a result is ordered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sorting {
    pub sort_by: Tf<String>,
    pub order: Tf<String>,
}

impl Model for Sorting {
    fn declare(s: &mut Schema<Self>) {
        s.attr("sort_by", |m| &mut m.sort_by)
            .one_of(&["name", "created_at"])
            .doc("What the result is ordered by, `name` by default. What is equal in it is ordered by id.");
        s.attr("order", |m| &mut m.order)
            .one_of(&["asc", "desc"])
            .doc("Whether the order is ascending, which is the default, or descending.");
    }
}

impl Sorting {
    /// Orders items, the same way at each run whatever the order in which the service gave them. Those without a date
    /// come last when ordered by it.
    pub(super) fn sort<T: Item>(&self, items: &mut [T]) {
        let descending = self.order.as_deref() == Some("desc");
        let directed = |order: Ordering| if descending { order.reverse() } else { order };
        let by_age = self.sort_by.as_deref() == Some("created_at");
        items.sort_by(|a, b| {
            let order = if by_age {
                match (a.age(), b.age()) {
                    (Some(a), Some(b)) => directed(a.cmp(&b)),
                    (a, b) => a.is_none().cmp(&b.is_none()),
                }
            } else {
                directed(a.name().cmp(b.name()))
            };
            order.then_with(|| a.id().cmp(b.id()))
        });
    }
}

/// The most recent of the items; of several made in the same moment, and of such without a date, the one with the
/// greatest id.
pub(super) fn most_recent<T: Item>(items: Vec<T>) -> Option<T> {
    items
        .into_iter()
        .max_by(|a, b| a.age().cmp(&b.age()).then_with(|| a.id().cmp(b.id())))
}

/// Tests that either the id or something to choose by is set, and not both. What is unknown may turn out to be set.
pub(super) fn validate_choice<F: Filter>(key: &'static str, id: &Tf<String>, filter: &F) -> Diagnostics {
    let noun = F::Item::NOUN;
    let set = set_arguments(filter);
    let mut diagnostics = Diagnostics::new();
    if id.is_known() && !set.is_empty() {
        let detail = format!(
            "`{key}` names one {noun} by itself, so nothing else can be asked of it. Remove `{key}`, or remove {}.",
            quoted(&set, "and")
        );
        diagnostics.push(Diagnostic::error("Conflicting Arguments", detail).at(key));
    }
    if id.is_null() && set.is_empty() {
        let all: Vec<_> = F::schema()
            .block()
            .attributes
            .iter()
            .map(|attribute| attribute.name)
            .collect();
        let detail = format!(
            "Nothing says which {noun} is meant. Set `{key}`, or one or more of {}.",
            quoted(&all, "and")
        );
        diagnostics.push(Diagnostic::error("Missing Argument", detail));
    }
    diagnostics
}

/// The names of the arguments that are not null.
fn set_arguments<M: Model>(arguments: &M) -> Vec<&'static str> {
    let values = M::schema().encode(arguments);
    let attributes = M::schema().block().attributes.iter();
    attributes
        .map(|attribute| attribute.name)
        .filter(|name| values.get(name).is_some_and(|value| !value.is_null()))
        .collect()
}

/// The one item that satisfies every argument.
///
/// # Errors
/// Where there is none, an error that lists what came nearest and why it does not do; where there are several, one that
/// lists them and names the arguments that would tell them apart. `hint` is a further way out of the latter.
pub(super) async fn exactly_one<F: Filter>(filter: &F, items: Vec<F::Item>, hint: &str) -> Result<F::Item, Diagnostic> {
    let judged = filter.judge(items).await?;
    let (found, mut others): (Vec<_>, Vec<_>) = judged.into_iter().partition(|judged| judged.failing.is_empty());
    let mut found: Vec<_> = found.into_iter().map(|judged| judged.item).collect();
    match found.len() {
        1 => Ok(found.swap_remove(0)),
        0 => {
            let wanted = filter.name().as_deref();
            others.sort_by_cached_key(|judged| farness(wanted, judged));
            Err(none_found::<F>(&others))
        }
        _ => {
            Sorting::default().sort(&mut found);
            Err(several_found::<F>(&found, hint))
        }
    }
}

/// How far an item is from what was asked for: the fewer arguments it does not satisfy, the nearer it is, and of several the
/// one whose name is more alike.
fn farness<T: Item>(wanted: Option<&str>, Judged { item, failing }: &Judged<T>) -> impl Ord + use<T> {
    let distance = wanted.map(|wanted| Distance::between(wanted, item.name()));
    (failing.len(), distance, item.name().to_owned(), item.id().to_owned())
}

fn none_found<F: Filter>(others: &[Judged<F::Item>]) -> Diagnostic {
    let noun = F::Item::NOUN;
    let detail = if others.is_empty() {
        format!("There is no {noun} at all that the API key can see here. Check that the key is of the right team.")
    } else {
        let nearest = listed(others, |Judged { item, failing }| {
            format!("{}: not {}", line::<F>(item), quoted(failing, "and"))
        });
        format!(
            "No {noun} satisfies all arguments. These come nearest, each with the arguments that it does not satisfy:\n\n\
             {nearest}\n\nCorrect or remove these arguments, or check that the API key is of the right team."
        )
    };
    Diagnostic::error(format!("No {} Found", capitalised(noun)), detail)
}

fn several_found<F: Filter>(found: &[F::Item], hint: &str) -> Diagnostic {
    let noun = F::Item::NOUN;
    let first = F::arguments_of(&found[0]);
    let telling: Vec<_> = first
        .iter()
        .enumerate()
        .filter(|(at, (_, value))| found.iter().any(|item| F::arguments_of(item)[*at].1 != *value))
        .map(|(_, (name, _))| *name)
        .collect();
    let narrow = if telling.is_empty() {
        "They do not differ in anything that can be asked for: choose one by `id`".to_owned()
    } else {
        format!(
            "They differ in {}: set one of these, or choose one by `id`",
            quoted(&telling, "and")
        )
    };
    Diagnostic::error(
        format!("Several {}s Found", capitalised(noun)),
        format!(
            "{} {noun}s satisfy the arguments, and exactly one is needed:\n\n{}\n\n{narrow}{hint}.",
            found.len(),
            listed(found, line::<F>)
        ),
    )
}

/// An item with what could be asked for to get it.
fn line<F: Filter>(item: &F::Item) -> String {
    let mut line = item.id().to_owned();
    for (name, value) in F::arguments_of(item) {
        if let Some(value) = value.as_deref() {
            line.push_str(&format!(", {name} = {value:?}"));
        }
    }
    if let Some(created_at) = item.created_at() {
        line.push_str(&format!(", created {created_at}"));
    }
    line
}

fn listed<T>(items: &[T], line: impl Fn(&T) -> String) -> String {
    let mut lines: Vec<_> = items
        .iter()
        .take(LISTED)
        .map(|item| format!("  - {}", line(item)))
        .collect();
    if items.len() > LISTED {
        lines.push(format!("  - and {} more", items.len() - LISTED));
    }
    lines.join("\n")
}

fn quoted(names: &[&str], conjunction: &str) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} {conjunction} {last}", rest.join(", ")),
    }
}

pub(super) fn capitalised(noun: &str) -> String {
    let mut letters = noun.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests;
