// Made from schemas/openapi.json by `npm run types`. Do not edit.

/**
 * What becomes of older counts: `delete`, or `coarsen`, they become whole months, 64 px squares and elements.
 */
export type Older = "delete" | "coarsen";
/**
 * What becomes of pages that match: `drop`, they are not measured; `group`, they are counted as one, under the pattern.
 */
export type RuleAction = "drop" | "group";
export type NewScope = "read" | "admin";

export interface AskedByOverlay {
  country?: string;
  grant: string;
  layer?: string;
  /**
   * The path that the opened page has become by a change of its route; only for a grant that allows it.
   */
  route?: string | null;
  viewport?: string;
}
/**
 * How long a tenth of the page's height was in view of somebody who was there.
 */
export interface Attention {
  /**
   * Where it begins, percent of the page's height.
   */
  from: number;
  /**
   * Seconds, of all page views together.
   */
  seconds: number;
  /**
   * Where it ends.
   */
  to: number;
  /**
   * Page views that had it in view for a second or more.
   */
  views: number;
}
/**
 * How many page views clicked an element.
 */
export interface Clicked {
  /**
   * `views` over the page's views, 0 to 1.
   */
  rate: number;
  views: number;
}
/**
 * An element of `compare`.
 */
export interface Compared {
  a: Clicked;
  anchor: string;
  b: Clicked;
  /**
   * The rate of b less that of a, -1 to 1.
   */
  difference: number;
  /**
   * Upper end of it.
   */
  high: number;
  /**
   * Lower end of the difference's 95 % interval.
   */
  low: number;
  /**
   * Whether the interval leaves out 0.
   */
  significant: boolean;
}
/**
 * The answer of `compare`.
 */
export interface Comparison {
  a: Side;
  b: Side;
  /**
   * By size of the difference, largest first, then by anchor.
   */
  elements: Compared[];
  page: string;
  withheld: Withheld | null;
}
/**
 * What a side of a comparison covers.
 */
export interface Side {
  from: string;
  /**
   * The page, which with variants is not that of the other side.
   */
  page: string;
  to: string;
  views: number;
}
/**
 * Why something is missing. Never how much.
 */
export interface Withheld {
  /**
   * How much is needed.
   */
  needed: number;
  reason: "below_threshold" | "below_k" | "no_whole_month" | "cut_cohorts";
}
/**
 * A country of `countries`.
 */
export interface CountrySum {
  clicks: number;
  country: string;
  views: number;
}
/**
 * A day of `timeseries`, or several that are kept together.
 */
export interface DaySum {
  clicks: number;
  day: string;
  /**
   * The last day, where it is another one.
   */
  to?: string | null;
  views: number;
}
/**
 * A position inside an element.
 */
export interface ElementCell {
  n: number;
  /**
   * `eighth` or `px16`.
   */
  unit: "eighth" | "px16";
  views: number;
  x: number;
  y: number;
}
/**
 * An element of `elements`.
 */
export interface ElementRates {
  anchor: string;
  /**
   * Page views with a click on it over those in which it came into view, 0 to 1.
   */
  attractiveness: number | null;
  /**
   * Page views with a click on it over the page's views, 0 to 1.
   */
  click_rate: number;
  clicks: number;
  /**
   * Page views with a dead click on it over those with a click on it, 0 to 1.
   */
  dead_share: number | null;
  /**
   * Page views in which it came into view over the page's views, 0 to 1.
   */
  exposure_rate: number | null;
  /**
   * Page views with a rage click on it over those with a click on it, 0 to 1.
   */
  rage_share: number | null;
}
/**
 * The answer of `elements`.
 */
export interface Elements {
  /**
   * By clicks, most first, then by anchor.
   */
  elements: ElementRates[];
  from: string;
  page: string;
  to: string;
  views: number;
  withheld: Withheld | null;
}
/**
 * Quartiles of the viewport's height in px, `None` where too few page views stand behind them.
 */
export interface Fold {
  p25: number | null;
  p50: number | null;
  p75: number | null;
}
/**
 * Where heat is drawn.
 */
export interface Granted {
  /**
   * The page's address, with the grant in its fragment.
   */
  url: string;
}
/**
 * A square of the page grid.
 */
export interface HeatCell {
  /**
   * Clicks.
   */
  n: number;
  /**
   * Edge length in px.
   */
  px: 16 | 32 | 64;
  /**
   * Page views with a click here.
   */
  views: number;
  /**
   * Left edge in units of 16 px.
   */
  x: number;
  /**
   * Top edge in units of 16 px.
   */
  y: number;
}
/**
 * An element.
 */
export interface HeatElement {
  anchor: string;
  /**
   * By unit, y, x.
   */
  cells: ElementCell[];
  clicks: number;
  /**
   * `views` over the page's views, 0 to 1.
   */
  rate: number;
  /**
   * Page views with a click on the element.
   */
  views: number;
}
/**
 * The answer of `heatmap`.
 */
export interface Heatmap {
  /**
   * By y, x.
   */
  cells: HeatCell[];
  /**
   * By clicks, most first, then by anchor.
   */
  elements: HeatElement[];
  from: string;
  page: string;
  to: string;
  views: number;
  withheld: Withheld | null;
}
export interface LogIn {
  token: string;
}
/**
 * A link that was just made.
 */
export interface MadeShare {
  /**
   * The name by which it is listed and revoked.
   */
  id: string;
  /**
   * The link, shown this once; its secret is stored nowhere.
   */
  url: string;
}
/**
 * A token that was just made.
 */
export interface MadeToken {
  /**
   * The name by which it is listed and revoked.
   */
  id: string;
  /**
   * The secret, shown this once and stored nowhere.
   */
  token: string;
}
/**
 * The networks from which a site's answers may be asked for.
 */
export interface Networks {
  /**
   * Each an address or a CIDR; empty for any.
   */
  allow_ip: string[];
}
/**
 * The networks from which a site's answers may be asked for, all of them.
 */
export interface NewNetworks {
  /**
   * Each an address or a CIDR such as `203.0.113.0/24`, at most 64; empty for any. Who says it must be in one of them.
   */
  allow_ip: string[];
}
/**
 * The origins of a site, all of them.
 */
export interface NewOrigins {
  /**
   * Each `https://HOST`, with `:PORT` where it is another; at least one, at most 64.
   */
  origins: string[];
}
/**
 * Another retention.
 */
export interface NewRetention {
  /**
   * The first day that stays as it is, `YYYY-MM-DD`. Needed where counts of before would be lost, so that nobody loses
   * them by a slip.
   */
  lost_before?: string | null;
  /**
   * Whole months besides the running one, 3 to 1,200.
   */
  months: number;
  then: Older;
}
/**
 * A page rule to be added; one with the same pattern is replaced.
 */
export interface NewRule {
  action: RuleAction;
  /**
   * Whether it comes before all others.
   */
  first?: boolean;
  /**
   * A path in which `*` stands for a segment or a part of one, and `**` at the end for all the rest.
   */
  pattern: string;
}
/**
 * A link that is to be made.
 */
export interface NewShare {
  /**
   * The last UTC day on which it opens anything, within 366 days.
   */
  expires: string;
  /**
   * The path of the one page that it shows; without it, all of the site.
   */
  page?: string | null;
  /**
   * What who opens it must know besides the link, 8 to 128 characters.
   */
  password?: string | null;
}
export interface NewToken {
  allow_ip?: string[];
  expires?: string | null;
  scope?: NewScope;
}
/**
 * A link that is to be opened.
 */
export interface OpenLink {
  password?: string | null;
  secret: string;
}
/**
 * A site that a session opens.
 */
export interface OpenSite {
  scope: "read" | "admin";
  site: string;
}
/**
 * A link that was opened.
 */
export interface OpenedLink {
  /**
   * To be sent as `Authorization: Bearer …`, for an hour.
   */
  bearer: string;
  /**
   * Last day (UTC) on which the link opens anything.
   */
  expires: string;
  /**
   * The page's path, where it is one page and enough page views stand behind its name.
   */
  page: string | null;
  /**
   * `site`, or `page` for one page of it.
   */
  shows: "site" | "page";
  site: string;
  thresholds: Thresholds;
}
/**
 * What answers are held against.
 */
export interface Thresholds {
  /**
   * Page views that must stand behind a place.
   */
  k: number;
  /**
   * Page views that must stand behind a page.
   */
  page_views: number;
}
/**
 * All that the overlay draws on a page.
 */
export interface OverlayAnswer {
  heatmap: Heatmap;
  scroll: Scroll;
}
/**
 * The answer of `scroll`.
 */
export interface Scroll {
  /**
   * Time in view by tenths of the page's height, from the top; absent where nothing of it may be shown.
   */
  attention?: Attention[];
  fold: Fold;
  from: string;
  page: string;
  /**
   * By depth.
   */
  reach: Reach[];
  to: string;
  views: number;
  withheld: Withheld | null;
}
/**
 * How many page views came at least so deep.
 */
export interface Reach {
  /**
   * Percent of the page's height, 1 to 100.
   */
  depth: number;
  /**
   * `views` over the page's views, 0 to 1.
   */
  share: number;
  views: number;
}
/**
 * A page of `pages`.
 */
export interface PageSum {
  clicks: number;
  /**
   * Whether it is a group of pages that a rule counts as one; the path is then the rule's pattern.
   */
  group: boolean;
  path: string;
  views: number;
}
/**
 * RFC 9457, section 3; `parameter` and `entry` are extensions.
 */
export interface Problem {
  detail: string;
  /**
   * Where the parameter is a list, which of its entries is meant, from 0.
   */
  entry?: number | null;
  parameter?: string | null;
  status: number;
  title: string;
  type: string;
}
/**
 * How long a site's sealed counts are kept as they are.
 */
export interface Retention {
  /**
   * Whole months besides the running one.
   */
  months: number;
  /**
   * The oldest day of which there are sealed counts; null where there are none.
   */
  oldest: string | null;
  /**
   * The newest day that is sealed, from which months are counted back; null before the first.
   */
  sealed_to: string | null;
  then: Older;
}
/**
 * A page rule. The first that matches a page holds.
 */
export interface Rule {
  action: RuleAction;
  /**
   * A path in which `*` stands for a segment or a part of one, and `**` at the end for all the rest.
   */
  pattern: string;
}
/**
 * Who is logged in.
 */
export interface Session {
  /**
   * Last day (UTC) on which it may still be in use.
   */
  expires: string;
  /**
   * What may be done with it.
   */
  scope: "read" | "admin";
  /**
   * The site that was opened last.
   */
  site: string;
  /**
   * All that are open, at most 32, each as long as its own token; the one that was opened last is the last.
   */
  sites: OpenSite[];
  thresholds: Thresholds1;
}
/**
 * What answers are held against.
 */
export interface Thresholds1 {
  /**
   * Page views that must stand behind a place.
   */
  k: number;
  /**
   * Page views that must stand behind a page.
   */
  page_views: number;
}
/**
 * A link as lists show it: everything but its secret, which nobody has.
 */
export interface Share {
  /**
   * The day it was made.
   */
  created: string;
  /**
   * The last day on which it opens anything.
   */
  expires: string;
  /**
   * The name by which it is listed and revoked.
   */
  id: string;
  /**
   * The id of the token that made it, or `command line`.
   */
  made_by: string;
  /**
   * The page's path, where it is one page and its path is published.
   */
  page: string | null;
  /**
   * Whether it asks for a password.
   */
  password: boolean;
  /**
   * `site`, or `page` for one page of it.
   */
  shows: "site" | "page";
  /**
   * Its site.
   */
  site: string;
}
export interface Site {
  /**
   * Where that picture lies.
   */
  countries_url: string;
  origins: string[];
  /**
   * Whether anybody may see the picture of the site's countries.
   */
  public_countries: boolean;
  script_tag: string;
  site: string;
}
/**
 * The answer of `status`.
 */
export interface Status {
  last_admitted_hour: string | null;
  /**
   * Every outcome, in the order of decisions.
   */
  outcomes: {
    [k: string]: number;
  };
  /**
   * The hour from which on they are counted.
   */
  since: string | null;
  site: string;
}
/**
 * The numbers below which nothing is shown, as this installation has them.
 */
export interface Thresholds2 {
  /**
   * Page views that must stand behind a place.
   */
  k: number;
  /**
   * Page views that must stand behind a page.
   */
  page_views: number;
}
/**
 * A token as lists show it: everything but its secret, which nobody has.
 */
export interface Token {
  /**
   * Networks from which it may be used; empty for any.
   */
  allow_ip: string[];
  /**
   * The day it was made.
   */
  created: string;
  /**
   * The last day on which it opens anything; null without end.
   */
  expires: string | null;
  /**
   * Its public name.
   */
  id: string;
  /**
   * The day it was last used, if it was.
   */
  last_used: string | null;
  /**
   * `read` or `admin`.
   */
  scope: "read" | "admin";
  /**
   * Its site.
   */
  site: string;
}
/**
 * A viewport class of `viewports`.
 */
export interface ViewportSum {
  clicks: number;
  viewport: "phone" | "phone-large" | "tablet" | "laptop" | "desktop" | "wide";
  views: number;
}
export interface WantedGrant {
  /**
   * The address of one such page, where the path is none: it is masked, of a group or a variant, or a route behind the #.
   */
  address?: string | null;
  from?: string | null;
  /**
   * Which of the site's origins, where it has several; the first of them otherwise.
   */
  origin?: string | null;
  page: string;
  /**
   * Whether heat follows when the opened page changes its route.
   */
  routes?: boolean;
  to?: string | null;
}
export interface WidgetSetting {
  /**
   * Whether anybody may see the picture of the site's countries.
   */
  public_countries: boolean;
}
