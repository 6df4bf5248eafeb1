import type { Labels } from '../model/labels.ts';

/** Values of the index: JSON, so that an operator can read them with any LevelDB tool. Page: docs/format/index-keys.md */

/** What queries and merges must know of a segment without reading it. */
export interface SegmentSummary {
  readonly tenant: string;
  /** UTC day number of all its rows. */
  readonly day: number;
  /** File name in the folder of tenant and day. */
  readonly name: string;
  /** 0 for a segment cut from the head, one more than the highest of its sources after each merge. */
  readonly generation: number;
  readonly rowCount: number;
  readonly lineBytes: number;
  readonly fileBytes: number;
  readonly chunkCount: number;
  /** Smallest and largest row time, nanoseconds from the start of the day. */
  readonly minOffsetNs: number;
  readonly maxOffsetNs: number;
  readonly streamCount: number;
  /** zstd level of its frames; absent in segments that were cut from the head. */
  readonly zstdLevel?: number;
}

const decoder = new TextDecoder();

const NUMBER_FIELDS = [
  'day',
  'generation',
  'rowCount',
  'lineBytes',
  'fileBytes',
  'chunkCount',
  'minOffsetNs',
  'maxOffsetNs',
  'streamCount',
] as const satisfies readonly (keyof SegmentSummary)[];

export function encodeLabels(labels: Labels): Uint8Array {
  return encodeJson(labels);
}

/** Undefined when the value is no set of labels. */
export function decodeLabels(value: Uint8Array): Labels | undefined {
  const labels = decodeJson(value);
  if (!Array.isArray(labels) || labels.length % 2 !== 0) return undefined;
  return labels.every((part) => typeof part === 'string') ? labels : undefined;
}

export function encodeSummary(summary: SegmentSummary): Uint8Array {
  return encodeJson(summary);
}

/** Undefined when the value is no summary. Fields that this version does not know are kept. */
export function decodeSummary(value: Uint8Array): SegmentSummary | undefined {
  const summary = decodeJson(value);
  return isSummary(summary) ? summary : undefined;
}

function isSummary(value: unknown): value is SegmentSummary {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Record<string, unknown>;
  if (typeof fields['tenant'] !== 'string' || typeof fields['name'] !== 'string') return false;
  return NUMBER_FIELDS.every((field) => Number.isFinite(fields[field]));
}

function encodeJson(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

/** Undefined when the bytes are not JSON. */
function decodeJson(value: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(value));
  } catch {
    // The caller tells what it expected, and where.
    return undefined;
  }
}
