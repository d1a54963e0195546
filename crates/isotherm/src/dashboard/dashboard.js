// The dashboard: asks the API with the tab's token and shows what the gate lets through.

const $ = (selector) => document.querySelector(selector);
const desk = { site: "", token: "", page: null, asked: 0 };

/** Asks one endpoint; throws an Error whose message is for people. */
async function ask(endpoint, parameters = {}, accept = "application/json") {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value));
  let answer;
  try {
    answer = await fetch(`/api/v1/sites/${desk.site}/${endpoint}?${query}`, {
      headers: { Authorization: `Bearer ${desk.token}`, Accept: accept },
    });
  } catch {
    throw new Error("The service does not answer. Is it running?");
  }
  if (answer.ok) return accept === "image/png" ? answer.blob() : answer.json();
  if (answer.status === 401) throw new Error("This token is not known. It may have been revoked.");
  if (answer.status === 403) throw new Error("This token does not open that site.");
  const problem = await answer.json().catch(() => ({}));
  throw new Error(problem.detail ?? problem.title ?? `The service answered with status ${answer.status}.`);
}

/** The filters as API parameters; `wanted` says which of them an endpoint takes. */
function filters(...wanted) {
  const form = new FormData($("#filters"));
  return Object.fromEntries(wanted.map((name) => [name, form.get(name)]));
}

function fill(body, rows) {
  body.replaceChildren(
    ...rows.map((cells) => {
      const row = document.createElement("tr");
      row.append(
        ...cells.map((cell) => {
          const data = document.createElement("td");
          data.append(cell instanceof Node ? cell : String(cell));
          return data;
        }),
      );
      return row;
    }),
  );
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;

async function showSite() {
  const asked = ++desk.asked;
  $("#state").textContent = "Loading…";
  try {
    const days = filters("from", "to", "viewport");
    const [pages, countries, status] = await Promise.all([ask("pages", days), ask("countries", days), ask("status")]);
    if (asked !== desk.asked) return;
    fill($("#pages tbody"), pages.map((page) => [pageButton(page.path), page.views, page.clicks]));
    fill($("#countries tbody"), countries.map((row) => [row.country === "ZZ" ? "others" : row.country, row.views, row.clicks]));
    const arrived = Object.entries(status.outcomes ?? {}).filter(([, count]) => count > 0);
    fill($("#arrivals tbody"), arrived.map(([outcome, count]) => [outcome.replaceAll("_", " "), count]));
    $("#state").textContent = pages.length > 0 ? "" : emptyText(arrived);
    const page = pages.find((known) => known.path === desk.page) ?? pages[0];
    if (page) await showPage(page.path, asked);
    else $("#page").hidden = true;
  } catch (error) {
    if (asked === desk.asked) $("#state").textContent = error.message;
  }
}

/** What to do when there is nothing to show. */
function emptyText(arrived) {
  const admitted = arrived.some(([outcome]) => outcome === "admitted");
  if (admitted) return "Page views arrive. A page is shown once it has 50 of them.";
  const tag = `<script defer src="${location.origin}/isotherm.js" data-site="${desk.site}"></script>`;
  return arrived.length > 0
    ? "Requests arrive, but none is admitted: see the reasons below."
    : `Nothing has arrived yet. Paste this into the site's pages: ${tag}`;
}

function pageButton(path) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = path;
  button.addEventListener("click", () => showPage(path, ++desk.asked).catch(() => {}));
  return button;
}

async function showPage(path, asked) {
  desk.page = path;
  for (const row of document.querySelectorAll("#pages tbody tr")) {
    row.toggleAttribute("aria-current", row.firstChild.textContent === path);
  }
  const question = { ...filters("from", "to", "viewport", "layer"), page: path };
  const { layer: _layer, ...depth } = question;
  const section = $("#page");
  try {
    const [heat, scroll, picture] = await Promise.all([
      ask("heatmap", question),
      ask("scroll", depth),
      ask("heatmap", question, "image/png"),
    ]);
    if (asked !== desk.asked) return;
    section.hidden = false;
    section.querySelector("h2").textContent = path;
    const held = heat.withheld?.reason === "below_threshold";
    section.querySelector(".totals").textContent = held
      ? `Not enough yet: a page is shown from ${heat.withheld.needed} page views on.`
      : `${heat.views} page views, ${heat.from} to ${heat.to} (UTC)`;
    const image = section.querySelector("img");
    URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(picture);
    fill(section.querySelector(".elements tbody"), heat.elements.slice(0, 25).map((e) => [e.anchor, e.clicks, percent(e.rate)]));
    showReach(section.querySelector(".reach"), scroll);
  } catch (error) {
    if (asked === desk.asked) $("#state").textContent = error.message;
  }
}

function showReach(list, scroll) {
  const tenths = scroll.reach.filter((band) => band.depth % 10 === 0);
  list.replaceChildren(
    ...tenths.map((band) => {
      const item = document.createElement("li");
      const meter = document.createElement("meter");
      meter.value = band.share;
      const text = (words) => Object.assign(document.createElement("span"), { textContent: words });
      item.append(text(`${band.depth} %`), meter, text(percent(band.share)));
      return item;
    }),
  );
}

function open(site, token) {
  Object.assign(desk, { site, token, page: null });
  sessionStorage.setItem("isotherm", JSON.stringify({ site, token }));
  $("#login").hidden = true;
  $("#desk").hidden = $("#who").hidden = false;
  $("#site-name").textContent = site;
  return showSite();
}

$("#login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const message = event.target.querySelector(".error");
  Object.assign(desk, { site: form.get("site").trim(), token: form.get("token").trim() });
  try {
    await ask("status");
    message.hidden = true;
    await open(desk.site, desk.token);
  } catch (error) {
    message.textContent = error.message;
    message.hidden = false;
  }
});
$("#filters").addEventListener("change", showSite);
$("#leave").addEventListener("click", () => {
  sessionStorage.removeItem("isotherm");
  location.reload();
});

const kept = JSON.parse(sessionStorage.getItem("isotherm") ?? "null");
if (kept) open(kept.site, kept.token);
else $("#login").elements.site.value = new URLSearchParams(location.hash.slice(1)).get("site") ?? "";
