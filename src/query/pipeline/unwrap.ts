import type { Unwrap } from '../../../grammar/ast.ts';
import { parseByteSize, parseGoDuration } from '../../../grammar/literals.ts';
import { compileStage } from './build.ts';
import { compilePredicate, type Predicate, type PredicateOptions, parseNumber } from './filters/label-filter.ts';
import type { Row } from './row/stage.ts';
import { plainDurationNs } from './text/plain-duration.ts';

const SAMPLE_EXTRACTION_ERROR = 'SampleExtractionErr';

export interface UnwrapOptions extends PredicateOptions {
  /** Leave the unwrapped label on the series: it is listed in a `by` grouping. */
  readonly keepLabel?: boolean;
}

export interface Unwrapper {
  /**
   * Sample value of a row that passed the pipeline; undefined when the row gives none. A value that does not convert
   * gives 0 and leaves the error on the row. The unwrapped label is removed from the row unless an error is on it.
   */
  extract(row: Row): number | undefined;
}

/**
 * Compiles `unwrap`, its conversion and the label filters behind it.
 *
 * @throws LogError QUERY_INVALID `parse error : stage '...' : ...` for a filter that does not compile
 */
export function buildUnwrap(unwrap: Unwrap, options: UnwrapOptions = {}): Unwrapper {
  const convert = conversionOf(unwrap.conversion);
  const filters: Predicate[] = unwrap.filters.map((filter) =>
    compileStage(filter, () => compilePredicate(filter.predicate, options)),
  );
  const { label } = unwrap;
  const keepLabel = options.keepLabel === true;
  return {
    extract: (row) => {
      const labels = row.labels;
      const text = labels.get(label);
      if (text === undefined || text === '') return undefined;
      let value = 0;
      try {
        value = convert(text);
      } catch (error) {
        labels.error = SAMPLE_EXTRACTION_ERROR;
        labels.errorDetails = (error as Error).message;
      }
      for (const filter of filters) if (!filter.test(labels)) return undefined;
      if (!keepLabel && labels.error === '') labels.delete(label);
      return value;
    },
  };
}

function conversionOf(conversion: Unwrap['conversion']): (text: string) => number {
  if (conversion === undefined) return parseNumber;
  return conversion === 'bytes' ? parseByteSize : durationSeconds;
}

const NS_PER_SECOND = 1_000_000_000n;

function durationSeconds(text: string): number {
  const plainNs = plainDurationNs(text);
  if (!Number.isNaN(plainNs)) return Math.trunc(plainNs / 1e9) + (plainNs % 1e9) / 1e9;
  const ns = parseGoDuration(text);
  return Number(ns / NS_PER_SECOND) + Number(ns % NS_PER_SECOND) / 1e9;
}
