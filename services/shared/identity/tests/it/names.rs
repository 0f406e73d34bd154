//! Projects by the names that others use, as the consumer may ask for them.

use identity::Store;
use identity::store::ProjectChange;

use crate::accounts::{Accounts, now, postgres};

#[tokio::test]
async fn an_id_a_slug_and_an_alias_mean_a_project() {
    let accounts = Accounts::create().await;
    let owner = accounts.user("ada@example.com").await;
    let shop = accounts.project(owner, "shop").await;
    let blog = accounts.project(owner, "blog").await;
    let change = ProjectChange {
        aliases: Some(vec!["cm1x".to_owned()]),
        ..ProjectChange::default()
    };
    assert!(
        accounts
            .store
            .change_project(shop, &change, now())
            .await
            .unwrap()
    );
    let role = accounts.database.url_as("millrace_consumer");
    let asking = Store::new(&postgres(role)).unwrap();
    let names = [
        shop.to_string(),
        blog.to_string().to_uppercase(),
        "blog".to_owned(),
        "cm1x".to_owned(),
        "nobody".to_owned(),
        "no\0body".to_owned(),
    ];
    let found = asking.projects_named(&names).await.unwrap();
    let meant: Vec<_> = names.iter().map(|name| found.get(name).copied()).collect();
    assert_eq!(
        meant,
        [Some(shop), Some(blog), Some(blog), Some(shop), None, None]
    );
}
