//! The arguments by which the data sources of a kind choose, declared once for all kinds.

use std::marker::PhantomData;

use super::kind::Scope;
use crate::diag::Diagnostics;
use crate::provider::name_regex::NameRegex;
use crate::provider::region;
use crate::provider::select::{self, Filter, Item};
use crate::schema::{Check, Model, Schema};
use crate::value::Tf;

/// Something that objects of a kind can be chosen by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The name, exactly or by an expression.
    Name,
    /// The region, in any spelling.
    Region,
    /// The machine that it belongs to.
    Machine,
}

/// An object as data sources tell it, that can be chosen by what it is.
pub trait Chosen: Item {
    /// What it can be chosen by.
    const BY: &'static [By];

    /// Its region, where it is chosen by that.
    fn region(&self) -> Tf<String> {
        Tf::Null
    }

    /// Its machine, where it is chosen by that.
    fn machine_id(&self) -> Tf<String> {
        Tf::Null
    }
}

/// The arguments.
pub struct Choose<I> {
    name: Tf<String>,
    name_regex: Tf<String>,
    region: Tf<String>,
    machine_id: Tf<String>,
    item: PhantomData<fn() -> I>,
}

// Derived, these would ask the same of the item.
impl<I> Clone for Choose<I> {
    fn clone(&self) -> Self {
        let Self {
            name,
            name_regex,
            region,
            machine_id,
            item,
        } = self;
        Self {
            name: name.clone(),
            name_regex: name_regex.clone(),
            region: region.clone(),
            machine_id: machine_id.clone(),
            item: *item,
        }
    }
}

impl<I> Default for Choose<I> {
    fn default() -> Self {
        Self {
            name: Tf::Null,
            name_regex: Tf::Null,
            region: Tf::Null,
            machine_id: Tf::Null,
            item: PhantomData,
        }
    }
}

impl<I: Chosen> Model for Choose<I> {
    fn declare(s: &mut Schema<Self>) {
        let noun = I::NOUN;
        if I::BY.contains(&By::Name) {
            s.attr("name", |m| &mut m.name)
                .check(Check::NotEmpty)
                .doc(format!("Only {noun}s of exactly this name."));
            select::declare_name_regex(s, noun, |m| &mut m.name_regex);
        }
        if I::BY.contains(&By::Region) {
            s.attr("region", |m| &mut m.region).check(Check::NotEmpty).doc(format!(
                "Only {noun}s in this region, in any spelling, such as `East Coast (NY2)` or `ny2`. The provider's own \
                 `region` does not narrow the choice."
            ));
        }
        if I::BY.contains(&By::Machine) {
            s.attr("machine_id", |m| &mut m.machine_id)
                .check(Check::NotEmpty)
                .doc(format!("Only {noun}s of the machine of this id."));
        }
    }
}

impl<I: Chosen> Choose<I> {
    /// What narrows the listing down. A region does not: the service is not known to compare its spellings.
    pub(super) fn scope(&self) -> Scope {
        Scope {
            name: self.name.as_deref().map(str::to_owned),
            region: None,
            machine_id: self.machine_id.as_deref().map(str::to_owned),
        }
    }

    /// What can be said about the arguments without the API.
    pub(super) fn validate(&self) -> Diagnostics {
        self.region
            .as_deref()
            .and_then(region::unknown_warning)
            .into_iter()
            .collect()
    }
}

impl<I: Chosen> Filter for Choose<I> {
    type Item = I;

    fn name(&self) -> &Tf<String> {
        &self.name
    }

    fn name_regex(&self) -> &Tf<String> {
        &self.name_regex
    }

    fn failing(&self, regex: Option<&NameRegex>, item: &I) -> Vec<&'static str> {
        let name = Tf::Known(item.name().to_owned());
        select::failing([
            ("name", select::is(&self.name, &name)),
            ("name_regex", select::matches(regex, &name)),
            ("region", select::is_region(&self.region, &item.region())),
            ("machine_id", select::is(&self.machine_id, &item.machine_id())),
        ])
    }

    fn arguments_of(item: &I) -> Vec<(&'static str, Tf<String>)> {
        let told = |by: &By| match by {
            By::Name => ("name", Tf::Known(item.name().to_owned())),
            By::Region => ("region", item.region()),
            By::Machine => ("machine_id", item.machine_id()),
        };
        I::BY.iter().map(told).collect()
    }
}
