//! What the dashboard's and the overlay's own resources take and answer.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};

use crate::answer;
use crate::desk::{grant, networks, overlay, retention, rules, session, shares, site};
use crate::question::Endpoint;
use crate::token::Listed;
use crate::{share, shared};

type Shape = fn(&mut SchemaGenerator) -> Schema;

/// One method of one path.
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    /// What it reads.
    pub(super) body: Option<Shape>,
    /// Status, what it means, and what it says.
    pub(super) answers: &'static [(u16, &'static str, Option<Shape>)],
    pub(super) errors: &'static [u16],
}

/// All but the questions.
pub(super) const OPERATIONS: [Operation; 23] = [
    Operation {
        method: "get",
        path: "/api/v1/openapi.json",
        id: "openapi",
        summary: "This document",
        body: None,
        answers: &[(200, "This document", Some(|_| json_schema!({"type": "object"})))],
        errors: &[],
    },
    Operation {
        method: "get",
        path: "/api/v1/session",
        id: "session",
        summary: "Who is logged in",
        body: None,
        answers: &[
            (
                200,
                "The session of this browser",
                Some(|all| all.subschema_for::<session::Session>()),
            ),
            (204, "There is none", None),
        ],
        errors: &[],
    },
    Operation {
        method: "post",
        path: "/api/v1/session",
        id: "logIn",
        summary: "Log in with a token, or add its site to the session; answers with the session's cookie",
        body: Some(|all| all.subschema_for::<session::LogIn>()),
        answers: &[(200, "The session", Some(|all| all.subschema_for::<session::Session>()))],
        errors: &[400, 401, 403, 429, 500],
    },
    Operation {
        method: "delete",
        path: "/api/v1/session",
        id: "logOut",
        summary: "Log out in this browser, of all sites",
        body: None,
        answers: &[(204, "Logged out", None)],
        errors: &[403],
    },
    Operation {
        method: "get",
        path: "/api/v1/sites/{site}/settings",
        id: "settings",
        summary: "The site's origins and script tag",
        body: None,
        answers: &[(200, "The site", Some(|all| all.subschema_for::<site::Settings<'_>>()))],
        errors: &[401, 403, 500, 503],
    },
    Operation {
        method: "get",
        path: "/api/v1/sites/{site}/tokens",
        id: "tokens",
        summary: "The site's tokens; for a token that may administer",
        body: None,
        answers: &[(200, "The tokens", Some(|all| all.subschema_for::<Vec<Listed>>()))],
        errors: &[401, 403, 500, 503],
    },
    Operation {
        method: "post",
        path: "/api/v1/sites/{site}/tokens",
        id: "makeToken",
        summary: "Make a token; for a token that may administer",
        body: Some(|all| all.subschema_for::<site::NewToken>()),
        answers: &[(
            201,
            "The token, this once",
            Some(|all| all.subschema_for::<site::MadeToken>()),
        )],
        errors: &[400, 401, 403, 500, 503],
    },
    Operation {
        method: "delete",
        path: "/api/v1/sites/{site}/tokens/{id}",
        id: "revokeToken",
        summary: "Revoke a token; for a token that may administer",
        body: None,
        answers: &[(204, "It opens nothing any more", None)],
        errors: &[401, 403, 404, 500, 503],
    },
    Operation {
        method: "get",
        path: "/api/v1/sites/{site}/shares",
        id: "shares",
        summary: "The site's share links; for a token that may administer",
        body: None,
        answers: &[(200, "The links", Some(|all| all.subschema_for::<Vec<share::Listed>>()))],
        errors: &[401, 403, 500, 503],
    },
    Operation {
        method: "post",
        path: "/api/v1/sites/{site}/shares",
        id: "makeShare",
        summary: "Make a share link; for a token that may administer",
        body: Some(|all| all.subschema_for::<shares::NewShare>()),
        answers: &[(
            201,
            "The link, this once",
            Some(|all| all.subschema_for::<shares::MadeShare>()),
        )],
        errors: &[400, 401, 403, 500, 503],
    },
    Operation {
        method: "delete",
        path: "/api/v1/sites/{site}/shares/{id}",
        id: "revokeShare",
        summary: "Revoke a share link; for a token that may administer",
        body: None,
        answers: &[(204, "It opens nothing any more", None)],
        errors: &[401, 403, 404, 500, 503],
    },
    Operation {
        method: "post",
        path: "/api/v1/shared",
        id: "openLink",
        summary: "Open a share link",
        body: Some(|all| all.subschema_for::<shared::OpenLink>()),
        answers: &[(200, "It is open", Some(|all| all.subschema_for::<shared::OpenedLink>()))],
        errors: &[400, 401, 403, 429, 500, 503],
    },
    Operation {
        method: "put",
        path: "/api/v1/sites/{site}/origins",
        id: "setOrigins",
        summary: "Replace the origins whose pages may send; for a token that may administer",
        body: Some(|all| all.subschema_for::<site::NewOrigins>()),
        answers: &[(204, "So it is", None)],
        errors: &[400, 401, 403, 500, 503],
    },
    Operation {
        method: "get",
        path: RULES,
        id: "rules",
        summary: "The site's page rules in their order; for a token that may administer",
        body: None,
        answers: &[(
            200,
            "The rules",
            Some(|all| all.subschema_for::<Vec<rules::Listed<'_>>>()),
        )],
        errors: &[401, 403, 500, 503],
    },
    Operation {
        method: "post",
        path: RULES,
        id: "addRule",
        summary: "Say which pages are not measured, or counted as one; for a token that may administer",
        body: Some(|all| all.subschema_for::<rules::NewRule>()),
        answers: &[(204, "So it is, for what is collected from now on", None)],
        errors: &[400, 401, 403, 500, 503],
    },
    Operation {
        method: "delete",
        path: RULES,
        id: "removeRule",
        summary: "Remove a page rule by its pattern; for a token that may administer",
        body: None,
        answers: &[(204, "It holds no more; what was counted under it stays so", None)],
        errors: &[400, 401, 403, 500, 503],
    },
    Operation {
        method: "get",
        path: "/api/v1/sites/{site}/networks",
        id: "networks",
        summary: "From where the site's answers may be asked for; for a token that may administer",
        body: None,
        answers: &[(
            200,
            "The networks",
            Some(|all| all.subschema_for::<networks::Networks>()),
        )],
        errors: &[401, 403, 500, 503],
    },
    Operation {
        method: "put",
        path: "/api/v1/sites/{site}/networks",
        id: "setNetworks",
        summary: "Replace the networks from which the site's answers may be asked for; for a token that may administer",
        body: Some(|all| all.subschema_for::<networks::NewNetworks>()),
        answers: &[(204, "So it is", None)],
        errors: &[400, 401, 403, 500, 503],
    },
    Operation {
        method: "get",
        path: "/api/v1/sites/{site}/retention",
        id: "retention",
        summary: "How long the site's sealed counts are kept; for a token that may administer",
        body: None,
        answers: &[(
            200,
            "The retention",
            Some(|all| all.subschema_for::<retention::Retention>()),
        )],
        errors: &[401, 403, 500, 503],
    },
    Operation {
        method: "put",
        path: "/api/v1/sites/{site}/retention",
        id: "setRetention",
        summary: "Say how long the site's sealed counts are kept; for a token that may administer",
        body: Some(|all| all.subschema_for::<retention::NewRetention>()),
        answers: &[(204, "So it is; what is older goes soon", None)],
        errors: &[400, 401, 403, 500, 503],
    },
    Operation {
        method: "post",
        path: "/api/v1/sites/{site}/widget",
        id: "setWidget",
        summary: "Say whether anybody may see the picture of the site's countries; for a token that may administer",
        body: Some(|all| all.subschema_for::<site::WidgetSetting>()),
        answers: &[(204, "So it is", None)],
        errors: &[400, 401, 403, 500, 503],
    },
    Operation {
        method: "post",
        path: "/api/v1/sites/{site}/grants",
        id: "grant",
        summary: "Grant the heat of one page to the overlay on it",
        body: Some(|all| all.subschema_for::<grant::Wanted>()),
        answers: &[(
            201,
            "Where it is drawn",
            Some(|all| all.subschema_for::<grant::Granted>()),
        )],
        errors: &[400, 401, 403, 500, 503],
    },
    Operation {
        method: "post",
        path: OVERLAY,
        id: "overlay",
        summary: "All that the overlay draws on a page; opened by a grant alone, from its origin alone",
        body: Some(|all| all.subschema_for::<overlay::Asked>()),
        answers: &[(200, "The page's heat", Some(|all| all.subschema_for::<Drawn>()))],
        errors: &[400, 401, 403, 500, 503],
    },
];

/// Where page rules are; one is removed by its pattern in the query, because patterns have slashes.
pub(super) const RULES: &str = "/api/v1/sites/{site}/rules";

/// Where the overlay asks; with a body of plain text, so that browsers ask at once.
pub(super) const OVERLAY: &str = "/api/v1/overlay";

/// What the overlay draws: the answers to its questions, by their names.
struct Drawn;

impl JsonSchema for Drawn {
    fn schema_name() -> Cow<'static, str> {
        "OverlayAnswer".into()
    }

    fn json_schema(all: &mut SchemaGenerator) -> Schema {
        let schema_of = |endpoint: Endpoint| (endpoint.name().to_owned(), answer::schema_of(endpoint, all).to_value());
        let properties: Map<String, Value> = overlay::PARTS.into_iter().map(schema_of).collect();
        let required: Vec<&str> = overlay::PARTS.into_iter().map(Endpoint::name).collect();
        json_schema!({
            "description": "All that the overlay draws on a page.",
            "type": "object",
            "properties": properties,
            "required": required,
        })
    }
}
