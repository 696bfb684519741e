//! A client of the provider service that holds each answer to the [rules of hosts](crate::oracle), so that the test fails
//! which got an answer that no host takes.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use futures_util::StreamExt as _;
use terraform_provider_paperspace::wire::proto::tfplugin6 as proto;
use terraform_provider_paperspace::wire::proto::tfplugin6::provider_client::ProviderClient;
use tokio::sync::OnceCell;
use tonic::transport::Channel;
use tonic::{Response, Status};

use crate::oracle::judge::{self, Schemas};
use crate::oracle::{Broken, told};

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
    read_data_source: Some(|request, answer, schemas| {
        Some(judge::of_data_source(schemas.data_sources.get(&request.type_name)?, request, answer))
    });
}
