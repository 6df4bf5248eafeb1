import type { MetricExpr } from '../../../grammar/ast.ts';
import type { Labels } from '../../model/labels.ts';

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** What a query read. */
export interface QueryCost {
  readonly seconds: number;
  readonly bytes: number;
  readonly lines: number;
}

export interface InstantAnswer {
  readonly samples: readonly Sample[];
  readonly cost: QueryCost;
}

/** A point of a range: its time and the samples that are there. */
export interface RangeAnswer {
  readonly points: readonly { readonly timeMs: number; readonly samples: readonly Sample[] }[];
  readonly cost: QueryCost;
}

/** The query engine as rules see it, with the share that is theirs. All throw LogError. */
export interface RuleQueries {
  instant(tenant: string, query: MetricExpr, timeMs: number, signal: AbortSignal): Promise<InstantAnswer>;
  range(
    tenant: string,
    query: MetricExpr,
    range: { readonly startMs: number; readonly endMs: number; readonly stepMs: number },
    signal: AbortSignal,
  ): Promise<RangeAnswer>;
}
