/** Tools of one kind and version, installed together beside the packed package, and what is tried with them. */
export interface ToolSet {
  /** Its folder. */
  readonly name: string;
  /** Exact versions: a cell that was green stays so until we change. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** Text by path, below the folder. */
  readonly files: Readonly<Record<string, string>>;
  readonly cells: readonly Cell[];
}

/** One thing that must end with status 0. */
export interface Cell {
  readonly name: string;
  /** The folder, below the set's own. */
  readonly folder: string;
  /** The arguments that Node is called with there. */
  readonly args: readonly string[];
  /** The major versions of Node to try it on. */
  readonly nodes: readonly number[];
}
