// The closeness circle: moves people by mouse, touch or keyboard, saves after every move, and plays earlier versions.
// On the page of relationships it also shows the person chosen on the circle or in the list beside it.
import { Autosave } from "../ui/js/autosave.js";
import { replaceParts } from "../ui/js/parts.js";
import { Drawing } from "./drawing.js";
import { startPlayer } from "./player.js";

const KEY_STEPS = { radius: 1 / 12, angle: 15 }; // a quarter of a ring; half an hour on a clock face
const SAVE_DELAY = 600; // milliseconds without a move
const DRAG_THRESHOLD = 4; // pixels before a press becomes a drag
const MARKS = ["gives", "receives", "tension"];
const SENT_FIELDS = ["csrfmiddlewaretoken", "kind", "respondent", "session", "revision"];

const root = document.querySelector("[data-circle]");
const part = (name) => root.querySelector(`[data-${name}]`);
const data = JSON.parse(root.querySelector("script").textContent);
const form = root.querySelector("form[data-plain]");
const drawing = new Drawing(root.querySelector("svg.closeness"), data.geometry);
const people = new Map(data.people.map((p) => [p.id, p]));
const places = new Map(data.people.map((p) => [p.id, p.place]));
const person = (id) => drawing.part(`person-${id}`);
const history = [];
let chosen = document.querySelector("[data-about]:not([hidden])")?.dataset.about;
let startPlace = null; // place of the focused person when they received the focus

const ringOf = (place) => data.rings.find(([edge]) => place.radius <= edge);
const isLooking = () => root.classList.contains("looking"); // at an earlier version
const hourOf = (place) => Math.round(place.angle / 30) % 12 || 12;

function describe(place) {
  if (!place) return "not placed yet";
  const marks = MARKS.filter((mark) => place[mark]).map((mark) => data.marks[mark]);
  return [ringOf(place)[2], `${hourOf(place)} o’clock`, ...marks].join(", ");
}

function draw(id, place) {
  drawing.move(id, place);
  if (!place) return;
  const nearness = Math.round(100 * (1 - place.radius / data.geometry.furthest));
  drawing.apply({ [`person-${id}`]: { "aria-valuenow": nearness, "aria-valuetext": describe(place) } });
}

// version: an earlier one, to look at only, or null
function drawAll(version) {
  const shown = version ? new Map(version.places.map((p) => [p.relationship, p])) : places;
  for (const id of places.keys()) draw(id, shown.get(id));
  for (const item of root.querySelectorAll("[data-waiting]")) item.hidden = Boolean(places.get(item.dataset.waiting));
  part("undo").disabled = !history.length;
  showMarks();
}

function showMarks() {
  const place = places.get(chosen);
  part("marks").hidden = !place;
  if (!place) return;
  part("name").textContent = people.get(chosen).name;
  for (const box of part("marks").querySelectorAll("input")) box.checked = place[box.value];
}

function choose(id) {
  chosen = id;
  for (const other of people.keys()) person(other).classList.toggle("chosen", other === id);
  for (const panel of document.querySelectorAll("[data-about]")) panel.hidden = panel.dataset.about !== id;
  for (const link of document.querySelectorAll("[data-choose]")) link.ariaCurrent = link.dataset.choose === id;
  showMarks();
}

// ---- changes --------------------------------------------------------------------------------------------------------
function change(id, place) {
  history.push([id, places.get(id)]);
  setPlace(id, place);
}

function setPlace(id, place) {
  places.set(id, place);
  drawing.apply(data.moved[id]);
  fillPlainForm(id, place);
  drawAll();
  part("announcement").textContent = `${people.get(id).name}: ${describe(place)}`; // for screen readers
  replaceParts({ [`where-${id}`]: describe(place) });
  autosave.schedule();
}

// keeps the plain form equal to the drawing, so that submitting it does not undo a move
function fillPlainForm(id, place) {
  const field = (name) => form.elements[`${name}_${id}`];
  field("ring").value = place ? ringOf(place)[1] : "";
  if (place) field("hour").value = hourOf(place);
  for (const mark of MARKS) field(mark).checked = Boolean(place?.[mark]);
}

function undo() {
  setPlace(...history.pop());
  part("announcement").prepend("Undone. ");
}

// ---- saving ---------------------------------------------------------------------------------------------------------
function fields() {
  const body = new URLSearchParams();
  for (const name of SENT_FIELDS) if (form.elements[name]) body.set(name, form.elements[name].value);
  const placed = [...places].filter(([, place]) => place);
  body.set("placements", JSON.stringify(placed.map(([id, place]) => ({ ...place, relationship: id }))));
  return body;
}

const autosave = new Autosave(form, { status: part("status"), fields, delay: SAVE_DELAY });
form.addEventListener("saved", ({ detail }) => {
  Object.assign(data, detail.circle);
  updatePlayer();
  replaceParts(detail.parts);
  choose(chosen);
});

// ---- pointer --------------------------------------------------------------------------------------------------------
function startDrag(event, id, element) {
  if (isLooking() || event.button) return;
  const before = places.get(id);
  const grip = drawing.pointer(event);
  const middle = before ? drawing.point(before) : grip;
  const tracking = new AbortController();
  let to = null;
  delete element.dataset.dragged;
  const move = (e) => {
    const travel = Math.hypot(e.clientX - event.clientX, e.clientY - event.clientY);
    if (!element.dataset.dragged && travel < DRAG_THRESHOLD) return;
    element.dataset.dragged = "yes";
    root.classList.add("dragging");
    const { x, y } = drawing.pointer(e);
    const { radius, angle } = drawing.place({ x: x - grip.x + middle.x, y: y - grip.y + middle.y });
    // a person from the tray who is dropped far outside the circle is not placed
    const isOutside = !before && radius > data.geometry.furthest * 1.1;
    to = isOutside ? null : { ...(before ?? data.starts[id]), radius: drawing.clamp(radius), angle };
    drawing.apply(data.moved[id]);
    draw(id, to);
  };
  const end = (e) => {
    tracking.abort();
    root.classList.remove("dragging");
    if (e.type === "pointercancel" || !to) return draw(id, before);
    change(id, to);
    startPlace = to;
    if (!before) person(id).focus();
  };
  element.setPointerCapture(event.pointerId);
  element.addEventListener("pointermove", move, tracking);
  for (const kind of ["pointerup", "pointercancel"]) element.addEventListener(kind, end, tracking);
}

drawing.svg.addEventListener("pointerdown", (event) => {
  const pressed = event.target.closest(".person");
  if (!pressed) return;
  pressed.focus({ preventScroll: true });
  startDrag(event, pressed.dataset.person, pressed);
});
// a touch on a person must not scroll the page; touch-action alone has no effect on parts of an SVG
const hold = (event) => !isLooking() && event.target.closest(".person") && event.preventDefault();
drawing.svg.addEventListener("touchstart", hold, { passive: false });

// ---- keyboard -------------------------------------------------------------------------------------------------------
function onKey(event, id) {
  const place = places.get(id);
  if (isLooking() || !place || event.altKey || event.ctrlKey || event.metaKey) return;
  const by = (radius, angle) => ({
    ...place,
    radius: drawing.clamp(place.radius + radius),
    angle: (place.angle + angle + 360) % 360,
  });
  const newPlace = {
    ArrowUp: by(-KEY_STEPS.radius, 0),
    ArrowDown: by(KEY_STEPS.radius, 0),
    ArrowLeft: by(0, -KEY_STEPS.angle),
    ArrowRight: by(0, KEY_STEPS.angle),
    PageUp: by(-1 / 3, 0),
    PageDown: by(1 / 3, 0),
    Escape: startPlace,
    Delete: null,
  }[event.key];
  if (newPlace === undefined) return;
  event.preventDefault();
  if (newPlace === place) return;
  change(id, newPlace);
  if (!newPlace) root.querySelector(`[data-waiting="${id}"] button`).focus();
}

// ---- set-up ---------------------------------------------------------------------------------------------------------
for (const id of people.keys()) {
  person(id).addEventListener("keydown", (event) => onKey(event, id));
  person(id).addEventListener("focus", () => {
    startPlace = places.get(id);
    choose(id);
  });
  const waiting = root.querySelector(`[data-waiting="${id}"] button`);
  waiting.disabled = false;
  waiting.addEventListener("pointerdown", (event) => startDrag(event, id, waiting));
  waiting.addEventListener("click", (event) => {
    if (event.detail && waiting.dataset.dragged) return; // the end of a drag is a click, too
    change(id, data.starts[id]);
    person(id).focus();
  });
}
for (const box of part("marks").querySelectorAll("input"))
  box.addEventListener("change", () => change(chosen, { ...places.get(chosen), [box.value]: box.checked }));
for (const link of document.querySelectorAll("[data-choose]"))
  link.addEventListener("click", (event) => {
    event.preventDefault();
    choose(link.dataset.choose);
  });
part("off").addEventListener("click", () => change(chosen, null));
part("undo").addEventListener("click", undo);
part("new").addEventListener("click", () => autosave.save({ newVersion: true }));
drawing.apply(data.sliders);
Object.assign(drawing.svg, { role: "group", ariaLabel: "Closeness circle" });
root.classList.add("live");
const updatePlayer = startPlayer(root, data, (version) => {
  drawing.apply((version ?? data).frame);
  // the frame of the present circle does not have the moves that are not saved yet
  if (!version && autosave.unsaved) for (const [id] of history) drawing.apply(data.moved[id]);
  drawAll(version);
});
updatePlayer();
