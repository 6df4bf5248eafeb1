import { systemCode } from '../base/disk/disk.ts';
import { LogError } from '../base/errors.ts';
import type { WorkerError } from './messages.ts';

export function packError(error: unknown): WorkerError {
  if (error instanceof LogError) {
    return {
      code: error.code,
      message: error.message,
      ...(error.status === undefined ? {} : { status: error.status }),
    };
  }
  const code = systemCode(error);
  const base =
    error instanceof Error ? { message: error.message, stack: error.stack ?? '' } : { message: String(error) };
  return code === undefined ? base : { ...base, systemCode: code };
}

export function unpackError(error: WorkerError): Error {
  if (error.code !== undefined)
    return new LogError(error.code, error.message, error.status === undefined ? {} : { status: error.status });
  const plain = new LogError('INTERNAL', error.message, { details: { stack: error.stack } });
  return error.systemCode === undefined ? plain : Object.assign(plain, { systemCode: error.systemCode });
}
