export interface Baggage { serialize(): string }
