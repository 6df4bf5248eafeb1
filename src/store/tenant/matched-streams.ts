import { RecentMap } from '../../base/recent-map.ts';
import type { Postings } from '../../index/postings.ts';
import { compareLabels, type Labels } from '../../model/labels.ts';
import type { CompiledMatcher } from '../../model/matcher.ts';
import type { OpenDirectory } from '../segments/open-directory.ts';

/** Streams that a selector takes: ascending ids, and by id 1 for each of them. */
export interface MatchedStreams {
  readonly ids: Uint32Array;
  readonly mask: Uint8Array;
  /** They are all streams of the tenant. */
  readonly isAll: boolean;
  /** The ids in the order of the streams' labels. */
  inOrder(): Uint32Array;
  /** Label sets of all of them in order: the same list each time. */
  labels(): readonly Labels[];
  /** Which streams of a segment they are, by its directory, where somebody has found out. */
  readonly streamsOf: WeakMap<OpenDirectory, Uint32Array>;
}

interface Entry extends MatchedStreams {
  readonly version: number;
}

/** Selectors of dashboards and live pages come again and again; their answers change only with the streams of the tenant. */
const MAX_ENTRIES = 64;
const MAX_BYTES = 8 * 1024 * 1024;
/** A list of labels holds a pointer for each id of four bytes. */
const LISTED_FACTOR = 2;

/** Answers of selectors, least recently used first to go. */
export class MatchCache {
  readonly #entries = new RecentMap<string, Entry>({ maxWeight: MAX_BYTES, maxEntries: MAX_ENTRIES });

  select(postings: Postings, matchers: readonly CompiledMatcher[]): MatchedStreams {
    const key = JSON.stringify(matchers.map(({ name, op, value }) => [name, op, value]));
    const known = this.#entries.get(key);
    if (known?.version === postings.version) return known;
    const ids = postings.select(matchers);
    const mask = new Uint8Array((ids.at(-1) ?? -1) + 1);
    for (const id of ids) mask[id] = 1;
    let ordered: Uint32Array | undefined;
    const inOrder = (): Uint32Array => {
      ordered ??= ids.slice().sort((a, b) => compareLabels(postings.labels(a)!, postings.labels(b)!));
      return ordered;
    };
    let listed: readonly Labels[] | undefined;
    const labels = (): readonly Labels[] => {
      listed ??= Array.from(inOrder(), (id) => postings.labels(id)!);
      return listed;
    };
    const isAll = ids.length === postings.streamCount;
    const streamsOf = new WeakMap<OpenDirectory, Uint32Array>();
    const entry = { ids, mask, isAll, inOrder, labels, streamsOf, version: postings.version };
    this.#entries.set(key, entry, sizeOf(entry));
    return entry;
  }
}

function sizeOf({ ids, mask }: MatchedStreams): number {
  return (2 + LISTED_FACTOR) * ids.byteLength + mask.byteLength;
}
