//! Everything that a provider has, each found by its name: what is entered here is offered, documented and served, and
//! nothing else is.

use std::sync::Arc;

use super::any::AnyResource;
use super::data_source::{AnyDataSource, DataSource, Lookup};
use super::entry::Managed;
use super::function::{Function, FunctionEntry, FunctionError};
use super::resource::Resource;
use crate::diag::Diagnostic;

/// The managed resources, data sources and so on of a provider, in the order of the documentation.
#[derive(Default)]
pub struct Registry {
    resources: Vec<Arc<dyn AnyResource>>,
    data_sources: Vec<Arc<dyn AnyDataSource>>,
    functions: Vec<FunctionEntry>,
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

    /// Enters a function.
    #[must_use]
    pub fn function<F: Function>(mut self) -> Self {
        self.functions.push(FunctionEntry::of::<F>());
        self
    }

    /// The managed resources.
    pub fn resources(&self) -> impl Iterator<Item = &Arc<dyn AnyResource>> {
        self.resources.iter()
    }

    /// The data sources.
    pub fn data_sources(&self) -> impl Iterator<Item = &Arc<dyn AnyDataSource>> {
        self.data_sources.iter()
    }

    /// The functions.
    pub fn functions(&self) -> impl Iterator<Item = &FunctionEntry> {
        self.functions.iter()
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
}

fn unknown(noun: &str, name: &str) -> String {
    format!(
        "This version of the provider has no {noun} {name}. A newer version may have it: raise the version in \
         required_providers and run init -upgrade."
    )
}
