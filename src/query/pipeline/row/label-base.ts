import { compareText, EMPTY_LABELS, type Labels, labelValue } from '../../../model/labels.ts';
import type { PrintedLabels } from '../../../wire/result/entry-json.ts';
import { ERROR_DETAILS_LABEL, ERROR_LABEL, EXTRACTED_SUFFIX } from './label-names.ts';
import type { CategorizedLabels } from './stage.ts';

/** Categories of a label. */
export const STREAM = 0;
export const METADATA = 1;

/** What a row starts with; shared by all rows of the same stream and metadata, never changed. */
export interface Base {
  readonly stream: Labels;
  readonly metadata: Labels;
  /** Stream and metadata labels merged, sorted by name, with their categories. */
  readonly names: readonly string[];
  readonly values: readonly string[];
  readonly categories: readonly number[];
  readonly error: string;
  readonly errorDetails: string;
  readonly labels: Labels;
  categorized: CategorizedLabels | undefined;
  groupedNames: readonly string[] | undefined;
  groupedWithout: boolean;
  grouped: Labels;
  /** As the answers of one format have it: a page of a thousand lines may be of hundreds of streams. */
  printed: PrintedLabels | undefined;
  /** The scan that has met it last, and which of its label sets it is there. */
  scan: number;
  scanSet: number;
}

/** The base of rows of a stream with certain metadata. */
export function baseOf(stream: Labels, metadata: Labels): Base {
  return joinApart(stream, metadata) ?? joinAny(stream, metadata);
}

/** Sets without a common name; undefined when there is one, or one of an error, or metadata out of order. */
function joinApart(stream: Labels, metadata: Labels): Base | undefined {
  const names: string[] = [];
  const values: string[] = [];
  const categories: number[] = [];
  const labels: string[] = [];
  let i = 0;
  let j = 0;
  while (i < stream.length || j < metadata.length) {
    const order = j === metadata.length ? -1 : i === stream.length ? 1 : compareText(stream[i]!, metadata[j]!);
    const name = order < 0 ? stream[i]! : metadata[j]!;
    const last = names.at(-1);
    if (order === 0 || name === ERROR_LABEL || name === ERROR_DETAILS_LABEL) return undefined;
    if (last !== undefined && compareText(last, name) >= 0) return undefined;
    const value = order < 0 ? stream[i + 1]! : metadata[j + 1]!;
    names.push(name);
    values.push(value);
    categories.push(order < 0 ? STREAM : METADATA);
    labels.push(name, value);
    if (order < 0) i += 2;
    else j += 2;
  }
  return newBase(stream, metadata, { names, values, categories, labels, error: '', errorDetails: '' });
}

function joinAny(stream: Labels, metadata: Labels): Base {
  const merged: [string, string, number][] = [];
  for (let i = 0; i < stream.length; i += 2) merged.push([stream[i]!, stream[i + 1]!, STREAM]);
  let error = '';
  let errorDetails = '';
  for (let i = 0; i < metadata.length; i += 2) {
    const name = metadata[i]!;
    const value = metadata[i + 1]!;
    if (name === ERROR_LABEL) error = value;
    else if (name === ERROR_DETAILS_LABEL) errorDetails = value;
    else merged.push([labelValue(stream, name) === undefined ? name : name + EXTRACTED_SUFFIX, value, METADATA]);
  }
  if (metadata.length > 0) merged.sort((a, b) => compareText(a[0], b[0]) || a[2] - b[2]);
  // A renamed metadata label can meet a label of that very name: the later category wins.
  const unique = merged.filter((pair, i) => merged[i + 1]?.[0] !== pair[0]);
  const flat = unique.flatMap((pair) => [pair[0], pair[1]]);
  return newBase(stream, metadata, {
    names: unique.map((pair) => pair[0]),
    values: unique.map((pair) => pair[1]),
    categories: unique.map((pair) => pair[2]),
    labels: withErrors(flat, error, errorDetails),
    error,
    errorDetails,
  });
}

type Joined = Pick<Base, 'names' | 'values' | 'categories' | 'labels' | 'error' | 'errorDetails'>;

function newBase(stream: Labels, metadata: Labels, joined: Joined): Base {
  return {
    stream,
    metadata,
    ...joined,
    categorized: undefined,
    groupedNames: undefined,
    groupedWithout: false,
    grouped: EMPTY_LABELS,
    printed: undefined,
    scan: 0,
    scanSet: 0,
  };
}

/** Inserts the error labels, when set, at their place. */
export function withErrors(sorted: string[], error: string, errorDetails: string): Labels {
  if (error !== '') insertLabel(sorted, ERROR_LABEL, error);
  if (errorDetails !== '') insertLabel(sorted, ERROR_DETAILS_LABEL, errorDetails);
  return sorted;
}

function insertLabel(sorted: string[], name: string, value: string): void {
  let at = 0;
  while (at < sorted.length && compareText(sorted[at]!, name) < 0) at += 2;
  if (sorted[at] === name) sorted[at + 1] = value;
  else sorted.splice(at, 0, name, value);
}
