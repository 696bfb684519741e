//! What the data sources share that find things by their properties: filters, order, and the choice of exactly one.
//!
//! A [`Filter`] is the block's arguments as a model of their own, so that the singular and the plural data source of a
//! kind declare and test them once. Choosing is pure; what there is to choose from is fetched by the data sources.

use std::cmp::Ordering;

use regex_lite::Regex;

use super::region;
use crate::api::Date;
use crate::diag::{Diagnostic, Diagnostics};
use crate::schema::{Check, Model, Schema};
use crate::value::Tf;

/// How many candidates an error lists.
const LISTED: usize = 10;

/// Arguments that choose among the items of a kind.
pub(super) trait Filter: Model {
    /// What is chosen among, as a data source tells it.
    type Item: Item;

    /// The regular expression that a name must match.
    fn name_regex(&self) -> &Tf<String>;

    /// The names of the arguments that an item does not satisfy.
    fn failing(&self, regex: Option<&Regex>, item: &Self::Item) -> Vec<&'static str>;

    /// The item's values by the arguments that would ask for them, to tell items apart.
    fn arguments_of(item: &Self::Item) -> Vec<(&'static str, Tf<String>)>;

    /// The items that satisfy every argument.
    ///
    /// # Errors
    /// An error at `name_regex` where that is no regular expression.
    fn choose(&self, mut items: Vec<Self::Item>) -> Result<Vec<Self::Item>, Diagnostic> {
        let regex = compile(self.name_regex())?;
        items.retain(|item| self.failing(regex.as_ref(), item).is_empty());
        Ok(items)
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
            Some(text) => parse(text).map(drop),
            None => Ok(()),
        }))
        .doc(format!(
            "Only {noun}s whose name matches this regular expression, anywhere in the name unless `^` and `$` bind it."
        ));
}

fn parse(text: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|error| format!("must be a regular expression ({error}), but is \"{text}\""))
}

fn compile(pattern: &Tf<String>) -> Result<Option<Regex>, Diagnostic> {
    let regex = pattern.as_deref().map(parse).transpose();
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
pub(super) fn matches(regex: Option<&Regex>, name: &Tf<String>) -> bool {
    regex.is_none_or(|regex| regex.is_match(name.as_deref().unwrap_or_default()))
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
pub(super) fn validate_choice<F: Filter>(id: &Tf<String>, filter: &F) -> Diagnostics {
    let noun = F::Item::NOUN;
    let set = set_arguments(filter);
    let mut diagnostics = Diagnostics::new();
    if id.is_known() && !set.is_empty() {
        let detail = format!(
            "`id` names one {noun} by itself, so nothing else can be asked of it. Remove `id`, or remove {}.",
            quoted(&set, "and")
        );
        diagnostics.push(Diagnostic::error("Conflicting Arguments", detail).at("id"));
    }
    if id.is_null() && set.is_empty() {
        let all: Vec<_> = F::schema()
            .block()
            .attributes
            .iter()
            .map(|attribute| attribute.name)
            .collect();
        let detail = format!(
            "Nothing says which {noun} is meant. Set `id`, or one or more of {}.",
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
pub(super) fn exactly_one<F: Filter>(filter: &F, items: Vec<F::Item>, hint: &str) -> Result<F::Item, Diagnostic> {
    let regex = compile(filter.name_regex())?;
    let failing = |item: &F::Item| filter.failing(regex.as_ref(), item);
    let (mut found, mut others): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| failing(item).is_empty());
    Sorting::default().sort(&mut found);
    match found.len() {
        1 => Ok(found.swap_remove(0)),
        0 => {
            Sorting::default().sort(&mut others);
            others.sort_by_key(|item| failing(item).len());
            Err(none_found::<F>(&others, failing))
        }
        _ => Err(several_found::<F>(&found, hint)),
    }
}

fn none_found<F: Filter>(others: &[F::Item], failing: impl Fn(&F::Item) -> Vec<&'static str>) -> Diagnostic {
    let noun = F::Item::NOUN;
    let detail = if others.is_empty() {
        format!("There is no {noun} at all that the API key can see here. Check that the key is of the right team.")
    } else {
        let nearest = listed(others, |item| {
            format!("{}: not {}", line::<F>(item), quoted(&failing(item), "and"))
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

fn capitalised(noun: &str) -> String {
    let mut letters = noun.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, Default, PartialEq)]
    struct Thing {
        id: String,
        name: Tf<String>,
        colour: Tf<String>,
        created_at: Option<&'static str>,
    }

    impl Model for Thing {
        fn declare(s: &mut Schema<Self>) {
            s.attr("name", |m| &mut m.name);
        }
    }

    impl Item for Thing {
        const NOUN: &'static str = "thing";

        fn id(&self) -> &str {
            &self.id
        }

        fn name(&self) -> &str {
            self.name.as_deref().unwrap()
        }

        fn created_at(&self) -> Option<&str> {
            self.created_at
        }
    }

    #[derive(Clone, Debug, Default, PartialEq)]
    struct Wanted {
        name: Tf<String>,
        name_regex: Tf<String>,
        colour: Tf<String>,
    }

    impl Model for Wanted {
        fn declare(s: &mut Schema<Self>) {
            s.attr("name", |m| &mut m.name);
            declare_name_regex(s, Thing::NOUN, |m| &mut m.name_regex);
            s.attr("colour", |m| &mut m.colour);
        }
    }

    impl Filter for Wanted {
        type Item = Thing;

        fn name_regex(&self) -> &Tf<String> {
            &self.name_regex
        }

        fn failing(&self, regex: Option<&Regex>, item: &Thing) -> Vec<&'static str> {
            failing([
                ("name", is(&self.name, &item.name)),
                ("name_regex", matches(regex, &item.name)),
                ("colour", is_ignoring_case(&self.colour, &item.colour)),
            ])
        }

        fn arguments_of(item: &Thing) -> Vec<(&'static str, Tf<String>)> {
            vec![("name", item.name.clone()), ("colour", item.colour.clone())]
        }
    }

    fn text(text: &str) -> Tf<String> {
        Tf::Known(text.to_owned())
    }

    fn thing(id: &str, name: &str, colour: &str, created_at: &'static str) -> Thing {
        Thing {
            id: id.to_owned(),
            name: text(name),
            colour: if colour.is_empty() { Tf::Null } else { text(colour) },
            created_at: (!created_at.is_empty()).then_some(created_at),
        }
    }

    fn things() -> Vec<Thing> {
        vec![
            thing("t3", "cup", "Red", "2024-04-30T15:51:24.565Z"),
            thing("t1", "cup", "blue", "2024-04-30T15:51:24Z"),
            thing("t4", "plate", "", ""),
            thing("t2", "saucer", "red", "2024-05-01T00:00:00Z"),
        ]
    }

    fn ids(things: &[Thing]) -> Vec<&str> {
        things.iter().map(|thing| thing.id.as_str()).collect()
    }

    #[test]
    fn order_is_the_same_whatever_came_first() {
        let sorted = |sort_by: &str, order: &str| {
            let sorting = Sorting {
                sort_by: text(sort_by),
                order: text(order),
            };
            let (mut forth, mut back) = (things(), things());
            back.reverse();
            sorting.sort(&mut forth);
            sorting.sort(&mut back);
            assert_eq!(forth, back);
            forth.into_iter().map(|thing| thing.id).collect::<Vec<_>>()
        };
        assert_eq!(sorted("name", "asc"), ["t1", "t3", "t4", "t2"]);
        assert_eq!(sorted("name", "desc"), ["t2", "t4", "t1", "t3"]);
        // A date is more than its text, and what has none comes last in either order.
        assert_eq!(sorted("created_at", "asc"), ["t1", "t3", "t2", "t4"]);
        assert_eq!(sorted("created_at", "desc"), ["t2", "t3", "t1", "t4"]);
        let mut by_default = things();
        Sorting::default().sort(&mut by_default);
        assert_eq!(ids(&by_default), ["t1", "t3", "t4", "t2"]);
        assert_eq!(most_recent(things()).unwrap().id, "t2");
    }

    #[test]
    fn all_arguments_count_and_absent_values_satisfy_none() {
        let chosen = |wanted: Wanted| ids(&wanted.choose(things()).unwrap()).join(" ");
        assert_eq!(chosen(Wanted::default()), "t3 t1 t4 t2");
        let red = Wanted {
            colour: text("RED"),
            ..Wanted::default()
        };
        assert_eq!(chosen(red.clone()), "t3 t2");
        assert_eq!(
            chosen(Wanted {
                name_regex: text("^(cup|plate)$"),
                ..red
            }),
            "t3"
        );
        assert_eq!(
            chosen(Wanted {
                name: text("Cup"),
                ..Wanted::default()
            }),
            ""
        );
        let bad = Wanted {
            name_regex: text("(cup"),
            ..Wanted::default()
        };
        let error = bad.choose(things()).unwrap_err();
        assert_eq!(error.path, Some("name_regex".into()));
        assert!(
            error.detail.contains("must be a regular expression"),
            "{}",
            error.detail
        );
    }

    #[test]
    fn of_several_what_tells_them_apart_is_named() {
        let wanted = Wanted {
            name: text("cup"),
            ..Wanted::default()
        };
        let error = exactly_one(&wanted, things(), ", or wait").unwrap_err();
        assert_eq!(error.summary, "Several Things Found");
        insta::assert_snapshot!(error.detail, @r#"
        2 things satisfy the arguments, and exactly one is needed:

          - t1, name = "cup", colour = "blue", created 2024-04-30T15:51:24Z
          - t3, name = "cup", colour = "Red", created 2024-04-30T15:51:24.565Z

        They differ in `colour`: set one of these, or choose one by `id`, or wait.
        "#);
        let same = vec![thing("t1", "cup", "", ""), thing("t2", "cup", "", "")];
        let error = exactly_one(&wanted, same, "").unwrap_err();
        assert!(error.detail.ends_with("choose one by `id`."), "{}", error.detail);
    }

    #[test]
    fn of_none_what_comes_nearest_is_listed() {
        let wanted = Wanted {
            name: text("saucer"),
            colour: text("blue"),
            ..Wanted::default()
        };
        let error = exactly_one(&wanted, things(), "").unwrap_err();
        assert_eq!(error.summary, "No Thing Found");
        insta::assert_snapshot!(error.detail, @r#"
        No thing satisfies all arguments. These come nearest, each with the arguments that it does not satisfy:

          - t1, name = "cup", colour = "blue", created 2024-04-30T15:51:24Z: not `name`
          - t2, name = "saucer", colour = "red", created 2024-05-01T00:00:00Z: not `colour`
          - t3, name = "cup", colour = "Red", created 2024-04-30T15:51:24.565Z: not `name` and `colour`
          - t4, name = "plate": not `name` and `colour`

        Correct or remove these arguments, or check that the API key is of the right team.
        "#);
        let error = exactly_one(&wanted, Vec::new(), "").unwrap_err();
        assert!(error.detail.starts_with("There is no thing at all"), "{}", error.detail);
    }

    #[test]
    fn a_long_list_of_candidates_is_cut() {
        let many: Vec<_> = (100..140).map(|n| thing(&format!("t{n}"), "cup", "", "")).collect();
        let error = exactly_one(&Wanted::default(), many, "").unwrap_err();
        assert!(
            error.detail.contains("- t109,") && !error.detail.contains("t110"),
            "{}",
            error.detail
        );
        assert!(error.detail.contains("  - and 30 more\n"), "{}", error.detail);
    }

    #[test]
    fn an_id_stands_alone_and_something_must_be_said() {
        let summaries = |id: Tf<String>, wanted: &Wanted| {
            let diagnostics = validate_choice(&id, wanted);
            diagnostics
                .iter()
                .map(|diagnostic| (diagnostic.summary.clone(), diagnostic.path.clone()))
                .collect::<Vec<_>>()
        };
        let named = Wanted {
            name: text("cup"),
            ..Wanted::default()
        };
        let open = Wanted {
            name: Tf::Unknown,
            ..Wanted::default()
        };
        assert_eq!(
            summaries(text("t1"), &named),
            [("Conflicting Arguments".to_owned(), Some("id".into()))]
        );
        assert_eq!(
            summaries(Tf::Null, &Wanted::default()),
            [("Missing Argument".to_owned(), None)]
        );
        for (id, wanted) in [
            (text("t1"), &Wanted::default()),
            (Tf::Null, &named),
            (Tf::Unknown, &named),
            (Tf::Null, &open),
        ] {
            assert_eq!(summaries(id, wanted), []);
        }
    }
}
