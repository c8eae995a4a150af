import { pushTo } from '../../leaves/grouping.ts';
import { isRedisClient, type NodeAddress, type RedisClient } from './client.ts';
import { faultOf } from './fault.ts';
import { type RedisCommand, RedisLink, type RedisReply, type SendOptions } from './link.ts';
import type { RedisNodes } from './nodes.ts';
import { SLOTS, slotOf } from './slot.ts';

/** A slot may have moved on again by the time its new node is asked. */
const MAX_ROUNDS = 5;

/** A command on its way: where it belongs in the replies, and the node it was told to ask. */
interface Pending {
  readonly command: RedisCommand;
  readonly index: number;
  readonly slot: number;
  readonly ask?: string | undefined;
}

/**
 * A Redis Cluster, by our own map of its slots: commands go out grouped by node, one pipeline each, all at
 * once. `MOVED` and `ASK` are followed for the commands they are about; a node that does not answer makes
 * the map be asked for again before the next commands.
 */
export class ClusterNodes implements RedisNodes {
  readonly #client: RedisClient;
  readonly #links = new Map<string, RedisLink>();
  /** `host:port` of the master, by slot. */
  readonly #owners: (string | undefined)[] = new Array<undefined>(SLOTS).fill(undefined);
  /** All nodes of the map, replicas too: any of them knows the map. */
  #known: string[] = [];
  #isStale = true;
  /** A node of the client, whose password and TLS settings ours get. */
  #template: RedisClient | undefined;

  constructor(client: RedisClient) {
    this.#client = client;
  }

  async send(commands: readonly RedisCommand[], options: SendOptions): Promise<RedisReply[]> {
    const replies: RedisReply[] = new Array<RedisReply>(commands.length);
    let pending: Pending[] = commands.map((command, index) => ({ command, index, slot: slotOf(command.key) }));
    const problem = pending.length > 0 && this.#isStale ? await this.#learnSlots(options.signal) : undefined;
    if (problem !== undefined) return replies.fill(problem);
    for (let round = 0; pending.length > 0 && round < MAX_ROUNDS; round++) {
      pending = await this.#sendRound(pending, replies, options);
    }
    return replies;
  }

  async linkFor(key: string, signal: AbortSignal): Promise<RedisLink> {
    const problem = this.#isStale ? await this.#learnSlots(signal) : undefined;
    const address = this.#owners[slotOf(key)];
    if (address === undefined) throw problem ?? noOwner();
    return new RedisLink(this.#nodeTemplate() ?? this.#client, parseAddress(address), true);
  }

  close(): void {
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
    this.#isStale = true;
  }

  /** Sends what is pending, notes the replies, and returns what has to go elsewhere. */
  async #sendRound(pending: readonly Pending[], replies: RedisReply[], options: SendOptions): Promise<Pending[]> {
    const groups = new Map<string, Pending[]>();
    for (const one of pending) {
      const address = one.ask ?? this.#owners[one.slot];
      if (address === undefined) {
        replies[one.index] = noOwner();
        this.#isStale = true;
        continue;
      }
      pushTo(groups, `${one.ask === undefined ? '' : 'ask '}${address}`, one);
    }
    const redirected: Pending[] = [];
    await Promise.all(
      [...groups].map(async ([group, members]) => {
        const asking = group.startsWith('ask ');
        const link = this.#linkTo(asking ? group.slice(4) : group);
        const commands = members.map((one) => one.command);
        const answers = await link.send(commands, { ...options, asking });
        for (const [position, one] of members.entries()) {
          const next = this.#redirect(one, answers[position]);
          replies[one.index] = answers[position];
          if (next !== undefined) redirected.push(next);
        }
      }),
    );
    return redirected.sort((a, b) => a.index - b.index);
  }

  #redirect(one: Pending, answer: RedisReply): Pending | undefined {
    if (!(answer instanceof Error)) return undefined;
    const { kind, address } = faultOf(answer);
    const { command, index, slot } = one;
    if (kind === 'down') this.#isStale = true;
    if (address === undefined || !isAddress(address)) {
      if (kind === 'moved' || kind === 'ask') this.#isStale = true;
      return undefined;
    }
    const target = this.#translate(address);
    if (kind === 'ask') return { command, index, slot, ask: target };
    this.#owners[slot] = target;
    this.#isStale = true; // where one slot has moved others have too
    return { command, index, slot };
  }

  #linkTo(address: string): RedisLink {
    let link = this.#links.get(address);
    if (link === undefined) {
      link = new RedisLink(this.#nodeTemplate() ?? this.#client, parseAddress(address));
      this.#links.set(address, link);
    }
    return link;
  }

  /** Asks one node after the other for the map, all those of the client too. Returns why nobody gave it. */
  async #learnSlots(signal: AbortSignal): Promise<Error | undefined> {
    if (this.#nodeTemplate() === undefined) return new Error('the cluster client has no node yet: is it connected?');
    let problem = new Error('no node of the Redis cluster is known');
    for (const address of new Set([...this.#known, ...this.#clientAddresses()])) {
      const [slots] = await this.#linkTo(address).send([{ key: '', parts: ['CLUSTER', 'SLOTS'] }], { signal });
      if (slots instanceof Error) problem = slots;
      else if (this.#readSlots(slots, parseAddress(address).host)) return undefined;
      if (signal.aborted) break;
    }
    return problem;
  }

  /** `[[first, last, [host, port, id], [host, port, id], …], …]`: the master first, then its replicas. */
  #readSlots(ranges: RedisReply, askedHost: string): boolean {
    if (!Array.isArray(ranges) || ranges.length === 0) return false;
    const known = new Set<string>();
    this.#owners.fill(undefined);
    for (const range of ranges as unknown[]) {
      const [first, last, ...nodes] = Array.isArray(range) ? (range as unknown[]) : [];
      const addresses = nodes.map((node) => this.#nodeAddress(node, askedHost));
      for (const address of addresses) known.add(address);
      const end = Math.min(Number(last), SLOTS - 1);
      for (let slot = Math.max(0, Number(first)); slot <= end; slot++) this.#owners[slot] = addresses[0];
    }
    this.#known = [...known];
    this.#isStale = false;
    for (const [address, link] of this.#links) {
      if (known.has(address)) continue;
      link.close();
      this.#links.delete(address);
    }
    return true;
  }

  #nodeAddress(node: unknown, askedHost: string): string {
    const [host, port] = Array.isArray(node) ? (node as unknown[]) : [];
    const name = host === null || host === undefined ? '' : String(host);
    // "an empty host: the same as the one that was asked" (CLUSTER SLOTS)
    return this.#translate(`${name === '' || name === '?' ? askedHost : name}:${Number(port)}`);
  }

  /** Behind NAT the client knows other addresses than the nodes. */
  #translate(address: string): string {
    const { natMap } = this.#client.options as { natMap?: unknown };
    const mapped: unknown =
      typeof natMap === 'function' ? natMap(address) : Object(natMap)[address as keyof typeof natMap];
    const { host, port } = Object(mapped) as Partial<NodeAddress>;
    return typeof host === 'string' && typeof port === 'number' ? `${host}:${port}` : address;
  }

  #nodeTemplate(): RedisClient | undefined {
    this.#template ??= this.#client.nodes?.().find(isRedisClient);
    return this.#template;
  }

  #clientAddresses(): string[] {
    const nodes = this.#client.nodes?.().filter(isRedisClient) ?? [];
    const all = this.#template === undefined ? nodes : [...nodes, this.#template];
    return all.map((node) => {
      const { host, port } = node.options as Partial<NodeAddress>;
      return `${host ?? '127.0.0.1'}:${port ?? 6379}`;
    });
  }
}

function noOwner(): Error {
  return new Error('CLUSTERDOWN no node has the slot');
}

function isAddress(text: string): boolean {
  return /^[^\s]+:\d{1,5}$/.test(text);
}

/** `10.0.0.1:6379`, `host:6379`, `::1:6379`: the port follows the last colon. */
function parseAddress(address: string): NodeAddress {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}
