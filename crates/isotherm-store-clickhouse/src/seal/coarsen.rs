//! Old cohorts summed up by month and coarser place, for sites that want that instead of their deletion.
//!
//! It is a part of a seal: the sums carry the number of its attempt, and its row in `seals` names the sites and the days. From
//! then on readers take the sums in the place of all that ends before; what they replace is deleted some minutes later. Each
//! time a month more is old, all that is old is summed up again, so that one number per site says what counts. That
//! rewrites the sums: they have one place for each 64 px, page, class and month.

use isotherm_core::cohort::{Older, months_before};

use super::attempt::Attempt;
use super::inputs::Plan;
use super::statements::of_old;
use super::{SealError, Sealer};

impl Sealer {
    /// Writes the sums of each site that has something to be summed up; says which, and before which days.
    pub(super) async fn coarsen(&self, attempt: &Attempt<'_>, plan: &Plan) -> Result<Vec<(String, u16)>, SealError> {
        let kept = self.kept().await?;
        let mut coarsened = Vec::new();
        for row in self.oldest().await? {
            let known = attempt.seals.coarse(&row.site);
            let of_site = kept.get(&row.site).copied().unwrap_or_default();
            let before = months_before(attempt.landing, of_site.months).0;
            let before = before.max(known.before).max(row.kept_from);
            let wants = of_site.older == Older::Coarsened;
            // A site that went back to deleting has sums of nothing from here on.
            let had = known.attempt > 0;
            if plan.removed.contains(&row.site) || !(wants || had) || before <= known.before || row.oldest >= before {
                continue;
            }
            if wants {
                self.sum_up(attempt, &row.site, before).await?;
            }
            coarsened.push((row.site, before));
        }
        Ok(coarsened)
    }

    async fn sum_up(&self, attempt: &Attempt<'_>, site: &str, before: u16) -> Result<(), SealError> {
        let statements = [
            ("seal_coarsen", include_str!("../../queries/seal_coarsen.sql")),
            (
                "seal_coarsen_balance",
                include_str!("../../queries/seal_coarsen_balance.sql"),
            ),
        ];
        for (name, sql) in statements {
            let query = self.client.query_raw(&of_old(sql));
            let query = attempt.seals.bind_site(query, site);
            let query = query
                .param("site", site)
                .param("kept_from", before)
                .param("landing", attempt.landing.0)
                .param("attempt", attempt.id);
            self.execute(name, query).await?;
        }
        Ok(())
    }
}
