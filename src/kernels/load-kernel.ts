import { existsSync, readFileSync } from 'node:fs';

/**
 * Loads a compiled kernel that lies beside this file, with a memory of its own. Undefined when kernels are switched off or were not
 * built: every kernel has a twin in TypeScript that gives the same results.
 */
export function loadKernel(name: string): object | undefined {
  if (!kernelsEnabled()) return undefined;
  const file = new URL(`./${name}.wasm`, import.meta.url);
  if (!existsSync(file)) return undefined;
  return new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), {}).exports;
}

/** `HALOGI_KERNELS=off` runs the plain twins; workers inherit the environment, so this one switch is read where kernels are. */
export function kernelsEnabled(): boolean {
  return process.env['HALOGI_KERNELS'] !== 'off';
}
