/** Assignment, but for names that are not plain slots of the object: `__proto__`, those of a polluted prototype. */
export function setOwn<Value>(target: Record<string, Value>, key: string, value: Value): void {
  if (key in target && !Object.hasOwn(target, key)) {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    target[key] = value;
  }
}
