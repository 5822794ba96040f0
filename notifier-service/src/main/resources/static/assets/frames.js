// Whatever must be drawn or rendered waits for the next frame, once, however often it was asked for.

/** What this page has done since it was opened; tests read it, nothing depends on it. */
export const stats = {
  events: 0,
  requests: 0,
  frames: 0,
  told: 0,
  draws: 0,
  connects: 0,
  resyncs: 0,
};

let due = new Set();
let asked = false;

/** Runs a job in the next frame; the same job is run once. */
export function onFrame(job) {
  due.add(job);
  if (!asked) {
    asked = true;
    requestAnimationFrame(runAll);
  }
}

function runAll() {
  const jobs = due;
  due = new Set();
  asked = false;
  stats.frames += 1;
  for (const job of jobs) {
    job();
  }
}
