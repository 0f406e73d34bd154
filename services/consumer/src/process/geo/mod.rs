//! Where an address is, from a database file. Never a call over the network.

use std::net::IpAddr;
use std::path::PathBuf;

use event_schema::hot;
use maxminddb::{MaxMindDbError, Reader};
use serde::Deserialize;
use warehouse::EventRow;

const COUNTRY: usize = hot::place("$geoip_country_code");
const REGION: usize = hot::place("$geoip_subdivision_1_name");
const CITY: usize = hot::place("$geoip_city_name");

/// Databases of addresses (MMDB): one for all, or one for each kind of address.
#[derive(Debug)]
pub struct Geo {
    readers: Vec<Reader<Vec<u8>>>,
}

/// A place in either of the two layouts that are in use: MaxMind's nested one,
/// and the flat one of the free databases.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Place<'a> {
    #[serde(borrow)]
    country: Named<'a>,
    #[serde(borrow)]
    city: Either<'a>,
    #[serde(borrow)]
    subdivisions: Vec<Named<'a>>,
    country_code: Option<&'a str>,
    state1: Option<&'a str>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named<'a> {
    iso_code: Option<&'a str>,
    #[serde(borrow)]
    names: Names<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Names<'a> {
    en: Option<&'a str>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Either<'a> {
    Flat(&'a str),
    #[serde(borrow)]
    Nested(Named<'a>),
}

impl Default for Either<'_> {
    fn default() -> Self {
        Self::Flat("")
    }
}

impl Geo {
    /// Reads the files into memory; `None` without any.
    ///
    /// # Errors
    /// When one cannot be read or is no such database.
    pub fn open(paths: &[PathBuf]) -> Result<Option<Self>, MaxMindDbError> {
        let readers: Vec<_> = paths
            .iter()
            .map(Reader::open_readfile)
            .collect::<Result<_, _>>()?;
        Ok((!readers.is_empty()).then_some(Self { readers }))
    }

    /// Derives country, region and city from `$ip` or the request's address,
    /// unless the client asked not to.
    pub fn derive(&self, row: &mut EventRow, request: Option<IpAddr>) {
        if row.property("$geoip_disable") == Some("true") {
            return;
        }
        let sent = row.property("$ip").and_then(|ip| ip.parse().ok());
        let Some(address) = sent.or(request) else {
            return;
        };
        let found = self
            .readers
            .iter()
            .filter_map(|reader| reader.lookup(address).ok());
        let Some(place) = found
            .filter_map(|found| found.decode::<Place<'_>>().ok()?)
            .next()
        else {
            return;
        };
        let city = match &place.city {
            Either::Flat(name) => Some(*name),
            Either::Nested(named) => named.names.en,
        };
        let region = place.subdivisions.first().and_then(|named| named.names.en);
        for (column, text) in [
            (COUNTRY, place.country.iso_code.or(place.country_code)),
            (REGION, region.or(place.state1)),
            (CITY, city),
        ] {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                row.derive_hot(column, text);
            }
        }
    }
}

#[cfg(test)]
mod tests;
