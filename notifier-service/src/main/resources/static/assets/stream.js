// Server-sent events by fetch: unlike EventSource it hears every type, shows when it is cut off, and
// resumes with the cursor that it had. While nobody is signed in it does not try.
import { admitted, isOut, onLeave, whoAmI } from './session.js';

const SILENT_MILLIS = 45_000;
const FIRST_RETRY_MILLIS = 500;
const LAST_RETRY_MILLIS = 8_000;

/** What the server says of whoever asks, not of the place that is asked for. */
const ABOUT_CALLERS = new Set([401, 403, 429]);

export class EventFollower {
  #url;
  #tell;
  #cursor = null;
  #retryMillis = FIRST_RETRY_MILLIS;
  #stopped = false;

  /**
   * @param tell is called with {state: 'live' | 'broken' | 'signed out', reason}, {events: [{type, data}, …]},
   *     {resync: true}
   */
  constructor(url, tell) {
    this.#url = url;
    this.#tell = tell;
  }

  async run() {
    while (!this.#stopped) {
      if (isOut()) {
        this.#tell({ state: 'signed out' });
      }
      await admitted();
      let reason = 'the server ended the stream';
      try {
        await this.#follow();
      } catch (failed) {
        reason = failed.message;
      }
      if (isOut()) {
        continue;
      }
      this.#tell({ state: 'broken', reason });
      const wait = this.#retryMillis * (0.75 + Math.random() / 2);
      this.#retryMillis = Math.min(LAST_RETRY_MILLIS, this.#retryMillis * 1.6);
      await new Promise((wake) => {
        setTimeout(wake, wait);
      });
    }
  }

  stop() {
    this.#stopped = true;
  }

  async #follow() {
    const quiet = new AbortController();
    const watchdog = setInterval(() => {
      if (performance.now() - heard > SILENT_MILLIS) {
        quiet.abort(new Error('no heartbeat'));
      }
    }, 5_000);
    const stay = onLeave(() => quiet.abort(new Error('signed out')));
    let heard = performance.now();
    try {
      // The place to begin from: so that nothing is missed, even before the first event.
      this.#cursor ??= await this.#now(quiet.signal);
      const answer = await fetch(this.#url, {
        headers: { Accept: 'text/event-stream', 'Last-Event-ID': this.#cursor },
        signal: quiet.signal,
        cache: 'no-store',
      });
      if (answer.status >= 400 && answer.status < 500 && !ABOUT_CALLERS.has(answer.status)) {
        // This server does not know the place: it is another one, or begun anew.
        this.#cursor = null;
        this.#tell({ resync: true });
      }
      await refuseUnless(answer.ok, answer.status);
      this.#tell({ state: 'live' });
      this.#retryMillis = FIRST_RETRY_MILLIS;
      const parser = new Parser();
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) {
          return;
        }
        heard = performance.now();
        this.#take(parser.parse(value));
      }
    } finally {
      stay();
      clearInterval(watchdog);
      quiet.abort();
    }
  }

  async #now(signal) {
    const answer = await fetch(`${this.#url}?from=now&limit=1`, {
      headers: { Accept: 'application/json' },
      signal,
    });
    await refuseUnless(answer.ok, answer.status);
    return (await answer.json()).cursor;
  }

  #take(messages) {
    const events = [];
    for (const message of messages) {
      this.#cursor = message.id ?? this.#cursor;
      if (message.type === 'resync') {
        this.#tell({ resync: true });
      } else {
        events.push(message);
      }
    }
    if (events.length) {
      this.#tell({ events });
    }
  }
}

/** Whoever is not let in learns that before the stream is tried again. */
async function refuseUnless(good, status) {
  if (status === 401) {
    await whoAmI();
  }
  if (!good) {
    throw new Error(`the stream was refused with status ${status}`);
  }
}

/** WHATWG HTML, 9.2.6, without what this server does not write (lone carriage returns). */
class Parser {
  #rest = '';
  #message = { id: null, type: '', data: null };

  parse(text) {
    const messages = [];
    const buffer = this.#rest + text;
    let from = 0;
    for (let end = buffer.indexOf('\n'); end >= 0; end = buffer.indexOf('\n', from)) {
      this.#line(buffer.slice(from, end).replace(/\r$/, ''), messages);
      from = end + 1;
    }
    this.#rest = buffer.slice(from);
    return messages;
  }

  #line(line, messages) {
    if (line === '') {
      if (this.#message.data !== null) {
        messages.push(this.#message);
      }
      this.#message = { id: null, type: '', data: null };
      return;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'id') {
      this.#message.id = value;
    } else if (field === 'event') {
      this.#message.type = value;
    } else if (field === 'data') {
      this.#message.data = this.#message.data === null ? value : `${this.#message.data}\n${value}`;
    }
  }
}
