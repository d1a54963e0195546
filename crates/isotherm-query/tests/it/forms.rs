//! The forms of an answer: CSV that is safe to open, and a picture that is hottest where the page is.

use actix_web::http::StatusCode;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{Array, RecordBatch};
use arrow_ipc::reader::StreamReader;
use isotherm_core::ViewportClass;
use isotherm_core::gate::{Audience, Gate};
use isotherm_core::place::{Cell, Layer};
use isotherm_core::reading::{CellSum, Sealed};
use isotherm_core::thresholds::Thresholds;
use isotherm_query::picture::{HEIGHT_MAX_PX, Heat, LEGEND_PX, Picture, WIDTH_MAX_PX};

use crate::world::{PageView, World, all_time, times};

fn world() -> World {
    let view = PageView::of("/a")
        .clicked(25, 16)
        .clicked_on("=1+1,\"x\"", 4, 3)
        .looked(2, 7);
    World::of(times(50, &view))
}

#[actix_web::test]
async fn a_heat_map_is_a_table() {
    let reply = world().get_as("heatmap?page=/a", "text/csv").await;
    let expected = concat!(
        "kind,anchor,x,y,px,n,views\n",
        "cell,,25,16,16,50,50\n",
        "cell,,104,103,16,50,50\n",
        "element,\"'=1+1,\"\"x\"\"\",,,,50,50\n",
        "eighth,\"'=1+1,\"\"x\"\"\",4,3,,50,50\n",
    );
    assert_eq!(reply.text(), expected);
    assert_eq!(reply.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(
        reply.header("content-disposition"),
        "attachment; filename=\"acme-heatmap.csv\""
    );
    assert_eq!(reply.header("vary"), "Accept, Authorization, Cookie");
}

#[actix_web::test]
async fn every_answer_is_a_table() {
    let scroll = world().get_as("scroll?page=/a", "text/csv").await.text();
    assert!(
        scroll.starts_with("kind,percent,views,share,px,seconds\nreach,1,50,1,,\n"),
        "{scroll}"
    );
    assert!(
        scroll.ends_with("fold,25,,,900,\nfold,50,,,900,\nfold,75,,,900,\nattention,30,50,,,350\n"),
        "{scroll}"
    );
    for (question, expected) in [
        ("pages", "path,views,clicks\n/a,50,100\n"),
        ("countries", "country,views,clicks\nDE,50,100\n"),
        ("viewports", "viewport,views,clicks\ndesktop,50,100\n"),
        ("timeseries", "day,views,clicks\n2026-03-15,50,100\n"),
    ] {
        assert_eq!(world().get_as(question, "text/csv").await.text(), expected);
    }
    let status = world().get_as("status", "text/csv").await.text();
    assert!(
        status.starts_with("outcome,n\ndnt,0\n") && status.ends_with("admitted,3\n"),
        "{status}"
    );
}

#[actix_web::test]
async fn every_answer_is_a_data_frame() {
    for (question, columns, lines) in [
        ("heatmap?page=/a", "kind,anchor,x,y,px,n,views", 4),
        ("scroll?page=/a", "kind,percent,views,share,px,seconds", 34),
        (
            "elements?page=/a",
            "anchor,clicks,click_rate,exposure_rate,attractiveness,rage_share,dead_share",
            1,
        ),
        ("pages", "path,views,clicks", 1),
        ("countries", "country,views,clicks", 1),
        ("viewports", "viewport,views,clicks", 1),
        ("timeseries", "day,views,clicks", 1),
    ] {
        let reply = world().get_as(question, "application/vnd.apache.arrow.stream").await;
        assert_eq!(reply.header("content-type"), "application/vnd.apache.arrow.stream");
        let what = question.split('?').next().unwrap_or_default();
        let saved_as = format!("attachment; filename=\"acme-{what}.arrows\"");
        assert_eq!(reply.header("content-disposition"), saved_as);
        let reader = StreamReader::try_new(&reply.body[..], None).expect("a stream");
        let names: Vec<String> = reader
            .schema()
            .fields()
            .iter()
            .map(|field| field.name().clone())
            .collect();
        assert_eq!(names.join(","), columns, "{question}");
        let batches: Vec<RecordBatch> = reader.collect::<Result<_, _>>().expect("batches");
        assert_eq!(
            batches.iter().map(RecordBatch::num_rows).sum::<usize>(),
            lines,
            "{question}"
        );
        if what == "heatmap" {
            // A data frame is no spreadsheet: texts stay as they are.
            assert_eq!(batches[0].column(1).as_string::<i32>().value(2), "=1+1,\"x\"");
            assert!(batches[0].column(1).is_null(0), "a cell has no anchor");
            assert_eq!(batches[0].column(5).as_primitive::<UInt64Type>().value(0), 50);
        }
    }
}

#[actix_web::test]
async fn time_in_view_is_shown_from_k_page_views_on() {
    let looked = PageView::of("/a").looked(0, 3);
    let few = PageView::of("/a").looked(0, 1).looked(9, 30);
    let world = World::of([times(50, &looked), times(4, &few)].concat());
    let answer = world.get("scroll?page=/a").await.json();
    let shown = serde_json::json!([{"from": 0, "to": 10, "seconds": 154, "views": 54}]);
    assert_eq!(answer["attention"], shown);
    assert_eq!(answer["withheld"]["reason"], "below_k");
}

#[actix_web::test]
async fn a_table_and_a_picture_say_that_something_is_withheld() {
    let world = World::of([times(50, &PageView::of("/a")), vec![PageView::of("/a").clicked(1, 1)]].concat());
    for accept in ["text/csv", "image/png", "application/json"] {
        let reply = world.get_as("heatmap?page=/a", accept).await;
        assert_eq!(reply.header("x-isotherm-withheld"), "below_k;needed=5", "{accept}");
    }
}

#[actix_web::test]
async fn a_form_that_is_not_offered_is_406() {
    for (question, accept) in [
        ("heatmap?page=/a", "text/html"),
        ("pages", "image/png"),
        ("scroll?page=/a", "image/png"),
        ("status", "application/xml"),
    ] {
        let reply = world().get_as(question, accept).await;
        assert_eq!(reply.status, StatusCode::NOT_ACCEPTABLE, "{question} as {accept}");
        assert_eq!(reply.header("content-type"), "application/problem+json");
    }
}

/// Width, height, palette indices and the palette with opacity.
struct Decoded {
    width: usize,
    height: usize,
    indices: Vec<u8>,
    opacity: Vec<u8>,
}

fn decoded(png: &[u8]) -> Decoded {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(png::Transformations::IDENTITY);
    let mut reader = decoder.read_info().expect("a PNG");
    let mut indices = vec![0; reader.output_buffer_size().expect("a size")];
    reader.next_frame(&mut indices).expect("a picture");
    let info = reader.info();
    Decoded {
        width: info.width as usize,
        height: info.height as usize,
        opacity: info.trns.as_ref().expect("opacity").to_vec(),
        indices,
    }
}

impl Decoded {
    /// The middle of the hottest pixels of the map.
    fn hottest(&self) -> (f64, f64) {
        let map = &self.indices[..self.width * (self.height - LEGEND_PX as usize)];
        let most = map.iter().max().expect("pixels");
        let at: Vec<usize> = (0..map.len()).filter(|at| map[*at] == *most).collect();
        let middle =
            |of: &dyn Fn(usize) -> usize| at.iter().map(|at| of(*at) as f64 + 0.5).sum::<f64>() / at.len() as f64;
        (middle(&|at| at % self.width), middle(&|at| at / self.width))
    }
}

/// Heat of a page with these cells (x, y, page views), through the gate.
fn heat(viewport: Option<ViewportClass>, cells: &[(u16, u16, u64)]) -> Heat {
    let sum = |(x, y, views): &(u16, u16, u64)| CellSum {
        layer: Layer::Click,
        cell: Cell::new(*x, *y).expect("a cell"),
        level: 0,
        n: *views,
        views: *views,
        views_32: *views,
        views_64: *views,
    };
    let sums = (cells.iter().map(sum).collect(), Vec::new());
    let gate = Gate::new(Thresholds::default(), Audience::OwnToken);
    let covered = gate.cover_days(all_time(), &Sealed::default());
    Heat::of(viewport, &gate.map(&covered, 1_000, &[Layer::Click], sums))
}

#[actix_web::test]
async fn the_picture_is_hottest_where_the_page_is() {
    let quiet = PageView::of("/a").clicked(60, 80);
    let views = [times(100, &PageView::of("/a").clicked(25, 16)), times(20, &quiet)].concat();
    let reply = World::of(views).get_as("heatmap?page=/a", "image/png").await;
    assert_eq!(reply.header("content-type"), "image/png");
    let picture = decoded(&reply.body);
    let scale = picture.width as f64 / 1_440.0;
    let (x, y) = picture.hottest();
    assert!((x / scale - 25.5 * 16.0).abs() < 8.0, "{x} of {}", picture.width);
    assert!((y / scale - 16.5 * 16.0).abs() < 8.0, "{y} of {}", picture.height);
    let at = |x: f64, y: f64| picture.indices[(y * scale) as usize * picture.width + (x * scale) as usize];
    assert!(
        at(25.5 * 16.0, 16.5 * 16.0) > 245,
        "the hottest place has the hottest colours"
    );
    let other = at(60.5 * 16.0, 80.5 * 16.0);
    assert!(
        (60..200).contains(&other),
        "a fifth of the heat is seen, but not as the hottest: {other}"
    );
    assert_eq!(
        picture.opacity[usize::from(at(1_000.0, 400.0))],
        0,
        "far from all clicks the page is clear"
    );
}

#[test]
fn a_picture_is_as_wide_as_its_class_and_never_larger_than_it_may_be() {
    let size = |viewport, cells: &[(u16, u16, u64)]| {
        let picture = Picture::draw(&heat(viewport, cells));
        let png = decoded(&picture.png().expect("a PNG"));
        assert_eq!(
            (png.width as u32, png.height as u32),
            (picture.width_px(), picture.height_px())
        );
        (picture.width_px(), picture.height_px())
    };
    let screen = 640 + LEGEND_PX;
    assert_eq!(size(Some(ViewportClass::Phone), &[(3, 4, 5)]), (390, screen));
    assert_eq!(size(Some(ViewportClass::Phone), &[]), (390, screen));
    assert_eq!(size(Some(ViewportClass::Phone), &[(30, 4, 5)]), (496, screen));
    assert_eq!(size(None, &[]).0, WIDTH_MAX_PX);
    let tall = size(Some(ViewportClass::Desktop), &[(3, 1_500, 5)]);
    assert_eq!(tall.1, HEIGHT_MAX_PX);
    assert!((470..480).contains(&tall.0), "{tall:?}");
    let largest = size(None, &[(0, 0, 9), (1_023, 32_767, 9)]);
    assert_eq!(largest, (249, HEIGHT_MAX_PX));
    let cut = size(Some(ViewportClass::Phone), &[(0, 0, 9), (3, 32_767, 9)]);
    assert_eq!(cut, (240, HEIGHT_MAX_PX));
}

#[actix_web::test]
async fn a_picture_that_ends_above_the_lowest_heat_says_where() {
    let of = |lowest: u16| {
        let picture = Picture::draw(&heat(Some(ViewportClass::Phone), &[(0, 0, 9), (3, lowest, 9)]));
        (picture.height_px(), picture.cut_px())
    };
    // 390 px of width may shrink to 240: 7,956 picture pixels are 12,928 of the page, 80 of them the blur's below the last cell.
    assert_eq!(of(802), (HEIGHT_MAX_PX, None));
    assert_eq!(of(803), (HEIGHT_MAX_PX, Some((12_928, 12_944))));
    for (lowest, said) in [(2_900, ""), (3_100, "47736;of=49696")] {
        let views = times(60, &PageView::of("/a").clicked(4, lowest));
        let reply = World::of(views).get_as("heatmap?page=/a", "image/png").await;
        assert_eq!(reply.header("x-isotherm-cut"), said, "{lowest}");
    }
}

#[test]
fn pictures_of_a_pages_parts_are_parts_of_its_picture() {
    // Hottest above both: what is drawn of a part has the colours of the whole page.
    let heat = || {
        heat(
            Some(ViewportClass::Phone),
            &[(3, 2, 90), (9, 70, 40), (4, 200, 60), (20, 311, 7)],
        )
    };
    let map = |top_px| {
        let picture = Picture::draw(&heat().below(top_px));
        let png = decoded(&picture.png().expect("a PNG"));
        let map_px = png.height - LEGEND_PX as usize;
        (png.indices[..png.width * map_px].to_vec(), png.width, picture.scale())
    };
    let (whole, width, scale) = map(0);
    for top_px in [1, 100, 1_000, 3_205, 5_071] {
        let part = map(top_px);
        assert!(
            part == (whole[top_px as usize * width..].to_vec(), width, scale),
            "from {top_px} px on"
        );
    }
    assert!(map(4_960).0.iter().max() < map(3_000).0.iter().max());
    assert_eq!(map(500_000).0.len(), width, "below all heat there is nothing");
}

#[actix_web::test]
async fn a_picture_of_the_rest_begins_where_the_one_before_ended() {
    let views = times(60, &PageView::of("/a").clicked(4, 3_100));
    let world = World::of(views);
    let rest = world.get_as("heatmap?page=/a&top=47736", "image/png").await;
    assert_eq!(rest.header("x-isotherm-cut"), "");
    let (rest, first) = (
        decoded(&rest.body),
        decoded(&world.get_as("heatmap?page=/a", "image/png").await.body),
    );
    assert_eq!((rest.width, first.height as u32), (first.width, HEIGHT_MAX_PX));
    // 1,960 px of the page, 240 of whose 1,440 px are left.
    assert_eq!(rest.height as u32, 327 + LEGEND_PX);
    let map = |png: &Decoded| {
        png.indices[..png.width * (png.height - LEGEND_PX as usize)]
            .iter()
            .max()
            .copied()
    };
    assert_eq!(map(&first), Some(0));
    assert!(map(&rest) > Some(200), "{:?}", map(&rest));
}

#[test]
fn more_heat_is_never_drawn_cooler() {
    let at = |views| {
        let picture = Picture::draw(&heat(Some(ViewportClass::Phone), &[(5, 5, 100), (15, 25, views)]));
        let png = decoded(&picture.png().expect("a PNG"));
        png.indices[(25 * 16 + 8) * png.width + 15 * 16 + 8]
    };
    let levels: Vec<u8> = (0..=100).step_by(10).map(at).collect();
    assert!(levels.is_sorted(), "{levels:?}");
    assert!(levels[0] == 0 && levels[10] > 245, "{levels:?}");
}

#[test]
fn the_same_heat_is_the_same_picture_in_any_order() {
    let cells = [(5, 5, 100), (15, 25, 40), (16, 25, 7)];
    let mut turned = cells;
    turned.reverse();
    let png = |cells: [(u16, u16, u64); 3]| Picture::draw(&heat(None, &cells)).png().expect("a PNG");
    assert_eq!(png(cells), png(turned));
}
