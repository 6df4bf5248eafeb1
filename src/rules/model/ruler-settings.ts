import type { TextMap } from './rule-group.ts';

/** How a server of somebody else's is asked. */
export interface HttpClientSettings {
  readonly basicAuth: { readonly username: string; readonly password: string } | undefined;
  /** The value of `Authorization` without basic auth, such as `Bearer abc`. */
  readonly authorization: string | undefined;
  readonly headers: TextMap;
  readonly tls: TlsSettings;
}

/** Paths of PEM files; empty: none. */
export interface TlsSettings {
  readonly caPath: string;
  readonly certPath: string;
  readonly keyPath: string;
  readonly serverName: string;
  readonly insecureSkipVerify: boolean;
}

/** One step of Prometheus's relabeling. */
export interface RelabelConfig {
  readonly sourceLabels: readonly string[];
  readonly separator: string;
  readonly regex: string;
  readonly modulus: number;
  readonly targetLabel: string;
  readonly replacement: string;
  readonly action: string;
}

/** A receiver of recorded samples. */
export interface RemoteWriteClient {
  readonly name: string;
  readonly url: string;
  readonly timeoutMs: number;
  readonly http: HttpClientSettings;
  readonly relabel: readonly RelabelConfig[];
}

/** The settings under `ruler`, checked. */
export interface RulerSettings {
  /** A folder with a folder for each tenant; empty: no files. */
  readonly rulePath: string;
  readonly apiEnabled: boolean;
  readonly evaluationIntervalMs: number;
  readonly pollIntervalMs: number;
  readonly concurrency: number;
  readonly externalUrl: string;
  readonly externalLabels: TextMap;
  readonly datasourceUid: string;
  readonly forOutageToleranceMs: number;
  readonly alertmanagerUrls: readonly string[];
  readonly alertmanagerDiscovery: boolean;
  readonly alertmanagerRefreshMs: number;
  readonly alertmanagerHttp: HttpClientSettings;
  readonly alertRelabel: readonly RelabelConfig[];
  readonly queueCapacity: number;
  readonly notificationTimeoutMs: number;
  readonly resendDelayMs: number;
  readonly remoteWrite: readonly RemoteWriteClient[];
  readonly remoteWriteQueueBytes: number;
}
