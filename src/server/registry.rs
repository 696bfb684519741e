//! Everything that a provider has, each found by its name: what is entered here is offered, documented and served, and
//! nothing else is.

use std::sync::Arc;

use super::action::{Action, AnyAction, Invoked};
use super::any::AnyResource;
use super::data_source::{AnyDataSource, DataSource, Lookup};
use super::entry::Managed;
use super::ephemeral::{AnyEphemeralResource, EphemeralResource, Opening};
use super::function::{Function, FunctionEntry, FunctionError};
use super::list_resource::{AnyListResource, Entry, ListResource};
use super::resource::Resource;
use crate::diag::Diagnostic;

/// The managed resources, data sources and so on of a provider, in the order of the documentation.
#[derive(Default)]
pub struct Registry {
    resources: Vec<Arc<dyn AnyResource>>,
    data_sources: Vec<Arc<dyn AnyDataSource>>,
    ephemeral_resources: Vec<Arc<dyn AnyEphemeralResource>>,
    functions: Vec<FunctionEntry>,
    list_resources: Vec<Arc<dyn AnyListResource>>,
    actions: Vec<Arc<dyn AnyAction>>,
}

/// One thing that a provider has.
#[derive(Clone, Copy)]
pub enum Offer<'r> {
    /// A managed resource.
    Resource(&'r dyn AnyResource),
    /// A data source.
    DataSource(&'r dyn AnyDataSource),
    /// An ephemeral resource.
    Ephemeral(&'r dyn AnyEphemeralResource),
    /// A function.
    Function(&'r FunctionEntry),
    /// A list resource.
    ListResource(&'r dyn AnyListResource),
    /// An action.
    Action(&'r dyn AnyAction),
}

impl Offer<'_> {
    /// Its name: that of a type, or a function's.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Resource(resource) => resource.type_name(),
            Self::DataSource(source) => source.type_name(),
            Self::Ephemeral(resource) => resource.type_name(),
            Self::Function(function) => function.name(),
            Self::ListResource(list) => list.type_name(),
            Self::Action(action) => action.type_name(),
        }
    }
}

impl Registry {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Enters a managed resource.
    #[must_use]
    pub fn resource<R: Resource>(mut self) -> Self {
        self.resources.push(Arc::new(Managed::<R>::new()));
        self
    }

    /// Enters a data source.
    #[must_use]
    pub fn data_source<D: DataSource>(mut self) -> Self {
        self.data_sources.push(Arc::new(Lookup::<D>::new()));
        self
    }

    /// Enters an ephemeral resource.
    #[must_use]
    pub fn ephemeral_resource<E: EphemeralResource>(mut self) -> Self {
        self.ephemeral_resources.push(Arc::new(Opening::<E>::new()));
        self
    }

    /// Enters a function.
    #[must_use]
    pub fn function<F: Function>(mut self) -> Self {
        self.functions.push(FunctionEntry::of::<F>());
        self
    }

    /// Enters a list resource.
    #[must_use]
    pub fn list_resource<L: ListResource>(mut self) -> Self {
        self.list_resources.push(Arc::new(Entry::<L>::new()));
        self
    }

    /// Enters an action.
    #[must_use]
    pub fn action<A: Action>(mut self) -> Self {
        self.actions.push(Arc::new(Invoked::<A>::new()));
        self
    }

    /// Everything, whatever it is.
    pub fn offers(&self) -> impl Iterator<Item = Offer<'_>> {
        let resources = self.resources.iter().map(|resource| Offer::Resource(&**resource));
        let data_sources = self.data_sources.iter().map(|source| Offer::DataSource(&**source));
        let ephemeral = self
            .ephemeral_resources
            .iter()
            .map(|resource| Offer::Ephemeral(&**resource));
        let functions = self.functions.iter().map(Offer::Function);
        let lists = self.list_resources.iter().map(|list| Offer::ListResource(&**list));
        let actions = self.actions.iter().map(|action| Offer::Action(&**action));
        resources
            .chain(data_sources)
            .chain(ephemeral)
            .chain(functions)
            .chain(lists)
            .chain(actions)
    }

    /// The managed resources.
    pub fn resources(&self) -> impl Iterator<Item = &Arc<dyn AnyResource>> {
        self.resources.iter()
    }

    /// The data sources.
    pub fn data_sources(&self) -> impl Iterator<Item = &Arc<dyn AnyDataSource>> {
        self.data_sources.iter()
    }

    /// The ephemeral resources.
    pub fn ephemeral_resources(&self) -> impl Iterator<Item = &Arc<dyn AnyEphemeralResource>> {
        self.ephemeral_resources.iter()
    }

    /// The ephemeral resource of that type.
    ///
    /// # Errors
    /// An error for the user where there is none.
    pub(super) fn find_ephemeral_resource(&self, type_name: &str) -> Result<&dyn AnyEphemeralResource, Diagnostic> {
        let mut entries = self.ephemeral_resources.iter();
        let found = entries.find(|resource| resource.type_name() == type_name);
        found.map(|found| &**found).ok_or_else(|| {
            let detail = unknown("ephemeral resource type", type_name);
            Diagnostic::error("Unknown Ephemeral Resource Type", detail)
        })
    }

    /// The functions.
    pub fn functions(&self) -> impl Iterator<Item = &FunctionEntry> {
        self.functions.iter()
    }

    /// The list resources.
    pub fn list_resources(&self) -> impl Iterator<Item = &Arc<dyn AnyListResource>> {
        self.list_resources.iter()
    }

    /// The actions.
    pub fn actions(&self) -> impl Iterator<Item = &Arc<dyn AnyAction>> {
        self.actions.iter()
    }

    /// The function of that name.
    ///
    /// # Errors
    /// An error for the user where there is none.
    pub(super) fn find_function(&self, name: &str) -> Result<&FunctionEntry, FunctionError> {
        let found = self.functions.iter().find(|function| function.name() == name);
        found.ok_or_else(|| FunctionError {
            text: unknown("function", name),
            argument: None,
        })
    }

    /// The managed resource of that type.
    ///
    /// # Errors
    /// An error for the user where there is none.
    pub(super) fn find_resource(&self, type_name: &str) -> Result<&dyn AnyResource, Diagnostic> {
        let found = self.resources.iter().find(|resource| resource.type_name() == type_name);
        found
            .map(|found| &**found)
            .ok_or_else(|| Diagnostic::error("Unknown Resource Type", unknown("resource type", type_name)))
    }

    /// The data source of that type.
    ///
    /// # Errors
    /// An error for the user where there is none.
    pub(super) fn find_data_source(&self, type_name: &str) -> Result<&dyn AnyDataSource, Diagnostic> {
        let found = self.data_sources.iter().find(|source| source.type_name() == type_name);
        found
            .map(|found| &**found)
            .ok_or_else(|| Diagnostic::error("Unknown Data Source Type", unknown("data source type", type_name)))
    }

    /// The list resource of that type.
    ///
    /// # Errors
    /// An error for the user where there is none.
    pub(super) fn find_list_resource(&self, type_name: &str) -> Result<&dyn AnyListResource, Diagnostic> {
        let found = self.list_resources.iter().find(|list| list.type_name() == type_name);
        found
            .map(|found| &**found)
            .ok_or_else(|| Diagnostic::error("Unknown List Resource Type", unknown("list resource type", type_name)))
    }

    /// The action of that type.
    ///
    /// # Errors
    /// An error for the user where there is none.
    pub(super) fn find_action(&self, type_name: &str) -> Result<&dyn AnyAction, Diagnostic> {
        let found = self.actions.iter().find(|action| action.type_name() == type_name);
        found
            .map(|found| &**found)
            .ok_or_else(|| Diagnostic::error("Unknown Action Type", unknown("action type", type_name)))
    }
}

fn unknown(noun: &str, name: &str) -> String {
    format!(
        "This version of the provider has no {noun} {name}. A newer version may have it: raise the version in \
         required_providers and run init -upgrade."
    )
}
