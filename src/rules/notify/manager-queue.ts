import { errorText } from '../parse/rule-error.ts';
import { BackOff, waitFor } from '../send/back-off.ts';
import { post } from '../send/post.ts';
import type { NotifierOptions } from './notifier-options.ts';
import type { PostedAlert } from './posted-alert.ts';

/** Alerts in one request. */
const MAX_BATCH = 64;
const ALERTS_PATH = 'api/v2/alerts';

/** Alerts on their way to one Alertmanager. When there are too many, the oldest go. */
export class ManagerQueue {
  readonly #url: string;
  readonly #options: NotifierOptions;
  readonly #stopped = new AbortController();
  #waiting: PostedAlert[] = [];
  #sending: Promise<void> | undefined;

  constructor(url: string, options: NotifierOptions) {
    this.#url = `${url.replace(/\/$/, '')}/${ALERTS_PATH}`;
    this.#options = options;
  }

  get length(): number {
    return this.#waiting.length;
  }

  add(alerts: readonly PostedAlert[]): void {
    const { settings, meter, warn } = this.#options;
    this.#waiting.push(...alerts);
    const over = this.#waiting.length - settings.queueCapacity;
    if (over > 0) {
      this.#waiting.splice(0, over);
      meter.dropped(over);
      warn({ alertmanager: this.#url, alerts: over }, 'alerts dropped: the queue is full');
    }
    if (this.#sending !== undefined || this.#waiting.length === 0) return;
    this.#sending = this.#send().finally(() => {
      this.#sending = undefined;
    });
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#sending;
  }

  async #send(): Promise<void> {
    const backOff = new BackOff();
    const { meter, warn } = this.#options;
    while (this.#waiting.length > 0 && !this.#stopped.signal.aborted) {
      const batch = this.#waiting.slice(0, MAX_BATCH);
      const startedMs = performance.now();
      const fault = await this.#post(batch);
      if (this.#stopped.signal.aborted) return;
      if (fault === undefined) {
        backOff.succeeded();
        this.#remove(batch);
        meter.sent(this.#url, batch.length, (performance.now() - startedMs) / 1000);
        continue;
      }
      meter.failed(this.#url, batch.length);
      const { text, isFinal, retryAfterMs } = fault;
      warn({ alertmanager: this.#url, alerts: batch.length, reason: text, final: isFinal }, 'alerts not sent');
      if (isFinal) {
        this.#remove(batch);
        meter.dropped(batch.length);
      } else await waitFor(backOff.failed(retryAfterMs), this.#stopped.signal);
    }
  }

  // The front may have been dropped meanwhile.
  #remove(batch: readonly PostedAlert[]): void {
    const gone = new Set(batch);
    this.#waiting = this.#waiting.filter((alert) => !gone.has(alert));
  }

  async #post(batch: readonly PostedAlert[]): Promise<Fault | undefined> {
    const { settings } = this.#options;
    const body = Buffer.from(JSON.stringify(batch));
    const headers = { 'content-type': 'application/json' };
    try {
      const { status, text, retryAfterMs } = await post(
        this.#url,
        body,
        headers,
        settings.alertmanagerHttp,
        settings.notificationTimeoutMs,
        this.#stopped.signal,
      );
      if (status >= 200 && status < 300) return undefined;
      return { text: `${status}: ${text}`, isFinal: status >= 400 && status < 500 && status !== 429, retryAfterMs };
    } catch (error) {
      return { text: errorText(error), isFinal: false, retryAfterMs: undefined };
    }
  }
}

interface Fault {
  readonly text: string;
  /** Sending the same again is of no use. */
  readonly isFinal: boolean;
  readonly retryAfterMs: number | undefined;
}
