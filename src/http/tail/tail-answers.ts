import { LogError } from '../../base/errors.ts';
import type { Limits } from '../../model/limits.ts';
import { compileSelector, parseText } from '../../query/analysis/selectors.ts';
import { scanLogRows } from '../../query/execute/scan-log.ts';
import { checkStages } from '../../query/scan/scan-pipeline.ts';
import type { TailHub } from '../../query/tail/tail-hub.ts';
import { writtenRows } from '../../query/tail/tail-rows.ts';
import type { TaskRunner } from '../../query/task/task.ts';
import type { QueryStore } from '../../store/snapshot/query-store.ts';
import { parseTailParams, type TailParams } from '../../wire/tail-params.ts';
import type { Tail, TailRequest, TailService } from '../request/parts.ts';

export interface TailAnswersOptions {
  readonly store: QueryStore;
  readonly runner: TaskRunner;
  readonly hub: TailHub;
  readonly limitsFor: (tenant: string) => Limits;
  /** Now, nanoseconds since the epoch. */
  readonly nowNs: () => bigint;
  readonly maxDurationMs: number;
}

const NS_PER_MS = 1_000_000n;

/** Live tails on one store: history by a query, then rows as ingest appends them, without a gap or a repeat at the seam. */
export class TailAnswers implements TailService {
  readonly #options: TailAnswersOptions;

  constructor(options: TailAnswersOptions) {
    this.#options = options;
  }

  async check(params: URLSearchParams): Promise<TailParams> {
    const parsed = parseTailParams(params, this.#options.nowNs());
    const query = parseText(parsed.query);
    checkStages(query);
    return parsed;
  }

  async ready(): Promise<void> {
    await this.#options.hub.ready();
  }

  async open({ tenant, params, format }: TailRequest): Promise<Tail> {
    const { hub, store, runner, limitsFor, nowNs, maxDurationMs } = this.#options;
    const expr = parseText(params.query);
    if (expr.kind !== 'log') throw new LogError('QUERY_INVALID', 'only log selector is supported');
    const limits = limitsFor(tenant);
    const { limit, startNs, delayMs } = params;
    const session = asRpcError(() =>
      hub.open({
        tenant,
        query: params.query,
        matchers: compileSelector(expr.matchers),
        stages: expr.stages,
        format,
        delayMs,
        maxConcurrent: limits.maxConcurrentTailRequests,
      }),
    );
    const gone = new AbortController();
    const longest = setTimeout(() => tail.end('reached tail max duration limit'), maxDurationMs);
    const close = (): void => {
      clearTimeout(longest);
      gone.abort(new LogError('QUERY_CANCELLED', 'the request was cancelled by the client'));
      hub.close(session);
    };
    const tail = new OpenTail(session, close);
    try {
      const now = nowNs();
      // Clocks of clients may run ahead; what they sent is history, too.
      const aheadNs = now + BigInt(limits.creationGracePeriodMs) * NS_PER_MS;
      // The rows to read are picked before the first wait, in one step with `hub.open`: no row is missed or sent twice.
      const { rows } = await scanLogRows(
        {
          expr,
          startNs,
          endNs: startNs > aheadNs ? startNs : aheadNs,
          limit,
          backward: true,
          categorize: format === 'categorized',
        },
        { store, runner, limits, nowNs: now, tenant, signal: gone.signal },
      );
      session.start(writtenRows(rows.toReversed(), format));
    } catch (error) {
      close();
      throw rpcError(error);
    }
    return tail;
  }
}

type Session = ReturnType<TailHub['open']>;

class OpenTail implements Tail {
  readonly #session: Session;
  readonly #close: () => void;

  constructor(session: Session, close: () => void) {
    this.#session = session;
    this.#close = close;
  }

  set onReady(call: () => void) {
    this.#session.onReady = call;
  }

  set onEnd(call: (reason: string) => void) {
    this.#session.onEnd = call;
    if (this.#session.endReason !== undefined) call(this.#session.endReason);
  }

  end(reason: string): void {
    this.#session.end(reason);
  }

  take(maxRows: number, maxBytes: number): ReturnType<Tail['take']> {
    return this.#session.take(maxRows, maxBytes);
  }

  close(): void {
    this.#close();
  }
}

function asRpcError<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw rpcError(error);
  }
}

/** What Loki's querier refuses reaches the client with the marks of the way it took. */
function rpcError(error: unknown): unknown {
  if (!(error instanceof LogError) || error.kind === 'cancelled' || error.kind === 'internal') return error;
  return new LogError(error.code, `rpc error: code = Code(400) desc = ${error.message}`, { cause: error });
}
