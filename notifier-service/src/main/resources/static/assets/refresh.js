// Something that is read again when it may have changed: one reading at a time, and the slower the
// server answers the more rarely it is asked. What cannot be reached is tried again.
import { entered } from './session.js';

const TRY_AGAIN_MILLIS = 3_000;

export class Refresh {
  #load;
  #pauseMillis;
  #running = null;
  #wanted = false;
  #timer = 0;
  #notBefore = 0;

  /**
   * @param load is given an AbortSignal
   * @param pauseMillis the least between two readings
   */
  constructor(load, pauseMillis) {
    this.#load = load;
    this.#pauseMillis = pauseMillis;
  }

  /** Soon, and once for all that ask meanwhile. */
  ask() {
    this.#wanted = true;
    if (this.#running === null && this.#timer === 0) {
      const wait = Math.max(0, this.#notBefore - performance.now());
      this.#timer = setTimeout(() => this.#run(), wait);
    }
  }

  /** At once; what is being read is given up, for the question has changed. */
  now() {
    this.stop();
    this.#notBefore = 0;
    this.ask();
  }

  stop() {
    this.#running?.abort();
    this.#running = null;
    this.#wanted = false;
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  async #run() {
    this.#timer = 0;
    this.#wanted = false;
    const mine = new AbortController();
    this.#running = mine;
    const begun = performance.now();
    let pause = this.#pauseMillis;
    try {
      await this.#load(mine.signal);
    } catch (failed) {
      if (failed.name !== 'AbortError') {
        console.debug('not read:', failed.message);
        if (failed.status === 0 || failed.status === 401 || failed.status >= 500) {
          this.#wanted = true;
          pause = TRY_AGAIN_MILLIS;
        }
      }
    }
    if (this.#running !== mine) {
      return;
    }
    this.#running = null;
    // That nobody was signed in for a while says nothing about the server.
    const took = performance.now() - Math.max(begun, entered());
    this.#notBefore = performance.now() + Math.max(pause, 2 * took);
    if (this.#wanted) {
      this.ask();
    }
  }
}
