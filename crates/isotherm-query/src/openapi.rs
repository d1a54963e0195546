//! The OpenAPI document of everything that is answered, made from the code: endpoints and parameters from the tables that
//! requests are read by, shapes from the types that answers are written from.

mod operations;

use std::sync::LazyLock;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use actix_web::middleware::{Compat, Compress};
use actix_web::{HttpRequest, HttpResponse, Resource, dev, web};
use isotherm_core::ViewportClass;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::answer;
use crate::desk::session;
use crate::etag;
use crate::problem::Document;
use crate::question::{Endpoint, TOP_MAX_PX};
use crate::widget::WIDGET;
use operations::{OPERATIONS, OVERLAY, Operation, RULES};

/// What can go wrong with any question, besides what its own parameters can.
const QUESTION_ERRORS: [u16; 6] = [400, 401, 403, 406, 500, 503];

/// The document, OpenAPI 3.1.
pub fn document() -> Value {
    let settings = || {
        SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        })
    };
    let mut answers = settings().for_serialize().into_generator();
    let mut bodies = settings().for_deserialize().into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in Endpoint::ALL {
        let path = format!("/api/v1/sites/{{site}}/{}", endpoint.name());
        paths.insert(path, json!({"get": question(endpoint, &mut answers)}));
    }
    for operation in OPERATIONS {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method] = operation.describe(&mut answers, &mut bodies);
    }
    paths.insert(WIDGET.to_owned(), json!({"get": widget()}));
    answers.subschema_for::<Document<'_>>();
    let mut schemas = answers.take_definitions(true);
    schemas.extend(bodies.take_definitions(true));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Isotherm",
            "version": "1",
            "summary": "Where people click, tap and scroll, as counts that speak of no one.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": problems(),
            "parameters": parameters(),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A token of the site."},
                "session": {"type": "apiKey", "in": "cookie", "name": session::COOKIE, "description": "The dashboard's session."},
                "link": {"type": "http", "scheme": "bearer", "description": "What `openLink` answers for a share link: reads what the link shows, in sealed cohorts only."},
            },
        },
    })
}

/// `GET /api/v1/openapi.json`, for everybody: it says nothing of any site.
pub(crate) fn resource() -> impl dev::HttpServiceFactory {
    let resource: Resource = web::resource("/api/v1/openapi.json");
    resource
        .route(web::get().to(serve))
        .wrap(Compat::new(Compress::default()))
}

async fn serve(request: HttpRequest) -> HttpResponse {
    static TEXT: LazyLock<Vec<u8>> = LazyLock::new(|| document().to_string().into_bytes());
    let mut head = HttpResponse::Ok();
    head.insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    etag::answer(&request, (head, TEXT.clone()))
}

/// An endpoint that answers a question about a site.
fn question(endpoint: Endpoint, schemas: &mut SchemaGenerator) -> Value {
    let mut given = vec![json!({"$ref": "#/components/parameters/site"})];
    for (name, _, _) in PARAMETERS {
        if endpoint.needs(name) {
            let mut parameter = parameter(name);
            parameter["required"] = json!(true);
            given.push(parameter);
        } else if endpoint.takes(name) {
            given.push(json!({"$ref": format!("#/components/parameters/{name}")}));
        }
    }
    let mut content = Map::new();
    for media in endpoint.offers() {
        let (name, schema) = match media.content_type().split(';').next() {
            Some("application/json") => ("application/json", answer::schema_of(endpoint, schemas).to_value()),
            Some("text/csv") => ("text/csv", json!({"type": "string"})),
            Some(other) => (other, json!({"type": "string", "contentEncoding": "binary"})),
            None => continue,
        };
        content.insert(name.to_owned(), json!({"schema": schema}));
    }
    let mut responses = errors(&QUESTION_ERRORS);
    let success = json!({"description": summary(endpoint), "headers": answer_headers(), "content": content});
    responses.insert("200".to_owned(), success);
    responses.insert(
        "304".to_owned(),
        json!({"description": "The client has this answer already."}),
    );
    json!({
        "operationId": endpoint.name(),
        "summary": summary(endpoint),
        "tags": ["answers"],
        "security": security(endpoint),
        "parameters": given,
        "responses": responses,
    })
}

/// A token or a session opens every question, a link those that it may show.
fn security(endpoint: Endpoint) -> Value {
    match endpoint {
        Endpoint::Compare | Endpoint::Status => json!([{"token": []}, {"session": []}]),
        _ => json!([{"token": []}, {"session": []}, {"link": []}]),
    }
}

/// The picture of a site's countries, for everybody where its owner says so.
fn widget() -> Value {
    let size = json!({"type": "string", "enum": ["full", "badge"]});
    let size = json!({"name": "size", "in": "query", "description": "`full` (without it) or `badge`", "schema": size});
    let mut responses = errors(&[400, 404, 500, 503]);
    let content = json!({"image/svg+xml": {"schema": {"type": "string"}}});
    responses.insert(
        "200".to_owned(),
        json!({"description": "The picture", "content": content}),
    );
    responses.insert(
        "304".to_owned(),
        json!({"description": "The client has this picture already."}),
    );
    json!({
        "operationId": "countriesWidget",
        "summary": "A map of the countries of a site's page views, in cohorts only",
        "tags": ["widget"],
        "security": [],
        "parameters": [{"$ref": "#/components/parameters/site"}, size],
        "responses": responses,
    })
}

const fn summary(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Pages => "The pages, by page views",
        Endpoint::Heatmap => "Where a page is clicked and tapped",
        Endpoint::Scroll => "How deep a page is seen, and where its fold lies",
        Endpoint::Elements => "What page views do with each element of a page",
        Endpoint::Compare => "The elements of a page in two periods, or of two variants of it",
        Endpoint::Countries => "Page views and clicks by country",
        Endpoint::Viewports => "Page views and clicks by viewport class",
        Endpoint::Timeseries => "Page views and clicks by day",
        Endpoint::Status => "What arrived lately, by outcome",
    }
}

fn answer_headers() -> Value {
    let text = |what: &str| json!({"description": what, "schema": {"type": "string"}});
    json!({
        "ETag": text("Names this answer."),
        "X-Isotherm-Covers": text("The first and last day that it covers."),
        "X-Isotherm-Withheld": text("Why something is missing, and how much is needed."),
        "X-Isotherm-Cut": text("Of a picture that is too tall: where it ends, and where the page's heat does, in px of the page."),
    })
}

/// Name, what it means, and whether it is a day, of every parameter of a question; in the order of docs/api.md.
const PARAMETERS: [(&str, &str, bool); 13] = [
    ("from", "First UTC day; without it, the first of last month", true),
    ("to", "Last UTC day; without it, today", true),
    ("from_a", "First UTC day of the first period", true),
    ("to_a", "Last UTC day of the first period", true),
    ("from_b", "First UTC day of the second period", true),
    ("to_b", "Last UTC day of the second period", true),
    (
        "variants",
        "Two variants to compare instead of two periods: `a` to `h`, or `none` for the page without one, with a comma",
        false,
    ),
    ("viewport", "One viewport class; without it, all summed", false),
    ("country", "One country; without it, all summed", false),
    ("sealed", "`only` leaves out what is not in a cohort yet", false),
    ("page", "The path of a page", false),
    (
        "layer",
        "`click`, `tap`, both with a comma, or another layer alone",
        false,
    ),
    (
        "top",
        "Of a picture: where it begins on the page, px; without it, 0. Other forms have all of the page",
        false,
    ),
];

fn parameter(name: &str) -> Value {
    let (_, description, is_day) = PARAMETERS
        .into_iter()
        .find(|(known, _, _)| *known == name)
        .unwrap_or((name, "", false));
    let schema = match name {
        _ if is_day => json!({"type": "string", "format": "date"}),
        "viewport" => json!({"type": "string", "enum": ViewportClass::ALL.map(ViewportClass::name)}),
        "country" => json!({"type": "string", "pattern": "^[A-Z]{2}$"}),
        "sealed" => json!({"type": "string", "enum": ["only"]}),
        "top" => json!({"type": "integer", "minimum": 0, "maximum": TOP_MAX_PX}),
        _ => json!({"type": "string", "minLength": 1}),
    };
    json!({"name": name, "in": "query", "description": description, "schema": schema})
}

fn parameters() -> Value {
    let mut all = Map::new();
    let site = json!({"type": "string", "pattern": "^[a-z0-9-]{1,32}$"});
    let site = json!({"name": "site", "in": "path", "required": true, "description": "The site's key", "schema": site});
    all.insert("site".to_owned(), site);
    for (name, _, _) in PARAMETERS {
        all.insert(name.to_owned(), parameter(name));
    }
    Value::Object(all)
}

/// The errors with these statuses.
fn errors(statuses: &[u16]) -> Map<String, Value> {
    let of = |status: &u16| {
        let name = json!({"$ref": format!("#/components/responses/{status}")});
        (status.to_string(), name)
    };
    statuses.iter().map(of).collect()
}

/// Every error that any operation names, as a problem document.
fn problems() -> Value {
    let all = [
        (400, "A parameter or the body is bad; `parameter` names it."),
        (401, "No token, link or password, or none that is known."),
        (403, "The token does not open this."),
        (404, "There is no such thing."),
        (406, "None of the accepted forms is offered."),
        (429, "Too many attempts; `Retry-After` says how long to wait."),
        (500, "The service cannot answer; its log says why."),
        (
            503,
            "The counts cannot be read now; `Retry-After` says when to try again.",
        ),
    ];
    let schema = json!({"$ref": "#/components/schemas/Problem"});
    let problem = |(status, description): (u16, &str)| {
        let content = json!({"application/problem+json": {"schema": schema}});
        (
            status.to_string(),
            json!({"description": description, "content": content}),
        )
    };
    Value::Object(all.into_iter().map(problem).collect())
}

impl Operation {
    fn describe(&self, answers: &mut SchemaGenerator, bodies: &mut SchemaGenerator) -> Value {
        let mut responses = errors(self.errors);
        for (status, description, schema) in self.answers {
            let mut response = json!({"description": description});
            if let Some(schema) = schema {
                response["content"] = json!({"application/json": {"schema": schema(answers)}});
            }
            responses.insert(status.to_string(), response);
        }
        let mut operation = json!({
            "operationId": self.id,
            "summary": self.summary,
            "tags": ["desk"],
            "security": self.security(),
            "responses": responses,
        });
        let mut given = Vec::new();
        if self.path.contains("{site}") {
            given.push(json!({"$ref": "#/components/parameters/site"}));
        }
        if self.path.contains("{id}") {
            let schema = json!({"type": "string"});
            given.push(
                json!({"name": "id", "in": "path", "required": true, "description": "The id, as listed", "schema": schema}),
            );
        }
        if (self.method, self.path) == ("delete", RULES) {
            let schema = json!({"type": "string", "minLength": 1});
            given.push(
                json!({"name": "pattern", "in": "query", "required": true, "description": "The pattern, as listed", "schema": schema}),
            );
        }
        if !given.is_empty() {
            operation["parameters"] = Value::Array(given);
        }
        if let Some(body) = self.body {
            let media = if self.path == OVERLAY {
                "text/plain"
            } else {
                "application/json"
            };
            let content = json!({media: {"schema": body(bodies)}});
            operation["requestBody"] = json!({"required": true, "content": content});
        }
        operation
    }

    /// Who may: nobody in particular where it opens or closes something itself.
    fn security(&self) -> Value {
        if self.path.contains("{site}") {
            json!([{"token": []}, {"session": []}])
        } else {
            json!([])
        }
    }
}
