// Live answers: one frame of the camera at a time, the next once the last is answered.
const SIDE = 320; // of a frame, in pixels: more than any of these networks sees
const LEAST = 100; // milliseconds between two frames
let running = null; // { root, stream, count, began, sent }

const shown = () => [...document.querySelectorAll(".mm-live")].find((e) => e.checkVisibility());
const say = (root, text) => (root.querySelector("[role=status]").textContent = text);

// Ask for the camera; answers the inputs with the first frame in the first place, "" without one.
export async function start(values) {
  stop();
  const root = shown();
  const video = root.querySelector("video");
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      video: { width: { ideal: 640 }, facingMode: root.dataset.facing },
    });
  } catch {
    say(root, root.dataset.denied);
    return ["", ...values.slice(1)];
  }
  running = { root, stream, count: 0 };
  video.srcObject = stream;
  root.classList.add("mm-on");
  root.querySelector("button").onclick = () => stop();
  await video.play();
  return [picture(), ...values.slice(1)];
}

// The inputs with some frames in the first place, as a JSON list; a camera that was off is freed.
const SEVERAL = 3;
const APART = 400; // milliseconds between them: a face has moved a little
export async function several(values) {
  const before = running;
  if (!before && !(await start(values))[0]) return ["", ...values.slice(1)];
  const mine = running;
  const frames = [];
  while (running === mine && mine && frames.length < SEVERAL) {
    if (frames.length) await new Promise((done) => setTimeout(done, APART));
    if (running === mine) frames.push(picture());
  }
  if (!before && running === mine) stop();
  return [JSON.stringify(frames), ...values.slice(1)];
}

// The first frame is answered: go on with the next ones, for as long as is allowed.
export function go() {
  if (!running) return;
  const mine = running;
  mine.began = performance.now();
  const { over, seconds } = mine.root.dataset;
  setTimeout(() => running === mine && stop(over), 1000 * seconds);
  next();
}

// The inputs with a frame in the first place.
export const frame = (values) => [running ? picture() : "", ...values.slice(1)];

// The last frame is answered: say how fast that goes, and take another.
export function next() {
  if (!running?.began) return;
  const { root, began } = running;
  const now = performance.now();
  if (!root.isConnected || !root.checkVisibility()) return stop();
  if (running.count) {
    const rate = ((1000 * running.count) / (now - began)).toFixed(1);
    say(root, root.dataset.rate.replace("{rate}", rate));
  }
  running.count += 1;
  const button = root.closest(".mm-live-panel").querySelector(".mm-next");
  const again = () => running?.root === root && button.click();
  const wait = Math.max(0, LEAST - (now - (running.sent ?? 0)));
  setTimeout(again, wait);
  running.sent = now + wait;
}

// Free the camera.
export function stop(text) {
  if (!running) return;
  const { root, stream } = running;
  running = null;
  for (const track of stream.getTracks()) track.stop();
  root.querySelector("video").srcObject = null;
  root.classList.remove("mm-on");
  say(root, text ?? root.dataset.idle);
}

function picture() {
  const video = running.root.querySelector("video");
  const scale = Math.min(1, SIDE / Math.max(video.videoWidth, video.videoHeight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(scale * video.videoWidth);
  canvas.height = Math.round(scale * video.videoHeight);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", 0.85);
}

addEventListener("pagehide", () => stop());
document.addEventListener("visibilitychange", () => document.hidden && stop());
