// The closeness circle: moves people by mouse, touch or keyboard, saves after every move, and plays earlier versions.
// It dispatches “person-chosen” and “person-moved”, and listens for “choose-person”.
import { Autosave } from "../ui/js/autosave.js";
import { Drawing, setAll } from "./drawing.js";
import { Player } from "./player.js";

const KEY_STEPS = { radius: 1 / 12, angle: 15 }; // a quarter of a ring; half an hour on a clock face
const SAVE_DELAY = 600; // milliseconds without a move
const DRAG_THRESHOLD = 4; // pixels before a press becomes a drag
const MARKS = ["gives", "receives", "tension"];
const UNMARKED = { gives: false, receives: false, tension: false };
const SENT_FIELDS = ["csrfmiddlewaretoken", "kind", "respondent", "session", "revision"];

for (const root of document.querySelectorAll("[data-circle]")) new Circle(root);

function Circle(root) {
  const data = JSON.parse(root.querySelector("script").textContent);
  const form = root.querySelector("form[data-plain]");
  const part = (name) => root.querySelector(`[data-${name}]`);
  const drawing = new Drawing(root.querySelector("svg.closeness"), data.geometry);
  const places = new Map(data.people.map((p) => [p.id, p.place]));
  const people = new Map(data.people.map((p) => [p.id, p]));
  const person = (id) => drawing.part(`person-${id}`);
  const history = [];
  let chosen = null;
  let startPlace = null; // place of the focused person when they received the focus

  const ringOf = (place) => data.rings.find(([edge]) => place.radius <= edge);
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
    setAll(person(id), { "aria-valuenow": nearness, "aria-valuetext": describe(place) });
  }

  function drawAll(shown = places) {
    for (const id of places.keys()) draw(id, shown.get(id));
    for (const item of root.querySelectorAll("[data-waiting]"))
      item.hidden = player.viewingPast || Boolean(places.get(item.dataset.waiting));
    part("tray").hidden = !part("tray").querySelector("li:not([hidden])");
    part("new").disabled = player.viewingPast;
    part("undo").disabled = player.viewingPast || !history.length;
    showMarks();
  }

  function showMarks() {
    const place = chosen && !player.viewingPast && places.get(chosen);
    part("marks").hidden = !place;
    if (!place) return;
    part("name").textContent = people.get(chosen).name;
    for (const box of part("marks").querySelectorAll("input")) box.checked = place[box.value];
  }

  function choose(id) {
    if (chosen) person(chosen).classList.remove("chosen");
    chosen = id;
    person(id).classList.add("chosen");
    showMarks();
  }

  // ---- changes ------------------------------------------------------------------------------------------------------
  function change(id, place) {
    history.push([id, places.get(id)]);
    setPlace(id, place);
  }

  function setPlace(id, place) {
    places.set(id, place);
    drawing.apply(data.moved[id]);
    fillPlainForm(id, place);
    drawAll();
    const where = describe(place);
    part("announcement").textContent = `${people.get(id).name}: ${where}`; // for screen readers
    root.dispatchEvent(new CustomEvent("person-moved", { detail: { id, where } }));
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
    const last = history.pop();
    if (!last) return;
    setPlace(...last);
    part("announcement").prepend("Undone. ");
  }

  // ---- saving -------------------------------------------------------------------------------------------------------
  function fields() {
    const body = new URLSearchParams();
    for (const name of SENT_FIELDS) if (form.elements[name]) body.set(name, form.elements[name].value);
    const placed = [...places].filter(([, place]) => place);
    body.set("placements", JSON.stringify(placed.map(([id, place]) => ({ ...place, relationship: id }))));
    return body;
  }

  const autosave = new Autosave(form, {
    status: part("status"),
    fields,
    saved: fields,
    delay: SAVE_DELAY,
    thing: "circle",
    view: location.href,
    ended: root.dataset.ended ?? "Not saved: you have been signed out. Reload the page to sign in.",
  });
  form.addEventListener("saved", ({ detail }) => {
    Object.assign(data, { versions: detail.circle.versions, frame: detail.circle.frame });
    if (!autosave.unsaved && !player.viewingPast) drawing.apply(data.frame);
    player.update();
  });

  // ---- pointer ------------------------------------------------------------------------------------------------------
  function startDrag(event, id, element, origin) {
    if (player.viewingPast || event.button) return;
    const grip = drawing.pointer(event);
    const before = places.get(id);
    const offset = origin ? { x: grip.x - origin.x, y: grip.y - origin.y } : { x: 0, y: 0 };
    const tracking = new AbortController();
    let moved = null;
    const move = (e) => {
      const travel = Math.hypot(e.clientX - event.clientX, e.clientY - event.clientY);
      if (!moved && travel < DRAG_THRESHOLD) return;
      root.classList.add("dragging");
      const { x, y } = drawing.pointer(e);
      const { radius, angle } = drawing.place({ x: x - offset.x, y: y - offset.y });
      // a person from the tray who is dropped far outside the circle is not placed
      const cancelled = !before && radius > data.geometry.furthest * 1.1;
      moved = { cancelled, place: { ...(before ?? UNMARKED), radius: drawing.clamp(radius), angle } };
      drawing.apply(data.moved[id]);
      draw(id, cancelled ? null : moved.place);
    };
    const end = (e) => {
      tracking.abort();
      root.classList.remove("dragging");
      if (e.type === "pointercancel" || !moved || moved.cancelled) return draw(id, before);
      element.dataset.dragged = "yes";
      change(id, moved.place);
      startPlace = moved.place;
      if (!before) person(id).focus();
    };
    element.setPointerCapture(event.pointerId);
    element.addEventListener("pointermove", move, tracking);
    for (const kind of ["pointerup", "pointercancel"]) element.addEventListener(kind, end, tracking);
  }

  drawing.svg.addEventListener("pointerdown", (event) => {
    const pressed = event.target.closest(".person");
    const place = places.get(pressed?.dataset.person);
    if (!place) return;
    pressed.focus({ preventScroll: true });
    startDrag(event, pressed.dataset.person, pressed, drawing.point(place));
  });
  // a touch on a person must not scroll the page; touch-action alone has no effect on parts of an SVG
  const hold = (event) => !player.viewingPast && event.target.closest(".person") && event.preventDefault();
  drawing.svg.addEventListener("touchstart", hold, { passive: false });

  // ---- keyboard -----------------------------------------------------------------------------------------------------
  function onKey(event, id) {
    const place = places.get(id);
    if (player.viewingPast || !place || event.altKey || event.ctrlKey || event.metaKey) return;
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

  // ---- set-up -------------------------------------------------------------------------------------------------------
  // Returns the hour on the clock face with the fewest people near it.
  function freeAngle() {
    const near = (angle) => (p) => p && Math.abs(((p.angle - angle + 540) % 360) - 180) < 25;
    const crowd = (angle) => [...places.values()].filter(near(angle)).length;
    return Array.from({ length: 12 }, (_, hour) => hour * 30).reduce((a, b) => (crowd(b) < crowd(a) ? b : a));
  }

  function addTrayButton(id, name) {
    const waiting = Object.assign(document.createElement("button"), { type: "button", textContent: name });
    waiting.addEventListener("click", () => {
      if (waiting.dataset.dragged) return delete waiting.dataset.dragged;
      change(id, { ...UNMARKED, radius: 5 / 6, angle: freeAngle() });
      person(id).focus();
    });
    waiting.addEventListener("pointerdown", (event) => startDrag(event, id, waiting));
    root.querySelector(`[data-waiting="${id}"]`).replaceChildren(waiting);
  }

  for (const { id, name, about } of people.values()) {
    const slider = person(id);
    const label = about ? `${name}, ${about}` : name;
    setAll(slider, { tabindex: 0, role: "slider", "aria-label": label, "aria-describedby": "circle-help" });
    setAll(slider, { "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": 0 });
    slider.addEventListener("keydown", (event) => onKey(event, id));
    slider.addEventListener("focus", () => {
      startPlace = places.get(id);
      choose(id);
      root.dispatchEvent(new CustomEvent("person-chosen", { detail: id }));
    });
    addTrayButton(id, name);
  }
  for (const box of part("marks").querySelectorAll("input"))
    box.addEventListener("change", () => change(chosen, { ...places.get(chosen), [box.value]: box.checked }));
  part("off").addEventListener("click", () => change(chosen, null));
  part("undo").hidden = part("new").hidden = false;
  part("undo").addEventListener("click", undo);
  part("new").addEventListener("click", () => autosave.save({ newVersion: true }));
  root.addEventListener("choose-person", (event) => choose(event.detail));
  setAll(drawing.svg, { role: "group", "aria-label": "Closeness circle" });
  root.classList.add("live");
  const player = new Player(root, data, (version) => {
    drawing.apply((version ?? data).frame);
    drawAll(version ? new Map(version.places.map((p) => [p.relationship, p])) : places);
  });
  drawAll();
}
