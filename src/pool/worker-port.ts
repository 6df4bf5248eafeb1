import { parentPort } from 'node:worker_threads';
import { packError } from './error-transfer.ts';
import type { WorkerNotice, WorkerReply, WorkerRequest } from './messages.ts';
import { transferList } from './transfer.ts';

/**
 * Makes this thread a worker: it answers requests one after the other.
 *
 * @param handle makes the answer; what it throws goes back as an error
 * @param onNotice told what needs no answer
 * @throws Error when this is no worker thread
 */
export function serveRequests(
  handle: (request: WorkerRequest) => WorkerReply | Promise<WorkerReply>,
  onNotice: (notice: WorkerNotice) => void = () => undefined,
): void {
  const port = parentPort;
  if (port === null) throw new Error('this file runs as a worker thread');
  const answer = async (request: WorkerRequest): Promise<void> => {
    let reply: WorkerReply;
    try {
      reply = await handle(request);
      port.postMessage(reply, transferList(reply));
    } catch (error) {
      port.postMessage({ kind: 'error', id: request.id, error: packError(error) } satisfies WorkerReply);
    }
  };
  port.on('message', (request: WorkerRequest | WorkerNotice) => {
    if (request.kind === 'gone') onNotice(request);
    else void answer(request);
  });
}
