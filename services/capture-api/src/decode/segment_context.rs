//! Segment's `context` under the names of the standard properties, so that
//! browsers, pages and campaigns fill the same columns whatever SDK sent them.

use event_schema::segment::{CONTEXT_PROPERTIES, VIEW_PROPERTIES};

use super::additions::Additions;
use crate::json::{Kind, Value};

/// Adds what `context` tells, and for a page or screen what its own properties
/// tell where the context does not.
pub(super) fn flatten<'a>(context: Value<'a>, view: Option<Value<'a>>, added: &mut Additions<'a>) {
    context.for_each_member(|key, value| {
        let group = key.lossy();
        for (property, path) in CONTEXT_PROPERTIES {
            match path {
                [name] if *name == group => add_scalar(added, property, value),
                [name, inner] if *name == group => {
                    if let Some(value) = value.member(inner) {
                        add_scalar(added, property, value);
                    }
                }
                _ => {}
            }
        }
    });
    for (property, name) in VIEW_PROPERTIES {
        if !added.has(property)
            && let Some(value) = view.and_then(|view| view.member(name))
        {
            add_scalar(added, property, value);
        }
    }
}

fn add_scalar<'a>(added: &mut Additions<'a>, property: &'static str, value: Value<'a>) {
    let is_scalar = matches!(value.kind, Kind::String | Kind::Number | Kind::Bool);
    if is_scalar && value.raw != b"\"\"" {
        added.add(property, value.raw);
    }
}
