/**
 * One of Node's own modules, loaded when it is first asked for. TLS, cryptography and compression take longer to load
 * than all of ours together, and a service that only imports the package needs none of them (bench/load). Both module
 * formats load it there and then, and no bundler has anything to resolve.
 *
 * @example
 * const zlib = lazyBuiltin('node:zlib');
 * zlib().crc32(bytes);
 */
export function lazyBuiltin<Name extends Lazy>(name: Name): () => ReturnType<typeof process.getBuiltinModule<Name>> {
  let loaded: ReturnType<typeof process.getBuiltinModule<Name>> | undefined;
  return () => {
    loaded ??= process.getBuiltinModule(name);
    return loaded;
  };
}

/** Those that are worth it. */
type Lazy = 'node:crypto' | 'node:https' | 'node:tls' | 'node:worker_threads' | 'node:zlib';
