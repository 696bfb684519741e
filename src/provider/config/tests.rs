use std::collections::BTreeMap;

use super::*;

/// An environment that a test makes up.
struct Surroundings {
    variables: BTreeMap<&'static str, &'static str>,
    home: Option<PathBuf>,
}

impl Environment for Surroundings {
    fn var(&self, name: &str) -> Option<String> {
        self.variables.get(name).map(|value| (*value).to_owned())
    }

    fn home(&self) -> Option<PathBuf> {
        self.home.clone()
    }
}

/// An environment of variables alone.
fn variables(variables: impl IntoIterator<Item = (&'static str, &'static str)>) -> Surroundings {
    Surroundings {
        variables: variables.into_iter().collect(),
        home: None,
    }
}

/// Titles and places.
fn told(diagnostics: &Diagnostics) -> Vec<String> {
    let told = diagnostics.iter().map(|diagnostic| {
        let place = diagnostic.path.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{} at {place}", diagnostic.summary)
    });
    told.collect()
}

fn text(text: &str) -> Tf<String> {
    Tf::Known(text.to_owned())
}

fn rate(rate: f64) -> Tf<Number> {
    Tf::Known(Number::try_from(rate).unwrap())
}

#[test]
fn debug_does_not_show_the_key() {
    let config = ProviderConfig {
        api_key: text("hunter2"),
        team: text("research"),
        ..ProviderConfig::default()
    };
    let shown = format!("{config:?}");
    assert!(!shown.contains("hunter2") && shown.contains("research"), "{shown}");
}

#[test]
fn what_cannot_work_is_told_at_its_argument_and_offline() {
    let config = ProviderConfig {
        api_url: text("http://api.paperspace.com/v1"),
        requests_per_second: rate(1e9),
        ..ProviderConfig::default()
    };
    assert_eq!(
        told(&validate(&config)),
        ["Invalid API Address at api_url", "Invalid Value at requests_per_second"]
    );
    let unknown = ProviderConfig {
        api_url: Tf::Unknown,
        requests_per_second: Tf::Unknown,
        team: text("research"),
        api_key: Tf::Unknown,
        ..ProviderConfig::default()
    };
    assert!(validate(&unknown).is_empty());
}

#[test]
fn a_setting_that_cannot_be_used_is_told_at_its_argument_when_configuring_too() {
    for (config, expected) in [
        (
            ProviderConfig {
                api_key: text("two words"),
                ..ProviderConfig::default()
            },
            "Invalid API Key at api_key",
        ),
        (
            ProviderConfig {
                requests_per_second: rate(1e9),
                ..ProviderConfig::default()
            },
            "Invalid Value at requests_per_second",
        ),
        (
            ProviderConfig {
                api_url: text("ftp://api.paperspace.com"),
                ..ProviderConfig::default()
            },
            "Invalid API Address at api_url",
        ),
    ] {
        let Err(diagnostics) = configure(&config, &variables([(API_KEY, "k3y")]), "1.0.0") else {
            panic!("{config:?} was taken")
        };
        assert_eq!(told(&diagnostics), [expected]);
    }
}

/// What is told when configuring with a home directory that may hold credentials.
fn configured(config: ProviderConfig, variables: &[(&'static str, &'static str)], credentials: &str) -> Vec<String> {
    let home = tempfile::tempdir().unwrap();
    if !credentials.is_empty() {
        std::fs::create_dir(home.path().join(".paperspace")).unwrap();
        std::fs::write(home.path().join(".paperspace/credentials.toml"), credentials).unwrap();
    }
    let surroundings = Surroundings {
        variables: variables.iter().copied().collect(),
        home: Some(home.path().to_owned()),
    };
    match configure(&config, &surroundings, "1.0.0") {
        Ok(Configuration::Ready(_, warnings)) => told(&warnings),
        Ok(Configuration::Unknown) => vec!["unknown".to_owned()],
        Err(errors) => told(&errors),
    }
}

const ONE_KEY: &str = "[keys]\nresearch = \"k3y\"\n";
const TWO_KEYS: &str = "[keys]\nresearch = \"k3y\"\nteaching = \"k3y\"\n";

#[test]
fn a_team_and_a_key_from_the_environment_are_warned_about() {
    let block = |team| ProviderConfig {
        team,
        ..ProviderConfig::default()
    };
    let both = [(API_KEY, "k3y"), (TEAM, "teaching")];
    assert_eq!(configured(block(Tf::Null), &both, ONE_KEY), ["Team Has No Effect at "]);
    assert!(configured(block(Tf::Null), &both[..1], ONE_KEY).is_empty());
    // The block's team comes before the key of the environment, and there is nothing to warn about.
    assert!(configured(block(text("research")), &both, ONE_KEY).is_empty());
    assert_eq!(
        configured(block(text("nobody")), &both, ONE_KEY),
        ["No Key of the Team at team"]
    );
}

#[test]
fn a_block_gives_a_key_or_a_team() {
    let both = ProviderConfig {
        api_key: text("k3y"),
        team: text("research"),
        ..ProviderConfig::default()
    };
    let schema = ProviderConfig::schema();
    let diagnostics = crate::schema::validate(schema.block(), &schema.encode(&both));
    assert_eq!(told(&diagnostics), ["Conflicting Arguments at team"]);
}

#[test]
fn of_several_teams_keys_none_is_taken_unasked() {
    assert_eq!(
        configured(ProviderConfig::default(), &[], TWO_KEYS),
        ["No Team Chosen at team"]
    );
    assert!(configured(ProviderConfig::default(), &[(TEAM, "teaching")], TWO_KEYS).is_empty());
    assert!(configured(ProviderConfig::default(), &[], ONE_KEY).is_empty());
    assert_eq!(
        configured(ProviderConfig::default(), &[], ""),
        ["Missing API Key at api_key"]
    );
}

#[test]
fn a_key_of_the_users_own_goes_to_no_host_that_a_block_names() {
    let named = |address: &str| ProviderConfig {
        api_url: text(address),
        ..ProviderConfig::default()
    };
    let elsewhere = "https://api.paperspace.com.evil.example/v1";
    let refused = ["Key Is Not for This Host at api_url"];
    let warned = ["Key Is Sent to Another Host at api_url"];
    assert_eq!(configured(named(elsewhere), &[], ONE_KEY), refused);
    assert_eq!(configured(named(elsewhere), &[(API_KEY, "k3y")], ONE_KEY), warned);
    for address in [
        DEFAULT_BASE_URL,
        "https://API.paperspace.com:443/v1/",
        "http://127.0.0.1:8484/v1",
        "https://localhost",
    ] {
        assert!(configured(named(address), &[], ONE_KEY).is_empty(), "{address}");
        assert!(
            configured(named(address), &[(API_KEY, "k3y")], ONE_KEY).is_empty(),
            "{address}"
        );
    }
    assert_eq!(
        configured(named("https://api.paperspace.com:8443/v1"), &[], ONE_KEY),
        refused
    );
    // What the environment names is the user's own choice, and so is a key beside the address.
    assert!(configured(ProviderConfig::default(), &[(API_URL, elsewhere)], ONE_KEY).is_empty());
    let with_key = ProviderConfig {
        api_key: text("k3y"),
        ..named(elsewhere)
    };
    assert!(configured(with_key, &[], ONE_KEY).is_empty());
}

#[test]
fn names_are_unique_only_where_that_is_asked_for() {
    for (unique_names, expected) in [(Tf::Null, false), (Tf::Known(false), false), (Tf::Known(true), true)] {
        let config = ProviderConfig {
            unique_names,
            ..ProviderConfig::default()
        };
        let Ok(Configuration::Ready(configured, _)) = configure(&config, &variables([(API_KEY, "k3y")]), "1.0.0")
        else {
            panic!("{config:?} was not taken")
        };
        assert_eq!(configured.unique_names, expected);
    }
    let unknown = ProviderConfig {
        unique_names: Tf::Unknown,
        ..ProviderConfig::default()
    };
    assert_eq!(configured(unknown, &[(API_KEY, "k3y")], ""), ["unknown"]);
}

#[test]
fn no_interval_is_too_long_to_be_reckoned_with() {
    let interval = |text| {
        configured(
            ProviderConfig::default(),
            &[(API_KEY, "k3y"), (POLL_INTERVAL, text)],
            "",
        )
    };
    assert!(interval("1y").is_empty());
    assert_eq!(interval("40000000000y"), ["Invalid Environment Variable at "]);
}
