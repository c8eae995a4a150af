export interface TraceState { serialize(): string }
