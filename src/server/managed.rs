//! A managed resource in the registry: the server's rules around a resource's own functions.
//!
//! Each RPC reads alike: decode the models, run the rules on the way in, call the resource, run the rules on the way out.
//! Whatever a resource's functions do, what exists is never forgotten.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use super::any_resource::{AnyResource, Configured};
use super::provider::downcast;
use super::rpc::{
    Apply, ApplyAnswer, Imported, MoveState as MoveRequest, MovedState, Plan, PlanAnswer, Read, ReadAnswer,
    UpgradeIdentity, UpgradeState, UpgradedIdentity, UpgradedState, ValidateConfig as ValidateRequest,
};
use super::{
    Applied, Change, Context, Current, Identity, Import, ImportTarget, ModifyPlan, MoveState, PlanContext, Planning,
    Resource, ValidateConfig, plan, settle,
};
use crate::diag::{Diagnostic, Diagnostics, panic};
use crate::schema::{Block, IdentitySchema, Model, refuse_write_only, validate};
use crate::value::{Type, Value, json};

type ModifyPlanFn<R> = for<'a> fn(
    &'a PlanContext<<R as Resource>::Configured>,
    &'a mut Planning<<R as Resource>::Model>,
) -> BoxFuture<'a, ()>;
type ImportFn<R> = for<'a> fn(
    &'a Context<<R as Resource>::Configured>,
    ImportTarget,
) -> BoxFuture<'a, Result<<R as Resource>::Model, Diagnostics>>;
type MoveStateFn<R> = fn(&MoveRequest) -> Result<Option<<R as Resource>::Model>, Diagnostics>;

struct IdentityOf<M> {
    schema: IdentitySchema,
    ty: Type,
    of: fn(&M) -> Option<Value>,
}

/// A resource's entry in the registry: its four functions and the capabilities that it opts into.
pub struct Managed<R: Resource> {
    ty: Type,
    validate_config: Option<fn(&R::Model) -> Diagnostics>,
    modify_plan: Option<ModifyPlanFn<R>>,
    identity: Option<IdentityOf<R::Model>>,
    import: Option<ImportFn<R>>,
    move_state: Option<(MoveStateFn<R>, &'static str)>,
}

impl<R: Resource> Managed<R> {
    /// The entry of a resource without further capabilities.
    #[expect(clippy::new_without_default, reason = "an entry is only ever made in a registry")]
    pub fn new() -> Self {
        Self {
            ty: R::Model::schema().block().ty(),
            validate_config: None,
            modify_plan: None,
            identity: None,
            import: None,
            move_state: None,
        }
    }

    /// Tests configurations beyond the schema's rules.
    #[must_use]
    pub fn validate_config(mut self) -> Self
    where
        R: ValidateConfig,
    {
        self.validate_config = Some(R::validate_config);
        self
    }

    /// Takes a hand in plans.
    #[must_use]
    pub fn modify_plan(mut self) -> Self
    where
        R: ModifyPlan,
    {
        self.modify_plan = Some(|context, planning| Box::pin(R::modify_plan(context, planning)));
        self
    }

    /// Has an identity.
    #[must_use]
    pub fn identity(mut self) -> Self
    where
        R: Identity,
    {
        let schema = R::identity_schema();
        self.identity = Some(IdentityOf {
            ty: schema.ty(),
            schema,
            of: R::identity,
        });
        self
    }

    /// Can be imported.
    #[must_use]
    pub fn import(mut self) -> Self
    where
        R: Import,
    {
        self.import = Some(|context, target| Box::pin(R::import(context, target)));
        self
    }

    /// Takes over state of other types.
    #[must_use]
    pub fn move_state(mut self) -> Self
    where
        R: MoveState,
    {
        self.move_state = Some((R::move_state, R::SOURCES));
        self
    }

    /// The finished entry.
    pub fn entry(self) -> Arc<dyn AnyResource> {
        Arc::new(self)
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

    fn identity_of(&self, model: &R::Model) -> Option<Value> {
        self.identity.as_ref().and_then(|identity| (identity.of)(model))
    }

    /// The identity after an operation. An identity never changes: an object with another one is another object.
    fn kept_identity(&self, model: &R::Model, before: Option<Value>, diagnostics: &mut Diagnostics) -> Option<Value> {
        let now = self.identity_of(model);
        if let (Some(now), Some(before)) = (&now, &before)
            && now != before
            && before.is_wholly_known()
        {
            diagnostics.push(Diagnostic::error(
                "Identity Changed",
                format!(
                    "The identity of this {} is no longer the one that is stored with it. The remote API answered about \
                     another object, or the state was edited by hand. Nothing was changed.",
                    R::TYPE_NAME
                ),
            ));
            return Some(before.clone());
        }
        now.or(before)
    }

    async fn plan_change(
        &self,
        configured: Option<Configured>,
        cancel: CancellationToken,
        request: Plan,
    ) -> Result<PlanAnswer, Diagnostics> {
        let schema = R::Model::schema();
        let destroys = request.config.is_null();
        let mut planned = match destroys {
            true => Value::Null,
            false => plan::propose(schema.block(), &request.prior, &request.config),
        };
        let requires_replace = plan::replacements(schema.block(), &request.prior, &planned);
        let mut answer = PlanAnswer {
            requires_replace,
            private: request.private,
            identity: if request.prior.is_null() {
                None
            } else {
                request.identity
            },
            ..PlanAnswer::default()
        };
        if let Some(modify_plan) = self.modify_plan {
            let before = decode_optional::<R::Model>(&planned)?;
            let mut planning = Planning {
                prior: decode_optional(&request.prior)?,
                config: decode_optional(&request.config)?,
                planned: before.clone(),
                requires_replace: answer.requires_replace,
                note: answer.private.clone(),
                diagnostics: Diagnostics::new(),
            };
            let context = PlanContext {
                configured: configured.map(downcast),
                cancel,
            };
            modify_plan(&context, &mut planning).await;
            if let (Some(before), Some(after)) = (&before, &planning.planned) {
                schema.encode_changes(before, after, &mut planned);
            }
            answer.requires_replace = planning.requires_replace;
            answer.diagnostics = planning.diagnostics;
        }
        answer.planned = planned;
        Ok(answer)
    }

    async fn apply_change(
        &self,
        context: &Context<R::Configured>,
        request: &Apply,
    ) -> Result<Applied<R::Model>, Diagnostics> {
        // Everything is decoded before anything is done.
        let prior = decode_optional::<R::Model>(&request.prior)?;
        let planned = decode_optional::<R::Model>(&request.planned)?;
        let config = decode_optional::<R::Model>(&request.config)?;
        let change = |planned: R::Model| Change {
            config: config.unwrap_or_else(|| planned.clone()),
            planned,
            note: request.private.clone(),
        };
        Ok(match (prior, planned) {
            (None, None) => Applied::gone(),
            (None, Some(planned)) => R::create(context, change(planned)).await,
            (Some(prior), Some(planned)) => R::update(context, prior, change(planned)).await,
            (Some(prior), None) => R::delete(context, prior).await,
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

    fn identity(&self) -> Option<&IdentitySchema> {
        self.identity.as_ref().map(|identity| &identity.schema)
    }

    fn identity_type(&self) -> Option<&Type> {
        self.identity.as_ref().map(|identity| &identity.ty)
    }

    fn round_trip(&self, value: &Value) -> Result<Value, Diagnostics> {
        R::Model::schema().round_trip(value)
    }

    fn validate(&self, request: &ValidateRequest) -> Diagnostics {
        let config = &request.config;
        let mut diagnostics = validate(self.block(), config);
        if !request.client.write_only_attributes_allowed {
            diagnostics.extend(refuse_write_only(self.block(), config));
        }
        match (R::Model::schema().decode(config), self.validate_config) {
            (Ok(config), Some(validate_config)) => diagnostics.extend(validate_config(&config)),
            (Ok(_), None) => {}
            // A value that breaks a rule of the schema often does not decode either: once is enough.
            (Err(errors), _) => diagnostics.extend(
                errors
                    .into_iter()
                    .filter(|error| !diagnostics.iter().any(|known| known.path == error.path))
                    .collect::<Vec<_>>(),
            ),
        }
        diagnostics
    }

    fn upgrade_state(&self, request: &UpgradeState) -> UpgradedState {
        let failed = |detail: String| UpgradedState {
            state: None,
            diagnostics: Diagnostic::error("State Cannot Be Read", detail).into(),
        };
        if request.raw.json.is_empty() {
            return failed(format!(
                "The stored state of this {} is not in the form that Terraform 0.12 and later write. Open the state \
                 with Terraform 0.12 first, or remove the resource from the state and import it again.",
                R::TYPE_NAME
            ));
        }
        if request.version > R::VERSION {
            return failed(format!(
                "The state of this {} was written by a newer version of the provider (schema version {}, this provider \
                 knows up to {}). Use that provider version or a later one.",
                R::TYPE_NAME,
                request.version,
                R::VERSION
            ));
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
            Err(error) => failed(format!(
                "The stored state of this {} does not have the shape that the provider wrote: {error}. It was edited \
                 by hand or damaged, and nothing was changed. Restore a backup of the state, or remove the resource \
                 from the state and import it again.",
                R::TYPE_NAME
            )),
        }
    }

    fn upgrade_identity(&self, request: &UpgradeIdentity) -> UpgradedIdentity {
        let Some(identity) = &self.identity else {
            return UpgradedIdentity::default();
        };
        if request.raw.json.is_empty() {
            return UpgradedIdentity::default();
        }
        match json::decode_state(&request.raw.json, &identity.ty) {
            Ok(identity) => UpgradedIdentity {
                identity: Some(identity),
                diagnostics: Diagnostics::new(),
            },
            Err(error) => UpgradedIdentity {
                identity: None,
                diagnostics: Diagnostic::error(
                    "Identity Cannot Be Read",
                    format!(
                        "The stored identity of this {} does not have the expected shape: {error}.",
                        R::TYPE_NAME
                    ),
                )
                .into(),
            },
        }
    }

    fn read(&self, configured: Configured, cancel: CancellationToken, request: Read) -> BoxFuture<'_, ReadAnswer> {
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
            let context = Context::new(downcast(configured), cancel);
            let note = request.private.clone();
            match R::read(&context, Current { state, note }).await {
                Ok(Some(Current { state: model, note })) => {
                    let mut diagnostics = Diagnostics::new();
                    let identity = self.kept_identity(&model, request.identity.clone(), &mut diagnostics);
                    if diagnostics.has_errors() {
                        return unchanged(diagnostics, request);
                    }
                    let state = self.to_state(&model, &request.state, &mut diagnostics);
                    ReadAnswer {
                        state,
                        private: note,
                        identity,
                        deferred: None,
                        diagnostics,
                    }
                }
                Ok(None) => ReadAnswer {
                    identity: request.identity,
                    ..ReadAnswer::default()
                },
                Err(diagnostics) => unchanged(diagnostics, request),
            }
        })
    }

    fn plan(
        &self,
        configured: Option<Configured>,
        cancel: CancellationToken,
        request: Plan,
    ) -> BoxFuture<'_, PlanAnswer> {
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

    fn apply(&self, configured: Configured, cancel: CancellationToken, request: Apply) -> BoxFuture<'_, ApplyAnswer> {
        Box::pin(async move {
            let context = Context::new(downcast(configured), cancel);
            let recorder = context.recorder();
            let outcome = AssertUnwindSafe(self.apply_change(&context, &request))
                .catch_unwind()
                .await;
            let mut diagnostics = Diagnostics::new();
            let applied = match outcome {
                Ok(Ok(applied)) => applied,
                Ok(Err(errors)) => Applied::failed(errors),
                Err(payload) => {
                    let error = panic::diagnostic(&format!("changing a {}", R::TYPE_NAME), payload.as_ref());
                    match recorder.take().map(|state| R::Model::schema().decode(&state)) {
                        Some(Ok(state)) => Applied::partly(state, error),
                        _ => Applied::failed(error),
                    }
                }
            };
            diagnostics.extend(applied.diagnostics);
            let Some(model) = applied.state else {
                if !request.planned.is_null() && !diagnostics.has_errors() {
                    diagnostics.push(forgotten(R::TYPE_NAME));
                }
                // Beside an error the object is still what it was before; without one it is gone.
                let (state, identity) = match diagnostics.has_errors() {
                    true => (request.prior, request.identity),
                    false => (Value::Null, None),
                };
                return ApplyAnswer {
                    state,
                    private: request.private,
                    identity,
                    diagnostics,
                };
            };
            let identity = self.kept_identity(&model, request.identity, &mut diagnostics);
            let mut state = R::Model::schema().encode(&model);
            if !diagnostics.has_errors() {
                settle::keep_promises(&request.planned, &mut state);
            }
            let state = self.settled(state, &request.planned, &mut diagnostics);
            ApplyAnswer {
                state,
                private: applied.note,
                identity,
                diagnostics,
            }
        })
    }

    fn import(
        &self,
        configured: Configured,
        cancel: CancellationToken,
        target: ImportTarget,
    ) -> BoxFuture<'_, Result<Imported, Diagnostics>> {
        Box::pin(async move {
            let Some(import) = self.import else {
                return Err(Diagnostic::error(
                    "Import Not Supported",
                    format!("Objects of type {} cannot be imported.", R::TYPE_NAME),
                )
                .into());
            };
            let context = Context::new(downcast(configured), cancel);
            let model = import(&context, target).await?;
            let mut diagnostics = Diagnostics::new();
            let mut state = R::Model::schema().encode(&model);
            settle::fill_defaults(self.block(), &mut state);
            let state = self.settled(state, &Value::Null, &mut diagnostics);
            if diagnostics.has_errors() {
                return Err(diagnostics);
            }
            let identity = self.identity_of(&model);
            Ok(Imported {
                type_name: R::TYPE_NAME.to_owned(),
                state,
                private: Vec::new(),
                identity,
            })
        })
    }

    fn move_state(&self, request: &MoveRequest) -> MovedState {
        let from = format!(
            "{} of the provider {}",
            request.source_type_name, request.source_provider_address
        );
        let failed = |diagnostics| MovedState {
            diagnostics,
            ..MovedState::default()
        };
        let sources = self.move_state.map_or("nothing else", |(_, sources)| sources);
        let moved = self.move_state.map(|(move_state, _)| move_state(request));
        match moved {
            Some(Ok(Some(model))) => {
                let mut diagnostics = Diagnostics::new();
                let mut state = R::Model::schema().encode(&model);
                settle::fill_defaults(self.block(), &mut state);
                let state = self.settled(state, &Value::Null, &mut diagnostics);
                let identity = self.identity_of(&model);
                MovedState {
                    state: Some(state),
                    private: Vec::new(),
                    identity,
                    diagnostics,
                }
            }
            Some(Err(diagnostics)) => failed(diagnostics),
            Some(Ok(None)) | None => failed(
                Diagnostic::error(
                    "Move Not Supported",
                    format!(
                        "The state of a {from} cannot become that of a {}, which can take over {sources}. Remove the \
                         moved block, and import the object instead.",
                        R::TYPE_NAME
                    ),
                )
                .into(),
            ),
        }
    }
}

/// What the user is told when a resource's own code says of a create or an update that nothing exists.
fn forgotten(type_name: &str) -> Diagnostic {
    Diagnostic::error(
        "Provider Returned Nothing",
        format!(
            "The change of a {type_name} ended without an error and without saying what exists now. This is a bug in the \
             provider: please report it with the log of `TF_LOG=DEBUG`."
        ),
    )
}
