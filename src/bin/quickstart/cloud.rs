//! What the simulated cloud holds and what was asked of it, in words for a person.

use std::collections::BTreeMap;

use terraform_provider_paperspace::sim::record::Machine;
use terraform_provider_paperspace::sim::{SeenRequest, State, World};

/// The machines that there are.
pub fn machines(world: &World) -> impl Iterator<Item = &Machine> {
    world.machines.iter().filter(|machine| !machine.is_deleted())
}

/// The machines as a table, or that there are none.
pub fn table(world: &World) -> String {
    let head = ["NAME", "ID", "STATE", "TYPE", "DISK", "REGION", "PUBLIC IP"].map(str::to_owned);
    let rows: Vec<_> = machines(world).map(row).collect();
    if rows.is_empty() {
        return "no machines".to_owned();
    }
    let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let lines = rows.iter().map(|row| {
        let cells = row
            .iter()
            .enumerate()
            .map(|(column, cell)| format!("{cell:<0$}", width(column)));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn row(machine: &Machine) -> [String; 7] {
    [
        machine.name.clone(),
        machine.id.clone(),
        machine.state.as_str().to_owned(),
        machine.machine_type.clone(),
        format!("{} GB", machine.disk_size),
        machine.region.clone(),
        machine.public_ip.clone().unwrap_or_else(|| "-".to_owned()),
    ]
}

/// The requests in one line: what only looked in a number, and what wanted a change by name.
pub fn summary(requests: &[SeenRequest]) -> String {
    let (reads, writes): (Vec<_>, Vec<_>) = requests.iter().partition(|request| request.method == "GET");
    let reads = match reads.len() {
        1 => "1 GET".to_owned(),
        many => format!("{many} GETs"),
    };
    let writes = writes.iter().map(|request| request.line());
    std::iter::once(reads).chain(writes).collect::<Vec<_>>().join(", ")
}

/// Tells what machines are doing while a program waits for them.
#[derive(Debug, Default)]
pub struct Watch {
    /// By the machines' ids: their names and states.
    seen: BTreeMap<String, (String, State)>,
}

impl Watch {
    /// What is new since it was last asked.
    pub fn news(&mut self, world: &World) -> Vec<String> {
        let mut before = std::mem::take(&mut self.seen);
        let mut news = Vec::new();
        for machine in machines(world) {
            let (name, state) = (&machine.name, machine.state);
            if before.remove(&machine.id).map(|(_, state)| state) != Some(state) {
                news.push(format!("in the cloud: {name} is {}", state.as_str()));
            }
            self.seen.insert(machine.id.clone(), (name.clone(), state));
        }
        news.extend(before.values().map(|(name, _)| format!("in the cloud: {name} is gone")));
        news
    }
}

#[cfg(test)]
mod tests {
    use terraform_provider_paperspace::sim::{Config, MachineSeed, Sim, TeamConfig};

    use super::*;

    fn sim() -> Sim {
        let machine = |name: &str| MachineSeed {
            id: Some(format!("ps-{name}")),
            name: name.to_owned(),
            machine_type: "C5".to_owned(),
            template_id: "tkni3aa4".to_owned(),
            disk_size: 50,
            region: "ny2".to_owned(),
            state: State::Off,
            network_id: None,
            public_ip_type: terraform_provider_paperspace::sim::record::PublicIpType::None,
        };
        let mut team = TeamConfig::default();
        team.seed.machines = vec![machine("a"), machine("a-longer-name")];
        Sim::spawn(Config {
            teams: vec![team],
            ..Config::default()
        })
        .unwrap()
    }

    #[test]
    fn the_table_is_aligned() {
        insta::assert_snapshot!(table(&sim().world()), @r"
        NAME           ID                STATE  TYPE  DISK   REGION  PUBLIC IP
        a              ps-a              off    C5    50 GB  ny2     -
        a-longer-name  ps-a-longer-name  off    C5    50 GB  ny2     -
        ");
    }

    #[test]
    fn only_news_is_told() {
        let sim = sim();
        let mut watch = Watch::default();
        assert_eq!(watch.news(&sim.world()).len(), 2);
        assert!(watch.news(&sim.world()).is_empty());
        sim.set_machine_state("ps-a", State::Ready);
        assert_eq!(watch.news(&sim.world()), ["in the cloud: a is ready"]);
    }
}
