//! A managed resource in the registry: the server's rules around a resource's own functions.
//!
//! Each RPC reads alike: decode the models, run the rules on the way in, call the resource, run the rules on the way out.
//! Whatever a resource's functions do, what exists is never forgotten. What follows of an answer is decided in `plan`,
//! `settle` and `identity`, over values; only decoding, calling and encoding are done here, since only they need the types.

use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use super::any::{AnyResource, Call};
use super::planning::{deferral, phase};
use super::resource::{forgotten, take_over};
use super::rpc::{
    Apply, ApplyAnswer, ClientCapabilities, ImportAnswer, Imported, MoveState, MovedState, Plan, PlanAnswer, Read,
    ReadAnswer, UpgradeIdentity, UpgradeState, UpgradedIdentity, UpgradedState, ValidateConfig,
};
use super::{
    Change, Context, Current, ImportTarget, Object, Outcome, OutcomeOf, Phase, PlanContext, Planning, Resource, Source,
    announce, generate, identity, note, plan, settle,
};
use crate::diag::{Diagnostic, Diagnostics, panic};
use crate::schema::{Block, IdentitySchema, Model, refuse_write_only, validate};
use crate::value::{Type, Value, json};

/// A resource's entry in the registry.
pub(super) struct Managed<R> {
    ty: Type,
    identity: IdentitySchema,
    identity_type: Type,
    resource: PhantomData<fn() -> R>,
}

impl<R: Resource> Managed<R> {
    pub(super) fn new() -> Self {
        let identity = R::identity_schema();
        Self {
            ty: R::Model::schema().block().ty(),
            identity_type: identity.ty(),
            identity,
            resource: PhantomData,
        }
    }

    /// A model as the state that Terraform stores: no unknown and no write-only values, and in the known spelling.
    fn to_state(&self, model: &R::Model, known: &Value, diagnostics: &mut Diagnostics) -> Value {
        self.settled(R::Model::schema().encode(model), known, diagnostics)
    }

    fn settled(&self, mut state: Value, known: &Value, diagnostics: &mut Diagnostics) -> Value {
        let block = R::Model::schema().block();
        settle::keep_spelling(block, known, &mut state);
        settle::no_write_only(block, &mut state);
        settle::no_unknowns(&mut state, R::TYPE_NAME, diagnostics);
        state
    }

    /// The state of an object that was found and not made: defaults stand for what nobody can have said.
    pub(super) fn found(&self, model: &R::Model, diagnostics: &mut Diagnostics) -> Value {
        let mut state = R::Model::schema().encode(model);
        settle::fill_defaults(self.block(), &mut state);
        self.settled(state, &Value::Null, diagnostics)
    }

    async fn plan_change(
        &self,
        configured: Option<Call>,
        cancel: CancellationToken,
        request: Plan,
    ) -> Result<PlanAnswer, Diagnostics> {
        let schema = R::Model::schema();
        let phase = phase(request.client, !request.planned_private.is_empty());
        let mut planned = match request.config.is_null() {
            true => Value::Null,
            false => plan::propose(schema.block(), &request.prior, &request.config),
        };
        let before = decode_optional::<R::Model>(&planned)?;
        let mut planning = Planning {
            prior: decode_optional(&request.prior)?,
            config: decode_optional(&request.config)?,
            planned: before.clone(),
            requires_replace: plan::replacements(schema.block(), &request.prior, &planned),
            note: note::decode::<R::Note>(&request.private),
            diagnostics: Diagnostics::new(),
            announced: announce::warnings(schema.block(), R::TYPE_NAME, &request.prior, &planned),
            waits_for: None,
        };
        let context = PlanContext {
            configured: configured.map(|call| call.configured()),
            cancel,
            phase,
        };
        R::plan(&context, &mut planning).await;
        if let (Some(before), Some(after)) = (&before, &planning.planned) {
            schema.encode_changes(before, after, &mut planned);
        }
        let mut diagnostics = planning.diagnostics;
        if phase == Phase::PlanningOrUntold {
            diagnostics.extend(planning.announced);
        }
        let needed = planning.waits_for.as_ref().and_then(|path| request.config.at(path));
        Ok(PlanAnswer {
            planned,
            requires_replace: planning.requires_replace,
            private: match request.client.store_planned_private {
                true => note::encode_always(&planning.note),
                false => note::encode(&planning.note),
            },
            identity: if request.prior.is_null() {
                None
            } else {
                request.identity
            },
            deferred: deferral(request.client.deferral_allowed, needed.is_some_and(Value::is_unknown)),
            diagnostics,
        })
    }

    async fn apply_change(
        &self,
        context: &Context<R::Configured>,
        request: &Apply,
    ) -> Result<OutcomeOf<R>, Diagnostics> {
        // Everything is decoded before anything is done.
        let prior = decode_optional::<R::Model>(&request.prior)?;
        let planned = decode_optional::<R::Model>(&request.planned)?;
        let config = decode_optional::<R::Model>(&request.config)?;
        let note = note::decode::<R::Note>(&request.private);
        let change = |planned: R::Model, note| Change {
            config: config.unwrap_or_else(|| planned.clone()),
            planned,
            note,
        };
        Ok(match (prior, planned) {
            (None, None) => Outcome::gone(),
            (None, Some(planned)) => R::create(context, change(planned, note)).await,
            (Some(prior), Some(planned)) => R::update(context, prior, change(planned, note)).await,
            (Some(state), None) => R::delete(context, Current { state, note }).await,
        })
    }
}

/// The model of a value that is null when there is no object.
fn decode_optional<M: Model>(value: &Value) -> Result<Option<M>, Diagnostics> {
    if value.is_null() {
        Ok(None)
    } else {
        M::schema().decode(value).map(Some)
    }
}

impl<R: Resource> AnyResource for Managed<R> {
    fn type_name(&self) -> &'static str {
        R::TYPE_NAME
    }

    fn version(&self) -> i64 {
        R::VERSION
    }

    fn block(&self) -> &Block {
        R::Model::schema().block()
    }

    fn ty(&self) -> &Type {
        &self.ty
    }

    fn identity(&self) -> &IdentitySchema {
        &self.identity
    }

    fn identity_type(&self) -> &Type {
        &self.identity_type
    }

    fn moves(&self) -> Vec<&'static str> {
        R::MOVES.iter().map(|row| row.what).collect()
    }

    fn round_trip(&self, value: &Value) -> Result<Value, Diagnostics> {
        R::Model::schema().round_trip(value)
    }

    fn validate(&self, request: &ValidateConfig) -> Diagnostics {
        let config = &request.config;
        let mut diagnostics = validate(self.block(), config);
        if !request.client.write_only_attributes_allowed {
            diagnostics.extend(refuse_write_only(self.block(), config));
        }
        match R::Model::schema().decode(config) {
            Ok(config) => diagnostics.extend(R::validate_config(&config)),
            // A value that breaks a rule of the schema often does not decode either: once is enough.
            Err(errors) => diagnostics.extend(
                errors
                    .into_iter()
                    .filter(|error| !diagnostics.iter().any(|known| known.path == error.path))
                    .collect::<Vec<_>>(),
            ),
        }
        diagnostics
    }

    fn upgrade_state(&self, request: &UpgradeState) -> UpgradedState {
        let failed = |diagnostics| UpgradedState {
            state: None,
            diagnostics,
        };
        let unreadable = |detail: String| failed(Diagnostic::error("State Cannot Be Read", detail).into());
        if request.raw.json.is_empty() {
            return unreadable(format!(
                "The stored state of this {} is not in the form that Terraform 0.12 and later write. Open the state \
                 with Terraform 0.12 first, or remove the resource from the state and import it again.",
                R::TYPE_NAME
            ));
        }
        if request.version > R::VERSION {
            return unreadable(format!(
                "The state of this {} was written by a newer version of the provider (schema version {}, this provider \
                 knows up to {}). Use that provider version or a later one.",
                R::TYPE_NAME,
                request.version,
                R::VERSION
            ));
        }
        if request.version < R::VERSION {
            let source = Source {
                provider_address: None,
                type_name: R::TYPE_NAME,
                version: request.version,
                state: &request.raw,
            };
            match take_over(R::UPGRADES, &source) {
                Ok(Some(model)) => {
                    let mut diagnostics = Diagnostics::new();
                    let state = self.found(&model, &mut diagnostics);
                    return UpgradedState {
                        state: Some(state),
                        diagnostics,
                    };
                }
                Ok(None) => {}
                Err(diagnostics) => return failed(diagnostics),
            }
        }
        match json::decode_state(&request.raw.json, &self.ty) {
            Ok(mut state) => {
                settle::fill_defaults(self.block(), &mut state);
                settle::no_write_only(self.block(), &mut state);
                UpgradedState {
                    state: Some(state),
                    diagnostics: Diagnostics::new(),
                }
            }
            Err(error) => unreadable(format!(
                "The stored state of this {} does not have the shape that the provider wrote: {error}. It was edited \
                 by hand or damaged, and nothing was changed. Restore a backup of the state, or remove the resource \
                 from the state and import it again.",
                R::TYPE_NAME
            )),
        }
    }

    fn upgrade_identity(&self, request: &UpgradeIdentity) -> UpgradedIdentity {
        identity::upgrade(R::TYPE_NAME, &self.identity_type, &request.raw)
    }

    fn read(&self, call: Call, request: Read) -> BoxFuture<'_, ReadAnswer> {
        Box::pin(async move {
            let unchanged = |diagnostics, request: Read| ReadAnswer {
                state: request.state,
                private: request.private,
                identity: request.identity,
                deferred: None,
                diagnostics,
            };
            let state = match decode_optional::<R::Model>(&request.state) {
                Ok(Some(state)) => state,
                Ok(None) => return unchanged(Diagnostics::new(), request),
                Err(diagnostics) => return unchanged(diagnostics, request),
            };
            let note = note::decode::<R::Note>(&request.private);
            let context = Context::new(&call);
            let Outcome {
                object,
                mut diagnostics,
            } = R::read(&context, Current { state, note }).await;
            match object {
                Object::Exists(now) if !diagnostics.has_errors() => {
                    let stored = request.identity.clone();
                    let identity = identity::kept(R::TYPE_NAME, R::identity(&now.state), stored, &mut diagnostics);
                    if diagnostics.has_errors() {
                        return unchanged(diagnostics, request);
                    }
                    ReadAnswer {
                        state: self.to_state(&now.state, &request.state, &mut diagnostics),
                        private: note::encode(&now.note),
                        identity,
                        deferred: None,
                        diagnostics,
                    }
                }
                Object::Gone if !diagnostics.has_errors() => ReadAnswer {
                    identity: request.identity,
                    diagnostics,
                    ..ReadAnswer::default()
                },
                Object::Exists(_) | Object::Gone | Object::AsBefore => unchanged(diagnostics, request),
            }
        })
    }

    fn plan(&self, configured: Option<Call>, cancel: CancellationToken, request: Plan) -> BoxFuture<'_, PlanAnswer> {
        Box::pin(async move {
            let fallback = request.proposed.clone();
            self.plan_change(configured, cancel, request)
                .await
                .unwrap_or_else(|diagnostics| PlanAnswer {
                    planned: fallback,
                    diagnostics,
                    ..PlanAnswer::default()
                })
        })
    }

    fn apply(&self, call: Call, request: Apply) -> BoxFuture<'_, ApplyAnswer> {
        Box::pin(async move {
            let context = Context::new(&call);
            let recorder = context.recorder();
            let outcome = AssertUnwindSafe(self.apply_change(&context, &request))
                .catch_unwind()
                .await;
            let Outcome {
                object,
                mut diagnostics,
            } = match outcome {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(errors)) => Outcome::as_before(errors),
                Err(payload) => {
                    let error = panic::diagnostic(&format!("changing a {}", R::TYPE_NAME), payload.as_ref());
                    match recorder
                        .take()
                        .map(|(state, private)| (R::Model::schema().decode(&state), private))
                    {
                        Some((Ok(state), private)) => Outcome::exists(state, note::decode(&private)).with(error),
                        _ => Outcome::as_before(error),
                    }
                }
            };
            let destroys = request.planned.is_null();
            match object {
                Object::Exists(Current { state: model, note }) => {
                    let identity =
                        identity::kept(R::TYPE_NAME, R::identity(&model), request.identity, &mut diagnostics);
                    let mut state = R::Model::schema().encode(&model);
                    if !diagnostics.has_errors() {
                        settle::keep_promises(&request.planned, &mut state);
                    }
                    ApplyAnswer {
                        state: self.settled(state, &request.planned, &mut diagnostics),
                        private: note::encode(&note),
                        identity,
                        diagnostics,
                    }
                }
                Object::Gone => {
                    // Terraform takes the end of what was to be changed for a fault of the provider, unless it is one.
                    if !destroys && !diagnostics.has_errors() {
                        diagnostics.push(forgotten(R::TYPE_NAME));
                    }
                    ApplyAnswer {
                        diagnostics,
                        ..ApplyAnswer::default()
                    }
                }
                Object::AsBefore => {
                    if !diagnostics.has_errors() {
                        diagnostics.push(forgotten(R::TYPE_NAME));
                    }
                    ApplyAnswer {
                        state: request.prior,
                        private: request.private,
                        identity: request.identity,
                        diagnostics,
                    }
                }
            }
        })
    }

    fn import(&self, call: Call, target: ImportTarget) -> BoxFuture<'_, ImportAnswer> {
        Box::pin(async move {
            let context = Context::new(&call);
            let Outcome {
                object,
                mut diagnostics,
            } = R::import(&context, target).await;
            let mut imported = Vec::new();
            match object {
                Object::Exists(Current { state, note }) => {
                    let value = self.found(&state, &mut diagnostics);
                    imported.push(Imported {
                        state: value,
                        private: note::encode(&note),
                        identity: R::identity(&state),
                    });
                }
                _ if !diagnostics.has_errors() => diagnostics.push(forgotten(R::TYPE_NAME)),
                _ => {}
            }
            if diagnostics.has_errors() {
                imported.clear();
            }
            ImportAnswer {
                imported,
                deferred: None,
                diagnostics,
            }
        })
    }

    fn generate_config(&self, state: &Value) -> Value {
        let client = ClientCapabilities {
            write_only_attributes_allowed: true,
            ..ClientCapabilities::default()
        };
        generate::config(self.block(), state, |config| {
            let config = config.clone();
            self.validate(&ValidateConfig { config, client })
        })
    }

    fn move_state(&self, request: &MoveState) -> MovedState {
        let failed = |diagnostics| MovedState {
            diagnostics,
            ..MovedState::default()
        };
        let source = Source {
            provider_address: Some(&request.source_provider_address),
            type_name: &request.source_type_name,
            version: request.source_schema_version,
            state: &request.source_state,
        };
        match take_over(R::MOVES, &source) {
            Ok(Some(model)) => {
                let mut diagnostics = Diagnostics::new();
                MovedState {
                    state: Some(self.found(&model, &mut diagnostics)),
                    private: Vec::new(),
                    identity: R::identity(&model),
                    diagnostics,
                }
            }
            Ok(None) => failed(not_movable(R::TYPE_NAME, &self.moves(), request).into()),
            Err(diagnostics) => failed(diagnostics),
        }
    }
}

fn not_movable(type_name: &str, sources: &[&str], request: &MoveState) -> Diagnostic {
    let sources = match sources {
        [] => "nothing else".to_owned(),
        sources => sources.join(" and "),
    };
    Diagnostic::error(
        "Move Not Supported",
        format!(
            "The state of a {} of the provider {} cannot become that of a {type_name}, which can take over {sources}. Remove \
             the moved block, and import the object instead.",
            request.source_type_name, request.source_provider_address
        ),
    )
}
