// What the API answers; docs/api.md says what each member means.

export type Layer = "click" | "tap" | "rage" | "dead" | "exposure";
export type Viewport = "phone" | "phone-large" | "tablet" | "laptop" | "desktop" | "wide";

export interface Filters {
  from: string;
  to: string;
  viewport: string;
  country: string;
}

export interface Withheld {
  reason: "below_threshold" | "below_k" | "no_whole_month" | "cut_cohorts";
  needed: number;
}

export interface Counted {
  views: number;
  clicks: number;
}

export interface PageSum extends Counted {
  path: string;
}

export interface HeatCell {
  x: number;
  y: number;
  px: 16 | 32 | 64;
  n: number;
  views: number;
}

export interface HeatElement {
  anchor: string;
  clicks: number;
  views: number;
  rate: number;
  cells: { unit: "eighth" | "px16"; x: number; y: number; n: number; views: number }[];
}

interface Covered {
  page: string;
  from: string;
  to: string;
  views: number;
  withheld: Withheld | null;
}

export interface Heatmap extends Covered {
  cells: HeatCell[];
  elements: HeatElement[];
}

export interface Scroll extends Covered {
  fold: { p25: number | null; p50: number | null; p75: number | null };
  reach: { depth: number; views: number; share: number }[];
}

export interface ElementRates {
  anchor: string;
  clicks: number;
  click_rate: number;
  exposure_rate: number | null;
  attractiveness: number | null;
  rage_share: number | null;
  dead_share: number | null;
}

export interface Elements extends Covered {
  elements: ElementRates[];
}

export interface Side {
  from: string;
  to: string;
  variant?: string;
  views: number;
}

export interface Compared {
  anchor: string;
  a: { views: number; rate: number };
  b: { views: number; rate: number };
  difference: number;
  low: number;
  high: number;
  significant: boolean;
}

export interface Comparison {
  page: string;
  a: Side;
  b: Side;
  elements: Compared[];
  withheld: Withheld | null;
}

export interface Status {
  site: string;
  outcomes: Record<string, number>;
  since: string | null;
  last_admitted_hour: string | null;
}

export interface Session {
  site: string;
  scope: "read" | "admin";
  expires: string;
}

export interface Token {
  id: string;
  scope: "read" | "admin";
  created: string;
  expires: string | null;
  last_used: string | null;
  allow_ip: string[];
}

export interface Site {
  site: string;
  origins: string[];
  script_tag: string;
}

export interface Problem {
  title: string;
  status: number;
  detail: string;
  parameter: string;
}

export interface Answers {
  pages: PageSum[];
  heatmap: Heatmap;
  scroll: Scroll;
  elements: Elements;
  compare: Comparison;
  countries: (Counted & { country: string })[];
  viewports: (Counted & { viewport: Viewport })[];
  timeseries: (Counted & { day: string })[];
  status: Status;
  tokens: Token[];
  settings: Site;
}

export type Endpoint = keyof Answers;
