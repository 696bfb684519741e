//! The data sources that the kit makes of a kind: exactly one object, and all that satisfy the arguments.

use std::marker::PhantomData;

use super::filter::{Choose, Chosen};
use super::find::{Found, all, find};
use super::kind::{Kind, Scope};
use super::owner::Owner;
use super::plain::is_key;
use crate::api::Client;
use crate::diag::{Diagnostic, Diagnostics};
use crate::provider::select::{self, Filter, Item, Sorting};
use crate::provider::{Configured, errors};
use crate::schema::{Attribute, Check, Model, Nested, Schema};
use crate::server::{Answered, Context, DataSource};
use crate::value::Tf;

/// A kind whose objects can be chosen among.
pub trait Choosable: Kind {
    /// An object as the arguments judge it, and as data sources tell it.
    type Item: Chosen;
    /// What a query does not find, since [`Kind::refuse`] refuses it, as a sentence; empty for nothing.
    const REMARK: &'static str = "";

    /// Writes an answer as such an object.
    fn item(seen: Self::Seen) -> Self::Item;
}

/// A kind that can be looked up.
pub trait Listable: Choosable {
    /// The data source of one.
    const ONE: &'static str;
    /// The name of the result that holds several, such as `startup_scripts`.
    const PLURAL: &'static str;
    /// What the data sources are about, as a sentence.
    const ABOUT: &'static str;
}

/// The data source of one object.
pub struct One<K>(PhantomData<fn() -> K>);

/// The block of a data source of one object.
pub struct OneConfig<K: Listable> {
    key: Tf<String>,
    filter: Choose<K::Item>,
    found: K::Item,
}

// Derived, these would ask the same of the kind itself.
impl<K: Listable> Clone for OneConfig<K> {
    fn clone(&self) -> Self {
        Self {
            key: self.key.clone(),
            filter: self.filter.clone(),
            found: self.found.clone(),
        }
    }
}

impl<K: Listable> Default for OneConfig<K> {
    fn default() -> Self {
        Self {
            key: Tf::default(),
            filter: Choose::default(),
            found: K::Item::default(),
        }
    }
}

impl<K: Listable> Model for OneConfig<K> {
    fn declare(s: &mut Schema<Self>) {
        let noun = K::NOUN;
        s.describe(format!(
            "{} Looks up exactly one, by its `{}` or by any combination of the other arguments. It is an error if none or \
             several satisfy them.",
            K::ABOUT,
            K::KEY
        ));
        s.attr(K::KEY, |m| &mut m.key).check(Check::NotEmpty).doc(format!(
            "The {noun} of this {}, in the place of all other arguments.",
            if K::KEY == "ip" { "address" } else { "id" }
        ));
        s.embed(|m| &mut m.filter);
        s.embed(|m| &mut m.found);
    }
}

impl<K: Listable> DataSource for One<K> {
    type Model = OneConfig<K>;
    type Configured = Configured;

    const TYPE_NAME: &'static str = K::ONE;

    fn validate_config(config: &OneConfig<K>) -> Diagnostics {
        let mut diagnostics = config.filter.validate();
        diagnostics.extend(select::validate_choice(K::KEY, &config.key, &config.filter));
        diagnostics
    }

    async fn read(
        context: &Context<Configured>,
        mut config: OneConfig<K>,
    ) -> Result<Answered<OneConfig<K>>, Diagnostics> {
        let client = context.configured.client.with_cancel(context.cancel.clone());
        config.found = match config.key.as_deref() {
            Some(key) => by_key::<K>(&context.configured, &client, key).await?,
            None => choose::<K>(&client, &config.filter).await?,
        };
        Ok(config.into())
    }
}

async fn by_key<K: Listable>(configured: &Configured, client: &Client, key: &str) -> Result<K::Item, Diagnostic> {
    let missing = || {
        Diagnostic::error(
            format!("No {} Found", select::capitalised(K::NOUN)),
            format!(
                "The API key sees no {} with the {} \"{key}\": it was deleted, or belongs to another team, or this is its name \
                 and not its {}. The data source `{}` lists all that there are.",
                K::NOUN,
                K::KEY,
                K::KEY,
                K::LIST
            ),
        )
        .at(K::KEY)
    };
    if !is_key(K::KEY, key) {
        return Err(missing());
    }
    match find::<K>(configured, client, key, &Owner::default()).await? {
        Found::There(seen) => Ok(K::item(seen)),
        Found::Gone(_) => Err(missing()),
    }
}

async fn choose<K: Listable>(client: &Client, filter: &Choose<K::Item>) -> Result<K::Item, Diagnostic> {
    let scope = filter.scope();
    let mut items = fetch::<K>(client, &scope).await?;
    if scope != Scope::default() && filter.choose(items.clone()).await?.is_empty() {
        // The error is to tell what there is instead. That there is none was already seen.
        items = fetch::<K>(client, &Scope::default()).await?;
    }
    select::exactly_one(filter, items, "").await
}

/// The objects of a scope as the data sources tell them.
async fn fetch<K: Listable>(client: &Client, scope: &Scope) -> Result<Vec<K::Item>, Diagnostic> {
    let listed = all::<K>(client, scope).await;
    let listed = listed.map_err(|error| errors::diagnostic(&format!("list the {}s", K::NOUN), &error))?;
    Ok(listed.into_iter().map(K::item).collect())
}

/// The data source of several objects.
pub struct Many<K>(PhantomData<fn() -> K>);

/// The block of a data source of several objects.
pub struct ManyConfig<K: Listable> {
    filter: Choose<K::Item>,
    sorting: Sorting,
    keys: Tf<Vec<String>>,
    items: Tf<Vec<Nested<K::Item>>>,
}

impl<K: Listable> Clone for ManyConfig<K> {
    fn clone(&self) -> Self {
        Self {
            filter: self.filter.clone(),
            sorting: self.sorting.clone(),
            keys: self.keys.clone(),
            items: self.items.clone(),
        }
    }
}

impl<K: Listable> Default for ManyConfig<K> {
    fn default() -> Self {
        Self {
            filter: Choose::default(),
            sorting: Sorting::default(),
            keys: Tf::default(),
            items: Tf::default(),
        }
    }
}

impl<K: Listable> Model for ManyConfig<K> {
    fn declare(s: &mut Schema<Self>) {
        let plural = K::PLURAL;
        let keys = if K::KEY == "ip" { "ips" } else { "ids" };
        s.describe(format!(
            "{} Lists all that there are. Every argument is optional, and each narrows the list down.",
            K::ABOUT
        ));
        s.embed(|m| &mut m.filter);
        s.embed(|m| &mut m.sorting);
        s.attr(keys, |m| &mut m.keys)
            .computed()
            .doc(format!("The {keys} of the {}s, in the order of `{plural}`.", K::NOUN));
        s.attr(plural, |m| &mut m.items).computed().doc(format!(
            "The {}s, in the order that `sort_by` and `order` ask for.",
            K::NOUN
        ));
    }
}

impl<K: Listable> DataSource for Many<K> {
    type Model = ManyConfig<K>;
    type Configured = Configured;

    const TYPE_NAME: &'static str = K::LIST;

    fn validate_config(config: &ManyConfig<K>) -> Diagnostics {
        config.filter.validate()
    }

    async fn read(
        context: &Context<Configured>,
        mut config: ManyConfig<K>,
    ) -> Result<Answered<ManyConfig<K>>, Diagnostics> {
        let client = context.configured.client.with_cancel(context.cancel.clone());
        let items = fetch::<K>(&client, &config.filter.scope()).await?;
        let mut items = config.filter.choose(items).await?;
        config.sorting.sort(&mut items);
        config.keys = Tf::Known(items.iter().map(|item| item.id().to_owned()).collect());
        config.items = Tf::Known(items.into_iter().map(Nested).collect());
        Ok(config.into())
    }
}

/// Describes a result in the words of the resource's attribute of the same name.
pub fn as_in<M: Model>(attribute: &mut Attribute) {
    let described = M::schema().block().attribute(attribute.name);
    let description = described.map(|described| described.description.clone());
    attribute.computed().doc(description.unwrap_or_default());
}
