import { type LabelSets, labelSetKey } from '../../chunk/label-sets.ts';
import type { HeadPart } from '../../head/part.ts';
import { Postings } from '../../index/postings.ts';
import type { Labels } from '../../model/labels.ts';
import type { SinkStream } from '../../model/row-sink.ts';
import { LabelTable } from '../segments/shared-labels.ts';
import type { StoredSegment } from '../segments/stored-segment.ts';
import { DayOrders } from './day-orders.ts';
import { MatchCache } from './matched-streams.ts';
import type { Tombstone } from './tombstones.ts';

/** A stream of one tenant: known from the first push on, in the index from its first flush on. */
export class TenantStream implements SinkStream {
  readonly streamId: number;
  readonly labels: Labels;
  readonly live = true;
  /** Whether the index has it. */
  persisted: boolean;
  /** Newest row accepted by this process; ingest keeps it, once a push. */
  newestSeconds: number = Number.NEGATIVE_INFINITY;
  newestNanos = 0;
  /** Where the last row went: nearly always where the next one goes. */
  part: HeadPart | undefined;
  partGeneration = -1;

  constructor(streamId: number, labels: Labels, persisted: boolean) {
    this.streamId = streamId;
    this.labels = labels;
    this.persisted = persisted;
  }
}

/** All that the store keeps in memory of one tenant, but for rows. */
export class TenantState {
  readonly name: string;
  readonly postings: Postings = new Postings();
  /** Answers of selectors. */
  readonly matched: MatchCache = new MatchCache();
  /** How stretches of days follow each other. */
  readonly orders: DayOrders = new DayOrders();
  /** By `labelSetKey`. */
  readonly streams: Map<string, TenantStream> = new Map();
  readonly byId: Map<number, TenantStream> = new Map();
  readonly labelTable: LabelTable = new LabelTable((streamId) => this.byId.get(streamId)!.labels);
  /** Closed segments by day, in the order in which they were written. */
  readonly segments: Map<number, StoredSegment[]> = new Map();
  /** What nobody is to see. */
  tombstones: readonly Tombstone[] = [];
  #nextStreamId: number;

  constructor(name: string, nextStreamId: number) {
    this.name = name;
    this.#nextStreamId = nextStreamId;
  }

  /** Finds or makes; a new stream is not in the index yet. */
  stream(labels: Labels): TenantStream {
    const key = labelSetKey(labels);
    return this.streams.get(key) ?? this.#put(this.#nextStreamId, labels, key, false);
  }

  /** The same for a stream of a directory. */
  streamOf(sets: LabelSets, i: number): TenantStream {
    const key = sets.key(i);
    return this.streams.get(key) ?? this.#put(this.#nextStreamId, sets.labels(i), key, false);
  }

  /** Puts in a stream with a given id. */
  restore(streamId: number, labels: Labels): void {
    this.#put(streamId, labels, labelSetKey(labels), true);
  }

  #put(streamId: number, labels: Labels, key: string, persisted: boolean): TenantStream {
    const stream = new TenantStream(streamId, labels, persisted);
    this.streams.set(key, stream);
    this.byId.set(streamId, stream);
    this.postings.add(streamId, labels);
    this.#nextStreamId = Math.max(this.#nextStreamId, streamId + 1);
    return stream;
  }

  /** Puts a segment in its place: names are in order of arrival. */
  addSegment(segment: StoredSegment): void {
    const { day } = segment.summary;
    const list = this.segments.get(day);
    if (list === undefined) {
      this.segments.set(day, [segment]);
      return;
    }
    let at = list.length;
    while (at > 0 && list[at - 1]!.summary.name > segment.summary.name) at--;
    list.splice(at, 0, segment);
  }

  removeSegment(segment: StoredSegment): void {
    this.removeSegments([segment]);
  }

  removeSegments(gone: readonly StoredSegment[]): void {
    for (const day of new Set(gone.map((segment) => segment.summary.day))) {
      const rest = (this.segments.get(day) ?? []).filter((segment) => !gone.includes(segment));
      if (rest.length === 0) this.segments.delete(day);
      else this.segments.set(day, rest);
    }
  }
}
