/** Groups (routes, hosts) and series of one metric. A service has hundreds at most; what makes more is no service's design. */
const MAX_GROUPS = 1000;
const MAX_SERIES = 4000;

/** Stands for every group beyond the bound, as `_OTHER` does for methods that nobody knows. */
const OTHER_GROUP = '_OTHER';

/** Parts of the detail of a series: the values of its other labels. A line feed is in none of them but the last. */
const SEPARATOR = '\n';

/** One series: what it counts, and the values of its labels. */
export interface Series<Value> {
  readonly group: string;
  /** In the order of the metric's labels; an empty one is left out of the text. */
  readonly details: readonly string[];
  readonly value: Value;
}

/**
 * The series of one metric, by a label of many values (the group) and the others (the detail). Bounded:
 * groups beyond the first thousand are one, and so is all that comes when the series are used up.
 *
 *     "/users/:id" ─▶ "http⏎GET⏎200⏎" ─▶ value        a request costs two look-ups by text,
 *                     "http⏎GET⏎500⏎500" ─▶ value     and makes one short text
 *     "_OTHER"     ─▶ …
 */
export class BoundedSeries<Value> {
  readonly #create: () => Value;
  readonly #groups = new Map<string, Map<string, Value>>();
  #size = 0;

  constructor(create: () => Value) {
    this.#create = create;
  }

  get size(): number {
    return this.#size;
  }

  /** The value to count in. */
  valueOf(group: string, detail: string): Value {
    return this.#groups.get(group)?.get(detail) ?? this.#add(group, detail);
  }

  #add(group: string, detail: string): Value {
    if (!this.#groups.has(group) && this.#groups.size >= MAX_GROUPS && group !== OTHER_GROUP) {
      return this.valueOf(OTHER_GROUP, detail);
    }
    if (this.#size >= MAX_SERIES && (group !== OTHER_GROUP || detail !== '')) return this.valueOf(OTHER_GROUP, '');
    const value = this.#create();
    const details = this.#groups.get(group);
    if (details === undefined) this.#groups.set(group, new Map([[detail, value]]));
    else details.set(detail, value);
    this.#size++;
    return value;
  }

  /** All of them, groups in the order in which they came. */
  *[Symbol.iterator](): Generator<Series<Value>> {
    for (const [group, details] of this.#groups) {
      for (const [detail, value] of details) yield { group, details: detail.split(SEPARATOR), value };
    }
  }
}
