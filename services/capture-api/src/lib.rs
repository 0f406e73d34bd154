//! capture-api
