import type { Stage } from '../../../grammar/ast.ts';
import { labelValue } from '../../model/labels.ts';
import type { CompiledMatcher } from '../../model/matcher.ts';
import type { SinkStream } from '../../model/row-sink.ts';
import type { EntryFormat } from '../../wire/result/entry-json.ts';
import type { TailSession } from './tail-session.ts';

export interface TailRequest {
  readonly tenant: string;
  /** Text of the query: tails of a tenant with the same text and format share all work. */
  readonly query: string;
  readonly matchers: readonly CompiledMatcher[];
  readonly stages: readonly Stage[];
  readonly format: EntryFormat;
  readonly delayMs: number;
  readonly maxConcurrent: number;
}

/** Tails of a tenant that ask the same and are answered in the same format. */
export class TailGroup {
  readonly #request: TailRequest;
  readonly #wants = new WeakMap<SinkStream, boolean>();
  sessions: readonly TailSession[];

  constructor(request: TailRequest, first: TailSession) {
    this.#request = request;
    this.sessions = [first];
  }

  get query(): string {
    return this.#request.query;
  }

  get stages(): readonly Stage[] {
    return this.#request.stages;
  }

  get format(): EntryFormat {
    return this.#request.format;
  }

  /** A tail that asks so can join; how long it delays rows is its own affair. */
  serves({ query, format }: TailRequest): boolean {
    return query === this.#request.query && format === this.#request.format;
  }

  /** Rows of the stream, which is one of the tenant, are looked at. */
  wants(tenant: string, stream: SinkStream): boolean {
    let wants = this.#wants.get(stream);
    if (wants === undefined) {
      wants = tenant === this.#request.tenant && this.#matches(stream);
      this.#wants.set(stream, wants);
    }
    return wants;
  }

  /** `wants` has said so before. */
  isWanted(stream: SinkStream): boolean {
    return this.#wants.get(stream) === true;
  }

  #matches({ labels }: SinkStream): boolean {
    return this.#request.matchers.every((matcher) => matcher.matches(labelValue(labels, matcher.name) ?? ''));
  }
}
