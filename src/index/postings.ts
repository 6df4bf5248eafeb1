import { compareText, type Labels, labelValue } from '../model/labels.ts';
import type { CompiledMatcher } from '../model/matcher.ts';
import { difference, IdList, intersect, unite } from './id-list.ts';

/** Streams that have a label, all of them and by value. */
interface NamePostings {
  readonly ids: IdList;
  readonly byValue: Map<string, IdList>;
  /** Values in order; absent after a change, until somebody asks. */
  sorted: readonly string[] | undefined;
  /** Ids of all values in that order; absent after a change, until somebody asks. */
  listed: ListedIds | undefined;
}

/** Ids of many values one after the other, since to look at each list by itself takes a hundred times as long: ids of value `v` end at `ends[v]`. */
interface ListedIds {
  readonly ids: Uint32Array;
  readonly ends: Uint32Array;
}

/**
 * Streams of one tenant by label, in memory: sorted ids per value. An absent label is the empty string, so a matcher that
 * takes the empty string is answered from what it does not take.
 */
export class Postings {
  readonly #all = new IdList();
  readonly #byName = new Map<string, NamePostings>();
  readonly #labels = new Map<number, Labels>();
  #version = 0;

  /** Grows with every change, so that answers can be kept while it stays. */
  get version(): number {
    return this.#version;
  }

  get streamCount(): number {
    return this.#labels.size;
  }

  /** Labels of a stream; undefined when it is not there. */
  labels(streamId: number): Labels | undefined {
    return this.#labels.get(streamId);
  }

  /** Adds a stream, or gives it other labels. Quick when ids ascend. Labels with an empty value do not count. */
  add(streamId: number, labels: Labels): void {
    this.remove(streamId);
    this.#version++;
    this.#labels.set(streamId, labels);
    this.#all.add(streamId);
    for (let i = 0; i < labels.length; i += 2) {
      const value = labels[i + 1]!;
      if (value === '') continue;
      const postings = this.#postingsOf(labels[i]!);
      postings.ids.add(streamId);
      postings.listed = undefined;
      let ids = postings.byValue.get(value);
      if (ids === undefined) {
        ids = new IdList();
        postings.byValue.set(value, ids);
        postings.sorted = undefined;
      }
      ids.add(streamId);
    }
  }

  /** Forgets a stream; fine when it is not there. */
  remove(streamId: number): void {
    const labels = this.#labels.get(streamId);
    if (labels === undefined) return;
    this.#version++;
    this.#labels.delete(streamId);
    this.#all.remove(streamId);
    for (let i = 0; i < labels.length; i += 2) {
      const postings = this.#byName.get(labels[i]!);
      const ids = postings?.byValue.get(labels[i + 1]!);
      if (postings === undefined || ids === undefined) continue;
      postings.ids.remove(streamId);
      postings.listed = undefined;
      ids.remove(streamId);
      if (ids.length === 0) {
        postings.byValue.delete(labels[i + 1]!);
        postings.sorted = undefined;
      }
      if (postings.ids.length === 0) this.#byName.delete(labels[i]!);
    }
  }

  /** Ids of the streams that all matchers take, ascending; all streams without matchers. The array is the caller's. */
  select(matchers: readonly CompiledMatcher[]): Uint32Array {
    let ids: Uint32Array | undefined;
    // What narrows most for least comes first: equality, then other matchers that need the label, then those that do not.
    for (const matcher of [...matchers].sort((a, b) => costOf(a) - costOf(b))) {
      if (ids !== undefined && ids.length === 0) break;
      if (ids !== undefined && this.#isCheaperByStream(matcher, ids)) {
        ids = ids.filter((id) => matcher.matches(labelValue(this.#labels.get(id)!, matcher.name) ?? ''));
        continue;
      }
      const takesAbsent = matcher.matches('');
      const listed = this.#idsOf(matcher, !takesAbsent);
      if (takesAbsent) ids = difference(ids ?? this.#all.view(), listed);
      else ids = ids === undefined ? listed : intersect(ids, listed);
    }
    return (ids ?? this.#all.view()).slice();
  }

  /** Label names in use, sorted. */
  names(): string[] {
    return [...this.#byName.keys()].sort(compareText);
  }

  /** Values of a name, sorted; empty when the name is not in use. */
  values(name: string): readonly string[] {
    const postings = this.#byName.get(name);
    if (postings === undefined) return [];
    postings.sorted ??= [...postings.byValue.keys()].sort(compareText);
    return postings.sorted;
  }

  /** Names that one of the streams of a mask (1 by id) has, sorted. */
  namesOf(mask: Uint8Array): string[] {
    return this.names().filter((name) => this.#byName.get(name)!.ids.touches(mask));
  }

  /** Values of a name that one of the streams of a mask (1 by id) has, sorted; when these are all, the same list each time. */
  valuesOf(name: string, mask: Uint8Array): readonly string[] {
    const postings = this.#byName.get(name);
    if (postings === undefined) return [];
    const values = this.values(name);
    postings.listed ??= listIds(values, postings);
    const { ids, ends } = postings.listed;
    const found: string[] = [];
    let at = 0;
    for (let v = 0; v < values.length; v++) {
      const end = ends[v]!;
      while (at < end && mask[ids[at]!] !== 1) at++;
      if (at < end) found.push(values[v]!);
      at = end;
    }
    return found.length === values.length ? values : found;
  }

  #postingsOf(name: string): NamePostings {
    let postings = this.#byName.get(name);
    if (postings === undefined) {
      postings = { ids: new IdList(), byValue: new Map(), sorted: undefined, listed: undefined };
      this.#byName.set(name, postings);
    }
    return postings;
  }

  /** A regex over a name with more values than there are streams left is tested on these streams instead. */
  #isCheaperByStream({ name, op }: CompiledMatcher, ids: Uint32Array): boolean {
    return (op === '=~' || op === '!~') && ids.length < (this.#byName.get(name)?.byValue.size ?? 0);
  }

  /** Streams that have the label with a value that the matcher takes (or does not take); each value is tested once. */
  #idsOf(matcher: CompiledMatcher, wanted: boolean): Uint32Array {
    const postings = this.#byName.get(matcher.name);
    if (postings === undefined) return new Uint32Array(0);
    const { op, value } = matcher;
    const isSingleValue = value !== '' && ((op === '=' && wanted) || (op === '!=' && !wanted));
    if (isSingleValue) return postings.byValue.get(value)?.view() ?? new Uint32Array(0);
    if (value === '' && (op === '=' || op === '!=')) return postings.ids.view();
    const lists: Uint32Array[] = [];
    for (const [text, ids] of postings.byValue) if (matcher.matches(text) === wanted) lists.push(ids.view());
    return lists.length === postings.byValue.size ? postings.ids.view() : unite(lists);
  }
}

function listIds(values: readonly string[], { byValue }: NamePostings): ListedIds {
  const lists = values.map((value) => byValue.get(value)!.view());
  const ends = new Uint32Array(lists.length);
  let end = 0;
  for (const [v, list] of lists.entries()) {
    end += list.length;
    ends[v] = end;
  }
  const ids = new Uint32Array(end);
  for (const [v, list] of lists.entries()) ids.set(list, ends[v]! - list.length);
  return { ids, ends };
}

function costOf(matcher: CompiledMatcher): number {
  if (matcher.op === '=' && matcher.value !== '') return 0;
  if (matcher.op === '!=') return 1;
  return 2;
}
