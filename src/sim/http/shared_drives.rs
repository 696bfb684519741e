use crate::sim::app::SharedApp;
use axum::Router;
pub(crate) fn routes() -> Router<SharedApp> {
    Router::new()
}
