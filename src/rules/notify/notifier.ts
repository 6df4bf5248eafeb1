import { lookup, resolve4, resolveSrv } from 'node:dns/promises';
import type { ActiveAlert } from '../alert/active-alert.ts';
import type { Rule } from '../model/rule-group.ts';
import { compileRelabel, type Relabel } from '../send/relabel.ts';
import { ManagerQueue } from './manager-queue.ts';
import type { NotifierOptions } from './notifier-options.ts';
import { type PostedAlert, postedAlert } from './posted-alert.ts';

/** Hands alerts to every Alertmanager, each with a queue of its own: one that is away holds up no other. */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #relabel: Relabel;
  readonly #queues = new Map<string, ManagerQueue>();
  #refresh: NodeJS.Timeout | undefined;

  constructor(options: NotifierOptions) {
    this.#options = options;
    this.#relabel = compileRelabel(options.settings.alertRelabel);
  }

  async start(): Promise<void> {
    const { settings } = this.#options;
    await this.#find();
    if (!settings.alertmanagerDiscovery) return;
    this.#refresh = setInterval(() => void this.#find(), settings.alertmanagerRefreshMs);
    this.#refresh.unref();
  }

  /** Alerts that wait, of the longest queue. */
  get queueLength(): number {
    return Math.max(0, ...[...this.#queues.values()].map((queue) => queue.length));
  }

  notify(alerts: readonly ActiveAlert[], rule: Rule): void {
    if (alerts.length === 0 || this.#queues.size === 0) return;
    const { settings } = this.#options;
    const posted: PostedAlert[] = [];
    for (const alert of alerts) {
      const labels = this.#relabel({ ...settings.externalLabels, ...alert.labels });
      if (labels !== undefined) posted.push(postedAlert(alert, labels, rule, settings));
    }
    for (const queue of this.#queues.values()) queue.add(posted);
  }

  async stop(): Promise<void> {
    clearInterval(this.#refresh);
    await Promise.all([...this.#queues.values()].map((queue) => queue.stop()));
  }

  async #find(): Promise<void> {
    const { settings, warn } = this.#options;
    const urls = new Set<string>();
    for (const url of settings.alertmanagerUrls) {
      if (!settings.alertmanagerDiscovery) urls.add(url);
      else {
        try {
          for (const found of await discover(url)) urls.add(found);
        } catch (err) {
          // Whoever was known stays: a name server that is away must not silence alerts.
          for (const known of this.#queues.keys()) urls.add(known);
          warn({ err, url }, 'Alertmanagers not found');
        }
      }
    }
    for (const [url, queue] of this.#queues) {
      if (urls.has(url)) continue;
      this.#queues.delete(url);
      void queue.stop();
    }
    for (const url of urls) if (!this.#queues.has(url)) this.#queues.set(url, new ManagerQueue(url, this.#options));
  }
}

/** Addresses behind a name: of its SRV records when it begins with `_`, else of its A records. */
async function discover(url: string): Promise<readonly string[]> {
  const base = new URL(url);
  const withHost = (host: string, port: number | string): string => {
    const one = new URL(base);
    one.hostname = host;
    one.port = String(port);
    return one.href;
  };
  if (base.hostname.startsWith('_'))
    return (await resolveSrv(base.hostname)).map(({ name, port }) => withHost(name, port));
  const addresses = await resolve4(base.hostname).catch(async () => [(await lookup(base.hostname, 4)).address]);
  return addresses.map((address) => withHost(address, base.port));
}
