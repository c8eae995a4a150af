import type { StoreProblem, StoreProblems } from './span-store.ts';

const KEPT = 100;

/** The places that could not be read, each once: reading a file twice does not make it twice as broken. */
export class ProblemList {
  readonly #places = new Set<string>();
  readonly #first: StoreProblem[] = [];
  #count = 0;

  add(problem: StoreProblem): void {
    const place = `${problem.where}\0${problem.line ?? ''}`;
    if (this.#places.has(place)) return;
    this.#count++;
    if (this.#first.length >= KEPT) return;
    this.#places.add(place);
    this.#first.push(problem);
  }

  list(): StoreProblems {
    return { count: this.#count, first: [...this.#first] };
  }
}
