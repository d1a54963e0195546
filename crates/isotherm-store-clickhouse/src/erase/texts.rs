//! Deleting texts: paths of the pages that are erased, and selectors that no count of the site names any more.

use super::deleting::{OF_PAGES, count_sql, delete_sql};
use super::{Eraser, PAGES_PER_STATEMENT, Reach};
use crate::fault::StoreFault;
use crate::settings::answer;

impl Eraser {
    /// Texts of a request that are still there.
    pub(super) async fn count_texts(&self, reach: &Reach<'_>) -> Result<u64, StoreFault> {
        let pages = self.gone_pages(reach).await?;
        let reach = Reach {
            pages: &pages,
            ..*reach
        };
        self.count(self.about(&count_sql("pages", OF_PAGES), &reach)).await
    }

    /// Deletes the paths. Of a range of months only those of pages that have no counts left.
    pub(super) async fn delete_texts(&self, reach: &Reach<'_>) -> Result<u64, StoreFault> {
        let pages = self.gone_pages(reach).await?;
        let reach = Reach {
            pages: &pages,
            ..*reach
        };
        let rows = self.count(self.about(&count_sql("pages", OF_PAGES), &reach)).await?;
        if rows > 0 {
            answer(self.about(&delete_sql("pages", OF_PAGES), &reach).execute()).await?;
            self.finish_deletions().await?;
        }
        Ok(rows)
    }

    /// Deletes selectors of a site that no count names. Says how many rows they were.
    pub(super) async fn delete_orphans(&self, site: &str) -> Result<u64, StoreFault> {
        let orphans = self.client.query_raw(include_str!("../../queries/erase_orphans.sql"));
        let orphans: Vec<u64> = answer(orphans.param("site", site).fetch_all()).await?;
        let condition = "site = {site:String} AND has({anchors:Array(UInt64)}, anchor)";
        for anchors in orphans.chunks(PAGES_PER_STATEMENT) {
            let delete = self.client.query_raw(&delete_sql("anchors", condition));
            answer(delete.param("site", site).param("anchors", anchors).execute()).await?;
        }
        self.finish_deletions().await?;
        Ok(orphans.len() as u64)
    }

    /// The pages whose texts must go.
    async fn gone_pages(&self, reach: &Reach<'_>) -> Result<Vec<u64>, StoreFault> {
        if reach.is_unlimited() || reach.whole {
            return Ok(reach.pages.to_vec());
        }
        let empty = self.about(include_str!("../../queries/erase_empty_pages.sql"), reach);
        answer(empty.fetch_all()).await
    }
}
