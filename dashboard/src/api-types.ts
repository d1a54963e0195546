// What the API answers; docs/api.md says what each member means. The shapes come from the service's own types.
import type {
  Comparison,
  CountrySum,
  DaySum,
  Elements,
  Heatmap,
  Networks,
  PageSum,
  Retention,
  Rule,
  Scroll,
  Share,
  Site,
  Status,
  Token,
  ViewportSum,
} from "./api.gen";

export type {
  Compared,
  Comparison,
  DaySum,
  ElementRates,
  Elements,
  HeatCell,
  HeatElement,
  Heatmap,
  MadeShare,
  OpenSite,
  OpenedLink,
  PageSum,
  Problem,
  Retention,
  Rule,
  Scroll,
  Session,
  Share,
  Side,
  Site,
  Status,
  Thresholds,
  Token,
  Withheld,
} from "./api.gen";

export type Layer = "click" | "tap" | "rage" | "dead" | "exposure";
export type Viewport = ViewportSum["viewport"];

export interface Filters {
  from: string;
  to: string;
  viewport: string;
  country: string;
}

export interface Counted {
  views: number;
  clicks: number;
}

export interface Answers {
  pages: PageSum[];
  heatmap: Heatmap;
  scroll: Scroll;
  elements: Elements;
  compare: Comparison;
  countries: CountrySum[];
  viewports: ViewportSum[];
  timeseries: DaySum[];
  status: Status;
  tokens: Token[];
  shares: Share[];
  rules: Rule[];
  networks: Networks;
  retention: Retention;
  settings: Site;
}

export type Endpoint = keyof Answers;
