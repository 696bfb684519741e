//! Where the real service departs from its own description: the one list of it, each entry with its reason and with a
//! value that shows it.
//!
//! Regions need no entry: the description allows any text beside the three slugs, and so the labels.

use serde_json::Value;
use terraform_provider_paperspace::sim::Quirks;

/// A place in the description where the service does otherwise.
pub struct Departure {
    /// What the service does, and how that is known.
    pub reason: &'static str,
    /// The places in the description, by the names on the way there; `*` stands for every name that leads on.
    pub places: &'static [&'static [&'static str]],
    /// The schema that stands there instead, as JSON, in the description's dialect.
    pub schema: &'static str,
    /// A value that the description refuses there and the service does not.
    pub shown: &'static str,
    /// Whether the service does so only now and then, which simulators do by these quirks; without a word, always.
    pub only_with: Option<fn(&Quirks) -> bool>,
}

impl Departure {
    /// Whether the service does so under these quirks.
    pub fn is_met(&self, quirks: &Quirks) -> bool {
        self.only_with.is_none_or(|quirk| quirk(quirks))
    }

    /// Puts it into the description.
    pub fn amend(&self, description: &mut Value) {
        let schema: Value = serde_json::from_str(self.schema).expect("a departure is JSON");
        for place in self.places {
            let amended = amend(description, place, &schema);
            assert!(amended > 0, "the description has no place for {place:?}");
        }
    }
}

/// Puts a schema where the way leads, and answers to how many places that is.
fn amend(at: &mut Value, way: &[&str], schema: &Value) -> usize {
    let Value::Object(members) = at else { return 0 };
    match way {
        [] => 0,
        [name] => {
            members.insert((*name).to_owned(), schema.clone());
            1
        }
        ["*", rest @ ..] => members.values_mut().map(|member| amend(member, rest, schema)).sum(),
        [name, rest @ ..] => members.get_mut(*name).map_or(0, |member| amend(member, rest, schema)),
    }
}

/// Every departure that is known.
pub const DEPARTURES: &[Departure] = &[
    Departure {
        reason: "Counts of bytes arrive as strings of digits: the service's own page on creating a machine shows \
                 `\"ram\": \"0\"`, and clients that have worked against it rely on it.",
        places: &[
            &["definitions", "Machine", "properties", "ram"],
            &["definitions", "Machine", "properties", "storageTotal"],
            &["definitions", "Machine", "properties", "storageUsed"],
            &[
                "definitions",
                "Machine",
                "properties",
                "accelerators",
                "items",
                "properties",
                "memory",
            ],
        ],
        schema: r#"{"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[0-9]+$"}], "nullable": true}"#,
        shown: r#""8589934592""#,
        only_with: None,
    },
    Departure {
        reason: "The last page of a listing may say `\"nextPage\": null` where the description has it left out.",
        places: &[&["operations", "*", "answer", "properties", "nextPage"]],
        schema: r#"{"type": "string", "nullable": true}"#,
        shown: "null",
        only_with: None,
    },
    Departure {
        reason: "`/templates` lists the service's templates and the team's own. It left the description in spring 2024, \
                 and the page on creating a machine still uses it.",
        places: &[&["operations", "GET /templates"]],
        schema: r##"{
            "query": {
                "after": {"type": "string"},
                "limit": {"type": "integer", "minimum": 1, "maximum": 120},
                "orderBy": {"type": "string", "enum": ["dtCreated", "name"]},
                "order": {"type": "string", "enum": ["asc", "desc"]},
                "name": {"type": "string"},
                "isPublic": {"type": "string", "enum": ["true", "false"]}
            },
            "answer": {
                "type": "object",
                "properties": {
                    "hasMore": {"type": "boolean"},
                    "nextPage": {"type": "string", "nullable": true},
                    "items": {"type": "array", "items": {
                        "type": "object",
                        "properties": {
                            "id": {"type": "string"},
                            "name": {"type": "string"},
                            "isPublic": {"type": "boolean"},
                            "agentType": {"type": "string"},
                            "operatingSystemLabel": {"type": "string"},
                            "region": {"type": "string", "nullable": true},
                            "defaultSizeGb": {"type": "number", "nullable": true},
                            "availableMachineTypes": {"type": "array", "items": {
                                "type": "object",
                                "properties": {
                                    "machineTypeLabel": {"type": "string"},
                                    "isAvailable": {"type": "boolean"}
                                },
                                "required": ["isAvailable", "machineTypeLabel"],
                                "additionalProperties": false
                            }},
                            "parentMachineId": {"type": "string", "nullable": true},
                            "dtCreated": {"type": "string", "format": "date-time"},
                            "dtDeleted": {"type": "string", "format": "date-time", "nullable": true}
                        },
                        "required": ["agentType", "availableMachineTypes", "defaultSizeGb", "id", "isPublic", "name",
                                     "operatingSystemLabel"],
                        "additionalProperties": false
                    }}
                },
                "required": ["hasMore", "items"],
                "additionalProperties": false
            }
        }"##,
        shown: "",
        only_with: None,
    },
    Departure {
        reason: "An administrator of a team names the user who gets a new machine, by the page on creating one: an \
                 existing user by id, a new one by email, password and names.",
        places: &[
            &["operations", "POST /machines", "body", "schema", "properties", "userId"],
            &["operations", "POST /machines", "body", "schema", "properties", "email"],
            &[
                "operations",
                "POST /machines",
                "body",
                "schema",
                "properties",
                "password",
            ],
            &[
                "operations",
                "POST /machines",
                "body",
                "schema",
                "properties",
                "firstName",
            ],
            &[
                "operations",
                "POST /machines",
                "body",
                "schema",
                "properties",
                "lastName",
            ],
        ],
        schema: r#"{"type": "string", "minLength": 1}"#,
        shown: r#""u1owner""#,
        only_with: None,
    },
    Departure {
        reason: "What starts, stops or restarts a machine takes no body, and an empty object where the type of the \
                 content is JSON: an empty body is refused then.",
        places: &[
            &["operations", "PATCH /machines/{id}/start", "body"],
            &["operations", "PATCH /machines/{id}/stop", "body"],
            &["operations", "PATCH /machines/{id}/restart", "body"],
        ],
        schema: r#"{"required": false, "schema": {"type": "object", "additionalProperties": false}}"#,
        shown: "{}",
        only_with: None,
    },
    Departure {
        reason: "A refusal may list what is wrong with a request one by one.",
        places: &[&["error", "properties", "issues"]],
        schema: r#"{"type": "array", "items": {
            "type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]
        }}"#,
        shown: r#"[{"message": "name: required"}]"#,
        only_with: None,
    },
    Departure {
        reason: "Words appear without notice: a state of a machine or an event, or an event's name, that no client knows.",
        places: &[
            &["definitions", "Machine", "properties", "state"],
            &["definitions", "MachineEvent", "properties", "state"],
        ],
        schema: r#"{"type": "string"}"#,
        shown: r#""hibernating""#,
        only_with: Some(|quirks| !quirks.shown_states.is_empty() || !quirks.shown_event_states.is_empty()),
    },
];
