import type { KnownCounts } from './known-counts.ts';

/** What a data set is made from; equal parameters give equal bytes. */
export interface DataParameters {
  /** Raw line bytes, in MB. */
  readonly sizeMb: number;
  readonly streams: number;
  /** Log time covered. */
  readonly hours: number;
  readonly seed: number;
}

/** One push body: lines of one agent. */
export interface BodyInfo {
  readonly agent: number;
  readonly lines: number;
  /** Bytes of its lines. */
  readonly rawBytes: number;
  /** Log time of its newest line. */
  readonly newestMs: number;
}

/** A data set's description and the answers that are known about it. */
export interface Manifest {
  readonly parameters: DataParameters;
  readonly startMs: number;
  readonly endMs: number;
  readonly streams: number;
  readonly lines: number;
  readonly rawBytes: number;
  /** Names and values of structured metadata. */
  readonly metadataBytes: number;
  /** Push bodies, uncompressed and compressed with snappy. */
  readonly bodyBytes: number;
  readonly snappyBytes: number;
  readonly bodies: readonly BodyInfo[];
  /** A text that stands in very few lines. */
  readonly needle: string;
  readonly needleLines: number;
  /** A trace id that very few lines have, as structured metadata. */
  readonly trace: string;
  readonly traceLines: number;
  readonly linesPerApp: Readonly<Record<string, number>>;
  readonly linesPerNamespace: Readonly<Record<string, number>>;
  readonly streamsPerNamespace: Readonly<Record<string, number>>;
  readonly linesOfTop10Pods: number;
  readonly known: KnownCounts;
}
