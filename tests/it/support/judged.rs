//! A client of the provider service that holds each answer to the [rules of hosts](crate::oracle), so that the test fails
//! which got an answer that no host takes.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use futures_util::StreamExt as _;
use terraform_provider_paperspace::wire::proto::tfplugin6 as proto;
use terraform_provider_paperspace::wire::proto::tfplugin6::provider_client::ProviderClient;
use tokio::sync::OnceCell;
use tonic::transport::Channel;
use tonic::{Response, Status, Streaming};

use crate::oracle::judge::{self, Schemas};
use crate::oracle::{Broken, besides, told};

/// A judged client. What there are no rules for goes through as it is.
#[derive(Clone)]
pub struct Client {
    inner: ProviderClient<Channel>,
    /// Asked for when the first answer is judged.
    schemas: Arc<OnceCell<Schemas>>,
}

impl Deref for Client {
    type Target = ProviderClient<Channel>;

    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

impl DerefMut for Client {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.inner
    }
}

/// A judged client of the provider service.
pub fn provider(channel: &Channel) -> Client {
    Client {
        inner: ProviderClient::new(channel.clone()),
        schemas: Arc::default(),
    }
}

impl Client {
    /// A client whose answers nobody judges.
    pub fn inner(&self) -> ProviderClient<Channel> {
        self.inner.clone()
    }

    /// What the provider says of itself, judged.
    pub async fn schemas(&self) -> &Schemas {
        let ask = async || {
            let mut client = self.inner.clone();
            let schemas = client.get_provider_schema(proto::get_provider_schema::Request {});
            let schemas = schemas.await.unwrap().into_inner();
            let identities = client.get_resource_identity_schemas(proto::get_resource_identity_schemas::Request {});
            let identities = identities.await.unwrap().into_inner();
            let (schemas, broken) = Schemas::read(&schemas, &identities);
            assert!(broken.is_empty(), "no host takes these schemas:\n{}", told(&broken));
            schemas
        };
        self.schemas.get_or_init(ask).await
    }
}

impl Client {
    /// Asks for a whole list, and judges it.
    pub async fn list_resource(&mut self, request: proto::list_resource::Request) -> Vec<proto::list_resource::Event> {
        let events = self.inner.list_resource(request.clone()).await.unwrap().into_inner();
        let events: Vec<_> = events.map(Result::unwrap).collect().await;
        if let Some(kind) = self.schemas().await.resources.get(&request.type_name) {
            let broken = judge::of_list(kind, &request, &events);
            assert!(broken.is_empty(), "no host takes this list:\n{}", told(&broken));
        }
        events
    }
}

impl Client {
    /// Calls a function, and judges what it comes to.
    pub async fn call_function(
        &mut self,
        request: proto::call_function::Request,
    ) -> Result<Response<proto::call_function::Response>, Status> {
        let response = self.inner.call_function(request.clone()).await?;
        if let Some(signature) = self.schemas().await.functions.get(&request.name) {
            let broken = besides::of_call(signature, &request, response.get_ref());
            assert!(
                broken.is_empty(),
                "no host takes what a call came to:\n{}",
                told(&broken)
            );
        }
        Ok(response)
    }

    /// Begins an action, whose events are judged once they are over.
    pub async fn invoke_action(
        &mut self,
        request: proto::invoke_action::Request,
    ) -> Result<Response<ActionEvents>, Status> {
        let response = self.inner.invoke_action(request).await?;
        Ok(response.map(|events| ActionEvents {
            events,
            seen: Vec::new(),
        }))
    }
}

/// The events of an action.
pub struct ActionEvents {
    events: Streaming<proto::invoke_action::Event>,
    seen: Vec<proto::invoke_action::Event>,
}

impl ActionEvents {
    /// The next one; `None` at the end.
    pub async fn message(&mut self) -> Result<Option<proto::invoke_action::Event>, Status> {
        let event = self.events.message().await?;
        match &event {
            Some(event) => self.seen.push(event.clone()),
            None => {
                let broken = besides::of_action(&self.seen);
                assert!(broken.is_empty(), "no host takes these events:\n{}", told(&broken));
            }
        }
        Ok(event)
    }
}

/// How an answer is judged. Where no type of that name is known it is by its messages alone.
type Judge<Request, Answer> = fn(&Request, &Answer, &Schemas) -> Option<Vec<Broken>>;

macro_rules! judged {
    ($($rpc:ident: $judge:expr;)*) => {
        impl Client {$(
            /// Asks, and judges the answer.
            pub async fn $rpc(
                &mut self,
                request: proto::$rpc::Request,
            ) -> Result<Response<proto::$rpc::Response>, Status> {
                let judge: Option<Judge<proto::$rpc::Request, proto::$rpc::Response>> = $judge;
                let response = self.inner.$rpc(request.clone()).await?;
                let answer = response.get_ref();
                let broken = match judge {
                    Some(judge) => judge(&request, answer, self.schemas().await),
                    None => None,
                };
                let broken = broken.unwrap_or_else(|| judge::of_messages(&answer.diagnostics));
                assert!(broken.is_empty(), "no host takes what {} was answered:\n{}", stringify!($rpc), told(&broken));
                Ok(response)
            }
        )*}
    };
}

judged! {
    validate_provider_config: None;
    configure_provider: None;
    validate_resource_config: None;
    validate_data_resource_config: None;
    upgrade_resource_state: Some(|request, answer, schemas| {
        Some(judge::of_upgrade(schemas.resources.get(&request.type_name)?, answer))
    });
    upgrade_resource_identity: Some(|request, answer, schemas| {
        Some(judge::of_identity_upgrade(schemas.resources.get(&request.type_name)?, request, answer))
    });
    read_resource: Some(|request, answer, schemas| {
        Some(judge::of_read(schemas.resources.get(&request.type_name)?, request, answer))
    });
    plan_resource_change: Some(|request, answer, schemas| {
        Some(judge::of_plan(schemas.resources.get(&request.type_name)?, request, answer))
    });
    apply_resource_change: Some(|request, answer, schemas| {
        Some(judge::of_apply(schemas.resources.get(&request.type_name)?, request, answer))
    });
    import_resource_state: Some(|request, answer, schemas| {
        Some(judge::of_import(schemas.resources.get(&request.type_name)?, request, answer))
    });
    move_resource_state: Some(|request, answer, schemas| {
        Some(judge::of_move(schemas.resources.get(&request.target_type_name)?, answer))
    });
    generate_resource_config: Some(|request, answer, schemas| {
        Some(judge::of_generated(schemas.resources.get(&request.type_name)?, request, answer))
    });
    validate_list_resource_config: None;
    validate_ephemeral_resource_config: None;
    open_ephemeral_resource: Some(|request, answer, schemas| {
        Some(besides::of_open(schemas.ephemerals.get(&request.type_name)?, request, answer))
    });
    renew_ephemeral_resource: Some(|_, answer, _| Some(besides::of_renew(answer)));
    close_ephemeral_resource: None;
    validate_action_config: None;
    plan_action: Some(|request, answer, _| Some(besides::of_action_plan(request, answer)));
    read_data_source: Some(|request, answer, schemas| {
        Some(judge::of_data_source(schemas.data_sources.get(&request.type_name)?, request, answer))
    });
}
