import { ScratchColumns } from '../../base/scratch-columns.ts';
import { textOrder } from '../../model/labels.ts';
import type { JsonBytes } from '../../wire/json/json-bytes.ts';
import type { ResultStreams } from '../../wire/result/result-json.ts';
import type { FoundByTask, LogHits } from './log-hits.ts';

const NONE = -1;
const WANTED = -2;
/** While groups are found. */
const scratch = new ScratchColumns();
/** Places of the table of groups for each hit: half of them stay free. */
const PLACES_PER_HIT = 2;

/** Rows of tasks with a format by label set, in the order of the printed labels; descending when asked. */
export function streamsOfHits(hits: LogHits, descending: boolean): ResultStreams {
  return new HitStreams(hits, descending);
}

/** Groups of equal label sets, in columns like the hits. */
class HitStreams implements ResultStreams {
  readonly count: number;
  readonly #hits: LogHits;
  /** Of each group, a task that has its label set, and the number of the set there. */
  readonly #found: FoundByTask[] = [];
  readonly #sets: number[] = [];
  /** Groups in the order of the answer. */
  readonly #order: readonly number[];
  /** Hits of group `g` are `#members[#starts[g] .. #starts[g + 1]]`. */
  readonly #starts: Int32Array;
  readonly #members: Int32Array;

  constructor(hits: LogHits, descending: boolean) {
    this.#hits = hits;
    const groupOf = this.#group();
    const count = this.#found.length;
    this.count = count;
    const numbers = new Int32Array(count + 1 + hits.length);
    this.#starts = numbers.subarray(0, count + 1);
    this.#members = numbers.subarray(count + 1);
    this.#fill(groupOf);
    const texts = this.#found.map((found, group) => found.textOf(this.#sets[group]!));
    const compare = textOrder(texts);
    const sign = descending ? -1 : 1;
    // Unlike that of a typed array, this sort takes advantage of what is in order.
    this.#order = Array.from(texts.keys()).sort((a, b) => compare(texts[a]!, texts[b]!) * sign || a - b);
  }

  /** Puts hits into their groups. */
  #fill(groupOf: Int32Array): void {
    const starts = this.#starts;
    // One place ahead, so that each becomes the start of its group while hits are put into it.
    for (const group of groupOf) if (group + 2 < starts.length) starts[group + 2]!++;
    for (let group = 2; group < starts.length; group++) starts[group]! += starts[group - 1]!;
    for (let hit = 0; hit < groupOf.length; hit++) this.#members[starts[groupOf[hit]! + 1]!++] = hit;
  }

  /** Finds the groups. @returns group of each hit */
  #group(): Int32Array {
    const {
      length,
      found,
      columns: { from, rows },
    } = this.#hits;
    let size = 1;
    while (size < length * PLACES_PER_HIT) size *= 2;
    let sets = 0;
    for (const one of found) sets += one?.columns.found.sets ?? 0;
    scratch.begin(length + size + sets);
    const groupOf = scratch.next(length);
    const places = scratch.next(size).fill(NONE);
    /** Group of each label set of a task. */
    const known = found.map((one) => scratch.next(one?.columns.found.sets ?? 0).fill(NONE));
    for (let hit = 0; hit < length; hit++) {
      const task = from[hit]!;
      const set = found[task]!.columns.labelIds[rows[hit]!]!;
      known[task]![set] = WANTED;
      groupOf[hit] = set;
    }
    // Sets of a task are nearly in order, and so are groups then: little is left to sort.
    for (const [task, groups] of known.entries())
      for (let set = 0; set < groups.length; set++)
        if (groups[set] === WANTED) groups[set] = this.#find(found[task]!, set, places);
    for (let hit = 0; hit < length; hit++) groupOf[hit] = known[from[hit]!]![groupOf[hit]!]!;
    return groupOf;
  }

  /** The group of a label set, a new one if there is none yet. */
  #find(found: FoundByTask, set: number, places: Int32Array): number {
    const mask = places.length - 1;
    let place = found.columns.hashes[set]! & mask;
    for (; places[place] !== NONE; place = (place + 1) & mask) {
      const group = places[place]!;
      if (areEqual(this.#found[group]!, this.#sets[group]!, found, set)) return group;
    }
    this.#sets.push(set);
    places[place] = this.#found.push(found) - 1;
    return places[place]!;
  }

  putLabels(out: JsonBytes, stream: number): void {
    const group = this.#order[stream]!;
    const found = this.#found[group]!;
    const set = this.#sets[group]!;
    out.range(found.columns.setBytes, found.jsonStart(set), found.columns.jsonEnds[set]!);
  }

  /** Entries that follow each other in one piece. */
  putEntries(out: JsonBytes, stream: number): void {
    const { from, rows } = this.#hits.columns;
    const group = this.#order[stream]!;
    const end = this.#starts[group + 1]!;
    for (let first = this.#starts[group]!; first < end; ) {
      const hit = this.#members[first]!;
      const row = rows[hit]!;
      let stop = first + 1;
      while (stop < end && isNext(from, rows, hit, this.#members[stop]!, stop - first)) stop++;
      const found = this.#hits.foundOf(hit);
      out.range(found.columns.entries, found.startOf(row), found.columns.ends[row + stop - first - 1]!);
      first = stop;
    }
  }
}

/** The row of a hit lies so many rows behind that of another, in what the same task found. */
function isNext(from: Int32Array, rows: Int32Array, hit: number, other: number, distance: number): boolean {
  return from[other] === from[hit] && rows[other] === rows[hit]! + distance;
}

function areEqual(a: FoundByTask, aSet: number, b: FoundByTask, bSet: number): boolean {
  const [aStart, bStart] = [a.jsonStart(aSet), b.jsonStart(bSet)];
  const [aEnd, bEnd] = [a.columns.jsonEnds[aSet]!, b.columns.jsonEnds[bSet]!];
  return (
    aEnd - aStart === bEnd - bStart && a.columns.setBytes.compare(b.columns.setBytes, bStart, bEnd, aStart, aEnd) === 0
  );
}
