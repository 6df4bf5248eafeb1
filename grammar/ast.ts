/**
 * The LogQL syntax tree: frozen plain objects told apart by `kind`, so that they print, compare and cross a thread.
 * Numbers that carry a unit say so in their name; durations are whole nanoseconds in a `bigint`.
 */

export type MatchOp = '=' | '!=' | '=~' | '!~';

/** `{name op "value"}`; also used by `drop` and `keep`. */
export interface Matcher {
  readonly name: string;
  readonly op: MatchOp;
  readonly value: string;
}

export type LineFilterOp = '|=' | '!=' | '|~' | '!~' | '|>' | '!>';

/** One alternative of a line filter: literal text (`text`), or the argument of `ip(...)`. */
export interface LineFilterArg {
  readonly kind: 'text' | 'ip';
  readonly value: string;
}

/** `|= "a" or "b"`. Negative operators with several alternatives are already split into one stage each. */
export interface LineFilterStage {
  readonly kind: 'line-filter';
  readonly op: LineFilterOp;
  readonly args: readonly LineFilterArg[];
}

/** `target="path"`; a bare `x` means `x="x"`. */
export interface Extraction {
  readonly target: string;
  readonly source: string;
}

export interface JsonStage {
  readonly kind: 'json';
  /** Empty: extract everything. */
  readonly extractions: readonly Extraction[];
}
export interface LogfmtStage {
  readonly kind: 'logfmt';
  readonly strict: boolean;
  readonly keepEmpty: boolean;
  readonly extractions: readonly Extraction[];
}
export interface RegexpStage {
  readonly kind: 'regexp';
  readonly pattern: string;
}
export interface PatternStage {
  readonly kind: 'pattern';
  readonly pattern: string;
}
export interface UnpackStage {
  readonly kind: 'unpack';
}

export type CompareOp = '=' | '!=' | '>' | '>=' | '<' | '<=';

export type LabelPredicate =
  | { readonly kind: 'string'; readonly name: string; readonly op: MatchOp; readonly value: string }
  | { readonly kind: 'number'; readonly name: string; readonly op: CompareOp; readonly value: number }
  | { readonly kind: 'duration'; readonly name: string; readonly op: CompareOp; readonly valueNs: bigint }
  | { readonly kind: 'bytes'; readonly name: string; readonly op: CompareOp; readonly valueBytes: number }
  | { readonly kind: 'ip'; readonly name: string; readonly op: '=' | '!='; readonly pattern: string }
  /** `comma`: joined by a comma or by juxtaposition; means `and`, prints `,`. */
  | {
      readonly kind: 'and' | 'or';
      readonly left: LabelPredicate;
      readonly right: LabelPredicate;
      readonly comma?: boolean;
    };

export interface LabelFilterStage {
  readonly kind: 'label-filter';
  readonly predicate: LabelPredicate;
}
export interface LineFormatStage {
  readonly kind: 'line-format';
  readonly template: string;
}
/** `target=source` (rename) or `target="template"`. */
export type LabelFormatItem =
  | { readonly kind: 'rename'; readonly target: string; readonly source: string }
  | { readonly kind: 'template'; readonly target: string; readonly template: string };
export interface LabelFormatStage {
  readonly kind: 'label-format';
  readonly items: readonly LabelFormatItem[];
}
export interface DecolorizeStage {
  readonly kind: 'decolorize';
}
/** A bare name (no `matcher`), or a matcher on that name. */
export interface NameOrMatcher {
  readonly name: string;
  readonly matcher?: Matcher;
}
export interface DropStage {
  readonly kind: 'drop';
  readonly items: readonly NameOrMatcher[];
}
export interface KeepStage {
  readonly kind: 'keep';
  readonly items: readonly NameOrMatcher[];
}

export type Stage =
  | LineFilterStage
  | JsonStage
  | LogfmtStage
  | RegexpStage
  | PatternStage
  | UnpackStage
  | LabelFilterStage
  | LineFormatStage
  | LabelFormatStage
  | DecolorizeStage
  | DropStage
  | KeepStage;

/** A selector with its pipeline: the only log expression. */
export interface LogExpr {
  readonly kind: 'log';
  readonly matchers: readonly Matcher[];
  readonly stages: readonly Stage[];
}

export interface Unwrap {
  readonly label: string;
  readonly conversion?: 'bytes' | 'duration' | 'duration_seconds';
  /** Label filters written after the unwrap. */
  readonly filters: readonly LabelFilterStage[];
}

/** `{...} | stages | unwrap x [5m] offset 1m` */
export interface LogRange {
  readonly log: LogExpr;
  readonly unwrap?: Unwrap;
  readonly rangeNs: bigint;
  readonly offsetNs: bigint;
}

export interface Grouping {
  readonly without: boolean;
  readonly labels: readonly string[];
}

export type RangeOp =
  | 'rate'
  | 'rate_counter'
  | 'count_over_time'
  | 'bytes_over_time'
  | 'bytes_rate'
  | 'avg_over_time'
  | 'sum_over_time'
  | 'min_over_time'
  | 'max_over_time'
  | 'stdvar_over_time'
  | 'stddev_over_time'
  | 'quantile_over_time'
  | 'first_over_time'
  | 'last_over_time'
  | 'absent_over_time';

export interface RangeAggExpr {
  readonly kind: 'range-agg';
  readonly op: RangeOp;
  readonly param?: number;
  readonly range: LogRange;
  readonly grouping?: Grouping;
}

export type VectorOp =
  | 'sum'
  | 'avg'
  | 'count'
  | 'max'
  | 'min'
  | 'stddev'
  | 'stdvar'
  | 'topk'
  | 'bottomk'
  | 'approx_topk'
  | 'sort'
  | 'sort_desc';

export interface VectorAggExpr {
  readonly kind: 'vector-agg';
  readonly op: VectorOp;
  readonly param?: number;
  readonly expr: MetricExpr;
  readonly grouping?: Grouping;
}

export type BinaryOp =
  | 'or'
  | 'and'
  | 'unless'
  | '=='
  | '!='
  | '>'
  | '>='
  | '<'
  | '<='
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '^';

export interface VectorMatching {
  /** `on(...)` or `ignoring(...)`; absent when neither was written. */
  readonly on: boolean;
  readonly labels: readonly string[];
  readonly card: 'one-to-one' | 'many-to-one' | 'one-to-many';
  /** Labels of group_left / group_right. */
  readonly include: readonly string[];
}

export interface BinaryExpr {
  readonly kind: 'binary';
  readonly op: BinaryOp;
  readonly left: MetricExpr;
  readonly right: MetricExpr;
  readonly bool: boolean;
  readonly matching?: VectorMatching;
}
export interface LiteralExpr {
  readonly kind: 'literal';
  readonly value: number;
}
export interface VectorExpr {
  readonly kind: 'vector';
  readonly value: number;
}
export interface LabelReplaceExpr {
  readonly kind: 'label-replace';
  readonly expr: MetricExpr;
  readonly dst: string;
  readonly replacement: string;
  readonly src: string;
  readonly regex: string;
}
export interface VariantsExpr {
  readonly kind: 'variants';
  readonly variants: readonly MetricExpr[];
  readonly of: LogRange;
}

export type MetricExpr = RangeAggExpr | VectorAggExpr | BinaryExpr | LiteralExpr | VectorExpr | LabelReplaceExpr;
export type Query = LogExpr | MetricExpr | VariantsExpr;
