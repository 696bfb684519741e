//! The list resource that the kit makes of a kind: every object that there is for Terraform to manage, page by page.
//!
//! A page is asked for when all that was found in the one before it is told, and another one is wanted. The order is the
//! service's own, newest first: to sort, all pages would have to be there.

use std::marker::PhantomData;

use super::filter::Choose;
use super::find::Pages;
use super::kind::{Kind, Managed, Scope};
use super::plain::Plain;
use super::sources::Choosable;
use crate::api::{Client, Error};
use crate::diag::Diagnostics;
use crate::provider::select::Filter;
use crate::provider::{Configured, errors};
use crate::schema::{Model, Schema};
use crate::server::{Context, Finds, ListResource, Resource};

/// A kind whose objects a query finds.
pub trait Queried: Kind {
    /// The managed resource whose objects they are.
    type Resource: Resource<Configured = Configured>;
    /// The arguments by which they are chosen.
    type Filter: Filter;
    /// What is asked once for all objects, where they are wanted as a whole.
    type Aside: Default + Send + Sync;
    /// What a query does not find, or not tell, as a sentence; empty for nothing.
    const REMARK: &'static str = "";

    /// What narrows the listing down.
    fn scope(filter: &Self::Filter) -> Scope;

    /// What can be said about the arguments without the API.
    fn validate(filter: &Self::Filter) -> Diagnostics;

    /// Writes an answer as the arguments judge it.
    fn item(seen: Self::Seen) -> <Self::Filter as Filter>::Item;

    /// Asks what an answer does not tell.
    fn aside(client: &Client) -> impl Future<Output = Result<Self::Aside, Error>> + Send;

    /// The state of an object, as an import would give it, and its name.
    fn state(seen: &Self::Seen, aside: &Self::Aside) -> <Self::Resource as Resource>::Model;
}

impl<K: Managed + Choosable> Queried for K {
    type Resource = Plain<K>;
    type Filter = Choose<K::Item>;
    type Aside = ();
    const REMARK: &'static str = K::REMARK;

    fn scope(filter: &Choose<K::Item>) -> Scope {
        filter.scope()
    }

    fn validate(filter: &Choose<K::Item>) -> Diagnostics {
        filter.validate()
    }

    fn item(seen: K::Seen) -> K::Item {
        <K as Choosable>::item(seen)
    }

    async fn aside(_client: &Client) -> Result<(), Error> {
        Ok(())
    }

    fn state(seen: &K::Seen, (): &()) -> K::Model {
        let mut state = K::Model::default();
        K::observe(&mut state, seen);
        state
    }
}

/// The list resource of a kind.
pub struct Query<K>(PhantomData<fn() -> K>);

/// The `config` block of a list resource.
pub struct QueryConfig<K: Queried>(K::Filter);

// Derived, these would ask the same of the kind itself.
impl<K: Queried> Clone for QueryConfig<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K: Queried> Default for QueryConfig<K> {
    fn default() -> Self {
        Self(K::Filter::default())
    }
}

impl<K: Queried> Model for QueryConfig<K> {
    fn declare(s: &mut Schema<Self>) {
        let about = format!(
            "Finds the team's {}s for `terraform query`, whoever made them. Every argument is optional, and each narrows the \
             result down. The newest come first. {}",
            K::NOUN,
            K::REMARK
        );
        s.describe(about.trim_end());
        s.embed(|m| &mut m.0);
    }
}

impl<K: Queried> ListResource for Query<K> {
    type Model = QueryConfig<K>;
    type Resource = K::Resource;
    type Configured = Configured;

    fn validate_config(config: &QueryConfig<K>) -> Diagnostics {
        K::validate(&config.0)
    }

    async fn list(
        context: &Context<Configured>,
        QueryConfig(filter): QueryConfig<K>,
        finds: &mut Finds<'_, K::Resource>,
    ) -> Result<(), Diagnostics> {
        let client = context.configured.client.with_cancel(context.cancel.clone());
        let failed = |error: Error| errors::diagnostic(&format!("list the {}s", K::NOUN), &error);
        let scope = K::scope(&filter);
        let mut pages = Pages::<K>::new(&client, &scope);
        let mut aside = None;
        while let Some(mut page) = pages.next().await.map_err(failed)? {
            page.retain(|seen| K::refuse(seen).is_none());
            let items = page.iter().cloned().map(K::item).collect();
            let judged = filter.judge(items).await?;
            for (seen, _) in page.iter().zip(judged).filter(|(_, judged)| judged.is_chosen()) {
                if aside.is_none() && finds.wants_state() {
                    aside = Some(K::aside(&client).await.map_err(failed)?);
                }
                let facts = K::facts(seen);
                let name = facts.name.as_deref().unwrap_or(&facts.key);
                let state = K::state(seen, aside.get_or_insert_default());
                if finds.tell(name, &state).await.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}
