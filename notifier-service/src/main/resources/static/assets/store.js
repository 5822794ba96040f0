// A value that is watched. Changes that come within one frame are told together.
import { useEffect, useReducer, useRef } from './vendor/hooks.mjs';
import { onFrame, stats } from './frames.js';

export class Store {
  #listeners = new Set();
  #tell = () => {
    stats.told += 1;
    for (const listener of [...this.#listeners]) {
      listener(this.value);
    }
  };

  constructor(value) {
    this.value = value;
  }

  set(patch) {
    const changed = Object.keys(patch).some((name) => this.value[name] !== patch[name]);
    if (changed) {
      this.value = { ...this.value, ...patch };
      onFrame(this.#tell);
    }
  }

  watch(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** A part of a store's value; the component is rendered again when that part is another. */
export function useStore(store, part = (value) => value) {
  const [, again] = useReducer((count) => count + 1, 0);
  const select = useRef(part);
  const seen = useRef();
  select.current = part;
  seen.current = part(store.value);
  useEffect(() => {
    const look = () => {
      if (select.current(store.value) !== seen.current) {
        again();
      }
    };
    look();
    return store.watch(look);
  }, [store]);
  return seen.current;
}
