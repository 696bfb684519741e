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

    fn name(&self) -> &Tf<String> {
        &self.name
    }

    fn name_regex(&self) -> &Tf<String> {
        &self.name_regex
    }

    fn failing(&self, regex: Option<&NameRegex>, item: &Thing) -> Vec<&'static str> {
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

#[tokio::test]
async fn all_arguments_count_and_absent_values_satisfy_none() {
    let chosen = async |wanted: Wanted| ids(&wanted.choose(things()).await.unwrap()).join(" ");
    assert_eq!(chosen(Wanted::default()).await, "t3 t1 t4 t2");
    let red = Wanted {
        colour: text("RED"),
        ..Wanted::default()
    };
    assert_eq!(chosen(red.clone()).await, "t3 t2");
    let red_cup_or_plate = Wanted {
        name_regex: text("^(cup|plate)$"),
        ..red
    };
    assert_eq!(chosen(red_cup_or_plate).await, "t3");
    let capital = Wanted {
        name: text("Cup"),
        ..Wanted::default()
    };
    assert_eq!(chosen(capital).await, "");
    let bad = Wanted {
        name_regex: text("(cup"),
        ..Wanted::default()
    };
    let error = bad.choose(things()).await.unwrap_err();
    assert_eq!(error.path, Some("name_regex".into()));
    assert!(
        error.detail.contains("must be a regular expression"),
        "{}",
        error.detail
    );
}

#[tokio::test]
async fn choosing_among_many_lets_others_have_their_turn() {
    let many = |count: usize| {
        (0..count)
            .map(|n| thing(&format!("t{n}"), "cup", "", ""))
            .collect::<Vec<_>>()
    };
    let wanted = Wanted::default();
    for (count, gives_way) in [(TURN - 1, false), (TURN, true)] {
        let ended_first = tokio::select! {
            biased;
            chosen = wanted.choose(many(count)) => {
                assert_eq!(chosen.unwrap().len(), count);
                true
            }
            () = std::future::ready(()) => false,
        };
        assert_eq!(ended_first, !gives_way, "{count}");
    }
    assert_eq!(wanted.choose(many(3 * TURN)).await.unwrap().len(), 3 * TURN);
}

#[tokio::test]
async fn of_several_what_tells_them_apart_is_named() {
    let wanted = Wanted {
        name: text("cup"),
        ..Wanted::default()
    };
    let error = exactly_one(&wanted, things(), ", or wait").await.unwrap_err();
    assert_eq!(error.summary, "Several Things Found");
    insta::assert_snapshot!(error.detail, @r#"
    2 things satisfy the arguments, and exactly one is needed:

      - t1, name = "cup", colour = "blue", created 2024-04-30T15:51:24Z
      - t3, name = "cup", colour = "Red", created 2024-04-30T15:51:24.565Z

    They differ in `colour`: set one of these, or choose one by `id`, or wait.
    "#);
    let same = vec![thing("t1", "cup", "", ""), thing("t2", "cup", "", "")];
    let error = exactly_one(&wanted, same, "").await.unwrap_err();
    assert!(error.detail.ends_with("choose one by `id`."), "{}", error.detail);
}

#[tokio::test]
async fn of_none_what_comes_nearest_is_listed() {
    let wanted = Wanted {
        name: text("saucer"),
        colour: text("blue"),
        ..Wanted::default()
    };
    let error = exactly_one(&wanted, things(), "").await.unwrap_err();
    assert_eq!(error.summary, "No Thing Found");
    insta::assert_snapshot!(error.detail, @r#"
    No thing satisfies all arguments. These come nearest, each with the arguments that it does not satisfy:

      - t2, name = "saucer", colour = "red", created 2024-05-01T00:00:00Z: not `colour`
      - t1, name = "cup", colour = "blue", created 2024-04-30T15:51:24Z: not `name`
      - t3, name = "cup", colour = "Red", created 2024-04-30T15:51:24.565Z: not `name` and `colour`
      - t4, name = "plate": not `name` and `colour`

    Correct or remove these arguments, or check that the API key is of the right team.
    "#);
    let error = exactly_one(&wanted, Vec::new(), "").await.unwrap_err();
    assert!(error.detail.starts_with("There is no thing at all"), "{}", error.detail);
}

#[tokio::test]
async fn of_those_that_fail_alike_what_is_named_most_alike_comes_first() {
    let names = [
        "Windows 10",
        "Ubuntu 20.04",
        "CentOS 7",
        "Ubuntu 22.04 Server",
        "ML-in-a-Box",
        "Ubuntu 18.04",
    ];
    let there: Vec<_> = names
        .iter()
        .map(|name| thing(&format!("t-{name}"), name, "", ""))
        .collect();
    let wanted = Wanted {
        name: text("ubuntu 22.04"),
        ..Wanted::default()
    };
    let error = exactly_one(&wanted, there, "").await.unwrap_err();
    let listed: Vec<_> = error
        .detail
        .lines()
        .filter_map(|line| line.strip_prefix("  - t-"))
        .collect();
    let expected = ["Ubuntu 22.04 Server", "Ubuntu 20.04", "Ubuntu 18.04"];
    for (line, name) in listed.iter().zip(expected) {
        assert!(line.starts_with(name), "{line}");
    }
    assert_eq!(listed.len(), LISTED);
    assert!(error.detail.contains("  - and 1 more\n"), "{}", error.detail);
}

#[tokio::test]
async fn a_long_list_of_candidates_is_cut() {
    let many: Vec<_> = (100..140).map(|n| thing(&format!("t{n}"), "cup", "", "")).collect();
    let error = exactly_one(&Wanted::default(), many, "").await.unwrap_err();
    assert!(
        error.detail.contains("- t104,") && !error.detail.contains("t105"),
        "{}",
        error.detail
    );
    assert!(error.detail.contains("  - and 35 more\n"), "{}", error.detail);
}

#[test]
fn an_id_stands_alone_and_something_must_be_said() {
    let summaries = |id: Tf<String>, wanted: &Wanted| {
        let diagnostics = validate_choice("id", &id, wanted);
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
