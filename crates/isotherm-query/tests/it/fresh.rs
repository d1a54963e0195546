//! An answer that the client has is not sent again, and one that it has not goes out small.

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;

use crate::world::{PageView, Reply, Secrets, World, times};

fn world(n: usize) -> World {
    let spread = |at: usize| {
        times(
            5,
            &PageView::of("/a").clicked((at % 40) as u16 * 4, (at / 40) as u16 * 4),
        )
    };
    World::of((0..n / 5).flat_map(spread).collect())
}

async fn get(world: &World, what: &str, field: (&str, &str)) -> Reply {
    let bearer = format!("Bearer {}", Secrets::ACME);
    let fields = [("Authorization", bearer.as_str()), field];
    let uri = format!("/api/v1/sites/acme/{what}");
    world.call(TestRequest::get(), &uri, &fields).await
}

#[actix_web::test]
async fn who_names_an_answers_tag_gets_304_until_it_changes() {
    let (before, after) = (world(60), world(65));
    for what in ["heatmap?page=/a", "pages", "countries"] {
        let first = get(&before, what, ("accept", "application/json")).await;
        let tag = first.header("etag").to_owned();
        assert_eq!(first.header("cache-control"), "private, no-cache");
        for named in [tag.clone(), format!("\"x\", {tag}"), "*".to_owned()] {
            let again = get(&before, what, ("if-none-match", &named)).await;
            assert_eq!(
                (again.status, again.body.len()),
                (StatusCode::NOT_MODIFIED, 0),
                "{named}"
            );
            assert_eq!(again.header("etag"), tag);
            assert_eq!(again.header("vary"), first.header("vary"));
        }
        let changed = get(&after, what, ("if-none-match", &tag)).await;
        assert_eq!(changed.status, StatusCode::OK);
        assert_ne!(changed.header("etag"), tag);
        let table = get(&before, what, ("accept", "text/csv")).await;
        assert_ne!(table.header("etag"), tag, "another form is another answer");
    }
}

#[actix_web::test]
async fn a_tag_opens_nothing() {
    let tag = get(&world(60), "pages", ("accept", "*/*"))
        .await
        .header("etag")
        .to_owned();
    let fields = [("if-none-match", tag.as_str())];
    let reply = world(60)
        .call(TestRequest::get(), "/api/v1/sites/acme/pages", &fields)
        .await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(reply.header("cache-control"), "private, no-store");
}

#[actix_web::test]
async fn answers_go_out_compressed_to_who_takes_it() {
    let world = world(2_000);
    let plain = get(&world, "heatmap?page=/a", ("accept", "*/*")).await;
    for encoding in ["br", "gzip"] {
        let packed = get(&world, "heatmap?page=/a", ("accept-encoding", encoding)).await;
        assert_eq!(packed.header("content-encoding"), encoding);
        assert!(
            packed.body.len() * 4 < plain.body.len(),
            "{} of {}",
            packed.body.len(),
            plain.body.len()
        );
        assert_eq!(packed.header("etag"), plain.header("etag"));
    }
    assert_eq!(plain.header("content-encoding"), "");
}
