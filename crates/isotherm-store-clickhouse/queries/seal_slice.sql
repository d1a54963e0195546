(site > {site_after:String} OR (site = {site_after:String} AND page > {page_after:UInt64}))
        AND (site < {site_to:String} OR (site = {site_to:String} AND page <= {page_to:UInt64}))
