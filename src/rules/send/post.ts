import { readFileSync } from 'node:fs';
import { type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { HttpClientSettings, TlsSettings } from '../model/ruler-settings.ts';

/** So much of an error's text is kept. */
const MAX_ANSWER_CHARS = 2000;

export interface PostAnswer {
  readonly status: number;
  readonly text: string;
  /** Of `Retry-After`, milliseconds. */
  readonly retryAfterMs: number | undefined;
}

/**
 * Posts a body and reads the answer.
 *
 * @throws Error when there is no answer in time
 */
export function post(
  url: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string>>,
  client: HttpClientSettings,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<PostAnswer> {
  const target = new URL(url);
  const isTls = target.protocol === 'https:';
  const options: RequestOptions = {
    method: 'POST',
    headers: { ...headers, ...authorization(client), ...client.headers, 'content-length': body.length },
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    ...(isTls ? tlsOptions(client.tls) : {}),
  };
  return new Promise((resolve, reject) => {
    const request = (isTls ? requestHttps : requestHttp)(target, options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        if (text.length < MAX_ANSWER_CHARS) text += part;
      });
      response.on('error', reject);
      response.on('end', () => {
        const seconds = Number(response.headers['retry-after']);
        resolve({
          status: response.statusCode ?? 0,
          text: text.slice(0, MAX_ANSWER_CHARS).trim(),
          retryAfterMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined,
        });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

function authorization({ basicAuth, authorization: value }: HttpClientSettings): Record<string, string> {
  if (basicAuth !== undefined) {
    const pair = Buffer.from(`${basicAuth.username}:${basicAuth.password}`).toString('base64');
    return { authorization: `Basic ${pair}` };
  }
  return value === undefined ? {} : { authorization: value };
}

// Read for every connection: certificates are renewed while the server runs.
function tlsOptions(tls: TlsSettings): object {
  const file = (path: string): Buffer | undefined => (path === '' ? undefined : readFileSync(path));
  return {
    ca: file(tls.caPath),
    cert: file(tls.certPath),
    key: file(tls.keyPath),
    rejectUnauthorized: !tls.insecureSkipVerify,
    ...(tls.serverName === '' ? {} : { servername: tls.serverName }),
  };
}
