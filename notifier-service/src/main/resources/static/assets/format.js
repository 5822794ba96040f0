// How numbers, times and ranges are written.

const whole = new Intl.NumberFormat('en-GB');
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

export const number = (value) => (value === null || value === undefined ? '–' : whole.format(value));

export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

export function bytes(value) {
  if (value === null || value === undefined) {
    return 'size unknown';
  }
  let unit = 0;
  let size = value;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${Number(size.toFixed(size < 10 ? 1 : 0))} ${UNITS[unit]}`;
}

/** A half-open range as the interface writes it: where it starts and how long it is. */
export const range = (start, count) => `${number(start)} + ${number(count)}`;

/** The server cuts longer lists. */
const MOST_RANGES = 100;

/** The first of flat pairs, and how many there are besides. */
export function ranges(pairs) {
  if (!pairs?.length) {
    return '';
  }
  const more = pairs.length / 2 - 1;
  const besides = more + 1 === MOST_RANGES ? 'more' : `${number(more)} more`;
  return range(pairs[0], pairs[1]) + (more > 0 ? ` and ${besides}` : '');
}

/** How long ago, in the largest unit that says something. */
export function age(time, now = Date.now()) {
  const seconds = Math.max(0, Math.round((now - Date.parse(time)) / 1000));
  if (seconds < 60) {
    return `${seconds} s`;
  }
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    return `${minutes} min`;
  }
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d`;
}

const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

export const timeOfDay = (time) => clock.format(new Date(time));
export const dateAndTime = (time) => day.format(new Date(time));

/** The time, and the date only where it is another day. */
export const moment = (time) =>
  new Date(time).toDateString() === new Date().toDateString() ? timeOfDay(time) : dateAndTime(time);

/** media_error as media error. */
export const words = (name) => String(name ?? '').replaceAll('_', ' ');
